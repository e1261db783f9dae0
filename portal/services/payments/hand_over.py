"""Cash handed over at an agency: by one of the staff to whoever says the code that was just mailed to them, and
confirmed by another (B11). Refunds and payouts are handed over alike; what is each one's own stands with it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.agencies import Agency
from portal.domain.backlog import Noun
from portal.domain.decision import DecisionKind
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.identity import Identity
from portal.extensions import db
from portal.models import Account, CodePurpose, Decision, Person
from portal.models.transaction import writing
from portal.services.authentication.authorisation_codes import Authorisation
from portal.services.catalogue import agencies
from portal.services.controls import four_eyes
from portal.services.platform import audit
from portal.services.platform.pending import Pending

_HANDED_OVER = "Dinero entregado, con el documento de identidad a la vista y el código de la persona."


Row = TypeVar("Row", bound=Any)  # a MovedByBank that is also Authorised, with an agency


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who collects it, and the address where their code is mailed. `owner`: whose heir they are, and that one's
    document."""

    name: str
    identity: Identity
    email: str
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class HandOverLine(Generic[Row]):
    """Money that is collected, by whom and where, and who says that it was handed over."""

    row: Row
    recipient: Recipient
    agency: Agency
    proposal: Decision | None
    member: Person | None

    @property
    def id(self) -> int:
        """The row's."""
        return int(self.row.id)

    @property
    def handed_by(self) -> str | None:
        """Who handed it over, by their short name; None while nobody has."""
        return self.member.short_name if self.member else None


@dataclass(frozen=True, slots=True)
class Words:
    """How the counter speaks of one: `not_found`; `handed` and `gone` are given its number."""

    not_found: str
    handed: str
    gone: str
    edited: str


