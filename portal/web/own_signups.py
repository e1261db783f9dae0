"""The sign-ups typed in this browser: only there are their answers shown. Several go on side by side, as when one phone
opens the accounts of a family, and they outlast the sessions that begin and end beside them."""

from flask import session

_OWN = "alta"  # the cookie's name for them
_MOST = 8  # that a cookie has room for


def keep(token: str) -> None:
    """This browser typed the sign-up of `token`. Of many, the oldest is let go."""
    session[_OWN] = [token, *(other for other in _tokens() if other != token)][:_MOST]


def is_own(token: str) -> bool:
    """Whether the sign-up of `token` was typed in this browser."""
    return token in _tokens()


def clear_session() -> None:
    """Empty the cookie of whoever was signed in."""
    own = _tokens()
    session.clear()
    if own:
        session[_OWN] = own


def _tokens() -> list[str]:
    kept = session.get(_OWN, [])
    return [kept] if isinstance(kept, str) else list(kept)  # the release before kept one, by itself
