"""What the portal mailed to the customer, readable as it was sent, and sent again where it did not arrive."""

from dataclasses import replace
from typing import Any

from flask import flash, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.blueprints.messages import bp
from portal.blueprints.messages.forms import AddressForm
from portal.domain.errors import NotFound
from portal.domain.identity import suggested_email
from portal.domain.message import DELIVERY_NAMES, TOPIC_NAMES, UNDELIVERED_NAMES, Delivery, Topic
from portal.extensions import limiter
from portal.services.documents import store
from portal.services.messaging import inbox, outgoing, rendering, resending
from portal.services.policies import policy_documents
from portal.web import downloads, drafts, htmx, stored_mail
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import submit, submitted
from portal.web.limits import MAIL_LIMIT, account_key, mails_of_a_mailbox
from portal.web.paging import LARGEST_KEY, choice_of, key_asked_for, page_of

_MESSAGE = f"<int(max={LARGEST_KEY}):message_id>"
_REDIRECT_LIMIT = f"{MAIL_LIMIT};30/day"  # to addresses that anybody may type: enough for a slip, no use for spam


def _typed_address() -> str:
    typed = AddressForm().correo.data or ""
    return (suggested_email(typed) or typed) if submitted("sugerido") else typed


@bp.get("/comunicaciones")
@allow(Who.CUSTOMER)
def index() -> Response:
    """One line a message and a transaction that no mail tells of, the newest first (S35)."""
    topic, delivery = choice_of(Topic, "tema"), choice_of(Delivery, "estado")
    page = page_of(lambda **window: inbox.lines(actor(), topic=topic, delivery=delivery, **window))
    is_cut = False
    if delivery is None:
        told, is_cut = inbox.with_unmailed(
            page.lines, actor(), topic=topic, before=key_asked_for(), is_last=page.next_key is None
        )
        page = replace(page, lines=told)
    return htmx.render(
        "messages/index.html",
        page=page,
        is_cut=is_cut,
        topic=topic,
        delivery=delivery,
        topics=TOPIC_NAMES,
        deliveries=DELIVERY_NAMES,
    )


@bp.get(f"/comunicaciones/{_MESSAGE}")
@allow(Who.CUSTOMER)
def show(message_id: int) -> Response:
    """One message: its HTML in a frame of its own, and its text part."""
    letter = inbox.letter(message_id, actor())
    form = AddressForm(formdata=None, correo=current_user.email, antes=letter.message.recipient)
    return htmx.render("messages/show.html", form=form, suggestion=None, **_words(letter))


@bp.get(f"/comunicaciones/{_MESSAGE}/como-se-envio")
@allow(Who.CUSTOMER)
def as_sent(message_id: int) -> Response:
    """The HTML part of a message, on an address of its own; where its secret was, there is the mark."""
    return stored_mail.as_sent(outgoing.get(message_id, actor()).html_body)


@bp.post(f"/comunicaciones/{_MESSAGE}/otra-direccion")
@allow(Who.CUSTOMER)
@limiter.limit(_REDIRECT_LIMIT, key_func=account_key)
@mails_of_a_mailbox(_typed_address)
@drafts.keeps(AddressForm, page="messages.show")
def redirect(message_id: int) -> Response:
    """Send a message again, to the address that its owner gives (B09)."""
    letter = inbox.letter(message_id, actor())
    form = AddressForm()
    typed = form.correo.data or ""
    if submitted("sugerido"):
        typed = suggested_email(typed) or typed

    def again() -> Response:
        if letter.can_be_redirected:
            return htmx.invalid("messages/show.html", form, suggestion=suggested_email(typed), **_words(letter))
        flash(f"Este mensaje ya va en camino a {letter.message.recipient}.", "info")  # sent from another window
        return htmx.go(url_for("messages.show", message_id=message_id))

    def done(address: str) -> Response:
        flash(
            f"El mensaje sale ahora hacia {address}. Abra este mensaje otra vez en unos minutos: dirá si llegó.", "ok"
        )
        return htmx.go(url_for("messages.show", message_id=message_id))

    return submit(
        form,
        lambda: resending.send_to(
            message_id, typed, actor(), shown=form.antes.data or "", is_sure=submitted("escrito")
        ),
        page=again,
        done=done,
    )


@bp.get(f"/comunicaciones/{_MESSAGE}/documentos/<int(max={LARGEST_KEY}):document_id>")
@allow(Who.CUSTOMER)
def attachment(message_id: int, document_id: int) -> Response:
    """A document that the message carried: the same stored bytes."""
    message = outgoing.get(message_id, actor())
    document = next((one for one in message.attachments if one.id == document_id), None)
    if document is None:
        raise NotFound
    back = url_for("messages.show", message_id=message_id)
    content = store.content(document, actor())
    return downloads.pdf(*content, back=back, given=lambda: policy_documents.taken(document, actor()))


def _words(letter: inbox.Letter) -> dict[str, Any]:
    return {
        "letter": letter,
        "message": letter.message,
        "why": UNDELIVERED_NAMES.get(letter.why) if letter.why else "",
        "secret_mark": rendering.SECRET_MARK,
        "sandbox": stored_mail.SANDBOX,
    }
