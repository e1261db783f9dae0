"""The mailbox in a browser: a list, a mail as HTML, text and source, its files. `/mails` is the list as JSON."""

from __future__ import annotations

import re

from flask import Flask, Response, abort, jsonify, render_template, request

from sandbox.mail_store import Mail, MailStore

#: Mails on the first page; the JSON list has them all.
SHOWN = 200

_PAGE_POLICY = "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'self'"
#: What a mail program allows a mail: its own styles and embedded pictures; no script, no form, nothing fetched.
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
_SHOWN_BY_BROWSERS = {"application/pdf", "image/png", "image/jpeg"}
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)


def create_app(store: MailStore, instance: str) -> Flask:
    """The pages of a store of mails."""
    app = Flask(__name__)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # of Flask's own provider
    app.after_request(_headers)

    @app.get("/health")
    def health() -> Response:
        return jsonify(status="ok", instance=instance)

    @app.get("/")
    def inbox() -> str:
        ids = store.ids()
        mails = [store.summary(mail_id) for mail_id in ids[:SHOWN]]
        return render_template("inbox.html", mails=mails, total=len(ids))

    @app.get("/mails")
    def mails() -> Response:
        wanted = request.args.get("to")
        summaries = [summary for summary in map(store.summary, store.ids()) if summary]
        return jsonify([s for s in summaries if wanted is None or wanted in s["envelope_to"]])

    @app.get("/mails/<mail_id>")
    def mail(mail_id: str) -> str:
        found = _found(store, mail_id)
        return render_template(
            "mail.html",
            mail=found.summary(),
            html=found.body("html") is not None,
            text=found.body("plain"),
            attachments=found.attachments(),
        )

    @app.get("/mails/<mail_id>/html")
    def html(mail_id: str) -> Response:
        return _html_of(_found(store, mail_id))

    @app.get("/mails/<mail_id>/raw")
    def raw(mail_id: str) -> Response:
        return Response(_found(store, mail_id).raw, content_type="text/plain; charset=utf-8")

    @app.get("/mails/<mail_id>/attachments/<int:number>")
    def attachment(mail_id: str, number: int) -> Response:
        return _file_of(_found(store, mail_id), number)

    return app


def _found(store: MailStore, mail_id: str) -> Mail:
    mail = store.get(mail_id)
    return mail if mail is not None else abort(404)


def _html_of(mail: Mail) -> Response:
    written = mail.body("html")
    if written is None:
        abort(404)
    answer = Response(_links_in_new_tabs(written))
    answer.headers["Content-Security-Policy"] = _MAIL_POLICY
    return answer


def _file_of(mail: Mail, number: int) -> Response:
    attachments = mail.attachments()
    if number >= len(attachments):
        abort(404)
    attached = attachments[number]
    shown = attached.content_type in _SHOWN_BY_BROWSERS
    answer = Response(attached.data, content_type=attached.content_type if shown else "application/octet-stream")
    answer.headers.set("Content-Disposition", "inline" if shown else "attachment", filename=attached.name)
    return answer


def _headers(answer: Response) -> Response:
    if answer.mimetype != "application/pdf":  # a browser's own viewer is a page, which the policy would stop
        answer.headers.setdefault("Content-Security-Policy", _PAGE_POLICY)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _links_in_new_tabs(html: str) -> str:
    """A link opens beside the mailbox, as in a mail program: the portal does not let itself be shown in a frame."""
    base = '<base target="_blank">'
    head = _HEAD.search(html)
    return html[: head.end()] + base + html[head.end() :] if head else base + html
