"""The code under a policy's QR, as people type and paste it."""

import pytest

from portal.domain import verification
from portal.domain.errors import DomainError

TOKEN = "Qm7nYw2cVtXb9sKd4fRj1aZpL6hE0uGi"
WITH_A_CODE_IN_IT = "F1cAIIuY7Wa3zserRKAcHdz-SPEjFy3v"


@pytest.mark.parametrize(
    "typed",
    [
        "K7MT-X9QP",
        "k7mtx9qp",
        " k7 mt.x9 qp ",
        "K7MT \u2014 X9QP",
        "K7MT\u200b-\u00adX9QP",
        "\uff2b\uff17\uff2d\uff34\uff0d\uff38\uff19\uff31\uff30",
        "Póliza MA-2026-000184, código K7MT-X9QP.",
        "K7MT_X9QP",
        "K7MT / X9QP",
        "(K7·MT:X9*QP)",
        "NºK7MT-X9QP",
        "№ K7MTX9QP",
        "este K7MT X9QP",
        "presente, este pues: K7MT-X9QP",
        "https://portal.example/verificar/k7mt-x9qp?huella=1",
    ],
)
def test_a_code_is_read_however_it_was_typed(typed):
    assert verification.read(typed) == "K7MT-X9QP"


@pytest.mark.parametrize("token", [TOKEN, WITH_A_CODE_IN_IT])
def test_what_a_qr_holds_is_read_as_it_stands_and_is_no_code(token):
    assert verification.read(token) == verification.read(f"  https://portal.example/verificar/{token}/ ") == token
    assert verification.code_in(token) is None


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("MA-2026-000184", "parece el número de una póliza"),
        ("póliza n.º ma 2026 184", "una póliza"),
        ("45678923", "documento"),
        ("DNI 4567-8923", "documento"),
        ("COT-2026-000012", "cotización"),
        ("SP-2026-000012", "solicitud de pago"),
        ("100 000 009", "agencia"),
        ("RC-2026-000012", "recibo"),
        ("SIN-2026-000058", "siniestro"),
        ("rosa@correo.pe", "correo"),
        ("987654321", "celular"),
        ("987 654 324", "celular"),  # so might be a slip's
        ("001234567", "documento"),
        ("K7MT-X9O0", "^El código no lleva la letra O ni el cero$"),
        ("K7lt X9QP", "^El código no lleva la letra L$"),
    ],
)
def test_another_number_is_told_from_it(typed, words):
    with pytest.raises(DomainError, match=words):
        verification.read(typed)


@pytest.mark.parametrize(
    "typed", ["", "nada", "K7MT-X9Q", "K7MT-X9QP2", "K7MT-X9QP o 3WQP-9RTM", "ABCD-EFGH o K7MT-X9QP", "<b>"]
)
def test_what_is_neither_names_nothing(typed):
    assert verification.read(typed) == ""


def test_no_code_could_be_a_dni():
    codes = {verification.new_code() for _ in range(50)}
    assert len(codes) == 50
    assert all(verification.code_in(verification.shown(code)) == code for code in codes)
