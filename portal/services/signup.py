"""Opening an account: the answers, the terms, the mailed code, and then person, account and credentials at once.

Nothing is reserved before the code is passed. Whether an identity already has an account shows nowhere: the page and
the work are the same, and only the existing account's own address is told.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.identity import likely_email
from portal.extensions import db
from portal.models import Account, CodePurpose, Consent, Person, Signup
from portal.models.transaction import NOT_THE_KEY, end_reading, writing
from portal.services import audit, codes, messages, passwords, usernames
from portal.services.accounts import INITIAL_PASSWORD_LIFE
from portal.services.catalogue import texts
from portal.services.consents import MARKETING
from portal.services.signup_answers import Answers, check, from_kept, to_keep
from portal.settings import Settings

LIFE = timedelta(hours=24)
TERMS = "registro"
_ATTEMPTS = 3  # at writing an account, when a user name or the identity is taken at the same moment


class MustAccept(NotAllowed):
    """The answers or the texts changed after the terms were accepted."""


class SignupOver(NotAllowed):
    """The sign-up is older than 24 hours, or already became an account."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sign-up is. `suggestion` is the address that was probably meant, when the typed one looks wrong."""

    answers: Answers | None
    email: str
    suggestion: str | None
    is_accepted: bool
    is_done: bool
    is_over: bool


def begin(answers: Answers, actor: Actor, *, token: str | None = None) -> str:
    """Check and keep the answers; the sign-up's token. With a token they replace that sign-up's, and its terms must
    be accepted again. Raises DomainError on the field that is wrong, SignupOver."""
    checked = check(answers)
    with writing() as session:
        signup = _open(token) if token else Signup(token=secrets.token_urlsafe(32))
        signup.answers = to_keep(checked)
        signup.email, signup.accepted_at = checked.correo, None
        signup.ip, signup.device = actor.ip, actor.device
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


def progress(token: str) -> Progress:
    """How far the sign-up of `token` is. Raises NotFound."""
    signup = _find(token)
    is_done = signup.completed_at is not None
    return Progress(
        answers=from_kept(signup.answers) if signup.answers else None,
        email=signup.email,
        suggestion=likely_email(signup.email),
        is_accepted=signup.accepted_at is not None,
        is_done=is_done,
        is_over=not is_done and clock.now() >= signup.created_at + LIFE,
    )


def forget_expired() -> int:
    """Erase what was typed in sign-ups that are over and became no account. The number of them."""
    over = [Signup.created_at < clock.now() - LIFE, Signup.completed_at.is_(None), Signup.email != ""]
    with writing() as session:
        erased = session.execute(update(Signup).where(*over).values(answers={}, email="").returning(Signup.id)).all()
    return len(erased)


def accept(token: str, actor: Actor, *, accepts: bool, accepts_marketing: bool) -> None:
    """Accept the terms (S03) and mail the code (S04); pressed twice, one mail. Raises DomainError, SignupOver."""
    if not accepts:
        raise DomainError("Para abrir su cuenta, marque que leyó y acepta los Términos y Condiciones.", "acepta")
    with writing():
        signup = _open(token)
        signup.accepted_at, signup.accepts_marketing = clock.now(), accepts_marketing
        signup.ip, signup.device = actor.ip, actor.device
        last = codes.newest(CodePurpose.ACCOUNT, signup.id)
        just_sent = last is not None and clock.now() < last.issued_at + codes.RESEND_AFTER
        if not (just_sent and codes.is_open(last, _binding(signup))):
            _send_code(signup, actor)


def resend(token: str, actor: Actor) -> None:
    """Mail a new code. Raises DomainError on `codigo` when asked too soon or too often, MustAccept, SignupOver."""
    with writing():
        signup = _open(token)
        _check_accepted(signup)
        _send_code(signup, actor)


def confirm(token: str, typed: str, actor: Actor) -> None:
    """Pass the code (S05): person, account, consents and the mail with the credentials (S06), all or nothing.

    Confirmed again, nothing happens. Raises DomainError on the field `codigo`, MustAccept, SignupOver.
    """
    signup = _find(token)
    if signup.completed_at is not None:
        return
    _check_open(signup)
    _check_accepted(signup)
    signup_id = signup.id
    try:
        code_id = codes.try_code(CodePurpose.ACCOUNT, signup_id, typed, binding=_binding(signup))
    except DomainError:
        if _find(token).completed_at is not None:
            return  # pressed twice, and the first has just come through
        raise
    end_reading()
    password = passwords.initial_password()
    password_hash = passwords.hash_password(password)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            _create(signup_id, code_id, password, password_hash, actor)
            return
        except IntegrityError:
            if attempt == _ATTEMPTS:
                raise


