"""Ends running touchpoint cases on the engine, or hands them on."""

from dataclasses import dataclass

import structlog
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from models.errors import ErrorCode
from models.messages.approval import Answered
from models.messages.service_acts import AssignService, StopTouchpoint

_NOTHING_LEFT = {ErrorCode.CASE_CLOSED.value, ErrorCode.WRONG_STAGE.value, ErrorCode.BAD_TRANSFER_TARGET.value}
"""It has ended, or lies with that person already, or with nobody who may have it: the records say which."""
_log = structlog.get_logger(__name__)


@dataclass
class EngineTouchpoints:
    """Updates `serve` by workflow id."""

    client: Client

    async def serve(self, workflow_id: str, act: StopTouchpoint | AssignService) -> bool:
        """Do the act; False when there was nothing left to do. Raises what else the engine says."""
        handle = self.client.get_workflow_handle(workflow_id)
        try:
            await handle.execute_update("serve", act, id=act.update_id, result_type=Answered)
        except WorkflowUpdateFailedError as error:
            if isinstance(error.cause, ApplicationError) and error.cause.type in _NOTHING_LEFT:
                return False
            raise
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            _log.warning("no running touchpoint to serve", workflow_id=workflow_id)
            return False
        return True
