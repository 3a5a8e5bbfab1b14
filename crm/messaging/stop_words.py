"""What a patient writes to be left alone."""

import unicodedata

# Latin words as a whole answer only; Chinese ones also with a polite word around them.
_LATIN = frozenset({"t", "td", "n", "stop", "unsubscribe", "quit", "end", "cancel"})
_CHINESE = frozenset(
    {
        *("退订", "取消", "停止", "拒收", "不要再发", "别发了", "退訂", "停發", "停发", "不要发了"),
        *(
            "别再发了",
            "不要再发了",
            "勿扰",
            "取消订阅",
            "取消短信",
            "不再接收",
            "拒绝接收",
            "别打扰",
        ),
    }
)
_POLITE = ("请", "麻烦", "我要", "我想", "谢谢", "了", "吧", "短信", "回复", "你们", "您")
# An answer longer than this is a message for a person, who will see it.
LONGEST_STOP = 20


def is_stop_word(text: str) -> bool:
    """Whether an incoming text asks us to stop; full-width, spaced and quoted forms count.

    "取消预约" does not: it is about an appointment and goes to a person.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    bare = "".join(sign for sign in folded if unicodedata.category(sign)[0] in "LN")
    if not bare or len(bare) > LONGEST_STOP:
        return False
    if bare in _LATIN or bare in _CHINESE:
        return True
    for word in _POLITE:
        bare = bare.removeprefix(word).removesuffix(word)
    return bare in _CHINESE or bare in _LATIN
