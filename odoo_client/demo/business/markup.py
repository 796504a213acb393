"""HTML as Odoo stores what it was given: sanitised, closed, wrapped in a paragraph; plain text escaped."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser

#: Elements whose content goes too.
_DROPPED = frozenset(("script", "style", "iframe", "object", "embed", "title", "noscript"))
_EMPTY = frozenset(("br", "hr", "img"))
_BLOCKS = frozenset(
    ("p", "div", "ul", "ol", "table", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article")
)
_KEPT = _EMPTY | _BLOCKS | frozenset(
    ("a", "b", "strong", "i", "em", "u", "s", "span", "font", "li", "thead", "tbody", "tr", "td", "th", "code", "small")
)  # fmt: skip
_ATTRIBUTES = frozenset(("class", "href", "src", "alt", "title", "style", "colspan", "rowspan", "summary"))
_SAFE_LINKS = ("http:", "https:", "mailto:", "tel:", "/", "#", "cid:")


class _Cleaner(HTMLParser):
    """Writes what may stay; every element it opens it closes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.written: list[str] = []
        self._open: list[str] = []
        self._dropping: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _DROPPED:
            self._dropping.append(tag)
        elif not self._dropping and tag in _KEPT:
            kept = [(name, value or "") for name, value in attrs if name in _ATTRIBUTES and _harmless(name, value)]
            self.written.append(f"<{tag}{''.join(f' {name}={_quoted(value)}' for name, value in kept)}>")
            if tag not in _EMPTY:
                self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _EMPTY:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._dropping:
            if tag == self._dropping[-1]:
                self._dropping.pop()
        elif tag in self._open:
            while self._open:
                closing = self._open.pop()
                self.written.append(f"</{closing}>")
                if closing == tag:
                    break

    def handle_data(self, data: str) -> None:
        if not self._dropping:
            self.written.append(escape(data, quote=False))

    def finished(self) -> str:
        self.close()
        return "".join(self.written) + "".join(f"</{tag}>" for tag in reversed(self._open))


def sanitised(html: str) -> str:
    """Return what Odoo keeps of this HTML; "" of nothing."""
    if not html.strip():
        return ""
    cleaner = _Cleaner()
    cleaner.feed(html)
    kept = cleaner.finished()
    first = kept.lstrip()[1:].partition(">")[0].partition(" ")[0] if kept.lstrip().startswith("<") else ""
    return kept if first in _BLOCKS else f"<p>{kept}</p>"


def from_text(text: str) -> str:
    """Return plain text as HTML: everything escaped."""
    return sanitised(escape(text))


def _harmless(name: str, value: str | None) -> bool:
    return name not in ("href", "src") or (value or "").strip().lower().startswith(_SAFE_LINKS)


def _quoted(value: str) -> str:
    return f'"{escape(value)}"'
