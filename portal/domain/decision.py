"""Decisions that need two people of the staff (B11): what they may be about, and who may be the second."""

from enum import StrEnum


class DecisionKind(StrEnum):
    PAYMENT_REVIEW = "payment_review"
    CASH_REFUND = "cash_refund"
    CASH_PAYOUT = "cash_payout"
    LATE_CHARGE = "late_charge"
    REFUND_REVIEW = "refund_review"
    PAYOUT_REVIEW = "payout_review"
    PAID_TWICE = "paid_twice"
    REFUNDED_TWICE = "refunded_twice"
    SETTLEMENT_DIFFERENCE = "settlement_difference"
    PERSON_CORRECTION = "person_correction"
    STAFF_ROLE = "staff_role"
    CLAIM_RESOLUTION = "claim_resolution"


# Anybody of the staff proposes, but a colleague's role only a supervisor. The second person is always another one, and
# of these roles.
DECIDERS = {
    DecisionKind.PAYMENT_REVIEW: frozenset({"supervisor"}),
    DecisionKind.CASH_REFUND: frozenset({"collaborator", "supervisor"}),
    DecisionKind.CASH_PAYOUT: frozenset({"collaborator", "supervisor"}),
    DecisionKind.LATE_CHARGE: frozenset({"supervisor"}),
    DecisionKind.REFUND_REVIEW: frozenset({"supervisor"}),
    DecisionKind.PAYOUT_REVIEW: frozenset({"supervisor"}),
    DecisionKind.PAID_TWICE: frozenset({"supervisor"}),
    DecisionKind.REFUNDED_TWICE: frozenset({"supervisor"}),
    DecisionKind.SETTLEMENT_DIFFERENCE: frozenset({"supervisor"}),
    DecisionKind.PERSON_CORRECTION: frozenset({"collaborator", "supervisor"}),
    DecisionKind.STAFF_ROLE: frozenset({"supervisor"}),
    DecisionKind.CLAIM_RESOLUTION: frozenset({"supervisor"}),
}
