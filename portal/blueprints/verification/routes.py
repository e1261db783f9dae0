"""Verification of a policy: anybody may ask whether it is valid, and whether a file is one that was issued for it, and
learns nothing personal."""

from flask import request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.verification import bp
from portal.domain import verification
from portal.domain.errors import DomainError, NotFound
from portal.extensions import limiter
from portal.services.policies import issued_files
from portal.services.policies import policy as policies
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.uploads import sent_file, takes_file

_LIMIT = "60/minute"
# Codes that name nothing, from one network: with a million policies, one guess in 850,000 names one. What a QR holds
# can't be guessed: whatever others behind the same network typed, it is answered.
_GUESSES = limiter.shared_limit(
    "60/hour",
    scope="verification",
    exempt_when=lambda: not verification.code_in((request.view_args or {})["token"]),
    deduct_when=lambda answer: answer.status_code == 404,
)


@bp.get("/verificar")
@bp.post("/verificar")
@allow(Who.ANYONE)
@limiter.limit(_LIMIT)
def verify() -> Response:
    """The form for the code; with `codigo`, on to its policy. The QR's whole address is taken as code too, and another
    number of ours, or of whoever asks, is told from it. It is posted: a document that was typed by mistake would stay
    in the address and in the browser."""
    typed = request.values.get("codigo", "").strip()
    if not typed:
        return _form("", 422, instead="Escriba el código") if request.method == "POST" else _form("")
    try:
        code = verification.read(typed)
    except DomainError as other:
        return _form(typed, 422, instead=other.message)
    return _hidden(htmx.go(url_for("verification.policy", token=code))) if code else _form(typed, 404)


@bp.get("/verificar/<token>")
@allow(Who.ANYONE)
@limiter.limit(_LIMIT)
@_GUESSES
def policy(token: str) -> Response:
    """Whether the policy of that code is valid; with `huella`, whether the file with that hash was issued for it. An
    unknown code gets the form again, after the same query."""
    return _page(token, request.args.get("huella", ""))


@bp.post("/verificar/<token>")
@allow(Who.ANYONE)
@_GUESSES
@takes_file
def compare(token: str) -> Response:
    """Is it the file that was issued? Only its hash goes on, to the page that answers."""
    try:
        sha256 = issued_files.fingerprint(sent_file("archivo").stream)
    except DomainError as error:
        return _page(token, error=error.message)
    return _hidden(htmx.go(url_for("verification.policy", token=token, huella=sha256, _anchor="comparar")))


def _page(token: str, sha256: str = "", error: str = "") -> Response:
    try:
        found = policies.verify(token)
    except NotFound:
        return _form(token, 404)
    issued = issued_files.find(token, sha256) if sha256 else None
    words = {"policy": found, "token": token, "asked": bool(sha256), "issued": issued, "error": error}
    return _hidden(htmx.render("verification/policy.html", 422 if error else 200, **words))


def _form(typed: str, status: int = 200, instead: str = "") -> Response:
    return _hidden(htmx.render("verification/verify.html", status, code=typed, unknown=status == 404, instead=instead))


def _hidden(response: Response) -> Response:
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
