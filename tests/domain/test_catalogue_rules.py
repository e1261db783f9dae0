"""Bad data is refused with its place and its problem, before anything is published."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from portal.domain.catalogue import CatalogueError, load_files, parse_product

FOLDER = Path(__file__).parents[2] / "portal" / "catalogue"
GOOD = dict(load_files(FOLDER))["muerte-accidental"]
Change = Callable[[dict[str, Any]], object]


def setting(*path: str | int, to: Any) -> Change:
    """A change that puts `to` at a place of the mapping."""

    def change(data: Any) -> None:
        *way, last = path
        for step in way:
            data = data[step]
        data[last] = to

    return change


def removing(*path: str | int) -> Change:
    """A change that takes a key or an item away."""

    def change(data: Any) -> None:
        *way, last = path
        for step in way:
            data = data[step]
        del data[last]

    return change


CASES = [
    ("no name", removing("name"), r"muerte-accidental\.name: is missing"),
    ("empty lead", setting("lead", to="  "), r"lead: must be a text that is not empty"),
    ("number as name", setting("name", to=7), r"name: must be a text"),
    ("misspelt key", setting("premium", to="1.00"), r"premium: is not a known key"),
    ("misspelt key of a plan", setting("plans", 0, "totl", to="1.00"), r"plans\[1\]\.totl: is not a known key"),
    (
        "misspelt key of a benefit",
        setting("plans", 0, "benefits", 0, "pre", to="x"),
        r"benefits\[1\]\.pre: is not a known",
    ),
    (
        "misspelt key of a coverage",
        setting("coverages", 0, "nota", to="x"),
        r"coverages\[1\]\.nota: is not a known key",
    ),
    (
        "misspelt key of a paper",
        setting("coverages", 0, "documents", 0, "if", to="x"),
        r"documents\[1\]\.if: is not a known",
    ),
    ("misspelt key of a clause", setting("clauses", 0, "list", to="x"), r"clauses\[1\]\.list: is not a known key"),
    ("misspelt key of an insurer", setting("insurer", "sbs", to="x"), r"insurer\.sbs: is not a known key"),
    ("misspelt limit", setting("limits", "cap", to="x"), r"limits\.cap: is not a known key"),
    ("lower case code", setting("code", to="ma"), r"code: must be two to four capital letters, it is 'ma'"),
    ("version in words", setting("version", to="noviembre"), r"version: must be a date like 2026-11-01"),
    (
        "price as a float",
        setting("plans", 1, "total", to=72.92),
        r"plans\[2\]\.total: must be an amount between quotes",
    ),
    ("price with a comma", setting("plans", 1, "total", to="72,92"), r"plans\[2\]\.total: .*it is '72,92'"),
    ("price with three decimals", setting("plans", 1, "total", to="72.925"), r"plans\[2\]\.total: must be an amount"),
    ("price zero", setting("plans", 1, "total", to="0.00"), r"plans\[2\]\.total: must be an amount"),
    ("negative price", setting("plans", 1, "total", to="-1.00"), r"plans\[2\]\.total: must be an amount"),
    (
        "premium a cent a month above the cap",
        setting("plans", 2, "total", to="396.12"),
        r"plans plan-3: 396\.12 a year is 33\.01 a month, above the cap of 33\.00 \(0\.60 % of the UIT 5500\.00\)",
    ),
    ("two plans", removing("plans", 2), r"coverages: 'canasta-familiar' is in no plan"),
    ("plan twice", setting("plans", 1, "code", to="plan-1"), r"plans: 'plan-1' is there 2 times"),
    ("coverage twice", setting("coverages", 1, "code", to="muerte-accidental"), r"coverages: .* is there 2 times"),
    (
        "benefit of no coverage",
        setting("plans", 0, "benefits", 1, "coverage", to="granizo"),
        r"plans plan-1: pays 'granizo', which is not among the coverages",
    ),
    (
        "benefit twice",
        setting("plans", 0, "benefits", 1, "coverage", to="muerte-accidental"),
        r"plans plan-1: 'muerte-accidental' is there 2 times",
    ),
    ("plan without the headline", removing("plans", 0, "benefits", 0), r"plans plan-1: lacks the headline coverage"),
    (
        "coverage without papers",
        setting("coverages", 0, "documents", to=[]),
        r"documents: must be a list with at least",
    ),
    ("reimburses besides computes", setting("coverages", 2, "reimburses", to=True), r"reimburses: is not a known key"),
    (
        "computed by nobody's rule",
        setting("coverages", 2, "computes", to="refund"),
        r"computes: must be one of fixed, per_day, per_month, reimbursement, it is 'refund'",
    ),
    ("waiting for nothing", setting("coverages", 0, "waits", to=True), r"waits, and the product has no waiting"),
    (
        "one code of two papers",
        setting("coverages", 2, "documents", 1, "code", to="dni-asegurado"),
        r"documents: 'dni-asegurado' is two papers",
    ),
    (
        "paper asked for twice",
        setting("coverages", 0, "documents", 2, "code", to="acta-defuncion"),
        r"muerte-accidental\.documents: 'acta-defuncion' is there 2 times",
    ),
    (
        "paper of nobody",
        setting("coverages", 0, "documents", 1, "of", to="insured"),
        r"documents\[2\]\.of: must be one of claim, person",
    ),
    (
        "exclusion of no coverage",
        setting("exclusions", 0, "coverages", to=["granizo"]),
        r"exclusions 'Enfermedad': touches 'granizo'",
    ),
    (
        "exclusion shown by no paper",
        setting("exclusions", 0, "papers", to=["radiografia"]),
        r"exclusions 'Enfermedad': names the paper 'radiografia', which no coverage asks for",
    ),
    ("exclusion as a number", setting("exclusions", 0, to=7), r"exclusions\[1\]: must be a table"),
    ("a clock of nobody", setting("claim_regime", to="micro"), r"claim_regime: must be one of microseguro, general"),
    (
        "decided too late to be paid in time",
        setting("limits", "claims", "decide_by_day", to=20),
        r"decide_by_day: must leave days to pay before day 20",
    ),
    (
        "warnings that go up",
        setting("limits", "claims", "warning_days", to=[2, 5]),
        r"warning_days: must go down, each once",
    ),
    (
        "misspelt limit of claims",
        setting("limits", "claims", "days", to=1),
        r"limits\.claims\.days: is not a known key",
    ),
    (
        "measure of no meaning",
        setting("plans", 0, "benefits", 0, "per", to="cada mes"),
        r"per: has no known measure: 'cada mes'",
    ),
    (
        "text of a benefit that denies its number",
        lambda data: data["plans"][2]["benefits"][3].update(months=7),
        r"per: 'cada mes, por 6 meses' says otherwise than days, months and times",
    ),
    (
        "sum by day that no plan counts",
        setting("coverages", 0, "computes", to="per_day"),
        r"muerte-accidental: is computed per_day, and plan-1 pays it None",
    ),
    ("on_death as a word", setting("coverages", 0, "on_death", to="sí"), r"on_death: must be true or false"),
    (
        "nine exclusions",
        lambda data: data["exclusions"].__delitem__(slice(9, None)),
        r"exclusions: needs 10 or more, it has 9",
    ),
    ("more yes than no", removing("does_not_pay", 0), r"does_not_pay: needs as many lines as pays \(4\), it has 3"),
    (
        "two lines only",
        lambda data: data["pays"].__delitem__(slice(2, None)),
        r"pays: needs three to five lines, it has 2",
    ),
    ("ages crossed", setting("max_age", to=17), r"max_age: 17 is below min_age 18"),
    ("age in quotes", setting("min_age", to="18"), r"min_age: must be a whole number of one or more, it is '18'"),
    ("no term", setting("term_years", to=0), r"term_years: must be a whole number of one or more, it is 0"),
    ("true as a number", setting("withdrawal_days", to=True), r"withdrawal_days: must be a whole number"),
    ("wrong check digit", setting("insurer", "ruc", to="20994104278"), r"insurer\.ruc: 20994104278 is not a RUC"),
    (
        "seller's wrong check digit",
        setting("seller", "ruc", to="20996105628"),
        r"seller\.ruc: 20996105628 is not a RUC",
    ),
    ("seller without commission", removing("commission_percent"), r"commission_percent: is missing"),
    ("commission of all and more", setting("commission_percent", to="100.01"), r"commission_percent: is more than the"),
    ("insurer as text", setting("insurer", to="salkantay"), r"insurer: must be a table of keys and values"),
    ("plans not a list", setting("plans", to="ninguno"), r"plans: must be a list with at least one item"),
    (
        "list by another name",
        setting("clauses", 2, "listing", to="sums"),
        r"clauses\[3\]\.listing: must be one of coverages",
    ),
    (
        "exclusions not listed",
        removing("clauses", 3, "listing"),
        r"clauses: must list each of coverages, documents, exclusions",
    ),
    ("coverages listed twice", setting("clauses", 0, "listing", to="coverages"), r"clauses: must list each of .* once"),
    (
        "unknown words in braces",
        setting("clauses", 0, "paragraphs", to=["{precio}"]),
        r"unknown words in braces: 'precio'",
    ),
]


def test_the_file_that_the_cases_spoil_is_good():
    assert parse_product(GOOD).slug == "muerte-accidental"


@pytest.mark.parametrize(("change", "message"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_bad_data_is_refused_with_its_place_and_problem(change, message):
    data = deepcopy(GOOD)
    change(data)
    with pytest.raises(CatalogueError, match=message):
        parse_product(data)


def test_a_premium_at_the_cap_is_accepted():
    data = deepcopy(GOOD)
    data["plans"][2]["total"] = "396.00"
    assert parse_product(data).plan("plan-3").total == 396


def test_a_product_with_two_plans_is_refused():
    data = deepcopy(GOOD)
    del data["plans"][0]
    with pytest.raises(CatalogueError, match=r"plans: needs 3 or more, it has 2"):
        parse_product(data)


def test_conditions_of_fewer_than_800_words_are_refused():
    data = deepcopy(GOOD)
    for clause in data["clauses"]:
        clause["paragraphs"] = ["Nada."]
    for coverage in data["coverages"]:
        coverage["definition"] = "Nada."
    data["exclusions"] = ["Nada."] * 10
    with pytest.raises(CatalogueError, match=r"clauses: needs 800 words or more, it has \d+"):
        parse_product(data)


def test_a_line_break_in_the_file_is_a_space_and_a_no_break_space_stays():
    data = deepcopy(GOOD)
    data["lead"] = "\n  Dos\n  líneas y A\xa0B. \n"
    assert parse_product(data).lead == "Dos líneas y A\xa0B."


def test_a_symbol_stays_beside_its_figure():
    data = deepcopy(GOOD)
    data["lead"] = "Son S/ 40.00, el 18 % de todo."
    assert parse_product(data).lead == "Son S/\xa040.00, el 18\xa0% de todo."


def waiting(data: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """The mapping with a waiting of 45 days that its lists say, and with what the test changes."""
    data = deepcopy(data)
    data["waiting"] = {"days": 45, "event": "la muerte que ocurra"} | changed
    data["does_not_pay"][0] = "La muerte en los primeros 45 días."
    data["exclusions"][0]["text"] = "Muerte en los primeros 45 días del primer año."
    return data


def test_a_waiting_that_both_lists_say_is_accepted():
    product = parse_product(waiting(GOOD))
    assert product.waiting is not None
    assert (product.waiting.days, product.waiting.exempt) == (45, None)


@pytest.mark.parametrize("key", ["does_not_pay", "exclusions"])
def test_a_waiting_that_a_list_leaves_out_or_says_with_another_number_is_refused(key):
    data = waiting(GOOD)
    data[key][0] = "La muerte en los primeros 40 días."  # an exclusion may be its text alone
    with pytest.raises(CatalogueError, match=rf"\.{key}: does not say the waiting of 45 días"):
        parse_product(data)


def test_a_waiting_as_long_as_the_cover_is_refused():
    with pytest.raises(CatalogueError, match=r"waiting\.days: 365 leave no day of cover"):
        parse_product(waiting(GOOD, days=365))


def test_a_misspelt_key_of_the_waiting_is_refused():
    with pytest.raises(CatalogueError, match=r"waiting\.dias: is not a known key"):
        parse_product(waiting(GOOD, dias=45))


def test_a_clause_cannot_speak_of_a_waiting_that_the_product_lacks():
    data = deepcopy(GOOD)
    data["clauses"][0]["paragraphs"] = ["Espere {waiting_days} días."]
    with pytest.raises(CatalogueError, match=r"unknown words in braces: 'waiting_days'"):
        parse_product(data)
