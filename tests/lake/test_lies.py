"""A manifest cannot lie: whatever is changed in it is found before anything is loaded."""

import json

import pytest

from txn_kedro.lake.errors import FilesRefused, ManifestError
from txn_kedro.tables import fingerprint


def leaves(value, path=()):
    """Every value in a manifest that is not a container, by its path."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, key))
    else:
        yield path, value


def changed(value):
    """The value with one character or digit changed."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if value is None:
        return "x"
    return value[:-1] + ("0" if value[-1] != "0" else "1")


def parent(stored, path):
    for key in path[:-1]:
        stored = stored[key]
    return stored


def lies(stored) -> dict[str, str]:
    """Manifests with one value changed, one key misspelt, or one key lost, each by its name."""
    found = {}
    for path, value in leaves(stored):
        lie = json.loads(json.dumps(stored))
        parent(lie, path)[path[-1]] = changed(value)
        found[f"changed {path}"] = json.dumps(lie)
        if isinstance(path[-1], str):
            misspelt = json.loads(json.dumps(stored))
            inside = parent(misspelt, path)
            inside[path[-1] + "x"] = inside.pop(path[-1])
            found[f"misspelt {path}"] = json.dumps(misspelt)
            lost = json.loads(json.dumps(stored))
            parent(lost, path).pop(path[-1])
            found[f"lost {path}"] = json.dumps(lost)
    return found


def test_a_manifest_with_any_one_thing_changed_is_refused(project):
    project.generate()
    unnoticed = []
    stored = json.loads(project.manifest_file().read_text())
    # An ETag of null is what a folder has, so a lost one changes nothing.
    harmless = {"lost ('parts', 0, 'etag')"}
    for name, lie in lies(stored).items():
        project.manifest_file().write_text(lie)
        try:
            project.files().check()
        except (FilesRefused, ManifestError):
            continue
        unnoticed.append(name)
    assert set(unnoticed) == harmless


@pytest.mark.parametrize(
    "path",
    [
        ("generator_version",),
        ("configuration", "seed"),
        ("configuration_fingerprint",),
        ("schema", "elements", 3, "type"),
        ("entries", 0, "mandatory"),
        ("batch_id",),
    ],
)
def test_a_manifest_that_lies_is_replaced_as_the_error_says(project, path):
    project.generate()
    true = project.manifest_file().read_bytes()
    lie = json.loads(true)
    parent(lie, path)[path[-1]] = changed(parent(lie, path)[path[-1]])
    project.manifest_file().write_text(json.dumps(lie))
    for read in (project.files, project.generate):
        with pytest.raises(ManifestError, match="is broken: .* Delete it and make the batch again"):
            read()
    project.manifest_file().unlink()
    project.generate()
    assert project.manifest_file().read_bytes() == true
    project.load()
    assert project.in_table() == project.in_ledger() == {"20261122T120000Z": 100}


def test_a_consistent_lie_about_the_settings_names_parts_that_are_not_there(project):
    project.generate()
    lie = json.loads(project.manifest_file().read_text())
    lie["configuration"]["seed"] += 1
    lie["configuration_fingerprint"] = fingerprint(
        {
            "schema": lie["schema"]["fingerprint"],
            "generator_version": lie["generator_version"],
            "configuration": lie["configuration"],
            "save_args": lie["save_args"],
        }
    )
    project.manifest_file().write_text(json.dumps(lie))
    with pytest.raises(ManifestError, match="its entries are not the parts of batch"):
        project.files()
