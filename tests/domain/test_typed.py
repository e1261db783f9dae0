"""Text as it is pasted: what nobody sees is gone, and what was meant stays."""

import pytest

from portal.domain.typed import clean, compact, expiry, line, plain_marks, six_digits

UNSEEN = {
    "zero width": "\u200b\u200c\u200d\u2060",
    "direction marks": "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e",
    "isolates": "\u2066\u2067\u2068\u2069",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "old joiners": "\u034f\u180e\u206a\u206f",
    "fillers of Korean": "\u115f\u1160\u3164\uffa0",
    "variation selectors and tags": "\ufe0f\U000e0101\U000e0041",
    "what dictation leaves": "\ufffc",
    "controls": "\x00\x01\x07\x08\x1b\x7f\x9f",
    "halves of a letter": "\ud83d\udc4d",
}
SPACES = "\u00a0\u1680\u2002\u2003\u2007\u2008\u2009\u200a\u202f\u205f\u3000\u2800\t"


@pytest.mark.parametrize("unseen", UNSEEN.values(), ids=UNSEEN)
def test_what_nobody_sees_is_gone_wherever_it_stands(unseen):
    assert line(f"{unseen}951{unseen} 753 568{unseen}") == "951 753 568"
    assert clean(f"uno{unseen}\n{unseen}dos") == "uno\ndos"


@pytest.mark.parametrize("space", SPACES)
def test_a_space_of_any_width_is_a_space(space):
    assert line(f"{space}Av.{space}{space}Los Olivos{space}") == "Av. Los Olivos"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\u2029", "\x85", "\v", "\f"])
def test_lines_stay_lines_only_where_lines_are_asked_for(end):
    assert clean(f"{end} uno{end}{end}dos {end}") == "uno\n\ndos"
    assert line(f"{end} uno {end}{end}dos{end}") == "uno dos"


def test_an_accent_is_put_on_its_letter_even_across_what_nobody_sees():
    assert line("Mari\u200d\u0301a N\u0303ahui") == "María Ñahui"


@pytest.mark.parametrize("text", ["S/ 1,234.50", "Ñahui–Quispe", "D’Angelo", "李明", "😀", "ﬁn"])
def test_what_people_see_stays_as_it_was(text):
    assert clean(text) == line(text) == text


@pytest.mark.parametrize("hyphen", "-‐‑‒–—―−﹣－⁃˗")
def test_every_hyphen_is_the_hyphen_of_the_keyboard(hyphen):
    assert plain_marks(f"Ñahui{hyphen}Quispe") == "Ñahui-Quispe"
    assert compact(f" k7mt4{hyphen}x9qpw\n") == "k7mt4x9qpw"


@pytest.mark.parametrize("mark", "'’‘‛ʼʻʹ′´`＇‵")
def test_every_apostrophe_is_the_apostrophe_of_the_keyboard(mark):
    assert plain_marks(f"D{mark}Angelo") == "D'Angelo"


@pytest.mark.parametrize(
    "pasted",
    ["231706", " 231 706", "231\u00a0706\n", "231-706", "231–706", "\u200b2\u200b31706\u202c", "231706.",
     "２３１７０６", "231706 es su código para comprar Muerte Accidental, Plan 2 (COT-2026-000001)",
     "Código: 231 706", "«231706» vale hasta las 10:42"],
)  # fmt: skip
def test_a_code_is_taken_out_of_what_was_copied_with_it(pasted):
    assert six_digits(pasted) == "231706"


@pytest.mark.parametrize("typed", ["23170", "2317061", "231706 553565", "COT-2026-231706"])
def test_of_what_is_no_one_code_none_is_made(typed):
    assert len(six_digits(typed)) != 6


@pytest.mark.parametrize("typed", ["03/27", "3/27", "03/2027", "0327", "032027", "03 - 27", " 3.27\u200b", "０３/２７"])
def test_until_when_a_card_is_good_is_taken_as_people_write_it(typed):
    assert expiry(typed) == (3, 2027)


@pytest.mark.parametrize(
    "typed", ["", "13/27", "00/27", "27", "3", "327", "120", "32027", "03/1927", "marzo 27", "03/27/28"]
)
def test_what_is_no_month_and_year_is_asked_again(typed):
    assert expiry(typed) is None
