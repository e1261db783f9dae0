"""Forms as they were typed and not sent (B26): sealed, of one owner, and gone when they are used or a week later.

What may be kept of a form is the form's to say (portal/web/drafts.py): never a password, a code or what is on a card.
"""

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.fernet import InvalidToken
from sqlalchemy import bindparam, delete, select
from sqlalchemy.exc import IntegrityError

from portal.domain import clock
from portal.extensions import db
from portal.models import Draft
from portal.models.transaction import writing
from portal.services.platform.encryption import keyed_hash, keyed_hashes, seal, unseal
from portal.settings import current_settings

MOST_OF_AN_OWNER = 20
LARGEST = 20_000  # characters: more than any form of the portal holds
_LONGEST_PLACE = 200
_PROOF = 16  # characters

# Made once: each page with a form asks it, mostly in vain.
_NEWEST = (
    select(Draft.__table__.c.sealed, Draft.__table__.c.saved_at)
    .where(
        Draft.__table__.c.owner.in_(bindparam("owners", expanding=True)),
        Draft.__table__.c.place == bindparam("place"),
        Draft.__table__.c.saved_at > bindparam("oldest"),
    )
    .order_by(Draft.__table__.c.saved_at.desc())
    .limit(1)
)

Values = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Kept:
    """A draft as its owner finds it."""

    values: Values
    saved_at: datetime


def mark_of(owner: str) -> str:
    """What a page carries to say whose form it holds: a hash of the owner, and the proof that we wrote it."""
    hashed = keyed_hash("draft", owner)
    return hashed + _proof(hashed)


def is_of(mark: str, owner: str) -> bool:
    """Whether `mark` is the owner's, made with the key of now or an older one."""
    known = (one + proof for one in _hashes(owner) for proof in _proofs(one))
    return any(hmac.compare_digest(mark.encode(), one.encode()) for one in known)


def keep(mark: str, place: str, values: Values) -> bool:
    """Keep what was typed at `place`, instead of what was kept there. Whether it was: a mark that is none of ours, or
    more than a form can hold, is not kept."""
    owner, text = mark[:-_PROOF], json.dumps(values)
    if not any(hmac.compare_digest(mark[-_PROOF:].encode(), one.encode()) for one in _proofs(owner)):
        return False
    if len(text) > LARGEST or len(place) > _LONGEST_PLACE:
        return False
    try:
        _keep(owner, place, text)
    except IntegrityError:
        _keep(owner, place, text)  # another tab of theirs kept its own at this very moment
    return True


def find(owner: str, place: str) -> Kept | None:
    """What the owner typed at `place`; None when nothing is kept, or it is too old."""
    asked = {"owners": _hashes(owner), "place": place, "oldest": _oldest()}
    found = db.session.execute(_NEWEST, asked).one_or_none()
    if found is None:
        return None
    try:
        return Kept(json.loads(unseal(found.sealed)), found.saved_at)
    except InvalidToken:
        return None  # its key is gone


def forget(owner: str, place: str) -> None:
    """What was typed at `place` is used, or not wanted any more."""
    own = (Draft.owner.in_(_hashes(owner)), Draft.place == place)
    if db.session.scalar(select(Draft.id).where(*own).limit(1)) is not None:
        with writing() as session:
            session.execute(delete(Draft).where(*own))


def forget_old() -> None:
    """Delete what nobody came back to, in the present transaction."""
    db.session.execute(delete(Draft).where(Draft.saved_at <= _oldest()))


def _keep(owner: str, place: str, text: str) -> None:
    with writing() as session:
        draft = session.scalars(select(Draft).where(Draft.owner == owner, Draft.place == place)).one_or_none()
        if draft is None:
            draft = Draft(owner=owner, place=place)
            session.add(draft)
        draft.sealed, draft.saved_at = seal(text), clock.now()
        session.flush()
        newest = select(Draft.id).where(Draft.owner == owner).order_by(Draft.saved_at.desc()).limit(MOST_OF_AN_OWNER)
        session.execute(delete(Draft).where(Draft.owner == owner, Draft.id.not_in(newest)))


def _oldest() -> datetime:
    return clock.now() - current_settings().draft_life


def _hashes(owner: str) -> tuple[str, ...]:
    return keyed_hashes("draft", owner)


def _proof(hashed: str) -> str:
    return keyed_hash("draft-mark", hashed)[:_PROOF]


def _proofs(hashed: str) -> tuple[str, ...]:
    return tuple(one[:_PROOF] for one in keyed_hashes("draft-mark", hashed))
