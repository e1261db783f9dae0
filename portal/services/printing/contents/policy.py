"""A policy with the terms that an endorsement states."""

from portal.domain.formats import moment
from portal.models import Endorsement
from portal.services.catalogue import offers
from portal.services.policies import plan_changing
from portal.services.printing.contents import Contents, verified


def contents(terms: Endorsement) -> Contents:
    """What the policy's PDF says."""
    policy = terms.policy
    holder = policy.as_known_at(policy.holder, terms)
    product, plan = offers.sold(policy.product_version_id, terms.plan_code)
    title = f"Póliza {policy.number}"
    return Contents(
        {
            "policy": policy,
            "terms": terms,
            "undoes": plan_changing.undoes(terms),
            "beneficiaries": policy.beneficiaries_at(terms.effective_at),
            "payment": policy.payment,
            "product": product,
            "plan": plan,
            "holder": holder,
            "insured": policy.as_known_at(policy.insured, terms),
            "address": holder.full_address,
            **verified(policy),
        },
        title=title,
        footer=f"{title} · Emitida el {moment(policy.issued_at)} (hora de Lima)",
    )
