"""What somebody is told about a claim before it is registered. They are warned and never refused: a notice is always
taken. Source: docs/rules.md, Claims; Res. SBS 2829-2016, art. 22.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, auto

from portal.domain import waiting
from portal.domain.catalogue import Coverage, Plan, Product
from portal.domain.claim import Cause
from portal.domain.clock import lima
from portal.domain.errors import DomainError
from portal.domain.formats import day as day_words
from portal.domain.policy import Cover


class WarningKind(Enum):
    """Why a claim may be refused, or need another look."""

    BEFORE_COVER = auto()
    AFTER_COVER = auto()
    BETWEEN_COVERS = auto()
    NOT_IN_PLAN = auto()
    WAITING = auto()
    ALIKE = auto()


@dataclass(frozen=True, slots=True)
class ClaimWarning:
    """One warning, with the words that its reader sees; `days` is how far the date lies from cover, where it does."""

    kind: WarningKind
    words: str
    days: int | None = None


def check_event_date(event_on: date, today: date, *, field: str = "fecha") -> None:
    """What has not happened yet can't be claimed. Raises DomainError on `field`."""
    if event_on > today:
        raise DomainError(f"Esa fecha todavía no llega: hoy es {day_words(today)}. Revísela.", field)


def date_warnings(
    coverage: Coverage,
    product: Product,
    cover: Cover,
    event_on: date,
    cause: Cause | None,
    others: Sequence[Cover] = (),
    since: datetime | None = None,
) -> tuple[ClaimWarning, ...]:
    """What to say of the day of the event. `others`: the covers of the same product that the insured had beside this
    one, which may lead up to it. `since`: since when they are insured without a gap, if longer than by this one. Only
    a day is known, so the days on which cover begins and ends count as protected.
    """
    outside = _outside(cover, event_on, others)
    if outside is not None:
        return (outside,)
    waits = _waiting(coverage, product, event_on, cause, since or cover.starts_at)
    return (waits,) if waits is not None else ()


def plan_warnings(coverage: Coverage, plan: Plan) -> tuple[ClaimWarning, ...]:
    """What to say of a coverage that the plan does not include."""
    if plan.benefit(coverage.code) is not None:
        return ()
    words = f"Su {plan.name} no incluye «{coverage.name}». Puede seguir: lo revisamos y le respondemos por escrito."
    return (ClaimWarning(WarningKind.NOT_IN_PLAN, words),)


def alike_warning(number: str, registered_on: date) -> ClaimWarning:
    """What to say where something alike is registered already."""
    words = (
        f"Ya hay un pedido parecido, el {number}, del {day_words(registered_on)}. Si es el mismo, agregue ahí lo que "
        "falte. Si es otro, siga."
    )
    return ClaimWarning(WarningKind.ALIKE, words)


def _outside(cover: Cover, event_on: date, others: Sequence[Cover]) -> ClaimWarning | None:
    first, last = _first_day(cover), _last_day(cover)
    if last < first:
        return ClaimWarning(WarningKind.AFTER_COVER, "Ese seguro se anuló antes de empezar. Si está bien, siga.")
    if first <= event_on <= last:
        return None
    if event_on < first:
        kind, days = WarningKind.BEFORE_COVER, (first - event_on).days
        words = f"Esa fecha es {_days(days)} antes de que empezara su seguro."
        begins: date | None = first
        ended = max((_last_day(one) for one in others if _last_day(one) < event_on), default=None)
    else:
        kind, days = WarningKind.AFTER_COVER, (event_on - last).days
        words = f"Esa fecha es {_days(days)} después de que terminó su seguro."
        ended = last
        begins = min((_first_day(one) for one in others if _first_day(one) > event_on), default=None)
    if any(_first_day(one) <= event_on <= _last_day(one) for one in others):
        words += " Ese día lo protegía otra póliza del mismo seguro: puede pedirlo con ella."
    elif ended and begins:
        kind = WarningKind.BETWEEN_COVERS
        words = (
            f"Esa fecha está entre dos seguros: uno terminó el {day_words(ended)} y el otro empezó el "
            f"{day_words(begins)}."
        )
    return ClaimWarning(kind, f"{words} Si está bien, siga.", days)


def _waiting(
    coverage: Coverage, product: Product, event_on: date, cause: Cause | None, since: datetime
) -> ClaimWarning | None:
    over_at = waiting.over_at(product, coverage, since, cause)
    if product.waiting is None or over_at is None:
        return None
    until = lima(over_at).date()
    if event_on >= until:
        return None
    words = (
        f"Esa fecha está en los primeros {product.waiting.days} días de su seguro, que son de espera: no se paga "
        f"{product.waiting.event} antes del {day_words(until)}."
    )
    exempt = f" {product.waiting.exempt}" if coverage.accident_exempt and product.waiting.exempt else ""
    return ClaimWarning(WarningKind.WAITING, f"{words}{exempt} Si está bien, siga.", (until - event_on).days)


def _first_day(cover: Cover) -> date:
    return lima(cover.starts_at).date()


def _last_day(cover: Cover) -> date:
    return lima(cover.until).date()


def _days(count: int) -> str:
    return "1 día" if count == 1 else f"{count} días"
