"""Cash that is collected at the agency, of a refund or of a claim: one hands it over, another one confirms it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import flash, url_for
from werkzeug.wrappers import Response

from portal.blueprints.cash import bp
from portal.blueprints.cash.forms import ConfirmForm, HandOverForm, HeirForm
from portal.domain.identity import veiled_email
from portal.extensions import limiter
from portal.services.controls import four_eyes
from portal.services.payments import heirs
from portal.services.payments.cash_payouts import CASH_PAYOUT
from portal.services.payments.hand_over import CashHandOver
from portal.services.payments.refunds import CASH_REFUND
from portal.web import drafts, htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import Form, shown_at, submit
from portal.web.limits import MAIL_LIMIT, account_key
from portal.web.paging import queue_of


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one kind of money is shown. `done` and `waits` are given its number."""

    hand_over: CashHandOver[Any]
    page: str
    done: str
    waits: str


_KINDS = {
    "devoluciones": _Kind(
        CASH_REFUND,
        "cash/refund.html",
        "Devolución {} terminada. Avisamos al cliente por correo.",
        "La devolución {} sigue por entregar.",
    ),
    "pagos": _Kind(
        CASH_PAYOUT,
        "cash/payout.html",
        "Pago {} terminado. Avisamos a la persona por correo.",
        "El pago {} sigue por entregar.",
    ),
}


@bp.get("/gestion/caja/devoluciones")
@allow(Who.STAFF)
def refunds_index() -> Response:
    """What waits to be given back at the agency."""
    return htmx.render(
        "cash/to_hand_over.html", kind="devoluciones", page=queue_of(partial(CASH_REFUND.waiting, actor()))
    )


@bp.get("/gestion/caja/pagos")
@allow(Who.STAFF)
def payouts_index() -> Response:
    """What of claims waits to be collected at the agency."""
    return htmx.render("cash/to_hand_over.html", kind="pagos", page=queue_of(partial(CASH_PAYOUT.waiting, actor())))


@bp.get("/gestion/caja/<any(devoluciones, pagos):kind>/<money_number>")
@allow(Who.STAFF)
def to_hand_over(kind: str, money_number: str) -> Response:
    """Money that is collected, and who has to do what."""
    words = _words(kind, money_number)
    form = ConfirmForm() if words["line"].proposal else HandOverForm()
    return htmx.render(_KINDS[kind].page, form=form, **words)


@bp.post("/gestion/caja/<any(devoluciones, pagos):kind>/<money_number>/codigo")
@allow(Who.STAFF)
@limiter.limit(MAIL_LIMIT, key_func=account_key)
def send_code(kind: str, money_number: str) -> Response:
    """Mail the person a code, the first or another."""

    def done(_: None) -> Response:
        flash("Enviamos un código a su correo. Pídale que se lo diga.", "ok")
        return _back(kind, money_number)

    def use_case() -> None:
        _KINDS[kind].hand_over.code.send(money_number, actor(), shown=shown_at())

    return _submit(HandOverForm(), kind, money_number, use_case, done, needs_shape=False)


@bp.post("/gestion/caja/<any(devoluciones, pagos):kind>/<money_number>/entregar")
@allow(Who.STAFF)
def hand_over(kind: str, money_number: str) -> Response:
    """The first person: the money was handed over, against the person's code."""
    form = HandOverForm()

    def done(_: None) -> Response:
        flash("Anotado. Ahora otra persona de la agencia confirma que se entregó el dinero.", "ok")
        return _back(kind, money_number)

    def use_case() -> None:
        _KINDS[kind].hand_over.hand_over(money_number, form.codigo.data or "", actor())

    return _submit(form, kind, money_number, use_case, done)


@bp.post("/gestion/caja/<any(devoluciones, pagos):kind>/<money_number>/confirmar")
@allow(Who.STAFF)
def confirm(kind: str, money_number: str) -> Response:
    """The second person: it was, or it was not."""
    form, shown = ConfirmForm(), _KINDS[kind]

    def use_case() -> None:
        shown.hand_over.confirm(money_number, actor(), handed_over=form.was_handed_over)

    def done(_: None) -> Response:
        if form.was_handed_over:
            flash(shown.done.format(money_number), "ok")
        else:
            flash(shown.waits.format(money_number), "warn")
        return _back(kind, money_number)

    return _submit(form, kind, money_number, use_case, done)


@bp.get("/gestion/caja/devoluciones/<money_number>/heredero")
@allow(Who.STAFF)
def heir(money_number: str) -> Response:
    """Who collects a refund whose owner has died."""
    return htmx.render("cash/heir.html", form=HeirForm(), owed=heirs.owed(money_number, actor()))


@bp.post("/gestion/caja/devoluciones/<money_number>/heredero")
@allow(Who.STAFF)
@drafts.keeps(HeirForm, page="cash.heir")
def name_heir(money_number: str) -> Response:
    """Write down who collects it: the money waits for them at the agency."""
    form = HeirForm()

    def done(number: str) -> Response:
        flash("Anotado. Envíele el código y entregue el dinero: otra persona lo confirma.", "ok")
        return _back("devoluciones", number)

    return submit(
        form,
        lambda: heirs.name(money_number, form.heir, actor()),
        page=lambda: htmx.invalid("cash/heir.html", form, owed=heirs.owed(money_number, actor())),
        done=done,
    )


def _back(kind: str, money_number: str) -> Response:
    return htmx.go(url_for("cash.to_hand_over", kind=kind, money_number=money_number))


def _submit(
    form: Form,
    kind: str,
    money_number: str,
    use_case: Callable[[], None],
    done: Callable[[None], Response],
    *,
    needs_shape: bool = True,
) -> Response:
    def page() -> Response:
        words = _words(kind, money_number)
        if isinstance(form, HandOverForm) and words["code"] is None:
            form.speak_above()
        return htmx.invalid(_KINDS[kind].page, form, **words)

    return submit(form, use_case, page=page, done=done, needs_shape=needs_shape)


def _words(kind: str, money_number: str) -> dict[str, Any]:
    hand_over = _KINDS[kind].hand_over
    line = hand_over.get(money_number, actor())
    return {
        "kind": kind,
        "line": line,
        "email": veiled_email(line.recipient.email),
        "code": hand_over.code.open_code(line.row),
        "may_confirm": line.proposal is not None and four_eyes.may_decide(line.proposal, actor()),
    }
