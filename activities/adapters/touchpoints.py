"""Ends running touchpoint cases on the engine."""

from dataclasses import dataclass

import structlog
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from models.errors import ErrorCode
from models.messages.approval import Answered
from models.messages.service_acts import StopTouchpoint

_OVER = {ErrorCode.CASE_CLOSED.value, ErrorCode.WRONG_STAGE.value}
_log = structlog.get_logger(__name__)


@dataclass
class EngineTouchpoints:
    """Updates `serve` by workflow id."""

    client: Client

    async def stop(self, workflow_id: str, act: StopTouchpoint) -> bool:
        """End the case; False when it had ended before, which the records say. Raises what else the engine says."""
        handle = self.client.get_workflow_handle(workflow_id)
        try:
            await handle.execute_update("serve", act, id=act.update_id, result_type=Answered)
        except WorkflowUpdateFailedError as error:
            if isinstance(error.cause, ApplicationError) and error.cause.type in _OVER:
                return False
            raise
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            _log.warning("no running touchpoint to stop", workflow_id=workflow_id)
            return False
        return True
