"""The simulator of IAM that the tests of the applied stack ask."""

from __future__ import annotations

from typing import Any

import pytest

from tests.terraform.permissions import CHOSEN, Role, access_level, is_kind, kinds, known_keys

KEY = "arn:aws:kms:eu-central-1:123456789012:key/1"
OURS = {"aws:ResourceTag/project": "txn"}


def allow(action: str, resource: Any = "*", **elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **elements}


def deny(action: str, resource: Any = "*", **elements: Any) -> dict[str, Any]:
    return {**allow(action, resource, **elements), "Effect": "Deny"}


def when(operator: str, key: str, value: Any) -> dict[str, Any]:
    return {"Condition": {operator: {key: value}}}


def may(*statements: dict[str, Any], boundary: Any = None, **context: Any) -> bool:
    """Return whether a role with these statements may delete the key."""
    filled = context.pop("context", {})
    return Role([*statements], boundary).may("kms:ScheduleKeyDeletion", KEY, "key", filled)


def test_nothing_is_allowed_without_an_allow():
    assert not may()
    assert not may(allow("kms:Describe*"))
    assert may(allow("kms:schedule*"))


def test_a_deny_wins():
    assert not may(allow("kms:*"), deny("kms:Schedule*"))
    assert may(allow("kms:*"), deny("kms:Schedule*", "arn:aws:kms:*:*:key/2"))


def test_a_deny_of_all_but_a_resource_spares_it():
    statement = {"Effect": "Deny", "Action": "kms:*", "NotResource": KEY}
    assert may(allow("kms:*"), statement)
    assert not may(allow("kms:*"), {**statement, "NotResource": f"{KEY}0"})


def test_a_boundary_must_allow_the_call_too():
    assert may(allow("*"), boundary=[allow("kms:*")])
    assert not may(allow("*"), boundary=[allow("s3:*")])


@pytest.mark.parametrize(
    ("operator", "value", "tags", "expected"),
    [
        ("StringEquals", "txn", OURS, True),
        ("StringEquals", ["a", "txn"], OURS, True),
        ("StringEquals", "tx*", OURS, False),
        ("StringEquals", "txn", {}, False),
        ("StringEqualsIfExists", "txn", {}, True),
        ("StringLike", "tx?", OURS, True),
        ("StringNotEquals", "txn", OURS, False),
        ("StringNotEquals", ["a", "txn"], OURS, False),
        ("StringNotEquals", "txn", {}, True),
        ("Null", "true", {}, True),
        ("Null", "true", OURS, False),
        ("Null", "false", OURS, True),
        ("StringEquals", "txn", {"aws:ResourceTag/project": CHOSEN}, True),
    ],
)
def test_a_condition_limits_an_allow(operator, value, tags, expected):
    statement = allow("kms:*", **when(operator, "aws:ResourceTag/project", value))
    assert may(statement, context=tags) is expected


@pytest.mark.parametrize(
    ("operator", "keys", "expected"),
    [
        ("ForAnyValue:StringEquals", ["Name", "team"], True),
        ("ForAnyValue:StringEquals", ["team"], False),
        ("ForAllValues:StringEquals", ["Name", "team"], False),
        ("ForAllValues:StringEquals", ["Name"], True),
    ],
)
def test_a_condition_on_a_list_holds_for_any_or_all_of_its_values(operator, keys, expected):
    role = Role([allow("ec2:CreateTags", **when(operator, "aws:TagKeys", ["Name"]))])
    assert role.may("ec2:CreateTags", "*", "vpc", {"aws:TagKeys": keys}) is expected


def test_a_caller_who_chooses_a_value_avoids_a_deny():
    tag = "aws:RequestTag/project"
    role = Role([allow("ec2:*"), deny("ec2:*", **when("StringEquals", tag, "other"))])
    assert role.may("ec2:CreateVpc", "*", "vpc", {tag: CHOSEN})


def test_a_key_that_aws_does_not_know_for_the_action_is_absent():
    role = Role([allow("*", **when("StringEquals", "iam:PermissionsBoundary", "b"))])
    context = {"iam:PermissionsBoundary": "b"}
    assert role.may("iam:PutRolePolicy", "*", "role", context)
    assert not role.may("iam:TagRole", "*", "role", context)


def test_a_variable_in_a_policy_is_filled_from_the_call():
    key = "redshift-data:statement-owner-iam-userid"
    role = Role([allow("*", **when("StringEquals", key, "${aws:userid}"))])
    own = {key: "me", "aws:userid": "me"}
    assert role.may("redshift-data:DescribeStatement", "*", "*", own)
    assert not role.may("redshift-data:DescribeStatement", "*", "*", {**own, key: "you"})


@pytest.mark.parametrize(
    "statement",
    [
        allow("kms:*", **when("DateLessThan", "aws:ResourceTag/project", "2026-11-22")),
        allow("kms:*", **when("Some:StringEquals", "aws:ResourceTag/project", "txn")),
        {"Effect": "Allow", "NotAction": "s3:*", "Action": "kms:*", "Resource": "*"},
    ],
)
def test_what_it_does_not_know_is_refused(statement):
    with pytest.raises(NotImplementedError, match="Cannot evaluate"):
        may(statement, context=OURS)


def test_the_reference_of_aws_is_read():
    assert kinds("sns:Unsubscribe") == {"*": "*"}
    assert set(kinds("kms:CreateAlias")) == {"alias", "key"}
    assert access_level("s3:GetObject") == "Read"
    assert "aws:ResourceTag/${TagKey}" in known_keys("ec2:TerminateInstances", "instance")
    assert is_kind(KEY, kinds("kms:DescribeKey")["key"])
