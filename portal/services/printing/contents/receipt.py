"""A receipt of cash: for a policy, or for money to be given back."""

from portal.domain.formats import moment
from portal.integrations.qr import qr_data_uri
from portal.models import CashReceipt
from portal.services.payments import receipt_facts
from portal.services.printing.contents import Contents, link, verified


def contents(receipt: CashReceipt) -> Contents:
    """What the receipt's PDF says."""
    facts = receipt_facts.of(receipt)
    if facts.policy:
        shown = verified(facts.policy)
    else:
        address = link(f"/compras/{facts.payment.purchase.public_id}")
        shown = {"verify_url": address, "qr": qr_data_uri(address), "verify_code": ""}
    title = f"Recibo {receipt.number}"
    return Contents(
        {"facts": facts, "receipt": receipt, **shown},
        title=title,
        footer=f"{title} · {moment(receipt.received_at)} (hora de Lima)",
    )
