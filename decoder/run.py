"""One file in, one verdict out: told by its content, decoded by the one decoder for that, within limits."""

import errno
import json
import os
import resource
import sys
from types import ModuleType
from typing import BinaryIO

from decoder import images
from decoder.refused import DAMAGED, EMPTY, TOO_HEAVY, UNSUPPORTED, Refused

_MEMORY = 768 * 1024 * 1024  # bytes of address space; a photo of 50 megapixels takes 512
_SECONDS = 10  # of processor; a HEIC of pure noise takes 5
_BEHIND_PAGES = 10  # whoever reads a page meanwhile comes first
_LARGEST_MADE = 16 * 1024 * 1024  # bytes
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_HEADER_WITHIN = 1024  # bytes: where readers of PDF look for its first line


def main(arguments: list[str]) -> None:
    """Decode what comes on the input. `arguments`: descriptors for what is kept and for its thumbnail, and `page` when
    a printed page is expected, whose legibility is measured."""
    os.nice(_BEHIND_PAGES)
    stored, thumbnail = (os.fdopen(int(number), "wb") for number in arguments[:2])
    data = sys.stdin.buffer.read()
    if _is_pdf(data):
        _for_pdfs().prepare()
    confine()
    verdict = judge(data, stored, thumbnail, is_page="page" in arguments[2:])
    sys.stdout.write(json.dumps(verdict))


def confine() -> None:
    """Take from this process all that decoding does not need. Descriptors that are open stay; no other can be opened,
    and without one there is no file, no connection and no pipe to another process."""
    for limit, most in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_FSIZE, _LARGEST_MADE),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(limit, (most, most))
    # The softer ends it by a signal of its own; the harder by the one that the system kills with, to save itself.
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS + 1))


def judge(data: bytes, stored: BinaryIO, thumbnail: BinaryIO, *, is_page: bool) -> dict[str, object]:
    """What the file is and what is wrong with it; `refused` with the reason, or `full` when there was no room for what
    was made of it. What asks for more than the limits is too heavy; whatever else a decoder can't bear is damaged: they
    were not written for files that are made to break them."""
    try:
        verdict = _decode(data, stored, thumbnail, is_page=is_page)
        for file in (stored, thumbnail):
            file.flush()
        return verdict
    except Refused as refusal:
        return {"refused": refusal.reason}
    except MemoryError:
        return {"refused": TOO_HEAVY, "error": "MemoryError"}
    except OSError as error:
        if error.errno in _NO_ROOM:
            return {"full": True}
        return {"refused": TOO_HEAVY if error.errno == errno.EFBIG else DAMAGED, "error": type(error).__name__}
    except Exception as error:
        return {"refused": DAMAGED, "error": type(error).__name__}


def _decode(data: bytes, stored: BinaryIO, thumbnail: BinaryIO, *, is_page: bool) -> dict[str, object]:
    if not data:
        raise Refused(EMPTY)
    picture_format = images.format_of(data)
    if picture_format is not None:
        return images.keep(data, picture_format, stored, thumbnail, is_page=is_page)
    if _is_pdf(data):
        verdict: dict[str, object] = _for_pdfs().keep(data, stored, thumbnail)
        return verdict
    raise Refused(UNSUPPORTED)


def _is_pdf(data: bytes) -> bool:
    return b"%PDF-" in data[:_HEADER_WITHIN]


def _for_pdfs() -> ModuleType:
    """What decodes them, before this process is confined: it takes as long to import as all else, and most files are
    photos."""
    from decoder import pdfs

    return pdfs
