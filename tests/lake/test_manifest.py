import json

import pytest

from txn_kedro.lake.errors import ManifestError
from txn_kedro.lake.manifest import Manifest, Part
from txn_kedro.synthesis.tables import TRANSACTIONS

WORLD = "0123456789abcdef"


@pytest.fixture
def manifest() -> Manifest:
    parts = [(Part(url=f"p{i}", row_count=10 + i, sha256="0" * 64), 100 + i) for i in range(2)]
    configuration = {"seed": 7, "world": {"fingerprint": WORLD}}
    return Manifest.of(TRANSACTIONS, "20261122T120000Z", parts, WORLD, configuration)


def test_it_survives_being_stored(manifest):
    assert Manifest.from_json(manifest.to_json(), "m.json") == manifest


def test_it_is_a_manifest_that_copy_understands(manifest):
    stored = json.loads(manifest.to_json())
    assert stored["entries"] == [
        {"url": "p0", "mandatory": True, "meta": {"content_length": 100}},
        {"url": "p1", "mandatory": True, "meta": {"content_length": 101}},
    ]
    assert stored["meta"] == {"content_length": 201, "record_count": 21}
    assert stored["schema"]["fingerprint"] == TRANSACTIONS.fingerprint


def test_it_tells_its_volume(manifest):
    assert (manifest.volume.rows, manifest.volume.bytes, manifest.volume.parts) == (21, 201, 2)


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
        (lambda m: m.update(world_fingerprint="../../x"), "world_fingerprint: .*match pattern"),
        (lambda m: m.update(entries=[], parts=[]), "entries: .*at least 1 item"),
        (lambda m: m["entries"][0].pop("mandatory"), r"entries\.0\.mandatory: Field required"),
        (lambda m: m["configuration"].update(seed=8), "configuration_fingerprint is not that of"),
        (lambda m: m.update(configuration_fingerprint="0" * 16), "configuration_fingerprint is"),
        (lambda m: m.update(world_fingerprint="0" * 16), "world_fingerprint is not the world of"),
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
    assert "Delete it and run the generation" in str(refusal.value)


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
