"""Draws docs/states.md and docs/access.md from the tables in the code: `./run docs`. A test keeps them current."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask

from portal import create_app
from portal.domain.claim import APPEAL_TRANSITIONS, CLAIM_TRANSITIONS, NOTICE_TRANSITIONS, PAPER_TRANSITIONS
from portal.domain.message import MESSAGE_TRANSITIONS
from portal.domain.payment import PAYMENT_TRANSITIONS
from portal.domain.payout import PAYOUT_TRANSITIONS
from portal.domain.policy_change import CHANGE_TRANSITIONS
from portal.domain.purchase import PURCHASE_TRANSITIONS
from portal.domain.quote import QUOTE_TRANSITIONS
from portal.domain.received_file import FILE_TRANSITIONS
from portal.domain.refund import REFUND_TRANSITIONS
from portal.domain.settlement import DIFFERENCE_TRANSITIONS
from portal.services.desk.work_queues import QUEUES
from portal.settings import Settings
from portal.web.access import rule_of

HERE = Path(__file__).parent
TABLES: dict[str, Mapping[Any, frozenset[Any]]] = {
    "Quote": QUOTE_TRANSITIONS,
    "Purchase": PURCHASE_TRANSITIONS,
    "Payment": PAYMENT_TRANSITIONS,
    "Refund": REFUND_TRANSITIONS,
    "Payout": PAYOUT_TRANSITIONS,
    "Message": MESSAGE_TRANSITIONS,
    "File": FILE_TRANSITIONS,
    "Claim": CLAIM_TRANSITIONS,
    "Paper": PAPER_TRANSITIONS,
    "Notice": NOTICE_TRANSITIONS,
    "Appeal": APPEAL_TRANSITIONS,
    "Change": CHANGE_TRANSITIONS,
    "Difference": DIFFERENCE_TRANSITIONS,
}


def states() -> str:
    """Every state machine as a diagram."""
    parts = ["# States", "Drawn from the transition tables in portal/domain: `./run docs`."]
    for name, table in TABLES.items():
        lines = [
            f"    {source.name} --> {target.name}" for source in table for target in sorted(table[source], key=str)
        ]
        names = [f"    {one.name}: {one.label}" for one in type(next(iter(table)))]
        parts.append("\n".join([f"## {name}", "", "```mermaid", "stateDiagram-v2", *names, *lines, "```"]))
    return "\n\n".join(parts) + "\n"


def access(app: Flask) -> str:
    """Every address and who may use it."""
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, sorted(rule.methods or ())))
    lines = [
        f"| `{rule.rule}` | {', '.join(sorted((rule.methods or set()) - {'HEAD', 'OPTIONS'}))} "
        f"| {rule.endpoint} | {rule_of(app, rule.endpoint)} |"
        for rule in rules
    ]
    head = ["| address | methods | endpoint | who |", "|---|---|---|---|"]
    intro = "Drawn from what each view states: `./run docs`. Someone else's object is 404, whoever asks."
    return "\n".join(["# Access", "", intro, "", *head, *lines, "", *_queues(app)]) + "\n"


def _queues(app: Flask) -> list[str]:
    """What waits for staff, where, and whose work it is."""
    lists = {rule.endpoint: rule.rule for rule in app.url_map.iter_rules()}
    lines = [
        f"| {', '.join(noun.many for noun in queue.nouns)} | `{lists[queue.endpoint]}` "
        f"| {rule_of(app, queue.endpoint)} |"
        for queue in QUEUES
    ]
    return ["## Queues of staff work", "", "| what waits | list | who |", "|---|---|---|", *lines]


def main() -> None:
    """Write both files. The application is only looked at: nothing it would connect to is asked."""
    with TemporaryDirectory() as folder:
        nowhere = "127.0.0.1:1"
        env = {
            "PORTAL_DATA": folder,
            "SECRET_KEY": "unused",
            "BASE_URL": "http://localhost",
            "DATABASE_URL": "sqlite:///:memory:",
            "REDIS_URL": f"redis://{nowhere}",
            "BANK_URL": f"http://{nowhere}",
            "BANK_API_KEY": "unused",
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_DEFAULT_SENDER": "nobody@example.com",
        }
        (HERE / "access.md").write_text(access(create_app(Settings.from_env(env))))
    (HERE / "states.md").write_text(states())


if __name__ == "__main__":
    main()