class CashHandOver(ABC, Generic[Row]):
    """One kind of money that is collected in cash. `states` has AWAITING_COLLECTION and DONE among others; `name`
    begins its entries in the audit log."""

    name: ClassVar[str]
    model: ClassVar[type[Any]]
    states: ClassVar[Any]
    decision: ClassVar[DecisionKind]
    purpose: ClassVar[CodePurpose]
    noun: ClassVar[Noun]
    words: ClassVar[Words]

    def __init__(self) -> None:
        # Mailed while its owner stands at the counter, and again when it did not come.
        self.code: Authorisation[Any] = Authorisation(
            purpose=self.purpose,
            load=lambda number, actor: self.get(number, actor).row,
            open=self._to_hand_over,
            mail=self.mail_code,
            event=self.name,
            number=lambda row: str(row.number),
            edited=self.words.edited,
        )

    @abstractmethod
    def recipients(self, rows: Sequence[Row]) -> Mapping[int, Recipient]:
        """Who collects each, by the row's id: the same few queries however many."""

    @abstractmethod
    def mail_code(self, row: Row, digits: str) -> object:
        """Mail the digits to who collects it, in the present transaction."""

    @abstractmethod
    def check_no_part(self, row: Row, actor: Actor) -> None:
        """Nobody hands over what is in part their own. Raises HasPart."""

    @abstractmethod
    def hold(self, row: Row) -> None:
        """Whoever looks at what the other writes waits for the other to commit."""

    @abstractmethod
    def on_handed_over(self, row: Row, actor: Actor) -> None:
        """What follows, in the same commit."""

    @abstractmethod
    def on_not_handed_over(self, row: Row, actor: Actor) -> None:
        """What follows when it was not, in the same commit: it waits as before."""

    def waiting(self, actor: Actor, *, after: int = 0, limit: int) -> list[HandOverLine[Row]]:
        """What waits to be collected at the actor's agency, the oldest first, newer than the line `after`."""
        agency = agencies.of_member(actor)
        rows = self.model
        waits = (rows.state == self.states.AWAITING_COLLECTION, rows.agency_code == agency.code, rows.id > after)
        return self._lines(agency, *waits, limit=limit)

    def pending(self, actor: Actor) -> Pending:
        """How many of them there are, and since when."""
        rows, works_at = self.model, select(Account.agency_code).where(Account.id == actor.account_id)
        return select(func.count(), func.min(rows.created_at)).where(
            rows.state == self.states.AWAITING_COLLECTION, rows.agency_code == works_at.scalar_subquery()
        )

    def get(self, number: str, actor: Actor) -> HandOverLine[Row]:
        """One of the actor's agency. Raises NotFound."""
        agency = agencies.of_member(actor)
        found = self._lines(agency, self.model.number == number, self.model.agency_code == agency.code, limit=1)
        if not found:
            raise NotFound(self.words.not_found)
        return found[0]

    def is_proposed(self, row: Row) -> bool:
        """Whether somebody says that it was handed over, and nobody has answered yet."""
        return four_eyes.proposed(self.decision, row.id) is not None

    def hand_over(self, number: str, code: str, actor: Actor) -> None:
        """Say that the money was handed over to whoever said the code: somebody else of the agency confirms it (B11).
        Raises NotAllowed, DomainError on `codigo`, and when somebody said so before."""
        self.code.verify(number, code, actor)
        with writing():
            row = self._of_agency(number, actor)
            if not self.code.is_passed(row):
                raise DomainError("Pida un código nuevo a la persona.", "codigo")
            told = {"amount": str(row.amount), "agency": row.agency_code}
            four_eyes.propose(self.decision, row.id, {self.name: row.number, **told}, _HANDED_OVER, actor)
            audit.record(actor, f"{self.name}.hand_over", row.number, **told)

    def confirm(self, number: str, actor: Actor, *, handed_over: bool) -> None:
        """The second person says whether the money was handed over; if so it is done, else another code will be asked
        for. Raises NotAllowed for who handed it over, DomainError when somebody decided before."""
        with writing():
            row = self._of_agency(number, actor)
            four_eyes.decide(self.decision, row.id, actor, accepted=handed_over)
            if handed_over and row.code_binding != row.fingerprint:
                raise DomainError(
                    "Se entregó sin el código de la persona. Marque que no se entregó y pídale el código.", "entregado"
                )
            if handed_over:
                row.move_to(self.states.DONE)
                row.resolved_at = clock.now()
                self.on_handed_over(row, actor)
            else:
                row.code_binding = row.code_verified_at = None
                self.on_not_handed_over(row, actor)
            action = f"{self.name}.confirm" if handed_over else f"{self.name}.reject"
            audit.record(actor, action, row.number, amount=str(row.amount), agency=row.agency_code)

    def _to_hand_over(self, number: str, actor: Actor) -> Row:
        """One that nobody says to have handed over yet."""
        row = self._of_agency(number, actor)
        if self.is_proposed(row):
            raise NotAllowed(self.words.handed.format(number))
        return row

    def _of_agency(self, number: str, actor: Actor) -> Row:
        """One that waits at the actor's agency, and in which the actor has no part."""
        row = self.get(number, actor).row
        self.hold(row)
        self.check_no_part(row, actor)
        if row.state is not self.states.AWAITING_COLLECTION:
            raise NotAllowed(self.words.gone.format(number))
        return row

    def _lines(self, agency: Agency, *which: ColumnElement[bool], limit: int) -> list[HandOverLine[Row]]:
        rows, handing, member = self.model, aliased(Account), aliased(Person)
        is_open = (Decision.subject_id == rows.id) & (Decision.kind == self.decision) & Decision.decided_at.is_(None)
        found = db.session.execute(
            select(rows, Decision, member)
            .outerjoin(Decision, is_open)
            .outerjoin(handing, handing.id == Decision.proposed_by_id)
            .outerjoin(member, member.id == handing.person_id)
            .where(*which)
            .order_by(rows.id)
            .limit(limit)
        ).all()
        recipients = self.recipients([row for row, _, _ in found])
        return [HandOverLine(row, recipients[row.id], agency, proposal, one) for row, proposal, one in found]
