"""Brings an engine's namespace into the shape Greenlane needs; safe to run on every start.

Never imported by workflow code: it talks to the server.
"""

import asyncio
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    RegisterNamespaceRequest,
    UpdateNamespaceRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from workflows.search_attributes import SEARCH_ATTRIBUTES

RETENTION = timedelta(days=90)
"""Closed cases stay readable in the engine's own history at least this long (the dev server's default is one day)."""

_PAUSE_SECONDS = 0.1


async def prepare_namespace(client: Client, *, timeout: float = 60.0) -> None:
    """Create the client's namespace if missing, keep histories `RETENTION`, register the search attributes.

    `timeout` is in seconds. Raises TimeoutError when the engine does not take it in time.
    """
    async with asyncio.timeout(timeout):
        if await namespace_retention(client) is None:
            await _register(client)
        await _keep_histories(client)
        await _add_search_attributes(client)


async def namespace_retention(client: Client) -> timedelta | None:
    """How long the engine keeps closed workflows of the client's namespace; None when there is no such namespace."""
    try:
        found = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    return found.config.workflow_execution_retention_ttl.ToTimedelta()


async def registered_search_attributes(client: Client) -> set[str]:
    """Names of the custom search attributes of the client's namespace."""
    request = ListSearchAttributesRequest(namespace=client.namespace)
    return set((await client.operator_service.list_search_attributes(request)).custom_attributes)


async def _register(client: Client) -> None:
    ttl = Duration()
    ttl.FromTimedelta(RETENTION)
    request = RegisterNamespaceRequest(namespace=client.namespace, workflow_execution_retention_period=ttl)
    try:
        await client.workflow_service.register_namespace(request)
    except RPCError as error:
        if error.status is not RPCStatusCode.ALREADY_EXISTS:
            raise
    while not await _is_known_everywhere(client):  # the services read namespaces through caches
        await asyncio.sleep(_PAUSE_SECONDS)


async def _is_known_everywhere(client: Client) -> bool:
    try:
        await registered_search_attributes(client)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return await namespace_retention(client) is not None


async def _keep_histories(client: Client) -> None:
    """Raise the retention to `RETENTION`; a longer one set by an operator stays."""
    current = await namespace_retention(client)
    if current is not None and current >= RETENTION:
        return
    ttl = Duration()
    ttl.FromTimedelta(RETENTION)
    config = NamespaceConfig(workflow_execution_retention_ttl=ttl)
    await client.workflow_service.update_namespace(UpdateNamespaceRequest(namespace=client.namespace, config=config))


async def _add_search_attributes(client: Client) -> None:
    present = await registered_search_attributes(client)
    missing = {key.name: key.indexed_value_type.value for key in SEARCH_ATTRIBUTES if key.name not in present}
    if not missing:
        return
    request = AddSearchAttributesRequest(namespace=client.namespace)
    for name, kind in missing.items():
        request.search_attributes[name] = kind  # type: ignore[assignment]
    await client.operator_service.add_search_attributes(request)
    while not missing.keys() <= await registered_search_attributes(client):
        await asyncio.sleep(_PAUSE_SECONDS)
