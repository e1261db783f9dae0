"""Somebody who opens an account, and from where."""

from __future__ import annotations

from datetime import date

from portal.domain.actor import Actor
from portal.services.accounts.signup_answers import Answers

VISITOR = Actor(ip="203.0.113.9", device="a phone")
OTHER_PHONE = Actor(ip="198.51.100.7", device="another phone")
ANA = Answers(
    tipo_documento="DNI",
    numero_documento="70123456",
    nombres="Ana  María",
    apellido_paterno="De la Cruz",
    apellido_materno="",
    fecha_nacimiento=date(1994, 8, 27),
    celular="987 654 321",
    correo="Ana@Gmail.com",
    direccion="Jr.  Tacna 245",
    distrito="080601",
)
