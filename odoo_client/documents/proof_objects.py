"""Every object of a PDF looked at, in the process of `proof_child`: nothing that runs, opens or carries anything.

In two ways, since readers differ in what they find in a file: every name in its bytes and object streams, wherever it
stands and however it is spelled; and every object that pypdf finds, also those nothing leads to. Streams are unpacked
strictly here, because pypdf makes the best of a broken one.
"""

from __future__ import annotations

import io
import re
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pypdf import PdfReader, filters
from pypdf.errors import LimitReachedError
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DictionaryObject,
    IndirectObject,
    StreamObject,
    TextStringObject,
    is_null_or_none,
    read_object,
)

from odoo_client.documents.proof_child import RefusedError

#: Bytes all streams together may unpack to, and one that is no picture.
MOST_UNPACKED, MOST_KEPT = 400_000_000, 64_000_000
#: Packings of a stream, actions after one another.
MOST_FILTERS, MOST_ACTIONS = 8, 50
_PART = 1 << 20

#: What an action may be that does more than turn pages, and other names that no proof has.
_ACTS = ("JavaScript", "Launch", "GoToE", "GoToR", "SubmitForm", "ImportData")
_NAMES = {
    **dict.fromkeys((*_ACTS, "RichMedia", "XFA"), "script"),
    **dict.fromkeys(("EmbeddedFile", "EmbeddedFiles", "FileAttachment"), "attachment"),
}
_DELIMITERS = rb"\x00\t\n\x0c\r ()<>\[\]{}/%"
_PLAIN = re.compile(b"/(%s)(?![^%s])" % ("|".join(_NAMES).encode(), _DELIMITERS))
_ESCAPED = re.compile(b"/([^%s]{0,60}#[0-9A-Fa-f]{2}[^%s]{0,60})" % (_DELIMITERS, _DELIMITERS))
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
#: An address may end like a name. Without blanks, brackets and line ends it is a string whatever stands before it.
_ADDRESS = re.compile(rb"\((?:https?://|mailto:)[^\x00-\x20()<>\\]{0,2000}\)")
#: What an object may do when it is opened, pointed at or printed: turn pages and layers.
_HARMLESS = frozenset(("/GoTo", "/Named", "/Hide", "/SetOCGState", "/ResetForm", "/Thread", "/Trans"))
_ACTIONS = frozenset(
    ("/Rendition", "/Movie", "/Sound", "/GoTo3DView", "/RichMediaExecute", *(f"/{name}" for name in _ACTS))
)
_MEDIA = frozenset(("/Movie", "/Sound", "/Screen", "/3D"))
_SCHEMES = ("javascript:", "vbscript:", "data:", "file:")

_OBJECT = re.compile(rb"(?<!\d)(\d{1,10})[\0\s]+(\d{1,5})[\0\s]+obj[\0\s]*")

_FLATE = frozenset(("/FlateDecode",))
_JPEGS = {"/DCTDecode": "JPEG", "/JPXDecode": "JPEG2000"}
_PICTURES = frozenset((*_JPEGS, "/CCITTFaxDecode", "/JBIG2Decode"))
_DECODERS = {
    "/ASCIIHexDecode": filters.ASCIIHexDecode.decode,
    "/ASCII85Decode": filters.ASCII85Decode.decode,
    "/LZWDecode": filters.LZWDecode.decode,
    "/RunLengthDecode": filters.RunLengthDecode.decode,
}
_TEXTS = (TextStringObject, ByteStringObject, StreamObject)


def value_of(holder: DictionaryObject, key: str) -> Any:
    """Return what the key leads to, None when it leads to nothing."""
    value = holder.get(key)
    value = None if value is None else value.get_object()
    return None if is_null_or_none(value) else value


def refuse_names(data: bytes) -> None:
    """Refuse bytes that have a forbidden name in them, in whatever context."""
    data = _ADDRESS.sub(b"()", data)
    for found in _PLAIN.finditer(data):
        raise RefusedError(_NAMES[found[1].decode()])
    for found in _ESCAPED.finditer(data):
        name = _ESCAPE.sub(lambda pair: bytes((int(pair[1], 16),)), found[1])
        if (reason := _NAMES.get(name.decode("latin-1"))) is not None:
            raise RefusedError(reason)


