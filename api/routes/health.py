"""`/healthz` and `/readyz`: a status word, nothing else."""

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Request
from sqlalchemy import func
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import select
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from api.deps import public
from models.database import Database
from models.tables.messages import WorkerHeartbeat

HEARTBEAT_AGE = timedelta(seconds=30)
router = APIRouter(dependencies=[public("probes have no account; the answer is one word")])


@router.get("/healthz")
async def healthz() -> JSONResponse:
    """The process answers."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
async def readyz(request: Request) -> JSONResponse:
    """Records, engine and a worker are there: 200 `ready`, else 503 `unready`."""
    ready = await run_in_threadpool(_worker_alive, request.app.state.database) and await _engine_alive(request)
    return JSONResponse({"status": "ready" if ready else "unready"}, 200 if ready else 503)


def _worker_alive(database: Database) -> bool:
    """Whether the records answer and hold a recent sign of life of a worker."""
    try:
        with database.read() as session:
            newest = session.exec(select(func.max(WorkerHeartbeat.at))).one()
    except SQLAlchemyError:
        return False
    return newest is not None and datetime.now(UTC) - newest < HEARTBEAT_AGE


async def _engine_alive(request: Request) -> bool:
    gateway = request.app.state.gateway
    return gateway is not None and bool(await gateway.healthy())
