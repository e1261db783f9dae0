"""Limits that several pages share."""

from collections.abc import Callable

from flask import Response, request
from flask_limiter import RouteLimit
from flask_login import current_user

from portal.domain import addresses
from portal.domain.identity import possible_numbers
from portal.domain.mailbox import mailbox_of
from portal.domain.typed import compact
from portal.extensions import limiter

MAIL_LIMIT = "10/minute"  # "Enviar Email": enough for a person, too slow to fill a mailbox

SEARCH_LIMIT = "30/minute"  # of customers at the desk: more than anybody serves, too few to try numbers

PRINT_LIMIT = "20/minute"  # PDFs that cost nothing to ask for

UPLOAD_LIMIT = "30/minute;300/hour"  # files: a clerk with a family's papers sends one in three seconds
REFUSED_UPLOAD_LIMIT = "10/minute"  # of them those that can't be taken: looking into one may cost ten seconds


def types_a_code() -> bool:
    """Whether the form types a code and asks for no other: it writes to nobody, and the code counts its tries."""
    return "enviar" not in request.form


def account_key() -> str:
    """Counts by account, since a family behind one address doesn't share its limit; a visitor by their network."""
    if current_user.is_authenticated:
        return f"account:{current_user.account_id}"
    return f"address:{addresses.network_of(request.remote_addr)}"


def typed_document() -> str:
    """The number of the form's document in one spelling, however it was written; what can be none, as it was typed."""
    typed = request.form.get("numero_documento", "")
    numbers = possible_numbers(typed)
    return next(iter(numbers.values()), compact(typed)[:80])


def was_refused(response: Response) -> bool:
    """Whether what was sent could not be taken."""
    return response.status_code == 422


def went_on(response: Response) -> bool:
    """Whether what was asked was done: nobody is punished for mistyping."""
    return response.status_code == 303


def mails_of_a_mailbox(address: Callable[[], str]) -> RouteLimit:
    """Twelve mails an hour to one mailbox, by everybody and from every page where an address is typed that may be
    somebody else's: enough for a family that shares one. `address` gives the one that is about to be written to."""
    return limiter.shared_limit(
        "12/hour", scope="mailbox", key_func=lambda: f"mailbox:{mailbox_of(address())}", deduct_when=went_on
    )
