"""Beneficiaries with the customer at the desk: the clerk types whom they name, the customer confirms by their code."""

from werkzeug.wrappers import Response

from portal.blueprints.assisted_changes import bp
from portal.blueprints.assisted_changes.place import POLICY, Desk
from portal.blueprints.servicing import naming
from portal.blueprints.servicing.naming import BeneficiariesFlow
from portal.web import drafts
from portal.web.access import Who, allow
from portal.web.wizard import pages

_LIST = f"{POLICY}/beneficiarios"


@bp.get(_LIST)
@allow(Who.STAFF)
def beneficiaries(account_id: int, number: str) -> Response:
    """Who is paid now, and whether that can be changed."""
    return naming.page(Desk(number, account_id))


@bp.post(_LIST)
@allow(Who.STAFF)
def begin_beneficiaries(account_id: int, number: str) -> Response:
    """Begin to name others, or go on; or let go of what was begun."""
    return naming.begin(Desk(number, account_id))


@bp.get(f"{_LIST}/<slug>")
@allow(Who.STAFF)
def show_beneficiaries(account_id: int, number: str, slug: str) -> Response:
    """A step of naming others."""
    return pages.show(BeneficiariesFlow(Desk(number, account_id)), number, slug)


@bp.post(f"{_LIST}/<slug>")
@allow(Who.STAFF)
@drafts.keeps(lambda args: BeneficiariesFlow.form_of(args["slug"]), page="assisted_changes.show_beneficiaries")
def save_beneficiaries(account_id: int, number: str, slug: str) -> Response:
    """Answer a step; the last one carries it out."""
    return pages.answer(BeneficiariesFlow(Desk(number, account_id)), number, slug)
