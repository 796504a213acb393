"""Text of Odoo's HTML: what a person would read, without anything that could run, load or format.

It is read by a small tokenizer that looks at each character once: Python's `html.parser` takes minutes over a few
hundred kilobytes of quotes that never end, and anybody can send those by e-mail.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from html import unescape
from typing import NamedTuple

#: Longer input is cut before it is read: a conversation is for people.
MAX_HTML_CHARS = 200_000
MAX_TEXT_CHARS = 20_000
SHORTENED = "… (shortened)"

#: People do not read the content of these; in the first group it is not even HTML.
_RAW = frozenset({"script", "style", "title", "iframe", "noembed", "noframes", "xmp"})
_SILENT = frozenset({"head", "template", "noscript", "object", "svg", "math"})
_BLOCKS = frozenset(
    {
        *("address", "article", "aside", "blockquote", "caption", "center", "dd", "div", "dl", "dt", "fieldset"),
        *("figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol"),
        *("p", "pre", "section", "table", "tbody", "tfoot", "thead", "tr", "ul"),
    }
)
#: Blocks that stand apart from their neighbours by an empty line.
_APART = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "table", "ul", "ol"})
_LINK_SCHEMES = ("http://", "https://", "mailto:", "tel:")
_SPACES = re.compile(r"[ \t\r\f\v\xa0]+")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b\u202a-\u202e\u2066-\u2069\ufeff]")
_MANY_LINES = re.compile(r"\n{3,}")
_LINE_ENDS = re.compile(r" *\n *")
_MARKUP = re.compile(r"<(?=[a-zA-Z/!?])")
_NAME = re.compile(r"</?([a-zA-Z][^\s/>]*)")
_BETWEEN = re.compile(r"[\s/]*")
_ATTRIBUTE = re.compile(r"([^\s/>][^\s/>=]*)(\s*=\s*)?")
_UNQUOTED = re.compile(r"[^\s>]*")


def text_of(html: str, *, max_chars: int = MAX_TEXT_CHARS) -> str:
    """Return the text of `html`: paragraphs and list items on lines of their own, links with their address.

    Scripts, styles and everything unseen are dropped; a text longer than `max_chars` is shortened and says so.
    """
    writer = _Writer()
    for token in _tokens(html[:MAX_HTML_CHARS]):
        writer.take(token)
    text = _CONTROLS.sub("", "".join(writer.parts))
    text = _LINE_ENDS.sub("\n", _SPACES.sub(" ", text))
    text = _MANY_LINES.sub("\n\n", text).strip()
    if len(text) > max_chars or len(html) > MAX_HTML_CHARS:
        text = f"{text[:max_chars].rstrip()}{SHORTENED}"
    return text


class _Token(NamedTuple):
    """A piece of text (`tag` ""), or a tag with its attributes."""

    tag: str
    text: str = ""
    closing: bool = False
    attributes: Mapping[str, str] = {}


def _tokens(html: str) -> Iterator[_Token]:
    """Yield text and tags as a browser finds them; what never ends hides the rest, as in a browser."""
    at = 0
    while at < len(html):
        found = _MARKUP.search(html, at)
        start = found.start() if found else len(html)
        if start > at:
            yield _Token("", unescape(html[at:start]))
        if found is None:
            return
        if html.startswith("<!--", start):
            at = _after(html, "-->", start + 4)
        elif (name := _NAME.match(html, start)) is None:
            at = _after(html, ">", start + 2)
        else:
            tag = name[1].lower()
            closing = html[start + 1] == "/"
            at, attributes = _attributes(html, name.end())
            if at > len(html):
                return
            yield _Token(tag, "", closing, attributes)
            if tag in _RAW and not closing:
                end = re.compile(rf"</{tag}(?=[\s/>])", re.IGNORECASE).search(html, at)
                at = end.start() if end else len(html)


def _after(html: str, end: str, start: int) -> int:
    found = html.find(end, start)
    return found + len(end) if found >= 0 else len(html)


def _attributes(html: str, at: int) -> tuple[int, dict[str, str]]:
    """Return where the tag ends, and its attributes; a position after the text when it never ends."""
    attributes: dict[str, str] = {}
    never = len(html) + 1
    while True:
        at = _end(_BETWEEN, html, at)
        if at >= len(html):
            return never, attributes
        if html[at] == ">":
            return at + 1, attributes
        named = _ATTRIBUTE.match(html, at)
        if named is None:
            return never, attributes
        at, value = named.end(), ""
        if named[2]:
            quote = html[at : at + 1]
            if quote in ("'", '"'):
                end = html.find(quote, at + 1)
                if end < 0:
                    return never, attributes
                value, at = html[at + 1 : end], end + 1
            else:
                end = _end(_UNQUOTED, html, at)
                value, at = html[at:end], end
        attributes.setdefault(named[1].lower(), unescape(value))


def _end(pattern: re.Pattern[str], html: str, at: int) -> int:
    found = pattern.match(html, at)
    return found.end() if found else at


class _Writer:
    """Collects what is read, without the content of silent elements."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._silent: Counter[str] = Counter()
        self._link = ("", 0)
        self._pre = 0
        self._line_ends = 2

    def take(self, token: _Token) -> None:
        """Take the next token."""
        if token.tag in _RAW:
            return
        if token.tag in _SILENT:
            self._silence(token)
        elif token.tag == "body":
            # A head that was never closed ends where the body begins.
            self._silent.clear()
        elif self._silent:
            return
        elif not token.tag:
            self._say(token.text if self._pre else token.text.replace("\n", " "))
        elif token.closing:
            self._closed(token.tag)
        else:
            self._opened(token)

    def _silence(self, token: _Token) -> None:
        self._silent[token.tag] += -1 if token.closing else 1
        if self._silent[token.tag] <= 0:
            del self._silent[token.tag]

    def _opened(self, token: _Token) -> None:
        tag = token.tag
        if tag == "br":
            self._line_ends += 1
            self.parts.append("\n")
        elif tag in _BLOCKS:
            self._block(tag)
            if tag == "li":
                self._say("• ")
            self._pre += tag == "pre"
        elif tag in ("td", "th"):
            self.parts.append("  ")
        elif tag == "a":
            self._link = (token.attributes.get("href", ""), len(self.parts))
        elif tag == "img" and (told := token.attributes.get("alt", "").strip()):
            self._say(f"[{told}]")

    def _closed(self, tag: str) -> None:
        if tag == "a":
            (href, start), self._link = self._link, ("", 0)
            address = _CONTROLS.sub("", href).strip()
            if address.lower().startswith(_LINK_SCHEMES):
                said = "".join(self.parts[start:])
                if address.split(":", 1)[1].strip("/") not in said:
                    self._say(f" ({address})")
        elif tag in _BLOCKS:
            self._pre = max(0, self._pre - (tag == "pre"))
            self._block(tag)

    def _say(self, text: str) -> None:
        self.parts.append(text)
        if text.strip():
            self._line_ends = 0

    def _block(self, tag: str) -> None:
        """Begin a new line, or a new paragraph, unless one has begun."""
        missing = (2 if tag in _APART else 1) - self._line_ends
        if missing > 0:
            self.parts.append("\n" * missing)
            self._line_ends += missing
