"""psql: queries and the commands that list tables."""

import os
import subprocess

from reporting import DATABASE, HOST, PASSWORD, PORT, USER, attempt, report


def psql(command: str) -> str:
    done = subprocess.run(
        ["psql", "-X", "-h", HOST, "-p", str(PORT), "-U", USER, "-c", command, DATABASE],
        env={**os.environ, "PGPASSWORD": PASSWORD},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or "ERROR" in done.stderr:
        raise RuntimeError(done.stderr)
    return done.stdout


def queries() -> None:
    psql("CREATE TABLE shops (id BIGINT IDENTITY(1, 1), name VARCHAR(MAX))")
    assert "8.0.2" in psql("SHOW server_version")
    assert "(0 rows)" in psql("SELECT TOP 1 * FROM shops")


def lists() -> None:
    assert "(1 row)" in psql(r"\dt")
    assert "(1 row)" in psql(r"\d")
    assert "character varying(65535)" in psql(r"\d shops")
    assert "sandbox" not in psql(r"\dn").replace("sandbox\n", "")


attempt("psql", "queries", queries)
attempt("psql", r"`\d`, `\dt`, `\dn`", lists)
report()
