"""Prepares the namespace of an engine that somebody else runs, and says in words why it could not."""

from temporalio.service import RPCError, RPCStatusCode

from models.settings import Settings
from workflows.client import connect
from workflows.namespace import RETENTION, prepare_namespace
from workflows.search_attributes import SEARCH_ATTRIBUTES

_NOT_OURS = {RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED, RPCStatusCode.UNAUTHENTICATED}


class EnginePreparationError(Exception):
    """The namespace is not as it must be; the message says what to do."""


async def prepare(settings: Settings, *, timeout: float = 60.0) -> None:
    """Bring the namespace of the settings' engine into shape; nothing is written where it already is.

    `timeout` is in seconds. Raises EnginePreparationError.
    """
    where = f"the engine at {settings.temporal_address}"
    try:
        await prepare_namespace(await connect(settings, lazy=True), timeout=timeout)
    except (TimeoutError, RuntimeError) as error:  # RuntimeError: a lazy client that could not connect
        raise EnginePreparationError(f"{where} did not take it: {error or f'no answer in {timeout:.0f} s'}") from error
    except RPCError as error:
        raise EnginePreparationError(f"{where} refused ({error.status.name}): {_advice(error, settings)}") from error


def _advice(error: RPCError, settings: Settings) -> str:
    """By hand is the way where namespaces belong to another tool, as in Temporal Cloud."""
    if error.status not in _NOT_OURS:
        return error.message
    attributes = ", ".join(f"{key.name} ({key.indexed_value_type.name.title()})" for key in SEARCH_ATTRIBUTES)
    return (
        f"with its own tool, give namespace {settings.temporal_namespace} a retention of {RETENTION.days} days or more"
        f" and the search attributes {attributes}; then run this again"
    )
