"""Error pages speak plainly, and the last of them needs nothing that can break."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask

from portal.web.assets import SOURCE, init_assets
from portal.web.error_words import words_for


@pytest.mark.parametrize("status", [400, 403, 404, 413, 422, 429, 500, 503])
def test_every_error_page_says_what_happened_and_what_to_do(status: int) -> None:
    words = words_for(status)
    assert words.status == status
    assert words.title and words.explanation.endswith(".") and words.action


@pytest.mark.parametrize(("status", "like"), [(405, 404), (418, 400), (502, 503), (507, 500)])
def test_a_status_without_its_own_words_speaks_as_its_nearest(status: int, like: int) -> None:
    assert words_for(status) == words_for(like)


@pytest.mark.parametrize("status", [404, 500, 503])
def test_an_error_page_renders_without_user_session_or_database(tmp_path: Path, status: int) -> None:
    app = Flask("errors", static_folder=None, template_folder=str(SOURCE.parent / "templates"))
    app.config["PORTAL"] = SimpleNamespace(data_folder=tmp_path)
    init_assets(app)
    html = app.jinja_env.get_template("errors/error.html").render(
        layout="layouts/bare.html", words=words_for(status), settings=SimpleNamespace(support_phone="(01) 500 0000")
    )
    assert words_for(status).title in html
    assert "Sus datos y sus pólizas están a salvo." in html
    assert 'href="tel:015000000"' in html