class Objects:
    """Every object of one file, looked at once; what they unpack to is counted together."""

    def __init__(self, reader: PdfReader, max_pixels: int) -> None:
        self.reader = reader
        self.max_pixels = max_pixels
        self.unpacked = 0
        #: Whether there is an object stream whose objects cannot be seen.
        self.opaque = False
        self._seen: set[tuple[int, int]] = set()

    def look_at_all(self, content: bytes) -> None:
        """Look at what the trailer leads to, which has to be whole, then at all else that is in the file."""
        reader, encryption = self.reader, self.reader.trailer.get("/Encrypt")
        if isinstance(encryption, IndirectObject):
            # Its strings are not encrypted themselves.
            self._seen.add((encryption.idnum, encryption.generation))
        self._follow([value for key, value in reader.trailer.items() if key != "/Encrypt"])
        tables = [(number, generation) for generation, entries in reader.xref.items() for number in entries]
        starts = {(number, reader.xref[generation][number]) for number, generation in tables}
        for number, generation in [*tables, *((number, 0) for number in reader.xref_objStm)]:
            if (number, generation) not in self._seen:
                self._seen.add((number, generation))
                with _unless_broken():
                    self._walk([reader.get_object(IndirectObject(number, generation, reader))])
        for found in _OBJECT.finditer(content):
            number, generation = int(found[1]), int(found[2])
            if (number, found.start()) not in starts:
                with _unless_broken():
                    self._walk([self._read_at(found.end(), number, generation)])
        if self.opaque:
            raise RefusedError("damaged")

    def _read_at(self, place: int, number: int, generation: int) -> Any:
        """Read the object that begins there, whatever the tables say: one of an older revision, or a hidden one."""
        stream = self.reader.stream
        stream.seek(place)
        value = read_object(stream, self.reader)
        encryption = self.reader._encryption
        return value if encryption is None else encryption.decrypt_object(value, number, generation, strict=False)

    def _follow(self, values: Sequence[Any]) -> None:
        """Look at the values and all they lead to."""
        waiting = list(values)
        while waiting:
            references = self._walk(waiting)
            waiting = []
            for reference in references:
                key = (reference.idnum, reference.generation)
                if key not in self._seen:
                    self._seen.add(key)
                    waiting.append(reference.get_object())

    def _walk(self, values: Sequence[Any]) -> list[IndirectObject]:
        """Look at the values and what is inside them, and return the references found."""
        waiting, references = list(values), list[IndirectObject]()
        while waiting:
            value = waiting.pop()
            if isinstance(value, IndirectObject):
                references.append(value)
            elif isinstance(value, DictionaryObject):
                self._look_at(value)
                waiting.extend(value.values())
            elif isinstance(value, ArrayObject):
                waiting.extend(value)
        return references

    def _look_at(self, holder: DictionaryObject) -> None:
        does = value_of(holder, "/S")
        if does in _ACTIONS or value_of(holder, "/Subtype") in _MEDIA or isinstance(value_of(holder, "/JS"), _TEXTS):
            raise RefusedError("script")
        if "/OpenAction" in holder:
            _refuse_action(value_of(holder, "/OpenAction"))
        occasions = value_of(holder, "/AA") if "/AA" in holder else None
        if isinstance(occasions, DictionaryObject):
            for occasion in occasions:
                _refuse_action(value_of(occasions, occasion))
        address = value_of(holder, "/URI") if "/URI" in holder else None
        if isinstance(address, TextStringObject | ByteStringObject):
            text = address if isinstance(address, str) else address.decode("latin-1")
            if "".join(text.split()).lower().startswith(_SCHEMES):
                raise RefusedError("script")
        # A right to attach files is named alike, but is a list.
        if "/EF" in holder and isinstance(value_of(holder, "/EF"), DictionaryObject):
            raise RefusedError("attachment")
        if isinstance(holder, StreamObject):
            self._look_at_stream(holder)

    def _look_at_stream(self, stream: StreamObject) -> None:
        kind = value_of(stream, "/Type")
        if kind == "/ObjStm" or ("/First" in stream and "/N" in stream):
            self._look_at_objects(stream)
            return
        # These two may be left in clear in an encrypted file, where pypdf decrypts them nonetheless.
        if kind == "/XRef" or (kind == "/Metadata" and self.reader.is_encrypted):
            return
        if "/F" in stream:
            # Its bytes are in another file.
            raise RefusedError("attachment")
        most = MOST_KEPT
        if value_of(stream, "/Subtype") == "/Image":
            most = MOST_UNPACKED
            width, height = value_of(stream, "/Width"), value_of(stream, "/Height")
            if isinstance(width, int) and isinstance(height, int) and width * height > self.max_pixels:
                raise RefusedError("too-many-pixels")
        data = stream._data
        names = _filters(stream)
        for number, name in enumerate(names, start=1):
            if name in _PICTURES:
                if name in _JPEGS:
                    self._measure(data, _JPEGS[name])
                break
            data = self._unpack(data, name, most, keep=number < len(names))

    def _look_at_objects(self, stream: StreamObject) -> None:
        """Look for names in a stream of objects. One packed in an unusual way hides them from this and not from all."""
        names = _filters(stream)
        try:
            if len(names) > 1 or not _FLATE.issuperset(names):
                raise RefusedError("damaged")
            for data in (
                self._inflate(stream._data, MOST_KEPT, keep=True, whole=True) if names else stream._data,
                stream.get_data(),
            ):
                refuse_names(data)
        except LimitReachedError:
            raise RefusedError("out-of-memory") from None
        except MemoryError:
            raise
        except RefusedError as refusal:
            if refusal.reason != "damaged":
                raise
            self.opaque = True
        except Exception:
            self.opaque = True

    def _unpack(self, data: bytes, name: str, most: int, *, keep: bool) -> bytes:
        if name in _FLATE:
            return self._inflate(data, MOST_KEPT if keep else most, keep=keep)
        if name == "/Crypt":
            return data
        decoder = _DECODERS.get(name)
        if decoder is None:
            raise RefusedError("damaged")
        try:
            unpacked = decoder(data)
        except LimitReachedError:
            raise RefusedError("out-of-memory") from None
        self._count(len(unpacked))
        return unpacked

    def _inflate(self, data: bytes, most: int, *, keep: bool, whole: bool = False) -> bytes:
        """Return the data unpacked, nothing when it is not to be kept; broken data raises.

        Some writers leave the end mark out, so it is asked for only when the data has to be `whole`.
        """
        unpacker, kept, before = zlib.decompressobj(), bytearray(), self.unpacked
        for start in range(0, len(data), _PART):
            packed = data[start : start + _PART]
            while not unpacker.eof and (part := unpacker.decompress(packed, _PART)):
                self._count(len(part))
                if self.unpacked - before > most:
                    raise RefusedError("out-of-memory")
                if keep:
                    kept += part
                packed = unpacker.unconsumed_tail
        if whole and not unpacker.eof:
            raise RefusedError("damaged")
        return bytes(kept)

    def _count(self, size: int) -> None:
        self.unpacked += size
        if self.unpacked > MOST_UNPACKED:
            raise RefusedError("out-of-memory")

    def _measure(self, data: bytes, name: str) -> None:
        """Refuse a picture that is larger than it may be, whatever the PDF says of it; nothing is decoded."""
        from PIL import Image

        Image.MAX_IMAGE_PIXELS = self.max_pixels
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            Image.open(io.BytesIO(data), formats=(name,)).close()
        except (Image.DecompressionBombWarning, Image.DecompressionBombError):
            raise RefusedError("too-many-pixels") from None


def _filters(stream: StreamObject) -> list[str]:
    found = value_of(stream, "/Filter")
    names = [name.get_object() for name in found] if isinstance(found, ArrayObject) else [found]
    if len(names) > MOST_FILTERS:
        raise RefusedError("damaged")
    return [str(name) for name in names if name is not None]


def _refuse_action(action: Any) -> None:
    """Refuse an action that happens without a click, unless it and those after it only turn pages or layers."""
    waiting = [action]
    for _step in range(MOST_ACTIONS):
        if not waiting:
            return
        action = waiting.pop()
        if isinstance(action, DictionaryObject):
            does = value_of(action, "/S")
            if does is not None and does not in _HARMLESS:
                raise RefusedError("script")
            following = value_of(action, "/Next")
            if isinstance(following, ArrayObject):
                waiting.extend(one.get_object() for one in following)
            elif following is not None:
                waiting.append(following)
    raise RefusedError("script")


@contextmanager
def _unless_broken() -> Iterator[None]:
    """Overlook what is broken: nothing leads to it, and its names were looked at already."""
    try:
        yield
    except MemoryError:
        raise
    except RefusedError as refusal:
        if refusal.reason != "damaged":
            raise
    except Exception:
        return
