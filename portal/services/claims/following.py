"""A notice followed without an account: by its number, one's own document and a mailed code (B01).

Which of number and document is wrong shows nowhere: page, limits, work and mails are the same. What is opened is a row,
held in one browser, which ends by its button, by 30 minutes without use, and in 12 hours.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, and_, delete, select, update
from sqlalchemy.orm import joinedload

from portal.domain import addresses, clock
from portal.domain.actor import Actor
from portal.domain.claim import NoticeState
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.identity import Identity
from portal.domain.notice import parse_notice_number
from portal.extensions import db
from portal.models import Claim, Code, CodePurpose, Notice, NoticeMatch, NoticeVisit
from portal.models.people import names_person
from portal.models.transaction import NOT_THE_KEY, writing
from portal.services.authentication import one_time_codes
from portal.services.claims import claim as rows
from portal.services.messaging import outgoing
from portal.services.messaging.mails.notices import NoticeVisitCode
from portal.services.platform import audit, numbering
from portal.services.platform.encryption import keyed_hashes

ASKED = timedelta(hours=1)  # in which the code can be typed
IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
KEPT = timedelta(days=90)  # as long as somebody may ask who looked from where
_SEEN_EVERY = timedelta(minutes=1)
# Codes for a number and document in a day, from one network or one browser that was let in before, and from all others
# together: whoever knows both of another's can't use up their codes, and has one chance in 10,000 for guessing all day.
DAILY_LIMIT = 5
DAILY_LIMIT_OF_ALL = 20

_PURPOSE = CodePurpose.NOTICE_VISIT


class VisitOver(NotAllowed):
    """It was closed, or nobody used it for long."""

    def __init__(self) -> None:
        super().__init__("Por seguridad, cerramos la página de su aviso. Pida otro código para verla.")


@dataclass(frozen=True, slots=True)
class VisitProgress:
    """How far a visit is: `notice` once it is open, `code` the life of its newest code, whether or not a mail carries
    it."""

    notice: Notice | None
    is_over: bool
    code: one_time_codes.CodeLife | None


def ask(number: str, identity: Identity, actor: Actor, *, token: str | None = None) -> str:
    """Mail a code to who gave this notice, if there is one of that person's; the visit's token.

    `token` is the one that the same browser asked for before: pressed twice, it is that one. Raises DomainError on
    `numero`.
    """
    wanted = parse_notice_number(number)
    asked_keys = keyed_hashes("notice visit", f"{wanted} {identity.country} {identity.document_type} {identity.number}")
    with writing() as session:
        numbering.next_value("notice visit")  # one at a time: of two at once, neither would see the other's code
        browser_keys = _browser_keys(asked_keys, actor)
        asked, moment = _asked_lately(asked_keys, actor.ip, browser_keys), clock.now()
        if asked.last is not None and moment < asked.last.issued_at + one_time_codes.RESEND_AFTER:
            if token is not None and token == asked.last.token:
                return token
            wait = int((asked.last.issued_at + one_time_codes.RESEND_AFTER - moment).total_seconds()) + 1
            raise DomainError(f"Ya se pidió un código para este aviso. Puede pedir otro en {wait} segundos.", "numero")
        asked.check("numero")
        named = select(Notice).where(Notice.number == wanted, names_person(Notice, identity))
        notice = session.scalars(named).one_or_none()
        visit = NoticeVisit(
            token=secrets.token_urlsafe(32),
            notice_id=notice.id if notice else None,
            asked_key=asked_keys[0],
            browser_key=browser_keys[0],
            ip=actor.ip,
            device=actor.device,
        )
        session.add(visit)
        session.flush()
        _send_code(visit, notice, actor)
    return visit.token


def resend(token: str, actor: Actor, *, shown: datetime | None = None) -> None:
    """Mail another code, unless one was sent since the page was `shown`. Raises DomainError on `codigo` when asked
    too soon or too often, VisitOver, NotFound."""
    with writing() as session:
        numbering.next_value("notice visit")
        visit = _of_browser(token, actor)
        if visit.opened_at is not None or _is_over(visit):
            raise VisitOver
        if one_time_codes.was_sent_since(_PURPOSE, visit.id, shown):
            return
        _asked_lately((visit.asked_key,), visit.ip, (visit.browser_key,)).check("codigo")
        _send_code(visit, session.get(Notice, visit.notice_id or 0), actor)


def enter(token: str, typed: str, actor: Actor) -> None:
    """Pass the code: the notice is open in this browser. Passed again, nothing happens. Raises DomainError on `codigo`,
    VisitOver, NotFound."""
    visit = _of_browser(token, actor)
    if visit.opened_at is not None:
        return
    if _is_over(visit):
        raise VisitOver
    visit_id = visit.id
    try:
        code_id = one_time_codes.try_code(_PURPOSE, visit_id, typed)
    except DomainError:
        if one_time_codes.has_just_passed(_PURPOSE, visit_id, typed):
            return  # pressed twice, and the first has just come through
        raise
    with writing() as session:
        visit = session.get_one(NoticeVisit, visit_id, with_for_update=NOT_THE_KEY)
        one_time_codes.spend(code_id, actor)
        if visit.notice_id is None:
            raise DomainError(one_time_codes.VOID, "codigo")  # a guess that hit a code never mailed
        visit.opened_at = visit.seen_at = clock.now()
        audit.record(actor, "notice.visit", f"notice:{visit.notice_id}", visit=visit.id)


def progress(token: str, actor: Actor) -> VisitProgress:
    """How far the visit of `token` is. Notes once a minute that it was used. Raises NotFound, in any other browser than
    the one that asked."""
    visit = _of_browser(token, actor)
    if _is_over(visit) or visit.opened_at is None:
        return VisitProgress(None, _is_over(visit), one_time_codes.life(_PURPOSE, visit.id))
    notice_id = _notice_of(visit)
    note_use(visit)
    return VisitProgress(_with_claims(notice_id), False, None)


def open_claim(token: str, number: str, actor: Actor) -> tuple[NoticeVisit, NoticeMatch]:
    """That the notice which is open in this browser is about this claim: with all of the claim, two queries. Whoever
    asks notes the visit's use when all is read, since noting lets go of it. Raises VisitOver, NotFound."""
    of_number = NoticeMatch.claim_id.in_(select(Claim.id).where(Claim.number == number))
    query = (
        select(NoticeVisit, NoticeMatch)
        .outerjoin(NoticeMatch, and_(NoticeMatch.notice_id == NoticeVisit.notice_id, of_number))
        .where(NoticeVisit.token == token)
        .options(joinedload(NoticeMatch.claim).options(*rows.WHOLE))
    )
    row = db.session.execute(query).unique().one_or_none()
    visit = _in_its_browser(row.NoticeVisit if row else None, actor)
    _notice_of(visit)
    if row is None or row.NoticeMatch is None:
        raise NotFound
    return visit, row.NoticeMatch


