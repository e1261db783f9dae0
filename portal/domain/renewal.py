"""Renewing a policy: when, what differs in the year that follows, and when its holder is told.

Source: docs/rules.md, Administer; the numbers and where they come from are in portal/catalogue/renewal.toml.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from portal.domain import calendar
from portal.domain.catalogue import Benefit, ClaimRegime, Coverage, Plan, Product
from portal.domain.catalogue.table import CatalogueError, Table
from portal.domain.clock import lima
from portal.domain.formats import whole_money
from portal.domain.policy import Cover, PolicyState

ENDED = 0  # the notice that says on the day itself that it has ended
_AFTER = timedelta(days=3)  # later than that nobody is told any more that it has


@dataclass(frozen=True, slots=True)
class RenewalTerms:
    """Days before and after a policy's end; renewal.toml has what each is."""

    opens_days: int
    closes_days: int
    changed_terms_days: int
    notice_days: tuple[int, ...]

    def opens_on(self, ends_at: datetime) -> date:
        """The first day on which it can be renewed."""
        return lima(ends_at).date() - timedelta(days=self.opens_days)

    def closes_on(self, ends_at: datetime) -> date:
        """The last day on which it can be renewed."""
        return lima(ends_at).date() + timedelta(days=self.closes_days)

    def is_open(self, ends_at: datetime, moment: datetime) -> bool:
        """Whether it can be renewed on the day of that moment, as far as dates go."""
        return self.opens_on(ends_at) <= lima(moment).date() <= self.closes_on(ends_at)

    def is_near_end(self, cover: Cover, moment: datetime) -> bool:
        """Whether it protects, and runs out in the days in which it can be renewed; not when a cancellation ends it
        before."""
        is_active = cover.state_at(moment) is PolicyState.ACTIVE
        return is_active and cover.until == cover.ends_at and self.is_open(cover.ends_at, moment)

    def latest_end(self, moment: datetime) -> datetime:
        """The end of the day on which those end that can be renewed at `moment` for the first day."""
        return calendar.end_of(lima(moment).date() + timedelta(days=self.opens_days))

    def earliest_end(self, moment: datetime) -> datetime:
        """When those ended that can be renewed at `moment` for the last day."""
        return calendar.noon(lima(moment).date() - timedelta(days=self.closes_days))

    @property
    def levels(self) -> tuple[int, ...]:
        """How many days before the end anything is told, the first first; ENDED when it has ended."""
        return (self.changed_terms_days, *self.notice_days, ENDED)

    def ends_between(self, level: int, moment: datetime) -> tuple[datetime, datetime]:
        """Of which policies the notice of that level is the one to send at `moment`: those that end after the first and
        until the second. One that was missed is not sent beside the next."""
        today = lima(moment).date()
        if level == ENDED:
            return moment - _AFTER, moment
        following = self.levels[self.levels.index(level) + 1]
        nearest = moment if following == ENDED else calendar.noon(today + timedelta(days=following))
        return nearest, calendar.noon(today + timedelta(days=level))


def parse_renewal(data: Mapping[str, Any]) -> RenewalTerms:
    """The terms in the mapping of renewal.toml. Raises CatalogueError with place and problem."""
    table = Table("renewal", data)
    terms = RenewalTerms(
        opens_days=table.whole("opens_days"),
        closes_days=table.whole("closes_days"),
        changed_terms_days=table.whole("changed_terms_days"),
        notice_days=table.wholes("notice_days"),
    )
    table.close()
    if list(terms.levels) != sorted(set(terms.levels), reverse=True):
        raise CatalogueError(table.at("notice_days"), "must go down, each once, from changed_terms_days")
    if terms.changed_terms_days > terms.opens_days:
        raise CatalogueError(table.at("changed_terms_days"), "comes before the policy can be renewed")
    return terms


@dataclass(frozen=True, slots=True)
class Term:
    """What follows a policy, were it paid at some moment: from when, and whether days without protection lie before."""

    starts_at: datetime
    ends_at: datetime
    gap: bool


