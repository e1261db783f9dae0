"""Who may use each endpoint, asked of each by real requests."""

from __future__ import annotations

import itertools
import re

import pytest
from flask import Blueprint, Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from portal.web import access
from portal.web.access import ROLES, Who
from tests.client import HTMX, PageClient
from tests.factories import Factories
from tests.guards.endpoints import BEFORE_SECOND_STEP, OWNED, World, build, rule_for, rules, token_of, visit

pytestmark = pytest.mark.one_database

VISITORS = (
    "anonymous",
    "first login",
    "owner",
    "other customer",
    BEFORE_SECOND_STEP,
    "collaborator",
    "supervisor",
)

# Their very task is to send a person to the login page, or on from it.
LEAD_ELSEWHERE = {"auth.login", "auth.logout", "home.root"}
SECOND_STEP = re.compile(r"/segundo-paso(\?|$)")

ALLOWED = {
    Who.ANYONE: set(VISITORS),
    Who.CHANGING_PASSWORD: set(VISITORS) - {"anonymous"},
    Who.SECOND_STEP: {BEFORE_SECOND_STEP, "collaborator", "supervisor"},
    Who.SIGNED_IN: {"owner", "other customer", "collaborator", "supervisor"},
    Who.CUSTOMER: {"owner", "other customer"},
    Who.STAFF: {"collaborator", "supervisor"},
    Who.SUPERVISOR: {"supervisor"},
}


@pytest.fixture
def world(app: Flask, make: Factories) -> World:
    return build(app, make)


def expected(who: Who, visitor: str, rule: Rule) -> str:
    """The outcome that the rule of an endpoint promises a visitor."""
    if visitor not in ALLOWED[who]:
        if visitor == "anonymous":
            return "log in"
        if visitor == BEFORE_SECOND_STEP and who in {Who.SIGNED_IN, Who.STAFF}:
            return "pass the second step"
        staff = {Who.SECOND_STEP, Who.STAFF, Who.SUPERVISOR}
        return "change password" if visitor == "first login" and who not in staff else "forbidden"
    of_the_agency = rule.endpoint in {"assisted_claims.show", "assisted_claims.send_file"}
    is_assisted = rule.endpoint.startswith("assisted_claims.") and not of_the_agency
    if visitor == "collaborator" and is_assisted and OWNED & rule.arguments:
        return "not found"  # another clerk's
    strangers = {"other customer", "collaborator", "supervisor"} if who is Who.SIGNED_IN else {"other customer"}
    if visitor in strangers and OWNED & rule.arguments:
        return "not found"
    return "let in"


def outcome(response: TestResponse) -> str:
    there = response.headers.get("Location", "")
    if response.status_code == 303 and there.startswith("/ingresar"):
        return "log in"
    if response.status_code == 303 and there.startswith("/cambiar-clave"):
        return "change password"
    if response.status_code == 303 and SECOND_STEP.match(there):
        return "pass the second step"
    names = {403: "forbidden", 404: "not found"}
    return names.get(response.status_code, "let in" if response.status_code < 500 else f"{response.status_code}")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_endpoint_lets_in_whom_its_rule_names_and_nobody_else(app: Flask, world: World, method: str) -> None:
    wrong = {}
    for visitor, rule in itertools.product(VISITORS, rules(app, method)):
        client = visit(app, world, visitor)
        address = world.address(app, rule)
        data = {"csrf_token": token_of(app, client)} if method == "POST" else None
        response = client.raw.open(address, method=method, data=data)
        wanted = expected(rule_for(app, rule), visitor, rule)
        if rule.endpoint in LEAD_ELSEWHERE and wanted == "let in":
            continue
        if outcome(response) != wanted:
            wrong[f"{visitor}: {method} {address}"] = f"{outcome(response)}, not {wanted}"
    assert wrong == {}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_region_never_gets_the_login_form_when_the_session_is_over(app: Flask, world: World, method: str) -> None:
    for rule in rules(app, method):
        if rule_for(app, rule) is Who.ANYONE:
            continue
        client = visit(app, world, "anonymous")
        data = {"csrf_token": token_of(app, client)} if method == "POST" else None
        response = client.raw.open(world.address(app, rule), method=method, data=data, headers=HTMX)
        assert (response.status_code, response.data) == (401, b""), rule.rule
        assert response.headers["HX-Redirect"].startswith("/ingresar"), rule.rule


def test_a_sign_up_typed_in_another_browser_is_not_found(app: Flask, world: World) -> None:
    token = world.parts["signup"]["token"]
    for path in (f"/crear-cuenta/{token}", f"/crear-cuenta/{token}/terminos"):
        assert PageClient(app).raw.get(path).status_code == 404


def test_every_post_without_its_token_is_refused(app: Flask, world: World) -> None:
    for rule in rules(app, "POST"):
        for visitor, role in (("owner", "customer"), ("collaborator", "collaborator")):
            response = visit(app, world, visitor).raw.post(world.address(app, rule), data={})
            # What may bring a file is looked at once it is known who sends it.
            takes_file = getattr(app.view_functions[rule.endpoint], "takes_file", False)
            may_not = takes_file and role not in ROLES.get(rule_for(app, rule), {role})
            assert response.status_code == (403 if may_not else 400), f"{rule.rule}: {response.status_code}"


def test_another_sessions_token_is_refused(app: Flask, world: World) -> None:
    stolen = token_of(app, visit(app, world, "other customer"))
    response = visit(app, world, "owner").raw.post("/salir", data={"csrf_token": stolen})
    assert response.status_code == 400


def test_nothing_but_get_and_post_is_taken(app: Flask) -> None:
    taken = {method for rule in app.url_map.iter_rules() for method in rule.methods or ()}
    assert taken == {"GET", "HEAD", "OPTIONS", "POST"}


def test_an_application_with_an_endpoint_without_rule_does_not_start() -> None:
    app = Flask("without a rule", static_folder=None)
    feature = Blueprint("feature", __name__)
    feature.add_url_rule("/abierto", "open", lambda: "")
    app.register_blueprint(feature)
    with pytest.raises(RuntimeError, match=r"feature\.open"):
        access.init_access(app)
