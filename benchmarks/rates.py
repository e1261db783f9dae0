"""The wizard's steps beside the floor: requests a second, in turn, round by round."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks import floor, journey, load
from benchmarks.browser import Browser
from benchmarks.load import Prepared, prepare
from benchmarks.stage import Served, Stage
from benchmarks.table import Row
from portal.blueprints.purchase.flow import FLOW
from tests.factories import PASSWORD

CONNECTIONS = 4
STEPS = tuple(step.slug for step in FLOW.steps)


@dataclass
class Measured:
    """Of each round: requests a second, and milliseconds of the server's processor a request."""

    server: Served
    work: list[list[Prepared]]
    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)

    def run(self, seconds: float) -> None:
        began = self.server.cpu()
        done = load.run(self.server.url, self.work, seconds)
        self.rates.append(done.rate)
        self.costs.append((self.server.cpu() - began) / done.requests * 1000)


def measure(stage: Stage, rounds: int, seconds: float) -> list[Row]:
    """GET of the five steps as htmx asks for them, and POST of one answer: a beneficiary, checked and saved.

    The ratio of the rates is the goal; on a machine that is busy with other things that of the processor's time is the
    steadier one, and so it stands beside it.
    """
    floor_get = Measured(stage.floor, [floor_requests(stage, number, form=False) for number in _numbers()])
    floor_post = Measured(stage.floor, [floor_requests(stage, number, form=True) for number in _numbers()])
    get = Measured(stage.portal, [_steps(stage, fragment=True) for _ in _numbers()])
    page = Measured(stage.portal, [_steps(stage, fragment=False) for _ in _numbers()])
    post = Measured(stage.portal, [_answers(stage) for _ in _numbers()])
    everything = (floor_get, get, page, floor_post, post)
    for one in everything:
        load.run(one.server.url, one.work, 0.5)
    for _ in range(rounds):
        for one in everything:
            one.run(seconds)
    return [
        Row("wizard step GET ÷ floor GET", _ratio(get.rates, floor_get.rates), at_least=0.7),
        Row("wizard step POST ÷ floor POST", _ratio(post.rates, floor_post.rates), at_least=0.5),
        Row("the same by processor: GET", _ratio(floor_get.costs, get.costs)),
        Row("the same by processor: POST", _ratio(floor_post.costs, post.costs)),
        *_both("floor GET", floor_get),
        *_both("wizard step GET", get),
        *_both("wizard step GET, whole page", page),
        *_both("floor POST", floor_post),
        *_both("wizard step POST", post),
    ]


def _both(what: str, measured: Measured) -> list[Row]:
    return [Row(what, measured.rates, "/s"), Row(f"{what}, processor", measured.costs, "ms")]


def _ratio(ours: list[float], theirs: list[float]) -> list[float]:
    return [one / other for one, other in zip(ours, theirs, strict=True)]


def _numbers() -> range:
    return range(1, CONNECTIONS + 1)


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
    return browser, lambda: stage.post.next_text(someone.email)
