"""How the engine is reached when somebody else runs it: TLS, certificates, an API key (Temporal Cloud)."""

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings


class EngineAccess(BaseSettings):
    """The part of the settings that an engine on another machine needs; none of it belongs to the embedded one."""

    temporal_address: str | None = None
    temporal_tls: bool = False
    temporal_tls_ca: Path | None = None
    """PEM file of the authority that signed the engine's certificate; the system's own authorities unless set."""
    temporal_tls_cert: Path | None = None
    """PEM file of this copy's client certificate, where the engine asks for one; never without its key."""
    temporal_tls_key: Path | None = None
    temporal_tls_server_name: str | None = None
    """Name in the engine's certificate where it is not the one in the address."""
    temporal_api_key: SecretStr | None = None

    def check_engine_access(self) -> None:
        """Refuse what is half set. Raises ValueError with what to change."""
        named = [name for name in _DEPENDENT if getattr(self, name) is not None]
        if self.temporal_address is None and (named or self.temporal_tls):
            raise ValueError(f"{_variable((named or ['temporal_tls'])[0])} is set without GREENLANE_TEMPORAL_ADDRESS")
        if named and not self.temporal_tls:
            raise ValueError(f"{_variable(named[0])} needs GREENLANE_TEMPORAL_TLS=1: it would travel in the clear")
        if (self.temporal_tls_cert is None) != (self.temporal_tls_key is None):
            raise ValueError("GREENLANE_TEMPORAL_TLS_CERT and GREENLANE_TEMPORAL_TLS_KEY are set together or not")
        if self.temporal_api_key is not None and not self.temporal_api_key.get_secret_value().strip():
            raise ValueError("GREENLANE_TEMPORAL_API_KEY is empty")
        for name in _FILES:
            _check_file(_variable(name), getattr(self, name))


_FILES = ("temporal_tls_ca", "temporal_tls_cert", "temporal_tls_key")
_DEPENDENT = (*_FILES, "temporal_tls_server_name", "temporal_api_key")


def _variable(name: str) -> str:
    return f"GREENLANE_{name.upper()}"


def _check_file(variable: str, path: Path | None) -> None:
    if path is None:
        return
    try:
        is_pem = b"-----BEGIN " in path.read_bytes()
    except OSError as error:
        raise ValueError(f"{variable}={path} cannot be read: {error.strerror}") from error
    if not is_pem:
        raise ValueError(f"{variable}={path} is no PEM file")
