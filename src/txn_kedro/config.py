"""Read conf/. Only credentials and globals may use environment variables; errors name the file."""

from __future__ import annotations

import gzip
import inspect
import io
import re
import tarfile
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click
from kedro.config import MissingConfigException, OmegaConfigLoader
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from omegaconf.resolvers import oc
from yaml import MarkedYAMLError, YAMLError

from txn_kedro import datasets
from txn_kedro.refusals import ConfigRefused, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

READ_THE_ENVIRONMENT = ("credentials", "globals")
"""The only configuration in which ``oc.env`` reads environment variables."""


class ConfigLoader(OmegaConfigLoader):
    """Kedro's loader. It refuses interpolations in run parameters, and its errors name the file."""

    def __getitem__(self, key: str) -> dict[str, Any]:
        """Return one kind of configuration: the catalog, parameters, credentials or globals.

        Raises:
            ConfigRefused: A file or a run parameter cannot be used.
        """
        refuse_interpolation(self.runtime_params)
        if self.env == self.base_env:
            msg = (
                f"{self.env!r} is not an environment to run in: it holds what all environments "
                f"share.{self._known('')}"
            )
            raise ConfigRefused(msg)
        with _environment_readable(key in READ_THE_ENVIRONMENT):
            try:
                found: dict[str, Any] = super().__getitem__(key)
            except OmegaConfBaseException as error:
                # The error text may contain the value of a variable.
                raise ConfigRefused(self._unresolved(key, error)) from None
        if key == "catalog":
            return _without_nulls(found)
        return _with_forms(found) if key == "airflow" else found

    def parameter_sources(self) -> dict[str, dict[str, Any]]:
        """Return all parameters before they are merged, by source: each file, then the run.

        Interpolations are not resolved.
        """
        base, env, *_ = self._read_raw_config("parameters")
        sources = {self._shown(file): _plain(config) for file, config in {**base, **env}.items()}
        if self.runtime_params:
            sources[_asked_by()] = _plain(self.runtime_params)
        return sources

    def check_catalog(self) -> None:
        """Check that each dataset has a type, its credentials and only known arguments.

        Raises:
            ConfigRefused: A dataset fails the check. The message names the dataset and the file.
        """
        try:
            credentials = self["credentials"]
        except MissingConfigException:
            credentials = {}
        for name, entry in self["catalog"].items():
            problem = _wrong_type(entry) or self._wrong_credentials(entry, credentials)
            if problem:
                file = (self._files_with("catalog", name) or ["the catalog"])[-1]
                msg = f"Dataset {name!r} in {file}: {problem}."
                raise ConfigRefused(msg)

    def _wrong_credentials(self, entry: dict[str, Any], credentials: Any) -> str | None:
        name = entry.get("credentials")
        if not isinstance(name, str) or isinstance(credentials.get(name), dict):
            return None
        if name in credentials:
            return f"its credentials {name!r} are not a mapping of names to values"
        return (
            f"there are no credentials {name!r} in the environment "
            f"{self.env or self.default_run_env}. Add them to its credentials.yml, or remove "
            "`credentials` from the dataset in its catalog"
        )

    def environments(self) -> list[str]:
        """Return the names of the environment folders in the configuration."""
        root = self._get_conf_env_path("")
        names = [
            Path(path).name for path in self._fs.ls(root, detail=False) if self._fs.isdir(path)
        ]
        return sorted(name for name in names if not name.startswith((".", "__")))

    @staticmethod
    def _initialise_filesystem_and_protocol(conf_source: str) -> tuple[Any, str]:
        try:
            return OmegaConfigLoader._initialise_filesystem_and_protocol(conf_source)
        except (tarfile.TarError, gzip.BadGzipFile, zipfile.BadZipFile, EOFError) as error:
            msg = (
                f"The configuration {conf_source} is not a readable archive ({error}). "
                "`kedro package` writes a new one."
            )
            raise ConfigRefused(msg) from error

    def _read_dir_configs(
        self,
        conf_path: str,
        patterns: Iterable[str],
        key: str,
        processed_files: set[Path],
        read_environment_variables: bool | None = False,
    ) -> dict[Path, DictConfig]:
        if not self._fs.isdir(Path(conf_path).as_posix()):
            raise ConfigRefused(self._missing(Path(conf_path).name))
        found = {
            Path(path)
            for pattern in patterns
            for path in self._fs.glob(f"{Path(conf_path).as_posix()}/{pattern}")
            if not self._is_hidden(path)
        }
        files = sorted(path for path in found if self._is_valid_config_path(path))
        configs = {file: self._read(file) for file in files}
        processed_files.update(files)
        self._check_duplicates(key, configs)
        return configs

    def _read(self, file: Path) -> DictConfig:
        raw: bytes = self._fs.cat_file(file.as_posix())
        try:
            config = OmegaConf.load(io.StringIO(raw.decode("utf-8-sig")))
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            problem = f"line {line} is not UTF-8. Save the file as UTF-8"
        except MarkedYAMLError as error:
            problem = _broken(error)
        except (YAMLError, OmegaConfBaseException, OSError) as error:
            problem = f"not valid YAML: {str(error).splitlines()[0]}"
        else:
            if isinstance(config, DictConfig):
                return config
            problem = "expected a mapping (`name: value`), found a list"
        msg = f"{self._shown(file)}: {problem}."
        raise ConfigRefused(msg)

    def _missing(self, env: str) -> str:
        folder = self._get_conf_env_path("")
        root = self._shown(Path(folder))
        if env == self.base_env or not self._fs.isdir(folder):
            return (
                f"There is no configuration at {root}: expected a folder or an archive that "
                f"contains {self.base_env}/. Run from the project's folder, or pass --conf-source."
            )
        return f"There is no environment {env!r} in {root}.{self._known(env)}"

    def _known(self, env: str) -> str:
        known = [name for name in self.environments() if name != self.base_env]
        return f"{did_you_mean(env, known)} Known: {', '.join(known)}."

    def _unresolved(self, key: str, error: OmegaConfBaseException) -> str:
        name = error.full_key or "?"
        where = f"{', '.join(self._files_with(key, name, '${')) or key}: {name!r}"
        text = str(error)
        if "oc.env" in text and key not in READ_THE_ENVIRONMENT:
            return (
                f"{where} reads an environment variable by oc.env, which only credentials and "
                "globals may do. Write the value, or ${globals:...}."
            )
        unset = re.search(r"Environment variable '(\w+)' not found", text)
        if unset:
            return f"{where} needs the environment variable {unset[1]}. Set it."
        return f"{where} has a ${{...}} reference that cannot be resolved. Correct it."

    def _files_with(self, key: str, name: str, text: str = "") -> list[str]:
        """Return the files that set this name to a value that contains the text."""
        base, env, *_ = self._read_raw_config(key)
        values = {
            self._shown(file): _at(_plain(config), name) for file, config in {**base, **env}.items()
        }
        return [file for file, value in values.items() if value is not None and text in str(value)]

    def _shown(self, path: Path) -> str:
        if self._protocol != "file":
            return f"{path.as_posix()} in {self.conf_source}"
        here = Path.cwd()
        absolute = path.absolute()
        return str(absolute.relative_to(here) if absolute.is_relative_to(here) else absolute)


