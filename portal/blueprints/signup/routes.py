"""Routes of opening an account: answers, terms, code.

The pages that show what was typed belong to the browser where it was typed. The link in the mail opens only the page
of the code: a mistyped address must not show one person's data to another.
"""

import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from flask import flash, render_template, request, session, url_for
from werkzeug.wrappers import Response

from portal.blueprints.auth.forms import LoginForm
from portal.blueprints.signup import bp
from portal.blueprints.signup.forms import ASKED_FOR, SCREENS, CodeForm, KeptForm, ResendForm, SignupForm, TermsForm
from portal.domain import formats, ubigeo
from portal.domain.errors import DomainError, NotFound
from portal.domain.identity import DocumentType, possible_numbers
from portal.domain.mailbox import mailbox_of
from portal.extensions import limiter
from portal.services.accounts import activation, signup
from portal.services.accounts.consents import MARKETING
from portal.services.accounts.signup import SignupProgress
from portal.services.accounts.signup_answers import Answers
from portal.services.catalogue.offers import texts
from portal.web import browser, drafts, htmx, typed_here, waiting_plan
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import shown_at, submit, submitted
from portal.web.identity_document import DocumentForm
from portal.web.limits import mails_of_a_mailbox, typed_document, went_on
from portal.web.turns import in_turn
from portal.web.ubigeo import chosen_by

# Many customers of one mobile company share an address, so the first limit is wide; the others keep one document's
# or one mailbox's owner from being flooded. Only what was accepted counts: nobody is punished for mistyping.
_per_address = limiter.shared_limit("120/hour", scope="signup", deduct_when=went_on)
_per_document = limiter.shared_limit(
    "10/hour", scope="signup", key_func=lambda: f"document:{typed_document()}", deduct_when=went_on
)
_per_mailbox = limiter.shared_limit(
    "10/hour", scope="signup", key_func=lambda: mailbox_of(request.form.get("correo", ""))[:254], deduct_when=went_on
)


def _of_signup(what: Callable[[SignupProgress], object]) -> Callable[[], str]:
    def key() -> str:
        token: str = (request.view_args or {})["token"]
        try:
            return str(what(signup.progress(token)) or token)
        except NotFound:
            return token

    return key


# Each sign-up has its own codes: all together, one mailbox gets this many in an hour, be it the typed one or, of a
# document that has an account, that account's. Enough for a family that shares one.
_codes_per_mailbox = mails_of_a_mailbox(_of_signup(lambda found: found.email))
_codes_per_document = limiter.shared_limit(
    "12/hour",
    scope="signup-code",
    key_func=_of_signup(lambda found: found.answers and found.answers.identity),
    deduct_when=went_on,
)


@bp.get("/crear-cuenta")
@allow(Who.ANYONE)
def start() -> Response:
    browser.keep()  # what is typed is kept for this browser
    form = _blank()
    session.pop(ASKED_FOR, None)  # shown once: whoever opens the page next is asked again
    return htmx.render("signup/answers.html", form=form, **_words(None, form) | {"kept": _kept_form()})


@bp.post("/registro-guardado")
@allow(Who.ANYONE)
@limiter.limit("20/hour")
def ask_for_kept() -> Response:
    """Show again what was typed in this browser, to whoever knows the document's number."""
    form = KeptForm()
    return submit(
        form,
        lambda: _ask_for_kept(form.documento.data or ""),
        page=lambda: htmx.invalid("signup/answers.html", blank := _blank(), **_words(None, blank) | {"kept": form}),
        done=lambda _: htmx.go(url_for("signup.start")),
    )


@bp.post("/crear-cuenta")
@allow(Who.ANYONE)
@_per_address
@_per_document
@_per_mailbox
@drafts.keeps(SignupForm, page="signup.start")
def save() -> Response:
    return _save(None)


@bp.get("/crear-cuenta/<token>")
@allow(Who.ANYONE)
def edit(token: str) -> Response:
    found = _own(token)
    if found.answers is None or found.is_over:
        return htmx.go(url_for("signup.activate", token=token))
    form = SignupForm(data=_as_typed(found.answers))
    screen = "contacto" if request.args.get("paso") == "contacto" else "persona"
    return htmx.render("signup/answers.html", form=form, **_words(token, form, screen))


@bp.post("/crear-cuenta/<token>")
@allow(Who.ANYONE)
@_per_address
@_per_document
@_per_mailbox
@drafts.keeps(SignupForm, page="signup.edit")
def save_again(token: str) -> Response:
    found = _own(token)
    if found.is_done or found.is_over:
        return htmx.go(url_for("signup.activate", token=token))
    return _save(token)