def open_notice_id(token: str, actor: Actor) -> int:
    """The key of the notice that is open in this browser. Raises VisitOver, NotFound."""
    visit = _of_browser(token, actor)
    notice_id = _notice_of(visit)
    note_use(visit)
    return notice_id


def note_use(visit: NoticeVisit) -> None:
    """Keep an open visit open, once a minute."""
    moment = clock.now()
    if visit.seen_at is not None and moment - visit.seen_at >= _SEEN_EVERY:
        with writing() as session:
            session.execute(
                update(NoticeVisit)
                .where(NoticeVisit.id == visit.id, NoticeVisit.ended_at.is_(None))
                .values(seen_at=moment)
            )


def close(token: str, actor: Actor) -> None:
    """End the visit. Ended again, nothing happens. Raises NotFound."""
    with writing():
        visit = _of_browser(token, actor)
        if visit.ended_at is None:
            visit.ended_at = clock.now()


def forget() -> None:
    """Delete visits long over."""
    with writing() as session:
        session.execute(delete(NoticeVisit).where(NoticeVisit.created_at < clock.now() - KEPT))


def _send_code(visit: NoticeVisit, notice: Notice | None, actor: Actor) -> None:
    digits = one_time_codes.issue(_PURPOSE, visit.id)
    gets_mail = notice is not None and notice.state is not NoticeState.DRAFT and bool(notice.email)
    # The letter is written for a number that is nobody's too, and taken back: the work is the same.
    with db.session.begin_nested() as letter:
        mail = NoticeVisitCode(secret=digits, code=one_time_codes.just_issued(_PURPOSE, visit.id))
        outgoing.queue(mail, to=notice.email if notice else "", account=None)
        db.session.flush()
        if not gets_mail:
            letter.rollback()
    audit.record(actor, "notice.visit_code", f"visit:{visit.id}")


