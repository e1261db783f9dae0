"""Asking for an account: the answers, the terms and the mailed code; `activation` opens it.

Nothing is reserved before the code is passed. Whether an identity already has an account shows nowhere: the page and
the work are the same, and only the existing account's own address is told.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.identity import likely_email
from portal.extensions import db
from portal.models import Account, CodePurpose, Signup
from portal.models.transaction import NOT_THE_KEY, writing
from portal.services.accounts.consents import MARKETING
from portal.services.accounts.signup_answers import Answers, check, from_kept, to_keep
from portal.services.authentication import directory, one_time_codes, signing_in
from portal.services.catalogue.offers import texts
from portal.services.messaging import outgoing
from portal.services.messaging.mails.account import AccountCode, AccountExists
from portal.services.platform import audit
from portal.settings import current_settings

LIFE = timedelta(hours=24)
TERMS = "registro"


class MustAccept(NotAllowed):
    """The answers or the texts changed after the terms were accepted."""


class SignupOver(NotAllowed):
    """The sign-up is older than 24 hours, or already became an account."""


@dataclass(frozen=True, slots=True)
class SignupProgress:
    """How far a sign-up is. `suggestion` is the address that was probably meant, when the typed one looks wrong; `code`
    the life of its newest code, whether or not a mail carries it; `username` what it became, while it lives, and
    `again_at` from when its credentials may be mailed again, while its password is the initial one; `plan` the
    product's slug and the plan's code that wait to be quoted by it."""

    answers: Answers | None
    email: str
    suggestion: str | None
    is_accepted: bool
    is_done: bool
    is_over: bool
    code: one_time_codes.CodeLife | None
    username: str | None
    again_at: datetime | None
    plan: tuple[str, str] | None


def begin(answers: Answers, actor: Actor, *, token: str | None = None, plan: tuple[str, str] | None = None) -> str:
    """Check and keep the answers, and the plan that waits to be quoted; the sign-up's token. With a token they replace
    that sign-up's, and its terms must be accepted again. Raises DomainError on the field that is wrong, SignupOver."""
    checked = check(answers)
    with writing() as session:
        signup = _open(token) if token else Signup(token=secrets.token_urlsafe(32))
        signup.answers = to_keep(checked)
        signup.email, signup.accepted_at = checked.correo, None
        signup.ip, signup.device = actor.ip, actor.device
        signup.plan = list(plan) if plan else None
        session.add(signup)
    return signup.token


def take_suggestion(token: str) -> None:
    """Correct the address to the one that was probably meant. Raises SignupOver."""
    with writing():
        signup = _open(token)
        meant = likely_email(signup.email)
        if meant is not None:
            signup.answers = signup.answers | {"correo": meant}
            signup.email, signup.accepted_at = meant, None


def progress(token: str) -> SignupProgress:
    """How far the sign-up of `token` is. Raises NotFound."""
    signup = find(token)
    is_done = signup.completed_at is not None
    account = account_of(signup)
    return SignupProgress(
        answers=from_kept(signup.answers) if signup.answers else None,
        email=signup.email,
        suggestion=likely_email(signup.email),
        is_accepted=signup.accepted_at is not None,
        is_done=is_done,
        is_over=not is_done and _has_lived(signup),
        code=one_time_codes.life(CodePurpose.ACCOUNT, signup.id),
        username=account.username if account else None,
        again_at=signing_in.credentials_again_at(account) if account else None,
        plan=(signup.plan[0], signup.plan[1]) if signup.plan else None,
    )


def account_of(signup: Signup) -> Account | None:
    """What it became; None also once it has lived its day, for a phone may be shared."""
    return None if _has_lived(signup) else db.session.get(Account, signup.account_id or 0)


def forget_expired() -> int:
    """Erase what was typed in sign-ups that are over, whatever became of them. The number of them."""
    over = [Signup.created_at < clock.now() - LIFE, Signup.email != ""]
    with writing() as session:
        erase = update(Signup).where(*over).values(answers={}, email="", plan=None)
        erased = session.execute(erase.returning(Signup.id)).all()
    return len(erased)


def accept(token: str, actor: Actor, *, accepts: bool, accepts_marketing: bool) -> None:
    """Accept the terms (S03) and mail the code (S04); pressed twice, one mail. Raises DomainError, SignupOver."""
    if not accepts:
        raise DomainError("Para abrir su cuenta, marque que leyó y acepta los Términos y Condiciones.", "acepta")
    with writing():
        signup = _open(token)
        signup.accepted_at, signup.accepts_marketing = clock.now(), accepts_marketing
        signup.ip, signup.device = actor.ip, actor.device
        last = one_time_codes.newest(CodePurpose.ACCOUNT, signup.id)
        just_sent = last is not None and clock.now() < last.issued_at + one_time_codes.RESEND_AFTER
        if not (just_sent and one_time_codes.is_open(last, binding(signup))):
            _send_code(signup, actor)


def resend(token: str, actor: Actor, *, shown: datetime | None = None) -> None:
    """Mail a new code, unless one was sent since the page was `shown`. Raises DomainError on `codigo` when asked too
    soon or too often, MustAccept, SignupOver."""
    with writing():
        signup = _open(token)
        check_accepted(signup)
        if not one_time_codes.was_sent_since(CodePurpose.ACCOUNT, signup.id, shown, binding=binding(signup)):
            _send_code(signup, actor)


def _send_code(signup: Signup, actor: Actor) -> None:
    """Issue a code and mail it; or, for an identity with an account, tell that account and mail the code to nobody."""
    digits = one_time_codes.issue(CodePurpose.ACCOUNT, signup.id, binding=binding(signup))
    code = one_time_codes.just_issued(CodePurpose.ACCOUNT, signup.id)
    existing = directory.account_of(from_kept(signup.answers).identity)
    if existing is None:
        link = f"{current_settings().base_url}/activar/{signup.token}"
        outgoing.queue(AccountCode(secret=digits, code=code, link=link), to=signup.email, account=None)
    else:
        outgoing.queue(AccountExists(username=existing.username), to=existing.email, account=existing)
    audit.record(actor, "signup.code", f"signup:{signup.id}")


def find(token: str) -> Signup:
    """The sign-up of `token`. Raises NotFound."""
    signup = db.session.scalars(select(Signup).where(Signup.token == token)).one_or_none()
    if signup is None:
        raise NotFound
    return signup


def _open(token: str) -> Signup:
    """The sign-up, to be changed: whoever else wants to waits until this transaction ends."""
    signup = find(token)
    db.session.refresh(signup, with_for_update=NOT_THE_KEY)
    check_open(signup)
    return signup


def _has_lived(signup: Signup) -> bool:
    return clock.now() >= signup.created_at + LIFE


def check_open(signup: Signup) -> None:
    """Raises SignupOver."""
    if signup.completed_at is not None:
        raise SignupOver("Su cuenta ya está activa.")
    if _has_lived(signup):
        raise SignupOver("Este pedido venció: valía 24 horas. Empiece otra vez.")


def check_accepted(signup: Signup) -> None:
    """Raises MustAccept."""
    last = one_time_codes.newest(CodePurpose.ACCOUNT, signup.id)
    if signup.accepted_at is None or (last is not None and last.binding != binding(signup)):
        raise MustAccept("Cambió algo desde que aceptó los términos. Léalos y acéptelos otra vez.")


def binding(signup: Signup) -> str:
    """What a code confirms: these answers, at this address, under these texts."""
    bound = [signup.answers, signup.email, texts()[TERMS].sha256, texts()[MARKETING].sha256]
    return hashlib.sha256(json.dumps(bound, sort_keys=True).encode()).hexdigest()
