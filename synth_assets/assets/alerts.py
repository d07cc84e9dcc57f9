"""A sensor that posts failed refreshes to a webhook, such as that of a chat."""

import json
import os
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import dagster as dg

from synth_assets.errors import SynthAssetsError
from synth_assets.project import Project

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

_SECONDS = 20
_EVALUATION = dg.DagsterEventType.ASSET_CHECK_EVALUATION


class WebhookFailed(SynthAssetsError):
    """A failed refresh that could not be told to the webhook. Its url, which may be a secret, is not shown."""

    def __init__(self, dataset: str, reason: str) -> None:
        self.dataset = dataset
        self.reason = reason
        super().__init__(
            f"A failed run of {dataset!r} could not be posted to the webhook: {reason}.",
            untouched="The run itself is as it was.",
            next_step="Look at `alerts` in the resources, and whether this machine reaches that address.",
        )


def failure_sensor(
    project: Project, dataset: str, job: "dg.JobDefinition | UnresolvedAssetJobDefinition"
) -> dg.SensorDefinition | None:
    """Posts what failed, where, and what to do; None where the resources name no webhook.

    Raises, at each tick:
        MissingVariable: What the webhook's url stands in is not set.
        WebhookFailed: It does not take the message.
    """
    alerts = project.resources.alerts
    if alerts is None:
        return None

    @dg.run_failure_sensor(
        name=f"{dataset}_failure_webhook",
        description=f"Posts failed refreshes of {dataset} to the webhook that the resources name.",
        monitored_jobs=[job],
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def sensor(context: dg.RunFailureSensorContext) -> None:
        url = alerts.resolve_webhook(os.environ)
        run = context.dagster_run
        closed = closed_gates(context.instance, run.run_id)
        _post(url, message(dataset, run, context.get_step_failure_events(), closed=closed), dataset=dataset)

    return sensor


def closed_gates(instance: dg.DagsterInstance, run: str) -> dict[str, str]:
    """What the blocking checks that failed in a run say, by step: the step itself says no more than that they did."""
    events = [entry.get_dagster_event() for entry in instance.all_logs(run, of_type=_EVALUATION)]
    evaluations = [(event.step_key or "", event.asset_check_evaluation_data) for event in events]
    return {
        step: told.description for step, told in evaluations if told.blocking and not told.passed and told.description
    }


def message(
    dataset: str, run: dg.DagsterRun, failures: "Sequence[dg.DagsterEvent]", *, closed: "Mapping[str, str]"
) -> dict[str, Any]:
    """What is posted: `text` is what chats show, the rest is for programs. It holds no value of a row.

    Args:
        closed: As `closed_gates` gives it.
    """
    steps = {(step := event.step_key or ""): closed.get(step) or _description(event) for event in failures}
    lines = [f"The run {run.run_id} of {run.job_name} failed. Targets hold what they held before."]
    lines += [f"{step}: {text}" for step, text in steps.items()]
    return {"text": "\n".join(lines), "dataset": dataset, "job": run.job_name, "run": run.run_id, "failed_steps": steps}


def _description(event: "dg.DagsterEvent") -> str:
    # Only what `run_stage` wrote: the text of any other exception may quote a row.
    told = event.step_failure_data.user_failure_data
    return (told.description if told else None) or "It stopped before it could say why; see its log."


def _post(url: str, body: "Mapping[str, Any]", *, dataset: str) -> None:
    if urlsplit(url).scheme not in ("http", "https"):
        raise WebhookFailed(dataset, "its address is no http or https url")
    request = urllib.request.Request(  # noqa: S310 - http and https only
        url, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS):  # noqa: S310 - http and https only
            return
    except urllib.error.HTTPError as error:
        reason = f"it answered with {error.code}"
    except (OSError, ValueError) as error:
        reason = f"it cannot be reached ({type(error).__name__})"
    # Raised here: the exceptions of the library may quote the url.
    raise WebhookFailed(dataset, reason)
