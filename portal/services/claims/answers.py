"""The six questions that a decision rests on, each with its answer, the fact behind it, and where its proof stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from portal.domain import calendar, clock
from portal.domain import waiting as rules
from portal.domain.claim import PaperState
from portal.domain.formats import day, money, whole_money
from portal.domain.payment import PaymentState
from portal.services.claims import coverage as terms
from portal.services.claims import papers
from portal.services.claims.assessment import File


@dataclass(frozen=True, slots=True)
class Answer:
    """`tone`: ok, look (somebody must look at it) or bad. `leads_to`: the part of the page that proves it."""

    answer: str
    fact: str
    tone: str
    leads_to: str


def of(file: File) -> Sequence[Answer]:
    """Cover on the day, premium, waiting period, sum, exclusions, documents: in this order."""
    return [_cover(file), _premium(file), _waiting(file), _sum(file), _exclusions(file), _documents(file)]


def _cover(file: File) -> Answer:
    cover, event = file.claim.policy.cover, file.claim.event_date
    first, last = (clock.lima(moment).date() for moment in (cover.starts_at, cover.until))
    fact = f"{day(event)}. Cubre del {day(first)} al {day(last)}" if event else "Falta el día"
    if event is None:
        return Answer("No se sabe el día", fact, "look", "poliza")
    if not first <= event <= last:
        return Answer("Fuera de las fechas", fact, "bad", "poliza")
    if event in (first, last):
        return Answer("Mire la hora", f"{fact}, de mediodía a mediodía", "look", "poliza")
    if len(file.plans) > 1:
        both = "; ".join(terms.plan_words(plan, file.claim) for plan in file.plans)
        return Answer("Ese día cambió de plan", f"{both}. Paga el {file.plan.name}", "look", "poliza")
    return Answer("Cubierto ese día", fact, "ok", "poliza")


def _premium(file: File) -> Answer:
    policy, event = file.claim.policy, file.claim.event_date
    payment = policy.payment
    if payment.state is PaymentState.APPROVED:
        fact = f"{money(payment.amount)} el {day(policy.issued_at)}"
        dearer = policy.terms_at(calendar.end_of(event) if event else clock.now()).payment
        if dearer is not None and dearer.resolved_at is not None:
            fact += f". Por el cambio de plan, {money(dearer.amount)} el {day(dearer.resolved_at)}"
        return Answer("Prima pagada", fact, "ok", "poliza")
    return Answer("Prima sin pagar", f"{money(payment.amount)}: {payment.state.label.lower()}", "bad", "poliza")


def _waiting(file: File) -> Answer:
    coverage, event, policy = file.sight.coverage, file.claim.event_date, file.claim.policy
    waiting = file.sight.product.waiting
    if waiting is None or coverage is None or not coverage.waits:
        return Answer("Sin espera", "Esta cobertura paga desde el primer día", "ok", "poliza")
    over_at = rules.over_at(file.sight.product, coverage, policy.insured_since, file.claim.cause)
    if over_at is None:
        return Answer("Sin espera", "Accidente: desde el primer día", "ok", "poliza")
    if over_at <= policy.starts_at:
        return Answer("Sin espera", "Sigue a otra póliza sin un día de vacío", "ok", "poliza")
    ends = clock.lima(over_at).date()
    if event is not None and event >= ends:
        return Answer("Espera cumplida", f"Terminó el {day(ends - timedelta(days=1))}", "ok", "poliza")
    return Answer("En espera", f"{waiting.days} días, hasta el {day(ends)}", "look", "poliza")


def _sum(file: File) -> Answer:
    benefit = terms.benefit_of(file.claim)
    if benefit is None:
        return Answer("El plan no la incluye", file.plan.name, "bad", "otros")
    sum_words = f"{whole_money(benefit.amount)}{', ' + benefit.per if benefit.per else ''}"
    if not file.used.times:
        return Answer("Suma sin usar", sum_words, "ok", "otros")
    return Answer("Ya se usó una parte", f"{money(file.used.amount)}. Da {sum_words}", "look", "otros")


def _exclusions(file: File) -> Answer:
    number = len(file.to_look_at)
    if not number:
        words = f"{len(file.exclusions)} de esta cobertura: léalas junto al relato"
        return Answer("Exclusiones", words, "ok", "exclusiones")
    first = file.to_look_at[0].short
    words = first if number == 1 else f"{first} y {number - 1} más"
    return Answer(f"Mire {number} {'exclusión' if number == 1 else 'exclusiones'}", words, "look", "exclusiones")


def _documents(file: File) -> Answer:
    fact = f"{file.accepted} de {len(file.needed)} aceptados"
    if file.to_review:
        return Answer(f"Falta revisar {len(file.to_review)}", fact, "look", "documentos")
    missing = len(papers.missing(file.claim))
    if missing or not file.needed:
        return Answer(f"Faltan {missing}" if missing else "Sin documentos", fact, "look", "documentos")
    is_all = all(one.row.state is PaperState.ACCEPTED for one in file.needed)
    return Answer("Documentos completos" if is_all else "Documentos", fact, "ok", "documentos")
