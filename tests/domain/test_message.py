"""Why a mail did not arrive."""

import pytest

from portal.domain.message import DELIVERY_NAMES, DELIVERY_STATES, UNDELIVERED_NAMES, MessageState, Undelivered
from portal.domain.message import why_undelivered as why


def test_every_state_belongs_to_one_delivery():
    assert sorted(state for states in DELIVERY_STATES.values() for state in states) == sorted(MessageState)
    assert set(DELIVERY_NAMES) == set(DELIVERY_STATES)


@pytest.mark.parametrize(
    ("reason", "found"),
    [
        ("recipient refused: 550 5.1.1", Undelivered.NO_ADDRESS),
        ("recipient refused: 550", Undelivered.NO_ADDRESS),
        ("recipient refused: 551", Undelivered.NO_ADDRESS),
        ("recipient refused: 553 5.1.3", Undelivered.NO_ADDRESS),
        ("recipient refused: 550 5.2.1", Undelivered.NO_ADDRESS),
        ("address not supported", Undelivered.NO_ADDRESS),
        ("recipient refused: 552 5.2.2", Undelivered.FULL),
        ("recipient refused: 550 5.2.2", Undelivered.FULL),
        ("recipient refused: 452 4.2.2", Undelivered.FULL),
        ("recipient refused: 552", Undelivered.FULL),
        ("message refused: 552 5.2.2", Undelivered.FULL),
        ("message refused: 552 5.2.3", Undelivered.OURS),
        ("message refused: 552 5.3.4", Undelivered.OURS),
        ("message refused: 554 5.7.1", Undelivered.OURS),
        ("recipient refused: 550 5.7.1", Undelivered.OURS),
        ("recipient refused: 554", Undelivered.OURS),
        ("recipient refused us: 550", Undelivered.OURS),
        ("recipient refused: 550 5.1.8", Undelivered.OURS),
        ("recipient refused: 550 5.4.5", Undelivered.OURS),
        ("message refused: 421 4.3.2", Undelivered.REFUSED),
        ("sender refused: 451 4.3.0", Undelivered.OURS),
        ("connection: SMTPAuthenticationError: 535", Undelivered.OURS),
        ("connection: SSLCertVerificationError", Undelivered.OURS),
        ("connection: SMTPNotSupportedError", Undelivered.OURS),
        ("connection: SMTPConnectError: 421", Undelivered.NO_ANSWER),
        ("recipient refused: 451 4.7.1", Undelivered.REFUSED),
        ("connection: ConnectionRefusedError", Undelivered.NO_ANSWER),
        ("conversation: TimeoutError", Undelivered.NO_ANSWER),
        ("TemporaryFailure", Undelivered.NO_ANSWER),
        ("sender refused: 552 5.3.4", Undelivered.OURS),
        ("its document could not be made", Undelivered.OURS),
        ("ValueError", Undelivered.OURS),
        (None, Undelivered.OURS),
    ],
)
def test_a_reason_is_told_in_words(reason, found):
    assert why(reason) is found
    assert UNDELIVERED_NAMES[found].endswith(".")


def test_each_reason_has_words_without_a_code():
    assert set(UNDELIVERED_NAMES) == set(Undelivered)
    assert not any(letter.isdigit() for words in UNDELIVERED_NAMES.values() for letter in words)
