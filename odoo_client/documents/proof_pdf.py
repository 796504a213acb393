"""A PDF opened and its pages counted, in the process of `proof_child`; its objects are looked at by `proof_objects`."""

from __future__ import annotations

import io
import logging
import math
import re
from typing import Any

from pypdf import PasswordType, PdfReader, overwrite_configuration
from pypdf.errors import DependencyError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject

from odoo_client.documents.proof_child import RefusedError, refuse_web
from odoo_client.documents.proof_objects import MOST_KEPT, Objects, refuse_names, value_of

#: A page's longest side in points: what the format allows, 200 inches.
LONGEST_SIDE = 14_400.0
#: Levels of the tree of pages.
DEEPEST = 60

_BLANK = b"\x00\t\n\x0c\r \x1a"
_STARTXREF = re.compile(rb"startxref\s+\d+\s*(?:%%EOF\s*)*$")
_REVISION = re.compile(rb"\d\s+\d+\s+obj\b|\bxref\b|\btrailer\b")
_STREAM = re.compile(rb"(?<!end)stream\r?\n.*?endstream", re.DOTALL)


def pages_of(content: bytes, max_pages: int, max_pixels: int) -> int:
    """Return how many pages the PDF has; raises RefusedError, or what pypdf raises over a broken one."""
    # pypdf's own limits: no stream over what is kept here, no program started for a picture.
    overwrite_configuration(
        zlib_maximum_output_length=MOST_KEPT,
        lzw_maximum_output_length=MOST_KEPT,
        run_length_maximum_output_length=MOST_KEPT,
        jbig2dec_binary=None,
    )
    twice = _Twice()
    logger = logging.getLogger("pypdf")
    logger.addHandler(twice)
    logger.propagate = False
    _refuse_ending(content)
    refuse_web(_STREAM.sub(b" ", content), plain=False)
    try:
        reader = _opened(content)
        refuse_names(content)
        pages = _count_pages(reader, max_pages)
        Objects(reader, max_pixels).look_at_all(content)
    except DependencyError:
        raise RefusedError("unchecked") from None
    if twice.found:
        raise RefusedError("damaged")
    return pages


class _Twice(logging.Handler):
    """Hears of a key that is twice in a dictionary: readers differ in which one counts, so neither can be judged."""

    found = False

    def emit(self, record: logging.LogRecord) -> None:
        self.found = self.found or str(record.msg).startswith("Multiple definitions")


def _refuse_ending(content: bytes) -> None:
    """Refuse a file that is cut off, or goes on behind its end."""
    end = content.rfind(b"%%EOF")
    if end < 0 or not _STARTXREF.search(content, max(0, end - 200), end):
        raise RefusedError("damaged")
    behind = content[end + 5 :]
    if behind.strip(_BLANK):
        raise RefusedError("damaged" if _REVISION.search(behind) else "polyglot")
    if len(behind) > 1024:
        raise RefusedError("damaged")


def _opened(content: bytes) -> PdfReader:
    try:
        reader = PdfReader(io.BytesIO(content))
        # The empty password opens what is only protected against printing and copying.
        if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
            raise RefusedError("password")
    except NotImplementedError:
        # Protected in a way that takes more than a password: a certificate, a rights server.
        raise RefusedError("password") from None
    return reader


def _count_pages(reader: PdfReader, max_pages: int) -> int:
    """Walk the tree of pages: each is there, has a size and content that is a stream."""
    pages, seen = 0, set[tuple[int, int]]()
    tree = value_of(reader.root_object, "/Pages")
    waiting: list[tuple[Any, Any, int]] = [(tree, None, 0)]
    while waiting:
        node, box, depth = waiting.pop()
        if not isinstance(node, DictionaryObject) or depth > DEEPEST:
            raise RefusedError("damaged")
        box = value_of(node, "/MediaBox") or box
        kids = value_of(node, "/Kids")
        if kids is None:
            pages += 1
            if pages > max_pages:
                raise RefusedError("too-many-pages")
            _check_page(node, box)
            continue
        if not isinstance(kids, ArrayObject) or value_of(node, "/Type") != "/Pages":
            raise RefusedError("damaged")
        if len(kids) > 10 * max_pages:
            raise RefusedError("too-many-pages")
        for kid in kids:
            reference = (kid.idnum, kid.generation) if isinstance(kid, IndirectObject) else (-1, id(kid))
            if reference in seen:
                raise RefusedError("damaged")
            seen.add(reference)
            waiting.append((kid.get_object(), box, depth + 1))
    if not pages or not isinstance(tree, DictionaryObject) or value_of(tree, "/Count") != pages:
        raise RefusedError("damaged")
    return pages


def _check_page(page: DictionaryObject, box: Any) -> None:
    if value_of(page, "/Type") != "/Page" or not isinstance(box, ArrayObject) or len(box) != 4:
        raise RefusedError("damaged")
    left, bottom, right, top = (float(str(side.get_object())) for side in box)
    unit = float(str(value_of(page, "/UserUnit") or 1))
    sides = (abs(right - left) * unit, abs(top - bottom) * unit)
    if not all(math.isfinite(side) and side > 0 for side in sides):
        raise RefusedError("damaged")
    if max(sides) > LONGEST_SIDE:
        raise RefusedError("huge-page")
    contents = value_of(page, "/Contents")
    parts = [part.get_object() for part in contents] if isinstance(contents, ArrayObject) else [contents]
    if contents is not None and not all(isinstance(part, StreamObject) for part in parts):
        raise RefusedError("damaged")
