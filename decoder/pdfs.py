"""PDFs: read whole by qpdf and written anew, without what acts by itself; refused with what would act when opened.

No library makes any PDF harmless (that would take an interpreter of all it may hold), so what is known to act is looked
for wherever the document leads, and what nothing leads to is not written again.
"""

import io
from collections.abc import Iterator
from typing import Any, BinaryIO

import pikepdf
import pypdfium2

from decoder import images
from decoder.refused import ACTIVE, DAMAGED, EMBEDDED, ENCRYPTED, TOO_HEAVY, TOO_MANY_PAGES, Refused

MOST_PAGES = 100
_MOST_OBJECTS = 200_000
_A_POINT = 1.0
_AS_IT_IS = pikepdf.StreamDecodeLevel.none

# docs/rules.md, Files. An action's kind stands under /S, an annotation's under /Subtype.
_ACTIONS = {
    "/JavaScript": ACTIVE,
    "/Launch": ACTIVE,
    "/GoToR": ACTIVE,
    "/GoToDp": ACTIVE,
    "/SubmitForm": ACTIVE,
    "/ImportData": ACTIVE,
    "/Rendition": ACTIVE,
    "/RichMediaExecute": ACTIVE,
    "/GoTo3DView": ACTIVE,
    "/Movie": ACTIVE,
    "/Sound": ACTIVE,
    "/GoToE": EMBEDDED,
}
_ANNOTATIONS = dict.fromkeys(("/FileAttachment", "/RichMedia", "/3D", "/Movie", "/Sound", "/Screen"), EMBEDDED)
_KEYS = {"/JS": ACTIVE, "/XFA": ACTIVE, "/EmbeddedFiles": EMBEDDED, "/EF": EMBEDDED, "/Collection": EMBEDDED}


def prepare() -> None:
    """Let qpdf open the system's source of chance, which unlocking takes: nothing can be opened later."""
    empty = pikepdf.new()
    empty.save(io.BytesIO(), encryption=pikepdf.Encryption(user="", owner="", R=6))


def keep(data: bytes, stored: BinaryIO, thumbnail: BinaryIO) -> dict[str, object]:
    """Write the document anew, and its first page as thumbnail; how many pages it has. Raises Refused."""
    clean = io.BytesIO()
    try:
        with pikepdf.open(io.BytesIO(data), password="") as document:
            pages = _counted(document)
            for part in _parts(document):
                _examine(part)
            _disarm(document)
            # Streams stay as they are packed: one may be made to fill all memory when it is unpacked.
            document.save(
                clean,
                encryption=False,
                compress_streams=False,
                stream_decode_level=_AS_IT_IS,
                deterministic_id=True,  # the same file is kept as the same bytes
            )
    except pikepdf.PasswordError as locked:
        raise Refused(ENCRYPTED) from locked
    stored.write(clean.getbuffer())
    _draw_first_page(clean.getvalue(), thumbnail)
    return {"type": "application/pdf", "width": None, "height": None, "pages": pages, "flaws": []}


def _counted(document: pikepdf.Pdf) -> int:
    if len(document.objects) > _MOST_OBJECTS:
        raise Refused(TOO_HEAVY)
    pages = len(document.pages)
    if pages == 0:
        raise Refused(DAMAGED)
    if pages > MOST_PAGES:
        raise Refused(TOO_MANY_PAGES)
    return pages


def _parts(document: pikepdf.Pdf) -> Iterator[Any]:
    """Each dictionary, or stream's dictionary, that the document leads to."""
    seen: set[tuple[int, int]] = set()
    waiting: list[Any] = [document.trailer]
    while waiting:
        part = waiting.pop()
        if not isinstance(part, pikepdf.Object):
            continue
        if part.is_indirect:
            if part.objgen in seen:
                continue
            seen.add(part.objgen)
        if isinstance(part, pikepdf.Array):
            waiting.extend(part)
        elif isinstance(part, pikepdf.Dictionary | pikepdf.Stream):
            yield part
            waiting.extend(part[key] for key in part.keys())  # noqa: SIM118  a stream is no mapping


def _examine(part: Any) -> None:
    """Raises Refused for a part that acts, or that carries or fetches another file."""
    for key, reason in _KEYS.items():
        if key in part:
            raise Refused(reason)
    for key, kinds in (("/S", _ACTIONS), ("/Subtype", _ANNOTATIONS)):
        kind = part.get(key)
        if isinstance(kind, pikepdf.Name) and str(kind) in kinds:
            raise Refused(kinds[str(kind)])
    if isinstance(part, pikepdf.Stream) and "/F" in part:
        raise Refused(EMBEDDED)  # its bytes would lie in a file elsewhere
    if int(part.get("/Width", 0)) * int(part.get("/Height", 0)) > images.MOST_PIXELS:
        raise Refused(TOO_HEAVY)  # small here, and too much for whoever opens it


def _disarm(document: pikepdf.Pdf) -> None:
    """Take out what would happen by itself on opening, turning a page or touching a field: what is left of it is
    harmless, and nobody who sends a paper needs it."""
    for part in _parts(document):
        if "/AA" in part:
            del part["/AA"]
    if "/OpenAction" in document.Root:
        del document.Root["/OpenAction"]


def _draw_first_page(data: bytes, thumbnail: BinaryIO) -> None:
    drawn = pypdfium2.PdfDocument(data)
    page = drawn[0]
    longest = max(*page.get_size(), _A_POINT)  # a page may be of any size: what is drawn of it is bounded
    picture = page.render(scale=2 * images.THUMBNAIL / longest).to_pil().convert("RGB")
    images.make_thumbnail(picture, thumbnail)
