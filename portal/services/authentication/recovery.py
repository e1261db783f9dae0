"""Coming in again without the password or the user name: by a code mailed to the account's own address.

Whether a document has an account shows nowhere: page, limits and work are the same, and so is what a try at a code
answers. The page of a request depends on its age alone, since whoever asked may not be whose account it is.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, delete, select, update
from sqlalchemy.orm import joinedload

from portal.domain import addresses, clock
from portal.domain.actor import Actor
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.identity import Identity
from portal.extensions import db
from portal.models import Account, Code, CodePurpose, Recovery
from portal.models.people import names_person
from portal.models.transaction import NOT_THE_KEY, end_reading, writing
from portal.services.authentication import directory, known_devices, one_time_codes, passwords
from portal.services.authentication.signing_in import take_password
from portal.services.messaging import outgoing
from portal.services.messaging.mails.account import RecoveryCode
from portal.services.platform import audit, numbering
from portal.services.platform.encryption import keyed_hashes
from portal.settings import current_settings

LIFE = timedelta(hours=1)
KEPT = timedelta(days=90)  # as long as somebody may ask who tried to come in
# Codes a document in a day, asked from one known browser or one network: whoever knows another's document can't use up
# the codes of a person who is somewhere else. And from all networks together: with five tries each, one chance in
# 10,000 for who guesses all day.
DAILY_LIMIT = 5
DAILY_LIMIT_OF_ALL = 20

_PURPOSE = CodePurpose.RECOVERY


class RecoveryOver(NotAllowed):
    """The request is older than an hour."""

    def __init__(self) -> None:
        super().__init__("Este pedido venció: valía una hora. Empiece otra vez.")


def ask(identity: Identity, actor: Actor, *, is_staff: bool = False, token: str | None = None) -> str:
    """Mail a code to the account of this document, if there is one; the request's token.

    `token` is the one that the same browser asked for before: pressed twice, it is that one. Raises DomainError on
    `numero_documento`.
    """
    audience = "staff" if is_staff else "customer"
    keys = keyed_hashes("recovery", f"{identity.country} {identity.document_type} {identity.number} {audience}")
    with writing() as session:
        numbering.next_value("recovery")  # one at a time: of two at once, neither would see the other's code
        # Whoever gives the account another address comes first, or ends this request with the others.
        held = select(Account.id).where(names_person(Account, identity), Account.is_staff.is_(is_staff))
        session.execute(held.with_for_update(key_share=True))
        account = directory.account_of(identity, is_staff=is_staff)
        if account is not None and account.disabled_at is not None:
            account = None
        device = known_devices.recognise(account.id if account else 0, actor)
        asked, moment = _asked_lately(keys, actor.ip, device), clock.now()
        if asked.last is not None and moment < asked.last.issued_at + one_time_codes.RESEND_AFTER:
            if token is not None and token == asked.last.token:
                return token
            wait = int((asked.last.issued_at + one_time_codes.RESEND_AFTER - moment).total_seconds()) + 1
            words = f"Ya se pidió un código para este documento. Puede pedir otro en {wait} segundos."
            raise DomainError(words, "numero_documento")
        asked.check("numero_documento")
        recovery = Recovery(
            token=secrets.token_urlsafe(32),
            account_id=account.id if account else None,
            identity_key=keys[0],
            ip=actor.ip,
            device=actor.device,
            device_key=device,
        )
        session.add(recovery)
        session.flush()
        _send_code(recovery, account, actor)
    return recovery.token


def resend(token: str, actor: Actor, *, shown: datetime | None = None) -> None:
    """Mail another code, unless one was sent since the page was `shown`. Raises DomainError on `codigo` when asked
    too soon or too often, RecoveryOver, NotFound."""
    with writing() as session:
        numbering.next_value("recovery")
        recovery = _open(token)
        if one_time_codes.was_sent_since(_PURPOSE, recovery.id, shown):
            return
        _asked_lately((recovery.identity_key,), recovery.ip, recovery.device_key).check("codigo")
        account = session.get(Account, recovery.account_id or 0, options=[joinedload(Account.person)])
        _send_code(recovery, account, actor)


def is_over(token: str) -> bool:
    """Whether the request is too old. Raises NotFound."""
    return clock.now() >= _find(token).created_at + LIFE


def code(token: str) -> one_time_codes.CodeLife | None:
    """The life of the request's newest code, which any request has, whether or not a mail carries it. Raises
    NotFound."""
    return one_time_codes.life(_PURPOSE, _find(token).id)


def complete(token: str, typed: str, new: str, actor: Actor) -> None:
    """Pass the code and take the new password: every session ends, locks are lifted, the account is told.

    Completed again, nothing happens. Raises DomainError on `codigo` and `nueva`, RecoveryOver, NotFound.
    """
    recovery_id = _open(token).id
    passwords.check_strength(new)
    try:
        _complete(recovery_id, typed, new, actor)
    except DomainError:
        if not one_time_codes.has_just_passed(_PURPOSE, recovery_id, typed):
            raise  # otherwise it was pressed twice, and the first has just come through


def end_all(account_id: int) -> Sequence[int]:
    """Let no open request of the account's be completed, in the present transaction: its owner is in again, or its
    codes lie in a mailbox that was never theirs. Those that were open."""
    ended = (
        update(Recovery)
        .where(Recovery.account_id == account_id, Recovery.completed_at.is_(None))
        .values(completed_at=clock.now())
    )
    return db.session.scalars(ended.returning(Recovery.id)).all()


def forget() -> None:
    """Delete old requests, in the present transaction."""
    db.session.execute(delete(Recovery).where(Recovery.created_at < clock.now() - KEPT))


def _send_code(recovery: Recovery, account: Account | None, actor: Actor) -> None:
    digits = one_time_codes.issue(_PURPOSE, recovery.id)
    gets_mail = account is not None and account.disabled_at is None and recovery.completed_at is None
    # The letter is written for a document without an account too, and taken back: the work is the same.
    with db.session.begin_nested() as letter:
        mail = RecoveryCode(
            secret=digits,
            code=one_time_codes.just_issued(_PURPOSE, recovery.id),
            username=account.username if account else "",
            link=f"{current_settings().base_url}/recuperar/{recovery.token}",
        )
        outgoing.queue(mail, to=account.email if account else "", account=account)
        db.session.flush()
        if not gets_mail:
            letter.rollback()
    audit.record(actor, "recovery.code", f"recovery:{recovery.id}")


def _complete(recovery_id: int, typed: str, new: str, actor: Actor) -> None:
    code_id = one_time_codes.try_code(_PURPOSE, recovery_id, typed)
    account = _account(recovery_id)
    # What is personal is told only to who has the code.
    passwords.check_new(new, account.person, username=account.username, email=account.email)
    end_reading()
    new_hash = passwords.hash_password(new)
    with writing() as session:
        one_time_codes.spend(code_id, actor)
        account = _account(recovery_id)
        session.refresh(account, with_for_update=NOT_THE_KEY)
        if recovery_id not in end_all(account.id):
            raise DomainError(one_time_codes.VOID, "codigo")  # whoever held the account meanwhile ended it
        take_password(account, new_hash)
        known_devices.note(account.id, actor)
        audit.record(actor, "password.recover", account.username, recovery=recovery_id)


def _account(recovery_id: int) -> Account:
    """Whose password is changed by a code that was passed. Nobody's is a guess that hit a code never mailed."""
    recovery = db.session.get_one(Recovery, recovery_id)
    account = db.session.get(Account, recovery.account_id or 0)
    if account is None or account.disabled_at is not None or recovery.completed_at is not None:
        raise DomainError(one_time_codes.VOID, "codigo")
    return account


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked for a document in a day. `last`: the newest from here; `here` and
    `of_strangers`: how many codes, a known browser's being its own alone."""

    last: Row[str, str | None, str, datetime] | None
    here: int
    of_strangers: int
    is_known: bool

    def check(self, field: str) -> None:
        if not self.is_known and self.of_strangers >= DAILY_LIMIT_OF_ALL:
            raise DomainError(
                "Se pidieron muchos códigos para este documento. Pruebe mañana, o vaya a una agencia con su documento.",
                field,
            )
        if self.here >= DAILY_LIMIT:
            raise DomainError(
                "Desde esta conexión se pidieron muchos códigos para este documento. Pruebe con otra, como los datos "
                "de su celular, o mañana. También puede ir a una agencia con su documento.",
                field,
            )


def _asked_lately(keys: Sequence[str], ip: str, device: str | None) -> _Asked:
    rows = db.session.execute(
        select(Recovery.ip, Recovery.device_key, Recovery.token, Code.issued_at)
        .join(Code, Code.subject_id == Recovery.id)
        .where(
            Recovery.identity_key.in_(keys),
            Code.purpose == _PURPOSE,
            Code.issued_at > clock.now() - timedelta(days=1),
        )
        .order_by(Code.id)
    ).all()
    strangers = [row for row in rows if row.device_key is None]
    if device:
        here = [row for row in rows if row.device_key == device]
    else:
        here = [row for row in strangers if addresses.network_of(row.ip) == addresses.network_of(ip)]
    return _Asked(here[-1] if here else None, len(here), len(strangers), device is not None)


def _find(token: str) -> Recovery:
    recovery = db.session.scalars(select(Recovery).where(Recovery.token == token)).one_or_none()
    if recovery is None:
        raise NotFound
    return recovery


def _open(token: str) -> Recovery:
    recovery = _find(token)
    if clock.now() >= recovery.created_at + LIFE:
        raise RecoveryOver
    return recovery
