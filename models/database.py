"""The record database: engine, the two kinds of transaction, migrations.

SQLite runs with WAL, synchronous=FULL and BEGIN IMMEDIATE for writes: a deferred transaction
that reads before it writes loses updates in silence (reliability.md, finding 5).
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from pathlib import Path
from threading import RLock

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Session

from models.encryption import Keyring, use_keyring
from models.settings import Settings

_WRITE_OPTION = "greenlane_write"
_writing: ContextVar[bool] = ContextVar("greenlane_writing", default=False)
MIGRATIONS = Path(__file__).parent / "migrations"


def no_records_yet(settings: Settings) -> bool:
    """Whether a copy has no file of records so far: SQLite makes one as soon as it is asked for anything."""
    url = make_url(settings.records_url)
    return url.get_backend_name() == "sqlite" and not Path(url.database or "").exists()


def newest_revision() -> str:
    """Revision of the newest migration: versions are a line, and a file's name begins with its revision."""
    return max(path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def in_write_transaction() -> bool:
    """Whether this context holds a write transaction; the gateway refuses to call the engine then."""
    return _writing.get()


def _on_sqlite_connect(dbapi_connection: object, _: ConnectionPoolEntry) -> None:
    connection = dbapi_connection
    connection.isolation_level = None  # type: ignore[attr-defined]
    cursor = connection.cursor()  # type: ignore[attr-defined]
    # What is deleted, a person's key above all, is overwritten in its page; that costs no write of its own.
    safety = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON", "secure_delete=FAST")
    for pragma in safety:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_sqlite_begin(connection: Connection) -> None:
    write = connection.get_execution_options().get(_WRITE_OPTION)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@contextmanager
def _references_held_back(connection: Connection) -> Iterator[None]:
    """Commit what the block did. SQLite changes a column by building its table anew, which deletes what refers to it
    unless foreign keys are off meanwhile; nothing is committed that refers to what is not there.

    Raises RuntimeError then, with the tables.
    """
    lite = connection.dialect.name == "sqlite"
    raw = connection.connection.driver_connection
    if lite and raw is not None:
        raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
        torn = {row[0] for row in connection.exec_driver_sql("PRAGMA foreign_key_check")} if lite else set()
        if torn:
            raise RuntimeError(f"the migration leaves references to nothing in {', '.join(sorted(torn))}")
        connection.commit()
    finally:
        if lite and raw is not None:
            connection.rollback()
            raw.execute("PRAGMA foreign_keys=ON")


def make_engine(url: str) -> Engine:
    """Engine for a SQLAlchemy URL, with the SQLite settings where it is SQLite."""
    engine = create_engine(url, hide_parameters=True, pool_pre_ping=not url.startswith("sqlite"))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _on_sqlite_begin)
    return engine


class Database:
    """Sessions on one record database. `read()` never commits, `write()` commits once at its end."""

    def __init__(self, url: str, ring: Keyring) -> None:
        use_keyring(ring)
        self.engine = make_engine(url)
        self._write_engine = self.engine.execution_options(**{_WRITE_OPTION: True})
        # SQLite's own waiting is a lottery that one thread may lose for seconds; ours is a queue, per process.
        self._turn: AbstractContextManager[object] = RLock() if self.engine.dialect.name == "sqlite" else nullcontext()

    @classmethod
    def from_settings(cls, settings: Settings) -> "Database":
        """Database of one copy."""
        if settings.database_url is None:
            settings.home.mkdir(parents=True, exist_ok=True)
        return cls(settings.records_url, Keyring(settings.secret()))

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading; whatever it changed is rolled back."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One write transaction: committed when the block ends, rolled back when it raises."""
        token = _writing.set(True)
        try:
            with self._turn, Session(self._write_engine, expire_on_commit=False) as session, session.begin():
                yield session
        finally:
            _writing.reset(token)

    def migrate(self) -> None:
        """Bring the schema to its newest version (Alembic, `upgrade head`); nothing is done when it is there."""
        if self.revision() == newest_revision():
            return
        from alembic import command  # noqa: PLC0415 - a third of a second that most commands need not pay
        from alembic.config import Config  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self.engine.connect() as connection, _references_held_back(connection):
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def revision(self) -> str | None:
        """Version of the schema; None where there are no tables yet."""
        with self.engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
