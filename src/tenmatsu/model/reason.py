"""Why a request failed, as few fixed sentences: kept with the request in English, said in either language."""

import re

from tenmatsu.model.words import Words, plain

SERVERS_PAGE = Words("{status}, the server's own page", "{status} (サーバー自身のエラーページ)")
APPLICATIONS_PAGE = Words("{status}, the application's page", "{status} (アプリケーションのページ)")
PAGE_CARRIES = Words("the page carries an error: {text}", "ページの内容がエラー: {text}")
WINDOW_ENDED = Words("the window ended first", "観察時間が先に終了")
NO_ANSWER = Words("no answer within {seconds} s", "{seconds} 秒以内に応答なし")
PROXYS_PAGE = Words("{status}, the page of a proxy in front", "{status} (手前のプロキシーのページ)")
REDIRECTED = Words("the answer leads away, to {url}", "別のアドレス {url} へ転送")
LOGIN_REFUSED = Words(
    "the name or the password is refused: {text}", "ユーザー名またはパスワードの拒否: {text}"
)
NOT_UNDERSTOOD = Words("the answer is not {format}", "応答が {format} ではない")
NO_SUCH_BLOG = Words(
    "this user has no blog {blog} (only: {names}); nothing was written",
    "このユーザーにブログ {blog} なし (あるのは {names})。何も書き込まず",
)
OTHER_BLOG = Words(
    "blog {blog} is called “{name}”, which is not the one named for tests; nothing was written",
    "ブログ {blog} の名前は「{name}」で、試験用に指定されたものと不一致。何も書き込まず",
)
NO_BLOG_NAMED = Words(
    "no blog is named for tests (this one is called “{name}”); nothing was written",
    "試験用のブログ名が未指定 (このブログは「{name}」)。何も書き込まず",
)
NO_MARK = Words("“{mark}” is not a mark that can be looked for", "「{mark}」は探せる目印ではない")
NOT_SAVED = Words("said to be saved, but no entry has the mark", "保存済みとの応答だが、目印のある記事なし")
SAVED_TWICE = Words("saved {copies} times instead of once", "1 回のはずが {copies} 回保存")
COULD_NOT_FIND = Words(
    "said to be saved; whether it was, nobody could see: {why}", "保存済みとの応答だが確認できず: {why}"
)
PAGE_EMPTY = Words("the published page is empty", "公開されたページが空")
PAGE_CUT = Words(
    "the published page ends early, after {size} bytes", "公開されたページが {size} バイトで途切れている"
)
PAGE_OLD = Words("the published page does not show the entry", "公開されたページに記事なし")
PAGE_MISSING = Words("saved, but its page cannot be read: {why}", "保存されたがページを読めず: {why}")
NOT_DELETED = Words("written, but not deleted without an error: {why}", "書き込みは成功、削除でエラー: {why}")
PAGE_STAYS = Words(
    "its entry is deleted, but the published page is still there", "記事は削除済み、公開されたページが残存"
)
PAGE_UNSEEN = Words(
    "its entry is deleted; whether the published page is gone, nobody could see: {why}",
    "記事は削除済み。公開されたページの消失は確認できず: {why}",
)
MAY_APPEAR = Words(
    "not there when looked for, but the writing had no final answer: it may still appear",
    "探した時点ではないが、書き込みの結果が不明のため後から現れる可能性あり",
)
# Those that hold another one come first: each is looked for as it stands here.
_SENTENCES = (
    COULD_NOT_FIND,
    PAGE_MISSING,
    NOT_DELETED,
    PAGE_UNSEEN,
    SERVERS_PAGE,
    APPLICATIONS_PAGE,
    PROXYS_PAGE,
    PAGE_CARRIES,
    WINDOW_ENDED,
    NO_ANSWER,
    REDIRECTED,
    LOGIN_REFUSED,
    NOT_UNDERSTOOD,
    NO_SUCH_BLOG,
    OTHER_BLOG,
    NO_BLOG_NAMED,
    NO_MARK,
    NOT_SAVED,
    SAVED_TWICE,
    PAGE_EMPTY,
    PAGE_CUT,
    PAGE_OLD,
    PAGE_STAYS,
    MAY_APPEAR,
)
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
# Values that are kept sentences themselves.
_NESTED = frozenset({"why"})
_NAME = re.compile(r"\\\{(\w+)\\\}")


def read_reason(text: str) -> Words:
    """Return a reason that was kept in English in both languages; one of a library's stays as it is."""
    for words in (*_SENTENCES, *_OF_STEPS):
        pattern = _NAME.sub(r"(?P<\1>.*)", re.escape(words.en))
        if found := re.fullmatch(pattern, text, re.DOTALL):
            values = found.groupdict()
            return words.fill(**{k: read_reason(v) if k in _NESTED else v for k, v in values.items()})
    return plain(text)
