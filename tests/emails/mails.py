"""Every mail with what the portal gives it, how it is rendered, and what its reader sees."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

from portal.domain.clock import LIMA
from tests.documents import samples
from tests.documents.samples import ACCIDENT, CANCER, FUNERAL, HOSPITAL

SECRET = "••••••"
BASE_URL = "https://portal.massiv.example"
_SHARED = {
    "secret": SECRET,
    "greeting_name": "Juana",
    "is_listed": True,
    "support_phone": "(01) 500 0000",
    "base_url": BASE_URL,
    "portal_url": lambda path: BASE_URL + path,
}


@dataclass(frozen=True)
class Mail:
    subject: str
    text: str
    html: str


def _sold() -> dict[str, Any]:
    product = samples.product()
    return {"product": product, "plan": product.plan("plan-2")}


def _payment(**words: str) -> dict[str, Any]:
    return {"purchase": samples.purchase(), "payment": samples.payment()} | _sold() | words


def _slip(**words: Any) -> dict[str, Any]:
    return {"purchase": samples.purchase(), "payment": samples.slip(), "agency": samples.agency()} | _sold() | words


def _reviewed() -> dict[str, Any]:
    words = _payment()
    words["payment"].in_review_at = datetime(2026, 5, 19, 10, 42, tzinfo=LIMA)
    return words


def _receipt(**changed: Any) -> dict[str, Any]:
    facts = samples.receipt_facts(**changed)
    return {"facts": facts, "receipt": facts.receipt}


CONTEXTS: dict[str, Callable[[], dict[str, Any]]] = {
    "account_code": lambda: {
        "link": f"{BASE_URL}/activar/w2cVtXb9sKd4fRj1aZpL6hE0uGiQm7nYw2cVtXb9sKd",
        "greeting_name": "",
    },
    "account_exists": lambda: {"username": "JMAMANI4821"},
    "credentials": lambda: {"username": "JMAMANI4821"},
    "email_code": lambda: {"greeting_name": ""},
    "email_changed": lambda: {
        "address": "j•••@correo.example",
        "changed_at": datetime(2026, 5, 18, 10, 42, tzinfo=LIMA),
    },
    "email_confirmed": lambda: {"changed_at": datetime(2026, 5, 18, 10, 42, tzinfo=LIMA), "keeps_password": False},
    "new_device": lambda: {
        "device": "Chrome en Android",
        "signed_in_at": datetime(2026, 5, 18, 10, 42, tzinfo=LIMA),
    },
    "recovery": lambda: {
        "username": "jmamani4821",
        "link": f"{BASE_URL}/recuperar/w2cVtXb9sKd4fRj1aZpL6hE0uGiQm7nYw2cVtXb9sKd",
    },
    "password_changed": lambda: {"changed_at": datetime(2026, 5, 18, 10, 42, tzinfo=LIMA)},
    "message_redirected": lambda: {
        "what": "Póliza enviada",
        "subject": "Su póliza MA-2026-000184: Muerte Accidental, Plan 2",
        "address": "juana.rosa.mamani@correo.example",
        "redirected_at": datetime(2026, 5, 18, 10, 42, tzinfo=LIMA),
    },
    "second_step_enrolled": lambda: {"enrolled_at": datetime(2026, 5, 18, 10, 42, tzinfo=LIMA)},
    "second_step_locked": lambda: {"locked_at": datetime(2026, 5, 18, 10, 42, tzinfo=LIMA)},
    "second_step_reset": lambda: {
        "reset_at": datetime(2026, 5, 18, 10, 42, tzinfo=LIMA),
        "by": "Un supervisor, Jorge Ccori,",
        "reason": "perdió el teléfono o se lo robaron",
    },
    "recovery_code_used": lambda: {"used_at": datetime(2026, 5, 18, 10, 42, tzinfo=LIMA), "left": 9},
    "recovery_codes_renewed": lambda: {"made_at": datetime(2026, 5, 18, 10, 42, tzinfo=LIMA)},
    "quote": samples.quote_context,
    "purchase_code": lambda: {"purchase": samples.purchase(), "quote": samples.quote()} | _sold(),
    "payment_slip": lambda: _slip(old_code=None),
    "slip_reminder": lambda: _slip(),
    "slip_expired": lambda: _slip(can_choose=True),
    "slip_cancelled": lambda: _slip(),
    "payment_receipt": lambda: _receipt(chosen=samples.agency("LIM-1")),
    "refund_opened": lambda: _receipt(issues=False),
    "refund_paid": lambda: {"refund": samples.refund(), "agency": samples.agency(), "payment": samples.slip()},
    "refund_void": lambda: _receipt(issues=False, reversed_=True),
    "policy_annulled": lambda: _receipt(reversed_=True) | {"endorsement": samples.annulment()},
    "payment_refused": lambda: _payment(
        reason="Su banco no aprobó el pago: saldo insuficiente. No se descontó nada.",
        advice="Abone a su cuenta e intente otra vez, o use otra tarjeta.",
    ),
    "payment_confirming": _payment,
    "payment_in_review": _reviewed,
    "payment_not_sent": _payment,
    "charge_returned": lambda: _payment(reference="rf_8841"),
    "policy": samples.policy_context,
}


# Contexts of the mail of a policy, by what is special about it.
POLICIES = {
    "two": lambda: samples.policy_context(),
    "nobody": lambda: samples.policy_context(ACCIDENT, "plan-1", []),
    "replacements": lambda: samples.policy_context(ACCIDENT, "plan-3", samples.beneficiaries(3, contingents=2)),
    "not on death": lambda: samples.policy_context(HOSPITAL, "plan-3"),
    "funeral": lambda: samples.policy_context(FUNERAL, "plan-3"),
    "cancer": lambda: samples.policy_context(CANCER, "plan-3"),
}


def mail(kind: str, context: dict[str, Any] | None = None) -> Mail:
    """The mail `kind`, with its usual context unless another is given."""
    words = _SHARED | (CONTEXTS[kind]() if context is None else context)
    parts = (
        samples.templates().get_template(f"emails/{kind}/{part}").render(words)
        for part in ("subject.txt", "body.txt", "body.html")
    )
    return Mail(*parts)


class Reader(HTMLParser):
    """What a reader sees of an HTML mail, the tags it is made of and the addresses it leads to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self._unseen = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._unseen += tag in {"style", "title"}
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "background"}]

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in {"style", "title"}

    def handle_data(self, data: str) -> None:
        if not self._unseen and data.strip():
            self.texts.append(" ".join(data.split()))


def plain(text: str) -> str:
    return " ".join(text.split())


def parts(found: Mail) -> tuple[str, str]:
    return plain(found.text), " ".join(Reader(found.html).texts)
