"""The letter to who told of somebody without a policy: kind, short, the same whatever the reason."""

from datetime import datetime

from portal.domain.claim import EventKind
from portal.domain.clock import LIMA
from portal.models import Notice
from tests.documents.printing import pages, printed, words

MOMENT = datetime(2026, 5, 18, 10, 42, tzinfo=LIMA)
LONG = "Wilhelmina Encarnación de los Ángeles Montalvo-Fernández Que"


def letter(**changed: str) -> bytes:
    notice = Notice(
        **{
            "number": "AV-2026-000021",
            "kind": EventKind.DEATH,
            "names": "Nilda",
            "surnames": "Apaza Huamán",
            "insured_document_number": "41873350",
            "confirmed_at": MOMENT,
            **changed,
        }
    )
    return printed(
        "notice_letter",
        {"notice": notice, "closed_at": MOMENT, "link": "https://massiv.example", "support_phone": "(01) 500 0000"},
    )


def test_the_letter_says_what_was_searched_and_what_can_be_done() -> None:
    text = words(letter())
    for fact in ("AV-2026-000021", "Nilda Apaza Huamán", "no hallamos un seguro de MASSIV que le toque cobrar", "SBS"):
        assert fact in text
    assert "41873350" not in text, "it names nobody but whom it is for"


def test_it_is_one_sheet() -> None:
    assert len(pages(letter(names=LONG, surnames=LONG))) == 1
