"""The wizard's machinery by itself: a flow of two steps over a plain object, in the portal's own pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Blueprint, Flask, url_for
from wtforms import StringField

from portal import create_app
from portal.domain.actor import Actor
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.settings import Settings
from portal.web.access import Who, allow
from portal.web.forms import Form, required, submitted
from portal.web.wizard import pages
from portal.web.wizard.flow import Flow
from portal.web.wizard.step import Stay, Step
from tests import applications
from tests.client import PageClient


@dataclass
class Visit:
    """An agreement to meet: where, and at what hour unless it is at home."""

    place: str | None = None
    hour: str | None = None
    is_agreed: bool = False
    is_moving: bool = False
    is_called_off: bool = False
    asked: Counter[str] = field(default_factory=Counter)


class PlaceForm(Form):
    lugar = StringField("Lugar", validators=[required("Escriba el lugar.")])


class Place(Step[Visit, PlaceForm]):
    slug = "lugar"
    title = "Lugar"
    form_class = PlaceForm

    def is_complete(self, subject: Visit) -> bool:
        subject.asked[self.slug] += 1
        return bool(subject.place)

    def initial(self, subject: Visit) -> dict[str, Any]:
        return {"lugar": subject.place}

    def needs_shape(self, form: PlaceForm) -> bool:
        return not submitted("sugerir")

    def save(self, subject: Visit, form: PlaceForm, actor: Actor) -> Stay | None:
        if submitted("sugerir"):
            subject.place = "Plaza de Armas"
            return Stay(sugerido="1")
        if form.lugar.data == "Marte":
            raise DomainError("Tan lejos no vamos.", "lugar")
        subject.place = form.lugar.data
        return None


class SecondPlace(Place):
    slug = "otro-lugar"
    title = "Otro lugar"


class HourForm(Form):
    hora = StringField("Hora")


class Hour(Step[Visit, HourForm]):
    slug = "hora"
    title = "Hora"
    form_class = HourForm

    def is_applicable(self, subject: Visit) -> bool:
        return subject.place != "Mi casa"

    def is_complete(self, subject: Visit) -> bool:
        subject.asked[self.slug] += 1
        return bool(subject.hour)

    def reason(self, subject: Visit) -> str | None:
        return "La hora que eligió ya pasó." if subject.hour == "" else None

    def save(self, subject: Visit, form: HourForm, actor: Actor) -> None:
        subject.hour, subject.is_agreed = form.hora.data, True


class VisitFlow(Flow[Visit]):
    label = "Avance de su visita"
    steps = (Place(), Hour())
    visits: dict[str, Visit]

    def load(self, key: str) -> Visit:
        if key not in self.visits:
            raise NotFound("No encontramos esa visita.")
        return self.visits[key]

    def address(self, visit: Visit, step: Step[Visit, Any], /, **query: Any) -> str:
        key = next(key for key, one in self.visits.items() if one is visit)
        return url_for("visits.show_step", key=key, slug=step.slug, **query)

    def end(self, visit: Visit, step: Step[Visit, Any] | None = None) -> str | None:
        if visit.is_called_off:
            raise NotAllowed("La visita se canceló.")
        return url_for("verification.verify") if visit.is_agreed else None

    def is_settled(self, visit: Visit) -> bool:
        return visit.is_moving

    def is_answered(self, visit: Visit) -> bool:
        return visit.hour == "a cualquier hora"


FLOW = VisitFlow()
bp = Blueprint("visits", __name__)


@bp.get("/visitas/<key>")
@allow(Who.ANYONE)
def show(key: str) -> Any:
    return pages.go_on(FLOW, key)


@bp.get("/visitas/<key>/<slug>")
@allow(Who.ANYONE)
def show_step(key: str, slug: str) -> Any:
    return pages.show(FLOW, key, slug)


@bp.post("/visitas/<key>/<slug>")
@allow(Who.ANYONE)
def save_step(key: str, slug: str) -> Any:
    return pages.answer(FLOW, key, slug)


@pytest.fixture(scope="module")
def portal(portal_env: dict[str, str]) -> Iterator[Flask]:
    """The portal, with one blueprint more."""
    with applications.extensions_kept():
        app = create_app(Settings.from_env({"BASE_URL": "http://localhost", **portal_env}))
        app.register_blueprint(bp)
        yield app
        applications.close(app)


@pytest.fixture
def visit() -> Visit:
    FLOW.visits = {"1": Visit()}
    return FLOW.visits["1"]


@pytest.fixture(params=[False, True], ids=["plain", "htmx"])
def visitor(request: pytest.FixtureRequest, portal: Flask, visit: Visit) -> PageClient:
    return PageClient(portal, htmx=request.param)


def test_the_whole_way_leads_out(visitor: PageClient, visit: Visit) -> None:
    page = visitor.get("/visitas/1")
    assert (page.path, page.heading) == ("/visitas/1/lugar", "Lugar")
    assert "Paso 1 de 2: Lugar" in page.text
    assert "Sigue: Hora" in page.text
    page = visitor.submit(page, {"lugar": "Cusco"})
    assert (page.path, page.heading) == ("/visitas/1/hora", "Hora")
    page = visitor.submit(page, {"hora": "10:30"})
    assert (visit.place, visit.hour) == ("Cusco", "10:30")
    assert page.path == "/verificar"
    for address in ("/visitas/1", "/visitas/1/lugar", "/visitas/1/hora"):
        assert visitor.get(address).path == "/verificar"


def test_leaving_changes_the_whole_page(portal: Flask, visit: Visit) -> None:
    visit.is_agreed = True
    answer = PageClient(portal).raw.get("/visitas/1/hora", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/verificar")


def test_a_step_that_the_subject_does_not_have_is_not_found(visitor: PageClient, visit: Visit) -> None:
    visit.place = "Mi casa"
    page = visitor.get("/visitas/1/lugar")
    assert "Paso 1 de 1" in page.text
    assert visitor.post("/visitas/1/hora", {"hora": "10:30"}).status == 404
    assert visitor.get("/visitas/1/hora").status == 404
    assert visit.hour is None


@pytest.mark.parametrize("address", ["/visitas/1/nada", "/visitas/2/lugar", "/visitas/2"])
def test_neither_is_one_that_no_flow_has_nor_another_subjects(visitor: PageClient, address: str) -> None:
    assert visitor.get(address).status == 404


def test_nobody_stands_beyond_the_first_open_step(portal: Flask, visitor: PageClient, visit: Visit) -> None:
    answer = visitor.raw.get("/visitas/1/hora")
    assert (answer.status_code, answer.location) == (303, "/visitas/1/lugar")
    visitor.get("/visitas/1/lugar")
    assert visitor.post("/visitas/1/hora", {"hora": "10:30"}).path == "/visitas/1/lugar"
    assert visit.hour is None


@pytest.mark.parametrize(("typed", "words"), [("", "Escriba el lugar."), ("Marte", "Tan lejos no vamos.")])
def test_what_cannot_be_kept_is_said_at_its_field_with_what_was_typed(
    visitor: PageClient, visit: Visit, typed: str, words: str
) -> None:
    page = visitor.submit(visitor.get("/visitas/1"), {"lugar": typed})
    assert (page.path, page.status, page.errors["lugar"]) == ("/visitas/1/lugar", 422, words)
    assert page.values("lugar")["lugar"] == typed
    assert visit.place is None


def test_an_answered_step_is_seen_again_filled_in_and_leads_on(visitor: PageClient, visit: Visit) -> None:
    visit.place = "Cusco"
    page = visitor.get("/visitas/1")
    assert page.path == "/visitas/1/hora"
    page = visitor.follow(page, "Volver a Lugar")
    assert page.values("lugar")["lugar"] == "Cusco"
    assert visitor.submit(page, {"lugar": "Puno"}).path == "/visitas/1/hora"
    assert visit.place == "Puno"


def test_the_progress_says_whose_it_is_and_leads_to_what_is_done(visitor: PageClient, visit: Visit) -> None:
    visit.place = "Cusco"
    page = visitor.get("/visitas/1/hora")
    (progress,) = page.document.xpath("//nav[@aria-label='Avance de su visita']")
    assert progress.xpath(".//li[@class='is-done']/a/@href") == ["/visitas/1/lugar"]
    assert [one.text_content() for one in progress.xpath(".//li[@aria-current='step']")] == ["Hora"]


def test_a_step_may_stay_where_it_is(visitor: PageClient, visit: Visit) -> None:
    visitor.get("/visitas/1")
    page = visitor.post("/visitas/1/lugar", {"sugerir": "1"})
    assert page.path == "/visitas/1/lugar?sugerido=1"
    assert page.values("lugar")["lugar"] == "Plaza de Armas"


def test_a_step_that_is_open_again_says_why(visitor: PageClient, visit: Visit) -> None:
    visit.place = "Cusco"
    assert "ya pasó" not in visitor.get("/visitas/1/hora").text
    visit.hour = ""
    assert "La hora que eligió ya pasó." in visitor.get("/visitas/1/hora").text


def test_when_no_answer_can_change_only_the_last_step_is_seen(visitor: PageClient, visit: Visit) -> None:
    visit.is_moving = True
    assert visitor.get("/visitas/1/lugar").path == "/visitas/1/hora"
    assert visitor.get("/visitas/1").path == "/visitas/1/hora"
    assert visitor.post("/visitas/1/lugar", {"lugar": "Puno"}).path == "/visitas/1/hora"
    assert visit.place is None


def test_when_nothing_is_left_to_answer_an_answer_leads_to_the_last_step(
    portal: Flask, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FLOW, "steps", (Place(), Hour(), SecondPlace()))
    visit.place, visit.hour = "Cusco", "a cualquier hora"
    visitor = PageClient(portal)
    page = visitor.submit(visitor.get("/visitas/1/lugar"), {"lugar": "Puno"})
    assert page.path == "/visitas/1/otro-lugar"


def test_a_flow_that_cannot_go_on_is_refused_in_words(visitor: PageClient, visit: Visit) -> None:
    visit.is_called_off = True
    for address in ("/visitas/1", "/visitas/1/lugar"):
        page = visitor.get(address)
        assert (page.status, "La visita se canceló." in page.text) == (422, True)


def test_what_is_complete_is_asked_once_a_request_and_again_when_saved(portal: Flask, visit: Visit) -> None:
    visitor = PageClient(portal)
    visitor.raw.get("/visitas/1/lugar")
    assert visit.asked == {"lugar": 1, "hora": 1}
    page = visitor.get("/visitas/1/lugar")
    visit.asked.clear()
    token = page.values("lugar")["csrf_token"]
    visitor.raw.post("/visitas/1/lugar", data={"csrf_token": token, "lugar": "Cusco"})
    assert visit.asked == {"lugar": 2, "hora": 2}
