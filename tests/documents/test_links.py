"""What a QR opens can be pressed too, and typed: whoever reads the PDF on the phone has no second camera."""

import pytest

from tests.documents import samples
from tests.documents.printing import links, printed, words

OPENS = {
    "policy": (
        lambda: samples.policy_context(samples.ACCIDENT, "plan-2", samples.beneficiaries(2)),
        samples.VERIFY_URL,
    ),
    "endorsement": (samples.endorsement_context, samples.VERIFY_URL),
    "receipt": (samples.receipt_context, samples.VERIFY_URL),
    "slip": (lambda: samples.slip_context(samples.ACCIDENT), samples.PURCHASE_URL),
}


@pytest.mark.parametrize("kind", OPENS)
def test_the_address_beside_a_qr_can_be_pressed_and_the_code_of_a_policy_typed(kind: str) -> None:
    context, address = OPENS[kind]
    pdf = printed(kind, context())
    assert links(pdf) == {address}
    assert (samples.TYPED_AT in words(pdf)) == (address == samples.VERIFY_URL)