def refuse_interpolation(parameters: Mapping[str, Any]) -> None:
    """Check that no name or value of a run's parameters contains an interpolation.

    Raises:
        ConfigRefused: A name or a value contains ``${``. The message names the parameter and shows
            no resolved value.
    """
    found = next(_interpolations(parameters), None)
    if found is not None:
        msg = (
            f"Parameter {found!r} in {_asked_by()} has ${{ in it. Run parameters are taken "
            "literally and cannot refer to anything else: write the value."
        )
        raise ConfigRefused(msg)


def _interpolations(value: object, name: str = "") -> Iterator[str]:
    """Yield the names of the parameters whose name or value contains ``${``."""
    if OmegaConf.is_config(value):
        value = OmegaConf.to_container(cast("DictConfig", value), resolve=False)
    if isinstance(value, dict):
        for key, item in value.items():
            inner = f"{name}.{key}".lstrip(".")
            yield from _interpolations(str(key), inner)
            yield from _interpolations(item, inner)
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from _interpolations(item, f"{name}.{number}")
    elif isinstance(value, str):
        if "${" in value:
            yield name
    elif value is not None and not isinstance(value, bool | int | float):
        msg = (
            f"Parameter {name!r} in {_asked_by()} is a {type(value).__name__}: expected text, a "
            "number, true, false, null, a list or a mapping."
        )
        raise ConfigRefused(msg)


