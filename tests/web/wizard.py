"""The wizard's addresses, and who is typed into its first step."""

from __future__ import annotations

from tests.client import Page, PageClient

ROSA = {
    "parentesco": "hijo",
    "nombres": "Rosa",
    "apellidos": "Condori Flores",
    "numero_documento": "71452236",
    "fecha_nacimiento": "14/03/1988",
    "porcentaje": "60",
}
PEDRO = ROSA | {"nombres": "Pedro", "numero_documento": "71452237", "porcentaje": "40"}


def at(public_id: str, slug: str = "") -> str:
    return f"/compras/{public_id}/{slug}".rstrip("/")


def go_on(visitor: PageClient, public_id: str) -> Page:
    return visitor.get(at(public_id))
