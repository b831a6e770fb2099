"""S3 and a stand-in for Amazon Redshift on loopback, for development and tests without AWS."""

from txn_kedro.sandbox.sandbox import Sandbox

__all__ = ["Sandbox"]
