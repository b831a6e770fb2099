"""S3 and a stand-in for Amazon Redshift on loopback."""

from redshift_sandbox.sandbox import Sandbox

__version__ = "1.0.0"
__all__ = ["Sandbox"]
