"""Why a request failed, as few fixed sentences: kept with the request in English, said in either language."""

import re

from tenmatsu.model.words import Words, plain

SERVERS_PAGE = Words("{status}, the server's own page", "{status} (サーバー自身のエラーページ)")
APPLICATIONS_PAGE = Words("{status}, the application's page", "{status} (アプリケーションのページ)")
PAGE_CARRIES = Words("the page carries an error: {text}", "ページの内容がエラー: {text}")
WINDOW_ENDED = Words("the window ended first", "観察時間が先に終了")
NO_ANSWER = Words("no answer within {seconds} s", "{seconds} 秒以内に応答なし")
_SENTENCES = (SERVERS_PAGE, APPLICATIONS_PAGE, PAGE_CARRIES, WINDOW_ENDED, NO_ANSWER)
# What an answer was expected to be, and is not.
NOT_THAT_STATUS = Words("status {status} instead of {wanted}", "ステータス {status} (期待は {wanted})")
NOT_WHOLE = Words("the page ends early, after {size} bytes", "ページが {size} バイトで途切れている")
LACKS_TEXT = Words("the answer lacks “{text}”", "応答に「{text}」なし")
SAYS_TEXT = Words("the answer says “{text}”", "応答に「{text}」あり")
HEADER_DIFFERS = Words("the header {name} does not match {pattern}", "ヘッダー {name} が {pattern} に不一致")
TOO_SMALL = Words("{size} bytes, fewer than {least}", "{size} バイト ({least} 未満)")
TOO_LARGE = Words("{size} bytes, more than {most}", "{size} バイト ({most} 超)")
TOO_SLOW = Words("{seconds} s, longer than {most} s", "{seconds} 秒 ({most} 秒超)")
NOT_SAID = Words("the answer does not say {name}", "応答に {name} なし")
NO_VARIABLE = Words("nothing gave a value for {name}", "{name} の値なし")
_OF_STEPS = (
    NOT_THAT_STATUS,
    NOT_WHOLE,
    LACKS_TEXT,
    SAYS_TEXT,
    HEADER_DIFFERS,
    TOO_SMALL,
    TOO_LARGE,
    TOO_SLOW,
    NOT_SAID,
    NO_VARIABLE,
)
_NAME = re.compile(r"\\\{(\w+)\\\}")


def read_reason(text: str) -> Words:
    """Return a reason that was kept in English in both languages; one of a library's stays as it is."""
    for words in (*_SENTENCES, *_OF_STEPS):
        pattern = _NAME.sub(r"(?P<\1>.*)", re.escape(words.en))
        if found := re.fullmatch(pattern, text, re.DOTALL):
            return words.fill(**found.groupdict())
    return plain(text)