@bp.get("/ubigeo")
@allow(Who.ANYONE)
def places() -> Response | str:
    """The lists under what was chosen: under a department its provinces, under a province its districts. Or districts
    by their name."""
    if not htmx.is_fragment_request():
        return htmx.go(url_for("signup.start"))
    if "lugar" in request.args:
        return render_template("partials/signup/found.html", found=ubigeo.search(request.args["lugar"]))
    province = request.args.get("provincia", "")
    form = SignupForm(data={"departamento": request.args.get("departamento", province[:2]), "provincia": province})
    under = "districts" if province else "places"
    return render_template(f"partials/signup/{under}.html", form=form)


@bp.get("/pais-documento")
@allow(Who.ANYONE)
def issuer() -> Response | str:
    """The question who issued the document, once it is a passport."""
    if not htmx.is_fragment_request():
        return htmx.go(url_for("signup.start"))
    form = DocumentForm(data={"tipo_documento": request.args.get("tipo_documento", "")})
    return render_template("partials/signup/issuer.html", form=form)


@bp.get("/crear-cuenta/<token>/terminos")
@allow(Who.ANYONE)
def terms(token: str) -> Response:
    found = _own(token)
    if found.is_done or found.is_over:
        return htmx.go(url_for("signup.activate", token=token))
    return htmx.render("signup/terms.html", form=TermsForm(), **_terms_words(token, found))


@bp.post("/crear-cuenta/<token>/terminos")
@allow(Who.ANYONE)
@_per_address
@_codes_per_mailbox
@_codes_per_document
def accept(token: str) -> Response:
    found = _own(token)
    if found.is_done or found.is_over:
        return htmx.go(url_for("signup.activate", token=token))
    form = TermsForm()
    return submit(
        form,
        lambda: signup.accept(token, actor(), accepts=form.acepta.data, accepts_marketing=form.comunicaciones.data),
        page=lambda: htmx.invalid("signup/terms.html", form, **_terms_words(token, found)),
        done=lambda _: htmx.go(url_for("signup.activate", token=token)),
    )


@bp.post("/crear-cuenta/<token>/sugerencia")
@allow(Who.ANYONE)
def use_suggestion(token: str) -> Response:
    found = _own(token)
    if not (found.is_done or found.is_over):
        signup.take_suggestion(token)
    return htmx.go(url_for("signup.terms", token=token))


@bp.get("/activar/<token>")
@allow(Who.ANYONE)
def activate(token: str) -> Response:
    found = signup.progress(token)
    if not (found.is_accepted or found.is_done or found.is_over):
        return htmx.go(url_for("signup.terms", token=token))
    if found.is_done and found.again_at is None:  # nothing is left to be done here
        return htmx.go(url_for("auth.login"))
    if found.plan:
        waiting_plan.take_over(*found.plan)
    return htmx.render("signup/activate.html", form=CodeForm(), **_code_words(token, found))


@bp.post("/activar/<token>")
@allow(Who.ANYONE)
@limiter.limit("60/minute")
def confirm(token: str) -> Response:
    form = CodeForm()
    return submit(
        form,
        lambda: in_turn(lambda: activation.confirm(token, form.codigo.data or "", actor())),
        page=lambda: htmx.invalid("signup/activate.html", form, **_code_words(token, signup.progress(token))),
        done=lambda _: htmx.go(url_for("signup.activate", token=token)),
    )


@bp.post("/activar/<token>/reenviar")
@allow(Who.ANYONE)
@_per_address
@_codes_per_mailbox
@_codes_per_document
def resend(token: str) -> Response:
    form = ResendForm()

    def done(_: None) -> Response:
        flash("Pedimos otro código. El anterior ya no vale.", "ok")
        return htmx.go(url_for("signup.activate", token=token))

    return submit(
        form,
        lambda: signup.resend(token, actor(), shown=shown_at()),
        page=lambda: htmx.invalid("signup/activate.html", form, **_code_words(token, signup.progress(token))),
        done=done,
    )


@bp.post("/activar/<token>/datos")
@allow(Who.ANYONE)
@_per_address
@_codes_per_mailbox
@limiter.limit("6/hour", key_func=_of_signup(lambda found: found.username), deduct_when=went_on)
def send_again(token: str) -> Response:
    """Whoever has the link may ask: the mail goes to the account's own address, and nothing of it is shown here."""
    browser.keep()  # it is known to the account from now on
    form = ResendForm()

    def done(_: None) -> Response:
        flash("Le enviamos otra vez sus datos de ingreso. La contraseña anterior ya no vale.", "ok")
        return htmx.go(url_for("signup.activate", token=token))

    return submit(
        form,
        lambda: in_turn(lambda: activation.send_again(token, actor(), shown=shown_at())),
        page=lambda: htmx.invalid("signup/activate.html", form, **_code_words(token, signup.progress(token))),
        done=done,
    )


