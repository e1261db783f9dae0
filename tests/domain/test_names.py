"""The words that a name is searched by."""

from __future__ import annotations

import pytest

from portal.domain import names


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("Rosa  ÑAHUI Pérez", ("nahui", "perez", "rosa")),
        ("rosa rosa", ("rosa",)),
        ("José\u0301 D’Angelo", ("dangelo", "jose")),
        ("Dʼangelo d＇Angelo\u200b D´ANGELO", ("dangelo",)),
        ("Flores‑Quispe, M.", ("flores", "m", "quispe")),
        ("Flores-Quispe, M.", ("flores", "m", "quispe")),
        ("Weiß İnan", ("inan", "weiss")),
        ("  .' - ", ()),
    ],
)
def test_a_name_is_searched_without_accents_case_or_order(typed: str, words: tuple[str, ...]) -> None:
    assert names.words(typed) == words


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("rosa", "Rosa"),
        ("CONDORI FLORES", "Condori Flores"),
        ("rosa CONDORI FLORES", "Rosa Condori Flores"),
        ("MARÍA DE LOS ÁNGELES", "María de los Ángeles"),
        ("de la cruz", "de la Cruz"),
        ("DEL ÁGUILA Y PINTO", "del Águila y Pinto"),
        ("mcdonald", "McDonald"),
        ("JUAN PABLO II", "Juan Pablo II"),
        ("D'ANGELO o'neil", "D'Angelo O'Neil"),
        ("ñahui-QUISPE", "Ñahui-Quispe"),
        ("j.", "J."),
        ("LA", "La"),
        ("De la Cruz", "De la Cruz"),
        ("Rosa María", "Rosa María"),
        ("McArthur DeLuca", "McArthur DeLuca"),
        ("", ""),
    ],
)
def test_a_name_in_small_letters_or_capitals_is_written_as_names_are(typed: str, written: str) -> None:
    assert names.proper_case(typed) == written
    assert names.proper_case(written) == written


ROSA = ("Rosa Elena", "Quispe Ñahui")


@pytest.mark.parametrize(
    "typed",
    [
        ("Rosa Elena", "Quispe Ñahui"),
        ("ROSA ELENA", "QUISPE ÑAHUI"),
        ("rosa", "quispe nahui"),
        ("Elena", "Quispe"),
        ("Rosa Elena", "Ñahui"),
        ("Quispe Ñahui", "Rosa Elena"),
        ("Rosa Elena María", "Quispe Ñahui"),
    ],
)
def test_names_are_alike_without_accents_order_or_one_of_two(typed: tuple[str, str]) -> None:
    assert names.alike(typed, ROSA)
    assert names.alike(ROSA, typed)


@pytest.mark.parametrize(
    "typed",
    [
        ("Carlos", "Mendoza Ríos"),
        ("Carlos", "Quispe Ñahui"),
        ("Rosa Elena", "Mendoza Ríos"),
        ("Rosa", "Quispe Mendoza"),
        ("Quispe", "Ñahui"),
        ("Rosa", "Elena"),
        ("Rosa Elena del Pilar María", "Quispe Ñahui de Soto"),
        ("", ""),
    ],
)
def test_names_that_contradict_or_say_too_little_are_not_alike(typed: tuple[str, str]) -> None:
    assert not names.alike(typed, ROSA)
