"""Quotes: the server computes every amount from the catalogue's version."""

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.domain import calendar, clock
from portal.domain.actor import Actor
from portal.domain.catalogue import Plan, Product
from portal.domain.errors import DomainError, NotFound
from portal.domain.identity import Identity, age_on, check_birth_date
from portal.domain.quote import QuotePurpose
from portal.extensions import db
from portal.models import Account, Document, Person, Quote
from portal.models.transaction import NOT_THE_KEY, writing
from portal.services.accounts import consents
from portal.services.catalogue import offers
from portal.services.documents import kinds, store
from portal.services.messaging import outgoing
from portal.services.messaging.mails.sale import QuoteSent
from portal.services.platform import audit
from portal.services.platform.numbering import next_number

_MOST_WAITING = 5  # of an account's quotes, asked for and not printed yet


@dataclass(frozen=True, slots=True)
class OtherInsured:
    """Another person to be insured, as the holder declares them."""

    identity: Identity
    names: str
    paternal_surname: str
    maternal_surname: str
    birth_date: date
    agrees: bool


@dataclass(frozen=True, slots=True)
class QuoteRequest:
    """What the form asks. `token` is the form's own: the same form sent twice makes one quote."""

    token: str
    slug: str
    plan_code: str
    insured: OtherInsured | None
    chosen_start: date | None


def accept(request: QuoteRequest, actor: Actor) -> Quote:
    """Make the numbered quote (S12). Raises DomainError on the field at fault, NotFound for what is not on sale."""
    try:
        return _accept(request, actor)
    except IntegrityError:
        # The same form arrived twice at once: the unique request token let one through.
        first = _by_token(request.token, actor)
        if first is None:
            raise
        return first


def _accept(request: QuoteRequest, actor: Actor) -> Quote:
    with writing() as session:
        offer, plan = offers.plan_on_sale(request.slug, request.plan_code)
        repeated = _by_token(request.token, actor)
        if repeated is not None:
            return repeated
        account = session.get_one(Account, actor.account_id)
        today = clock.today()
        if request.chosen_start:
            calendar.check_chosen_start(request.chosen_start, today)
        insured = _other_person(request.insured, account.person, today) if request.insured else account.person
        _check_age(
            offer.product,
            insured.birth_date,
            calendar.latest_start(today, request.chosen_start),
            field="fecha_nacimiento" if request.insured else "asegurado",
        )
        quote = Quote(
            number=next_number("COT"),
            request_token=request.token,
            account_id=account.id,
            holder=account.person,
            insured=insured,
            product_version_id=offer.version_id,
            plan_code=plan.code,
            premium_net=plan.net,
            premium_igv=plan.igv,
            premium_total=plan.total,
            chosen_start=request.chosen_start,
            valid_until=valid_until(today),
        )
        session.add(quote)
        session.flush()
        if request.insured:
            consents.record("declaracion-asegurado", actor, account_id=account.id, quote=quote)
        audit.record(actor, "quote.accept", quote.number, product=request.slug, version=offer.version, plan=plan.code)
    return quote


def get(number: str, actor: Actor) -> Quote:
    """One of the actor's own quotes. Raises NotFound, for a change of plan too: it is a page of its policy."""
    its = select(Quote).where(Quote.number == number, Quote.account_id == actor.account_id)
    quote = db.session.scalars(its.where(Quote.purpose != QuotePurpose.PLAN_CHANGE)).one_or_none()
    if quote is None:
        raise NotFound("No encontramos esa cotización.")
    return quote


def send_by_mail(number: str, actor: Actor) -> str:
    """Mail the quote with its PDF to its holder (S13). The address it goes to. Raises DomainError as `order_pdf`."""
    with writing() as session:
        quote = get(number, actor)
        account = session.get_one(Account, actor.account_id)
        product, plan = offers.plan_of(quote)
        mail = QuoteSent(quote=quote, product=product, plan=plan)
        document = _printed(quote)
        outgoing.queue(mail, to=account.email, account=account, quote=quote, attachments=[document])
        audit.record(actor, "quote.mail", quote.number)
    return account.email


def order_pdf(number: str, actor: Actor) -> None:
    """Have the quote printed (S13), once, however often it is asked for. Raises DomainError while as many as the
    account may are still being printed."""
    with writing():
        _printed(get(number, actor))


def _printed(quote: Quote) -> Document:
    """Its document, ready or on its way, in the present transaction. Printing costs processor, asking costs nothing:
    an account has a few on their way, and whoever bought never waits behind them."""
    db.session.get_one(Account, quote.account_id, with_for_update=NOT_THE_KEY)  # of one account, one after the other
    if document := store.find(kinds.QUOTE, quote):
        return document
    if store.count_waiting(kinds.QUOTE, quote.account_id) >= _MOST_WAITING:
        raise DomainError(
            f"Ya estamos preparando {_MOST_WAITING} de sus cotizaciones en PDF. Espere un momento y pida esta otra vez."
        )
    return store.order(kinds.QUOTE, quote)


@dataclass(frozen=True, slots=True)
class Changes:
    """What is different now from what an older quote said. `price` is (then, now) in soles, None if it is the same."""

    price: tuple[Decimal, Decimal] | None
    sums: bool
    conditions: bool

    def __bool__(self) -> bool:
        return self.price is not None or self.sums or self.conditions


def changes_since(quote: Quote, product: Product, plan: Plan) -> Changes:
    """What changed between an older quote and the product and plan on sale."""
    then, plan_then = offers.plan_of(quote)
    return Changes(
        price=(quote.premium_total, plan.total) if quote.premium_total != plan.total else None,
        sums=plan_then.benefits != plan.benefits,
        conditions=then.conditions != product.conditions,
    )


def _by_token(token: str, actor: Actor) -> Quote | None:
    return db.session.scalars(
        select(Quote).where(Quote.request_token == token, Quote.account_id == actor.account_id)
    ).one_or_none()


def _other_person(declared: OtherInsured, holder: Person, today: date) -> Person:
    if declared.identity == holder.identity:
        raise DomainError("Ese es su propio documento. Para asegurarse usted, marque «A mí».", "numero_documento")
    check_birth_date(declared.birth_date, today)
    if not declared.agrees:
        raise DomainError("Marque que la persona asegurada está de acuerdo.", "acepta_asegurado")
    return Person(
        country=declared.identity.country,
        document_type=declared.identity.document_type,
        document_number=declared.identity.number,
        names=declared.names,
        paternal_surname=declared.paternal_surname,
        maternal_surname=declared.maternal_surname,
        birth_date=declared.birth_date,
    )


def _check_age(product: Product, birth_date: date, latest_start: date, *, field: str) -> None:
    """Source: docs/rules.md, Start of cover: the age is judged on the latest start that the quote allows."""
    if not product.age_allowed(birth_date, latest_start):
        age = age_on(birth_date, latest_start)
        raise DomainError(
            f"Este seguro es para personas de {product.min_age} a {product.max_age} años. Si empezara el "
            f"{latest_start:%d/%m/%Y}, que es lo más tarde posible, la edad sería {age}.",
            field,
        )


def valid_until(today: date) -> datetime:
    """Until when a quote of that day can be bought."""
    return datetime.combine(today + calendar.QUOTE_VALIDITY, time(23, 59, 59), tzinfo=clock.LIMA)
