"""The receipt of a claim: what was registered, and what was still to come on that day."""

from portal.domain.formats import moment
from portal.integrations.qr import qr_data_uri
from portal.models import Claim
from portal.services.catalogue import offers
from portal.services.printing.contents import Contents, link


def contents(claim: Claim) -> Contents:
    """What the receipt's PDF says. Of its papers, how each stood when the claim was registered."""
    if claim.registered_at is None:
        raise ValueError("a claim that was not registered has no receipt")
    registered_at = claim.registered_at
    product = offers.offer(claim.policy.product_version_id).product
    asked = [
        (document.name, one.received_at is not None and one.received_at <= registered_at)
        for one in claim.papers
        if one.required and (document := product.document(one.code))
    ]
    address = link(f"/siniestros/{claim.number}")
    title = f"Constancia {claim.number}"
    return Contents(
        {
            "claim": claim,
            "product": product,
            "coverage": product.coverage(claim.coverage_code) if claim.coverage_code else None,
            "asked": list(dict.fromkeys(asked)),
            "qr": qr_data_uri(address),
            "qr_url": address,
        },
        title=title,
        footer=f"{title} · {moment(registered_at)} (hora de Lima)",
    )
