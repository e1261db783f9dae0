"""What documents can print is what their fonts draw."""

import pytest
from fontTools.ttLib import TTFont

from portal.domain.errors import DomainError
from portal.domain.identity import clean_name
from portal.domain.printable import PRINTABLE, check_text, unprintable
from portal.integrations.pdf_fonts import FOLDER


@pytest.mark.parametrize("weight", ["regular", "bold"])
def test_every_printable_letter_is_in_a_font_of_ours(weight):
    files = [path for path in FOLDER.glob("*.ttf") if path.stem.endswith(weight)]
    drawn = {chr(code) for path in files for code in TTFont(path).getBestCmap()}
    assert len(files) == 2
    assert sorted(PRINTABLE - drawn) == []


@pytest.mark.parametrize(
    "name", ["Ñahui", "Müller", "Kovačević", "Łukasz", "Şahin", "Ștefan", "Ørsted", "Dvořák", "O'Neil"]
)
def test_names_in_our_alphabet_are_taken_with_all_their_marks(name):
    assert clean_name(name, field="nombres") == name


@pytest.mark.parametrize("name", ["李明", "Дмитрий", "Αθηνά", "Nguyễn", "محمد", "김", "\U0001d400na", "Ana李"])
def test_a_name_that_no_font_draws_is_refused_at_its_field(name):
    with pytest.raises(DomainError) as refused:
        clean_name(name, field="nombres")
    assert refused.value.field == "nombres"
    lost = unprintable(name)
    assert refused.value.message == (
        f"La póliza no puede imprimir «{lost}». Escríbalo con letras de la A a la Z, como en el pasaporte o carné."
    )


@pytest.mark.parametrize("text", ["Jr. Tacna 245 🙂", "Av. Perú → 3", "\u202eanulado", "Mz. Ⅳ"])
def test_free_words_with_what_no_font_draws_are_refused_at_their_field(text):
    with pytest.raises(DomainError) as refused:
        check_text(text, field="detalle")
    assert refused.value.field == "detalle"
