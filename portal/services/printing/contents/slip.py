"""A slip: what to pay, at which agency and until when."""

from portal.integrations.qr import qr_data_uri
from portal.models import Payment
from portal.services.catalogue import agencies, offers
from portal.services.printing.contents import Contents, link


def contents(payment: Payment) -> Contents:
    """What the slip's PDF says."""
    quote = payment.purchase.quote
    product, plan = offers.plan_of(quote)
    qr_url = link(f"/compras/{payment.purchase.public_id}")
    title = f"Solicitud de pago {payment.number}"
    return Contents(
        {
            "payment": payment,
            "quote": quote,
            "product": product,
            "plan": plan,
            "agency": agencies.by_code(payment.agency_code),
            "qr_url": qr_url,
            "qr": qr_data_uri(qr_url),
        },
        title=title,
        footer=title,
    )
