"""Quotes, from the plan's "Cotizar" to "Comprar"."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import flash, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.blueprints.quotes import bp
from portal.blueprints.quotes.forms import ON_A_DAY, OTHER, BuyForm, QuoteForm, new_token
from portal.domain import calendar, clock, formats
from portal.domain.quote import QUOTE_FILTERS, QuoteState
from portal.extensions import limiter
from portal.services.catalogue import offers
from portal.services.documents import kinds, store
from portal.services.policies import insured_limit
from portal.services.sale import listing, purchasing, quoting
from portal.web import downloads, drafts, htmx, waiting_plan
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import Result, submit
from portal.web.limits import MAIL_LIMIT, PRINT_LIMIT, account_key
from portal.web.paging import page_of


@bp.get("/cotizaciones")
@allow(Who.CUSTOMER)
def index() -> Response:
    """The customer's quotes, all or of one standing (S29)."""
    word = request.args.get("estado", "")
    standing, _ = QUOTE_FILTERS.get(word, (None, ""))
    return htmx.render(
        "quotes/index.html",
        page=page_of(lambda **window: listing.lines(actor(), standing=standing, **window)),
        standing=word if standing else None,
        standings={called: plural for called, (_, plural) in QUOTE_FILTERS.items()},
        validity=calendar.QUOTE_VALIDITY.days,
        on_sale={(offer.product.slug, plan.code) for offer in offers.offers() for plan in offer.product.plans},
    )


@bp.get("/cotizar/<slug>/<plan>")
@allow(Who.CUSTOMER)
def create(slug: str, plan: str) -> Response:
    """The form, filled with what is known; `de` names an older quote to begin from (S11). A plan that was withdrawn
    since it was chosen leads to those that are on sale."""
    waiting_plan.forget()
    if not offers.is_on_sale(slug, plan):
        flash("Ese plan ya no está a la venta. Estos son los planes de hoy.", "warn")
        return htmx.leave(url_for("catalogue.products"))
    older = request.args.get("de", "")
    form = QuoteForm(data=_answers_of(older) if older else None)
    form.solicitud.data = new_token()
    return htmx.render("quotes/create.html", form=form, **_words(slug, plan, older))


@bp.post("/cotizar/<slug>/<plan>")
@allow(Who.CUSTOMER)
@drafts.keeps(QuoteForm, page="quotes.create")
def accept(slug: str, plan: str) -> Response:
    """Make the quote (S12)."""
    form = QuoteForm()
    older = request.args.get("de", "")
    return submit(
        form,
        lambda: quoting.accept(
            quoting.QuoteRequest(
                token=form.request_token(slug, plan),
                slug=slug,
                plan_code=plan,
                insured=form.other_insured,
                chosen_start=form.chosen_start,
            ),
            actor(),
        ),
        page=lambda: htmx.invalid("quotes/create.html", form, **_words(slug, plan, older)),
        done=lambda quote: htmx.go(url_for("quotes.show", number=quote.number)),
    )


@bp.get("/cotizaciones/<number>")
@allow(Who.CUSTOMER)
def show(number: str) -> Response:
    """The quote and what can be done with it (S13)."""
    return htmx.render("quotes/show.html", form=BuyForm(), **_quote_words(number))


@bp.post("/cotizaciones/<number>/correo")
@allow(Who.CUSTOMER)
@limiter.limit(MAIL_LIMIT, key_func=account_key)
def mail(number: str) -> Response:
    """Mail the quote with its PDF."""

    def done(address: str) -> Response:
        flash(f"Enviamos la cotización a {address}.", "ok")
        return htmx.go(url_for("quotes.show", number=number))

    return _on_the_page(number, lambda: quoting.send_by_mail(number, actor()), done)


@bp.post("/cotizaciones/<number>/pdf")
@allow(Who.CUSTOMER)
@limiter.limit(PRINT_LIMIT, key_func=account_key)
def order_pdf(number: str) -> Response:
    """Have the quote printed, and wait for it."""
    return _on_the_page(
        number,
        lambda: quoting.order_pdf(number, actor()),
        lambda _: htmx.leave(url_for("quotes.pdf", number=number)),  # in the end a file
    )


