"""Kubernetes and Dagster+: the files that people deploy with fit the code, the chart, and each other."""

import sys
import tomllib
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from synth_assets.assets import build_definitions
from synth_assets.assets.executor import KubernetesMissing, project_executor
from synth_assets.project import Project, load_project

ROOT = Path(__file__).parents[2]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class _Image(_Strict):
    repository: str
    tag: str
    pull_policy: Literal["Always", "IfNotPresent", "Never"]


class _Name(_Strict):
    name: str


class _Switch(_Strict):
    enabled: bool


class _UserDeployment(_Strict):
    name: str = Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
    image: _Image
    dagster_api_grpc_args: list[str]
    port: int
    env: dict[str, str]
    env_secrets: list[_Name]
    include_config_in_launched_runs: _Switch


class _UserDeployments(_Strict):
    enabled: bool
    enable_subchart: bool
    deployments: list[_UserDeployment]


class _RunK8sConfig(_Strict):
    container_config: dict[str, Any]
    pod_spec_config: dict[str, Any]
    job_spec_config: dict[str, Any]


class _K8sRunLauncher(_Strict):
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"]
    run_k8s_config: _RunK8sConfig = Field(alias="runK8sConfig")


class _K8sRunLauncherConfig(_Strict):
    k8s_run_launcher: _K8sRunLauncher = Field(alias="k8sRunLauncher")


class _RunLauncher(_Strict):
    type: Literal["K8sRunLauncher"]
    config: _K8sRunLauncherConfig


class _QueuedRunCoordinator(_Strict):
    max_concurrent_runs: int


class _RunCoordinatorConfig(_Strict):
    queued_run_coordinator: _QueuedRunCoordinator


class _RunCoordinator(_Strict):
    enabled: bool
    type: Literal["QueuedRunCoordinator"]
    config: _RunCoordinatorConfig


class _Daemon(_Strict):
    run_coordinator: _RunCoordinator
    run_monitoring: dict[str, Any]


class _Values(_Strict):
    """What we use of the values of Dagster's chart 1.13, by the models that its values.schema.json is made from."""

    telemetry: _Switch
    user_deployments: _UserDeployments = Field(alias="dagster-user-deployments")
    run_launcher: _RunLauncher
    dagster_daemon: _Daemon


def values() -> _Values:
    return _Values.model_validate(yaml.safe_load((ROOT / "deploy" / "helm-values.yaml").read_text()))


def test_the_chart_takes_the_values_and_its_server_starts_with_them() -> None:
    from dagster._cli.api import grpc_command

    (deployment,) = values().user_deployments.deployments
    arguments = [*deployment.dagster_api_grpc_args, "--port", str(deployment.port)]
    started = grpc_command.make_context("grpc", arguments).params
    (local,) = yaml.safe_load((ROOT / "workspace.yaml").read_text())["load_from"]
    assert started["module_name"] in (local["python_module"]["module_name"], (local["python_module"]["module_name"],))
    assert started["attribute"] == local["python_module"]["attribute"]
    assert deployment.name == local["python_module"]["location_name"].replace("_", "-")


def test_pods_are_of_kinds_that_kubernetes_knows() -> None:
    from dagster_k8s.job import UserDefinedDagsterK8sConfig

    config = values().run_launcher.config.k8s_run_launcher.run_k8s_config
    parsed = UserDefinedDagsterK8sConfig.from_dict(
        {
            "container_config": config.container_config,
            "pod_spec_config": config.pod_spec_config,
            "job_spec_config": config.job_spec_config,
        }
    )
    assert parsed.container_config["resources"]["limits"] == {"memory": "8Gi"}


def test_image_registry_and_version_agree() -> None:
    (deployment,) = values().user_deployments.deployments
    build = yaml.safe_load((ROOT / "build.yaml").read_text())
    package = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert build == {"registry": deployment.image.repository}
    assert deployment.image.tag == package["version"]
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert f"WORKDIR {deployment.dagster_api_grpc_args[-1]}\n" in dockerfile
    wanted = dockerfile.split('".[')[1].split("]")[0].split(",")
    assert set(wanted) <= set(package["optional-dependencies"])
    copied = [line.split()[1:-1] for line in dockerfile.splitlines() if line.startswith("COPY")]
    assert all((ROOT / name).exists() for names in copied for name in names)


@pytest.fixture
def on_kubernetes(project: Project) -> Project:
    resources = project.root / "resources" / "local.yaml"
    resources.write_text(resources.read_text() + "compute: {kind: kubernetes, workers: 4}\n")
    return load_project(project.root)


def test_the_same_definitions_run_on_kubernetes(on_kubernetes: Project) -> None:
    job = build_definitions(on_kubernetes).resolve_job_def("refresh_small")
    assert job.executor_def.name == "kubernetes"
    config = job.executor_def.config_schema.resolve_config({})
    assert config.success
    assert config.value["config"]["max_concurrent"] == 4


def test_without_its_package_kubernetes_says_what_to_install(
    on_kubernetes: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "dagster_k8s", None)
    with pytest.raises(KubernetesMissing, match=r"pip install 'synth-assets\[kubernetes\]'"):
        project_executor(on_kubernetes)
