"""Providers of mail with an interface of their own, by django-anymail."""

from __future__ import annotations

from typing import Any

from django.core.mail import EmailMultiAlternatives

from helmdesk.web.apps.jobs.kind import NotSent, Refused
from helmdesk.web.apps.outbox.mail_server import SETTING, MailServer


def backend_of(server: MailServer) -> Any:
    """Return the sender of a provider, from django-anymail.

    Raises:
        Refused: it is not installed, or does not know the provider.
    """
    try:
        from anymail.exceptions import AnymailConfigurationError
        from django.utils.module_loading import import_string
    except ImportError as error:
        raise Refused(
            f"{SETTING} names a provider; they need: pip install 'helmdesk[mail]'"
        ) from error
    try:
        backend = import_string(f"anymail.backends.{server.provider}.EmailBackend")
        return backend(**server.secrets)
    except (ImportError, AnymailConfigurationError, TypeError) as error:
        raise Refused(f"{SETTING}: {server.provider}: {_first_line(error)}") from error


def send(server: MailServer, message: EmailMultiAlternatives) -> str:
    """Give one message to a provider; return what that made of it.

    Raises:
        NotSent: it asks to wait.
        Refused: it does not take the message.
        AnymailAPIError: nobody knows.
    """
    backend = backend_of(server)
    from anymail.exceptions import (
        AnymailAPIError,
        AnymailInvalidAddress,
        AnymailRecipientsRefused,
        AnymailUnsupportedFeature,
    )

    try:
        backend.send_messages([message])
    except (AnymailRecipientsRefused, AnymailInvalidAddress, AnymailUnsupportedFeature) as error:
        raise Refused(f"{server.provider} refuses the message: {_first_line(error)}") from error
    except AnymailAPIError as error:
        code = error.status_code or 0
        if code in (408, 429):
            raise NotSent(f"{server.provider} asks to wait: {_first_line(error)}") from error
        if 400 <= code < 500:
            raise Refused(f"{server.provider} refuses the message: {_first_line(error)}") from error
        raise
    status = getattr(message, "anymail_status", None)
    return f"{', '.join(sorted(getattr(status, 'status', None) or ()))}".strip()


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
