"""Create the secrets of the stack once, one per file. Only the owner may read the files."""

from __future__ import annotations

import base64
import json
import os
import secrets
import sys
from pathlib import Path


def main(folder: Path) -> None:
    """Write the secrets that do not exist yet.

    Args:
        folder: Folder of the secrets.
    """
    password = keep(folder / "postgres_password", secrets.token_hex(24))
    connection = f"postgresql+psycopg2://airflow:{password}@postgres/airflow"
    keep(folder / "sql_alchemy_conn", connection)
    keep(folder / "fernet_key", base64.urlsafe_b64encode(os.urandom(32)).decode())
    keep(folder / "jwt_secret", secrets.token_hex(32))
    keep(folder / "api_secret_key", secrets.token_hex(32))
    keep(folder / "passwords.json", json.dumps({"admin": secrets.token_urlsafe(16)}))


def keep(file: Path, secret: str) -> str:
    """Write a file atomically unless it exists, and return its content."""
    if not file.exists():
        partial = file.with_suffix(".partial")
        partial.touch(mode=0o600)
        partial.write_text(secret)
        partial.replace(file)
    return file.read_text()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
