"""The scripts need packages of environments of their own."""

collect_ignore = ["scripts"]
