"""A bucket, or one object or prefix of it, of any store that speaks as Amazon's S3 does: each
object is loaded once, by its content. Objects are there whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from helmdesk.connectors.folder import ASKS, is_data, no_pages
from helmdesk.connectors.parts.access import (
    Access,
    ConnectError,
    GoneError,
    MissingRightError,
    RefusedError,
)
from helmdesk.connectors.parts.api import base_address
from helmdesk.connectors.parts.connector import Ask, Connector, Outlook, Right, StoredFile

if TYPE_CHECKING:
    from pyarrow.fs import S3FileSystem

ATTEMPTS, SECONDS = 6, 60.0
CHUNK = 1 << 20
WRONG_KEY = ("invalidaccesskeyid", "invalid_access_key", "signaturedoesnotmatch", "signature_does")
NOT_THERE = ("nosuchbucket", "no_such_bucket", "nosuchkey", "no_such_key")


class Bucket(Access):
    """A bucket, and where in it."""

    def __init__(self, said: Mapping[str, str]) -> None:
        super().__init__((said["token"],))
        bucket, _, prefix = said["bucket"].strip().removeprefix("s3://").partition("/")
        self.bucket, self.prefix = bucket, prefix.rstrip("/")
        self.said = said
        self.attempts, self.seconds = ATTEMPTS, SECONDS
        self._store: S3FileSystem | None = None

    def be_brief(self, attempts: int, seconds: float) -> None:
        """Try fewer times, and wait less for each answer: somebody waits."""
        self.attempts, self.seconds, self._store = attempts, seconds, None

    def close(self) -> None:
        """Let go of the connection."""
        self._store = None

    @property
    def store(self) -> S3FileSystem:
        """What signs and asks."""
        from pyarrow.fs import AwsStandardS3RetryStrategy, S3FileSystem

        if self._store is None:
            place: dict[str, Any] = {}
            if self.said.get("endpoint"):
                parts = urlsplit(base_address(self.said["endpoint"]))
                place = {"endpoint_override": parts.netloc, "scheme": parts.scheme}
            self._store = S3FileSystem(
                access_key=self.said["key_id"],
                secret_key=self.said["token"],
                region=self.said.get("region") or "us-east-1",
                connect_timeout=self.seconds,
                request_timeout=self.seconds,
                retry_strategy=AwsStandardS3RetryStrategy(max_attempts=self.attempts),
                **place,
            )
        return self._store

    @property
    def place(self) -> str:
        """The bucket with the prefix."""
        return f"{self.bucket}/{self.prefix}".rstrip("/")

    def refusal(self, error: OSError) -> ConnectError:
        """Return what a failure means, without the key."""
        said = self.without_secrets(" ".join(str(error).split()))[:300]
        lower, where = said.lower().replace(" ", ""), f"s3://{self.place}"
        if any(word in lower for word in WRONG_KEY):
            return RefusedError(f"{where}: the key is wrong, or was withdrawn", "make a new one")
        if isinstance(error, FileNotFoundError) or any(
            word.replace(" ", "") in lower for word in NOT_THERE
        ):
            return GoneError(f"{where}: there is no such bucket or prefix")
        if "access_denied" in lower or "accessdenied" in lower or "httpstatus403" in lower:
            return MissingRightError(
                f"{where}: the key may not read it", "allow s3:ListBucket and s3:GetObject"
            )
        return ConnectError(
            f"{where}: {said}", "is the address right, and can it be reached from here?"
        )


def open_bucket(said: Mapping[str, str]) -> Bucket:
    """Take a bucket; nothing is asked of it yet."""
    if said.get("endpoint"):
        base_address(said["endpoint"])
    return Bucket(said)


def files(bucket: Bucket) -> Iterator[StoredFile]:
    """Give the objects under the prefix, those within its folders too; or the one object."""
    from pyarrow.fs import FileSelector, FileType

    try:
        found = bucket.store.get_file_info(FileSelector(bucket.place, recursive=True))
        if not found and bucket.prefix:
            found = bucket.store.get_file_info([bucket.place])
    except FileNotFoundError as error:
        found = bucket.store.get_file_info([bucket.place]) if bucket.prefix else []
        if not found or found[0].type == FileType.NotFound:
            raise bucket.refusal(error) from None
    except OSError as error:
        raise bucket.refusal(error) from None
    for each in sorted(found, key=lambda each: each.path):
        if each.type != FileType.File or not each.size or not is_data(each.path):
            continue
        name = each.path.removeprefix(f"{bucket.bucket}/")
        yield StoredFile(
            name,
            each.size,
            f"{each.mtime_ns}:{each.size}",
            each.mtime.astimezone(UTC) if each.mtime else datetime.now(UTC),
            lambda scratch, path=each.path: _fetch(bucket, path, scratch),  # type: ignore[misc]
        )


def _fetch(bucket: Bucket, path: str, scratch: Path) -> Path | None:
    copy = scratch / path.rpartition("/")[2]
    try:
        with bucket.store.open_input_stream(path) as stream, copy.open("wb") as file:
            while content := stream.read(CHUNK):
                file.write(content)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise bucket.refusal(error) from None
    return copy


def rights(bucket: Bucket) -> Iterator[Right]:
    """List the objects, and read the beginning of one."""
    found = list(files(bucket))
    yield Right(f"the list of s3://{bucket.place}", True, is_needed=True)
    if not found:
        return
    try:
        with bucket.store.open_input_stream(f"{bucket.bucket}/{found[0].name}") as stream:
            stream.read(1)
    except OSError as error:
        if not isinstance(bucket.refusal(error), MissingRightError):
            raise bucket.refusal(error) from None
        yield Right("the objects", False, is_needed=True, mend="allow s3:GetObject")
    else:
        yield Right("the objects", True, is_needed=True)


def count(bucket: Bucket, since: str) -> int:
    """Return how many objects there are."""
    return len(list(files(bucket)))


def outlook(bucket: Bucket, since: str) -> Outlook:
    """Return how many objects there are."""
    return Outlook(count(bucket, since), None, "files")


connector = Connector(
    title="Bucket (S3 and what speaks like it)",
    source="file",
    asks=(
        Ask("bucket", "The bucket, with a prefix or one object where it is not all: BUCKET/PREFIX"),
        Ask("endpoint", "The store's address (empty: Amazon's)", default=""),
        Ask("region", "The region (empty: us-east-1)", default=""),
        Ask("key_id", "The access key ID"),
        Ask("token", "The secret access key", is_secret=True),
        *ASKS,
    ),
    key_words="a user of its own that may list the bucket and read its objects, and nothing else",
    open=open_bucket,
    rights=rights,
    pages=no_pages,
    outlook=outlook,
    count=count,
    files=files,
    is_general=True,
)
