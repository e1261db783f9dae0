"""Where a claim stands for who reads it (B02): whose turn it is and until when, what happened with its dates, what is
still to come. Somebody who is not the holder learns of their own part alone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum, auto

from sqlalchemy import select

from portal.domain.actor import Actor
from portal.domain.catalogue import ClaimRegime
from portal.domain.claim import ClaimEventKind, ClaimState, PaperState
from portal.domain.claim_clock import Standing
from portal.domain.formats import long_day
from portal.extensions import db
from portal.models import Claim, ClaimEvent, ClaimPaper
from portal.services.claims import coverage as terms
from portal.services.claims import deadlines, papers, parties


class Time(Enum):
    """When a step is."""

    DONE = auto()
    NOW = auto()
    NEXT = auto()


@dataclass(frozen=True, slots=True)
class Turn:
    """Who acts: the reader, or MASSIV; nobody once all is over. `days` are calendar days until the day `until`, of
    which `working_days` are worked; None where nothing runs."""

    is_readers: bool
    title: str
    words: str
    until: date | None = None
    days: int | None = None
    working_days: int | None = None


@dataclass(frozen=True, slots=True)
class StepOfCourse:
    """Something that happened, happens or is to come."""

    title: str
    time: Time
    at: datetime | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Course:
    """All of it. `missing`: the papers that the reader is asked for."""

    turn: Turn
    steps: Sequence[StepOfCourse]
    missing: Sequence[ClaimPaper]
    standing: Standing

    @property
    def is_calm(self) -> bool:
        """Whether nothing is asked of the reader."""
        return not self.turn.is_readers


_TITLES = {
    ClaimEventKind.REGISTERED: "Registrado",
    ClaimEventKind.COMPLETE: "En evaluación",
    ClaimEventKind.PAPER_OBSERVED: "Observado",
    ClaimEventKind.APPROVED: "Aprobado",
    ClaimEventKind.REJECTED: "Rechazado",
    ClaimEventKind.PAYMENT_REFUSED: "El pago no entró",
    ClaimEventKind.PAYMENT_MADE: "Pago hecho",
    ClaimEventKind.PAID_TWICE: "El mismo pago salió dos veces",
    ClaimEventKind.PAID: "Pagado",
    ClaimEventKind.WITHDRAWN: "Retirado",
    ClaimEventKind.PART_WITHDRAWN: "Una parte se retiró",
    ClaimEventKind.PART_RESUMED: "Esa parte se pidió otra vez",
    ClaimEventKind.APPEALED: "Pidió que se revise",
    ClaimEventKind.APPEAL_ANSWERED: "Respondimos a la revisión",
    ClaimEventKind.REOPENED: "Se abrió otra vez",
}
_LOOKING = "Estamos viendo su caso. Si hace falta algo de usted, se lo decimos aquí y por correo."
_ENDED = (ClaimState.PAID, ClaimState.REJECTED, ClaimState.WITHDRAWN)


def of(claim: Claim, actor: Actor) -> Course:
    """The course of a registered claim for the actor, who may see it. One query beside the claim's own."""
    events = db.session.scalars(select(ClaimEvent).where(ClaimEvent.claim_id == claim.id).order_by(ClaimEvent.id)).all()
    standing = deadlines.standing(claim, events)
    missing = asked_of(claim, actor)
    turn = _turn(claim, actor, missing, standing)
    return Course(turn, _steps(claim, _seen(claim, events, actor), turn), missing, standing)


def asked_of(claim: Claim, actor: Actor) -> list[ClaimPaper]:
    """The papers that the actor is asked for now: the holder for all of them, somebody else for their own."""
    if claim.state not in papers.TAKING:
        return []
    if parties.is_out(claim, actor):
        return []
    missing = papers.missing(claim)
    if parties.is_holder(claim, actor):
        return missing
    if _took_back(claim, actor):
        return []
    own = {one.id for one in parties.own(claim, actor)}
    return [one for one in missing if one.party_id is None or one.party_id in own]


def _turn(claim: Claim, actor: Actor, missing: Sequence[ClaimPaper], standing: Standing) -> Turn:
    if claim.state not in _ENDED and _took_back(claim, actor):
        return Turn(False, *_TOOK_BACK)
    if claim.state is ClaimState.APPROVED:
        return _turn_to_pay(claim, actor, standing)
    if claim.state in _ENDED:
        return Turn(False, *_ENDS[claim.state])
    if missing:
        return _turn_to_send(claim, missing, standing)
    if not papers.is_complete(claim):
        return Turn(False, "Nos toca a nosotros", _LOOKING)
    return _ours(standing, _decide(claim), "Ya tenemos todo. No tiene que hacer nada más por ahora.")


_ENDS = {
    ClaimState.PAID: ("Está pagado", "No tiene que hacer nada más."),
    ClaimState.REJECTED: ("No podemos pagar este pedido", "La carta le dice por qué y qué puede hacer."),
    ClaimState.WITHDRAWN: ("Usted lo retiró", "No seguimos con este pedido. Puede registrar otro cuando quiera."),
}


_TOOK_BACK = ("Usted retiró su parte", "No pasa a nadie: es suya. Puede pedirla después; llámenos y le decimos cómo.")


def _took_back(claim: Claim, actor: Actor) -> bool:
    """Whether the reader, who is not the holder, has taken all back that they had in it."""
    own = [one for one in parties.own(claim, actor) if one.kind in parties.PAID_KINDS]
    is_all = bool(own) and all(one.withdrawn_at is not None for one in own)
    return is_all and not parties.is_holder(claim, actor)


