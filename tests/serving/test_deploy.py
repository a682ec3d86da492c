"""Everything in serving/deploy that has a schema, against it; and that its parts agree with each other."""

import json
import re
from pathlib import Path

import yaml
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format, wrappers_pb2
from tensorflow_serving.config import model_server_config_pb2

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "serving" / "deploy"
TIMEOUT = "--rest_api_timeout_in_ms=600000"
FIELD = descriptor_pb2.FieldDescriptorProto
WHOLE = "google.protobuf.Int64Value"
SCHEMA = {
    "BatchingParameters": dict.fromkeys(
        ("max_batch_size", "batch_timeout_micros", "max_enqueued_batches", "num_batch_threads"), WHOLE
    ),
    "PrometheusConfig": {"enable": bool, "path": str},
    "MonitoringConfig": {"prometheus_config": "own.PrometheusConfig"},
}
"""Fields of TF Serving's messages that its Python package lacks; from config/*.proto in tensorflow/serving."""


def text(name):
    return (DEPLOY / name).read_text()


def documents(name):
    return list(yaml.safe_load_all(text(name)))


def test_models_config_is_tf_servings():
    config = text_format.Parse(text("models.config"), model_server_config_pb2.ModelServerConfig())
    (model,) = config.model_config_list.config
    assert (model.name, model.base_path, model.model_platform) == ("nst", "/models/nst", "tensorflow")
    assert model.model_version_policy.latest.num_versions == 1


def parsed(name, message):
    """A file as one of the messages of `SCHEMA`."""
    file = descriptor_pb2.FileDescriptorProto(name="own.proto", package="own", syntax="proto3")
    file.dependency.append(wrappers_pb2.DESCRIPTOR.name)
    for own, fields in SCHEMA.items():
        described = file.message_type.add(name=own)
        for number, (field, kind) in enumerate(fields.items(), 1):
            scalar = {bool: FIELD.TYPE_BOOL, str: FIELD.TYPE_STRING}.get(kind)
            kind = {"type": scalar} if scalar else {"type": FIELD.TYPE_MESSAGE, "type_name": f".{kind}"}
            described.field.add(name=field, number=number, label=FIELD.LABEL_OPTIONAL, **kind)
    pool = descriptor_pool.DescriptorPool()
    for each in (wrappers_pb2.DESCRIPTOR.serialized_pb, file.SerializeToString()):
        pool.AddSerializedFile(each)
    return text_format.Parse(
        text(name), message_factory.GetMessageClass(pool.FindMessageTypeByName(f"own.{message}"))()
    )


def test_batching_config_is_tf_servings_and_nobody_uses_it():
    config = parsed("batching.config", "BatchingParameters")
    assert (config.max_batch_size.value, config.num_batch_threads.value, config.max_enqueued_batches.value) == (1, 1, 8)
    commands = [
        re.sub(r"#.*", "", text(name)) for name in ("Dockerfile", "compose.yaml", "kubernetes.yaml", "kserve.yaml")
    ]
    assert not any("--enable_batching" in command for command in commands)


def test_monitoring_config_is_tf_servings():
    config = parsed("monitoring.config", "MonitoringConfig").prometheus_config
    assert (config.enable, config.path) == (True, "/monitoring/prometheus/metrics")
    scrape = documents("prometheus.yml")[0]["scrape_configs"][0]
    assert scrape["metrics_path"] == config.path


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


def test_whoever_runs_the_image_runs_its_command_with_the_long_timeout():
    """An `args` or `command` would replace what the Dockerfile says."""
    server = documents("compose.yaml")[0]["services"]["serving"]
    (container,) = documents("kubernetes.yaml")[0]["spec"]["template"]["spec"]["containers"]
    assert not {"command", "args", "entrypoint"} & {*server, *container}
    assert container["image"].split(":")[0] in text("Dockerfile")  # as its first lines tag it


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
