"""Paying in cash: the agencies to choose from, and the slip to download, mail and wait beside."""

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.purchase import bp
from portal.blueprints.purchase.flow import FLOW
from portal.blueprints.purchase.steps.method import Method
from portal.extensions import limiter
from portal.services.documents import kinds, store
from portal.services.sale import paying, purchasing
from portal.web import downloads, htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import Form, submit
from portal.web.limits import MAIL_LIMIT, account_key


@bp.get("/compras/<public_id>/agencias")
@allow(Who.CUSTOMER)
def agencies(public_id: str) -> Response | str:
    """The agencies of a department: the answer to a change of its list."""
    purchase, step = purchasing.get(public_id, actor()), Method()
    if not htmx.is_fragment_request():
        asked = {"forma": "efectivo", "departamento": request.args.get("departamento")}
        return htmx.go(FLOW.address(purchase, step, **asked))
    form = step.form(purchase)
    return render_template("partials/purchase/agencies.html", form=form, **step.words(purchase, form))


@bp.get("/compras/<public_id>/solicitud/pdf")
@allow(Who.CUSTOMER)
def slip_pdf(public_id: str) -> Response:
    """The slip's PDF."""
    document = store.of(kinds.SLIP, paying.payable_slip(public_id, actor()))
    return downloads.pdf(*store.content(document, actor()), back=url_for("purchase.show", public_id=public_id))


@bp.post("/compras/<public_id>/solicitud/correo")
@allow(Who.CUSTOMER)
@limiter.limit(MAIL_LIMIT, key_func=account_key)
def slip_mail(public_id: str) -> Response:
    """Mail the same stored slip again."""
    back = url_for("purchase.show", public_id=public_id)

    def done(address: str) -> Response:
        flash(f"Enviamos la solicitud de pago a {address}.", "ok")
        return htmx.go(back)

    return submit(Form(), lambda: paying.mail_slip(public_id, actor()), page=lambda: htmx.go(back), done=done)


@bp.get("/compras/<public_id>/solicitud/novedades")
@allow(Who.CUSTOMER)
def slip_news(public_id: str) -> Response:
    """Asked by the slip's own page: nothing while it waits, then the way to what became of it: it was paid, ended, or
    another stands in its place."""
    slip = purchasing.living_slip(purchasing.get(public_id, actor()))
    if slip is not None and slip.number == request.args.get("solicitud") and htmx.is_fragment_request():
        return Response(status=204)
    return htmx.leave(url_for("purchase.show", public_id=public_id))
