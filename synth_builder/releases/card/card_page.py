"""A card as a page for the browser, much as the Hub shows it, that needs nothing beside it and loads nothing."""

import base64
import html
import re
from collections.abc import Mapping
from importlib.resources import files
from itertools import pairwise
from typing import Any

from synth_builder.errors import ReleaseError
from synth_builder.extras import require
from synth_builder.releases.card.card_sections import split_front
from synth_builder.releases.folder import ReleaseFolder

EXTRA = "pictures"
SHOWN = ("task_categories", "task_ids", "language", "license", "size_categories", "source_datasets", "tags")
"""Metadata at the top of the page, in this order."""

_TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "code", "del", "details", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("hr", "i", "img", "kbd", "li", "ol", "p", "picture", "pre", "q", "s", "source", "span", "strong", "sub"),
    *("summary", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul"),
}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "details": {"open"},
    "img": {"src", "alt", "title", "width", "height"},
    "source": {"media", "srcset"},
    "ol": {"start"},
    "td": {"style"},
    "th": {"style"},
    **{f"h{level}": {"id"} for level in range(1, 7)},
}
_ALIGNED = re.compile(r"text-align:(?:left|right|center)")


def card_page(release: ReleaseFolder) -> str:
    """
    The card of a release as an HTML page, light or dark as the reader's system is. HTML within the card is cleaned as
    on the Hub: no scripts, no styles, no forms. Pictures of the release are put into the page; others are not loaded.

    Args:
        release (`ReleaseFolder`):
            A release with a card.

    Raises:
        MissingExtraError: The extra `pictures` is not installed.
        ReleaseError: There is no card, or it can't be read.
    """
    markdown = require("markdown_it", extra=EXTRA)
    cleaner = require("nh3", extra=EXTRA)
    try:
        text = release.card.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ReleaseError(f"The card {str(release.card)!r} can't be read: {error}.") from error
    front, body = split_front(text)
    parser = markdown.MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    tokens = parser.parse(body)
    _name_headings(tokens)
    clean = cleaner.clean(
        parser.renderer.render(tokens, parser.options, {}),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_kept,
        url_schemes={"http", "https", "mailto"},
    )
    title = str(front.get("pretty_name") or release.path.resolve().name)
    style = files("synth_builder.releases.card").joinpath("card_page.css").read_text(encoding="utf-8")
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{html.escape(title)}</title>\n'
        f"<style>\n{style}</style>\n</head>\n<body>\n{_metadata(front)}\n{_with_pictures(_tables(clean), release)}"
        "</body>\n</html>\n"
    )


def _name_headings(tokens: list[Any]) -> None:
    """Anchors of headings, as the Hub makes them, so that links within the card lead somewhere."""
    taken: dict[str, int] = {}
    for token, inline in pairwise(tokens):
        if token.type == "heading_open":
            words = "".join(part.content for part in inline.children or () if part.type in ("text", "code_inline"))
            slug = re.sub(r"[^\w\- ]", "", words.casefold()).strip().replace(" ", "-")
            count = taken[slug] = taken.get(slug, -1) + 1
            token.attrSet("id", f"{slug}-{count}" if count else slug)


def _kept(element: str, attribute: str, value: str) -> str | None:
    """What stays of an attribute: of styles the alignment of cells, which tables of Markdown have."""
    if attribute == "style":
        return value if _ALIGNED.fullmatch(value.strip().rstrip(";")) else None
    return value


def _tables(page: str) -> str:
    """Wide tables get a bar to scroll by, not the page."""
    return page.replace("<table>", '<div class="table"><table>').replace("</table>", "</table></div>")


def _with_pictures(page: str, release: ReleaseFolder) -> str:
    for name in release.pictures():
        data = f"data:image/png;base64,{base64.b64encode((release.path / name).read_bytes()).decode('ascii')}"
        for attribute in ("src", "srcset"):
            page = page.replace(f' {attribute}="{html.escape(name)}"', f' {attribute}="{data}"')
    return page


def _metadata(front: Mapping[str, Any]) -> str:
    words = []
    for key in SHOWN:
        value = front.get(key)
        found = value if isinstance(value, list) else [value] if value is not None else []
        words += [f"<span>{html.escape(f'{key}: {word}')}</span>" for word in found]
    return f'<div class="metadata">{"".join(words)}</div>' if words else ""
