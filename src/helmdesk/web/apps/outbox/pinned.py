"""Requests to addresses that people wrote down: to the very address that was checked, and no other.

A name is resolved once. All its addresses must lie in the open internet, or in a network that the
operator allows; the connection goes to the address itself, whatever the name means a moment later.
Redirects are not followed, proxies of the environment not asked, time and bytes are bounded.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from helmdesk.deadline import Line, within
from helmdesk.errors import UsageError
from helmdesk.web.apps.jobs.kind import NotSent, Refused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
ANSWER_SECONDS, WHOLE_SECONDS, MOST_BYTES, LONGEST_URL = 10.0, 30.0, 64 * 1024, 500
UNICAST = ipaddress.IPv6Network("2000::/3")
# Assigned to protocols, ways from one version to the other, and examples; not every Python knows.
CLOSED: tuple[Network, ...] = (
    ipaddress.IPv4Network("192.0.0.0/24"),
    ipaddress.IPv4Network("192.88.99.0/24"),
    ipaddress.IPv6Network("2001::/23"),
    ipaddress.IPv6Network("2001:db8::/32"),
    ipaddress.IPv6Network("2002::/16"),
    ipaddress.IPv6Network("3fff::/20"),
)


def resolve(host: str, port: int) -> list[Address]:
    """Return all addresses of a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ipaddress.ip_address(str(each[4][0])) for each in found))


@dataclass(frozen=True)
class Answer:
    """What came back; of a long body its beginning."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class PinnedClient:
    """Asks, and posts to, addresses that people wrote down.

    Attributes:
        allowed: networks that may be reached although they are no part of the open internet; to
        these, and only these, also without TLS.
        resolver: gives the addresses of a host.
        context: whose certificates are believed.
    """

    allowed: Sequence[Network] = ()
    resolver: Callable[[str, int], Sequence[Address]] = resolve
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post a body once.

        Raises:
            Refused: the address may not be reached.
            NotSent: it could not be, or did not answer in time.
        """
        return self._ask("POST", url, body, headers, MOST_BYTES)

    def get(self, url: str, headers: Mapping[str, str], most: int) -> Answer:
        """Ask once for what lies at an address.

        Args:
            most: bytes of the body that are taken.

        Raises:
            Refused: the address may not be reached, or what lies there is larger.
            NotSent: it could not be, or did not answer in time.
        """
        answer = self._ask("GET", url, None, headers, most + 1)
        if len(answer.body) > most:
            raise Refused(f"what lies there is larger than {most / 1e6:g} MB")
        return answer

    def _ask(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], most: int
    ) -> Answer:
        try:
            parts = parts_of(url)
        except UsageError as error:
            raise Refused(str(error)) from error
        is_tls, host = parts.scheme == "https", str(parts.hostname)
        port = parts.port or (443 if is_tls else 80)
        found = self._checked(host, port, is_tls)
        context = self.context if is_tls else None
        try:
            with (
                within(WHOLE_SECONDS) as line,
                closing(Pinned(host, port, found, context, line)) as connection,
            ):
                connection.request(method, f"{parts.path or '/'}{_query(parts)}", body, headers)
                answer = connection.getresponse()
                return Answer(answer.status, _lower(answer), answer.read(most))
        except ssl.SSLCertVerificationError as error:
            words = error.verify_message
            raise NotSent(f"the certificate of {host} is not believed: {words}") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            words = " ".join(str(error).split())[:200] or type(error).__name__
            raise NotSent(f"{host} could not be reached: {words}") from error

    def _checked(self, host: str, port: int, is_tls: bool) -> list[Address]:
        """Resolve a host, and return its addresses, all of which may be connected with.

        Raises:
            Refused, NotSent: one of its addresses is not to be reached; it has none.
        """
        try:
            found = list(self.resolver(host, port))
        except (OSError, UnicodeError, ValueError) as error:
            raise NotSent(f"there is no address of {host}: {error}") from error
        if not found:
            raise NotSent(f"there is no address of {host}")
        for address in found:
            meant = _meant(address)
            if any(meant in network for network in self.allowed):
                continue
            if not is_open(meant):
                raise Refused(
                    f"{host} is {address}, which is not an address of the open internet; an"
                    " operator may allow its network by HELMDESK_OUTGOING_NETWORKS"
                )
            if not is_tls:
                raise Refused(f"{host} is asked without TLS; write https://")
        return found


def parts_of(url: str) -> SplitResult:
    """Return the parts of an address to post to.

    Raises:
        UsageError: it is none.
    """
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or len(url) > LONGEST_URL or any(ord(each) <= 32 for each in url):
        raise UsageError(
            "that is no address to post to; write one such as https://example.org/hooks/helmdesk"
        )
    if "@" in parts.netloc:
        raise UsageError("an address to post to holds neither user nor password")
    if not url.isascii():
        raise UsageError(
            "an address to post to is written in ASCII; encode a path by %, a host by xn--"
        )
    return parts


def networks(text: str) -> tuple[Network, ...]:
    """Read networks, separated by commas.

    Raises:
        ValueError: one is none.
    """
    return tuple(ipaddress.ip_network(each.strip()) for each in text.split(",") if each.strip())


def is_open(address: Address) -> bool:
    """Whether an address is one of the open internet: not this machine's, a private network's, a
    link's (where clouds keep the secrets of their machines), nobody's, or a way round to such a
    one.
    """
    if address.is_multicast or address.is_reserved or not address.is_global:
        return False
    is_unicast = address.version == 4 or address in UNICAST
    return is_unicast and not any(address in network for network in CLOSED)


def _meant(address: Address) -> Address:
    """Return an address; of version 4 where it is only written as one of version 6."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


class Pinned(http.client.HTTPConnection):
    """A connection to the addresses that were checked, by the name of their host; within TLS where
    there is a context, and then the certificate must be the name's.
    """

    def __init__(
        self,
        host: str,
        port: int,
        found: Sequence[Address],
        context: ssl.SSLContext | None,
        line: Line,
    ) -> None:
        super().__init__(host, port, timeout=ANSWER_SECONDS)
        self.default_port = 443 if context else 80
        self.found, self.context, self.line = found, context, line

    def connect(self) -> None:
        """Connect with the first address that answers."""
        for place, address in enumerate(self.found, 1):
            try:
                made = socket.create_connection((str(address), self.port), ANSWER_SECONDS)
                self.sock = self.line.hold(made)
                break
            except OSError:
                if place == len(self.found):
                    raise
        if self.context is not None:
            self.sock = self.context.wrap_socket(self.sock, server_hostname=self.host)


def _query(parts: SplitResult) -> str:
    return f"?{parts.query}" if parts.query else ""


def _lower(answer: http.client.HTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.getheaders()}
