"""Which Parquet columns COPY takes for which column of a table."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_SIZED = re.compile(r"([a-z ]+?)(?:\((\d+)(?:,(\d+))?\))?( without time zone)?")
_INTEGERS = {"smallint": ("INT32", 16), "integer": ("INT32", 32), "bigint": ("INT64", 64)}
_PLAIN = {"real": "FLOAT", "double precision": "DOUBLE", "boolean": "BOOLEAN"}
_NAMES = {
    "character varying": "VARCHAR",
    "character": "CHAR",
    "numeric": "DECIMAL",
    "timestamp with time zone": "TIMESTAMPTZ",
    "jsonb": "SUPER",
}


@dataclass(frozen=True)
class TargetColumn:
    """A column of a table.

    Attributes:
        name: Its name.
        type: As PostgreSQL writes it: ``character varying(20)``.
        not_null: Whether NULL is refused.
        identity: Whether its values are generated.
    """

    name: str
    type: str
    not_null: bool
    identity: bool

    @property
    def base(self) -> str:
        """The type without its size."""
        return self._parts[0]

    @property
    def size(self) -> tuple[int, int]:
        """Length, or precision and scale; 0 for what the type has not."""
        return int(self._parts[1] or 0), int(self._parts[2] or 0)

    @property
    def redshift_type(self) -> str:
        """The type in Redshift's words."""
        name = _NAMES.get(self.base, self.base.upper())
        first, second = self.size
        if self.base == "numeric":
            return f"{name}({first},{second})"
        return f"{name}({first})" if first else name

    @property
    def max_bytes(self) -> int | None:
        """Maximum length of a text in bytes, or None if the type is not a text."""
        return self.size[0] if self.base in {"character varying", "character"} else None

    @property
    def _parts(self) -> tuple[str, str | None, str | None]:
        found = _SIZED.fullmatch(self.type)
        return (found[1], found[2], found[3]) if found else (self.type, None, None)

    def takes(self, parquet: Any) -> bool:
        """Whether COPY loads a Parquet column into it.

        Args:
            parquet: A ``pyarrow.parquet.ColumnSchema``.
        """
        # Lists and structs have columns within columns.
        if parquet.max_repetition_level or parquet.path != parquet.name:
            return False
        logical = json.loads(parquet.logical_type.to_json())
        kind = (parquet.physical_type, logical["Type"])
        match self.base:
            case "smallint" | "integer" | "bigint":
                fits = _is_integer(kind, logical, *_INTEGERS[self.base])
            case "real" | "double precision" | "boolean":
                fits = kind == (_PLAIN[self.base], "None")
            case "numeric":
                fits = kind[1] == "Decimal" and _is_decimal(parquet, logical, self.size)
            case "date":
                fits = kind == ("INT32", "Date")
            case "timestamp":
                fits = parquet.physical_type == "INT96" or _is_timestamp(logical, in_utc=False)
            case "timestamp with time zone":
                fits = _is_timestamp(logical, in_utc=True)
            case _:
                fits = self.max_bytes is not None and kind == ("BYTE_ARRAY", "String")
        return fits


def _is_integer(kind: tuple[str, str], logical: dict[str, Any], physical: str, bits: int) -> bool:
    if kind == (physical, "None"):
        return bits != 16
    size = (logical.get("bitWidth"), logical.get("isSigned"))
    return kind == (physical, "Int") and size == (bits, True)


def _is_decimal(parquet: Any, logical: dict[str, Any], size: tuple[int, int]) -> bool:
    if (logical["precision"], logical["scale"]) != size:
        return False
    if parquet.physical_type == "FIXED_LEN_BYTE_ARRAY":
        return bool(parquet.length == _bytes_of(size[0]))
    return {"INT32": 9, "INT64": 18}.get(parquet.physical_type, 0) >= size[0]


def _bytes_of(precision: int) -> int:
    """How many bytes a signed number of so many digits needs."""
    return (int(10**precision - 1).bit_length() + 8) // 8


def _is_timestamp(logical: dict[str, Any], *, in_utc: bool) -> bool:
    return (
        logical["Type"] == "Timestamp"
        and logical["isAdjustedToUTC"] == in_utc
        and logical["timeUnit"] in {"milliseconds", "microseconds"}
    )
