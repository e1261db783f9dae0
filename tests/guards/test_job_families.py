"""One entry says everything of a family of jobs: it is complete, the workers know it, and nobody else asks for it."""

from __future__ import annotations

import ast
import importlib
import pkgutil

import pytest
from rq.utils import import_attribute
from sqlalchemy import String

import portal.services
from portal.models import OutboxRow
from portal.services.desk.background import FAMILIES, PARTS, SCHEDULE
from portal.services.platform import outbox
from portal.services.platform.job_families import JobFamily
from tests.processes import ROOT

QUEUES = {family.job.queue for family in FAMILIES}
each = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.job.queue)


@each
def test_the_name_that_rows_keep_is_a_function_of_the_workers_that_performs_the_family(
    family: JobFamily, monkeypatch: pytest.MonkeyPatch
) -> None:
    performed = []
    monkeypatch.setattr(JobFamily, "perform", lambda self, outbox_id: performed.append((self, outbox_id)))
    import_attribute(family.job.name)(42)
    assert performed == [(family, 42)]
    assert family.job.name.split(".")[:2] == ["workers", family.job.queue]


@each
def test_the_columns_of_a_row_hold_what_names_the_family(family: JobFamily) -> None:
    for name, value in {"queue": family.job.queue, "job": family.job.name}.items():
        column = OutboxRow.__table__.columns[name].type
        assert isinstance(column, String)
        assert column.length
        assert len(value) <= column.length


@pytest.mark.parametrize("name", PARTS)
def test_every_part_of_the_background_work_has_its_words(name: str) -> None:
    part = PARTS[name]
    assert part.name[0].isupper()
    assert part.stopped.startswith("está ")
    assert part.meaning.endswith(".")


def test_each_family_has_a_queue_of_its_own_and_the_schedule_has_none() -> None:
    assert len(QUEUES) == len(FAMILIES)
    assert SCHEDULE not in QUEUES


def test_every_job_that_can_be_owed_has_its_family() -> None:
    modules = [
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(portal.services.__path__, "portal.services.")
    ]
    owed = {value for module in modules for value in vars(module).values() if isinstance(value, outbox.Job)}
    assert owed == {family.job for family in FAMILIES}


def test_nobody_asks_for_a_queue_by_its_name() -> None:
    asked = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in (*(ROOT / "portal").rglob("*.py"), *(ROOT / "workers").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Compare | ast.MatchValue) and _names_a_queue(node)
    ]
    assert asked == []


def _names_a_queue(node: ast.AST) -> bool:
    return any(isinstance(part, ast.Constant) and part.value in QUEUES for part in ast.walk(node))