def _create(signup_id: int, code_id: int, password: str, password_hash: str, actor: Actor) -> None:
    with writing() as session:
        signup = session.get_one(Signup, signup_id, with_for_update=NOT_THE_KEY)
        if signup.completed_at is not None:
            return  # pressed twice at once
        codes.spend(code_id, actor)
        answers = from_kept(signup.answers)
        if _account_of(answers) is not None:
            # Somebody with this identity came first. As for any identity with an account, no code is good.
            raise DomainError("Este código ya no vale. Pida uno nuevo.", "codigo")
        account = _new_account(answers, password_hash)
        session.add(account)
        session.flush()
        session.add(_consent(account, signup, TERMS, granted=True))
        session.add(_consent(account, signup, MARKETING, granted=signup.accepts_marketing))
        signup.completed_at, signup.answers = clock.now(), {}
        messages.queue(
            "credentials",
            recipient=account.email,
            account=account,
            context={"username": account.username},
            secret=password,
        )
        audit.record(actor, "account.create", account.username, signup=signup.id)


def _new_account(answers: Answers, password_hash: str) -> Account:
    identity = answers.identity
    person = Person(
        country=identity.country,
        document_type=identity.document_type,
        document_number=identity.number,
        names=answers.nombres,
        paternal_surname=answers.apellido_paterno,
        maternal_surname=answers.apellido_materno,
        birth_date=answers.fecha_nacimiento,
        phone=answers.celular,
        email=answers.correo,
        address=answers.direccion,
        ubigeo=answers.distrito,
    )
    return Account(
        username=usernames.free_username(person),
        country=identity.country,
        document_type=identity.document_type,
        document_number=identity.number,
        person=person,
        email=answers.correo,
        password_hash=password_hash,
        initial_password_until=clock.now() + INITIAL_PASSWORD_LIFE,
    )


def _send_code(signup: Signup, actor: Actor) -> None:
    """Issue a code and mail it; or, for an identity with an account, tell that account and mail the code to nobody."""
    digits = codes.issue(CodePurpose.ACCOUNT, signup.id, binding=_binding(signup))
    existing = _account_of(from_kept(signup.answers))
    settings: Settings = current_app.config["PORTAL"]
    if existing is None:
        link = f"{settings.base_url}/activar/{signup.token}"
        messages.queue("account_code", recipient=signup.email, account=None, context={"link": link}, secret=digits)
    else:
        words = {"username": existing.username}
        messages.queue("account_exists", recipient=existing.email, account=existing, context=words)
    audit.record(actor, "signup.code", f"signup:{signup.id}")


def _find(token: str) -> Signup:
    signup = db.session.scalars(select(Signup).where(Signup.token == token)).one_or_none()
    if signup is None:
        raise NotFound
    return signup


def _open(token: str) -> Signup:
    """The sign-up, to be changed: whoever else wants to waits until this transaction ends."""
    signup = _find(token)
    db.session.refresh(signup, with_for_update=NOT_THE_KEY)
    _check_open(signup)
    return signup


def _check_open(signup: Signup) -> None:
    if signup.completed_at is not None:
        raise SignupOver("Su cuenta ya está activa.")
    if clock.now() >= signup.created_at + LIFE:
        raise SignupOver("Este pedido venció: valía 24 horas. Empiece otra vez.")


def _check_accepted(signup: Signup) -> None:
    last = codes.newest(CodePurpose.ACCOUNT, signup.id)
    if signup.accepted_at is None or (last is not None and last.binding != _binding(signup)):
        raise MustAccept("Cambió algo desde que aceptó los términos. Léalos y acéptelos otra vez.")


def _binding(signup: Signup) -> str:
    """What a code confirms: these answers, at this address, under these texts."""
    bound = [signup.answers, signup.email, texts()[TERMS].sha256, texts()[MARKETING].sha256]
    return hashlib.sha256(json.dumps(bound, sort_keys=True).encode()).hexdigest()


def _account_of(answers: Answers) -> Account | None:
    identity = answers.identity
    return db.session.scalars(
        select(Account)
        .options(joinedload(Account.person))
        .where(
            Account.country == identity.country,
            Account.document_type == identity.document_type,
            Account.document_number == identity.number,
            Account.is_staff.is_(False),
        )
    ).one_or_none()


def _consent(account: Account, signup: Signup, key: str, *, granted: bool) -> Consent:
    """Given when the terms were accepted, from there: not when the code was typed."""
    text = texts()[key]
    return Consent(
        account_id=account.id,
        text_key=text.key,
        text_version=text.version,
        text_sha256=text.sha256,
        granted=granted,
        given_at=signup.accepted_at,
        ip=signup.ip,
        device=signup.device,
    )
