"""A lake in an object store such as S3."""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import cache, cached_property
from typing import IO, TYPE_CHECKING, Any, cast

import fsspec
from kedro.io import DatasetError

from txn_kedro.lake.base import Lake
from txn_kedro.lake.errors import LakeUnavailable
from txn_kedro.lake.writing import writing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime


@cache
def _session(profile: str | None) -> Any:
    """A session of the S3 client that never sends "Expect: 100-continue".

    The client would wait for the answer to that header without a timeout, so a run would hang if
    the store does not answer.
    """
    from aiobotocore.session import AioSession  # noqa: PLC0415  slow to import
    from botocore.handlers import add_expect_header  # noqa: PLC0415

    session = AioSession(profile=profile)
    session.unregister("before-call.s3", add_expect_header)
    return session


@dataclass(frozen=True)
class Upload:
    """An unfinished multipart upload.

    Attributes:
        key: Of the object that it would make.
        id: What S3 calls the upload.
        begun: When it began.
    """

    key: str
    id: str
    begun: datetime


class ObjectLake(Lake):
    """A lake in an object store such as S3. Parts are checked by HEAD: length and ETag."""

    @cached_property
    def filesystem(self) -> fsspec.AbstractFileSystem:
        """The filesystem that the lake is in; its library is imported when first used."""
        if self._protocol != "s3":
            return fsspec.filesystem(self._protocol, **self._options)
        options = {"config_kwargs": {"retries": {"max_attempts": 1}}, **self._options}
        options.setdefault("session", _session(options.get("profile")))
        return fsspec.filesystem("s3", **options)

    @property
    def signs_as_process(self) -> bool:
        """Whether AWS is asked, with the AWS credentials of the process."""
        own = {"anon", "client_kwargs", "endpoint_url", "key", "secret", "token"}
        given = {name for name, value in self._options.items() if value and name in own}
        is_region_only = set(self._options.get("client_kwargs", {})) <= {"region_name"}
        return self._protocol == "s3" and given <= {"client_kwargs"} and is_region_only

    def identity(self) -> str:
        """Return the ARN of the AWS identity that the requests are signed as.

        Raises:
            LakeUnavailable: There are no valid credentials, or AWS did not answer.
        """
        import boto3  # noqa: PLC0415  slow to import
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        region = self._options.get("client_kwargs", {}).get("region_name")
        try:
            session = boto3.session.Session(profile_name=self._options.get("profile"))
            client = session.client("sts", region_name=region)
            return str(client.get_caller_identity()["Arn"])
        except (BotoCoreError, ClientError) as error:
            raise LakeUnavailable(self.url(""), str(error)) from error

    def url(self, path: str) -> str:
        return f"{self._protocol}://{self._full(path)}"

    def entry_url(self, path: str) -> str:
        return self.url(path)

    def path_of_entry(self, url: str) -> str:
        start = self.url("") + "/"
        if not url.startswith(start):
            msg = f"{url} lies outside the lake {start}"
            raise ValueError(msg)
        return url.removeprefix(start)

    def exists(self, path: str) -> bool:
        """Whether there is such a file.

        Raises:
            DatasetError: There is no such bucket.
        """
        with self._reached():
            found = super().exists(path)
        if not found:
            self._require_bucket()
        return found

    def versions(self, folder: str) -> dict[str, str]:
        """Names in a folder, each with its version; none if there is no folder.

        Raises:
            DatasetError: There is no such bucket.
        """
        with self._reached():
            found = super().versions(folder)
        if not found:
            self._require_bucket()
        return found

    def version_of(self, info: Mapping[str, Any]) -> str:
        return str(info.get("ETag", ""))

    def read(self, path: str) -> bytes:
        """Return the content of a file."""
        with self._reached():
            return super().read(path)

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """Say so if the store could not be asked at all.

        Raises:
            LakeUnavailable: The store cannot be reached, or there are no credentials.
        """
        from aiohttp import ClientError  # noqa: PLC0415  slow to import
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415

        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise LakeUnavailable(self.url(""), str(error)) from error

    def _require_bucket(self) -> None:
        bucket = self.root.split("/", 1)[0]
        if not self.filesystem.exists(bucket):
            msg = (
                f"The lake's bucket {bucket} does not exist, or may not be listed. Make it, or "
                "correct the lake's URL."
            )
            raise DatasetError(msg)

    @contextmanager
    def write(self, path: str) -> Iterator[IO[bytes]]:
        with writing(self.url(path)):
            file = self.filesystem.open(self._full(path), "wb", autocommit=False)
            try:
                yield file
                file.close()
                file.commit()
            except BaseException:
                # What fails may keep this from succeeding too; `kedro tidy` finds the rest.
                with suppress(Exception):
                    file.discard()
                raise

    def create(self, path: str, content: bytes) -> None:
        with writing(self.url(path)):
            try:
                self.filesystem.pipe_file(self._full(path), content, mode="create")
            except Exception:
                # Stores word the refusal differently, and an answer may get lost: so ask whether
                # it is there.
                if self.exists(path):
                    raise FileExistsError(self.url(path)) from None
                raise

    def if_free(self, folder: str) -> AbstractContextManager[bool]:
        """Yield True: an object store has no locks."""
        return nullcontext(True)

    def unfinished_uploads(self) -> Iterator[Upload]:
        """Multipart uploads to the lake that were neither completed nor aborted."""
        bucket, _, prefix = self.root.partition("/")
        call, marker = self.filesystem.call_s3, dict[str, str]()
        with self._reached():
            while True:
                page = call("list_multipart_uploads", Bucket=bucket, Prefix=f"{prefix}/", **marker)
                for found in page.get("Uploads", ()):
                    yield Upload(found["Key"], found["UploadId"], found["Initiated"])
                if not page.get("IsTruncated"):
                    return
                marker = {
                    "KeyMarker": page["NextKeyMarker"],
                    "UploadIdMarker": page["NextUploadIdMarker"],
                }

    def abort_upload(self, upload: Upload) -> None:
        """Forget an unfinished upload and the bytes that were sent."""
        bucket = self.root.partition("/")[0]
        with self._reached():
            self.filesystem.call_s3(
                "abort_multipart_upload", Bucket=bucket, Key=upload.key, UploadId=upload.id
            )

    def exclusively(self, folder: str) -> AbstractContextManager[None]:
        """Do nothing: objects appear atomically, and the manifest is created exclusively."""
        return nullcontext()

    def etag(self, path: str) -> str | None:
        return self._head(path).get("ETag")

    def fault_of_part(self, path: str, size: int, sha256: str, etag: str | None) -> str | None:
        try:
            head = self._head(path)
        except FileNotFoundError:
            return f"its part {self.url(path)} is missing"
        if head["size"] != size:
            return (
                f"its part {self.url(path)} has {head['size']:,} bytes, "
                f"its manifest promises {size:,}"
            )
        if head.get("ETag") != etag:
            return f"its part {self.url(path)} was altered: its ETag is not the manifest's"
        return None

    def _head(self, path: str) -> dict[str, Any]:
        with self._reached():
            return cast("dict[str, Any]", self.filesystem.info(self._full(path)))
