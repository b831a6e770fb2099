"""What COPY reads: a manifest or a prefix, and the files behind it, as CSV."""

from __future__ import annotations

import gzip
import io
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from redshift_sandbox.errors import LoadError
from redshift_sandbox.identities import ROLE_KEYS
from redshift_sandbox.json_copy import json_as_csv

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from redshift_sandbox.copy_command import CopyCommand
    from redshift_sandbox.parquet_types import TargetColumn

_BATCH_ROWS = 32_768
_MANIFEST = "Problem reading manifest file"
_SCAN = "Spectrum Scan Error"


@dataclass
class Files:
    """The files of a load, and how far it is.

    Args:
        command: The COPY command.
        columns: Columns of the table that the files hold, in their order.
        s3_endpoint: Where S3 is.
    """

    command: CopyCommand
    columns: Sequence[TargetColumn]
    s3_endpoint: str
    rows: int = field(default=0, init=False)
    scanned_files: int = field(default=0, init=False)
    scanned_bytes: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        from pyarrow.fs import S3FileSystem  # noqa: PLC0415

        command = self.command
        access_key, secret_key = command.keys or ROLE_KEYS[str(command.role)]
        self._s3: Any = S3FileSystem(
            access_key=access_key,
            secret_key=secret_key,
            endpoint_override=self.s3_endpoint,
            region="us-east-1",
        )

    def as_csv(self) -> Iterator[bytes]:
        """The rows of all files, some at a time.

        Raises:
            LoadError: A file cannot be read, or Redshift would not load it.
        """
        try:
            yield from self._read()
        except LoadError:
            raise
        except Exception as error:
            # A client must get an answer, whatever the files make of the libraries that read them.
            source = self.command.source
            msg = f"{_SCAN}: this stand-in for Redshift cannot read {source}: {error}"
            raise LoadError(msg, f"{source} {error!r}", code=15001, file=source) from error

    def _read(self) -> Iterator[bytes]:
        listed = self._manifest() if self.command.manifest else self._prefix()
        for url, size, mandatory in listed:
            with _s3_errors(url):
                if not mandatory and not self._exists(url):
                    continue
                yield from self._file(url, size)

    def _manifest(self) -> Iterator[tuple[str, int | None, bool]]:
        source = self.command.source
        with _s3_errors(source, f"{_MANIFEST} - "), self._open(source) as file:
            content = file.read()
        try:
            entries = json.loads(content)["entries"]
            read = [(str(entry["url"]), entry.get("mandatory", False), entry) for entry in entries]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            msg = f"{_MANIFEST} {source}: it is not in correct json format"
            raise LoadError(msg, f"{source} {error!r}") from error
        for url, mandatory, entry in read:
            size = _content_length(entry, source) if self.command.format == "parquet" else None
            yield url, size, mandatory

    def _prefix(self) -> Iterator[tuple[str, int | None, bool]]:
        from pyarrow.fs import FileSelector, FileType  # noqa: PLC0415

        source = _path(self.command.source)
        folder = source.rpartition("/")[0]
        with _s3_errors(self.command.source):
            found = self._s3.get_file_info(FileSelector(folder, recursive=True))
        files = [f.path for f in found if f.type == FileType.File and f.path.startswith(source)]
        if not files:
            msg = f"The specified S3 prefix '{source.partition('/')[2]}' does not exist"
            raise LoadError(msg, self.command.source)
        yield from ((f"s3://{path}", None, True) for path in sorted(files))

    def _exists(self, url: str) -> bool:
        from pyarrow.fs import FileType  # noqa: PLC0415

        return bool(self._s3.get_file_info(_path(url)).type != FileType.NotFound)

    def _open(self, url: str) -> Any:
        return self._s3.open_input_file(_path(url))

    def _file(self, url: str, size: int | None) -> Iterator[bytes]:
        if self.command.format == "json":
            yield from self._json_file(url)
        else:
            yield from self._parquet_file(url, size)

    def _json_file(self, url: str) -> Iterator[bytes]:
        with self._open(url) as file:
            opened = gzip.GzipFile(fileobj=file) if self.command.gzip else io.BufferedReader(file)
            for rows, content in json_as_csv(opened, self.columns, url):
                self.rows += rows
                yield content
            self.scanned_files += 1
            self.scanned_bytes += file.size()

    def _parquet_file(self, url: str, size: int | None) -> Iterator[bytes]:
        import pyarrow as pa  # noqa: PLC0415
        import pyarrow.parquet as pq  # noqa: PLC0415

        with self._open(url) as file:
            _check_length(url, size, file.size())
            try:
                parquet = pq.ParquetFile(file, pre_buffer=True)
                self._check_schema(url, parquet)
                for batch in parquet.iter_batches(_BATCH_ROWS):
                    self.rows += batch.num_rows
                    yield self._csv(url, batch)
            except pa.ArrowException as error:
                raise LoadError(_SCAN, f"{url}: {error}", code=15001, file=url) from error
            self.scanned_files += 1
            self.scanned_bytes += file.size()

    def _check_schema(self, url: str, parquet: Any) -> None:
        schema = parquet.schema
        wanted, count = len(self.columns), len(parquet.schema_arrow)
        if count != wanted and not (self.command.fill_record and count < wanted):
            msg = (
                "Unmatched number of columns between table and file. "
                f"Table columns: {wanted}, Data columns: {count}, File name: {_https(url)}"
            )
            raise LoadError(_SCAN, msg, code=15007, file=url)
        for column, index in zip(self.columns, range(count), strict=False):
            if len(schema) != count or not column.takes(schema.column(index)):
                raise _incompatible(url, column, parquet, index)

    def _csv(self, url: str, batch: Any) -> bytes:
        import pyarrow as pa  # noqa: PLC0415
        from pyarrow import csv  # noqa: PLC0415

        missing = len(self.columns) - batch.num_columns
        columns = [*batch.columns, *[pa.nulls(batch.num_rows, pa.string())] * missing]
        arrays = [
            self._checked(url, column, array)
            for column, array in zip(self.columns, map(_decoded, columns), strict=True)
        ]
        names = [str(n) for n in range(len(arrays))]
        target = io.BytesIO()
        options = csv.WriteOptions(include_header=False, quoting_style="all_valid")
        csv.write_csv(pa.RecordBatch.from_arrays(arrays, names=names), target, options)
        return target.getvalue()

    def _checked(self, url: str, column: TargetColumn, array: Any) -> Any:
        if column.not_null and array.null_count:
            msg = (
                f"NULL value in column '{column.name}', which is NOT NULL, File name: {_https(url)}"
            )
            raise LoadError(_SCAN, msg, code=15007, file=url, column=column.name)
        if column.max_bytes is None:
            return array
        array = self._valid_text(url, column, array)
        _check_byte_lengths(url, column, array)
        return array

    def _valid_text(self, url: str, column: TargetColumn, array: Any) -> Any:
        import pyarrow as pa  # noqa: PLC0415

        try:
            array.validate(full=True)
        except pa.ArrowInvalid as error:
            if self.command.replacement is None:
                msg = f"invalid UTF-8 in column '{column.name}', File name: {_https(url)}"
                raise LoadError(_SCAN, msg, code=15007, file=url, column=column.name) from error
            return _replaced(array, self.command.replacement)
        return array


