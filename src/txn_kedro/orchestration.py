"""Functions that the exported DAGs call: run nodes as a task, and alert when a task fails."""

from __future__ import annotations

import logging
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

from airflow.sdk import Asset
from airflow.sdk.exceptions import AirflowFailException
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io import DatasetError

from txn_kedro.lake.errors import LakeUnavailable
from txn_kedro.next_steps import started_by
from txn_kedro.refusals import ConfigRefused, did_you_mean
from txn_kedro.results import AlreadyCommitted, Committed, LoadReport, listening
from txn_kedro.warehouse.errors import LoadFailed, WarehouseUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow.sdk.definitions.context import Context

    from txn_kedro.results import Result

logger = logging.getLogger(__name__)

ALERT_URL = "TXN_ALERT_URL"
"""Variable that holds where alerts go to: a URL of Apprise, or the ARN of an SNS topic."""

SUBJECT_CHARACTERS = 99
"""SNS refuses subjects of 100 characters and more."""


class NotRetried(AirflowFailException):
    """A task failed, and would fail again. Its log holds the reason, in the line before this error.

    Attributes:
        reason: Why it failed.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        # Airflow logs this below the frames of its own.
        return (
            "Not retried, since it would fail again. The reason is in the log above the traceback."
        )


def run_task(
    context: Context, project: str, env: str | None, pipeline: str, nodes: Sequence[str]
) -> dict[str, Any]:
    """Run nodes of a pipeline in a Kedro session of their own.

    Args:
        context: Of the task; the parameters of its DAG run that are not empty become those of
            the session.
        project: Folder of the Kedro project.
        env: Kedro environment; None for the project's default.
        pipeline: Name of the pipeline.
        nodes: Names of its nodes.

    Returns:
        The result of each save (see ``describe``) by table; of a single save, just the result.
        It is also the ``extra`` of the events of the task's assets.

    Raises:
        NotRetried: It failed and would fail again, so that retries are of no use.
        Exception: Something transient failed.
    """
    try:
        bootstrap_project(project)
        parameters = runtime_parameters(context)
        with (
            started_by("airflow"),
            KedroSession.create(project, env=env, runtime_params=parameters) as session,
            listening() as results,
        ):
            cast("KedroSession", session).run(pipeline_names=[pipeline], node_names=nodes)
    except Exception as error:
        if is_transient(error):
            raise
        logger.debug("Where it was raised", exc_info=True)
        logger.error("%s", error)  # noqa: TRY400  NotRetried points here
        raise NotRetried(str(error)) from None
    described = {result.table: describe(result) for result in results}
    summary: dict[str, Any] = (
        described if len(described) > 1 else next(iter(described.values()), {})
    )
    for outlet in context["task"].outlets:
        if isinstance(outlet, Asset):
            context["outlet_events"][outlet].extra = summary
    return summary


def runtime_parameters(context: Context) -> dict[str, Any]:
    """The parameters of a Kedro session from those of a DAG run.

    Empty ones are left out, except ``execution_time``: it becomes the logical date of the DAG run,
    or the time from which it could run if it has no such date. Neither differs between the tasks of
    a run or their retries.

    Raises:
        ConfigRefused: The DAG run's configuration has a parameter that the DAG does not declare.
    """
    given = dict(context["params"])
    _refuse_undeclared(given, context)
    if given.get("execution_time", "") is None:
        run = context["dag_run"]
        given["execution_time"] = (run.logical_date or run.run_after).isoformat()
    nested: dict[str, Any] = {}
    for name, value in given.items():
        if value is not None:
            *groups, last = name.split(".")
            group = nested
            for each in groups:
                group = group.setdefault(each, {})
            group[last] = value
    return nested


def _refuse_undeclared(given: Mapping[str, Any], context: Context) -> None:
    """Airflow checks declared parameters only, and passes on whatever else a run was given."""
    declared = {*context["dag"].params, *context["task"].params}
    undeclared = sorted({*given, *(context["dag_run"].conf or {})} - declared)
    if undeclared:
        name = context["dag"].dag_id
        known = f"Known: {', '.join(sorted(declared))}." if declared else "It takes none."
        msg = (
            f"The DAG {name} has no parameter {', '.join(map(repr, undeclared))}, which the "
            f"configuration of this run has.{did_you_mean(undeclared[0], declared)} {known}"
        )
        raise ConfigRefused(msg)


def is_transient(error: BaseException) -> bool:
    """Whether what failed may succeed when it is tried again.

    So it is when the warehouse or the lake could not be used, and when the system failed: no
    memory, no disk, no network.
    """
    if isinstance(error, LakeUnavailable | WarehouseUnavailable | OSError | MemoryError):
        return True
    # These only report what another one was.
    if isinstance(error, LoadFailed) or type(error) is DatasetError:
        return error.__cause__ is not None and is_transient(error.__cause__)
    return False


def describe(result: Result) -> dict[str, Any]:
    """Describe the result of a save for XCom: names, rows, bytes, parts, seconds.

    >>> from txn_kedro.results import Volume
    >>> describe(AlreadyCommitted("orders", "20261122", 1, Volume(3, 900, 1)))
    {'batch_id': '20261122', 'rows': 3, 'bytes': 900, 'parts': 1, 'seconds': 0.0}
    """
    match result:
        case Committed(_, batch_id, _, volume, seconds):
            return {"batch_id": batch_id, **asdict(volume), "seconds": round(seconds, 3)}
        case AlreadyCommitted(_, batch_id, _, volume):
            return {"batch_id": batch_id, **asdict(volume), "seconds": 0.0}
        case LoadReport():
            return {
                "batch_ids": [batch.batch_id for batch in result.loaded],
                **asdict(result.volume),
                "seconds": round(result.seconds, 3),
            }


def send_alert(context: Context) -> None:
    """Tell that a task has failed for good, to where ``TXN_ALERT_URL`` says, if it is set.

    Args:
        context: Of the task that failed.
    """
    url = os.environ.get(ALERT_URL)
    if not url:
        return
    task = context["task_instance"]
    error = context.get("exception") or ""
    reason = error.reason if isinstance(error, NotRetried) else error
    body = f"Run {context['run_id']}, try {task.try_number}.\n{reason}"
    send = _publish if url.startswith("arn:") else _notify
    sent = send(url, f"{task.dag_id}.{task.task_id} failed", body.strip())
    # The URL holds a secret.
    logger.log(
        logging.INFO if sent else logging.ERROR,
        "An alert was sent" if sent else f"No alert was sent: look at {ALERT_URL} and its service",
    )


def _notify(url: str, title: str, body: str) -> bool:
    from apprise import Apprise  # noqa: PLC0415  few tasks fail

    return bool(Apprise(url).notify(title=title, body=body))


def _publish(topic: str, title: str, body: str) -> bool:
    """Publish to SNS with the task's role: Apprise needs a long-lived key for it."""
    import boto3  # noqa: PLC0415  few tasks fail
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        client = boto3.client("sns", region_name=topic.split(":")[3])
        client.publish(TopicArn=topic, Subject=title[:SUBJECT_CHARACTERS], Message=body)
    except (BotoCoreError, ClientError) as error:
        logger.error("SNS: %s", error)  # noqa: TRY400  the message is the reason
        return False
    return True
