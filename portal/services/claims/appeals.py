""" "Pedir que se revise": somebody says why the answer to their claim is wrong. It has a number and a clock of its own,
and is answered by somebody who had no part in the first answer; upheld, the claim is looked at again by a second one
that names it. Source: docs/rules.md, Claims.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from portal.domain import clock, printable
from portal.domain.actor import Actor
from portal.domain.backlog import Noun
from portal.domain.claim import AppealState, ClaimEventKind, ClaimState
from portal.domain.claim_clock import ClaimClock, appeal_until, course_of_appeal
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.typed import clean
from portal.extensions import db
from portal.models import Appeal, Claim, ClaimParty, ClaimResolution
from portal.models.transaction import NOT_THE_KEY, writing
from portal.services.catalogue.working_calendar import working_calendar
from portal.services.claims import claim as rows
from portal.services.claims import coverage as terms
from portal.services.claims import events, parties, reopening
from portal.services.controls import conflicts_of_interest
from portal.services.documents import kinds, store
from portal.services.messaging import outgoing
from portal.services.messaging.mails.claim_reviews import AppealAnswered, AppealReceived
from portal.services.platform import audit, paging
from portal.services.platform.numbering import next_number
from portal.services.platform.pending import Pending

LONGEST = 2000
LONGEST_ANSWER = 1500
TO_ANSWER = Noun("pedido de revisión", "pedidos de revisión")
# The claim that it is about, without what hangs on it, and who asks.
_BESIDE = (joinedload(Appeal.claim).lazyload("*"), joinedload(Appeal.party))


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody reads of it: their appeals, the newest last; until when one can be asked for; why not now."""

    appeals: Sequence[Appeal]
    until: date | None
    why_not: str | None


def own(number: str, actor: Actor) -> ClaimParty:
    """Whom the answer of a claim was given to, when that is the actor or a minor for whom they act. Raises NotFound."""
    claim = rows.get(number, actor)
    mine = parties.own(claim, actor)
    if not mine:
        raise NotFound("No encontramos ese pedido.")
    return _asking(mine)


def standing(person: ClaimParty) -> Standing:
    """Whether this person can ask for a review, and what they asked for."""
    query = select(Appeal).where(Appeal.party_id == person.id).order_by(Appeal.id)
    found = db.session.scalars(query).all()
    return Standing(found, _until(person.claim), _why_not(person.claim, found))


def of_claim(claim: Claim, people: Sequence[ClaimParty]) -> Standing | None:
    """The same on the page of a claim, for these of its people; None unless it was rejected."""
    return standing(_asking(people)) if people and claim.state is ClaimState.REJECTED else None


def ask(load: Callable[[], ClaimParty], words: str, actor: Actor) -> str:
    """Ask for the review of an answer: its number. Asked for twice, it is the one that is open. `load` finds the person
    as far as the actor may act for them. Raises NotFound, NotAllowed, DomainError on `motivo`."""
    said = clean(words)
    if not said:
        raise DomainError("Escriba por qué no está de acuerdo. Con pocas palabras basta.", "motivo")
    if len(said) > LONGEST:
        raise DomainError(f"Escriba hasta {LONGEST} letras. Van {len(said)}.", "motivo")
    printable.check_text(said, field="motivo")
    with writing():
        person = load()
        claim = rows.hold(person.claim_id)
        shown = standing(person)
        open_one = next((one for one in shown.appeals if one.state is AppealState.OPEN), None)
        if open_one is not None:
            return open_one.number
        if shown.why_not is not None:
            raise NotAllowed(shown.why_not)
        appeal = Appeal(
            number=next_number("RV"), claim=claim, party=person, words=said, due_at=_due_at(claim, clock.now())
        )
        db.session.add(appeal)
        db.session.flush()
        events.record(claim, ClaimEventKind.APPEALED, actor, party=person, appeal=appeal.number)
        outgoing.queue_for_party(AppealReceived(claim=claim, party=person, appeal=appeal), person)
        audit.record(actor, "appeal.ask", appeal.number, claim=claim.number)
        return appeal.number


def waiting(_actor: Actor, *, before: int | None = None, limit: int) -> Sequence[Appeal]:
    """What is to be answered, the newest first, older than the line `before`."""
    query = select(Appeal).where(Appeal.state == AppealState.OPEN).options(*_BESIDE)
    return db.session.scalars(paging.newest(query, Appeal.id, before=before, limit=limit)).all()


