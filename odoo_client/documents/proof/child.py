"""What runs in a process of its own to judge one uploaded file: limits first, then a full parse, then one line of JSON.

It is started by `judge` with the file as its input. The parsers are imported after the limits are set, and only
those of the file's kind: a verdict takes a quarter of a second.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from odoo_client.documents.proof.refusals import RefusedError, refuse_foreign

#: Open files it may have: Python's own while importing.
FILES = 64


def main() -> None:
    """Judge what comes in by what the last argument says, and print the verdict."""
    told = json.loads(sys.argv[-1])
    try:
        try:
            _limit(told["memory_bytes"], told["cpu_s"])
        except (ImportError, OSError, ValueError):
            # Windows has no such limits, macOS not all: without them nothing is parsed.
            raise RefusedError("unchecked") from None
        content = sys.stdin.buffer.read()
        pages, width = _judged(told, content)
        verdict: dict[str, object] = {"kind": told["kind"], "pages": pages, "width": width}
    except RefusedError as refusal:
        verdict = {"refused": refusal.reason}
    except ImportError:
        verdict = {"refused": "unchecked"}
    except Exception as exc:
        # Broken files can make their parser fail in any way; running out of memory may hide behind another error.
        verdict = {"refused": "out-of-memory" if _has_memory_error(exc) else "damaged"}
    sys.stdout.write(json.dumps(verdict))
    sys.stdout.flush()


def _judged(told: dict[str, Any], content: bytes) -> tuple[int, float]:
    refuse_foreign(content)
    if told["kind"] == "pdf":
        from odoo_client.documents.proof.pdf import pages_of

        return pages_of(content, told["max_pages"], told["max_pixels"])
    from odoo_client.documents.proof.picture import look_at

    look_at(content, told["kind"] == "jpeg", told["max_pixels"])
    return 1, 0


def _limit(memory_bytes: int, cpu_s: int) -> None:
    """Bound this process: memory, CPU, open files; no files written, no processes, no core dump."""
    import resource

    for what, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_NOFILE, FILES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        hard = resource.getrlimit(what)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))
    # The soft limit ends it by a signal that says why; the hard one would be a plain kill.
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))


def _has_memory_error(error: BaseException | None) -> bool:
    for _step in range(20):
        if error is None or isinstance(error, MemoryError):
            break
        error = error.__cause__ or error.__context__
    return isinstance(error, MemoryError)
