"""Dockerfile, compose.yaml and deploy/kubernetes: what linters and schemas say of them, and that they fit the app."""

import subprocess
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from demo.loading import Models
from demo.serving import health_route
from deploy.space import PARTS

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
KUBERNETES = sorted((ROOT / "deploy/kubernetes").glob("*.yaml"))
HEALTH = health_route(Models()).path


def objects():
    """Everything in deploy/kubernetes, by kind and name."""
    found = [one for path in KUBERNETES for one in yaml.safe_load_all(path.read_text("utf-8"))]
    return {(one["kind"], one["metadata"]["name"]): one for one in found}


def copied():
    """What the last stage of the Dockerfile takes from this project."""
    stage = DOCKERFILE.rpartition("\nFROM ")[2].replace("\\\n", " ").splitlines()
    lines = [line.split()[1:-1] for line in stage if line.startswith("COPY ") and "--from" not in line]
    return {name for line in lines for name in line}


def test_the_linter_passes_the_dockerfile():
    done = subprocess.run(["hadolint", "Dockerfile"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_container_holds_what_a_space_holds():
    assert copied() == {*PARTS, "requirements.txt"}
    let_through = {
        line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line[0] == "!"
    }
    assert let_through == {*copied(), "requirements-lock.txt"}


def test_the_container_runs_as_a_user_and_tells_how_it_is():
    lines = DOCKERFILE.splitlines()
    assert "USER 1000" in lines and lines.index("USER 1000") < lines.index('ENTRYPOINT ["python", "app.py"]')
    assert "STOPSIGNAL SIGINT" in lines  # on which app.py ends; it does not listen to SIGTERM
    assert f"http://127.0.0.1:7860{HEALTH}" in DOCKERFILE and "GRADIO_SERVER_PORT=7860" in DOCKERFILE


def test_composed_its_root_is_read_only_and_a_password_is_handed_on():
    (service,) = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"].values()
    assert service["read_only"] and service["cap_drop"] == ["ALL"] and service["tmpfs"] == ["/tmp"]
    assert {"PLAYGROUND_AUTH", "PLAYGROUND_HOSTS"} == set(service["environment"])
    assert service["volumes"] == ["texts:/data"] and "PLAYGROUND_DATA=/data" in DOCKERFILE


@pytest.mark.parametrize("path", KUBERNETES, ids=lambda path: path.stem)
def test_what_kubernetes_gets_fits_its_schema(path):
    for one in yaml.safe_load_all(path.read_text("utf-8")):
        kubernetes_validate.validate(one, kubernetes_validate.latest_version(), strict=True)


def test_a_schema_finds_a_misspelt_word():
    service = objects()["Service", "playground-files"]
    broken = service | {"spec": service["spec"] | {"selectors": {}}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, kubernetes_validate.latest_version(), strict=True)


def test_the_parts_of_kubernetes_name_each_other():
    found = objects()
    pod = found["Deployment", "playground"]["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    assert container["ports"] == [{"name": "http", "containerPort": 7860}]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"] == {"path": HEALTH, "port": "http"}
    services = {name: one for (kind, name), one in found.items() if kind == "Service"}
    for service in services.values():
        assert service["spec"]["selector"] == pod["metadata"]["labels"]
        assert service["spec"]["ports"][0]["targetPort"] == "http"
    (rule,) = found["Ingress", "playground"]["spec"]["rules"]
    named = {one["backend"]["service"]["name"] for one in rule["http"]["paths"]}
    assert named == set(services)
    scaled = found["HorizontalPodAutoscaler", "playground"]["spec"]["scaleTargetRef"]
    assert ("Deployment", scaled["name"]) in found