def term_after(ends_at: datetime, moment: datetime) -> Term:
    """The year that follows a cover, paid at `moment`: from its last noon on or, once that has passed, from the next
    one."""
    starts_at = calendar.cover_start(moment, lima(ends_at).date())
    return Term(starts_at, calendar.cover_end(starts_at), gap=starts_at > ends_at)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is other in the new year, in words for its holder."""

    what: str
    before: str
    after: str


def changes(then: Product, plan_then: Plan, now: Product, plan_now: Plan) -> list[Change]:
    """What a policy sold by `then` would pay, or exclude, or ask otherwise when it is renewed by `now`. The price is no
    part of it."""
    found = [] if plan_then.name == plan_now.name else [Change("Plan", plan_then.name, plan_now.name)]
    found += _sums(then, plan_then, now, plan_now)
    for text in now.exclusions:
        if text not in then.exclusions:
            found.append(Change("Qué no paga", "No estaba en la lista", text))
    for text in then.exclusions:
        if text not in now.exclusions:
            found.append(Change("Qué no paga", text, "Ya no está en la lista"))
    if (then.min_age, then.max_age) != (now.min_age, now.max_age):
        found.append(Change("Edad que acepta", _ages(then), _ages(now)))
    if then.insurer.name != now.insurer.name:
        found.append(Change("Aseguradora", then.insurer.name, now.insurer.name))
    found += [Change(what, before, after) for what, before, after in _terms(then, now) if before != after]
    if then.conditions != now.conditions:
        found.append(Change("Condiciones generales", "Las que usted tiene", "Otra versión: léala antes de aceptar"))
    return found


def _terms(then: Product, now: Product) -> list[tuple[str, str, str]]:
    """What else a product promises or asks, each as both say it."""
    return [
        ("Período de espera", _waiting(then), _waiting(now)),
        ("Terminar cuando quiera", _yes(then.ends_without_cause), _yes(now.ends_without_cause)),
        ("Arrepentirse", f"{then.withdrawal_days} días", f"{now.withdrawal_days} días"),
        ("Cuánto dura", _years(then), _years(now)),
        ("Plazo para pagar un siniestro", _paying(then), _paying(now)),
        *(
            (f"Documentos de un siniestro: {one.name}", _papers(before), _papers(one))
            for one in now.coverages
            for before in then.coverages
            if one.code == before.code
        ),
    ]


def _papers(coverage: Coverage) -> str:
    return "; ".join(one.name + (f", {one.when}" if one.when else "") for one in coverage.documents)


def _paying(product: Product) -> str:
    days = product.limits.claims
    if product.claim_regime is ClaimRegime.MICROINSURANCE:
        return f"{days.paid_within_days} días desde que están los documentos"
    return f"{days.decision_days} días para decidir y {days.payment_days} para pagar"


def _waiting(product: Product) -> str:
    return f"{product.waiting.days} días: {product.waiting.event}" if product.waiting else "No tiene"


def _yes(holds: object) -> str:
    return "Sí" if holds else "No"


def _years(product: Product) -> str:
    return "1 año" if product.term_years == 1 else f"{product.term_years} años"


def _sums(then: Product, plan_then: Plan, now: Product, plan_now: Plan) -> list[Change]:
    names = {one.code: one.name for one in (*then.coverages, *now.coverages)}
    pairs = ((name, plan_then.benefit(code), plan_now.benefit(code)) for code, name in names.items())
    return [Change(name, _sum(before), _sum(after)) for name, before, after in pairs if _sum(before) != _sum(after)]


def _sum(benefit: Benefit | None) -> str:
    if benefit is None:
        return "No lo paga"
    return f"{whole_money(benefit.amount)} {benefit.per or ''}".strip()


def _ages(product: Product) -> str:
    return f"De {product.min_age} a {product.max_age} años"
