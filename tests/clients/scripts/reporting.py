"""What a client's script does with the sandbox, action by action, as JSON on its last line."""

import json
import os
from collections.abc import Callable

HOST = "127.0.0.1"
PORT = int(os.environ["REDSHIFT_SANDBOX_PORT"])
DATABASE = os.environ["CLIENT_DATABASE"]
USER = "sandbox"
PASSWORD = "sandbox-password"
S3 = f"http://127.0.0.1:{os.environ['REDSHIFT_SANDBOX_S3_PORT']}"
S3_KEYS = ("sandbox", "sandbox-secret")
COPY_ROLE = "arn:aws:iam::000000000000:role/txn-sandbox-copy"
LAKE = os.environ["CLIENT_LAKE"]
MANIFEST = os.environ["CLIENT_MANIFEST"]
ROWS = int(os.environ["CLIENT_ROWS"])

_outcomes: list[tuple[str, str, str]] = []


def attempt(package: str, action: str, do: Callable[[], object]) -> None:
    """Note that an action works, or that the stand-in refuses it; other errors end the script."""
    try:
        do()
    except AssertionError:
        raise
    except Exception as error:
        said = str(error)
        if "this stand-in for Redshift" not in said:
            raise
        _outcomes.append((package, action, "refused"))
    else:
        _outcomes.append((package, action, "yes"))


def report() -> None:
    """Print the outcomes."""
    print(json.dumps(_outcomes))
