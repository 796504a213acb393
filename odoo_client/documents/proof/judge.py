"""A payment proof somebody uploaded, judged by its content: a PDF, JPEG or PNG that opens, and nothing else besides.

The file's name, and what the browser says it is, count for nothing. The signature is read here; everything else
is done by `child` in a process of its own with little time and memory, because no parser of PDFs or pictures is
without faults. Whatever that process does other than say yes is a no.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import os
import re
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from odoo_client.documents.clean import one_line
from odoo_client.errors import ProofRefusedError

Kind = Literal["pdf", "jpeg", "png"]

#: Processes at once: each may use a core and its memory.
CHILDREN = 2
#: Seconds a file waits for its turn.
WAIT_S = 20.0
#: Memory of a process: the parsers and the file, a pixel of a progressive JPEG in print colours (measured: 12.3), and
#: what a PDF needs at least.
PARSERS_BYTES, PIXEL_BYTES, LEAST_MEMORY_BYTES = 128 << 20, 13, 512 << 20
LONGEST_NAME = 80
MIMETYPES: dict[Kind, str] = {"pdf": "application/pdf", "jpeg": "image/jpeg", "png": "image/png"}
SUFFIXES: dict[Kind, str] = {"pdf": ".pdf", "jpeg": ".jpg", "png": ".png"}

_log = logging.getLogger(__name__)
_slots = threading.BoundedSemaphore(CHILDREN)
_ROOT = Path(__file__).parents[3]
#: Isolated Python looks nowhere but in its own libraries, so it is told where this package is, as the last place.
_START = "import sys; sys.path.append(sys.argv[1]); from odoo_client.documents.proof.child import main; main()"
#: All that the process gets of the environment, which holds passwords.
_KEPT = ("LD_LIBRARY_PATH", "SYSTEMROOT")

#: What may stand before a PDF's header: blanks and the mark of UTF-8.
_BLANK = b"\xef\xbb\xbf\x00\t\n\x0c\r "
_HEIC = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"))
_AVIF = frozenset((b"avif", b"avis"))
_OTHERS = (
    (re.compile(rb"GIF8"), "a GIF picture"),
    (re.compile(rb"BM.{4}\0{4}", re.DOTALL), "a BMP picture"),
    (re.compile(rb"II\*\0|MM\0\*"), "a TIFF picture"),
    (re.compile(rb"PK[\x01-\x08]"), "a ZIP archive or an Office document"),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "an Office document"),
    (re.compile(rb"\{\\rtf"), "a text document"),
    (re.compile(rb"(?:\xef\xbb\xbf)?\s*<"), "a web page or a drawing"),
    (re.compile(rb"....ftyp", re.DOTALL), "a video"),
    (re.compile(rb"MZ|\x7fELF|#!"), "a program"),
)
#: Endings removed from a name, so that it says once and correctly what the file is.
_ENDING = re.compile(
    r"\.(?:pdf|jpe?g|jpe|jfif|mpo|png|apng|heic|heif|avif|webp|gif|bmp|tiff?|svg|html?|xhtml|js|php|exe|com|bat|cmd|scr"
    r"|lnk|msi|jar|zip|rar|7z|docx?|docm|xlsx?|xlsm|txt)$",
    re.IGNORECASE,
)
#: Characters with a meaning in file systems and addresses.
_NOT_NAME = re.compile(r'[<>:"|?*]+')


@dataclass(frozen=True)
class ProofLimits:
    """How much a proof may be and take.

    `max_pixels` counts for a picture and for each picture in a PDF. Without `memory_bytes` it is what the most wasteful
    picture of that size needs to be decoded.
    """

    max_bytes: int = 10 * 1024 * 1024
    max_pages: int = 20
    max_pixels: int = 50_000_000
    time_s: float = 10.0
    memory_bytes: int = 0

    @property
    def memory(self) -> int:
        """The bytes of memory the process may have."""
        needed = PARSERS_BYTES + PIXEL_BYTES * self.max_pixels
        return self.memory_bytes or max(LEAST_MEMORY_BYTES, needed)


@dataclass(frozen=True)
class ProofFile:
    """A file that was judged good. `name` is ours, `sha1` is what Odoo keeps as `ir.attachment.checksum`.

    `width` is that of a PDF's widest page in points.
    """

    content: bytes
    kind: Kind
    mimetype: str
    sha256: str
    sha1: str
    size_bytes: int
    pages: int
    name: str
    width: float = 0.0


DEFAULT_LIMITS = ProofLimits()


def judge(name: str, content: bytes, limits: ProofLimits = DEFAULT_LIMITS) -> ProofFile:
    """Return the file when it is a PDF, JPEG or PNG that opens and holds nothing else; raises ProofRefusedError."""
    if not content:
        raise _refused("empty", limits)
    if len(content) > limits.max_bytes:
        raise _refused("too-large", limits)
    kind = _kind_of(content, limits)
    pages, width = _pages(kind, content, limits)
    return ProofFile(
        content=content,
        kind=kind,
        mimetype=MIMETYPES[kind],
        pages=pages,
        width=width,
        sha256=hashlib.sha256(content).hexdigest(),
        sha1=hashlib.sha1(content, usedforsecurity=False).hexdigest(),
        size_bytes=len(content),
        name=safe_name(name, kind),
    )


def safe_name(name: str, kind: Kind) -> str:
    """Return what a proof is called: the last part of the given name, as far as it may be a name, and our ending."""
    stem = one_line(_NOT_NAME.sub("-", one_line(name.replace("\\", "/")).rpartition("/")[2]))
    while (shorter := _ENDING.sub("", stem).strip(". -")) != stem:
        stem = shorter
    stem = stem[: LONGEST_NAME - len(SUFFIXES[kind])].strip(". -")
    return f"{stem or 'payment-proof'}{SUFFIXES[kind]}"


def _kind_of(content: bytes, limits: ProofLimits) -> Kind:
    head = content[:1024]
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    before, header, _after = head.partition(b"%PDF-")
    if header:
        if before.strip(_BLANK):
            raise _refused("polyglot", limits)
        return "pdf"
    if head[4:8] == b"ftyp":
        length = min(max(int.from_bytes(head[:4], "big"), 16), len(head))
        brands = {head[8:12], *(head[place : place + 4] for place in range(16, length, 4))}
        if brands & _AVIF:
            raise _refused("avif", limits)
        if brands & _HEIC:
            raise _refused("heic", limits)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        raise _refused("webp", limits)
    what = next((words for pattern, words in _OTHERS if pattern.match(head)), "")
    raise _refused("unknown-type", limits, what)


def _pages(kind: Kind, content: bytes, limits: ProofLimits) -> tuple[int, float]:
    """Return the pages the process counted and their width; anything else it does becomes a refusal."""
    told = {
        "kind": kind,
        "max_pages": limits.max_pages,
        "max_pixels": limits.max_pixels,
        "cpu_s": math.ceil(limits.time_s),
        "memory_bytes": limits.memory,
    }
    if not _slots.acquire(timeout=WAIT_S):
        raise _refused("busy", limits)
    try:
        ended = subprocess.run(  # noqa: S603  our own interpreter and texts; the file is its input
            [*child_command(), json.dumps(told)],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=limits.time_s,
            env={name: os.environ[name] for name in _KEPT if name in os.environ},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _refused("timeout", limits) from None
    except OSError as exc:
        _log.error("The process that judges uploads cannot be started: %s", exc)
        raise _refused("unchecked", limits) from exc
    finally:
        _slots.release()
    pages, width, reason = _verdict(kind, ended.returncode, ended.stdout)
    if reason:
        if reason == "unchecked":
            _log.error("The process that judges uploads lacks what it needs: pikepdf, Pillow, a Unix system")
        raise _refused(reason, limits)
    return pages, width


def child_command() -> list[str]:
    """Return the command that judges its input, without its last argument: what to judge it by."""
    return [sys.executable, "-I", "-B", "-c", _START, str(_ROOT)]


def _verdict(kind: Kind, returned: int, printed: bytes) -> tuple[int, float, str]:
    """Return the pages, their width and "", or nothing and why not."""
    if returned < 0:
        # The system's own: SIGXCPU past the CPU seconds, SIGKILL when memory ran out.
        return 0, 0.0, {-24: "timeout", -9: "out-of-memory"}.get(returned, "damaged")
    try:
        said = json.loads(printed)
    except ValueError:
        return 0, 0.0, "damaged"
    match said:
        case {"refused": str(reason), **rest} if not rest and not returned and reason in _SENTENCES:
            return 0, 0.0, reason
        case {"kind": str(found), "pages": int(pages), "width": int() | float() as width, **rest} if not rest:
            if found == kind and pages >= 1 and not isinstance(pages, bool) and 0 <= width < math.inf and not returned:
                return pages, width, ""
    return 0, 0.0, "damaged"


_SENTENCES = {
    "empty": "The file is empty: choose it again, or ask for it to be sent again.",
    "too-large": "The file is larger than {megabytes} MB: send a smaller scan or a picture of it.",
    "unknown-type": "This is {what}: send the proof as PDF, JPG or PNG.",
    "heic": "HEIC pictures cannot be shown here: send it as JPG or PDF.",
    "avif": "AVIF pictures cannot be shown here: send it as JPG or PDF.",
    "webp": "WebP pictures cannot be shown here: send it as JPG or PDF.",
    "password": "The PDF is protected by a password: save or print it without one, and send that.",
    "script": "The PDF has a script or does something when opened: print it into a new PDF, or send a picture of it.",
    "attachment": "The PDF has other files attached to it: print it into a new PDF, or send a picture of it.",
    "polyglot": "The file holds more than the document: print it into a new PDF, or send a picture of it.",
    "damaged": "The file is damaged or cut off: open it, save or scan it again, and send that.",
    "too-many-pages": "The file has more than {pages} pages: send only those that show the payment.",
    "huge-page": "A page of the PDF is larger than five metres: print it into a new PDF on A4.",
    "too-many-pixels": "A picture in the file has more than {megapixels} million pixels: send a smaller one.",
    "timeout": "The file takes too long to open: print it into a new PDF, or send a picture of it.",
    "out-of-memory": "The file unpacks to more than can be opened: print it into a new PDF, or send a picture of it.",
    "busy": "Too many files are being looked at right now: send it again in a moment.",
    "unchecked": "Files cannot be checked on this server, so none is taken: tell the administrator, the log says why.",
}


def _refused(reason: str, limits: ProofLimits, what: str = "") -> ProofRefusedError:
    return ProofRefusedError(
        _SENTENCES[reason].format(
            what=what or "no PDF, JPG or PNG file, whatever its name says",
            megabytes=f"{limits.max_bytes / 1024 / 1024:.3g}",
            pages=limits.max_pages,
            megapixels=f"{limits.max_pixels / 1_000_000:.3g}",
        ),
        reason=reason,
    )
