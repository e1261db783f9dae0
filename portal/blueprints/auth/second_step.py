"""Routes of the staff's second step: turning it on, passing it, and the recovery codes."""

from collections.abc import Sequence

from flask import flash, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.blueprints.auth import bp
from portal.blueprints.auth.entering import after_login, next_page, remember
from portal.blueprints.auth.forms import AppCodeForm, KeptForm, RecoveryCodeForm
from portal.domain.staff import a_supervisor
from portal.extensions import limiter
from portal.services.authentication import second_step
from portal.services.authentication.sessions import SignedIn
from portal.services.platform import encryption
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import Form, submit
from portal.web.limits import account_key

# What an account bears is counted in its row; this only keeps a loop from keeping the database busy.
_LIMIT = "30/minute"
_SHOWN_ONCE = "codigos"  # the cookie's place for new recovery codes, sealed, until their owner has kept them


@bp.get("/segundo-paso")
@allow(Who.SECOND_STEP)
def ask_code() -> Response:
    if not current_user.needs_second_step:
        return htmx.go(after_login(current_user))
    if second_step.standing(actor()).enrolled_at is None:
        return htmx.go(url_for("auth.enrolment", next=next_page()))
    return htmx.render("auth/second_step.html", form=AppCodeForm(), next=next_page())


@bp.post("/segundo-paso")
@allow(Who.SECOND_STEP)
@limiter.limit(_LIMIT, key_func=account_key)
def pass_code() -> Response:
    form = AppCodeForm()

    def done(signed_in: SignedIn) -> Response:
        remember(signed_in)
        return htmx.leave(after_login(signed_in))

    return submit(
        form,
        lambda: second_step.pass_code(form.codigo.data or "", actor(), replacing=current_user.get_id()),
        page=lambda: htmx.invalid("auth/second_step.html", form, next=next_page()),
        done=done,
    )


@bp.get("/segundo-paso/recuperacion")
@allow(Who.SECOND_STEP)
def ask_recovery_code() -> Response:
    if not current_user.needs_second_step:
        return htmx.go(after_login(current_user))
    return htmx.render("auth/recovery.html", form=RecoveryCodeForm(), next=next_page())


@bp.post("/segundo-paso/recuperacion")
@allow(Who.SECOND_STEP)
@limiter.limit(_LIMIT, key_func=account_key)
def pass_recovery_code() -> Response:
    form = RecoveryCodeForm()

    def done(passed: tuple[SignedIn, int]) -> Response:
        signed_in, left = passed
        remember(signed_in)
        asked = a_supervisor(signed_in.role)
        flash(f"{_left(left)} Si ya no tiene su teléfono, pida a {asked} que reinicie su segundo paso.", "warn")
        return htmx.leave(after_login(signed_in))

    return submit(
        form,
        lambda: second_step.pass_recovery_code(form.codigo.data or "", actor(), replacing=current_user.get_id()),
        page=lambda: htmx.invalid("auth/recovery.html", form, next=next_page()),
        done=done,
    )


@bp.get("/segundo-paso/activar")
@allow(Who.SECOND_STEP)
def enrolment() -> Response:
    """What the second step is and what it takes, before anything is shown."""
    if second_step.standing(actor()).enrolled_at is not None:
        return htmx.go(after_login(current_user))
    return htmx.render("auth/enrolment.html", form=Form(), next=next_page())


@bp.post("/segundo-paso/activar")
@allow(Who.SECOND_STEP)
@limiter.limit(_LIMIT, key_func=account_key)
def begin_enrolment() -> Response:
    form = Form()
    return submit(
        form,
        lambda: second_step.begin(actor()),
        page=lambda: htmx.invalid("auth/enrolment.html", form, next=next_page()),
        done=lambda _: htmx.go(url_for("auth.enrolment_code", next=next_page())),
    )


@bp.get("/segundo-paso/activar/codigo")
@allow(Who.SECOND_STEP)
def enrolment_code() -> Response:
    enrolment = second_step.enrolment(actor())
    if enrolment is None:
        return htmx.go(url_for("auth.enrolment", next=next_page()))
    return htmx.render("auth/enrolment_code.html", form=AppCodeForm(), enrolment=enrolment, next=next_page())


@bp.post("/segundo-paso/activar/codigo")
@allow(Who.SECOND_STEP)
@limiter.limit(_LIMIT, key_func=account_key)
def enrol() -> Response:
    form, enrolment = AppCodeForm(), second_step.enrolment(actor())
    if enrolment is None:
        return htmx.go(url_for("auth.enrolment", next=next_page()))

    def done(enrolled: tuple[SignedIn, Sequence[str]]) -> Response:
        signed_in, codes = enrolled
        remember(signed_in)
        return _show_once(codes)

    return submit(
        form,
        lambda: second_step.enrol(form.codigo.data or "", actor(), replacing=current_user.get_id()),
        page=lambda: htmx.invalid("auth/enrolment_code.html", form, enrolment=enrolment, next=next_page()),
        done=done,
    )


@bp.get("/segundo-paso/codigos")
@allow(Who.STAFF)
def recovery_codes() -> Response:
    """The new recovery codes, until their owner says that they are kept."""
    if _SHOWN_ONCE not in session:
        return htmx.go(after_login(current_user))
    return htmx.render("auth/recovery_codes.html", form=KeptForm(), codes=_shown(), next=next_page())


@bp.post("/segundo-paso/codigos")
@allow(Who.STAFF)
def keep_recovery_codes() -> Response:
    if _SHOWN_ONCE not in session:
        return htmx.go(after_login(current_user))
    form = KeptForm()
    return submit(
        form,
        lambda: session.pop(_SHOWN_ONCE),
        page=lambda: htmx.invalid("auth/recovery_codes.html", form, codes=_shown(), next=next_page()),
        done=lambda _: htmx.leave(after_login(current_user)),
    )


@bp.get("/segundo-paso/codigos/nuevos")
@allow(Who.STAFF)
def new_recovery_codes() -> Response:
    return htmx.render("auth/new_recovery_codes.html", form=AppCodeForm())


@bp.post("/segundo-paso/codigos/nuevos")
@allow(Who.STAFF)
@limiter.limit(_LIMIT, key_func=account_key)
def renew_recovery_codes() -> Response:
    form = AppCodeForm()
    return submit(
        form,
        lambda: second_step.renew_recovery_codes(form.codigo.data or "", actor()),
        page=lambda: htmx.invalid("auth/new_recovery_codes.html", form),
        done=_show_once,
    )


def _show_once(codes: Sequence[str]) -> Response:
    # Stored are only their hashes: the browser itself carries them, sealed, so that a lost answer loses nothing.
    session[_SHOWN_ONCE] = encryption.seal(" ".join(codes)).decode()
    return htmx.leave(url_for("auth.recovery_codes", next=next_page()))


def _shown() -> Sequence[str]:
    return encryption.unseal(session[_SHOWN_ONCE].encode()).split()


def _left(left: int) -> str:
    if left == 0:
        return "Usó su último código de recuperación: cree otros en Mi Perfil."
    return f"Le {'queda 1 código' if left == 1 else f'quedan {left} códigos'} de recuperación."
