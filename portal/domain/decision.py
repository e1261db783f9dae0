"""Decisions that need two people of the staff: what they may be about."""

from enum import StrEnum


class DecisionKind(StrEnum):
    PAYMENT_REVIEW = "payment_review"
    CASH_REFUND = "cash_refund"
