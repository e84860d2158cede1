"""The one way to a client of the engine: same converter and codec for API, worker and replay."""

import dataclasses

from temporalio.client import Client, RetryConfig
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes
from temporalio.runtime import Runtime

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
    """Client of one copy. `lazy` connects at first use, so that reads work while the engine is away."""
    if settings.temporal_address is None:
        raise ValueError("GREENLANE_TEMPORAL_ADDRESS is not set")
    return await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        data_converter=data_converter(Keyring(settings.secret())),
        retry_config=retry,
        interceptors=interceptors(settings),
        runtime=runtime,
        lazy=lazy,
    )
