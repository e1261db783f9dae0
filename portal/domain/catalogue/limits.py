"""Numbers of law and of house style. Their sources stand in portal/catalogue/limits.toml."""

from dataclasses import dataclass
from decimal import Decimal

from portal.domain.money import cents


@dataclass(frozen=True, slots=True)
class ClaimLimits:
    """Days and numbers that every claim obeys; limits.toml has their sources. Days are calendar days but where a name
    says otherwise. The values here are those of what was sold before the catalogue stated its own."""

    paid_within_days: int = 20
    decide_by_day: int = 12
    more_papers_days: int = 20
    decision_days: int = 30
    payment_days: int = 30
    warning_days: tuple[int, ...] = (10, 5, 2)
    late_interest_factor: Decimal = Decimal("1.5")
    notice_days: int = 7
    beneficiaries_told_hours: int = 48
    appeal_days: int = 30
    complaint_days: int = 15
    defaseg_years: int = 2
    cash_collection_days: int = 30
    evidence_review_working_days: int = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """Numbers of law and of house style that every product obeys."""

    uit: Decimal
    monthly_premium_cap_percent: Decimal
    igv_percent: Decimal
    withdrawal_refund_days: int
    complaint_working_days: int
    fewest_plans: int
    fewest_exclusions: int
    fewest_condition_words: int
    claims: ClaimLimits
    defaseg_days: int | None = None  # what was sold before the term was of years states it

    @property
    def monthly_premium_cap(self) -> Decimal:
        """The most that a month of a microinsurance may cost, in soles."""
        return cents(self.uit * self.monthly_premium_cap_percent / 100)
