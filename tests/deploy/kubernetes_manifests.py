"""What is wrong with a manifest: by the schemas, and by the rules of this project."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import yaml

#: The version whose schemas core kinds are checked by.
KUBERNETES = "1.32"
_SCHEMAS = Path(__file__).parent / "schemas"
_SECRET_NAME = re.compile(r"key|token|password|secret|credential", re.IGNORECASE)
_PINNED = re.compile(r"[\w./-]+:v?\d[\w.-]*$")

Manifest = dict[str, Any]


def manifests(file: Path) -> list[Manifest]:
    """The documents of a file."""
    return [document for document in yaml.safe_load_all(file.read_text()) if document]


def problems(manifest: Manifest) -> list[str]:
    """Everything that is wrong; empty if nothing is."""
    return [*_schema(manifest), *_secrets(manifest), *_images(manifest), *_pods(manifest)]


def _schema(manifest: Manifest) -> Iterator[str]:
    kind = f"{manifest.get('apiVersion')} {manifest.get('kind')}"
    if kind == "flink.apache.org/v1beta1 FlinkDeployment":
        schema = yaml.safe_load((_SCHEMAS / "flink-deployment.yaml").read_text())
        for error in jsonschema.Draft202012Validator(schema).iter_errors(manifest["spec"]):
            yield f"{error.json_path}: {error.message}"
        for template in pod_templates(manifest):
            # What the operator and Flink fill in.
            spec = template.get("spec", {})
            containers = [{"image": "x:1", **c} for c in spec.get("containers", [])]
            yield from _core({**template, "spec": {**spec, "containers": containers}})
    elif kind == "monitoring.coreos.com/v1 PodMonitor":
        # Its schema is the Prometheus operator's; what is used of it is little.
        if unknown := manifest["spec"].keys() - {"selector", "podMetricsEndpoints"}:
            yield f"unknown fields of a PodMonitor: {sorted(unknown)}"
    elif kind == "kustomize.config.k8s.io/v1beta1 Kustomization":
        if unknown := manifest.keys() - {"apiVersion", "kind", "namespace", "resources"}:
            yield f"unknown fields of a Kustomization: {sorted(unknown)}"
    else:
        yield from _core(manifest)


def _core(manifest: Manifest) -> Iterator[str]:
    try:
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        yield f"{'.'.join(map(str, error.path))}: {error.message}"
    except kubernetes_validate.SchemaNotFoundError as error:
        yield str(error)


def pod_templates(manifest: Manifest) -> list[Manifest]:
    """The pod templates of a FlinkDeployment."""
    spec = manifest["spec"]
    parts = (spec, spec.get("jobManager", {}), spec.get("taskManager", {}))
    return [part["podTemplate"] for part in parts if "podTemplate" in part]


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, (dict, list)):
            yield from _objects(item)


def _secrets(manifest: Manifest) -> Iterator[str]:
    if manifest.get("kind") == "Secret":
        yield "a Secret does not belong into a file"
    for found in _objects(manifest):
        name = str(found.get("name", ""))
        if _SECRET_NAME.search(name) and "value" in found:
            yield f"the variable {name} has a literal value; refer to a Secret"
    for key, value in manifest.get("spec", {}).get("flinkConfiguration", {}).items():
        if _SECRET_NAME.search(key) and not str(value).startswith("${env:"):
            yield f"the Flink option {key} would be readable in the dashboard"


def _images(manifest: Manifest) -> Iterator[str]:
    for found in _objects(manifest):
        image = found.get("image")
        if isinstance(image, str) and not _PINNED.match(image):
            yield f"the image {image} has no pinned tag"


def _pods(manifest: Manifest) -> Iterator[str]:
    """Pods that Kubernetes would refuse under the restricted standard."""
    pods = {
        "Deployment": lambda: [manifest["spec"]["template"]],
        "Job": lambda: [manifest["spec"]["template"]],
        "FlinkDeployment": lambda: [manifest["spec"].get("podTemplate", {})],
    }.get(manifest.get("kind", ""), list)()
    for pod in pods:
        spec = pod.get("spec", {})
        if not spec.get("securityContext", {}).get("runAsNonRoot"):
            yield "a pod may run as root"
        if spec.get("securityContext", {}).get("seccompProfile") != {"type": "RuntimeDefault"}:
            yield "a pod has no seccomp profile"
        for container in spec.get("containers", []):
            context = container.get("securityContext", {})
            if context.get("allowPrivilegeEscalation") is not False:
                yield f"the container {container['name']} may become root"
            if context.get("capabilities") != {"drop": ["ALL"]}:
                yield f"the container {container['name']} keeps capabilities"
