"""What a claim pays, and to whom how much. Desk, letter and the customer's page show these very words.

Source: docs/rules.md, Claims, and the product's data file, which says how each coverage is computed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from portal.domain.beneficiaries import BeneficiaryKind
from portal.domain.catalogue.claims import Computes
from portal.domain.catalogue.coverage import Benefit
from portal.domain.errors import DomainError
from portal.domain.formats import money, percent
from portal.domain.money import apportion, cents

NOTHING = Decimal("0.00")
_PAID = "Esta cobertura ya se pagó con este seguro."


@dataclass(frozen=True, slots=True)
class Proven:
    """What the papers prove: whole days, months of treatment, or soles spent, as the coverage asks."""

    days: int = 0
    months: int = 0
    spent: Decimal = NOTHING


@dataclass(frozen=True, slots=True)
class Used:
    """What the coverage has paid before under this policy: its limits of a year are spent by it."""

    days: int = 0
    months: int = 0
    times: int = 0
    amount: Decimal = NOTHING


@dataclass(frozen=True, slots=True)
class Reckoning:
    """A claim's sum in soles, and the line that says how it was made: "S/ 70.00 × 6 días". `limited` says in a sentence
    why it is less than what was proven, or None. `counted` are the days or months that it pays, where it pays by them.
    """

    total: Decimal
    line: str
    limited: str | None = None
    counted: int | None = None

    @property
    def equation(self) -> str:
        """Line and sum: "S/ 70.00 × 6 días = S/ 420.00"."""
        return f"{self.line} = {money(self.total)}"

    @property
    def words(self) -> str:
        """Line and limit together."""
        return f"{self.line}. {self.limited}" if self.limited else self.line


@dataclass(frozen=True, slots=True)
class Sharer:
    """Somebody who was named to be paid. `share` in hundredths of the whole. `is_out`: they lost their share, or died
    before."""

    key: int
    kind: BeneficiaryKind
    share: Decimal
    is_out: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """What one person is paid, and the line that says how it was made: "62.5 % de S/ 20,000.00"."""

    amount: Decimal
    line: str


def reckon(computes: Computes, benefit: Benefit, proven: Proven, used: Used) -> Reckoning:
    """What the plan's benefit pays. Raises DomainError on `dias`, `meses` or `gasto` where nothing was proven."""
    if computes is Computes.PER_DAY:
        return _by_count(benefit, _asked(proven.days, "dias", "días"), benefit.measure.days, used.days, ("día", "días"))
    if computes is Computes.PER_MONTH:
        asked = _asked(proven.months, "meses", "meses")
        return _by_count(benefit, asked, benefit.measure.months, used.months, ("mes", "meses"))
    if computes is Computes.REIMBURSEMENT:
        return _spent(benefit, proven.spent, used.amount)
    if used.times >= (benefit.measure.times or 1):
        return Reckoning(NOTHING, money(NOTHING), _PAID)
    return Reckoning(benefit.amount, money(benefit.amount))


def left_of(whole: Reckoning, paid: Decimal) -> Reckoning:
    """What is left of the sum of one event, of which `paid` soles are others' already: who asks for their part later
    takes nothing from them, nor loses it."""
    if paid <= NOTHING:
        return whole
    left = max(whole.total - paid, NOTHING)
    if left <= NOTHING:
        return Reckoning(NOTHING, money(NOTHING), _PAID, whole.counted)
    line = f"{money(whole.total)} − {money(paid)}"
    return Reckoning(left, line, f"De esta cobertura ya se pagaron {money(paid)}.", whole.counted)


def split_by_shares(total: Decimal, sharers: Sequence[Sharer]) -> dict[int, Part]:
    """Each named person's part of `total`, by their key; who is paid nothing has none.

    Who is out leaves their share to the other primaries, in proportion to theirs; contingents are paid when no primary
    is left. Nobody left: an empty mapping, and the legal heirs are paid. Source: the general conditions; Código Civil.
    """
    left = [one for one in sharers if not one.is_out]
    for kind in BeneficiaryKind:
        paid = [one for one in left if one.kind is kind]
        if paid:
            whole = sum((one.share for one in paid), NOTHING)
            amounts = apportion(total, [one.share for one in paid])
            return {
                one.key: Part(amount, f"{percent(cents(one.share * 100 / whole))} de {money(total)}")
                for one, amount in zip(paid, amounts, strict=True)
            }
    return {}


def split_equally(total: Decimal, keys: Sequence[int]) -> dict[int, Part]:
    """Equal parts of `total`, as heirs of one degree are paid (Código Civil, art. 816-824)."""
    amounts = apportion(total, [Decimal(1)] * len(keys))
    line = f"{money(total)} ÷ {len(keys)}" if len(keys) > 1 else money(total)
    return {key: Part(amount, line) for key, amount in zip(keys, amounts, strict=True)}


def split_by_spending(total: Decimal, spent: Mapping[int, Decimal]) -> dict[int, Part]:
    """What each who spent is returned of `total`: their own, or in proportion to it where all spent more."""
    all_spent = sum(spent.values(), NOTHING)
    if all_spent <= total:
        return {key: Part(amount, money(amount)) for key, amount in spent.items()}
    amounts = apportion(total, list(spent.values()))
    return {
        key: Part(amount, f"{money(own)} de {money(all_spent)} gastados, sobre {money(total)}")
        for (key, own), amount in zip(spent.items(), amounts, strict=True)
    }


def _asked(count: int, field: str, words: str) -> int:
    if count < 1:
        raise DomainError(f"Escriba cuántos {words} prueban los documentos.", field)
    return count


def _by_count(benefit: Benefit, asked: int, most: int | None, used: int, unit: tuple[str, str]) -> Reckoning:
    """The amount for each unit that the papers prove, up to what is left of the year's."""
    one, many = unit
    counted = asked if most is None else max(min(asked, most - used), 0)
    line = f"{money(benefit.amount)} × {counted} {one if counted == 1 else many}"
    limited = None
    if counted < asked:
        before = f" y ya se pagaron {used}" if used else ""
        limited = f"Son {asked}; el plan paga hasta {most} {many} al año{before}."
    return Reckoning(benefit.amount * counted, line, limited, counted)


def _spent(benefit: Benefit, spent: Decimal, used: Decimal) -> Reckoning:
    if spent <= NOTHING:
        raise DomainError("Escriba cuánto suman los comprobantes.", "gasto")
    left = max(benefit.amount - used, NOTHING)
    total = min(spent, left)
    if total == spent:
        return Reckoning(total, f"{money(spent)} gastados")
    before = f", y ya se devolvieron {money(used)}" if used else ""
    return Reckoning(
        total, f"{money(total)} de {money(spent)} gastados", f"El plan devuelve hasta {money(benefit.amount)}{before}."
    )
