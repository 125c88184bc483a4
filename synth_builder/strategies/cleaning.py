import re

_NUMBERING = re.compile(r"^\s*(?:\(?\d{1,3}[.):]\s+|[-*\u2022]\s+)")
# What introduces a text is told from a text that begins alike ("Absolutely loved it!", "Here is my problem: ..."): it
# says what follows ("Here is a review:"), or the text is set off by a new line or a quotation mark.
_YES = r"(?:sure(?: thing)?|certainly|of course|absolutely|okay|ok)"
_HERE = r"here(?:['\u2019]s| is| are)"
_THING = (
    r"(?:example|sample|sentence|text|review|message|tweet|post|headline|article|title|question|passage|answer|response|"
    r"request|pair|one|statement|paragraph|description|topics?|list)s?"
)
_PREAMBLE = re.compile(
    rf"^\s*(?:{_YES}[,.!]\s*\n"
    rf"|(?:{_YES}[,.!]?\s+)?{_HERE}\s+(?:an?|one|another|your|some|the|\d+)\b[^\n:]{{0,80}}\b{_THING}\b[^\n:]{{0,80}}:"
    rf"|(?:{_YES}\b|{_HERE}\b)[^\n:]{{0,120}}:(?=\s*(?:\n|[\"'\u201c\u2018\u00ab`*]|$)))\s*",
    re.IGNORECASE,
)
_FENCE = re.compile(r"^\s*```(?:[\w-]*[ \t]*\n)?(.*?)\n?\s*```\s*$", re.DOTALL)
_EMPHASIS = re.compile(r"^(\*\*\*|\*\*|\*|__|_)(?=\S)(.+?)(?<=\S)\1$", re.DOTALL)
_HEADING = re.compile(r"^\s*#{1,6}\s+")
_SENTENCE_END = re.compile(r"[.!?\u2026](?:[\"'\u201d\u2019)\]]+)?(?=\s|$)")

_QUOTES = (('"', '"'), ("'", "'"), ("\u201c", "\u201d"), ("\u2018", "\u2019"), ("\u00ab", "\u00bb"), ("`", "`"))


def clean_text(text: str, *, cut: bool = False, prompt: str = "", tag: str = "") -> str:
    """
    Take off what models put around a text: a repeated prompt, "Sure, here is", a tag such as `Text:`, markdown,
    numbering, quotes, and the last sentence of a reply that was cut. The text itself stays as it is, apart from white
    space at its ends and line breaks, which become spaces.

    Args:
        text (`str`):
            What stands in the reply.
        cut (`bool`, defaults to `False`):
            Whether the reply ended at the limit of tokens; the sentence that is not finished goes.
        prompt (`str`, defaults to `""`):
            The end of the prompt, taken off when the reply repeats it.
        tag (`str`, defaults to `""`):
            Column name that may stand in front, with a colon.

    Returns:
        `str`: The text; empty when nothing is left, as when a cut reply holds no finished sentence.
    """
    text = text.strip()
    if prompt and text.startswith(prompt.strip()):
        text = text[len(prompt.strip()) :].strip()
    fence = _FENCE.match(text)
    if fence:
        text = fence[1].strip()
    if cut:
        text = _without_unfinished_sentence(text)
    before = None
    while before != text:
        before = text
        text = _PREAMBLE.sub("", text, count=1).strip()
        text = _HEADING.sub("", text).strip()
        text = _NUMBERING.sub("", text, count=1).strip()
        if tag:
            text = re.sub(rf"^[\s*_#>\-]*{re.escape(tag)}[*_]*\s*:[*_]*\s*", "", text, flags=re.IGNORECASE)
        text = _unquoted(_EMPHASIS.sub(r"\2", text.strip()))
    return " ".join(text.split())


def _unquoted(text: str) -> str:
    for opening, closing in _QUOTES:
        if len(text) >= 2 and text.startswith(opening) and text.endswith(closing):
            inside = text[1:-1]
            if opening not in inside and closing not in inside:
                return inside.strip()
    if text[:1] in ('"', "\u201c") and not any(mark in text[1:] for mark in ('"', "\u201d")):
        return text[1:].strip()
    return text


def _without_unfinished_sentence(text: str) -> str:
    ends = list(_SENTENCE_END.finditer(text))
    return text[: ends[-1].end()] if ends else ""
