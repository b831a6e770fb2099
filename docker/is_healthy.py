"""Fail unless Airflow's API server answers and reports a component as healthy."""

from __future__ import annotations

import json
import sys
import urllib.request

HEALTH = "http://api-server:8080/api/v2/monitor/health"

with urllib.request.urlopen(HEALTH, timeout=5) as answer:
    component = json.load(answer)[sys.argv[1]]
sys.exit(component["status"] != "healthy")
