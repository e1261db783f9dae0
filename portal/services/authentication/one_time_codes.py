"""One-time codes: six digits, ten minutes, five tries, one use, newest only."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.errors import DomainError
from portal.domain.typed import six_digits
from portal.extensions import db
from portal.models import Code, CodePurpose
from portal.models.transaction import writing
from portal.services.messaging import outgoing
from portal.services.messaging.mails.mail import code_key
from portal.services.platform.encryption import keyed_hashes

LIFE = timedelta(minutes=10)
TRIES = 5
RESEND_AFTER = timedelta(seconds=60)
VOID = "Este código ya no vale. Pida uno nuevo."
_HOURLY_LIMIT = 6
_PRESSED_TWICE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class CodeLife:
    """Until when a mailed code could be typed, and whether that is past: then its mail is sent no more. And `again_at`,
    when another may be asked for."""

    until: datetime
    is_over: bool
    again_at: datetime


def newest(purpose: CodePurpose, subject_id: int) -> Code | None:
    """The newest code of the subject, whatever became of it."""
    return db.session.scalars(
        select(Code).where(Code.purpose == purpose, Code.subject_id == subject_id).order_by(Code.id.desc()).limit(1)
    ).one_or_none()


def life(purpose: CodePurpose, subject_id: int) -> CodeLife | None:
    """That of the subject's newest code, whatever else became of it; None without one."""
    code = newest(purpose, subject_id)
    return life_of(code) if code else None


def life_of(code: Code) -> CodeLife:
    """That of a code, whatever else became of it."""
    return CodeLife(code.expires_at, clock.now() >= code.expires_at, code.issued_at + RESEND_AFTER)


def just_issued(purpose: CodePurpose, subject_id: int) -> Code:
    """The code that the present transaction has issued, for the mail that carries it."""
    code = newest(purpose, subject_id)
    if code is None:
        raise LookupError("no code was issued")
    return code


def is_open(code: Code | None, binding: str) -> bool:
    """Whether `code` can still be passed for `binding`."""
    return (
        code is not None
        and code.used_at is None
        and code.tries < TRIES
        and clock.now() < code.expires_at
        and code.binding == binding
    )


def was_sent_since(purpose: CodePurpose, subject_id: int, shown: datetime | None, *, binding: str = "") -> bool:
    """Whether a code was sent after the page was shown that asks for one, and so lately that there is no other yet: it
    is what that press asked for."""
    last = newest(purpose, subject_id)
    if last is None or shown is None or last.binding != binding:
        return False
    return shown < last.issued_at and clock.now() < last.issued_at + RESEND_AFTER


def issue(purpose: CodePurpose, subject_id: int, *, binding: str = "") -> str:
    """A new code, in the present transaction; older ones of the subject no longer count, nor do they leave.

    Raises DomainError when one was sent less than 60 s ago for the same binding, or too many this hour.
    """
    moment = clock.now()
    last = newest(purpose, subject_id)
    if last is not None and last.binding == binding and moment < last.issued_at + RESEND_AFTER:
        wait = int((last.issued_at + RESEND_AFTER - moment).total_seconds()) + 1
        raise DomainError(f"Ya le enviamos un código. Puede pedir otro en {wait} segundos.", "codigo")
    recent = db.session.scalar(
        select(func.count())
        .select_from(Code)
        .where(Code.purpose == purpose, Code.subject_id == subject_id, Code.issued_at > moment - timedelta(hours=1))
    )
    if recent and recent >= _HOURLY_LIMIT:
        raise DomainError("Pidió muchos códigos. Espere una hora y pida otro.", "codigo")
    outgoing.end_secret(code_key(purpose, subject_id))
    digits = f"{secrets.randbelow(1_000_000):06d}"
    code = Code(
        purpose=purpose,
        subject_id=subject_id,
        binding=binding,
        code_hash="",
        issued_at=moment,
        expires_at=moment + LIFE,
    )
    db.session.add(code)
    db.session.flush()
    code.code_hash = _hashes(code, digits)[0]
    return digits


def try_code(purpose: CodePurpose, subject_id: int, typed: str, *, binding: str = "") -> int:
    """The id of the code that `typed` passes. Spends one of its five tries first, in a commit of its own, so that
    fifty guesses at once are still five. Raises DomainError on the field `codigo`."""
    digits = six_digits(typed)
    with writing():
        code = newest(purpose, subject_id)
        if code is None or code.used_at is not None or code.binding != binding:
            raise DomainError(VOID, "codigo")
        if clock.now() >= code.expires_at:
            raise DomainError("El código venció: dura 10 minutos. Pida uno nuevo.", "codigo")
        if not (len(digits) == 6 and digits.isascii() and digits.isdigit()):
            raise DomainError("El código tiene 6 dígitos.", "codigo")
        tries = db.session.execute(
            update(Code)
            .where(Code.id == code.id, Code.tries < TRIES, Code.used_at.is_(None))
            .values(tries=Code.tries + 1)
            .returning(Code.tries)
        ).scalar_one_or_none()
    if tries is None:
        raise DomainError("Se acabaron los 5 intentos de este código. Pida uno nuevo.", "codigo")
    if not _is_right(code, digits):
        raise DomainError(_left(TRIES - tries), "codigo")
    return code.id


def withdraw(purpose: CodePurpose, subject_id: int) -> None:
    """Let no code of the subject pass any more, nor leave, in the present transaction: it is bound to nothing."""
    outgoing.end_secret(code_key(purpose, subject_id))
    db.session.execute(
        update(Code)
        .where(Code.purpose == purpose, Code.subject_id == subject_id, Code.used_at.is_(None))
        .values(binding="")
    )


def spend(code_id: int, actor: Actor) -> None:
    """Use the code up in the present transaction. Raises DomainError when somebody else just did."""
    spent = db.session.execute(
        update(Code)
        .where(Code.id == code_id, Code.used_at.is_(None))
        .values(used_at=clock.now(), used_ip=actor.ip, used_device=actor.device)
        .returning(Code.id)
    ).scalar_one_or_none()
    if spent is None:
        raise DomainError("Este código ya se usó.", "codigo")


def has_just_passed(purpose: CodePurpose, subject_id: int, typed: str) -> bool:
    """Whether `typed` is the subject's newest code, used a moment ago: a button was pressed twice."""
    code = newest(purpose, subject_id)
    if code is None:
        return False
    db.session.refresh(code)  # it was open when this press began
    return (
        code.used_at is not None and clock.now() < code.used_at + _PRESSED_TWICE and _is_right(code, six_digits(typed))
    )


def _is_right(code: Code, digits: str) -> bool:
    return any(hmac.compare_digest(one, code.code_hash) for one in _hashes(code, digits))


def _left(tries: int) -> str:
    if tries == 0:
        return "El código no es correcto y se acabaron los intentos. Pida uno nuevo."
    return f"El código no es correcto. Le {'queda 1 intento' if tries == 1 else f'quedan {tries} intentos'}."


def _hashes(code: Code, digits: str) -> tuple[str, ...]:
    """What may be stored for these digits: a code lives on when the key is changed while it is in the mail."""
    return keyed_hashes("code", f"{code.id}:{digits}")
