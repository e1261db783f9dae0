"""People of the staff: what their roles and user names are, and why a second step is reset."""

import re
from enum import StrEnum

from portal.domain.errors import DomainError
from portal.domain.typed import line, plain_marks

ROLE_NAMES = {"collaborator": "Colaborador", "supervisor": "Supervisor"}
_USERNAME = re.compile(r"(?=.{3,24}$)[a-z][a-z0-9]*(?:[.-][a-z0-9]+)*")


def a_supervisor(role: str | None) -> str:
    """Whom somebody of this role asks for what a supervisor does: one of them asks another."""
    return "otro supervisor" if role == "supervisor" else "un supervisor"


def parse_username(typed: str) -> str:
    """A user name for one of the staff, as `carmen.ventas`. Raises DomainError on `usuario`."""
    name = plain_marks(line(typed)).lower()
    if not _USERNAME.fullmatch(name):
        words = "Use de 3 a 24 letras sin tilde, números, punto o guion, y empiece con una letra: carmen.ventas."
        raise DomainError(words, "usuario")
    return name


class ResetReason(StrEnum):
    LOST = "perdido"
    REPLACED = "cambiado"
    BROKEN = "no_funciona"


RESET_NAMES = {
    ResetReason.LOST: "Perdió el teléfono o se lo robaron",
    ResetReason.REPLACED: "Cambió de teléfono",
    ResetReason.BROKEN: "La aplicación de códigos ya no le funciona",
}
