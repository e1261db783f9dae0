"""The page of a claim that a clerk of the agency registered, for whoever comes to it and for what is refused on it."""

from collections.abc import Mapping

from flask import request
from werkzeug.wrappers import Response

from portal.services.claims import attachments, coverage
from portal.services.desk import assisted_claims
from portal.web import htmx
from portal.web.actor import actor


def show(account_id: int, number: str, status: int = 200, errors: Mapping[int, str] | None = None) -> Response:
    """`errors` by the paper that each belongs to."""
    claim = assisted_claims.registered(account_id, number, actor())
    return htmx.render(
        "assisted_claims/show.html",
        status,
        account_id=account_id,
        claim=claim,
        event=coverage.event_of(claim),
        sent=attachments.of(claim, actor()),
        errors=errors or {},
        instead=request.args.get("sin", type=int),
    )