def _decoded(array: Any) -> Any:
    """An array without a dictionary, which a writer of Arrow may have asked readers to make."""
    import pyarrow as pa  # noqa: PLC0415

    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _replaced(array: Any, replacement: str) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    return pa.array(
        text and text.decode(errors="replace").replace("\N{REPLACEMENT CHARACTER}", replacement)
        for text in array.cast(pa.binary()).to_pylist()
    ).cast(pa.string())


def _check_byte_lengths(url: str, column: TargetColumn, array: Any) -> None:
    import pyarrow.compute as pc  # noqa: PLC0415

    longest = pc.max(pc.binary_length(array)).as_py() or 0
    if longest > (column.max_bytes or 0):
        msg = (
            f"The length of the data column {column.name} is longer than the length defined in the "
            f"table. Table: {column.max_bytes}, Data: {longest}, File name: {_https(url)}"
        )
        raise LoadError(_SCAN, msg, code=15001, file=url, column=column.name)


def _content_length(entry: Any, source: str) -> int:
    try:
        return int(entry["meta"]["content_length"])
    except (KeyError, TypeError, ValueError) as error:
        msg = "File entry does not have 'meta' key"
        raise LoadError(msg, f"{source} {entry}", code=15003) from error


def _check_length(url: str, said: int | None, found: int) -> None:
    if said is not None and said > found:
        msg = (
            "HTTP response error code: 416 Message: InvalidRange The requested range is not "
            f"satisfiable ({said} bytes by the manifest, {found} found) {_https(url)}"
        )
        raise LoadError(_SCAN, msg, code=15001, file=url)
    if said is not None and said < found:
        msg = f"Invalid Parquet file: no footer at {said} bytes (of {found}) {_https(url)}"
        raise LoadError(_SCAN, msg, code=15001, file=url)


def _incompatible(url: str, column: TargetColumn, parquet: Any, index: int) -> LoadError:
    found = parquet.schema_arrow.field(index)
    kind = str(found.type)
    if index < len(parquet.schema):
        leaf = parquet.schema.column(index)
        kind = f"{leaf.physical_type.lower()} ({leaf.logical_type})"
    msg = (
        f"File '{_https(url)}' has an incompatible Parquet schema for column "
        f"'{url}.{column.name}'. Column type: {column.redshift_type}, Parquet schema:\n"
        f"{'optional' if found.nullable else 'required'} {kind} {found.name}"
    )
    return LoadError(_SCAN, msg, code=15007, file=url, column=column.name)


@contextmanager
def _s3_errors(url: str, prefix: str = "") -> Iterator[None]:
    """Say in Redshift's words what S3 has refused, and in ours what only this stand-in meets."""
    try:
        yield
    except FileNotFoundError as error:
        problem = "The specified key does not exist.,Status 404,Error NoSuchKey"
        raise LoadError(f"{prefix}S3ServiceException:{problem}", url, file=url) from error
    except OSError as error:
        problem = f"{error},Status 500,Error InternalError"
        if "ACCESS_DENIED" in str(error):
            problem = "Access Denied,Status 403,Error AccessDenied"
        elif "NETWORK_CONNECTION" in str(error):
            problem = f"S3 is not reachable: {error},Status 503,Error ServiceUnavailable"
        raise LoadError(f"{prefix}S3ServiceException:{problem}", url, file=url) from error


def _path(url: str) -> str:
    if not url.startswith("s3://"):
        raise LoadError(f"{_MANIFEST}: the url {url} is not in S3", url)
    path = url.removeprefix("s3://")
    if "" in path.rstrip("/").split("/"):
        msg = f"{url}: this stand-in for Redshift reads no key with an empty part, as in //"
        raise LoadError(msg, url, file=url)
    return path


def _https(url: str) -> str:
    return f"https://s3.us-east-1.amazonaws.com/{_path(url)}"
