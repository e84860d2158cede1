"""The one way to a client of the engine: same converter and codec for API, worker and replay."""

import dataclasses
from pathlib import Path

from temporalio.client import Client, RetryConfig
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes
from temporalio.runtime import Runtime
from temporalio.service import TLSConfig

from models.encryption import Keyring
from models.settings import Settings
from workflows.codec import EncryptionCodec
from workflows.telemetry import interceptors

QUICK_RETRY = RetryConfig(max_elapsed_time_millis=2000, max_retries=3)
"""An engine that is away is noticed in a fraction of a second instead of ten (reliability.md, finding 7)."""


def data_converter(ring: Keyring) -> DataConverter:
    """Pydantic messages, encrypted payloads and encrypted failure texts."""
    return dataclasses.replace(
        pydantic_data_converter,
        payload_codec=EncryptionCodec(ring),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


async def connect(
    settings: Settings, *, lazy: bool = False, retry: RetryConfig | None = None, runtime: Runtime | None = None
) -> Client:
    """Client of one copy. `lazy` connects at first use, so that reads work while the engine is away.

    Raises ValueError when the way to the engine is missing or half set.
    """
    if settings.temporal_address is None:
        raise ValueError("GREENLANE_TEMPORAL_ADDRESS is not set")
    settings.check_engine_access()
    return await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        data_converter=data_converter(Keyring(settings.secret())),
        retry_config=retry,
        interceptors=interceptors(settings),
        runtime=runtime,
        lazy=lazy,
        tls=_tls(settings),
        api_key=None if settings.temporal_api_key is None else settings.temporal_api_key.get_secret_value(),
    )


def _tls(settings: Settings) -> TLSConfig | bool:
    """What the connection is sealed with; False, and not the SDK's guess, for a plain one."""
    if not settings.temporal_tls:
        return False
    return TLSConfig(
        server_root_ca_cert=_content(settings.temporal_tls_ca),
        domain=settings.temporal_tls_server_name,
        client_cert=_content(settings.temporal_tls_cert),
        client_private_key=_content(settings.temporal_tls_key),
    )


def _content(path: Path | None) -> bytes | None:
    return None if path is None else path.read_bytes()
