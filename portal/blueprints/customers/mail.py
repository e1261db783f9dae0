"""/gestion/clientes/…/correos/…: one mail of a customer's, and sending it again where it did not arrive."""

from typing import Any

from flask import flash, url_for
from werkzeug.wrappers import Response

from portal.blueprints.customers import bp
from portal.domain.errors import NotFound
from portal.domain.message import UNDELIVERED_NAMES
from portal.extensions import limiter
from portal.services.desk import customer_mail
from portal.services.messaging import rendering
from portal.web import htmx, stored_mail
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import Form, submit
from portal.web.limits import MAIL_LIMIT, account_key
from portal.web.paging import LARGEST_KEY

_MAIL = f"/gestion/clientes/<int(max={LARGEST_KEY}):account_id>/correos/<int(max={LARGEST_KEY}):message_id>"


@bp.get(_MAIL)
@allow(Who.STAFF)
def mail(account_id: int, message_id: int) -> Response:
    """What it said, as far as the staff reads it, and whether it arrived."""
    return htmx.render("customers/mail.html", form=Form(), **_words(account_id, message_id))


@bp.get(f"{_MAIL}/como-se-envio")
@allow(Who.STAFF)
def mail_as_sent(account_id: int, message_id: int) -> Response:
    """Its HTML part, as its reader has it before them: for who helps them with it."""
    _customer, letter = customer_mail.read(account_id, message_id, actor())
    if not letter.is_for_the_desk:
        raise NotFound
    return stored_mail.as_sent(letter.message.html_body)


@bp.post(f"{_MAIL}/otra-vez")
@allow(Who.STAFF)
@limiter.limit(MAIL_LIMIT, key_func=account_key)
def send_mail_again(account_id: int, message_id: int) -> Response:
    """The same mail, to the account's present address."""
    form = Form()

    def done(address: str) -> Response:
        flash(f"El correo sale otra vez, a {address}.", "ok")
        return htmx.go(url_for("customers.mail", account_id=account_id, message_id=message_id))

    return submit(
        form,
        lambda: customer_mail.send_again(account_id, message_id, actor()),
        page=lambda: htmx.invalid("customers/mail.html", form, **_words(account_id, message_id)),
        done=done,
    )


def _words(account_id: int, message_id: int) -> dict[str, Any]:
    customer, letter = customer_mail.read(account_id, message_id, actor())
    return {
        "customer": customer,
        "letter": letter,
        "message": letter.message,
        "why": UNDELIVERED_NAMES.get(letter.why) if letter.why else "",
        "secret_mark": rendering.SECRET_MARK,
    }
