"""The staff's second step after the password: a code of an application on the phone (TOTP, RFC 6238), or one of ten
recovery codes. Source: docs/rules.md, Access.

A code may be one step of 30 s early or late, and a step counts once: what was seen over a shoulder is worth nothing.
Every try is one of five, taken in a commit of its own, so that fifty at once are still five; only passing gives them
back, never the right password again. Whoever fails at the fifth, the account's owner is told. A session or browser in
which the step was passed before, and each colleague who types the code of another, have five tries of their own.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyotp
from pyotp.exceptions import OTPVerificationError
from sqlalchemy import func, select, update

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.errors import DomainError
from portal.domain.typed import six_digits
from portal.extensions import db
from portal.integrations.qr import QrDrawing, qr_drawing
from portal.models import Account, TryCount
from portal.models.transaction import NOT_THE_KEY, writing
from portal.services.authentication import known_devices, lockout, recovery_codes, sessions
from portal.services.authentication.sessions import SignedIn
from portal.services.messaging import outgoing
from portal.services.messaging.mails.mail import Mail
from portal.services.messaging.mails.second_step import (
    RecoveryCodesRenewed,
    RecoveryCodeUsed,
    SecondStepEnrolled,
    SecondStepLocked,
)
from portal.services.platform import audit
from portal.services.platform.encryption import seal, unseal

_EARLY_OR_LATE = 1  # steps: phones' clocks differ
_ISSUER = "MASSIV"

_USED = "Ese código ya se usó. Espere a que la aplicación muestre el siguiente: cambia cada 30 segundos."
_STALE = "Este código QR ya no vale. Empiece otra vez."


@dataclass(frozen=True, slots=True)
class SecondStepStatus:
    """Where the actor's second step stands: since when it is on, and how many recovery codes are left."""

    enrolled_at: datetime | None
    codes_left: int


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the application takes in: the secret in groups of four to type, or its address as a link and a QR."""

    secret: str
    address: str
    qr: QrDrawing


def standing(actor: Actor) -> SecondStepStatus:
    """How the actor's second step stands."""
    account = db.session.get_one(Account, actor.account_id)
    return SecondStepStatus(account.totp_enrolled_at, recovery_codes.left(account.id))


def begin(actor: Actor) -> None:
    """Make the secret that the actor's application is to take in; an earlier one that was never proven is void.

    Raises DomainError when the second step is on already.
    """
    with writing() as session:
        account = session.get_one(Account, actor.account_id, with_for_update=NOT_THE_KEY)
        if account.totp_enrolled_at is not None:
            raise DomainError("Su segundo paso ya está activado.")
        account.totp_secret, account.totp_counter = seal(pyotp.random_base32()), None
        audit.record(actor, "second_step.begin", account.username)


def enrolment(actor: Actor) -> Enrolment | None:
    """What `begin` made and no code has proven yet, or None."""
    account = db.session.get_one(Account, actor.account_id)
    if account.totp_secret is None or account.totp_enrolled_at is not None:
        return None
    totp = pyotp.TOTP(unseal(account.totp_secret))
    address = totp.provisioning_uri(name=account.username, issuer_name=_ISSUER)
    groups = " ".join(totp.secret[start : start + 4] for start in range(0, len(totp.secret), 4))
    return Enrolment(groups, address, qr_drawing(address))


def enrol(typed: str, actor: Actor, *, replacing: str) -> tuple[SignedIn, tuple[str, ...]]:
    """Turn the second step on: the code proves that the application has the secret. The session that passed it, in
    place of the token `replacing`, and the recovery codes, shown now and never again. Raises DomainError."""
    with _step_of(typed, actor) as (sealed, step), writing():
        account = _count(step, sealed, actor, is_first=True)
        codes = recovery_codes.replace(account.id)
        signed_in = _passed(account, actor, replacing)
        _tell(account, SecondStepEnrolled(enrolled_at=clock.now()))
        audit.record(actor, "second_step.enrol", account.username)
    return signed_in, codes


def pass_code(typed: str, actor: Actor, *, replacing: str) -> SignedIn:
    """The session that passed the second step, in place of that of the token `replacing`. Raises DomainError."""
    with _step_of(typed, actor) as (sealed, step), writing():
        account = _count(step, sealed, actor)
        signed_in = _passed(account, actor, replacing)
        audit.record(actor, "second_step.pass", account.username)
    return signed_in


def pass_recovery_code(typed: str, actor: Actor, *, replacing: str) -> tuple[SignedIn, int]:
    """The same by a recovery code, which is used up; also how many are left. Raises DomainError."""
    recovery_codes.check_shape(typed)
    account_id = _owner(actor)
    with _a_try(actor, _place(actor)) as number, writing() as session:
        account = session.get_one(Account, account_id, with_for_update=NOT_THE_KEY)
        if not recovery_codes.use(account_id, typed):
            raise DomainError(_wrong(number), "codigo")
        signed_in, left = _passed(account, actor, replacing), recovery_codes.left(account_id)
        _tell(account, RecoveryCodeUsed(used_at=clock.now(), left=left))
        audit.record(actor, "second_step.recover", account.username, left=left)
    return signed_in, left


def renew_recovery_codes(typed: str, actor: Actor) -> tuple[str, ...]:
    """Ten new recovery codes for a fresh code of the application; the ones before are void. Raises DomainError."""
    with _step_of(typed, actor) as (sealed, step), writing():
        account = _count(step, sealed, actor)
        codes = recovery_codes.replace(account.id)
        _tell(account, RecoveryCodesRenewed(made_at=clock.now()))
        audit.record(actor, "second_step.codes", account.username)
    return codes


