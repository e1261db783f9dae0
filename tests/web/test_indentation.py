"""What the indentation of a template leaves in what is sent."""

import pytest
from flask import Flask, render_template_string


def test_a_page_goes_out_without_the_indentation_of_its_template(client):
    html = client.get("/ingresar").html
    assert len(html.splitlines()) > 50
    assert "    " not in html


@pytest.mark.parametrize(
    "source",
    ["hasta\n        mañana", "hasta{% if true %}\n        mañana{% endif %}", "hasta\n        {{ 'mañana' }}"],
)
def test_words_on_two_lines_stay_two_words(app: Flask, source: str) -> None:
    with app.app_context():
        assert render_template_string(source).split() == ["hasta", "mañana"]
