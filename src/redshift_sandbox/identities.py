"""Who may do what in the sandbox; no secrets, since everything listens on 127.0.0.1 only."""

BUCKET = "txn-sandbox"

# A person or a program: reads, writes, creates buckets.
ACCESS_KEY = "sandbox"
SECRET_KEY = "sandbox-secret"  # noqa: S105

WORKGROUP = "txn-sandbox"
DATABASE = "dev"
USER = "sandbox"
PASSWORD = "sandbox-password"  # noqa: S105

# Roles attached to the warehouse. COPY reads S3 with the rights of the one that it names.
COPY_ROLE = "arn:aws:iam::000000000000:role/txn-sandbox-copy"
NO_ACCESS_ROLE = "arn:aws:iam::000000000000:role/txn-sandbox-no-access"

# What S3 knows each role by: access key and secret key.
ROLE_KEYS = {
    COPY_ROLE: ("txn-sandbox-copy", "txn-sandbox-copy-secret"),
    NO_ACCESS_ROLE: ("txn-sandbox-no-access", "txn-sandbox-no-access-secret"),
}


def s3_identities() -> dict[str, object]:
    """The identities as SeaweedFS reads them from its configuration."""
    return {
        "identities": [
            _identity("sandbox", (ACCESS_KEY, SECRET_KEY), ["Read", "Write", "List"]),
            _identity("copy", ROLE_KEYS[COPY_ROLE], [f"Read:{BUCKET}", f"List:{BUCKET}"]),
            _identity("no-access", ROLE_KEYS[NO_ACCESS_ROLE], []),
        ]
    }


def _identity(name: str, keys: tuple[str, str], actions: list[str]) -> dict[str, object]:
    access_key, secret_key = keys
    credentials = [{"accessKey": access_key, "secretKey": secret_key}]
    return {"name": name, "credentials": credentials, "actions": actions}
