"""The service over HTTP against a bare three-update workflow on the same engine, in turn."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import httpx2
from temporalio.client import Client

from bench.bare import QUEUE, BareWorkflow
from bench.copy import YEAR, RunningCopy, running_copy
from bench.report import Ratio

ROUNDS = 3
CELL_SECONDS = 6.0
GOALS = {1: 0.70, 10: 0.75, 50: 0.65}
CUSTOMERS = 12_000
RETRY_SECONDS = 0.2
DECISIONS = (
    ("unit", {"verdict": "approve"}),
    ("svc", {"verdict": "approve"}),
    ("lead", {"verdict": "reject", "comment": "bench"}),
)
"""Three decisions that end the case, as the bare workflow ends: what an approval starts is no part of this."""

Case = Callable[[], Awaitable[list[float]]]
"""Runs one case and gives the latency of each decision in seconds."""


async def measure() -> list[Ratio]:
    """Interleave both at each concurrency and give the ratios of cases per second and of decision latency."""
    with TemporaryDirectory(prefix="greenlane-bench-") as folder, running_copy(Path(folder), CUSTOMERS) as copy:
        bare_worker = subprocess.Popen([sys.executable, "-m", "bench.bare", copy.temporal_address, copy.namespace])
        try:
            return await _cells(copy)
        finally:
            bare_worker.kill()
            bare_worker.wait()


async def _cells(copy: RunningCopy) -> list[Ratio]:
    client = await Client.connect(copy.temporal_address, namespace=copy.namespace)
    async with httpx2.AsyncClient(
        base_url=copy.base_url, timeout=60, limits=httpx2.Limits(max_connections=200)
    ) as http:
        bare, service = _bare(client), _service(http, copy)
        await asyncio.gather(*(_drive(bare, 4, 1.5), _drive(service, 4, 1.5)))
        found: list[Ratio] = []
        for drivers, goal in GOALS.items():
            found += await _pairs(bare, service, drivers, goal)
        return found


async def _pairs(bare: Case, service: Case, drivers: int, goal: float) -> list[Ratio]:
    rates: list[float] = []
    latencies: list[float] = []
    last: dict[str, object] = {}
    for _ in range(ROUNDS):
        bare_rate, bare_p50 = await _drive(bare, drivers, CELL_SECONDS)
        rate, p50 = await _drive(service, drivers, CELL_SECONDS)
        rates.append(rate / bare_rate)
        latencies.append(p50 / bare_p50)
        last = {
            "bare/s": f"{bare_rate:.1f}",
            "service/s": f"{rate:.1f}",
            "p50 ms": f"{bare_p50 * 1000:.0f} -> {p50 * 1000:.0f}",
        }
    name = f"service / bare, cases per second, C={drivers}"
    found = [Ratio(name, goal, at_least=True, rounds=rates, detail=last)]
    if drivers == 1:
        found.append(Ratio("decision p50, service / bare, C=1", 1.5, at_least=False, rounds=latencies, detail=last))
    return found


async def _drive(case: Case, drivers: int, seconds: float) -> tuple[float, float]:
    """Cases per second and median decision latency of `drivers` closed loops."""
    until = time.perf_counter() + seconds
    latencies: list[float] = []
    finished = 0

    async def loop() -> None:
        nonlocal finished
        while time.perf_counter() < until:
            latencies.extend(await case())
            finished += 1

    started = time.perf_counter()
    await asyncio.gather(*(loop() for _ in range(drivers)))
    return finished / (time.perf_counter() - started), median(latencies)


def _bare(client: Client) -> Case:
    async def case() -> list[float]:
        handle = await client.start_workflow(BareWorkflow.run, id=f"bare-{uuid4()}", task_queue=QUEUE)
        taken = []
        for step in range(3):
            began = time.perf_counter()
            await handle.execute_update(BareWorkflow.decide, step)
            taken.append(time.perf_counter() - began)
        return taken

    return case


def _service(http: httpx2.AsyncClient, copy: RunningCopy) -> Case:
    numbers = count()

    async def case() -> list[float]:
        body = {"year": YEAR, "tier": "silver", "seat": "silver", "reason": "bench", "late_reason": "bench"}
        number = f"B{next(numbers):07d}"
        task = (await _post(http, copy, "mgr", "/qualifications", body | {"customer_no": number}))["next_task_id"]
        taken = []
        for login, verdict in DECISIONS:
            began = time.perf_counter()
            done = await _post(http, copy, login, f"/tasks/{task}/decide", verdict | {"version": 1})
            taken.append(time.perf_counter() - began)
            task = done["next_task_id"]
        return taken

    return case


async def _post(http: httpx2.AsyncClient, copy: RunningCopy, login: str, path: str, body: dict[str, Any]) -> Any:
    """Send until the answer is definitive, under one key: what a client does on 202 and 503."""
    headers = {"Authorization": f"Bearer {copy.tokens[login]}", "Idempotency-Key": uuid4().hex}
    while True:
        answer = await http.post(f"/api/v1{path}", json=body, headers=headers)
        if answer.status_code not in {202, 503}:
            answer.raise_for_status()
            return answer.json()
        await asyncio.sleep(RETRY_SECONDS)
