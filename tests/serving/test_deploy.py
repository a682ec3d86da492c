"""Everything in serving/deploy that has a schema, against it; and that its parts agree with each other."""

import json
import re
from pathlib import Path

import pytest
import yaml
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "serving" / "deploy"
TIMEOUT = "--rest_api_timeout_in_ms=600000"


def text(name):
    return (DEPLOY / name).read_text()


def documents(name):
    return list(yaml.safe_load_all(text(name)))


def test_models_config_is_tf_servings():
    config = text_format.Parse(text("models.config"), model_server_config_pb2.ModelServerConfig())
    (model,) = config.model_config_list.config
    assert (model.name, model.base_path, model.model_platform) == ("nst", "/models/nst", "tensorflow")
    assert model.model_version_policy.latest.num_versions == 1


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("monitoring.config", {"prometheus_config", "enable", "path"}),
        (
            "batching.config",
            {"max_batch_size", "batch_timeout_micros", "num_batch_threads", "max_enqueued_batches", "value"},
        ),
    ],
)
def test_text_protos_without_published_schema_have_balanced_braces_and_known_fields(name, fields):
    body = re.sub(r"#.*", "", text(name))
    assert body.count("{") == body.count("}") > 0
    assert set(re.findall(r"([a-z_]+)\s*[:{]", body)) == fields


def test_dockerfile_raises_the_timeout_and_copies_what_there_is():
    body = text("Dockerfile")
    assert TIMEOUT in json.loads(re.search(r"^CMD (\[.*?\])", body.replace("\\\n", ""), re.M)[1])
    copied = re.findall(r"^COPY (.*) \S+$", body, re.M)
    sources = [source for line in copied for source in line.split() if not source.startswith("export/")]
    assert sources and all((ROOT / source).is_file() for source in sources)


def test_compose_file_builds_the_dockerfile_and_prometheus_finds_the_server():
    services = documents("compose.yaml")[0]["services"]
    build = services["serving"]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()
    assert all(port.startswith("127.0.0.1:") for service in services.values() for port in service["ports"])
    scrape = documents("prometheus.yml")[0]["scrape_configs"][0]
    assert scrape["static_configs"] == [{"targets": ["serving:8501"]}]
    assert scrape["metrics_path"] in text("monitoring.config")


def test_kubernetes_probes_ask_for_the_model_and_rollouts_wait_for_paintings():
    deployment, service = documents("kubernetes.yaml")
    pod = deployment["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    probes = [container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "readiness")]
    assert all(probe == {"path": "/v1/models/nst", "port": "rest"} for probe in probes)
    assert container["livenessProbe"]["tcpSocket"] == {"port": "rest"}
    assert pod["terminationGracePeriodSeconds"] > 600
    assert deployment["spec"]["selector"]["matchLabels"] == service["spec"]["selector"]
    named = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert {port["targetPort"] for port in service["spec"]["ports"]} == set(named)


def test_kserve_uses_its_own_runtime_with_a_long_timeout():
    runtime, service = documents("kserve.yaml")
    assert (runtime["kind"], service["kind"]) == ("ServingRuntime", "InferenceService")
    assert TIMEOUT in runtime["spec"]["containers"][0]["args"]
    predictor = service["spec"]["predictor"]
    assert predictor["model"]["runtime"] == runtime["metadata"]["name"]
    assert predictor["timeout"] == 600
