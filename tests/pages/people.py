"""Made-up people who come to the portal for the first time."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Newcomer:
    """What somebody types into "Ingresar Datos", and the password that they choose."""

    names: str = "Rosa Elena"
    paternal: str = "Quispe"
    maternal: str = "Mamani"
    birth: str = "27/08/1994"
    phone: str = "987654321"
    department: str = "Cusco"
    province: str = "Urubamba"
    district: str = "Ollantaytambo"
    address: str = "Jr. Los Álamos 345, a dos cuadras del mercado"
    password: str = "quinua tejado lunes farol"
    number: int = field(default_factory=lambda: next(_numbers))

    @property
    def document(self) -> str:
        return f"{70_000_000 + self.number}"

    @property
    def email(self) -> str:
        return f"rosa{self.number}@familia.example"

    @property
    def full_name(self) -> str:
        return f"{self.names} {self.paternal} {self.maternal}"


@dataclass(frozen=True)
class Named:
    """A beneficiary as typed."""

    names: str
    surnames: str
    relation: str
    birth: str
    share: str
    document: str = ""
    representative: str = ""


MOTHER = Named("Teófila", "Mamani Condori", "Padre o madre", "03/02/1965", "66.67", document="23456781")
SON = Named("Ángel", "Quispe Huamán", "Hijo o hija", "14/11/2016", "33.33", representative="Luis Huamán Ccori")
