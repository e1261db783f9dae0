"""The transition tables: every state is reached, no other way is open."""

from collections.abc import Mapping
from enum import StrEnum
from itertools import product

import pytest

from portal.domain.claim import (
    APPEAL_TRANSITIONS,
    CLAIM_TRANSITIONS,
    NOTICE_TRANSITIONS,
    PAPER_TRANSITIONS,
    AppealState,
    ClaimState,
    NoticeState,
    PaperState,
)
from portal.domain.errors import InvalidTransition
from portal.domain.message import MESSAGE_TRANSITIONS, MessageState
from portal.domain.payment import LIVE_STATES, PAYMENT_TRANSITIONS, PaymentState
from portal.domain.payout import PAYOUT_TRANSITIONS, PayoutState
from portal.domain.policy_change import CHANGE_TRANSITIONS, ChangeState
from portal.domain.purchase import PURCHASE_TRANSITIONS, PurchaseState
from portal.domain.quote import QUOTE_TRANSITIONS, QuoteState
from portal.domain.received_file import FILE_TRANSITIONS, FileState
from portal.domain.refund import REFUND_TRANSITIONS, RefundState
from portal.domain.settlement import DIFFERENCE_TRANSITIONS, DifferenceState
from portal.domain.states import check_transition

# The table, its states, where a row begins, and the states that are computed and never stored.
MACHINES = {
    "quote": (QUOTE_TRANSITIONS, QuoteState, {QuoteState.VALID}, {QuoteState.EXPIRED, QuoteState.BUYING}),
    "purchase": (PURCHASE_TRANSITIONS, PurchaseState, {PurchaseState.OPEN}, set()),
    "payment": (PAYMENT_TRANSITIONS, PaymentState, {PaymentState.CREATED, PaymentState.AWAITING_CASH}, set()),
    "refund": (REFUND_TRANSITIONS, RefundState, {RefundState.CREATED, RefundState.AWAITING_COLLECTION}, set()),
    "payout": (PAYOUT_TRANSITIONS, PayoutState, {PayoutState.CREATED, PayoutState.AWAITING_COLLECTION}, set()),
    "file": (FILE_TRANSITIONS, FileState, {FileState.RECEIVING}, set()),
    "claim": (CLAIM_TRANSITIONS, ClaimState, {ClaimState.DRAFT}, set()),
    "paper": (PAPER_TRANSITIONS, PaperState, {PaperState.PENDING}, set()),
    "notice": (NOTICE_TRANSITIONS, NoticeState, {NoticeState.DRAFT}, set()),
    "appeal": (APPEAL_TRANSITIONS, AppealState, {AppealState.OPEN}, set()),
    "change": (CHANGE_TRANSITIONS, ChangeState, {ChangeState.OPEN}, set()),
    "difference": (DIFFERENCE_TRANSITIONS, DifferenceState, {DifferenceState.OPEN}, set()),
    "message": (MESSAGE_TRANSITIONS, MessageState, {MessageState.QUEUED}, set()),
}
each_machine = pytest.mark.parametrize(("table", "states", "first", "computed"), MACHINES.values(), ids=list(MACHINES))


def reached(table: Mapping[StrEnum, frozenset[StrEnum]], first: set[StrEnum]) -> set[StrEnum]:
    """Every state that a row can come to."""
    found, open_ends = set(first), list(first)
    while open_ends:
        fresh = table.get(open_ends.pop(), frozenset()) - found
        found |= fresh
        open_ends += fresh
    return found


@each_machine
def test_every_state_is_where_a_row_begins_or_can_be_reached(table, states, first, computed):
    assert reached(table, first) == set(states) - computed


@each_machine
def test_a_row_moves_only_as_its_table_says(table, states, first, computed):
    for current, target in product(states, states):
        if target in table.get(current, frozenset()):
            check_transition(table, current, target)
        else:
            with pytest.raises(InvalidTransition, match=f"{states.__name__}: {current} -> {target}"):
                check_transition(table, current, target)


@each_machine
def test_computed_states_stand_in_no_table(table, states, first, computed):
    assert not computed & (set(table) | set().union(*table.values()))


@pytest.mark.parametrize("ended", [PaymentState.APPROVED, PaymentState.DECLINED, PaymentState.NOT_SENT])
def test_what_became_of_a_payment_is_final(ended):
    assert not PAYMENT_TRANSITIONS.get(ended)


def test_a_purchase_that_ended_does_not_begin_again():
    assert not PURCHASE_TRANSITIONS.get(PurchaseState.ISSUED)


def test_an_issued_policy_is_always_paid_first():
    leads_to_issued = {state for state, targets in PURCHASE_TRANSITIONS.items() if PurchaseState.ISSUED in targets}
    assert leads_to_issued == {PurchaseState.PAID}


def test_a_payment_under_review_is_only_ended_by_knowing_what_the_bank_did():
    assert PAYMENT_TRANSITIONS[PaymentState.IN_REVIEW] == {PaymentState.APPROVED, PaymentState.DECLINED}


def test_the_live_states_are_all_but_those_that_moved_no_money():
    ended = {PaymentState.DECLINED, PaymentState.NOT_SENT}
    ended_slips = {PaymentState.EXPIRED, PaymentState.CANCELLED}
    assert set(LIVE_STATES) == set(PaymentState) - ended - ended_slips
