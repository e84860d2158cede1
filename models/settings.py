"""Settings of one running copy, read from `GREENLANE_*` environment variables."""

import secrets
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import PositiveInt, SecretStr
from pydantic_settings import SettingsConfigDict

from models.engine_access import EngineAccess

MIN_SECRET_LENGTH = 32


class Settings(EngineAccess):
    """One copy of Greenlane; two copies with different homes and ports run side by side."""

    model_config = SettingsConfigDict(env_prefix="GREENLANE_", extra="ignore")

    home: Path = Path("var")
    http_host: str = "127.0.0.1"
    http_port: int = 8000
    public_url: str | None = None
    allow_http: bool = False
    database_url: str | None = None
    erased_file: Path | None = None
    """The list of the erased, away from the disk of the records; in the home unless set."""
    temporal_namespace: str = "greenlane"
    temporal_port: int = 0
    temporal_ui_url: str | None = None
    temporal_cli: str | None = None
    task_queue: str = "greenlane"
    secret_key: SecretStr | None = None
    demo: bool = False
    smtp_url: SecretStr | None = None
    mail_from: str | None = None
    chat_schemes: str = "dingtalk,feishu,lark,wecombot,wechat,bark,barks,schan,pushplus,slack,msteams,workflows,jsons"
    metrics_port: PositiveInt | None = None
    """Where the process shows its metrics, if anywhere; a worker that `up` starts shows its own on the next port."""
    metrics_host: str = "127.0.0.1"
    otlp_endpoint: str | None = None
    """Where traces go, as `http://collector:4318/v1/traces`; none are made without it."""
    service_name: str = "greenlane"
    """How this process is called in traces."""
    max_body_bytes: int = 256 * 1024
    max_upload_bytes: int = 10 * 1024 * 1024
    public_opens_per_minute: PositiveInt = 60
    """How often one client address may open a link that needs no sign-in, at each door."""
    public_sends_per_minute: PositiveInt = 20
    """How often it may send a form there."""
    trusted_proxies: str = ""
    """Addresses and networks of TLS proxies, a comma between them: of these the client address that
    `X-Forwarded-For` names is believed. Nobody's is by default."""

    @property
    def records_url(self) -> str:
        """SQLAlchemy URL of the record database; SQLite in the home unless set."""
        return self.database_url or f"sqlite:///{self.home.resolve()}/records.db"

    @property
    def erased_list(self) -> Path:
        """Ids of the persons who were erased, for the day the records are restored."""
        return self.erased_file or self.home / "erased.txt"

    @property
    def demo_marker(self) -> Path:
        """Stands in a home whose records hold the sample book with its public passwords."""
        return self.home / "demo"

    @property
    def base_url(self) -> str:
        """The address people type."""
        return (self.public_url or f"http://{self.http_host}:{self.http_port}").rstrip("/")

    @property
    def is_secure(self) -> bool:
        """Whether cookies carry Secure and the `__Host-` prefix (decisions.md 23)."""
        return urlsplit(self.base_url).scheme == "https"

    @property
    def proxies(self) -> list[str]:
        """`trusted_proxies` one by one. Raises ValueError for what is neither an address nor a network."""
        named = [name.strip() for name in self.trusted_proxies.split(",") if name.strip()]
        return [str(ip_network(name)) for name in named]

    @property
    def sender(self) -> str:
        """From whom mails come."""
        return self.mail_from or "greenlane@example.com"

    def check(self) -> None:
        """Refuse a plain-http address that is not loopback, a short secret, a half-set way to the engine.

        Raises ValueError with what to change.
        """
        host = urlsplit(self.base_url).hostname or ""
        if not self.is_secure and host not in {"127.0.0.1", "localhost", "::1"} and not self.allow_http:
            raise ValueError(f"GREENLANE_PUBLIC_URL {self.base_url} is plain http: use https or GREENLANE_ALLOW_HTTP=1")
        try:
            _ = self.proxies
        except ValueError as error:
            raise ValueError(f"GREENLANE_TRUSTED_PROXIES takes addresses and networks (10.0.0.0/8): {error}") from error
        if self.smtp_url is not None and (self.mail_from is None or _scheme(self.smtp_url) not in {"smtp", "smtps"}):
            raise ValueError("GREENLANE_SMTP_URL is smtp(s)://user:password@host:port and needs GREENLANE_MAIL_FROM")
        if self.secret_key is not None and len(self.secret_key.get_secret_value()) < MIN_SECRET_LENGTH:
            raise ValueError(f"GREENLANE_SECRET_KEY is shorter than {MIN_SECRET_LENGTH} characters")
        self.check_engine_access()

    def secret(self) -> str:
        """The master secret; made in the home with mode 0600 at first start when none is set."""
        if self.secret_key is not None:
            return self.secret_key.get_secret_value()
        path = self.home / "secret.key"
        if not path.exists():
            self.home.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(48), encoding="ascii")
        return path.read_text(encoding="ascii").strip()


def _scheme(url: SecretStr) -> str:
    return urlsplit(url.get_secret_value()).scheme
