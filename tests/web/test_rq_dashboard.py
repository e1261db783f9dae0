"""RQ's dashboard behind our rules: for supervisors, with our token, nothing changed by GET, nothing unpickled."""

from __future__ import annotations

import pickle
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from rq.job import Job, JobStatus
from sqlalchemy import select

from portal.extensions import db
from portal.models import AuditEntry
from portal.web import rq_dashboard
from tests.client import PageClient
from tests.failed_jobs import failed_job
from tests.servers import RedisServer

pytestmark = pytest.mark.one_database

PAGES = (
    "/colas/",
    "/colas/0/view/workers",
    "/colas/0/view/jobs",
    "/colas/0/view/jobs/documents/failed/8/asc/1",
    "/colas/0/data/queues.json",
    "/colas/0/data/workers.json",
    "/colas/0/data/jobs/documents/failed/8/dsc/1.json",
    "/colas/static/css/main.css",
)


@pytest.fixture
def supervisor(app, make) -> PageClient:
    return PageClient(app).sign_in(make.supervisor())


@pytest.fixture
def failed(redis_server: RedisServer) -> Iterator[Job]:
    """A job that failed, in the queue of documents."""
    with redis_server.client as connection:
        job = failed_job(connection, "documents")
        job.refresh()
        assert job.get_status() is JobStatus.FAILED
        yield job


def token(client: PageClient) -> str:
    html = client.raw.get("/colas/").get_data(as_text=True)
    (found,) = re.findall(r'<meta name="csrf-token" content="([^"]+)">', html)
    return str(found)


def status(job: Job) -> JobStatus:
    return job.get_status(refresh=True)


@pytest.mark.parametrize("path", PAGES)
def test_a_supervisor_sees_it_and_nobody_else_does(app, make, supervisor, failed, path):
    with supervisor.raw.get(path) as answer:
        assert answer.status_code == 200, answer.get_data(as_text=True)
        assert answer.headers["Cache-Control"] in ("no-store", "no-cache")
    for other in (make.collaborator(), make.customer()):
        assert PageClient(app).sign_in(other).raw.get(path).status_code == 403
    assert PageClient(app).raw.get(path).status_code == 303


def test_it_shows_the_queues_jobs_with_their_failure(supervisor, failed):
    listed = supervisor.raw.get("/colas/0/data/jobs/documents/failed/8/asc/1.json").json
    assert [job["id"] for job in listed["jobs"]] == [failed.id]
    assert supervisor.raw.get(f"/colas/0/view/job/{failed.id}").status_code == 200
    told = supervisor.raw.get(f"/colas/0/data/job/{failed.id}.json").json
    assert (told["origin"], told["status"]) == ("documents", "failed")


def test_its_widest_table_scrolls_by_itself_below_its_words(supervisor):
    page = supervisor.raw.get("/colas/").get_data(as_text=True)
    assert 'class="table-responsive"' in page
    assert 'class="intro"' in page


def test_a_failed_job_is_requeued_with_our_token_only(supervisor, failed):
    address = f"/colas/job/{failed.id}/requeue"
    assert supervisor.raw.post(address).status_code == 400
    assert supervisor.raw.post(address, headers={"X-CSRFToken": "made up"}).status_code == 400
    assert status(failed) is JobStatus.FAILED
    answer = supervisor.raw.post(address, headers={"X-CSRFToken": token(supervisor)})
    assert (answer.status_code, answer.json) == (200, {"status": "OK"})
    assert status(failed) is JobStatus.QUEUED


