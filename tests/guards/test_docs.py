"""What is drawn from the code is what the code says."""

from flask import Flask

from docs import generate


def test_the_diagrams_are_those_of_the_tables() -> None:
    assert (generate.HERE / "states.md").read_text() == generate.states(), "run ./run docs"


def test_the_access_table_is_that_of_the_views(app: Flask) -> None:
    assert (generate.HERE / "access.md").read_text() == generate.access(app), "run ./run docs"
