"""The mailbox takes what real SMTP brings and shows it without letting it act."""

from __future__ import annotations

import os
import signal
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

import sandbox
from sandbox.harness import RunningMailbox, running_mailbox
from tests.processes import PATIENCE


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[RunningMailbox]:
    with running_mailbox(tmp_path / "mails") as running:
        yield running


@pytest.fixture
def http(mailbox: RunningMailbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=mailbox.url, timeout=PATIENCE, trust_env=False) as client:
        yield client


def mail(subject: str = "Su póliza <b>está</b> lista", to: str = "juana@example.com") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "MASSIV <avisos@massiv.example>", to, subject
    message["Message-ID"] = "<poliza-1@massiv.example>"
    message.set_content("Vea https://portal.example/activar/abc\n")
    message.add_alternative(
        "<html><head></head><script>alert(1)</script><a href='/x'>Activar</a></html>", subtype="html"
    )
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="Póliza.pdf")
    message.add_attachment(b"<script>", maintype="text", subtype="html", filename="pagina.html")
    return message


def send(mailbox: RunningMailbox, message: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", mailbox.smtp_port, timeout=PATIENCE) as smtp:
        smtp.send_message(message)


def only(http: httpx.Client) -> str:
    (summary,) = http.get("/mails").json()
    return str(summary["id"])


def test_a_mail_is_listed_for_people_and_for_tests(mailbox: RunningMailbox, http: httpx.Client) -> None:
    send(mailbox, mail())
    (summary,) = http.get("/mails").json()
    assert summary["subject"] == "Su póliza <b>está</b> lista"
    assert summary["envelope_to"] == ["juana@example.com"]
    assert summary["message_id"] == "<poliza-1@massiv.example>"
    assert summary["attachments"] == ["Póliza.pdf", "pagina.html"]
    assert http.get("/mails", params={"to": "otra@example.com"}).json() == []
    page = http.get("/").text
    assert "Su póliza &lt;b&gt;está&lt;/b&gt; lista" in page
    assert f"/mails/{summary['id']}" in page


def test_the_newest_mail_comes_first(mailbox: RunningMailbox, http: httpx.Client) -> None:
    for number in range(3):
        send(mailbox, mail(f"Correo {number}"))
    assert [summary["subject"] for summary in http.get("/mails").json()] == ["Correo 2", "Correo 1", "Correo 0"]


def test_a_mail_as_html_runs_no_script_and_its_links_open_beside(mailbox: RunningMailbox, http: httpx.Client) -> None:
    send(mailbox, mail())
    answer = http.get(f"/mails/{only(http)}/html")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy
    assert answer.text.startswith('<html><head><base target="_blank">')


def test_a_mail_page_shows_text_links_and_files(mailbox: RunningMailbox, http: httpx.Client) -> None:
    send(mailbox, mail())
    mail_id = only(http)
    page = http.get(f"/mails/{mail_id}")
    assert 'href="https://portal.example/activar/abc"' in page.text
    assert "script-src" not in page.headers["Content-Security-Policy"]
    pdf = http.get(f"/mails/{mail_id}/attachments/0")
    assert (pdf.content, pdf.headers["Content-Type"]) == (b"%PDF-1.7", "application/pdf")
    assert pdf.headers["Content-Disposition"].startswith("inline")
    html = http.get(f"/mails/{mail_id}/attachments/1")
    assert html.headers["Content-Type"] == "application/octet-stream"
    assert html.headers["Content-Disposition"].startswith("attachment")
    assert html.headers["X-Content-Type-Options"] == "nosniff"


def test_the_source_is_what_was_received(mailbox: RunningMailbox, http: httpx.Client) -> None:
    raw = b"Subject: x\r\n\r\nline\r\n.dot\r\n\xf1\r\n"
    with smtplib.SMTP("127.0.0.1", mailbox.smtp_port, timeout=PATIENCE) as smtp:
        smtp.sendmail("a@example.com", ["b@example.com", "c@example.com"], raw)
    assert http.get(f"/mails/{only(http)}/raw").content == raw
    assert mailbox.store.mails()[0].envelope_to == ["b@example.com", "c@example.com"]


@pytest.mark.parametrize(
    "raw", [b"", b"no header at all", b"Subject: =?utf-8?b?!!?=\r\nContent-Type: multipart/mixed\r\n\r\n"]
)
def test_a_mail_that_is_none_is_shown_as_well_as_can_be(
    mailbox: RunningMailbox, http: httpx.Client, raw: bytes
) -> None:
    mailbox.store.add("", ["b@example.com"], raw)
    assert http.get("/").status_code == 200
    assert http.get(f"/mails/{only(http)}").status_code == 200


@pytest.mark.parametrize(
    "path", ["/mails/none", "/mails/..%2f..%2fetc/raw", "/mails/none/html", "/mails/none/attachments/0"]
)
def test_what_is_not_there_is_not_found(http: httpx.Client, path: str) -> None:
    assert http.get(path).status_code == 404


def test_many_at_once_all_arrive(mailbox: RunningMailbox) -> None:
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda n: send(mailbox, mail(f"Correo {n}")), range(60)))
    assert {m.header("Subject") for m in mailbox.store.mails()} == {f"Correo {n}" for n in range(60)}


def test_a_mail_with_twenty_five_megabytes_arrives_whole(mailbox: RunningMailbox) -> None:
    message, data = mail(), os.urandom(25 * 1024 * 1024)
    message.add_attachment(data, maintype="application", subtype="pdf", filename="grande.pdf")
    send(mailbox, message)
    (caught,) = mailbox.store.mails()
    assert caught.attachments()[2].data == data


def test_mails_survive_a_restart(tmp_path: Path) -> None:
    with running_mailbox(tmp_path) as first:
        send(first, mail())
    with running_mailbox(tmp_path) as second:
        assert len(second.store.mails()) == 1


def test_the_command_says_its_ports_and_ends_when_told(tmp_path: Path) -> None:
    ports = ["--smtp-port", "0", "--web-port", "0", "--folder", str(tmp_path), "--instance", "me"]
    environment = os.environ | {"PYTHONPATH": str(Path(sandbox.__file__).parent.parent)}
    command = [sys.executable, "-m", "sandbox.mailbox", *ports]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            facts = dict(part.split("=") for part in process.stdout.readline().split()[2:])
            url = f"http://127.0.0.1:{facts['port']}"
            with smtplib.SMTP("127.0.0.1", int(facts["smtp_port"]), timeout=PATIENCE) as smtp:
                smtp.send_message(mail())
            assert httpx.get(f"{url}/health", timeout=PATIENCE, trust_env=False).json() == {
                "status": "ok",
                "instance": "me",
            }
            assert len(httpx.get(f"{url}/mails", timeout=PATIENCE, trust_env=False).json()) == 1
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()


@pytest.mark.parametrize(("address", "code"), [("no-existe@correo.pe", 550), ("lleno+2@correo.pe", 552)])
def test_an_address_made_to_refuse_takes_no_mail(mailbox: RunningMailbox, address: str, code: int) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(mailbox, mail(to=address))
    assert refused.value.recipients[address][0] == code
    send(mailbox, mail(to="no-existen@correo.pe"))
    assert [caught.envelope_to for caught in mailbox.store.mails()] == [["no-existen@correo.pe"]]