@bp.get("/cotizaciones/<number>/pdf")
@allow(Who.CUSTOMER)
def pdf(number: str) -> Response:
    """The quote's PDF; the quote while nobody asked for one."""
    document = store.find(kinds.QUOTE, quoting.get(number, actor()))
    back = url_for("quotes.show", number=number)
    return downloads.pdf(*store.content(document, actor()), back=back) if document else htmx.leave(back)


@bp.get("/cotizaciones/<number>/condiciones")
@allow(Who.CUSTOMER)
def conditions(number: str) -> Response:
    """The general conditions in the version that the quote was made by."""
    product, _ = offers.plan_of(quoting.get(number, actor()))
    back = url_for("quotes.show", number=number)
    return htmx.render("catalogue/conditions.html", product=product, back=back, back_name=f"Cotización {number}")


@bp.post("/cotizaciones/<number>/comprar")
@allow(Who.CUSTOMER)
def buy(number: str) -> Response:
    """Begin to buy, or go on with what was begun."""
    form = BuyForm()
    return submit(
        form,
        lambda: purchasing.start(number, actor(), accepts=form.acepta.data),
        page=lambda: htmx.invalid("quotes/show.html", form, **_quote_words(number)),
        done=lambda purchase: htmx.leave(url_for("purchase.show", public_id=purchase.public_id)),
    )


def _on_the_page(number: str, use_case: Callable[[], Result], done: Callable[[Result], Response]) -> Response:
    """What a button of the quote's page does; refused, the page says why."""
    form = BuyForm(formdata=None)
    return submit(
        form,
        use_case,
        page=lambda: htmx.invalid("quotes/show.html", form, **_quote_words(number)),
        done=done,
        needs_shape=False,
    )


def _words(slug: str, plan_code: str, older_number: str) -> dict[str, Any]:
    offer, plan = offers.plan_on_sale(slug, plan_code)
    today = clock.today()
    older = _same_plan(older_number, slug, plan.code) if older_number else None
    return {
        "product": offer.product,
        "plan": plan,
        "holder": current_user.person,
        "declaration": offers.texts()["declaracion-asegurado"],
        "first_start": today + timedelta(days=1),
        "last_start": today + calendar.LATEST_START,
        "older_number": older_number,
        "older": older,
        "changes": quoting.changes_since(older, offer.product, plan) if older else None,
    }


def _same_plan(number: str, slug: str, plan_code: str) -> Any:
    """The older quote when it is of the same plan: only then is there something to compare."""
    quote = quoting.get(number, actor())
    product, plan = offers.plan_of(quote)
    return quote if (product.slug, plan.code) == (slug, plan_code) else None


def _answers_of(number: str) -> dict[str, Any]:
    """What an older quote's form was filled with. Raises NotFound."""
    quote = quoting.get(number, actor())
    answers: dict[str, Any] = {}
    if not quote.holder_is_insured:
        insured = quote.insured
        answers |= {
            "asegurado": OTHER,
            "tipo_documento": insured.document_type.value,
            "pais_documento": insured.country,
            "numero_documento": insured.document_number,
            "nombres": insured.names,
            "apellido_paterno": insured.paternal_surname,
            "apellido_materno": insured.maternal_surname,
            "fecha_nacimiento": formats.day(insured.birth_date),
        }
    if quote.chosen_start and quote.chosen_start > clock.today():
        answers |= {"cuando": ON_A_DAY, "inicio": formats.day(quote.chosen_start)}
    return answers


def _quote_words(number: str) -> dict[str, Any]:
    line = listing.one(number, actor())
    expired = line.state is QuoteState.EXPIRED
    return {
        "line": line,
        "quote": line.quote,
        "product": line.product,
        "plan": line.plan,
        "policy_number": line.policy_number,
        "held": insured_limit.held(line.quote) if line.is_to_buy and not line.quote.is_renewal else (),
        "is_on_sale": expired and offers.is_on_sale(line.product.slug, line.plan.code),
        "terms": offers.texts()["cotizacion"],
        "email": current_user.email,
    }
