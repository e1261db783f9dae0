"""The page of one claim, for whoever comes to it and for what is refused on it."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.models import Claim
from portal.services.claims import appeals, attachments, course, coverage, letters, listing, parties, payees, sums
from portal.services.claims import claim as claims
from portal.web import htmx
from portal.web.actor import actor


def show(number: str, status: int = 200, errors: Mapping[int, str] | None = None) -> Response:
    """The claim as it stands (B02); `errors` by the paper that each belongs to, 0 for one that nobody asked for."""
    claim = claims.get(number, actor())
    return htmx.render("claims/show.html", status, errors=errors or {}, **words(claim))


def words(claim: Claim) -> dict[str, Any]:
    """What the page tells of a claim to who asks."""
    is_holder = parties.is_holder(claim, actor())
    own = parties.own(claim, actor())
    return {
        "claim": claim,
        "own": own,
        "letters": letters.own(claim, actor()),
        "letter_at": partial(url_for, "claims.letter", number=claim.number),
        "course": course.of(claim, actor()),
        "sent": attachments.of(claim, actor()),
        "is_holder": is_holder,
        "payments": payees.payments(own),
        "standing": appeals.of_claim(claim, own),
        "is_out": parties.is_out(claim, actor()),
        "paid": [one for one in parties.paid(claim) if is_holder or one in own],
        "product": coverage.product_of(claim),
        "plan": coverage.plan_of(claim),
        "coverage": coverage.coverage_of(claim),
        "benefit": coverage.benefit_of(claim),
        "by_told": sums.by_told(claim, sums.used_before(claim)) if claim.days_told else None,
        "day_words": coverage.day_words(claim),
        "description": listing.description(claim.story, coverage.event_of(claim)),
        "email": current_user.email,
        "instead": request.args.get("sin", type=int),
    }
