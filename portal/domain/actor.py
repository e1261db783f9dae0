"""Who is acting, and from where: an argument of every use case, and the scope of every query."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Actor:
    """`account_id` is None for a visitor and for the portal's own work. `role` is the account's role. `party_ids`: the
    people of claims that a visitor is known to be, by their notice. `browser` is the secret mark that tells this
    browser from others, `session` the token of the open session; empty where there is none."""

    account_id: int | None = None
    role: str | None = None
    ip: str = ""
    device: str = ""
    party_ids: frozenset[int] = frozenset()
    browser: str = field(default="", repr=False)
    session: str = field(default="", repr=False)

    @property
    def is_staff(self) -> bool:
        """Whether it is somebody of MASSIV at work: their own things they see by another account, a customer's."""
        return self.role in ("collaborator", "supervisor")


SYSTEM = Actor(role="system")
