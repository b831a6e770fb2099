"""Find the contract of a catalog entry: by import path, or inline in the entry."""

from __future__ import annotations

import dataclasses
import importlib
from typing import TYPE_CHECKING, Any

from kedro.io import DatasetError

from txn_kedro.tables import Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def contract_of(contract: str | Mapping[str, Any], table_name: str | None) -> Table:
    """Return the contract that a catalog entry names or contains.

    Args:
        contract: Import path of a ``Table``, such as ``my_project.tables.ORDERS``, or of a module
            that holds the table ``table_name``; or the contract itself, a dictionary of ``columns``
            (each with ``name``, ``type`` and the other attributes of ``Column``), ``batch_column``
            and the other attributes of ``Table``.
        table_name: Name of the table.

    Raises:
        DatasetError: It is not a contract. The message says what is wrong.
    """
    if isinstance(contract, str):
        return _imported(contract, table_name)
    if isinstance(contract, dict):
        return _inline(contract, table_name)
    msg = f"contract: expected an import path or a dictionary with columns, got {contract!r}."
    raise DatasetError(msg)


def _imported(path: str, table_name: str | None) -> Table:
    found = _import(path)
    if isinstance(found, Table):
        if table_name in {None, found.name}:
            return found
        msg = f"contract: {path} is the table {found.name!r}, but table_name is {table_name!r}."
        raise DatasetError(msg)
    tables = {table.name: table for table in vars(found).values() if isinstance(table, Table)}
    if table_name in tables:
        return tables[table_name]
    known = ", ".join(tables) or "none"
    msg = f"table_name: {path} has no table {table_name!r}. It has: {known}."
    raise DatasetError(msg)


def _import(path: str) -> Any:
    """The module or the table at an import path."""
    module, _, name = path.rpartition(".")
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError as error:
        # If an import inside the module fails, that error is more useful.
        if error.name is None or not f"{path}.".startswith(f"{error.name}."):
            raise
    try:
        found = getattr(importlib.import_module(module), name) if module else None
    except (AttributeError, ModuleNotFoundError):
        found = None
    if isinstance(found, Table):
        return found
    msg = (
        f"contract: {path!r} can be imported neither as a module nor as a Table. Expected an "
        "import path such as my_project.tables, or my_project.tables.ORDERS."
    )
    raise DatasetError(msg)


def _inline(contract: Mapping[str, Any], table_name: str | None) -> Table:
    given = {"description": "", "name": table_name, **contract}
    if table_name is not None and given["name"] != table_name:
        msg = f"contract: its name is {given['name']!r}, but table_name is {table_name!r}."
        raise DatasetError(msg)
    columns = given.get("columns")
    if not isinstance(columns, list) or not all(isinstance(column, dict) for column in columns):
        msg = "contract: expected columns as a list of dictionaries, each with name and type."
        raise DatasetError(msg)
    for number, column in enumerate(columns):
        _check_keys(f"contract: column {number + 1}", column, Column, ("name", "type"))
    _check_keys("contract", given, Table, ("name", "columns"))
    try:
        return Table(**{**given, "columns": tuple(Column(**column) for column in columns)})
    except (TypeError, ValueError) as error:
        msg = f"contract: {error}"
        raise DatasetError(msg) from error


def _check_keys(where: str, given: Mapping[str, Any], kind: type, needed: Iterable[str]) -> None:
    known = [field.name for field in dataclasses.fields(kind)]
    for name in given:
        if name not in known:
            msg = f"{where} takes no {name!r}. Known: {', '.join(known)}."
            raise DatasetError(msg)
    for name in needed:
        if not given.get(name):
            msg = f"{where} has no {name}."
            raise DatasetError(msg)
