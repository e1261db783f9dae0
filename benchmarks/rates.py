"""The wizard's steps beside the floor: requests a second, in turn, round by round."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from benchmarks import floor, journey, load
from benchmarks.browser import Browser
from benchmarks.load import Prepared, prepare
from benchmarks.stage import Stage
from benchmarks.table import Row
from tests.factories import PASSWORD

CONNECTIONS = 4
STEPS = ("beneficiarios", "forma-de-pago", "verificacion", "terminos", "pago")


def measure(stage: Stage, rounds: int, seconds: float) -> list[Row]:
    """GET of the five steps as htmx asks for them, and POST of one answer: a beneficiary, checked and saved."""
    kinds: dict[str, tuple[str, list[list[Prepared]]]] = {
        "floor GET": (stage.floor.url, [floor_requests(stage, number, form=False) for number in _numbers()]),
        "GET": (stage.portal.url, [_steps(stage, fragment=True) for _ in _numbers()]),
        "page": (stage.portal.url, [_steps(stage, fragment=False) for _ in _numbers()]),
        "floor POST": (stage.floor.url, [floor_requests(stage, number, form=True) for number in _numbers()]),
        "POST": (stage.portal.url, [_answers(stage) for _ in _numbers()]),
    }
    rates: dict[str, list[float]] = defaultdict(list)
    for url, work in kinds.values():
        load.rate(url, work, 0.5)
    for _ in range(rounds):
        for kind, (url, work) in kinds.items():
            rates[kind].append(load.rate(url, work, seconds))
    gets, posts = _ratio(rates, "GET", "floor GET"), _ratio(rates, "POST", "floor POST")
    return [
        Row("wizard step GET ÷ floor GET", gets, at_least=0.7, note=_beside(rates, "GET")),
        Row(
            "wizard step POST ÷ floor POST",
            posts,
            at_least=0.5,
            note=_beside(rates, "POST"),
        ),
        Row("floor GET", rates["floor GET"], "/s"),
        Row("wizard step GET", rates["GET"], "/s"),
        Row("wizard step GET as a whole page", rates["page"], "/s"),
        Row("floor POST", rates["floor POST"], "/s"),
        Row("wizard step POST", rates["POST"], "/s"),
    ]


def _numbers() -> range:
    return range(1, CONNECTIONS + 1)


def _ratio(rates: dict[str, list[float]], ours: str, theirs: str) -> list[float]:
    return [one / other for one, other in zip(rates[ours], rates[theirs], strict=True)]


def _beside(rates: dict[str, list[float]], kind: str) -> str:
    ours, theirs = (sorted(rates[name])[len(rates[name]) // 2] for name in (kind, f"floor {kind}"))
    return f"{ours:.0f}/s beside {theirs:.0f}/s"


def floor_requests(stage: Stage, number: int, *, form: bool) -> list[Prepared]:
    """What is asked of the floor as its person `number`: its page, or with `form` two answers in turn."""
    assert number <= floor.PEOPLE
    browser = Browser(stage.floor.url)
    browser.get(f"/entrar/{number}")
    path = f"/compras/{number}"
    if not form:
        return [prepare(stage.floor.url, path, browser.cookie)]
    answers = {"names": "Rosa", "surnames": "Quispe Mamani", "document": "60000001", "birth_date": "09/03/2001"}
    return [
        prepare(stage.floor.url, path, browser.cookie, status=303, form=answers | {"share": share})
        for share in ("100", "60")
    ]


def _steps(stage: Stage, *, fragment: bool) -> list[Prepared]:
    """A purchase where every step is answered, and may so be seen."""
    browser, mail = signed_in(stage)
    purchase = journey.up_to_payment(browser, mail)
    return [prepare(stage.portal.url, f"{purchase}/{slug}", browser.cookie, fragment=fragment) for slug in STEPS]


def _answers(stage: Stage) -> list[Prepared]:
    """Two beneficiaries, one of which is written again and again, now with one surname, now with another."""
    browser, _mail = signed_in(stage)
    purchase = journey.begin(browser)
    journey.name_two(browser, purchase)
    step = f"{purchase}/beneficiarios"
    page = browser.get(step, fragment=True)
    edited = page.text.split("persona=")[1].split('"')[0]
    return [
        prepare(
            stage.portal.url,
            f"{step}?persona={edited}",
            browser.cookie,
            status=303,
            form=journey.FIRST | {"csrf_token": browser.hidden["csrf_token"], "apellidos": surnames},
        )
        for surnames in ("Quispe Mamani", "Quispe Rojas")
    ]


def signed_in(stage: Stage) -> tuple[Browser, Callable[[], str]]:
    """A new customer in a browser, and the text of the next mail that the customer gets."""
    someone = stage.customer()
    browser = Browser(stage.portal.url)
    journey.sign_in(browser, someone.username, PASSWORD)
    return browser, lambda: str(stage.post.next(someone.email)[1].get_body(("plain",)).get_content())  # type: ignore[union-attr]
