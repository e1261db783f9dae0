"""The whole portal as people meet it: web server, workers, Redis, bank, mailbox and a real browser."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from redis import Redis
from sqlalchemy import select

from portal import create_app
from portal.domain.message import MessageState
from portal.extensions import db, queue
from portal.models import Account, Message, Payment, Policy, Purchase
from portal.models.transaction import writing
from portal.services.policies import policy as policies
from portal.services.sale import confirming, paying, purchasing
from portal.settings import Settings
from sandbox.bank import Pauses
from sandbox.harness import RunningBank, running_bank, running_mailbox
from sandbox.mail_store import Mail, MailStore
from tests import applications, processes, servers
from tests.databases import migrate
from tests.factories import Factories, Someone, Stage

_SLOW = 1.5  # seconds that the card 0020 takes
_CODE = re.compile(r"^Su código[^:]*: ([0-9]{6})$", re.MULTILINE)


@dataclass(frozen=True)
class Letters:
    """Mails as their readers get them: real SMTP, MIME, the text part."""

    store: MailStore
    _read: set[str] = field(default_factory=set)

    def wait(self, address: str, subject: str) -> Mail:
        """The next mail to `address` whose subject holds these words, capitals aside. Each mail is found once."""
        found: list[Mail] = []

        def has_come() -> bool:
            found[:] = [mail for mail in self.to(address) if subject.lower() in mail.header("Subject").lower()]
            found[:] = [mail for mail in found if mail.id not in self._read]
            return bool(found)

        processes.until(has_come, f"a mail to {address} about {subject!r}")
        self._read.add(found[-1].id)
        return found[-1]

    def to(self, address: str) -> list[Mail]:
        """Newest first."""
        return [mail for mail in self.store.mails() if mail.envelope_to == [address]]

    def code(self, address: str, subject: str = "Su código para comprar") -> str:
        """The six digits of the next such mail."""
        return code_in(self.wait(address, subject))


def text_of(mail: Mail) -> str:
    """The mail's text part."""
    text = mail.body("plain")
    assert text, mail.header("Subject")
    return text.replace("\r\n", "\n")


def code_in(mail: Mail) -> str:
    """The six digits that a mail's text part carries."""
    (code,) = _CODE.findall(text_of(mail))
    return str(code)


@dataclass(frozen=True)
class Portal:
    """A running portal, and what tests may know of it besides its pages. `app` is this process's way into its data,
    and `bell` the Redis where its workers listen."""

    url: str
    env: Mapping[str, str]
    app: Flask
    bell: Redis | None
    letters: Letters
    bank: RunningBank
    make: Factories
    logs: Path

    def charges(self, number: str) -> list[dict[str, Any]]:
        """What the bank charged for one payment request, as its ledger tells."""
        return [entry for entry in self.bank.ledger.entries()["charges"] if entry["reference"] == number]

    def ready_to_pay(self, someone: Someone, last4: str = "4821", **choices: Any) -> str:
        """A purchase whose payment request is made: its public id."""
        public_id = self.make.purchase(someone, Stage.METHOD, last4=last4, **choices)
        code = self.letters.code(someone.email)
        with self.app.app_context():
            confirming.CODE.verify(public_id, code, someone.actor)
            paying.request_payment(public_id, someone.actor, accepts=True)
        return public_id

    def pays_in_cash(self, someone: Someone, agency: str, **choices: Any) -> str:
        """A purchase whose slip waits to be paid: its public id."""
        return self.ready_to_pay(someone, agency=agency, **choices)

    def bought(self, someone: Someone, **choices: Any) -> str:
        """The public id of a purchase whose policy is issued and mailed."""
        public_id = self.ready_to_pay(someone, **choices)
        with self.app.app_context():
            paying.process(public_id, purchasing.get(public_id, someone.actor).amount, someone.actor)
        processes.until(lambda: self.policies(public_id), "the policy")
        self.letters.wait(someone.email, self.policies(public_id)[0])
        return public_id

    def payments(self, public_id: str) -> list[tuple[str, str]]:
        """Number and state of each try to pay, in their order."""
        with self.app.app_context():
            tries = select(Payment).join(Purchase).where(Purchase.public_id == public_id).order_by(Payment.id)
            return [(one.number, one.state.value) for one in db.session.scalars(tries)]

    def policies(self, public_id: str) -> list[str]:
        """Numbers of the policies of a purchase: one at most."""
        with self.app.app_context():
            issued = select(Policy.number).join(Purchase).where(Purchase.public_id == public_id)
            return list(db.session.scalars(issued))

    def undelivered(self, someone: Someone, kind: str = "policy") -> Message:
        """Somebody's newest message of a kind, once the mail server has refused it."""
        found: list[Message] = []
        query = select(Message).where(Message.account_id == someone.account_id, Message.kind == kind)

        def has_failed() -> bool:
            with self.app.app_context():
                found[:] = db.session.scalars(query.order_by(Message.id.desc()).limit(1)).all()
            return bool(found) and found[0].state is MessageState.FAILED

        processes.until(has_failed, f"the mail server refuses {kind}")
        return found[0]

    def bought_but_lost(self, someone: Someone, address: str) -> Message:
        """The mail of somebody's policy, sent to an address that the mail server refuses."""
        number = self.policies(self.bought(someone))[0]
        with self.app.app_context():
            with writing() as session:
                session.get_one(Account, someone.account_id).email = address
            policies.send_by_mail(number, someone.actor)
        return self.undelivered(someone)

    @contextmanager
    def later(self, offset: timedelta) -> Iterator[str]:
        """A second web server over the same data, whose clock is ahead: its address."""
        env = {**self.env, "CLOCK_OFFSET_SECONDS": str(int(offset.total_seconds()))}
        with processes.web_server(env, self.logs / "later.log") as web:
            yield web.url


@contextmanager
def running_portal(database_url: str, folder: Path, **settings: str) -> Iterator[Portal]:
    """A portal over an empty database until the block ends; `settings` are added to its own. Everything is its own:
    nothing of other tests is met."""
    with ExitStack() as parts:
        redis = parts.enter_context(servers.redis_server(folder / "redis"))
        bank = parts.enter_context(running_bank(folder / "bank.sqlite", pauses=Pauses(slow=_SLOW)))
        mailbox = parts.enter_context(running_mailbox(folder / "mailbox"))
        env = applications.settings(folder / "data", database_url, redis.url, bank, mailbox.smtp_port) | settings
        with applications.extensions_kept():
            app = create_app(Settings.from_env({"BASE_URL": "http://127.0.0.1", **env}))
            bell = queue.redis
        parts.callback(applications.close, app)
        migrate(app)
        web = parts.enter_context(processes.web_server(env, folder / "web.log", processes=2))
        env["BASE_URL"] = web.url
        app.config["PORTAL"] = Settings.from_env(env)
        parts.enter_context(processes.worker(env, "", folder / "workers.log"))
        yield Portal(web.url, env, app, bell, Letters(mailbox.store), bank, Factories(app), folder)


@contextmanager
def private_folder(memory: Path, name: str) -> Iterator[Path]:
    """A folder for one portal, in memory where there is one."""
    with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=memory) as folder:
        yield Path(folder)
