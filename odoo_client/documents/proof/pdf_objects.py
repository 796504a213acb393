"""Check every object of a PDF, in the process of `child`: none may run, open or carry anything.

qpdf reads the file; what its objects may do is an allow-list: turn pages, show layers, open an address of the web on a
click.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from itertools import pairwise
from typing import Any

from pikepdf import Array, Dictionary, Name, Object, Pdf, PikepdfError, Stream, String
from pikepdf import StreamDecodeLevel as Level

from odoo_client.documents.proof.refusals import RefusedError, refuse_carried

#: Bytes all streams together may unpack to, and one that is no picture.
MOST_UNPACKED, MOST_KEPT = 400_000_000, 64_000_000
#: Packings of a stream, actions after one another.
MOST_FILTERS, MOST_ACTIONS = 8, 50
_PART = 1 << 20
#: This much of a stream is checked for what kind of file it is.
_HEAD = 1024

#: Names that no proof has, anywhere.
_NAMES = {
    **dict.fromkeys(
        ("JavaScript", "Launch", "GoToE", "GoToR", "SubmitForm", "ImportData", "RichMedia", "XFA"), "script"
    ),
    **dict.fromkeys(("EmbeddedFile", "EmbeddedFiles", "FileAttachment"), "attachment"),
}
_DELIMITERS = rb"\x00\t\n\x0c\r ()<>\[\]{}/%"
_NAME = re.compile(b"/(%s)(?![^%s])" % ("|".join(_NAMES).encode(), _DELIMITERS))
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
#: An address may end like a name. Without blanks, brackets and line ends it is a string whatever stands before it.
_ADDRESS = re.compile(rb"\((?:https?://|mailto:)[^\x00-\x20()<>\\]{0,2000}\)")

#: What an object may do when it is opened, pointed at or printed: turn pages and layers. On a click also open an
#: address: of the web, of mail, a telephone; or a name of the web without its scheme, which opens nothing.
_HARMLESS = frozenset(("/GoTo", "/Named", "/Hide", "/SetOCGState", "/ResetForm", "/Thread", "/Trans"))
_ON_CLICK = _HARMLESS | {"/URI"}
_WEB_ADDRESS = re.compile(
    r"(?:https?:/{1,2}[^\\/\s]|mailto:|tel:|#)[^\\]*|www\.[\w.-]+(?:[/?#:][^\\]*)?|[\w.+-]+@[\w.-]+|", re.IGNORECASE
)
_MEDIA = frozenset(("/Movie", "/Sound", "/Screen", "/3D", "/RichMedia", "/PS"))
#: Annotations that show something, or are pressed.
_ANNOTATIONS = frozenset(
    ("/Link", "/Widget", "/Text", "/FreeText", "/Line", "/Square", "/Circle", "/Polygon", "/PolyLine", "/Highlight")
    + ("/Underline", "/Squiggly", "/StrikeOut", "/Stamp", "/Caret", "/Ink", "/Popup", "/Watermark", "/PrinterMark")
    + ("/TrapNet", "/Redact")
)
#: Keys of what is in, or comes from, another file; `EF` may also be a list of rights.
_FILES = ("/UF", "/OPI", "/Collection")

_HOLDERS, _INSIDE = (Dictionary, Stream), (Array, Dictionary, Stream)
_FLATE = "/FlateDecode"
_JPEGS = {"/DCTDecode": "JPEG", "/JPXDecode": "JPEG2000"}
_PICTURES = frozenset((*_JPEGS, "/CCITTFaxDecode", "/JBIG2Decode"))
_OTHERS = frozenset(("/ASCIIHexDecode", "/ASCII85Decode", "/LZWDecode", "/RunLengthDecode"))


def refuse_names(data: bytes) -> None:
    """Refuse bytes that contain a forbidden name, in any context and spelling."""
    spelled = _ESCAPE.sub(lambda pair: bytes.fromhex(pair[1].decode()), _ADDRESS.sub(b"()", data))
    if found := _NAME.search(spelled):
        raise RefusedError(_NAMES[found[1].decode()])


def listed(value: Any) -> list[Any]:
    """Return what is in an array, or the value by itself."""
    return list(value) if isinstance(value, Array) else [] if value is None else [value]


class Objects:
    """The objects of one file, in each of its forms; what they unpack to is counted together."""

    def __init__(self, max_pixels: int) -> None:
        self._max_pixels = max_pixels
        self._unpacked = 0
        #: Streams unpacked already, in this form or one before: most are in each.
        self._known = set[bytes]()
        #: Where the first form has its objects.
        self._table = set[str]()
        #: The texts of the objects that were in streams.
        self._packed = dict[int, bytes]()

    def look_at_used(self, pdf: Pdf) -> set[tuple[int, int]]:
        """Look at what the trailer leads to, which has to be whole, and return which objects those are."""
        used, waiting = set[tuple[int, int]](), [pdf.trailer]
        while waiting:
            for one in self._walk(waiting.pop()):
                if one.objgen not in used:
                    used.add(one.objgen)
                    waiting.append(one)
        return used

    def look_at_rest(self, pdf: Pdf, used: Collection[tuple[int, int]] = ()) -> None:
        """Look at the objects that are not `used`, unless the first form has them all; overlook what is broken."""
        table = {f"{number} {entry}" for number, entry in pdf.get_xref_table().items()}
        known, self._table = self._table, self._table or table
        for one in () if known >= table and not pdf.is_encrypted else pdf.objects:
            if isinstance(one, Object) and one.objgen not in used:
                with unless_broken():
                    self._walk(one)
        self._walk(pdf.trailer)

    def packed(self) -> bytes:
        """Return the objects that were in streams as a PDF, which has no pages; nothing when there were none."""
        if not self._packed:
            return b""
        file, table = bytearray(b"%PDF-1.7\n"), bytearray(b"xref\n")
        for number, text in self._packed.items():
            table += b"%d 1\n%010d 00000 n \n" % (number, len(file))
            file += b"%d 0 obj\n%s\nendobj\n" % (number, text)
        size = max(self._packed) + 1
        # qpdf knows no number beyond a third of the file's length.
        file += b" " * (3 * size)
        root = b"<</Type/Catalog/Pages<</Type/Pages/Kids[]/Count 0>>>>"
        return bytes(file + table) + b"trailer\n<</Size %d/Root%s>>\nstartxref\n%d\n%%%%EOF" % (size, root, len(file))

    def _walk(self, value: Any) -> list[Any]:
        """Look at the value and what is inside it, and return the objects that it refers to."""
        waiting, found = [value], list[Any]()
        while waiting:
            value = waiting.pop()
            inside: Any = value if isinstance(value, Array) else ()
            if isinstance(value, _HOLDERS):
                # Read once: qpdf looks up each key every time.
                held = dict(value.items())
                self._look_at(held)
                if isinstance(value, Stream):
                    self._look_at_stream(value, held)
                inside = held.values()
            for one in inside:
                if isinstance(one, _INSIDE):
                    (found if one.is_indirect else waiting).append(one)
        return found

    def _look_at(self, holder: Mapping[str, Any]) -> None:
        kind = _name(holder, "/Subtype")
        if kind in _MEDIA or _name(holder, "/Subtype2") in _MEDIA or isinstance(holder.get("/JS"), String | Stream):
            raise RefusedError("script")
        if "/Rect" in holder and kind and kind not in _ANNOTATIONS:
            raise RefusedError("attachment" if kind == "/FileAttachment" else "script")
        occasions = holder.get("/AA")
        for action in (holder.get("/OpenAction"), *(occasions.values() if isinstance(occasions, Dictionary) else ())):
            _refuse_action(action, _HARMLESS)
        for action in (holder.get("/A"), holder.get("/PA")):
            # Structure has attributes under that name, which do nothing.
            if isinstance(action, Dictionary) and "/S" in action:
                _refuse_action(action, _ON_CLICK)
        address = holder.get("/URI")
        if isinstance(address, Dictionary):
            address = address.get("/Base")
        if isinstance(address, String) and not _WEB_ADDRESS.fullmatch(str(address).strip("\0\t\n\r ")):
            raise RefusedError("script")
        reference = holder.get("/Ref")
        if (
            any(key in holder for key in _FILES)
            or isinstance(holder.get("/EF"), Dictionary)
            or (isinstance(reference, Dictionary) and "/F" in reference)
            or _name(holder, "/Type") == "/Filespec"
        ):
            raise RefusedError("attachment")

    def _look_at_stream(self, stream: Stream, holder: Mapping[str, Any]) -> None:
        if "/F" in holder:
            # Its bytes are in another file.
            raise RefusedError("attachment")
        picture = _name(holder, "/Subtype") == "/Image"
        width, height = holder.get("/Width"), holder.get("/Height")
        if picture and isinstance(width, int) and isinstance(height, int) and width * height > self._max_pixels:
            raise RefusedError("too-many-pixels")
        kind, data = _name(holder, "/Type"), stream.read_raw_bytes()
        packings = [str(name) for name in listed(holder.get("/Filter"))]
        if len(packings) > MOST_FILTERS:
            raise RefusedError("damaged")
        said = repr((stream.objgen, kind, packings, picture)).encode()
        key = blake2b(said + data, digest_size=16).digest()
        if key in self._known:
            return
        self._known.add(key)
        if kind == "/ObjStm" or ("/First" in holder and "/N" in holder):
            with unless_broken():
                self._keep(self._read(stream), int(holder["/First"]))
                return
            # What cannot be read here may have objects in it that another reader finds.
            raise RefusedError("polyglot")
        for number, packing in enumerate(packings, start=1):
            if packing in _PICTURES:
                if packing in _JPEGS:
                    from odoo_client.documents.proof.picture import measure

                    measure(data, _JPEGS[packing], self._max_pixels)
                return
            last = number == len(packings)
            if packing == _FLATE:
                data = self._inflate(data, MOST_UNPACKED if picture and last else MOST_KEPT, keep=not last)
            elif packing in _OTHERS:
                with Pdf.new() as empty:
                    data = self._read(Stream(empty, data, Filter=Name(packing)))
            elif packing != "/Crypt":
                raise RefusedError("damaged")
        if kind != "/XRef" and not picture:
            # A page has nothing of other kinds, wherever it is in the tree.
            refuse_carried(data[:_HEAD])

    def _read(self, stream: Stream) -> bytes:
        try:
            data = stream.read_bytes(Level.specialized)
        except PikepdfError as exc:
            raise RefusedError("out-of-memory" if "limit exceeded" in str(exc) else "damaged") from None
        self._count(len(data))
        return data

    def _inflate(self, data: bytes, most: int, *, keep: bool) -> bytes:
        """Return the data unpacked, or only its beginning; some writers leave the end mark out."""
        unpacker, kept, before = zlib.decompressobj(), bytearray(), self._unpacked
        for start in range(0, len(data), _PART):
            packed = data[start : start + _PART]
            while not unpacker.eof and (part := unpacker.decompress(packed, _PART)):
                self._count(len(part))
                if self._unpacked - before > most:
                    raise RefusedError("out-of-memory")
                if keep or not kept:
                    kept += part
                packed = unpacker.unconsumed_tail
        return bytes(kept)

    def _count(self, size: int) -> None:
        self._unpacked += size
        if self._unpacked > MOST_UNPACKED:
            raise RefusedError("out-of-memory")

    def _keep(self, data: bytes, first: int) -> None:
        """Keep the objects of a stream; a number that was there before gets a new one."""
        words = data[:first].split()
        places = sorted(
            (first + int(place), int(number)) for number, place in zip(words[::2], words[1::2], strict=True)
        )
        for (place, number), (end, _number) in pairwise([*places, (len(data), 0)]):
            self._packed[max(self._packed) + 1 if number in self._packed else number] = data[place:end]


def _name(holder: Mapping[str, Any] | Dictionary, key: str) -> str:
    """Return the name under that key, "" when there is none."""
    value = holder.get(key)
    return str(value) if isinstance(value, Name) else ""


def _refuse_action(action: Any, allowed: Collection[str]) -> None:
    """Refuse an action, unless it and those after it are among the allowed. A place in the document is none."""
    waiting = [action]
    for _step in range(MOST_ACTIONS):
        if not waiting:
            return
        action = waiting.pop()
        if isinstance(action, Array):
            waiting += [one for one in action if isinstance(one, Dictionary)]
        elif isinstance(action, Dictionary):
            # What has a file goes to another one.
            if "/F" in action or ("/S" in action and _name(action, "/S") not in allowed):
                raise RefusedError("script")
            waiting.append(action.get("/Next"))
    raise RefusedError("script")


@contextmanager
def unless_broken() -> Iterator[None]:
    """Overlook what is broken: nothing leads to it, and its names were looked at already."""
    try:
        yield
    except Exception as exc:
        if isinstance(exc, MemoryError) or (isinstance(exc, RefusedError) and exc.reason != "damaged"):
            raise
