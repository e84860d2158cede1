"""`/healthz` and `/readyz`: a status word, nothing else."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from api.deps import public
from models.services.heartbeat import worker_alive
from models.services.maintenance import is_closed

router = APIRouter(dependencies=[public("probes have no account; the answer is one word")])


@router.get("/healthz")
async def healthz() -> JSONResponse:
    """The process answers."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
async def readyz(request: Request) -> JSONResponse:
    """Records, engine and a worker are there: 200 `ready`, `maintenance` while the doors are closed; else 503."""
    database = request.app.state.database
    worker = await run_in_threadpool(worker_alive, database, datetime.now(UTC))
    if not (worker and await _engine_alive(request)):
        return JSONResponse({"status": "unready"}, 503)
    closed = await run_in_threadpool(is_closed, database)
    return JSONResponse({"status": "maintenance" if closed else "ready"})


async def _engine_alive(request: Request) -> bool:
    gateway = request.app.state.gateway
    return gateway is not None and bool(await gateway.healthy())
