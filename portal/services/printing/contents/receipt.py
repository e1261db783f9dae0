"""A receipt of cash: for a policy, or for money to be given back."""

from portal.domain.formats import moment
from portal.integrations.qr import qr_data_uri
from portal.models import CashReceipt
from portal.services.payments import receipt_facts
from portal.services.printing.contents import Contents, link


def contents(receipt: CashReceipt) -> Contents:
    """What the receipt's PDF says."""
    facts = receipt_facts.of(receipt)
    qr_url = link(
        f"/verificar/{facts.policy.verification_token}"
        if facts.policy
        else f"/compras/{facts.payment.purchase.public_id}"
    )
    title = f"Recibo {receipt.number}"
    return Contents(
        {"facts": facts, "receipt": receipt, "qr_url": qr_url, "qr": qr_data_uri(qr_url)},
        title=title,
        footer=f"{title} · {moment(receipt.received_at)} (hora de Lima)",
    )
