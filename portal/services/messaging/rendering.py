"""What a mail says: its own fields and what every mail is given, put into the templates of its kind."""

from dataclasses import dataclass
from typing import Any

from flask import current_app

from portal.domain.staff import a_supervisor
from portal.models import Account
from portal.services.messaging.mails.mail import CodeMail, Mail, SecretMail
from portal.settings import current_settings

# Stands in what is stored, bodies and subject, where the secret goes; afterwards these words are all that anybody sees.
SECRET_MARK = "••••••"  # noqa: S105  the mark, not a secret


@dataclass(frozen=True, slots=True)
class Written:
    """A mail in words."""

    subject: str
    text: str
    html: str


def write(mail: Mail, account: Account | None) -> Written:
    """The words of a mail to the owner of `account`, or to somebody without one."""
    words = words_of(mail, account)
    # First the digits: a phone shows them in the notice of a new mail.
    subject = f"{SECRET_MARK} {mail.subject}" if isinstance(mail, CodeMail) else mail.subject
    return Written(
        subject=" ".join(subject.split()),  # amounts hold spaces that do not break
        text=_render(mail, "body.txt", words),
        html=_render(mail, "body.html", words),
    )


def words_of(mail: Mail, account: Account | None) -> dict[str, Any]:
    """All that the templates of a mail are given. A field of its own may be another name to greet."""
    settings = current_settings()
    words = {
        "greeting_name": account.person.names.split()[0] if account else "",
        "is_listed": account is not None and not account.is_staff,  # in its receiver's "Mis Comunicaciones"
        "a_supervisor": a_supervisor(account.role if account else None),
        "support_phone": settings.support_phone,
        "portal_url": lambda path: settings.base_url + path,
    } | mail.given()
    if isinstance(mail, SecretMail):
        words["secret"] = SECRET_MARK
    return words


def _render(mail: Mail, part: str, words: dict[str, Any]) -> str:
    # The environment itself, not flask.render_template: a mail knows nothing of the request that caused it.
    return current_app.jinja_env.get_template(f"emails/{mail.kind}/{part}").render(words)
