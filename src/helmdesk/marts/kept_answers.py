"""Answers that outlive their process, as one signed file beside the mart they were asked of.

They are pickled: what reads them trusts who wrote them, so nothing is read whose seal is not that
of this desk's secret. The seal also covers what an answer depends on, so that answers of other
settings, definitions or code are no answers.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import pickle
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SEAL_BYTES = hashlib.sha256().digest_size
Answers = Sequence[tuple[object, Any]]


def sealed(answers: Answers, identity: tuple[object, ...], secret: bytes) -> bytes:
    """Return keys and answers as bytes, signed together with what they depend on."""
    content = pickle.dumps(list(answers), protocol=pickle.HIGHEST_PROTOCOL)
    return _seal(content, identity, secret) + content


def unsealed(file: Path, identity: tuple[object, ...], secret: bytes) -> Answers:
    """Return the keys and answers of a file; none where there is no file, or it is damaged, or it
    was written for another identity, by other code or with another secret.
    """
    try:
        whole = file.read_bytes()
    except OSError:
        return ()
    seal, content = whole[:SEAL_BYTES], whole[SEAL_BYTES:]
    if not hmac.compare_digest(seal, _seal(content, identity, secret)):
        return ()
    found: Answers = pickle.loads(content)
    return found


def _seal(content: bytes, identity: tuple[object, ...], secret: bytes) -> bytes:
    depends_on = repr((identity, _code())).encode()
    digest = hmac.new(secret, b"helmdesk answers", hashlib.sha256)
    digest.update(hashlib.sha256(depends_on).digest())
    digest.update(content)
    return digest.digest()


@functools.cache
def _code() -> str:
    """Return what changes with this installation: an answer that other code gave is another."""
    root = Path(__file__).parents[1]
    files = sorted(
        (str(file.relative_to(root)), file.stat().st_mtime_ns, file.stat().st_size)
        for suffix in ("py", "toml", "sql")
        for file in root.rglob(f"*.{suffix}")
    )
    return hashlib.sha256(repr((sys.version, files)).encode()).hexdigest()
