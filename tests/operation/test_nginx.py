"""What stands in front, as it is shipped: real nginx over the portal's web server."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask

from sandbox.embedded import free_port
from tests.processes import PATIENCE, ROOT, process, until, web_server

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
SLOW = 32
FORGED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Host": "evil.example",
    "X-Request-ID": "f" * 32,
    "Forwarded": "for=203.0.113.9;host=evil.example",
}
MAIN = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/portal.conf;
}}
"""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what a certificate authority would have sent."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "privkey.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder


@pytest.fixture
def front(app: Flask, portal_env: dict[str, str], certificate: Path, tmp_path: Path) -> Iterator[str]:
    """The portal's address behind nginx. Of the shipped file only places, ports and the longest wait are others."""
    plain = free_port()
    secure = next(port for port in iter(free_port, 0) if port != plain)
    url = f"https://localhost:{secure}"
    with ExitStack() as stack:
        web = stack.enter_context(
            web_server({**portal_env, "BASE_URL": url, "TRUSTED_PROXIES": "1"}, tmp_path / "web.log")
        )
        shipped = (ROOT / "deploy/nginx/portal.conf").read_text()
        for said, here in {
            "http://127.0.0.1:8000": web.url,
            "/etc/ssl/portal": str(certificate),
            "client_header_timeout 10s": "client_header_timeout 1s",
            "client_body_timeout 10s": "client_body_timeout 1s",
        }.items():
            assert said in shipped
            shipped = shipped.replace(said, here)
        shipped = re.sub(r"listen \[::\].*", "", shipped)  # not every machine has it
        shipped = shipped.replace("listen 80", f"listen 127.0.0.1:{plain}").replace(
            "listen 443", f"listen 127.0.0.1:{secure}"
        )
        folder = tmp_path / "nginx"
        folder.mkdir()
        (folder / "portal.conf").write_text(shipped)
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder))
        log = tmp_path / "nginx.log"
        running = stack.enter_context(process([NGINX, "-c", folder / "nginx.conf", "-p", folder], log))
        until(lambda: running.poll() is not None or _listens(secure), "nginx listens")
        assert running.poll() is None, log.read_text()
        yield url


@pytest.fixture
def browser(front: str, certificate: Path) -> Iterator[httpx.Client]:
    trusted = ssl.create_default_context(cafile=str(certificate / "fullchain.pem"))
    with httpx.Client(base_url=front, verify=trusted, timeout=PATIENCE, trust_env=False) as client:
        yield client


@pytest.fixture
def connect(front: str, certificate: Path) -> Iterator[Callable[[bytes], ssl.SSLSocket]]:
    """A connection that has said so much."""
    trusted = ssl.create_default_context(cafile=str(certificate / "fullchain.pem"))
    port = int(front.rpartition(":")[2])
    with ExitStack() as stack:

        def connect(first: bytes) -> ssl.SSLSocket:
            plain = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE))
            secure = stack.enter_context(trusted.wrap_socket(plain, server_hostname="localhost"))
            secure.sendall(first)
            return secure

        yield connect


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


@pytest.mark.one_database
def test_a_form_passes_with_its_port_and_over_https(browser: httpx.Client) -> None:
    page = browser.get("/ingresar")
    assert page.status_code == 200
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token is not None
    form = {"csrf_token": token[1], "usuario": "nadie", "clave": "de aquí"}
    answer = browser.post("/ingresar", data=form, headers={"Referer": f"{browser.base_url}/ingresar"})
    assert answer.status_code == 422


@pytest.mark.one_database
def test_what_a_visitor_says_of_itself_is_not_believed(browser: httpx.Client) -> None:
    answer = browser.get("/inicio", headers=FORGED)
    assert answer.status_code in (302, 303)
    assert "evil.example" not in answer.headers["Location"]
    given = answer.headers["X-Request-ID"]
    assert re.fullmatch("[0-9a-f]{32}", given)
    assert given != FORGED["X-Request-ID"]


@pytest.mark.one_database
def test_the_inside_is_not_told_to_the_outside(browser: httpx.Client) -> None:
    assert [browser.get(path).status_code for path in ("/healthz", "/readyz")] == [404, 404]


@pytest.mark.one_database
def test_who_drips_is_sent_away_and_pages_are_answered_meanwhile(
    browser: httpx.Client, connect: Callable[[bytes], ssl.SSLSocket]
) -> None:
    head = b"POST /ingresar HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300\r\n"
    slow = [connect(head if at % 2 else head + b"\r\nusuario=") for at in range(SLOW)]
    assert browser.get("/ingresar").status_code == 200
    for connection in slow:
        assert b" 408 " in (connection.recv(4096) or b" 408 ")[:16]  # or closed without a word


@pytest.mark.one_database
def test_a_body_that_is_too_large_is_refused(browser: httpx.Client) -> None:
    assert browser.post("/ingresar", data={"usuario": "x" * 300_000}).status_code == 413
