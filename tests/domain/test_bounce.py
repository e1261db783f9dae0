"""What a mail server reports later, read from whatever comes to a return address."""

from __future__ import annotations

import pytest

from portal.domain.bounce import Bounce, read_bounce
from portal.domain.message import Undelivered, bounced, is_ours_to_mend, why_undelivered

BACK = "rebotes+17-0123456789abcdef0123@massiv.example"


def report(
    *recipients: str, to: str = BACK, kind: str = 'multipart/report; report-type="delivery-status"', more: str = ""
) -> bytes:
    blocks = "\r\n\r\n".join(("Reporting-MTA: dns; mx.example\r\nArrival-Date: today", *recipients))
    return (
        f'From: MAILER-DAEMON@mx.example\r\nTo: <{to}>\r\n{more}MIME-Version: 1.0\r\nContent-Type: {kind}; boundary="b"'
        f"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"{blocks}\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nThe mail.\r\n--b--\r\n"
    ).encode()


def recipient(action: str = "failed", status: str = "5.1.1", diagnosis: str = "") -> str:
    said = f"\r\nDiagnostic-Code: {diagnosis}" if diagnosis else ""
    return f"Final-Recipient: rfc822; rosa@example.pe\r\nAction: {action}\r\nStatus: {status}{said}"


@pytest.mark.parametrize(
    ("block", "status"),
    [
        (recipient(), "5.1.1"),
        (recipient(" FAILED "), "5.1.1"),
        (recipient("failed (unknown user)"), "5.1.1"),
        (recipient(status="5.2.2 (full)"), "5.2.2"),
        (recipient(status="4.4.7"), "4.4.7"),  # given up after days of trying
        (recipient(status="5.0.0", diagnosis="smtp; 550 no such user"), "5.1.1"),
        (recipient(status="5.0.0", diagnosis="smtp; 550 5.7.1 spam"), "5.7.1"),
        (recipient(status="5.0.0", diagnosis="smtp; 550 blocked for spam"), "5.0.0"),
        (recipient(status="?"), "5.0.0"),
        (recipient("delayed", "4.4.1") + "\r\n\r\n" + recipient(), "5.1.1"),
    ],
)
def test_a_delivery_that_failed_is_read(block, status):
    assert read_bounce(report(block)) == Bounce(f"<{BACK}>", status)


NESTED = b"Content-Type: multipart/report; report-type=delivery-status; boundary=a\r\n\r\n" + b"".join(
    b'--a\r\nContent-Type: multipart/mixed; boundary="a"\r\n\r\n' for _ in range(20_000)
)

HARMLESS = {
    "a delay": report(recipient("delayed", "4.4.1")),
    "a delivery": report(recipient("delivered", "2.0.0")),
    "relayed": report(recipient("relayed", "2.0.0")),
    "no action": report("Final-Recipient: rfc822; rosa@example.pe\r\nStatus: 5.1.1"),
    "a report of reading": report(recipient(), kind='multipart/report; report-type="disposition-notification"'),
    "an answer with such a part": report(recipient(), kind="multipart/mixed"),
    "out of office": b"Auto-Submitted: auto-replied\r\nSubject: Vacaciones\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n",
    "nothing": b"",
    "rubbish": bytes(range(256)) * 5000,
    "no end": report(recipient())[:200],
    "nested without end": NESTED,
    "a status of text": b"Content-Type: multipart/report; report-type=delivery-status\r\n\r\nAction: failed\r\n",
    "two types": report(recipient()).replace(
        b"Content-Type: multipart", b"Content-Type:\r\nContent-Type: multipart", 1
    ),
}


@pytest.mark.parametrize("kind", HARMLESS)
def test_anything_else_is_no_failure_and_does_no_harm(kind):
    assert read_bounce(HARMLESS[kind]) is None


def test_a_report_that_returns_a_large_mail_is_read_by_what_comes_before():
    returned = report(recipient()).replace(b"The mail.", b"x" * 40_000_000)
    assert read_bounce(returned) == Bounce(f"<{BACK}>", "5.1.1")


def test_whoever_delivered_it_here_says_where_it_was_sent():
    found = read_bounce(
        report(recipient(), to="x@y.example", more=f"Delivered-To: {BACK}\r\nX-Original-To: {BACK}\r\n")
    )
    assert found is not None
    assert BACK in found.addressed


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ("5.1.1", Undelivered.NO_ADDRESS),
        ("5.1.10", Undelivered.NO_ADDRESS),
        ("5.2.1", Undelivered.NO_ADDRESS),
        ("5.2.2", Undelivered.FULL),
        ("5.1.8", Undelivered.REFUSED),
        ("5.7.1", Undelivered.REFUSED),
        ("4.4.7", Undelivered.REFUSED),
        ("5.0.0", Undelivered.REFUSED),
    ],
)
def test_only_what_speaks_of_the_mailbox_is_the_addresss_fault(status, why):
    assert why_undelivered(bounced(status)) is why
    assert is_ours_to_mend(bounced(status)) is (why is Undelivered.REFUSED)
