"""Mail: the server that the settings name, and one message given to it at most once.

What went wrong before the server was given the text can be tried again; what it refused never
leaves; where the line broke while it had the text nobody knows.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property, partial
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend

from helmdesk.deadline import Line, within
from helmdesk.web.apps.jobs.kind import NotSent, Refused
from helmdesk.web.apps.outbox import provider
from helmdesk.web.apps.outbox.mail_server import FORM, SETTING, MailServer, mail_server

# One answer of the server, and the whole conversation.
ANSWER_SECONDS, WHOLE_SECONDS = 20.0, 120.0


class RecipientRefused(Refused):
    """The mail server never takes mail for this address."""


class PlainConversation(smtplib.SMTP):
    """A conversation with a mail server that remembers how far it came, and can be cut."""

    is_giving_text = False
    answer = ""

    def __init__(self, line: Line, *arguments: Any, **named: Any) -> None:
        self.line = line
        super().__init__(*arguments, **named)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self.line.hold(super()._get_socket(host, port, timeout))

    def data(self, text: Any) -> tuple[int, bytes]:
        """Give the text: from here on it may have been taken."""
        self.is_giving_text = True
        code, answer = super().data(text)
        self.answer = f"{code} {answer.decode('utf-8', 'replace')}"
        return code, answer


class SecureConversation(smtplib.SMTP_SSL, PlainConversation):
    """One within TLS from the first byte."""

    def __init__(self, line: Line, *arguments: Any, **named: Any) -> None:
        self.line = line
        smtplib.SMTP_SSL.__init__(self, *arguments, **named)


class Conversation(EmailBackend):
    """Django's sender, over a conversation of ours."""

    def __init__(self, server: MailServer, line: Line) -> None:
        super().__init__(
            host=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.tls == "starttls",
            use_ssl=server.tls == "implicit",
            timeout=ANSWER_SECONDS,
        )
        self.server, self.line = server, line

    @property
    def connection_class(self) -> Callable[..., smtplib.SMTP]:  # type: ignore[override]
        """What Django makes its connection of."""
        is_secure = self.server.tls == "implicit"
        return partial(SecureConversation if is_secure else PlainConversation, self.line)

    @cached_property
    def ssl_context(self) -> ssl.SSLContext:
        """Whose certificates are believed."""
        try:
            return ssl.create_default_context(cafile=self.server.authority or None)
        except OSError as error:
            raise Refused(f"{SETTING}: ca={self.server.authority}: {error.strerror}") from error

    def hang_up(self) -> None:
        """End the conversation; how that goes changes nothing any more."""
        with suppress(OSError, smtplib.SMTPException):
            self.close()


def check() -> str:
    """Greet the mail server, sign in and leave; return the server in words.

    Raises:
        SettingError, NotSent: it cannot be used, and why.
    """
    server = _required()
    if server.provider:
        provider.backend_of(server)
        return f"{server.words}; whether it takes our key only a message shows"
    with within(WHOLE_SECONDS) as line:
        conversation = Conversation(server, line)
        try:
            _open(conversation)
        finally:
            conversation.hang_up()
    return server.words


def send(message: EmailMultiAlternatives) -> str:
    """Give one message to the mail server; return what that said.

    Raises:
        NotSent: it did not leave, and may be tried again.
        Refused: it did not leave, and no repetition mends it.
        OSError, SMTPException: nobody knows.
    """
    server = _required()
    message.from_email = server.sender
    if server.provider:
        return provider.send(server, message)
    with within(WHOLE_SECONDS) as line:
        conversation = Conversation(server, line)
        try:
            _open(conversation)
            return _give(conversation, message)
        finally:
            conversation.hang_up()


def _required() -> MailServer:
    server = mail_server()
    if server is None:
        raise Refused(f"no mail server is set: {SETTING}; {FORM}")
    return server


def _open(conversation: Conversation) -> None:
    try:
        conversation.open()
    except smtplib.SMTPAuthenticationError as error:
        raise _refusal(error, "the mail server does not take user name and password") from error
    except smtplib.SMTPNotSupportedError as error:
        raise Refused(f"the mail server cannot do what {SETTING} asks for: {error}") from error
    except ssl.SSLCertVerificationError as error:
        raise NotSent(
            f"the certificate of the mail server is not believed ({error.verify_message}); name"
            f" the host as the certificate does, or its authority in {SETTING} by ?ca=FILE"
        ) from error
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(f"the mail server cannot be reached: {_words(error)}") from error


def _give(conversation: Conversation, message: EmailMultiAlternatives) -> str:
    try:
        conversation.send_messages([message])
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()))
        refused = smtplib.SMTPResponseException(code, words)
        found = _refusal(refused, "the mail server refuses the recipient")
        raise (RecipientRefused(str(found)) if isinstance(found, Refused) else found) from error
    except smtplib.SMTPResponseException as error:
        # Also after the text: what is answered by an error was not taken.
        raise _refusal(error, "the mail server refuses the message") from error
    except (OSError, smtplib.SMTPException) as error:
        if getattr(conversation.connection, "is_giving_text", False):
            raise
        raise NotSent(f"the mail server broke off: {_words(error)}") from error
    return str(getattr(conversation.connection, "answer", ""))


def _refusal(error: smtplib.SMTPResponseException, what: str) -> NotSent:
    said = error.smtp_error
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    kind = Refused if 500 <= error.smtp_code < 600 else NotSent
    return kind(f"{what}: {error.smtp_code} {' '.join(words.split())}")


def _words(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
