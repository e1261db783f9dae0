"""A person who buys over HTTP and does not give up: what fails is opened again, as people do."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import lxml.html
from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import SQLAlchemyError

from portal.domain import clock
from portal.extensions import db
from portal.models import Message, Purchase
from portal.services.platform import encryption
from sandbox.mail_store import MailStore
from tests.factories import PASSWORD, Someone
from tests.faults.ensemble import Ensemble

_CODE = re.compile(r"^Su código[^:]*: ([0-9]{6})$", re.MULTILINE)
_PLAN_DONE = re.compile(r"/polizas/[^/]+(/cambiar-plan/\d+)?")  # where a purchase leads that its policy tells more of
_PATIENCE = 20  # seconds for an answer


class NotYet(Exception):
    """The page did not come, or not the one that is needed: try again."""


@dataclass
class Buyer:
    """`public_id` is the purchase; `server` the web server asked now. `unkind` are answers nobody should get."""

    portal: Ensemble
    someone: Someone
    public_id: str
    server: int = 0
    failures: int = 0
    sign_ins: int = 0
    unkind: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._http = httpx.Client(timeout=_PATIENCE, trust_env=False)

    def close(self) -> None:
        self._http.close()

    def buy(self, *, deadline: float, card: str = "4821", ended: threading.Event | None = None) -> bool:
        """Go on from wherever the purchase stands until it has its policy. Whether that came in time
        (`time.monotonic()`), before it was `ended`."""
        return self.until(lambda: self.once(card), deadline, ended)

    def until(self, once: Callable[[], bool], deadline: float, ended: threading.Event | None) -> bool:
        """Try again what fails, until it is done. Whether that came in time, before it was `ended`."""
        while time.monotonic() < deadline and not (ended and ended.is_set()):
            try:
                if once():
                    return True
            except (NotYet, httpx.HTTPError, SQLAlchemyError):
                self.failures += 1
                self.server += 1
                time.sleep(0.2)
        return False

    def once(self, card: str) -> bool:
        """One page, and its form sent. Whether the page was the summary of what was bought, or of its policy."""
        page = self.get(f"/compras/{self.public_id}")
        step = page.url.path.rpartition("/")[2]
        self.seen.add(step)
        if step == "resumen" or _PLAN_DONE.fullmatch(page.url.path):
            return True
        answer = self.answers(page, card).get(step)
        if answer is None:
            raise NotYet(page.url.path)
        form = form_of(page)
        typed = answer()
        if form is None or typed is None:
            time.sleep(0.5)  # the payment is under way, or the mail is
            return False
        answered = self.post(f"/compras/{self.public_id}/{step}", form | typed)
        if step == "verificacion" and answered.status_code == 422:
            self.post(f"/compras/{self.public_id}/{step}", form | {"enviar": "1"})
        return False

    def answers(self, page: httpx.Response, card: str) -> dict[str, Callable[[], dict[str, str] | None]]:
        """What is typed at each step; None where there is nothing to send now."""
        return {
            "beneficiarios": lambda: {"sin": "1"},
            "forma-de-pago": lambda: self._card(page, card),
            "verificacion": lambda: self._code() if asks_for_code(page) else {"enviar": "1"},
            "terminos": lambda: {"acepta": "y"},
            "pago": dict,
        }

    def sign_in(self) -> None:
        self.sign_ins += 1
        page = self._checked(self._http.get(self._url("/ingresar")))
        form = next(form for form in lxml.html.document_fromstring(page.text).forms if "clave" in form.fields)
        fields = {name: value or "" for name, value in form.fields.items()}
        self._checked(
            self._http.post(self._url("/ingresar"), data=fields | {"usuario": self.someone.username, "clave": PASSWORD})
        )

    def get(self, path: str) -> httpx.Response:
        """The page, redirects followed; signs in when asked to."""
        page = self._checked(self._http.get(self._url(path), follow_redirects=False))
        for _ in range(5):
            if not page.is_redirect:
                return page
            where = httpx.URL(page.headers["Location"])
            if where.path == "/ingresar":
                self.sign_in()
                return self.get(path)
            page = self._checked(self._http.get(self._url(str(where.raw_path.decode())), follow_redirects=False))
        raise NotYet("goes round in circles")

    def post(self, path: str, fields: dict[str, str], *, after: int = 0) -> httpx.Response:
        """`after`: how many web servers after the one asked now."""
        return self._checked(self._http.post(self._url(path, after), data=fields, follow_redirects=False))

    def _url(self, path: str, after: int = 0) -> str:
        return self.portal.urls[(self.server + after) % len(self.portal.urls)] + path

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        """Only kind answers: a page of ours, and 503 with a way back while something is away."""
        if answer.status_code == 503:
            if "Retry-After" not in answer.headers or "<h1" not in answer.text:
                self.unkind.append(f"503 of {answer.url.path} shows no way back")
            raise NotYet("503")
        if answer.status_code >= 500:
            self.unkind.append(f"{answer.status_code} of {answer.request.method} {answer.url.path}")
            raise NotYet(str(answer.status_code))
        if answer.status_code == 429:
            raise NotYet("429")
        return answer

    def _card(self, page: httpx.Response, card: str) -> dict[str, str]:
        document = lxml.html.document_fromstring(page.text)
        bank = next((one for one in document.xpath("//input[@name='banco']/@value") if one), None)
        if bank is None:
            raise NotYet("the bank's list is not there")
        return {"forma": "cuenta", "banco": bank, "digitos": card, "vence": f"12/{clock.today().year + 2}"}

    def _code(self) -> dict[str, str]:
        return self.newest_code(
            "purchase_code", Message.purchase_id == Purchase.id, Purchase.public_id == self.public_id
        )

    def newest_code(self, kind: str, *which: ColumnElement[bool]) -> dict[str, str]:
        """The digits mailed last, read in the mailbox, or where they wait to be sent."""
        with self.portal.app.app_context():
            newest = select(Message).where(Message.kind == kind, *which).order_by(Message.id.desc()).limit(1)
            message = db.session.scalars(newest).one_or_none()
            if message is None:
                return {"enviar": "1"}
            if message.secret is not None:
                return {"codigo": encryption.unseal(message.secret)}
            message_id = message.rfc_message_id
        return {"codigo": digits_of(self.portal.mailbox, message_id)}


def digits_of(mailbox: MailStore, message_id: str) -> str:
    """The code in the mail of that Message-ID."""
    for mail in mailbox.mails():
        if mail.header("Message-ID") == message_id:
            found = _CODE.search((mail.body("plain") or "").replace("\r\n", "\n"))
            if found:
                return found[1]
    raise NotYet("the mail is not there")


def asks_for_code(page: httpx.Response) -> bool:
    """Whether a code can be typed; else another is to be asked for."""
    return bool(lxml.html.document_fromstring(page.text).xpath("//input[@name='codigo']"))


def form_of(page: httpx.Response, address: str = "") -> dict[str, str] | None:
    """The form of the page's own step, or the one that is sent to `address`; without its buttons."""
    document = lxml.html.document_fromstring(page.text)
    for form in document.forms:
        action = form.action or ""
        if form.method.upper() == "POST" and (action == address if address else "/compras/" in action):
            return {name: value or "" for name, value in form.fields.items() if name}
    return None
