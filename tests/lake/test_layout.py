import pytest

from txn_kedro.lake import BatchName

NOON = BatchName("transactions", "20261122T120000Z")
WORLD = BatchName("customers", "0123456789abcdef-0")
CORRECTED = BatchName("transactions", "20261122T120000Z", 2)


@pytest.mark.parametrize(
    ("name", "manifest", "part"),
    [
        (
            NOON,
            "manifests/transactions_20261122T120000Z.json",
            "transactions/date=2026-11-22/transactions_20261122T120000Z_f00d_part-0003.parquet",
        ),
        (
            CORRECTED,
            "manifests/transactions_20261122T120000Z.r2.json",
            "transactions/date=2026-11-22/transactions_20261122T120000Z.r2_f00d_part-0003.parquet",
        ),
        (
            WORLD,
            "manifests/customers_0123456789abcdef-0.json",
            "customers/customers_0123456789abcdef-0_f00d_part-0003.parquet",
        ),
    ],
    ids=["dated", "corrected", "undated"],
)
def test_a_batch_has_its_manifest_and_its_parts_in_one_place(name, manifest, part):
    assert name.manifest_path == manifest
    assert name.part_path("f00d", 3) == part


@pytest.mark.parametrize(
    "name",
    [NOON, WORLD, CORRECTED, BatchName("a_table_of_words", "1"), BatchName("orders", "20261122")],
)
def test_names_of_files_tell_the_batch(name):
    assert BatchName.of_manifest(name.manifest_path.rpartition("/")[2]) == name
    part = name.part_path("0123456789abcdef", 0).rpartition("/")[2]
    assert BatchName.of_part(part) == name


def test_parts_of_version_1_tell_the_batch_too():
    part = NOON.version_1_part_path(0).rpartition("/")[2]
    assert part == "transactions_20261122T120000Z_part-0000.parquet"
    assert BatchName.of_part(part) == NOON


@pytest.mark.parametrize(
    "name",
    [
        "notes.json",
        ".transactions_1.json.0123abcd.tmp",
        "transactions_.json",
        "transactions_1.r1.json",
        "transactions_1.r0.json",
        "transactions_1.r02.json",
        "world_1.json",
        "Transactions_1.json",
        f"transactions_{'1' * 65}.json",
    ],
)
def test_other_files_are_no_manifests(name):
    assert BatchName.of_manifest(name) is None


@pytest.mark.parametrize(
    ("batch_id", "folder"),
    [
        ("20261122", "orders/date=2026-11-22"),
        ("20261122-eu", "orders/date=2026-11-22"),
        ("20261399", "orders"),
        ("20261122abcdef01-0", "orders"),
        ("202611220", "orders"),
    ],
)
def test_a_batch_id_that_begins_with_a_date_has_its_folder(batch_id, folder):
    assert BatchName("orders", batch_id).folder == folder


@pytest.mark.parametrize("batch_id", ["", "a_b", "a/b", "../x", "a.b", "a b", "ä", "x" * 65])
def test_a_text_that_cannot_be_a_batch_id_is_refused(batch_id):
    with pytest.raises(ValueError, match="is not a batch id. Expected 1 to 64 letters"):
        BatchName("orders", batch_id)


@pytest.mark.parametrize("table", ["manifests", "world"])
def test_a_name_that_the_lake_uses_otherwise_is_refused_for_a_table(table):
    with pytest.raises(ValueError, match=f"A lake cannot have a table '{table}'"):
        BatchName(table, "1")


def test_a_revision_counts_from_1():
    with pytest.raises(ValueError, match="the revision is 0, expected 1 or more"):
        BatchName("orders", "1", 0)
