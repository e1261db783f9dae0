"""People of the staff: what their roles are called, and why a second step is reset."""

from enum import StrEnum

ROLE_NAMES = {"collaborator": "Colaborador", "supervisor": "Supervisor"}


class ResetReason(StrEnum):
    LOST = "perdido"
    REPLACED = "cambiado"
    BROKEN = "no_funciona"


RESET_NAMES = {
    ResetReason.LOST: "Perdió el teléfono o se lo robaron",
    ResetReason.REPLACED: "Cambió de teléfono",
    ResetReason.BROKEN: "La aplicación de códigos ya no le funciona",
}