@contextmanager
def confirming(typed: str, member: Actor, *, asked_by: Actor) -> Iterator[Callable[[], object]]:
    """The member confirms by their code what another, `asked_by`, does, whose tries it takes; what is given uses the
    code up, in the present transaction. Raises DomainError on `codigo`."""
    with _step_of(typed, member, place=f"colleague:{asked_by.account_id}") as (sealed, step):
        yield lambda: _count(step, sealed, member)


def erase(account: Account) -> None:
    """Turn the second step of `account` off, in the present transaction: the next sign-in begins a new one."""
    account.totp_secret = account.totp_enrolled_at = account.totp_counter = account.totp_locked_until = None
    account.totp_tries = 0
    lockout.give_back(account.id)
    recovery_codes.delete_all(account.id)


def _owner(actor: Actor) -> int:
    if actor.account_id is None:
        raise ValueError("a visitor has no second step")
    return actor.account_id


@contextmanager
def _step_of(typed: str, actor: Actor, *, place: str | None = None) -> Iterator[tuple[bytes, int]]:
    """The sealed secret and the time step whose code was typed, within the try that it spends."""
    digits = six_digits(typed)
    if not (len(digits) == 6 and digits.isascii() and digits.isdigit()):
        raise DomainError("El código tiene 6 dígitos.", "codigo")
    with _a_try(actor, place or _place(actor)) as number:
        sealed = db.session.get_one(Account, actor.account_id).totp_secret
        if sealed is None:
            raise DomainError(_STALE)
        try:
            step = pyotp.TOTP(unseal(sealed)).verify_and_get_timecode(
                digits, for_time=clock.now(), valid_window=_EARLY_OR_LATE
            )
        except OTPVerificationError:
            raise DomainError(_wrong(number), "codigo") from None
        yield sealed, step


@contextmanager
def _a_try(actor: Actor, place: str | None) -> Iterator[int]:
    """One of the five tries of a place, by its number: passing gives the others back. When what happens within it fails
    at the last one, the owner is told."""
    account_id = _owner(actor)
    number = _take_try(account_id, place)
    try:
        yield number
        _give_back(account_id, place)
    except DomainError:
        if number == lockout.TRIES:
            with writing() as session:
                account = session.get_one(Account, account_id)
                _tell(account, SecondStepLocked(locked_at=clock.now()))
                audit.record(actor, "second_step.lock", account.username)
        raise


def _place(actor: Actor) -> str | None:
    """What of the account's own the actor tries from; None in a session and a browser that never passed the step."""
    account_id = _owner(actor)
    device = known_devices.recognise(account_id, actor, by_second_step=True)
    if actor.session and sessions.second_step_at(actor.session) is not None:
        return f"step session:{sessions.hash_of(actor.session)}"
    return f"step {known_devices.place_of(device)}" if device else None


def _take_try(account_id: int, place: str | None) -> int:
    """Which of the five tries this one is, counted before anything is compared."""
    if place is None:
        taken = lockout.take(account_id, Account.totp_tries, Account.totp_locked_until)
    else:
        taken = lockout.take_at(account_id, place)
    if taken is None:
        moment = clock.now()
        until = _locked_until(account_id, place) or moment
        minutes = max(1, -(-int((until - moment).total_seconds()) // 60))
        wait = "1 minuto" if minutes == 1 else f"{minutes} minutos"
        raise DomainError(f"Hubo 5 intentos que no eran correctos. Espere {wait} y pruebe otra vez.", "codigo")
    return taken


def _give_back(account_id: int, place: str | None) -> None:
    with writing() as session:
        if place is None:
            account = session.get_one(Account, account_id, with_for_update=NOT_THE_KEY)
            account.totp_tries, account.totp_locked_until = 0, None
        else:
            lockout.give_back(account_id, place)


def _locked_until(account_id: int, place: str | None) -> datetime | None:
    if place is None:
        return db.session.get_one(Account, account_id).totp_locked_until
    return db.session.scalar(
        select(TryCount.locked_until).where(TryCount.account_id == account_id, TryCount.place == place)
    )


def _count(step: int, sealed: bytes, actor: Actor, *, is_first: bool = False) -> Account:
    """Use the time step up, in the present transaction; of two who come with the same one, one passes."""
    account_id, since = _owner(actor), Account.totp_enrolled_at
    values: dict[str, Any] = {"totp_counter": step}
    if is_first:
        values["totp_enrolled_at"] = clock.now()
    counted = db.session.execute(
        update(Account)
        .where(
            Account.id == account_id,
            Account.totp_secret == sealed,
            since.is_(None) if is_first else since.is_not(None),
            func.coalesce(Account.totp_counter, 0) < step,
        )
        .values(**values)
        .returning(Account.id)
    ).scalar_one_or_none()
    if counted is None:
        raise DomainError(_USED, "codigo")
    account = db.session.get_one(Account, account_id, populate_existing=True)
    # Sealed anew, so that a key that is being replaced can go once everybody has signed in.
    account.totp_secret = seal(unseal(sealed))
    return account


def _passed(account: Account, actor: Actor, replacing: str) -> SignedIn:
    sessions.close(replacing)
    return sessions.open(account, actor, second_step_at=clock.now())


def _tell(account: Account, mail: Mail) -> None:
    outgoing.queue(mail, to=account.email, account=account)


def _wrong(number: int) -> str:
    left = lockout.TRIES - number
    if left == 0:
        return "El código no es correcto y se acabaron los 5 intentos. Espere 15 minutos y pruebe otra vez."
    return f"El código no es correcto. Le {'queda 1 intento' if left == 1 else f'quedan {left} intentos'}."