def _turn_to_send(claim: Claim, missing: Sequence[ClaimPaper], standing: Standing) -> Turn:
    again = [one for one in missing if one.state is PaperState.OBSERVED]
    count = len(again or missing)
    noun = "1 documento" if count == 1 else f"{count} documentos"
    does = f"repita {noun}" if again else f"{'falta' if count == 1 else 'faltan'} {noun}"
    days = terms.product_of(claim).limits.claims
    micro = terms.product_of(claim).claim_regime is ClaimRegime.MICROINSURANCE
    promise = (
        f"Cuando llegue todo, tenemos {days.paid_within_days} días para decidir y pagar."
        if micro
        else f"Cuando llegue todo, tenemos {days.decision_days} días para decidir."
    )
    if standing.deadline is not None:
        promise = f"Nuestro plazo no se detiene: respondemos hasta el {long_day(standing.deadline)}."
    verb = "Envíe otra vez" if again else "Envíe"
    names = _names(again or missing)
    return Turn(
        True,
        f"Le toca a usted: {does}",
        f"{verb}: {names}. Cuanto antes llegue, antes le respondemos. {promise}",
        standing.deadline,
        standing.days_left,
        standing.working_days_left,
    )


def _turn_to_pay(claim: Claim, actor: Actor, standing: Standing) -> Turn:
    own = [one for one in parties.own(claim, actor) if one in parties.paid(claim)]
    if any(one.way is None for one in own):
        return Turn(
            True,
            "Le toca a usted: díganos cómo quiere cobrar",
            "Aprobamos su pedido. Elija su cuenta o una agencia.",
            standing.deadline,
            standing.days_left,
            standing.working_days_left,
        )
    return _ours(standing, "pagamos", "Aprobamos el pedido. No tiene que hacer nada más.")


def _ours(standing: Standing, does: str, words: str) -> Turn:
    if standing.deadline is None:
        return Turn(False, "Nos toca a nosotros", words)
    if standing.days_late:
        since = f"Nuestro plazo terminó el {standing.deadline:%d/%m/%Y}."
        return Turn(False, "Nos toca a nosotros, y estamos tarde", f"{since} {standing.late_words or ''}".rstrip())
    return Turn(
        False,
        f"Nos toca a nosotros: {does} hasta el {standing.deadline:%d/%m/%Y}",
        words,
        standing.deadline,
        standing.days_left,
        standing.working_days_left,
    )


def _decide(claim: Claim) -> str:
    is_micro = terms.product_of(claim).claim_regime is ClaimRegime.MICROINSURANCE
    return "decidimos y pagamos" if is_micro else "decidimos"


def _names(asked: Sequence[ClaimPaper]) -> str:
    names = [papers.document_of(one).name for one in asked]
    shown = names[:3]
    more = len(names) - len(shown)
    words = "; ".join(shown)
    return f"{words}, y {more} más" if more else words


def _seen(claim: Claim, events: Sequence[ClaimEvent], actor: Actor) -> list[ClaimEvent]:
    """The events that the reader may know of."""
    if parties.is_holder(claim, actor):
        return list(events)
    own = {one.id for one in parties.own(claim, actor)}
    whose = {one.id: one.party_id for one in claim.papers}

    def is_theirs(event: ClaimEvent) -> bool:
        party_id = event.party_id or (whose.get(event.paper_id) if event.paper_id else None)
        return party_id is None or party_id in own

    return [one for one in events if is_theirs(one)]


def _steps(claim: Claim, events: Sequence[ClaimEvent], turn: Turn) -> list[StepOfCourse]:
    done: list[tuple[str, datetime]] = []
    made = [event for event in events if event.kind is ClaimEventKind.PAYMENT_MADE]
    for event in events:
        if event.kind is ClaimEventKind.PAID and len(made) == 1:
            continue  # by the one payment: they would read it twice
        title = _TITLES.get(event.kind)
        if title is not None and (not done or done[-1][0] != title):
            done.append((title, event.at))
    steps = [StepOfCourse(title, Time.DONE, at) for title, at in done]
    if steps and claim.state not in _ENDED:
        steps[-1] = replace(steps[-1], time=Time.NOW, words=turn.title)
    return steps + _to_come(claim)


def _to_come(claim: Claim) -> list[StepOfCourse]:
    product = terms.product_of(claim)
    limits, is_micro = product.limits.claims, product.claim_regime is ClaimRegime.MICROINSURANCE
    decision = (
        f"Decidimos y pagamos en {limits.paid_within_days} días, desde que todo esté completo."
        if is_micro
        else (
            f"Hasta {limits.decision_days} días desde que todo esté completo. "
            "Si no respondemos a tiempo, queda aprobado."
        )
    )
    payment = (
        "A su cuenta, o en efectivo en una agencia."
        if is_micro
        else f"Hasta {limits.payment_days} días desde la decisión. A su cuenta, o en efectivo en una agencia."
    )
    to_come = []
    if claim.state in papers.TAKING:
        to_come.append(StepOfCourse("Decisión", Time.NEXT, words=decision))
    if claim.state in (*papers.TAKING, ClaimState.APPROVED):
        to_come.append(StepOfCourse("Pago", Time.NEXT, words=payment))
    return to_come
