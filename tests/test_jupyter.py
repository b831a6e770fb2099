"""If a package is missing, the command names it and how to install it."""

import pytest
from click.testing import CliRunner

from txn_kedro.cli import cli


@pytest.mark.parametrize(
    ("command", "module", "way"),
    [
        ("jupyter lab", "jupyterlab", ".venv/bin/uv pip install jupyterlab"),
        ("jupyter notebook", "notebook", ".venv/bin/uv pip install notebook"),
        ("jupyter setup", "ipykernel", ".venv/bin/uv pip install ipykernel"),
        ("ipython", "IPython", "make ipython"),
    ],
)
def test_a_missing_package_is_named_with_how_to_install_it(monkeypatch, command, module, way):
    monkeypatch.setattr("txn_kedro.jupyter.find_spec", lambda name: None)
    done = CliRunner().invoke(cli, command.split())
    assert done.exit_code == 1
    assert f"kedro {command} needs {module}" in done.output
    assert way in done.output


def test_the_help_is_kedros_own():
    assert "setup" in CliRunner().invoke(cli, ["jupyter", "--help"]).output
