"""What can't be done now leads back to a page of the feature, and only one handler says so."""

from __future__ import annotations

from flask import Blueprint, Flask, get_flashed_messages

from portal.domain.errors import DomainError, NotAllowed
from portal.web import refusals


def shelf(*, leads: bool) -> Flask:
    """A feature of two pages, of which the second refuses whoever asks for it."""
    app, bp = Flask("shelf"), Blueprint("shelf", __name__)
    app.secret_key = "any"
    app.register_error_handler(NotAllowed, lambda error: refusals.answer(error) or (error.message, 422))
    if leads:
        refusals.lead_to(bp, "shelf.show")

    @bp.get("/estante/<number>")
    def show(number: str) -> list[str]:
        return [number, *get_flashed_messages()]

    @bp.post("/estante/<number>/<part>")
    def change(number: str, part: str) -> str:
        raise NotAllowed("Ahora no.")

    app.register_blueprint(bp)
    return app


def test_a_refusal_leads_to_the_page_that_the_feature_names_with_its_words() -> None:
    client = shelf(leads=True).test_client()
    refused = client.post("/estante/C-1/arriba")
    assert (refused.status_code, refused.location) == (303, "/estante/C-1")
    assert client.get("/estante/C-1").json == ["C-1", "Ahora no."]


def test_a_feature_that_names_no_page_is_answered_like_any_broken_rule() -> None:
    client = shelf(leads=False).test_client()
    refused = client.post("/estante/C-1/arriba")
    assert (refused.status_code, refused.text) == (422, "Ahora no.")
    assert client.get("/estante/C-1").json == ["C-1"]


def test_no_feature_handles_a_broken_rule_on_its_own(app: Flask) -> None:
    own = {
        (feature, kind.__name__)
        for feature, by_status in app.error_handler_spec.items()
        for kinds in by_status.values()
        for kind in kinds
        if feature and issubclass(kind, DomainError)
    }
    assert own == set()
