# Minimal: a lake and a warehouse that costs only its storage while it is idle.
region = "eu-central-1"
