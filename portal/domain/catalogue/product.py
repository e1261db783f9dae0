"""A product on sale and its parts. Amounts are soles, ages whole years, texts what a customer reads."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portal.domain.catalogue.claims import ClaimRegime, Exclusion, RequiredDocument
from portal.domain.catalogue.conditions import Condition, expand
from portal.domain.catalogue.coverage import Benefit, Coverage, Payee, WaitingPeriod
from portal.domain.catalogue.limits import Limits
from portal.domain.identity import age_on
from portal.domain.money import cents


class UnknownPlan(LookupError):
    """The product has no plan of that code."""


class UnknownCoverage(LookupError):
    """The product has no coverage of that code."""


@dataclass(frozen=True, slots=True)
class Insurer:
    """The company that carries the risk and pays; `sbs_code` is its number in the supervisor's register, and
    `notices_email` where it is told of a death, None in what was sold before it was asked."""

    name: str
    ruc: str
    sbs_code: str
    notices_email: str | None = None


@dataclass(frozen=True, slots=True)
class Seller:
    """The company that sells the product. `commission_percent`: what the insurer gives it of the net premium."""

    name: str
    ruc: str
    address: str
    commission_percent: Decimal

    def commission(self, net: Decimal) -> Decimal:
        """Its part of a net premium, in soles."""
        return cents(net * self.commission_percent / 100)


@dataclass(frozen=True, slots=True)
class Plan:
    """A price with its sums. `total` is the published annual premium with IGV; `net` + `igv` is the total."""

    code: str
    name: str
    total: Decimal
    net: Decimal
    igv: Decimal
    benefits: tuple[Benefit, ...]

    def benefit(self, coverage_code: str) -> Benefit | None:
        """What this plan pays for the coverage, or None where the plan does not include it."""
        return next((benefit for benefit in self.benefits if benefit.coverage_code == coverage_code), None)

    @property
    def per_day(self) -> Decimal:
        """The annual premium divided by 365, in soles."""
        return cents(self.total / 365)


@dataclass(frozen=True, slots=True)
class Clause:
    """A general condition as written; `listing` names the part of the product whose list follows the text."""

    title: str
    paragraphs: tuple[str, ...]
    listing: str | None


@dataclass(frozen=True, slots=True)
class Product:
    """A product as sold. `code` begins its policy numbers; `version` dates its legal text, aaaa-mm-dd.
    `ends_without_cause`: its holder may end it at any time, and is returned the days that are left. `seller`: None in
    what was sold before it was asked."""

    slug: str
    code: str
    name: str
    short_name: str
    lead: str
    version: str
    draft_notice: str
    sbs_registry_code: str
    insurer: Insurer
    seller: Seller | None
    limits: Limits
    min_age: int
    max_age: int
    term_years: int
    withdrawal_days: int
    ends_without_cause: bool
    active_policies_per_insured: int
    claim_regime: ClaimRegime
    waiting: WaitingPeriod | None
    headline: str
    headline_coverage: str
    pays: tuple[str, ...]
    does_not_pay: tuple[str, ...]
    excluded: tuple[Exclusion, ...]
    coverages: tuple[Coverage, ...]
    plans: tuple[Plan, ...]
    clauses: tuple[Clause, ...]

    @property
    def exclusions(self) -> tuple[str, ...]:
        """Every case in which nothing is paid, as the conditions have it."""
        return tuple(one.text for one in self.excluded)

    def document(self, code: str) -> RequiredDocument | None:
        """The paper of that code as the first coverage that asks for it has it, or None."""
        papers = (paper for coverage in self.coverages for paper in coverage.documents)
        return next((paper for paper in papers if paper.code == code), None)

    def plan(self, code: str) -> Plan:
        """The plan of that code. Raises UnknownPlan."""
        for plan in self.plans:
            if plan.code == code:
                return plan
        raise UnknownPlan(f"{self.slug} has no plan {code!r}")

    def coverage(self, code: str) -> Coverage:
        """The coverage of that code. Raises UnknownCoverage."""
        for coverage in self.coverages:
            if coverage.code == code:
                return coverage
        raise UnknownCoverage(f"{self.slug} has no coverage {code!r}")

    def covered_by(self, plan: Plan) -> tuple[tuple[Coverage, Benefit], ...]:
        """The coverages that the plan includes, each with what it pays, in the product's order."""
        pairs = ((coverage, plan.benefit(coverage.code)) for coverage in self.coverages)
        return tuple((coverage, benefit) for coverage, benefit in pairs if benefit is not None)

    @property
    def has_beneficiaries(self) -> bool:
        """Whether it pays people named in advance: only then does a purchase ask for beneficiaries."""
        return self._pays(Payee.BENEFICIARIES)

    @property
    def pays_insured(self) -> bool:
        """Whether the insured person is paid by some coverage."""
        return self._pays(Payee.INSURED)

    @property
    def pays_spender(self) -> bool:
        """Whether some coverage returns what somebody spent."""
        return self._pays(Payee.SPENDER)

    def _pays(self, payee: Payee) -> bool:
        return any(coverage.paid_to is payee for coverage in self.coverages)

    @property
    def from_price(self) -> Decimal:
        """The annual total of the cheapest plan."""
        return min(plan.total for plan in self.plans)

    def headline_sum(self, plan: Plan) -> Decimal:
        """The figure that goes large on the plan's quote and policy, under the label `headline`."""
        benefit = plan.benefit(self.headline_coverage)
        if benefit is None:
            raise UnknownCoverage(f"{self.slug}, {plan.code} does not include {self.headline_coverage!r}")
        return benefit.amount

    def age_allowed(self, birth_date: date, on: date) -> bool:
        """Whether somebody born on `birth_date` may be insured from `on`; both age limits are included."""
        return self.min_age <= age_on(birth_date, on) <= self.max_age

    @property
    def answer_words(self) -> str:
        """How long an answer to a claim takes, as policy and mail promise it."""
        claims = self.limits.claims
        if self.claim_regime is ClaimRegime.MICROINSURANCE:
            verb, days = "decide y paga", claims.paid_within_days
        else:
            verb, days = "decide", claims.decision_days
        return f"La aseguradora {verb} en {days} días como máximo, desde que todo esté completo."

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The general conditions in full: numbered clauses with the lists of this very product."""
        return expand(self)
