"""A PDF opened and its pages counted, in the process of `child`; its objects are looked at by `pdf_objects`.

qpdf opens it and mends what viewers mend. What it is opened for is an allow-list: whole pages, and around the objects
nothing but their table. Readers differ in what they find in a file, so it is looked at as each of them may take it:
also without its table, as it was before each time it was saved, and with every stream of objects unpacked.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator
from typing import Any

from pikepdf import Array, Dictionary, PasswordError, Pdf, PdfError, Stream, settings

from odoo_client.documents.proof.pdf_objects import MOST_KEPT, Objects, listed, refuse_names, unless_broken
from odoo_client.documents.proof.refusals import RefusedError, refuse_web

#: A page's longest side in points: what the format allows, 200 inches.
LONGEST_SIDE = 14_400.0

_BLANK = b"\x00\t\n\x0c\r \x1a"
_END = b"%%EOF"
_STARTXREF = re.compile(rb"startxref\s+\d+\s*(?:%%EOF\s*)*$")
_REVISION = re.compile(rb"\d\s+\d+\s+obj\b|\bxref\b|\btrailer\b")
#: A stream ends before the next object begins.
_STREAM = re.compile(rb"(?<!end)stream\r?\n(?:[^e]++|e(?!nd(?:stream|obj\s+\d+\s+\d+\s+obj\b)))*+endstream")
#: What a file is made of besides streams: objects, tables and their trailers, comments of one line. No object has the
#: end of the file in it, a stream that does not end, or another one but on a line of its own.
_PARTS = re.compile(
    rb"\d+\s+\d+\s+obj\b(?:(?!%%EOF|\bstream\r?\n|(?<![\r\n\d])\d+\s+\d+\s+obj\b).)*?\bendobj\b"
    rb"|trailer\s*<<(?:(?!\btrailer\b).)*?>>(?=\s*(?:startxref|%|\d|$))"
    rb"|%[^\r\n]{0,400}(?:[\r\n]|$)|\b(?:xref|startxref|[nf]|\d+|endobj|endstream)\b|[\s\0]+",
    re.DOTALL,
)
_TWICE = re.compile(r"\(object \d+ \d+, offset (\d+)\): dictionary has duplicated key (\S+);")
#: A value that is one word, one reference, one string or one list of words.
_VALUE = (
    rb"(?![^\s\0()<>\[\]{}/%])\s*(/?[^\s\0()<>\[\]{}/%]+(?:\s+\d+\s+R)?|<[0-9A-Fa-f\s]*>|\([^()\\]*\)"
    rb"|\[[^\[\]<>()]*\])?"
)
#: What qpdf says of faults that every viewer mends alike: a wrong table, a stream that says another length.
_MENDED = (
    *("file is damaged", "xref not found", "Attempting to reconstruct", "expected n n obj", "expected endobj"),
    *("expected endstream", "attempting to recover stream length", "recovered stream length: "),
    "reported number of objects",
)


def pages_of(content: bytes, max_pages: int, max_pixels: int) -> tuple[int, float]:
    """Return how many pages the PDF has and the width of the widest; raises RefusedError, or what pikepdf raises."""
    settings.set_qpdf_limits(run_length_max_memory=MOST_KEPT, flate_max_memory=MOST_KEPT)
    _refuse_ending(content)
    content = content[content.index(b"%PDF-") :].rstrip(_BLANK)
    pdf = _opened(content)
    refuse_names(content)
    found = _count_pages(pdf, max_pages)
    _refuse_others(content)
    objects = Objects(max_pixels)
    used = objects.look_at_used(pdf)
    _refuse_damage(pdf, content, whole=True)
    objects.look_at_rest(pdf, used)
    _refuse_damage(pdf, content)
    for form in _forms(content):
        with unless_broken():
            pdf = _opened(form)
            objects.look_at_rest(pdf)
        _refuse_damage(pdf, form)
    if packed := objects.packed():
        refuse_names(packed)
        pdf = _opened(packed)
        objects.look_at_rest(pdf)
        _refuse_damage(pdf, packed, whole=True)
    return found


def _refuse_ending(content: bytes) -> None:
    """Refuse a file that is cut off, or goes on after its end."""
    end = content.rfind(_END)
    if end < 0 or not _STARTXREF.search(content, max(0, end - 200), end):
        raise RefusedError("damaged")
    behind = content[end + len(_END) :]
    if behind.strip(_BLANK):
        raise RefusedError("damaged" if _REVISION.search(behind) else "polyglot")


def _refuse_others(content: bytes) -> None:
    """Refuse anything between the objects that is not one, and what browsers and servers would run."""
    outside = _STREAM.sub(b" ", content)
    refuse_web(outside, plain=False)
    if others := _PARTS.sub(b"", outside):
        raise RefusedError("damaged" if b"obj" in others else "polyglot")


def _refuse_damage(pdf: Pdf, text: bytes, *, whole: bool = False) -> None:
    """Refuse a key that is twice with different values, and in what has to be whole all that viewers do not mend."""
    for line in map(str, pdf.get_warnings()):
        if found := _TWICE.search(line):
            # Readers differ in which one counts. Those in a stream of objects are told of again when these are alone.
            start, key = int(found[1]), re.escape(found[2].encode())
            values = set(re.findall(key + _VALUE, text[start : text.find(b"endobj", start)]))
            if "object stream" not in line and (len(values) != 1 or b"" in values):
                raise RefusedError("damaged")
        elif whole and not any(words in line for words in _MENDED):
            raise RefusedError("damaged")


def _forms(content: bytes) -> Iterator[bytes]:
    """Yield the forms readers may take the file in: without its table, and as it was before each time it was saved."""
    yield content.replace(b"startxref", b"startxxxx")
    end = content.find(_END)
    while 0 <= end < len(content) - len(_END):
        yield content[: end + len(_END)]
        end = content.find(_END, end + 1)


def _opened(content: bytes) -> Pdf:
    """Return the file as qpdf opens it with the empty password, which protects against printing and copying only."""
    try:
        return Pdf.open(io.BytesIO(content), inherit_page_attributes=False)
    except PasswordError:
        raise RefusedError("password") from None
    except PdfError as exc:
        # Protected in a way that takes more than a password: a certificate, a rights server.
        raise RefusedError("password" if "encryption" in str(exc) else "damaged") from None


def _count_pages(pdf: Pdf, max_pages: int) -> tuple[int, float]:
    """Walk the tree of pages: each is there, has a size and content that is a stream."""
    pages, widest, seen = 0, 0.0, set[tuple[int, int]]()
    tree: Any = pdf.Root.get("/Pages")
    waiting: list[tuple[Any, Any, Any]] = [(tree, None, 0)]
    while waiting:
        node, box, turned = waiting.pop()
        if not isinstance(node, Dictionary) or (node.is_indirect and node.objgen in seen):
            raise RefusedError("damaged")
        seen.add(node.objgen)
        box, turned, kids = node.get("/MediaBox", box), node.get("/Rotate", turned), node.get("/Kids")
        if kids is None:
            pages += 1
            widest = max(widest, _sides(node, box)[turned in (90, 270, -90)])
        elif isinstance(kids, Array) and node.get("/Type") == "/Pages":
            waiting += [(kid, box, turned) for kid in kids]
        else:
            raise RefusedError("damaged")
        if pages > max_pages or len(seen) > 10 * max_pages:
            raise RefusedError("too-many-pages")
    if not pages or tree.get("/Count") != pages:
        raise RefusedError("damaged")
    return pages, widest


def _sides(page: Dictionary, box: Any) -> tuple[float, float]:
    """Return how wide and high a page is."""
    if page.get("/Type") != "/Page" or not isinstance(box, Array) or len(box) < 4:
        raise RefusedError("damaged")
    # Viewers take the first four of more.
    left, bottom, right, top = (float(side) for side in list(box)[:4])
    unit = float(page.get("/UserUnit", 1))
    sides = (abs(right - left) * unit, abs(top - bottom) * unit)
    if not all(math.isfinite(side) and side > 0 for side in sides):
        raise RefusedError("damaged")
    if max(sides) > LONGEST_SIDE:
        raise RefusedError("huge-page")
    if not all(isinstance(part, Stream) for part in listed(page.get("/Contents"))):
        raise RefusedError("damaged")
    return sides