def _with_claims(notice_id: int) -> Notice:
    """The notice with the claims that it turned out to be about, without what hangs on them: one query."""
    match = joinedload(Notice.matches)
    query = (
        select(Notice)
        .where(Notice.id == notice_id)
        .options(match.joinedload(NoticeMatch.claim).lazyload("*"), match.joinedload(NoticeMatch.party))
    )
    return db.session.scalars(query).unique().one()


def _of_browser(token: str, actor: Actor) -> NoticeVisit:
    visit = db.session.scalars(select(NoticeVisit).where(NoticeVisit.token == token)).one_or_none()
    return _in_its_browser(visit, actor)


def _in_its_browser(visit: NoticeVisit | None, actor: Actor) -> NoticeVisit:
    if visit is None or visit.browser_key not in _browser_keys((visit.asked_key,), actor):
        raise NotFound
    return visit


def _notice_of(visit: NoticeVisit) -> int:
    """The key of its notice. Raises VisitOver."""
    if _is_over(visit) or visit.opened_at is None or visit.notice_id is None:
        raise VisitOver
    return visit.notice_id


def _is_over(visit: NoticeVisit) -> bool:
    moment = clock.now()
    if visit.ended_at is not None or moment >= visit.created_at + ABSOLUTE:
        return True
    if visit.opened_at is None or visit.seen_at is None:
        return moment >= visit.created_at + ASKED
    return moment >= visit.seen_at + IDLE


def _browser_keys(asked_keys: Sequence[str], actor: Actor) -> tuple[str, ...]:
    """What may be kept of this browser for what was asked: nobody can tell whose it is."""
    return tuple(
        hashed for asked in asked_keys for hashed in keyed_hashes("notice browser", f"{asked} {actor.browser}")
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked for a number and document in a day. `last`: the newest from here; `here` and `of_strangers`: how
    many codes, those of a browser that was let in before being its own alone."""

    last: Row[str, str, str, datetime | None, datetime] | None
    here: int
    of_strangers: int
    is_known: bool

    def check(self, field: str) -> None:
        if not self.is_known and self.of_strangers >= DAILY_LIMIT_OF_ALL:
            raise DomainError("Se pidieron muchos códigos para este aviso. Pruebe mañana, o llámenos.", field)
        if self.here >= DAILY_LIMIT:
            raise DomainError(
                "Desde esta conexión se pidieron muchos códigos para este aviso. Pruebe mañana, o llámenos.", field
            )


def _asked_lately(asked_keys: Sequence[str], ip: str, browser_keys: Sequence[str]) -> _Asked:
    rows = db.session.execute(
        select(NoticeVisit.ip, NoticeVisit.browser_key, NoticeVisit.token, NoticeVisit.opened_at, Code.issued_at)
        .join(Code, Code.subject_id == NoticeVisit.id)
        .where(
            NoticeVisit.asked_key.in_(asked_keys),
            Code.purpose == _PURPOSE,
            Code.issued_at > clock.now() - timedelta(days=1),
        )
        .order_by(Code.id)
    ).all()
    let_in = select(NoticeVisit.browser_key).where(
        NoticeVisit.asked_key.in_(asked_keys), NoticeVisit.opened_at.is_not(None)
    )
    known = set(db.session.scalars(let_in))
    is_known = not known.isdisjoint(browser_keys)
    strangers = [row for row in rows if row.browser_key not in known]
    if is_known:
        here = [row for row in rows if row.browser_key in browser_keys]
    else:
        here = [row for row in strangers if addresses.network_of(row.ip) == addresses.network_of(ip)]
    return _Asked(here[-1] if here else None, len(here), len(strangers), is_known)
