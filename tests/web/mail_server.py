"""A real mail server within a test, with certificates of an authority of its own."""

from __future__ import annotations

import datetime
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

PASSWORD = "correct horse / battery:staple@home"


def make_certificates(folder: Path, *names: str) -> tuple[Path, Path]:
    """Write an authority's certificate, and one file with key and certificate for `names`."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    def named(name: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

    def begin(subject: str, key: Any) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(named(subject))
            .issuer_name(named("authority"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
        )

    authority, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = begin("authority", authority).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    )
    leaf = begin(names[0], own).add_extension(
        x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
    )
    signed = [each.sign(authority, hashes.SHA256()) for each in (root, leaf)]
    pem = serialization.Encoding.PEM
    first, second = folder / "authority.pem", folder / "own.pem"
    first.write_bytes(signed[0].public_bytes(pem))
    second.write_bytes(
        own.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed[1].public_bytes(pem)
    )
    return first, second


def server_context(own: Path) -> ssl.SSLContext:
    """Return what a server within TLS shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own)
    return context


class Inbox:
    """Takes mail, or does what a test wants instead.

    Attributes:
        said: answers in place of the usual ones, by command.
    """

    def __init__(self, **said: str | Callable[[Any], str]) -> None:
        self.said, self.taken, self.recipients = said, [], []
        self.port = 0

    def _answer(self, command: str, server: Any, usual: str) -> str:
        found = self.said.get(command, usual)
        return found if isinstance(found, str) else found(server)

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, *_: Any
    ) -> str:
        self.recipients.append(address)
        envelope.rcpt_tos.append(address)
        return self._answer("RCPT", server, "250 OK")

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Any, address: str, *_: Any
    ) -> str:
        envelope.mail_from = address
        return self._answer("MAIL", server, "250 OK")

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        said = self._answer("DATA", server, "250 taken as 17")
        if said.startswith("250"):
            self.taken.append(BytesParser(policy=default).parsebytes(envelope.content))
        return said

    def only(self) -> Message:
        """The one mail that was taken."""
        (found,) = self.taken
        return found


def close_line(server: Any) -> str:
    """Break off instead of answering."""
    server.transport.abort()
    return "421 gone"


class TlsController(Controller):
    """A server that speaks TLS from the first byte."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.context = named.pop("context")
        super().__init__(*arguments, **named)

    def _create_server(self) -> Any:
        return self.loop.create_server(
            self._factory_invoker, host=self.hostname, port=self.port, ssl=self.context
        )

    def _trigger_server(self) -> None:
        with socket.create_connection((self.hostname, self.port), 5) as line:
            client = ssl.create_default_context()
            client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
            with client.wrap_socket(line) as within:
                within.recv(1024)


@contextmanager
def serving(
    inbox: Inbox, *, tls: str = "off", own: Path | None = None, **options: Any
) -> Iterator[Inbox]:
    """Serve an inbox on a port of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        inbox.port = probe.getsockname()[1]
    context = server_context(own) if own else None
    if tls == "implicit":
        controller: Controller = TlsController(
            inbox, hostname="127.0.0.1", port=inbox.port, context=context, **options
        )
    else:
        controller = Controller(
            inbox, hostname="127.0.0.1", port=inbox.port, tls_context=context, **options
        )
    controller.start()
    try:
        yield inbox
    finally:
        controller.stop()


def knows_password(
    server: Any, session: Any, envelope: Any, mechanism: str, data: Any
) -> AuthResult:
    """Let in whoever knows the password."""
    return AuthResult(success=data.password.decode() == PASSWORD, handled=False)
