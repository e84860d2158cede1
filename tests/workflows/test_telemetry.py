"""A case on a real engine as those see it who watch: metrics of the SDK, one trace from start to record, no names."""

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from unittest.mock import AsyncMock
from urllib.request import urlopen

import pytest
from google.protobuf.text_format import MessageToString
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from starlette.types import Receive, Scope, Send
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer

from api.watch.traces import TraceMiddleware
from models.encryption import Keyring
from models.settings import Settings
from tests.architecture.test_watching import named_in_rules
from tests.replay.record import HISTORIES
from tests.replay.reordered import ReorderedQualification
from tests.support import engine, world
from tests.support.ports import free_port
from tests.support.stage import Stage
from workflows.client import data_converter
from workflows.registry import sandbox
from workflows.telemetry import interceptors, log_runtime, sdk_runtime, tracer_of

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(60)]
ONLY_WHEN_FAILING = {
    "temporal_workflow_task_execution_failed_total",
    "temporal_activity_execution_failed_total",
}
"""The SDK shows these from the first failure on."""


class Collector(HTTPServer):
    """Takes spans as an OTLP collector does."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taker)
        self.spans: list[Span] = []


class _Taker(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        request = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
        for resource in request.resource_spans:
            for scope in resource.scope_spans:
                self.server.spans += scope.spans
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    server = Collector()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


async def test_a_case_leaves_metrics_and_one_trace(
    stage: Stage, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    endpoint = f"http://127.0.0.1:{collector.server_port}/v1/traces"
    settings = Settings(home=stage.home, metrics_port=free_port(), otlp_endpoint=endpoint, service_name="test")
    client = await Client.connect(
        stage.client.service_client.config.target_host,
        namespace=stage.client.namespace,
        data_converter=data_converter(Keyring(world.SECRET)),
        interceptors=interceptors(settings),
        runtime=sdk_runtime(settings),
    )
    watched = Stage(client, stage.world, f"{stage.queue}-watched", stage.home)
    async with engine.worker(client, stage.world, stage.home, watched.queue):
        case = await watched.declare()
        await case.through("unit", "svc", "lead", "hq-vip", "hq-lead")
        await case.handle.result()  # with an activity that is not local: letters wait for the working day
        with urlopen(f"http://127.0.0.1:{settings.metrics_port}/metrics") as answer:
            metrics = answer.read().decode()
    missing = {name for name in named_in_rules() if name.startswith("temporal_") and name not in metrics}
    assert missing <= ONLY_WHEN_FAILING
    await _until_traced(collector, "RunActivity:record-step")
    opened = next(span for span in collector.spans if span.name == "StartUpdateWithStartWorkflow:qualification")
    of_the_case = {span.name for span in collector.spans if span.trace_id == opened.trace_id}
    assert {"RunWorkflow:qualification", "HandleUpdate:opened", "RunActivity:record-opening"} <= of_the_case
    assert not any(word in _text(collector.spans) for word in ("保费", world.SECRET))


async def test_a_span_of_what_failed_has_its_type_and_none_of_its_words(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    endpoint = f"http://127.0.0.1:{collector.server_port}/v1/traces"
    tracer = tracer_of(Settings(otlp_endpoint=endpoint, service_name="failing"))

    async def broken(scope: Scope, _receive: Receive, _send: Send) -> None:
        scope["state"] = {"request_id": "abc-1"}
        raise ValueError("张三 13800138000")

    scope = {"type": "http", "method": "GET", "path": "/nowhere", "headers": []}
    with pytest.raises(ValueError, match="张三"):
        await TraceMiddleware(broken, tracer)(scope, AsyncMock(), AsyncMock())
    await _until_traced(collector, "GET -")
    text = _text(collector.spans)
    assert "ValueError" in text
    assert "abc-1" in text
    assert not any(word in text for word in ("张三", "13800138000", "traceback"))


def _text(spans: list[Span]) -> str:
    """Everything in them, Chinese as Chinese: `str` would write its bytes as numbers, in which no word is found."""
    return "".join(MessageToString(span, as_utf8=True) for span in spans)


async def _until_traced(collector: Collector, name: str) -> None:
    for _ in range(100):
        if any(span.name == name for span in collector.spans):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(sorted(span.name for span in collector.spans))


def test_a_port_that_is_taken_is_named(collector: Collector) -> None:
    with pytest.raises(ValueError, match=f"GREENLANE_METRICS_PORT {collector.server_port}"):
        sdk_runtime(Settings(metrics_port=collector.server_port))


def test_nothing_is_told_while_nothing_is_set() -> None:
    assert sdk_runtime(Settings()) is log_runtime(), "no metrics"
    assert interceptors(Settings()) == []


async def test_what_the_sdk_says_itself_is_in_our_log(caplog: pytest.LogCaptureFixture) -> None:
    """Its core writes coloured text on standard error unless told otherwise: no line of JSON."""
    document = json.loads((HISTORIES / "gold.json").read_text("utf-8"))
    history = WorkflowHistory.from_json(document["workflow_id"], document["history"])
    replayer = Replayer(
        workflows=[ReorderedQualification],
        data_converter=data_converter(Keyring(world.SECRET)),
        workflow_runner=sandbox(),
        runtime=log_runtime(),
    )
    assert (await replayer.replay_workflow(history, raise_on_replay_failure=False)).replay_failure
    async with asyncio.timeout(5):
        while not any(record.name == "temporalio.core" for record in caplog.records):
            await asyncio.sleep(0.01)
