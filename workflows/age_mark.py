"""What the engine knows of the records' age: a mark in its namespace, stored and copied with everything else it holds.

Never imported by workflow code: it talks to the server.
"""

from pydantic import BaseModel, ConfigDict, ValidationError
from temporalio.api.namespace.v1 import UpdateNamespaceInfo
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, UpdateNamespaceRequest
from temporalio.client import Client

_KEY = "greenlane-age:{copy}"


class AgeMark(BaseModel):
    """The number of the mark, and the newest entry of the audit trail when it was set; 0 and empty for an empty one."""

    model_config = ConfigDict(frozen=True)

    number: int
    seq: int = 0
    hash: str = ""


async def read_mark(client: Client, copy: str) -> AgeMark | None:
    """The mark of a copy, which is named by its task queue; None where none was set. Raises RPCError."""
    request = DescribeNamespaceRequest(namespace=client.namespace)
    found = await client.workflow_service.describe_namespace(request)
    try:
        return AgeMark.model_validate_json(found.namespace_info.data.get(_KEY.format(copy=copy), ""))
    except ValidationError:
        return None


async def write_mark(client: Client, copy: str, mark: AgeMark) -> None:
    """Set it; what else the namespace holds stays. Raises RPCError."""
    info = UpdateNamespaceInfo(data={_KEY.format(copy=copy): mark.model_dump_json()})
    request = UpdateNamespaceRequest(namespace=client.namespace, update_info=info)
    await client.workflow_service.update_namespace(request)
