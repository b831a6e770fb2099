import json

import pytest

from txn_kedro.lake import BatchName
from txn_kedro.lake.errors import ManifestError
from txn_kedro.lake.manifest import Manifest, Origin, Part, Schema
from txn_kedro.tables import Column, fingerprint

COLUMNS = (Column("order_id", "BIGINT"), Column("note", "VARCHAR(20)", nullable=True))
ORIGIN = Origin(BatchName("orders", "20261122"), Schema.of(COLUMNS), 3, {"seed": 7}, {})


@pytest.fixture
def manifest() -> Manifest:
    parts = [(Part(url=f"p{i}", row_count=10 + i, sha256="0" * 64), 100 + i) for i in range(2)]
    return Manifest.of(ORIGIN, parts)


def test_it_survives_being_stored(manifest):
    assert Manifest.from_json(manifest.to_json(), "m.json") == manifest


def test_it_is_a_manifest_that_copy_understands(manifest):
    stored = json.loads(manifest.to_json())
    assert stored["entries"] == [
        {"url": "p0", "mandatory": True, "meta": {"content_length": 100}},
        {"url": "p1", "mandatory": True, "meta": {"content_length": 101}},
    ]
    assert stored["meta"] == {"content_length": 201, "record_count": 21}
    assert stored["schema"]["elements"] == [
        {"name": "order_id", "type": "BIGINT", "nullable": False},
        {"name": "note", "type": "VARCHAR(20)", "nullable": True},
    ]


def test_it_tells_its_volume_its_batch_and_its_columns(manifest):
    assert (manifest.volume.rows, manifest.volume.bytes, manifest.volume.parts) == (21, 201, 2)
    assert manifest.name == BatchName("orders", "20261122")
    assert manifest.columns.columns == list(COLUMNS)


@pytest.mark.parametrize(
    "changed",
    [
        Origin(ORIGIN.name, Schema.of(COLUMNS[:1]), 3, {"seed": 7}, {}),
        Origin(ORIGIN.name, ORIGIN.schema, 4, {"seed": 7}, {}),
        Origin(ORIGIN.name, ORIGIN.schema, 3, {"seed": 8}, {}),
        Origin(ORIGIN.name, ORIGIN.schema, 3, {"seed": 7}, {"compression": "zstd"}),
    ],
    ids=["columns", "version", "configuration", "writer"],
)
def test_parts_have_other_names_if_anything_that_their_bytes_follow_from_is_other(changed):
    assert changed.part_path(0) != ORIGIN.part_path(0)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda m: m.pop("parts"), "parts: Field required"),
        (lambda m: m.pop("schema"), "schema: Field required"),
        (lambda m: m["entries"][0].pop("meta"), r"entries\.0\.meta: Field required"),
        (lambda m: m["entries"].pop(), "entries and parts name different files"),
        (lambda m: m["parts"][0].update(row_count=11), "record_count is not the sum"),
        (lambda m: m["entries"][0]["meta"].update(content_length=1), "content_length is not"),
        (lambda m: m["entries"][0].update(mandatory=False), r"entries\.0\.mandatory"),
        (lambda m: m["parts"][0].update(sha256="nonsense"), r"parts\.0\.sha256"),
        (lambda m: m["parts"][0].update(row_count="10"), r"parts\.0\.row_count"),
        (lambda m: m.update(batch_id="../../x"), "is not a batch id"),
        (lambda m: m.update(revision=0), "revision: .*greater than or equal to 1"),
        (lambda m: m.update(entries=[], parts=[]), "entries: .*at least 1 item"),
        (lambda m: m["entries"][0].pop("mandatory"), r"entries\.0\.mandatory: Field required"),
        (lambda m: m["configuration"].update(seed=8), "configuration_fingerprint is not that of"),
        (lambda m: m.update(configuration_fingerprint="0" * 16), "configuration_fingerprint is"),
        (lambda m: m["schema"]["elements"].pop(), "schema.fingerprint is not that of its elements"),
        (lambda m: m.update(comment="?"), "comment: Extra inputs are not permitted"),
        (lambda m: m["parts"][0].update(rows=1), r"parts\.0\.rows: Extra inputs are not permitted"),
    ],
)
def test_a_broken_one_is_refused_with_its_place_and_the_remedy(manifest, change, problem):
    stored = json.loads(manifest.to_json())
    change(stored)
    with pytest.raises(ManifestError, match=problem) as refusal:
        Manifest.from_json(json.dumps(stored).encode(), "lake/m.json")
    assert "lake/m.json is broken" in str(refusal.value)
    assert "Delete it and make the batch again" in str(refusal.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe"])
def test_what_is_no_json_object_is_refused(content):
    with pytest.raises(ManifestError):
        Manifest.from_json(content, "m.json")


def test_a_key_that_two_readers_could_see_differently_is_refused(manifest):
    stored = manifest.to_json().replace(b'"entries":', b'"entries": [], "entries":', 1)
    with pytest.raises(ManifestError, match="the key 'entries' is there twice"):
        Manifest.from_json(stored, "m.json")


def test_deep_nesting_is_refused(manifest):
    with pytest.raises(ManifestError):
        Manifest.from_json(b"[" * 100_000, "m.json")


def version_1(**changes):
    """A manifest as version 1 of the project wrote it."""
    configuration = {"generator_version": 1, "seed": 7, "world": {"fingerprint": "0" * 16}}
    path = "transactions/date=2026-11-22/transactions_20261122T120000Z_part-0000.parquet"
    return {
        "entries": [{"url": path, "mandatory": True, "meta": {"content_length": 5}}],
        "meta": {"content_length": 5, "record_count": 1},
        "table": "transactions",
        "name": "20261122T120000Z",
        "parts": [{"url": path, "row_count": 1, "sha256": "0" * 64, "etag": None}],
        "schema": {
            "fingerprint": "0123456789abcdef",
            "elements": [{"name": "transaction_id", "type": "BIGINT"}],
        },
        "world_fingerprint": "0" * 16,
        "configuration": configuration,
        "configuration_fingerprint": fingerprint(configuration),
        **changes,
    }


def test_what_version_1_wrote_is_still_understood():
    manifest = Manifest.from_json(json.dumps(version_1()).encode(), "m.json")
    assert manifest.name == BatchName("transactions", "20261122T120000Z")
    assert manifest.generator_version == 1
    assert manifest.configuration == {"seed": 7, "world": {"fingerprint": "0" * 16}}
    assert manifest.columns.columns == [Column("transaction_id", "BIGINT", nullable=True)]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"configuration": 3}, "configuration: expected a dictionary"),
        ({"configuration": {"seed": 8}}, "configuration_fingerprint is not that of"),
        ({"schema": {}}, "a key of version 1 is missing"),
        ({"name": "_"}, "is not a batch id"),
    ],
)
def test_what_version_1_cannot_have_written_is_refused(change, problem):
    with pytest.raises(ManifestError, match=problem):
        Manifest.from_json(json.dumps(version_1(**change)).encode(), "m.json")
