"""What was typed in this browser without an account, a sign-up or a notice: only there are its answers shown.

Several go on side by side, as when one phone serves a family, and they outlast the sessions beside them.
"""

from flask import session

SIGNUPS, NOTICES = "alta", "aviso"  # the cookie's names for them
_MOST = 8  # of each that a cookie has room for


def keep(kind: str, token: str) -> None:
    """This browser typed the sign-up or the notice of `token`. Of many, the oldest is let go."""
    session[kind] = [token, *(other for other in _tokens(kind) if other != token)][:_MOST]


def is_own(kind: str, token: str) -> bool:
    """Whether that of `token` was typed in this browser."""
    return token in _tokens(kind)


def clear_session() -> None:
    """Empty the cookie of whoever was signed in."""
    own = {kind: _tokens(kind) for kind in (SIGNUPS, NOTICES)}
    session.clear()
    session.update({kind: tokens for kind, tokens in own.items() if tokens})


def _tokens(kind: str) -> list[str]:
    kept = session.get(kind, [])
    return [kept] if isinstance(kept, str) else list(kept)  # the release before kept one, by itself
