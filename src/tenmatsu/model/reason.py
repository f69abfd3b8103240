"""Why a request failed, as few fixed sentences: kept with the request in English, said in either language."""

import re

from tenmatsu.model.words import Words, plain

SERVERS_PAGE = Words("{status}, the server's own page", "{status} (サーバー自身のエラーページ)")
APPLICATIONS_PAGE = Words("{status}, the application's page", "{status} (アプリケーションのページ)")
PAGE_CARRIES = Words("the page carries an error: {text}", "ページの内容がエラー: {text}")
WINDOW_ENDED = Words("the window ended first", "観察時間が先に終了")
NO_ANSWER = Words("no answer within {seconds} s", "{seconds} 秒以内に応答なし")
_SENTENCES = (SERVERS_PAGE, APPLICATIONS_PAGE, PAGE_CARRIES, WINDOW_ENDED, NO_ANSWER)
_NAME = re.compile(r"\\\{(\w+)\\\}")


def read_reason(text: str) -> Words:
    """Return a reason that was kept in English in both languages; one of a library's stays as it is."""
    for words in _SENTENCES:
        pattern = _NAME.sub(r"(?P<\1>.*)", re.escape(words.en))
        if found := re.fullmatch(pattern, text, re.DOTALL):
            return words.fill(**found.groupdict())
    return plain(text)