def test_each_change_leaves_its_row_in_the_audit(app, make, failed):
    someone = make.supervisor()
    supervisor = PageClient(app).sign_in(someone)
    headers = {"X-CSRFToken": token(supervisor)}
    asked = {
        f"job/{failed.id}/requeue": ("queue.requeue_job", {"job_id": failed.id}),
        "requeue/documents": ("queue.requeue_failed", {"queue_name": "documents"}),
        "queue/documents/compact": ("queue.compact", {"queue_name": "documents"}),
        f"job/{failed.id}/delete": ("queue.delete_job", {"job_id": failed.id}),
        "queue/documents/failed/empty": ("queue.empty", {"queue_name": "documents", "registry_name": "failed"}),
    }
    for path in asked:
        assert supervisor.raw.post(f"/colas/{path}", headers=headers).status_code == 200, path
        assert supervisor.raw.post(f"/colas/{path}").status_code == 400, "without the token nothing is done"
    for path in ("queue/<b>/compact", "job/a b/requeue", "nothing", "0/view/jobs", "0/view/jobs/"):
        assert supervisor.raw.post(f"/colas/{path}", headers=headers).status_code in (404, 405), path
    with app.app_context():
        rows = db.session.scalars(select(AuditEntry).where(AuditEntry.action.like("queue.%")).order_by(AuditEntry.id))
        assert [(row.action, row.details) for row in rows] == list(asked.values())
        assert {
            row.actor_id for row in db.session.scalars(select(AuditEntry).where(AuditEntry.subject == "queue"))
        } == {someone.account_id}


def test_nothing_that_changes_the_queue_is_done_by_get(supervisor, failed):
    inner = rq_dashboard._application()
    changing = [rule for rule in inner.url_map.iter_rules() if "POST" in (rule.methods or ())]
    assert len(changing) == 5
    values = {"job_id": failed.id, "queue_name": "documents", "registry_name": "failed"}
    for rule in changing:
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found.group(1)]), rule.rule)
        for method in ("GET", "HEAD"):
            assert supervisor.raw.open(f"/colas{path}", method=method).status_code == 405, rule.rule
    assert status(failed) is JobStatus.FAILED


REGISTRIES = ("queued", "scheduled", "deferred", "started", "finished", "failed", "canceled")


def buttons(page: str) -> set[str]:
    """Where the page's buttons that change something lead."""
    return set(re.findall(r'<a href="(/colas/(?:queue|requeue)/[^"]+)"', page))


@pytest.mark.parametrize("name", ["mail", "documents", "never-used"])
@pytest.mark.parametrize("is_full", [True, False], ids=["with a job", "empty"])
def test_each_button_of_each_page_does_what_it_says(supervisor, failed, name, is_full):
    headers = {"X-CSRFToken": token(supervisor)}
    if is_full:
        job = failed_job(failed.connection, name)
    pressed = set()
    for registry in REGISTRIES:
        page = supervisor.raw.get(f"/colas/0/view/jobs/{name}/{registry}/8/asc/1").get_data(as_text=True)
        for address in sorted(buttons(page), reverse=True):  # requeue before empty
            answer = supervisor.raw.post(address, headers=headers)
            assert (answer.status_code, answer.json["status"]) == (200, "OK"), address
            pressed.add(address.partition(name)[2] or "/requeue")
    assert pressed == {f"/{registry}/empty" for registry in REGISTRIES} | {"/compact", "/requeue"}
    assert not is_full or status(job) is JobStatus.QUEUED, "the failed one waits again"


def test_compact_leaves_what_waits_and_drops_what_is_gone(supervisor, failed):
    headers = {"X-CSRFToken": token(supervisor)}
    supervisor.raw.post(f"/colas/job/{failed.id}/requeue", headers=headers)
    failed.connection.rpush("rq:queue:documents", "gone")
    assert supervisor.raw.post("/colas/queue/documents/compact", headers=headers).status_code == 200
    assert failed.connection.lrange("rq:queue:documents", 0, -1) == [failed.id.encode()]


def test_one_failed_job_that_is_gone_holds_up_no_other(supervisor, failed):
    failed.connection.zadd("rq:failed:documents", {"gone": 1})
    answer = supervisor.raw.post("/colas/requeue/documents", headers={"X-CSRFToken": token(supervisor)})
    assert (answer.status_code, answer.json["status"]) == (200, "OK")
    assert status(failed) is JobStatus.QUEUED


