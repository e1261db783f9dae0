"""Who is acting, and from where: an argument of every use case, and the scope of every query."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """`account_id` is None for a visitor and for the portal's own work. `role` is the account's role."""

    account_id: int | None = None
    role: str | None = None
    ip: str = ""
    device: str = ""


SYSTEM = Actor(role="system")
