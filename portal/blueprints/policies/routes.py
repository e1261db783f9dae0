"""Policies, to read, download and mail again."""

from flask import flash, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.blueprints.policies import bp
from portal.blueprints.servicing.place import Own
from portal.domain import clock
from portal.domain.policy import POLICY_NAMES, count_words, state_called
from portal.extensions import limiter
from portal.models import Document
from portal.services.documents import kinds, store
from portal.services.payments import receipts
from portal.services.policies import cover_days, family_card, listing, policy_documents, renewing, timeline
from portal.services.policies import policy as policies
from portal.services.servicing import options
from portal.web import downloads, htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import Form, submit
from portal.web.limits import MAIL_LIMIT, account_key
from portal.web.paging import page_of


@bp.get("/seguros")
@allow(Who.CUSTOMER)
def index() -> Response:
    """The customer's policies, all or of one state (S30)."""
    state = state_called(request.args.get("estado", ""))
    page = page_of(lambda **window: listing.lines(actor(), state=state, **window))
    is_all = state is None and page.is_first and page.next_key is None
    return htmx.render(
        "policies/index.html",
        page=page,
        state=state.words.word if state else None,
        states={words.word: words.plural for words in POLICY_NAMES.values()},
        count=count_words(line.state for line in page.lines) if is_all and page.lines else "",
    )


@bp.get("/polizas/<number>")
@allow(Who.CUSTOMER)
def show(number: str) -> Response:
    """One policy as it stands: "Administrar Póliza" (S31)."""
    policy = policies.get(number, actor())
    now = clock.now()
    product, plan = policies.plan_of(policy, now)
    around = renewing.sight(policy)
    return htmx.render(
        "policies/show.html",
        policy=policy,
        terms=policy.terms_at(now),
        beneficiaries=policy.beneficiaries_at(now),
        product=product,
        plan=plan,
        state=policy.state_at(now),
        around=around,
        may_be_renewed=renewing.may_be_renewed(policy, now),
        has_card=family_card.is_offered(policy, now, death_is_told=around.death_is_told),
        place=Own(number),
        options=options.of(policy, product, now),
        papers=policy_documents.of(policy),
        history=timeline.of_policy(policy, actor()),
        email=current_user.email,
    )


@bp.post("/polizas/<number>/correo")
@allow(Who.CUSTOMER)
@limiter.limit(MAIL_LIMIT, key_func=account_key)
def mail(number: str) -> Response:
    """Mail the same stored PDF again (S25)."""

    def done(address: str) -> Response:
        flash(f"Enviamos la póliza a {address}.", "ok")
        return htmx.go(url_for("policies.show", number=number))

    return submit(
        Form(),
        lambda: policies.send_by_mail(number, actor()),
        page=lambda: htmx.go(url_for("policies.show", number=number)),
        done=done,
    )


@bp.get("/polizas/<number>/pdf")
@allow(Who.CUSTOMER)
def pdf(number: str) -> Response:
    """The policy's PDF."""
    back = url_for("policies.show", number=number)
    document = store.of(kinds.POLICY, policies.terms(number, actor()))
    content = store.content(document, actor())
    return downloads.pdf(*content, back=back, given=lambda: policy_documents.taken(document, actor()))


@bp.get("/polizas/<number>/endosos/<int(max=999):endorsement>/pdf")
@allow(Who.CUSTOMER)
def endorsement_pdf(number: str, endorsement: int) -> Response:
    """The PDF of a change to the policy."""
    back = url_for("policies.show", number=number)
    document = store.of(kinds.ENDORSEMENT, policies.endorsement(number, endorsement, actor()))
    return downloads.pdf(*store.content(document, actor()), back=back)


@bp.get("/polizas/<number>/expediente/<int(max=9999):edition>/pdf")
@allow(Who.CUSTOMER)
def contracting_file_pdf(number: str, edition: int) -> Response:
    """How the policy was contracted, in one file (B03)."""
    back = url_for("policies.show", number=number)
    document = store.of(kinds.CONTRACTING_FILE, policies.contracting_file(number, edition, actor()))
    return downloads.pdf(*store.content(document, actor()), back=back)


@bp.get("/recibos/<receipt>/pdf")
@allow(Who.CUSTOMER)
def receipt_pdf(receipt: str) -> Response:
    """The PDF of the receipt of what was paid in cash."""
    document = store.of(kinds.RECEIPT, receipts.of_payer(receipt, actor()))
    return downloads.pdf(*store.content(document, actor()), back=url_for("policies.index"))


@bp.get("/polizas/<number>/tarjeta")
@allow(Who.CUSTOMER)
def card(number: str) -> Response:
    """The card for the family (B23): what it says, and its files once they were asked for."""
    policy = family_card.policy_of(number, actor())
    found = family_card.find(policy)
    if found and not found.is_ready:
        return downloads.waiting(url_for("policies.show", number=number))
    return htmx.render("policies/card.html", policy=policy, card=found)


@bp.post("/polizas/<number>/tarjeta")
@allow(Who.CUSTOMER)
def order_card(number: str) -> Response:
    """Have the card printed, and wait for it."""
    family_card.order(number, actor())
    return htmx.leave(url_for("policies.card", number=number))


@bp.get("/polizas/<number>/tarjeta/pdf")
@allow(Who.CUSTOMER)
def card_pdf(number: str) -> Response:
    """The card in the size of a purse's."""
    found = family_card.find(family_card.policy_of(number, actor()))
    return _card_file(number, found and found.purse, "application/pdf")


@bp.get("/polizas/<number>/tarjeta/imagen")
@allow(Who.CUSTOMER)
def card_picture(number: str) -> Response:
    """The card as a picture."""
    found = family_card.find(family_card.policy_of(number, actor()))
    return _card_file(number, found and found.picture, "image/png")


def _card_file(number: str, document: Document | None, content_type: str) -> Response:
    """The file; the card's page while there is none."""
    if document is None or not document.is_ready:
        return htmx.leave(url_for("policies.card", number=number))
    filename, content = store.content(document, actor())
    return downloads.attachment(filename, content or b"", content_type)


@bp.get("/polizas/<number>/calendario")
@allow(Who.CUSTOMER)
def calendar(number: str) -> Response:
    """The policy's days for the calendar of a phone."""
    return downloads.attachment(f"{number}.ics", cover_days.file_of(number, actor()), "text/calendar; charset=utf-8")


@bp.get("/polizas/<number>/condiciones")
@allow(Who.CUSTOMER)
def conditions(number: str) -> Response:
    """The general conditions in the version that was sold."""
    product, _ = policies.plan_of(policies.get(number, actor()), clock.now())
    back = url_for("policies.show", number=number)
    return htmx.render("catalogue/conditions.html", product=product, back=back, back_name=f"Póliza {number}")
