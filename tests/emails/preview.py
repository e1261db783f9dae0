"""Every mail with its sample in a mailbox, to be looked at: `python -m tests.emails.preview var/mailbox` puts them into
the one of ./run."""

import sys
from email.message import EmailMessage
from pathlib import Path

from sandbox.mail_store import MailStore
from tests.emails.mails import written
from tests.emails.samples import every_mail

_FROM, _TO = "no-responder@massiv.example", "vista-previa@massiv.example"


def deliver(folder: Path) -> None:
    """Put one of each kind into the mailbox that keeps its mails in `folder`."""
    store = MailStore(folder)
    for mail in every_mail():
        found, message = written(mail), EmailMessage()
        message["From"], message["To"], message["Subject"] = _FROM, _TO, found.subject
        message.set_content(found.text)
        message.add_alternative(found.html, subtype="html")
        store.add(_FROM, [_TO], message.as_bytes())


if __name__ == "__main__":
    deliver(Path(sys.argv[1]))
