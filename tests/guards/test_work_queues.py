"""One entry says everything of a queue of staff work: its list is open to whom it says, and the menu leads there."""

from __future__ import annotations

import pytest
from flask import Flask, url_for

from portal.domain.actor import Actor
from portal.services.desk.work_queues import DESK, QUEUES, WorkQueue, waiting
from portal.web.access import ROLES, rule_of
from tests.client import PageClient
from tests.factories import AGENCY, Factories, Someone

each = pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.nouns[0].many)


@each
def test_the_list_of_a_queue_is_open_to_those_whose_work_it_is_and_to_nobody_else(app: Flask, queue: WorkQueue) -> None:
    rule = rule_of(app, queue.endpoint)
    assert rule is not None
    assert set(queue.roles) == ROLES[rule]


@each
def test_what_waits_has_a_word_for_one_and_a_word_for_many(queue: WorkQueue) -> None:
    assert queue.nouns
    assert all(noun.one != noun.many for noun in queue.nouns)
    assert bool(queue.label) == bool(queue.icon)


@each
def test_the_menu_leads_to_the_list_of_a_queue_that_has_a_place_there(
    app: Flask, make: Factories, queue: WorkQueue
) -> None:
    member = make.supervisor(agency_code=AGENCY)
    page = PageClient(app).sign_in(member).get("/gestion")
    with app.test_request_context():
        address = url_for(queue.endpoint)
    if queue.label:
        assert page.links[queue.label] == address
    assert PageClient(app).sign_in(member).get(address).status == 200


def test_whose_work_it_is_not_is_told_of_nothing(app: Flask, make: Factories) -> None:
    make.payment_in_review(make.customer())
    with app.app_context():
        assert waiting(DESK, Actor(role="collaborator"))
        assert waiting(DESK, Actor(role="customer")) == []


def test_the_menu_has_only_what_its_reader_may_enter(app: Flask, make: Factories) -> None:
    places = ["Mi escritorio", "Buscar cliente", "Caja", "Cola de trabajo", "Avisos sin póliza"]
    places += [
        "Pagos por confirmar",
        "Cuadre con el banco",
        "Relación diaria",
        "Evidencias",
        "Siniestros",
        "Revisiones",
        "Pagos de siniestros",
    ]
    places += ["Correcciones", "Mi Perfil"]
    assert _menu(app, make.collaborator()) == places
    assert _menu(app, make.supervisor()) == [*places[:-1], "Personal", places[-1]]


def _menu(app: Flask, member: Someone) -> list[str]:
    page = PageClient(app).sign_in(member).get("/gestion")
    return [link.text_content().strip() for link in page.document.xpath("//nav[@class='desk-menu-d']//a")]
