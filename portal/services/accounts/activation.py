"""Opening an account: with the mailed code come person, account, consents and credentials, at once or not at all."""

from datetime import datetime

from sqlalchemy.exc import IntegrityError

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.errors import DomainError
from portal.models import Account, CodePurpose, Person, Signup
from portal.models.transaction import NOT_THE_KEY, end_reading, writing
from portal.services.accounts import consents, usernames
from portal.services.accounts.signup import TERMS, account_of, binding, check_accepted, check_open, find
from portal.services.accounts.signup_answers import Answers, from_kept
from portal.services.authentication import directory, one_time_codes, passwords
from portal.services.authentication.signing_in import (
    INITIAL_PASSWORD_LIFE,
    credentials_again_at,
    mail_credentials,
    mail_new_initial_password,
)
from portal.services.platform import audit

_ATTEMPTS = 3  # at writing an account, when a user name or the identity is taken at the same moment


def confirm(token: str, typed: str, actor: Actor) -> None:
    """Pass the code (S05): person, account, consents and the mail with the credentials (S06), all or nothing.

    Confirmed again, nothing happens. Raises DomainError on the field `codigo`, MustAccept, SignupOver.
    """
    signup = find(token)
    if signup.completed_at is not None:
        return
    check_open(signup)
    check_accepted(signup)
    signup_id = signup.id
    try:
        code_id = one_time_codes.try_code(CodePurpose.ACCOUNT, signup_id, typed, binding=binding(signup))
    except DomainError:
        if find(token).completed_at is not None:
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


def send_again(token: str, actor: Actor, *, shown: datetime | None = None) -> None:
    """Mail user and another initial password, unless that happened since the page was `shown`. Raises DomainError when
    asked too soon, or when the account has a password of its own or the sign-up is over, NotFound."""
    account = account_of(find(token))
    again_at = credentials_again_at(account) if account else None
    if account is None or again_at is None:
        raise DomainError(
            "Este enlace ya no envía sus datos. Si no recuerda su contraseña, use «¿Olvidó su contraseña?»."
        )
    moment = clock.now()
    if moment >= again_at:
        mail_new_initial_password(account, account.password_hash, actor)
    elif shown is None or shown >= again_at - one_time_codes.RESEND_AFTER:
        wait = int((again_at - moment).total_seconds()) + 1
        raise DomainError(f"Ya le enviamos sus datos de ingreso. Puede pedirlos otra vez en {wait} segundos.")


def _create(signup_id: int, code_id: int, password: str, password_hash: str, actor: Actor) -> None:
    with writing() as session:
        signup = session.get_one(Signup, signup_id, with_for_update=NOT_THE_KEY)
        if signup.completed_at is not None:
            return  # pressed twice at once
        check_accepted(signup)  # again: the answers may have been edited since the code was compared
        one_time_codes.spend(code_id, actor)
        answers = from_kept(signup.answers)
        if directory.account_of(answers.identity) is not None:
            # Somebody with this identity came first. As for any identity with an account, no code is good.
            raise DomainError(one_time_codes.VOID, "codigo")
        account = _new_account(answers, password_hash)
        session.add(account)
        session.flush()
        _record_consents(account, signup)
        signup.completed_at, signup.answers, signup.account_id = clock.now(), {}, account.id
        mail_credentials(account, password)
        audit.record(actor, "account.create", account.username, signup=signup.id)


def _record_consents(account: Account, signup: Signup) -> None:
    """Given when the terms were accepted, from there: not when the code was typed."""
    there = Actor(ip=signup.ip, device=signup.device)
    for key, granted in ((TERMS, True), (consents.MARKETING, signup.accepts_marketing)):
        consents.record(key, there, account_id=account.id, granted=granted, given_at=signup.accepted_at)


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
