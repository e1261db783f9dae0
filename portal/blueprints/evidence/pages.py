"""What the customer's page of evidence and the clerk's have in common: they send to the same use cases, each by
addresses of their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from portal.domain.actor import Actor
from portal.domain.errors import DomainError, NotFound
from portal.domain.evidence import EVIDENCE_NAMES, EvidenceKind
from portal.domain.received_file import NotTaken
from portal.models import Policy, StoredFile
from portal.services.catalogue import agencies
from portal.services.evidence import collecting, uploads
from portal.services.evidence.collecting import Sent
from portal.web import downloads, htmx
from portal.web.uploads import sent_file

KINDS = f"any({', '.join(EvidenceKind)})"


@dataclass(frozen=True, slots=True)
class Page:
    """The page of one policy. `way`: "own" or "assisted", which its endpoints begin with; `place`: what their addresses
    ask for; `customer`: who is at a clerk's desk."""

    policy: Policy
    actor: Actor
    way: str
    place: Mapping[str, Any]
    customer: str = ""

    def address(self, what: str, **more: Any) -> str:
        """The address of its endpoint `what`."""
        return url_for(f"evidence.{self.way}_{what}", **self.place, **more)

    def sender(self, sent: Sent) -> str:
        """Who sent it, in words for who reads the page."""
        if sent.file.sender_id == self.actor.account_id:
            return "por usted"
        if sent.by is None:
            return "por el cliente"
        if self.way == "assisted":
            return f"por {sent.by.person.full_name}"
        return f"por {agencies.by_code(sent.by.agency_code).name}" if sent.by.agency_code else "por MASSIV"

    def may_see(self, sent: Sent) -> bool:
        """Whether the reader sees the picture."""
        return self._is_seen(sent.file)

    def may_take_back(self, sent: Sent) -> bool:
        """Whether the reader could take it away again."""
        return self.actor.account_id in (self.policy.account_id, sent.file.sender_id)

    def show(self, status: int = 200, errors: Mapping[EvidenceKind, str] | None = None) -> Response:
        """The page; `errors` by the kind that each belongs to."""
        return htmx.render(
            _TEMPLATES[self.way],
            status,
            page=self,
            policy=self.policy,
            collected=collecting.of_purchase(self.policy.purchase_id),
            errors=errors or {},
        )

    def send(self, kind: EvidenceKind) -> Response:
        """Take in the file of the request."""
        try:
            file = sent_file("foto", "archivo")
            instead_of = request.args.get("en-lugar-de", type=int)
            collecting.send(self.policy, kind, file.stream, self.actor, instead_of=instead_of)
        except NotTaken as trouble:
            return self.show(503, {kind: trouble.message})
        except DomainError as refused:
            return self.show(422, {kind: refused.message})
        if not htmx.is_fragment_request():
            flash(f"Recibido: {EVIDENCE_NAMES[kind].lower()}.", "ok")
        return htmx.go(self.address("index"))

    def take_back(self, file_id: int) -> Response:
        """Take a file away before it is reviewed."""
        try:
            collecting.take_back(self.policy, file_id, self.actor)
        except DomainError as refused:
            flash(refused.message, "warn")
        else:
            flash("Quitado. Puede enviar otro.", "ok")
        return htmx.go(self.address("index"))

    def file(self, file_id: int) -> Response:
        """A file, to be saved."""
        return attached(self._file(file_id), self.actor)

    def thumbnail(self, file_id: int) -> Response:
        """Its small picture."""
        return thumbnail_of(self._file(file_id), self.actor)

    def _file(self, file_id: int) -> StoredFile:
        file = collecting.file_of(self.policy, file_id)
        if not self._is_seen(file):
            raise NotFound
        return file

    def _is_seen(self, file: StoredFile) -> bool:
        """By the customer all, by a clerk what they took themselves, and by supervisors. The rest is seen where it is
        reviewed."""
        return self.actor.role == "supervisor" or self.actor.account_id in (self.policy.account_id, file.sender_id)


def attached(file: StoredFile, actor: Actor) -> Response:
    """What is kept of it, to be saved; an image of a page may show it."""
    return downloads.attachment(f"evidencia-{file.id}{_SUFFIXES[file.type]}", uploads.content(file, actor), file.type)


def thumbnail_of(file: StoredFile, actor: Actor) -> Response:
    """Its small picture."""
    return downloads.attachment(f"evidencia-{file.id}.jpg", uploads.thumbnail(file, actor), "image/jpeg")


_TEMPLATES = {"own": "evidence/own.html", "assisted": "evidence/assisted.html"}
_SUFFIXES = {"image/jpeg": ".jpg", "application/pdf": ".pdf"}
