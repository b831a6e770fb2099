from importlib.util import find_spec

import pytest
from click.testing import CliRunner

from txn_kedro.cli import cli


@pytest.mark.skipif(bool(find_spec("jupyterlab")), reason="JupyterLab is installed here")
def test_it_says_what_is_needed_and_how_to_install_it():
    done = CliRunner().invoke(cli, ["jupyter", "lab"])
    assert done.exit_code == 1
    assert "kedro jupyter lab needs jupyterlab" in done.output
    assert ".venv/bin/uv pip install jupyterlab" in done.output
    assert "requirements.txt" not in done.output


def test_its_help_is_kedros_own():
    assert "setup" in CliRunner().invoke(cli, ["jupyter", "--help"]).output
