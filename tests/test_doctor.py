"""`kedro doctor` checks the lake and the warehouse by using them."""

import pytest

from tests.conftest import Project
from tests.redshift import over_data_api
from txn_kedro.doctor import examine
from txn_kedro.stores import Stores

TABLES = ("customers", "cards", "merchants", "transactions")


def findings(project: Project, **credentials: str) -> dict[str, tuple[bool | None, str]]:
    """What each check found, by its name."""
    given = {"credentials": credentials} if credentials else {}
    found = []
    stores = Stores(
        {name: project.lake_table(name) for name in TABLES},
        {name: project.table(name, **given) for name in TABLES},
    )
    examine(stores, found.append)
    return {finding.check: (finding.passed, finding.detail) for finding in found}


@pytest.fixture(params=["driver", "data_api"])
def over(request, redshift, sandbox):
    """Redshift by each transport."""
    return redshift if request.param == "driver" else over_data_api(redshift, sandbox)


def test_a_lake_and_a_warehouse_that_work_pass_and_nothing_is_left(project):
    project.generate()
    project.load()
    project.load_world()
    before = project.digests()
    found = findings(project)
    assert {check: passed for check, (passed, _) in found.items()} == {
        "lake": True,
        "warehouse": True,
        "load": True,
        "tables": True,
    }
    assert found["tables"][1].startswith("5 of 5 exist")
    assert project.digests() == before
    assert not list(project.lake_path.glob("doctor*"))
    assert "doctor" not in str(project.sql("SHOW TABLES"))


def test_a_warehouse_that_is_not_there_yet_is_not_made(project):
    found = findings(project)
    assert found["warehouse"][1].startswith(f"{project.warehouse_path}: not there yet")
    assert found["load"][0] is None
    assert not project.warehouse_path.exists()


def test_a_lake_that_cannot_be_written_fails_and_the_warehouse_is_still_checked(project):
    project.generate()
    project.load()
    project.lake_path.rename(project.root / "away")
    project.lake_path.write_text("a file")
    found = findings(project)
    assert found["lake"] == (
        False,
        f"{project.lake_path}/lake.json could not be written: Not a directory. Make sure that you "
        "may write there and that there is space, then run again. What is committed stays; what "
        "this run did not finish is not committed, and is written again.",
    )
    assert found["load"] == (None, "no batch to load, because the check of the lake failed")
    assert found["tables"][0]


def test_a_warehouse_that_cannot_be_read_fails(project):
    project.warehouse_path.write_text("no database" * 1000)
    found = findings(project)
    assert found["lake"][0]
    assert found["warehouse"][0] is False
    assert "not a valid DuckDB database file" in found["warehouse"][1]
    assert found["load"] == found["tables"] == (None, "the check of the warehouse failed")


def test_a_table_that_differs_from_its_contract_fails(project):
    project.generate()
    project.load()
    project.sql("ALTER TABLE transactions DROP COLUMN mcc")
    passed, detail = findings(project)["tables"]
    assert passed is False
    assert "Table transactions does not keep its contract" in detail


def test_redshift_loads_a_table_of_its_own_and_nothing_is_left(over):
    over.generate()
    over.load()
    objects = over.s3.find(over.prefix)
    found = findings(over)
    assert all(passed for passed, _ in found.values()), found
    assert "answers to the user sandbox" in found["warehouse"][1]
    assert "loaded by COPY with its role" in found["load"][1]
    assert over.s3.find(over.prefix) == objects
    assert over.sql("SELECT count(*) FROM pg_tables WHERE tablename LIKE 'doctor%'") == [[0]]


def test_a_role_that_redshift_may_not_assume_fails_the_load_with_a_remedy(over):
    passed, detail = findings(over, iam_role="arn:aws:iam::000000000000:role/other")["load"]
    assert passed is False
    assert "Not authorized to get credentials of role" in detail
    assert "Attach the COPY role to the namespace" in detail


def test_missing_privileges_are_named(over):
    over.generate()
    over.load()
    over.sql("REVOKE INSERT, DELETE ON transactions FROM sandbox")
    assert findings(over)["tables"] == (
        False,
        "The user lacks INSERT on transactions, DELETE on transactions. Run as the role that "
        "created the tables, or let their owner GRANT these privileges.",
    )


def test_the_command_prints_a_line_for_each_check(copy):
    copy.run()
    done = copy.kedro("doctor")
    assert done.returncode == 0, done.stderr
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["ok", "lake"],
        ["ok", "warehouse"],
        ["ok", "load"],
        ["ok", "tables"],
    ]
    assert done.stderr == ""


def test_the_command_fails_if_a_check_does(copy):
    copy.warehouse_path.parent.mkdir(exist_ok=True)
    copy.warehouse_path.write_text("no database" * 1000)
    done = copy.kedro("doctor")
    assert done.returncode == 1
    assert done.stderr == "Error: 1 of 4 checks failed: warehouse.\n"
