"""Prometheus metrics on a port of their own, served by the schedule and computed when they are asked for.

Nothing is counted in memory: any number of processes may come and go, and what is told is what the database holds.
Alerts on them: deploy/alerts.yml.
"""

import shutil
import threading
from collections.abc import Iterable, Mapping
from wsgiref.simple_server import WSGIServer

import structlog
from flask import Flask
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from portal.extensions import queue
from portal.services.desk.background import FAMILIES, PARTS
from portal.services.operation import metrics
from portal.settings import settings_of

log = structlog.get_logger(__name__)

_QUANTILES = (0.5, 0.95, 1.0)
_PATIENCE = 8.0  # seconds; Prometheus itself waits for 10


class PortalCollector(Collector):
    """Asks the database at each scrape, one scrape at a time."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._turn = threading.Lock()

    def describe(self) -> Iterable[Metric]:
        """Nothing ahead of time: registering must not ask the database."""
        return []

    def collect(self) -> Iterable[Metric]:
        """Every metric; `portal_up 0` alone when the database can't be asked."""
        found = self._asked()
        yield _gauge("portal_up", "Whether the database answered this scrape", int(found is not None))
        yield _gauge("portal_redis_up", "Whether the queue could be rung at this scrape", int(queue.is_reachable()))
        yield from self._disk()
        if found is not None:
            yield from _metrics(found)

    def _asked(self) -> metrics.Figures | None:
        if not self._turn.acquire(timeout=_PATIENCE):
            return None  # the scrape before still waits for the database
        try:
            with self._app.app_context():
                return metrics.figures()
        except Exception as error:
            # The scrape must answer whatever fails: `portal_up` is what the alarm looks at.
            log.warning("metrics_failed", reason=type(error).__name__)
            return None
        finally:
            self._turn.release()

    def _disk(self) -> Iterable[Metric]:
        folder = settings_of(self._app).storage_folder
        there = next(one for one in (folder, *folder.parents) if one.exists())
        yield _gauge("portal_disk_free_bytes", "Room left where documents are kept", shutil.disk_usage(there).free)


def serve(app: Flask) -> WSGIServer | None:
    """Serve the metrics of `app` at its METRICS_PORT, in threads of this process; None without one, or when somebody
    else has it: what comes round matters more."""
    settings = settings_of(app)
    if not settings.metrics_port:
        return None
    registry = CollectorRegistry()
    registry.register(PortalCollector(app))
    try:
        server, _thread = start_http_server(settings.metrics_port, settings.metrics_host, registry)
    except OSError:
        log.exception("metrics_not_served", port=settings.metrics_port)
        return None
    log.info("metrics_served", host=settings.metrics_host, port=settings.metrics_port)
    return server


def _metrics(found: metrics.Figures) -> Iterable[Metric]:
    queues = [family.job.queue for family in FAMILIES]
    yield _numbers(found)
    yield _by("portal_payments", "Payments that have not ended; slips are those awaiting cash", "state", found.payments)
    yield _by(
        "portal_payments_oldest_seconds",
        "Age of the oldest payment without outcome",
        "state",
        found.oldest_uncertain,
    )
    out = found.money_out_oldest
    yield _by("portal_money_out_oldest_seconds", "Age of the oldest refund or payout without outcome", "kind", out)
    yield _by(
        "portal_money_out_in_review", "Refunds and payouts that two people end", "kind", found.money_out_in_review
    )
    yield _gauge(
        "portal_settlements_missing",
        "Days of the bank that did not come by noon of the next",
        found.settlements_missing,
    )
    yield _gauge("portal_bank_silence_seconds", "Since the bank last gave its list", found.bank_silence)
    yield _gauge("portal_backup_age_seconds", "Since the moment that the newest copy holds", found.backup_age)
    yield _gauge("portal_backup_failed", "Whether the last copy failed, or misses documents", found.backup_failed)
    yield _gauge(
        "portal_signing_days_left", "Days for which the certificate that signs documents is good", found.signing_days
    )
    yield _by("portal_late", "What is past the moment promised for it, and not done", "what", found.late)
    yield _gauge("portal_evidence_oldest_seconds", "Age of the oldest evidence without review", found.evidence_oldest)
    yield _by("portal_outbox_due", "Jobs that are due and not done", "queue", _each(queues, found.waiting))
    yield _by("portal_outbox_oldest_due_seconds", "Age of the oldest of them", "queue", _each(queues, found.oldest_due))
    yield _by("portal_outbox_failed", "Jobs that ended without success", "queue", _each(queues, found.failed))
    yield _by("portal_mails", "Mails that did not leave, by state", "state", found.mails)
    yield _by(
        "portal_mails_held",
        "Mails that a failure of ours or of our mail server holds",
        "why",
        found.mails_held,
    )
    # A part that was never seen, or said farewell, has no age: the alarm asks for its number.
    yield _by(
        "portal_processes",
        "Processes of the background work that did not say farewell",
        "part",
        _each(PARTS, found.processes),
    )
    yield _by("portal_heartbeat_age_seconds", "Since a part was last seen alive", "part", found.heartbeats)
    yield _pdf(found)


def _numbers(found: metrics.Figures) -> Metric:
    """How much was ever made, without counting it: policies by their product, slips, receipts, refunds."""
    family = CounterMetricFamily("portal_numbers", "Numbers given out, by what begins them", labels=["series"])
    for series, count in found.numbers.items():
        family.add_metric([series], count)
    return family


def _pdf(found: metrics.Figures) -> Metric:
    seconds = found.pdf_seconds
    family = GaugeMetricFamily(
        "portal_pdf_seconds", "Seconds within which a share of the newest documents was rendered", labels=["share"]
    )
    for quantile in _QUANTILES if seconds else ():
        family.add_metric([str(quantile)], seconds[min(len(seconds) - 1, int(quantile * len(seconds)))])
    return family


def _each(names: Iterable[str], known: Mapping[str, float]) -> dict[str, float]:
    return dict.fromkeys(names, 0) | dict(known)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)


def _by(name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