def pending(_actor: Actor) -> Pending:
    """How many wait for an answer, and since when."""
    return select(func.count(), func.min(Appeal.created_at)).where(Appeal.state == AppealState.OPEN)


def get(number: str, actor: Actor) -> Appeal:
    """One, for one of the staff who has no part in its claim. Raises NotFound, HasPart."""
    query = select(Appeal).where(Appeal.number == number).options(*_BESIDE)
    appeal = db.session.scalars(query).one_or_none()
    if appeal is None:
        raise NotFound("No encontramos ese pedido de revisión.")
    conflicts_of_interest.check_none_in_claim(actor, appeal.claim_id)
    return appeal


def may_answer(appeal: Appeal, actor: Actor) -> bool:
    """Whether the actor had no part in the answer that is to be reviewed."""
    return actor.account_id not in _decided(appeal.claim)


def answer(number: str, words: str, actor: Actor, *, upheld: bool) -> None:
    """Answer it, by a letter to who asked and the mail with it; upheld, a second claim that names the first is
    registered in the same commit. Raises NotAllowed for who decided the claim and once it is answered, DomainError on
    `respuesta`, HasPart, NotFound."""
    said = clean(words)
    if not said:
        raise DomainError("Escriba la respuesta: es lo que leerá la persona.", "respuesta")
    if len(said) > LONGEST_ANSWER:
        raise DomainError(f"Escriba hasta {LONGEST_ANSWER} letras. Van {len(said)}.", "respuesta")
    printable.check_text(said, field="respuesta")
    with writing():
        appeal = get(number, actor)
        rows.hold(appeal.claim_id)
        db.session.refresh(appeal, with_for_update={**NOT_THE_KEY, "of": Appeal})
        if appeal.state is not AppealState.OPEN:
            raise NotAllowed("Otra persona ya lo respondió. Actualice la página para ver cómo quedó.")
        if not may_answer(appeal, actor):
            raise NotAllowed("Usted decidió este siniestro: lo revisa otra persona.")
        appeal.move_to(AppealState.UPHELD if upheld else AppealState.DISMISSED)
        appeal.answer, appeal.answered_at, appeal.answered_by_id = said, clock.now(), actor.account_id
        state = appeal.state.value
        events.record(appeal.claim, ClaimEventKind.APPEAL_ANSWERED, actor, party=appeal.party, state=state)
        second = reopening.open_again(appeal.claim, actor) if upheld else None
        told = AppealAnswered(
            claim=appeal.claim, party=appeal.party, appeal=appeal, second=second.number if second else None
        )
        letter = store.order(kinds.APPEAL_LETTER, appeal)
        outgoing.queue_for_party(told, appeal.party, attachments=[letter])
        audit.record(actor, "appeal.answer", number, state=state, claim=appeal.claim.number)


def _asking(people: Sequence[ClaimParty]) -> ClaimParty:
    return next((one for one in people if one.kind in parties.PAID_KINDS), people[0])


def _why_not(claim: Claim, appeals: Sequence[Appeal]) -> str | None:
    until = _until(claim)
    if until is None:
        return "Este pedido todavía no tiene una respuesta que revisar."
    if any(one.state is not AppealState.OPEN for one in appeals):
        return "Ya revisamos esta respuesta. En su carta están los otros caminos."
    if clock.today() > until:
        return "Pasó el plazo para pedir la revisión. En su carta están los otros caminos."
    return None


def _until(claim: Claim) -> date | None:
    """The last day to ask for it; None where there is nothing to review."""
    if claim.state is not ClaimState.REJECTED or claim.decided_at is None:
        return None
    return appeal_until(claim.decided_at, terms.product_of(claim).limits.claims)


def _due_at(claim: Claim, asked_at: datetime) -> datetime:
    """When the answer is late: the product's own clock, begun at once."""
    product = terms.product_of(claim)
    rule = ClaimClock(product.claim_regime, product.limits.claims, working_calendar())
    due_at = rule.standing(course_of_appeal(asked_at), asked_at).due_at
    if due_at is None:
        raise ValueError("the clock of a review begins at once")
    return due_at


def _decided(claim: Claim) -> set[int | None]:
    """Who proposed and who confirmed the answer that stands."""
    query = select(ClaimResolution.proposed_by_id, ClaimResolution.confirmed_by_id).where(
        ClaimResolution.claim_id == claim.id, ClaimResolution.confirmed_at.is_not(None)
    )
    return {member for row in db.session.execute(query) for member in row}