def test_a_jobs_own_buttons_are_no_failure_of_ours_when_it_is_gone(supervisor, failed):
    headers = {"X-CSRFToken": token(supervisor)}
    assert supervisor.raw.post(f"/colas/job/{failed.id}/delete", headers=headers).json == {"status": "OK"}
    assert supervisor.raw.post(f"/colas/job/{failed.id}/delete", headers=headers).status_code == 200
    assert supervisor.raw.post(f"/colas/job/{failed.id}/requeue", headers=headers).status_code == 404


def test_every_post_of_the_library_goes_through_ours(app, supervisor, failed):
    address = "/colas/queue/documents/failed/empty"
    assert supervisor.raw.post(address).status_code == 400
    assert supervisor.raw.post(address, headers={"X-CSRFToken": token(supervisor)}).status_code == 200
    assert not Job.exists(failed.id, connection=failed.connection)


def test_its_page_runs_its_own_scripts_and_no_others(supervisor):
    answer = supervisor.raw.get("/colas/0/view/workers")
    policy = answer.headers["Content-Security-Policy"]
    (nonce,) = set(re.findall(r"'nonce-([^']+)'", policy))
    html = answer.get_data(as_text=True)
    assert html.count("<script") == html.count(f'<script nonce="{nonce}"') > 4
    assert "script-src" in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
    assert nonce not in supervisor.raw.get("/colas/0/view/workers").get_data(as_text=True)
    assert "unsafe" not in supervisor.raw.get("/gestion/cola").headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/colas/0/view/jobs/x');alert(1)/failed/8/asc/1",
        "/colas/0/view/jobs/documents/nowhere/8/asc/1",
        "/colas/0/view/jobs/documents/failed/8/sideways/1",
        "/colas/0/data/jobs/documents/failed/x/asc/1.json",
        "/colas/0/data/jobs/documents/nowhere/8/asc/1.json",
        "/colas/1/view/queues",
        "/colas/0/view/job/none",
        "/colas/0/data/job/none.json",
        "/colas/nothing",
        "/colas/static/../web.py",
    ],
)
def test_what_is_not_there_is_our_own_page(supervisor, path):
    answer = supervisor.raw.get(path)
    assert answer.status_code == 404
    assert "No encontramos esta página" in answer.get_data(as_text=True)


def test_a_job_that_cannot_be_requeued_is_no_failure_of_ours(supervisor, failed):
    headers = {"X-CSRFToken": token(supervisor)}
    address = f"/colas/job/{failed.id}/requeue"
    assert supervisor.raw.post(address, headers=headers).status_code == 200
    assert supervisor.raw.post(address, headers=headers).status_code == 409


class Planted:
    """Unpickled, it writes a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self):
        return Path.touch, (self.file,)


def test_what_somebody_wrote_to_redis_is_never_unpickled(supervisor, failed, tmp_path):
    trap = tmp_path / "sprung"
    poison = pickle.dumps(Planted(trap))
    failed.connection.hset(f"rq:job:{failed.id}", mapping={"data": zlib.compress(poison), "meta": poison})
    headers = {"X-CSRFToken": token(supervisor)}
    for method, path in (
        ("GET", f"/colas/0/view/job/{failed.id}"),
        ("GET", f"/colas/0/data/job/{failed.id}.json"),
        ("GET", "/colas/0/data/jobs/documents/failed/8/asc/1.json"),
        ("GET", "/colas/0/data/workers.json"),
        ("POST", f"/colas/job/{failed.id}/requeue"),
        ("POST", "/colas/requeue/documents"),
        ("POST", f"/colas/job/{failed.id}/delete"),
    ):
        supervisor.raw.open(path, method=method, headers=headers)
        assert not trap.exists(), path


def test_with_redis_away_it_says_so_kindly(supervisor, redis_server):
    redis_server.stop()
    try:
        page = supervisor.raw.get("/colas/")
        assert page.status_code == 503
        assert "Nada se pierde" in page.get_data(as_text=True)
        assert "Redis no responde" in page.get_data(as_text=True)
    finally:
        redis_server.start()
