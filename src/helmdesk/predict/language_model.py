"""One question to a language model: any server that speaks the chat form of OpenAI's interface.

No streaming, no redirects, no tools, no second try; the answer is text and as long as the time
allows. Who asks must expect anything in it.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from helmdesk.deadline import Line, within

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
        with within(self.seconds) as line:
            try:
                content = self._post(json.dumps(body).encode(), line)
            except (OSError, http.client.HTTPException, ValueError) as error:
                is_late = line.is_over or isinstance(error, TimeoutError)
                reason = "it took too long" if is_late else "it was not reached"
                raise Unanswered(f"{self.address}: {reason}") from error
        try:
            choice = json.loads(content)["choices"][0]
            text = choice["message"]["content"]
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise Unanswered(f"{self.address}: the answer has another form") from error
        if not isinstance(text, str) or choice.get("finish_reason", "stop") != "stop":
            raise Unanswered(f"{self.address}: the answer was cut off")
        return text

    def _post(self, body: bytes, line: Line) -> bytes:
        parts = urlsplit(self.address.rstrip("/") + "/chat/completions")
        host, is_safe = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if is_safe else 80)
        connection = http.client.HTTPConnection(host, port)
        connection.default_port = 443 if is_safe else 80
        headers = {"content-type": "application/json", "accept": "application/json"}
        if self.key:
            headers["authorization"] = f"Bearer {self.key}"
        with closing(connection):
            # Held before TLS takes it over: only so can it be cut, be it ever so slow.
            made = line.hold(socket.create_connection((host, port), self.seconds))
            connection.sock = made
            if is_safe:
                context = ssl.create_default_context()
                connection.sock = context.wrap_socket(made, server_hostname=host)
            connection.request("POST", parts.path, body, headers)
            response = connection.getresponse()
            if response.status != http.client.OK:
                raise Unanswered(f"{self.address}: it answered {response.status}")
            content = response.read(MOST_BYTES + 1)
            if len(content) > MOST_BYTES:
                raise Unanswered(f"{self.address}: the answer was too long")
            if response.length or line.is_over:
                why = "it took too long" if line.is_over else "the answer was cut off"
                raise Unanswered(f"{self.address}: {why}")
            return content


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
