"""Which server takes our mail: what an operator said in the environment, or in a file for its owner
alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import getaddresses
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.conf import settings

from helmdesk.errors import SettingError
from helmdesk.web.apps.outbox.post import is_address

SETTING, FROM = "HELMDESK_MAIL", "HELMDESK_MAIL_FROM"
FORM = (
    "write smtp://USER:PASSWORD@HOST:587 (STARTTLS), smtps://USER:PASSWORD@HOST:465 (TLS from the"
    " first byte), smtp://HOST:25?tls=off (no TLS, and then no password), or"
    " anymail://PROVIDER?SETTING=VALUE"
)
PORTS = {"starttls": 587, "implicit": 465, "off": 25}


@dataclass(frozen=True)
class MailServer:
    """What takes our mail.

    Attributes:
        tls: "starttls", "implicit" or "off".
        authority: file of certificates that are believed instead of the machine's.
        provider: name of a provider that is spoken to by its own interface instead; `secrets` are
        its settings.
    """

    sender: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    tls: str = "starttls"
    authority: str = ""
    provider: str = ""
    secrets: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def words(self) -> str:
        """The server in words, without what is secret."""
        if self.provider:
            return f"{self.provider}, by its interface"
        how = {"starttls": "STARTTLS", "implicit": "TLS", "off": "no TLS"}[self.tls]
        return f"{self.host}, port {self.port}, {how}{', with a password' if self.user else ''}"


def mail_server() -> MailServer | None:
    """Return the server that the settings name; None where they name none.

    Raises:
        SettingError: they cannot be understood; the message repeats nothing secret.
    """
    if not settings.MAIL:
        return None
    sender = settings.MAIL_FROM
    named = getaddresses([sender])
    if len(named) != 1 or not is_address(named[0][1]) or "\n" in sender or "\r" in sender:
        raise SettingError(
            f"{FROM}: from whom mail comes is an address, such as Helmdesk <desk@example.org>"
        )
    try:
        given = urlsplit(settings.MAIL)
        options = dict(parse_qsl(given.query, strict_parsing=bool(given.query)))
        port = given.port
    except ValueError:
        raise SettingError(f"{SETTING} is no address of a mail server; {FORM}") from None
    if given.scheme == "anymail" and given.hostname:
        return MailServer(sender, provider=given.hostname, secrets=options)
    if given.scheme not in ("smtp", "smtps") or not given.hostname or given.path not in ("", "/"):
        raise SettingError(f"{SETTING} is no address of a mail server; {FORM}")
    return _smtp_server(sender, given, port, options)


def _smtp_server(
    sender: str, given: SplitResult, port: int | None, options: dict[str, str]
) -> MailServer:
    tls = "implicit" if given.scheme == "smtps" else options.pop("tls", "starttls")
    authority = options.pop("ca", "")
    if options or tls not in PORTS:
        told = ", ".join(sorted(options)) or f"tls={tls}"
        raise SettingError(f"{SETTING}: {told} is nothing that is known here; {FORM}")
    user, password = unquote(given.username or ""), unquote(given.password or "")
    if bool(user) != bool(password):
        raise SettingError(f"{SETTING} has a user without a password, or the reverse; {FORM}")
    if user and tls == "off":
        raise SettingError(
            f"{SETTING}: a password is not sent without TLS; leave out tls=off, or the password"
        )
    host = str(given.hostname)
    return MailServer(
        sender, host, port or PORTS[tls], user, password, tls=tls, authority=authority
    )
