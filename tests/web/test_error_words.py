"""Error pages speak plainly, and the last of them needs nothing that can break."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask

from portal.web.assets import SOURCE, init_assets
from portal.web.error_words import words_for
from portal.web.filters import init_filters


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """Only the templates and their static files."""
    app = Flask("errors", static_folder=None, template_folder=str(SOURCE.parent / "templates"))
    app.config["PORTAL"] = SimpleNamespace(data_folder=tmp_path)
    init_assets(app)
    init_filters(app)
    return app


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 422, 429, 500, 503])
def test_every_error_page_says_what_happened_and_what_to_do(status: int) -> None:
    words = words_for(status)
    assert words.status == status
    assert words.title
    assert words.explanation.endswith(".")
    assert words.action


@pytest.mark.parametrize(("status", "like"), [(405, 404), (418, 400), (502, 503), (507, 500)])
def test_a_status_without_its_own_words_speaks_as_its_nearest(status: int, like: int) -> None:
    assert words_for(status) == words_for(like)


@pytest.mark.parametrize("status", [404, 500, 503])
def test_an_error_page_renders_without_user_session_or_database(app: Flask, status: int) -> None:
    html = app.jinja_env.get_template("errors/error.html").render(
        layout="layouts/bare.html", words=words_for(status), settings=SimpleNamespace(support_phone="(01) 500 0000")
    )
    assert words_for(status).title in html
    assert "Sus datos y sus pólizas están a salvo." in html
    assert 'href="tel:015000000"' in html


def fragment(app: Flask, status: int) -> str:
    return app.jinja_env.get_template("errors/error.html").render(
        layout="layouts/fragment.html",
        words=words_for(status),
        settings=SimpleNamespace(support_phone="(01) 500 0000"),
        current_user=SimpleNamespace(is_authenticated=False),
        get_flashed_messages=lambda **_: [],
    )


def test_a_failed_swap_answers_with_a_notice_to_show_over_the_page(app: Flask) -> None:
    html = fragment(app, 429)
    assert 'class="notice notice-bad"' in html.split("<main", 1)[1]
    assert "<h1" not in html


def test_a_rule_without_a_field_is_swapped_in_as_a_page(app: Flask) -> None:
    assert "<h1" in fragment(app, 422)


def test_a_press_that_failed_is_not_offered_an_address_that_only_takes_presses() -> None:
    assert words_for(429).href == ""
    assert words_for(429, again=False).href == "/inicio"


def test_the_desk_is_led_back_to_its_own_pages_without_a_customers_comfort() -> None:
    words = words_for(404, at_desk=True)
    assert (words.action, words.href, words.comfort) == ("Ir a Mi escritorio", "/gestion", "")
    assert words_for(409, at_desk=True).href == ""
