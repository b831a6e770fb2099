"""The properties of compose.yml that can be checked without a Docker engine."""

import re

import pytest
import yaml

from tests.paths import ROOT

SERVICES = yaml.safe_load((ROOT / "compose.yml").read_text())["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
ONCE = {"copy-aws", "init", "make-secrets"}


def test_the_only_published_port_is_on_loopback():
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports == ["127.0.0.1:${AIRFLOW_PORT:-8080}:8080"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_limits_and_a_health_check(name):
    service = SERVICES[name]
    assert service["init"] is True
    assert service["mem_limit"]
    assert service["logging"]["options"]["max-size"]
    assert ("healthcheck" in service) == (name not in ONCE)
    assert service.get("restart", "no") == ("no" if name in ONCE else "unless-stopped")


def test_every_component_that_airflow_reports_has_a_service_with_a_health_check():
    from airflow.api_fastapi.core_api.datamodels.monitor import HealthInfoResponse

    asked = {
        service["healthcheck"]["test"][-1]
        for service in SERVICES.values()
        if "docker/is_healthy.py" in service.get("healthcheck", {}).get("test", [])
    }
    assert asked == set(HealthInfoResponse.model_fields)


@pytest.mark.parametrize("name", SERVICES)
def test_services_wait_for_their_dependencies(name):
    waits = SERVICES[name].get("depends_on", {})
    for other, condition in waits.items():
        if other in ONCE:
            assert condition == {"condition": "service_completed_successfully"}
    assert waits or name == "make-secrets"


def test_no_secret_is_in_a_variable():
    for service in SERVICES.values():
        for variable, value in service.get("environment", {}).items():
            secret = any(word in variable for word in ("PASSWORD", "SECRET", "KEY", "CONN"))
            assert not secret or not value or variable.endswith(("_CMD", "_FILE"))


def test_only_the_sandboxes_service_has_the_image_with_the_sandbox():
    sandboxes = {name for name, service in SERVICES.items() if "sandbox" in service["image"]}
    assert sandboxes == {"sandbox"}
    assert SERVICES["sandbox"]["build"]["target"] == "sandbox"
    stages = DOCKERFILE.split("\nFROM ")
    holding = [stage for stage in stages if "redshift_sandbox" in stage]
    assert len(holding) == 1
    assert holding[0].startswith("project AS sandbox\n")
    assert stages[-1] == "project\n"


def test_every_file_that_the_image_copies_is_in_the_build_context():
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    admitted = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = [
        source
        for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
        for source in sources.split()
    ]
    assert copied
    assert {source.split("/")[0] for source in copied} <= admitted