def _asked_by() -> str:
    return "--params" if click.get_current_context(silent=True) else "the parameters of the run"


@contextmanager
def _environment_readable(readable: bool) -> Iterator[None]:
    """Let ``oc.env`` read environment variables inside the block only."""
    if readable:
        OmegaConf.register_new_resolver("oc.env", oc.env, replace=True)
    try:
        yield
    finally:
        OmegaConf.clear_resolver("oc.env")


def _plain(config: Any) -> dict[str, Any]:
    if OmegaConf.is_config(config):
        config = OmegaConf.to_container(config, resolve=False)
    return cast("dict[str, Any]", config)


def _without_nulls(catalog: dict[str, Any]) -> dict[str, Any]:
    """The catalog without arguments that are null: so an environment drops one of conf/base."""
    return {
        name: {key: value for key, value in entry.items() if value is not None}
        if isinstance(entry, dict)
        else entry
        for name, entry in catalog.items()
    }


def _with_forms(airflow: dict[str, Any]) -> dict[str, Any]:
    """What the DAGs are told, with the bounds of the parameters that their forms ask for."""
    from kedro.framework.project import pipelines  # noqa: PLC0415  known only once a command is on

    from txn_kedro.trigger_form import trigger_form  # noqa: PLC0415  only an export needs it

    return {
        name: {**told, "params": trigger_form(told["params"], pipelines)}
        if isinstance(told, dict) and "params" in told
        else told
        for name, told in airflow.items()
    }


def _wrong_type(entry: object) -> str | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("type"), str):
        return "expected a mapping with `type` and the arguments of that dataset"
    package, _, name = entry["type"].rpartition(".")
    known = dir(datasets)
    if package != datasets.__name__:
        return None
    if name in known:
        return _wrong_arguments(entry, getattr(datasets, name))
    return f"{package} has no {name!r}.{did_you_mean(name, known)} Known: {', '.join(known)}"


def _wrong_arguments(entry: dict[str, Any], dataset: type) -> str | None:
    """Return the first problem with a dataset's arguments, or None if all are known."""
    known = [*inspect.signature(dataset).parameters]
    load_args = entry.get("load_args") or {}
    if not isinstance(load_args, dict):
        return "load_args: expected a mapping"
    # Kedro itself takes the validator.
    return _unknown("the dataset", entry.keys() - {"type", "validator"}, known) or _unknown(
        "load_args", load_args, getattr(dataset, "DEFAULT_LOAD_ARGS", {})
    )


def _unknown(taker: str, given: Iterable[object], known: Iterable[str]) -> str | None:
    for name in sorted(map(str, given)):
        # As in parameters, names with a leading underscore hold YAML anchors.
        if name not in known and not name.startswith("_"):
            suggestion = did_you_mean(name, known)
            return f"{taker} does not take {name!r}.{suggestion} Known: {', '.join(known)}"
    return None


def _at(config: Any, name: str) -> Any:
    """Return the value at a path such as ``a.b[0]``, or None if there is none."""
    for part in re.findall(r"[^.\[\]]+", name):
        if isinstance(config, list) and part.isdigit() and int(part) < len(config):
            config = config[int(part)]
        elif isinstance(config, dict):
            config = config.get(part)
        else:
            return None
    return config


def _broken(error: MarkedYAMLError) -> str:
    """Describe what is wrong with a YAML file. Lines and columns count from 1."""
    mark = error.problem_mark or error.context_mark
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    if "'\\t'" in str(error.problem):
        return f"{where}found a tab. Indent with spaces"
    return f"{where}{error.problem or error.context}"