def _save(token: str | None) -> Response:
    form = SignupForm()
    if submitted("ver"):
        return _ask_where(form, token, request.form["ver"])
    if submitted("volver"):
        return _screen(form, token, "persona")
    if request.form.get("paso") == "persona":
        return submit(
            form,
            lambda: None,
            page=lambda: htmx.invalid("signup/answers.html", form, **_words(token, form)),
            done=lambda _: _screen(form, token, "contacto"),
        )

    def done(token: str) -> Response:
        typed_here.keep(typed_here.SIGNUPS, token)
        return htmx.go(url_for("signup.terms", token=token))

    return submit(
        form,
        lambda: signup.begin(form.answers(), actor(), token=token, plan=waiting_plan.kept()),
        page=lambda: htmx.invalid("signup/answers.html", form, **_words(token, form)),
        done=done,
    )


def _blank() -> SignupForm:
    return SignupForm(formdata=None, tipo_documento=DocumentType.DNI.value)


def _ask_where(form: SignupForm, token: str | None, wanted: str) -> Response:
    """Where somebody lives, asked as they want it: a district is chosen, "" seeks one, "listas" are the three lists,
    which without JavaScript come one by one."""
    if not wanted or ubigeo.is_district(wanted):
        form.take_place(wanted)
    has_script = htmx.is_fragment_request()
    response = _screen(form, token, "contacto", by_name=has_script and wanted != "listas", is_asked=has_script)
    response.headers["HX-Push-Url"] = "false"  # the same screen: no step of the history
    return response


def _screen(form: SignupForm, token: str | None, screen: str, **words: Any) -> Response:
    """Another screen of what is still being written."""
    drafts.keep_sent()
    return htmx.render("signup/answers.html", form=form, **_words(token, form, screen) | words)


def _words(token: str | None, form: SignupForm, screen: str = "") -> dict[str, Any]:
    screen = screen or form.screen
    carried = [form[name] for one, names in SCREENS.items() if one != screen for name in names]
    for field in carried:
        field.errors = ()  # said on its own screen
    return {
        "action": url_for("signup.save_again", token=token) if token else url_for("signup.save"),
        "screen": screen,
        "carried": carried,
        "by_name": htmx.is_fragment_request(),  # with a script
        "kept": None,
    }


def _kept_form() -> KeptForm | None:
    """The question whose the draft in this browser is, while it is not shown."""
    has_draft = drafts.found(SignupForm, url_for("signup.start")) is not None
    return KeptForm(formdata=None) if has_draft and drafts.restored() is None else None


def _ask_for_kept(typed: str) -> None:
    kept = drafts.found(SignupForm, url_for("signup.start"))
    number = "".join(kept.values.get("numero_documento", ())) if kept else ""
    if kept is None or not (_spellings(number) & _spellings(typed)):
        raise DomainError("No es el documento de lo que se escribió en este equipo.", "documento")
    session[ASKED_FOR] = kept.saved_at.isoformat()


def _spellings(number: str) -> set[str]:
    """What spellings of one number share: the number, and of one that is none yet its letters and figures."""
    plain = re.sub(r"[^0-9A-Z]", "", number.upper())
    return {plain, *possible_numbers(number).values()} - {""}


def _own(token: str) -> SignupProgress:
    if not typed_here.is_own(typed_here.SIGNUPS, token):
        raise NotFound
    return signup.progress(token)


def _as_typed(answers: Answers) -> dict[str, str]:
    """The kept answers as the form's fields show them."""
    day = formats.day(answers.fecha_nacimiento)
    return asdict(answers) | {"fecha_nacimiento": day} | chosen_by(answers.distrito)


def _terms_words(token: str, found: SignupProgress) -> dict[str, Any]:
    known = texts()
    return {
        "token": token,
        "progress": found,
        "terms": known[signup.TERMS],
        "marketing": known[MARKETING],
    }


def _code_words(token: str, found: SignupProgress) -> dict[str, Any]:
    # The address and the user name are shown only to the browser where it was typed.
    is_own = typed_here.is_own(typed_here.SIGNUPS, token)
    return {
        "token": token,
        "progress": found,
        "email": found.email if is_own else None,
        "login": LoginForm(formdata=None, usuario=found.username if is_own else None),
        "next": None,
    }
