"""One question to a language model: any server that speaks the chat form of OpenAI's interface.

No streaming, no redirects, no tools, no second try; the answer is text and as long as the time
allows. Who asks must expect anything in it.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

SECONDS = 20.0
MOST_BYTES = 400_000
MOST_TOKENS = 700


class Unanswered(Exception):
    """There was no answer; says why in words for whoever keeps the desk going."""


@dataclass(frozen=True)
class LanguageModel:
    """A server and one of its models.

    Attributes:
        address: such as http://localhost:11434/v1; ``/chat/completions`` is added.
        name: of the model.
        key: sent as a bearer token; empty for none.
        seconds: for the whole answer.
    """

    address: str
    name: str
    key: str = ""
    seconds: float = SECONDS

    def answer(self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any]) -> str:
        """Return the text of an answer.

        Raises:
            Unanswered: no server, too slow, an error, or not the form of an answer.
        """
        body = {
            "model": self.name,
            "messages": list(messages),
            "temperature": 0,
            "max_tokens": MOST_TOKENS,
            "stream": False,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "summary", "strict": True, "schema": schema},
            },
        }
        try:
            content = self._post(json.dumps(body).encode())
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = "it took too long" if isinstance(error, TimeoutError) else "it was not reached"
            raise Unanswered(f"{self.address}: {reason}") from error
        try:
            choice = json.loads(content)["choices"][0]
            text = choice["message"]["content"]
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise Unanswered(f"{self.address}: the answer has another form") from error
        if not isinstance(text, str) or choice.get("finish_reason", "stop") != "stop":
            raise Unanswered(f"{self.address}: the answer was cut off")
        return text

    def _post(self, body: bytes) -> bytes:
        end = time.monotonic() + self.seconds
        parts = urlsplit(self.address.rstrip("/") + "/chat/completions")
        host, is_safe = parts.hostname or "", parts.scheme == "https"
        connection: http.client.HTTPConnection
        if is_safe:
            connection = http.client.HTTPSConnection(
                host, parts.port, timeout=self.seconds, context=ssl.create_default_context()
            )
        else:
            connection = http.client.HTTPConnection(host, parts.port, timeout=self.seconds)
        headers = {"content-type": "application/json", "accept": "application/json"}
        if self.key:
            headers["authorization"] = f"Bearer {self.key}"
        try:
            connection.request("POST", parts.path, body, headers)
            _hurry(connection.sock, end)
            response = connection.getresponse()
            if response.status != http.client.OK:
                raise Unanswered(f"{self.address}: it answered {response.status}")
            return self._read(connection, response, end)
        finally:
            connection.close()

    def _read(
        self,
        connection: http.client.HTTPConnection,
        response: http.client.HTTPResponse,
        end: float,
    ) -> bytes:
        found = bytearray()
        while True:
            _hurry(connection.sock, end)
            part = response.read1(65_536)
            found += part
            if len(found) > MOST_BYTES:
                raise Unanswered(f"{self.address}: the answer was too long")
            if not part:
                break
        if response.length:
            raise Unanswered(f"{self.address}: the answer was cut off")
        return bytes(found)


def _hurry(connected: socket.socket | None, end: float) -> None:
    """Let the next step take no longer than is left.

    Raises:
        TimeoutError: nothing is left.
    """
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    if connected is not None:
        connected.settimeout(left)


def fault_of(address: str) -> str:
    """Return what is wrong with an address, in words; empty for one that can be asked."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return "this is no address"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "it begins with http:// or https:// and names a server"
    if parts.username or parts.password or parts.query or parts.fragment:
        return "leave out name, password, ? and #; a key is told in HELMDESK_LANGUAGE_MODEL_KEY"
    return ""
