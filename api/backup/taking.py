"""Takes a backup of a copy that may be running: records, then the embedded engine, then the home's other files."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from api import erased_list
from api.backup.manifest import BackupError, Manifest, describe, write
from models.copies import CopyError, copy_sqlite, dump_postgres
from models.database import Database, no_records_yet
from models.encryption import keyring
from models.settings import Settings
from models.stores.audit import AuditStore
from models.tables.audit import AuditEntry
from models.tables.columns import new_id

RECORDS, DUMP, ENGINE, HOME = "records.db", "records.dump", "temporal.db", "home"
BESIDE = ("demo", "mail")
"""What else a home keeps that cannot be made again. The secret key is not among them: whoever finds a backup must not
be able to read it."""


def take(settings: Settings, target: Path) -> Manifest:
    """Write a backup into a new folder, which appears whole or not at all. Raises BackupError."""
    if target.exists():
        raise BackupError(f"{target} exists: a backup is written into a new folder")
    if no_records_yet(settings):
        raise _nothing_at(settings)
    draft = target.with_name(f"{target.name}.partial")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True, mode=0o700)
    try:
        manifest = _taken(settings, draft)
        write(draft, manifest)
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)  # half of one is nothing to keep
    return manifest


def _taken(settings: Settings, draft: Path) -> Manifest:
    database = Database.from_settings(settings)
    try:
        return _fill(settings, database, draft)
    except CopyError as error:
        raise BackupError(str(error)) from error
    except DBAPIError as error:
        raise BackupError(f"the records cannot be read: {error.orig}") from error
    finally:
        database.dispose()


def _nothing_at(settings: Settings) -> BackupError:
    shown = make_url(settings.records_url).render_as_string(hide_password=True)
    return BackupError(f"there are no records at {shown}: check GREENLANE_HOME and GREENLANE_DATABASE_URL")


def _fill(settings: Settings, database: Database, draft: Path) -> Manifest:
    revision = database.revision()
    if revision is None:
        raise _nothing_at(settings)
    erased_list.note(settings, database)
    began, head, lite = datetime.now(UTC), _audit_head(database), database.engine.dialect.name == "sqlite"
    if lite:
        copy_sqlite(Path(database.engine.url.database or ""), draft / RECORDS)
    else:
        dump_postgres(settings.records_url, draft / DUMP)
    embedded = settings.temporal_address is None and (settings.home / ENGINE).exists()
    if embedded:
        copy_sqlite(settings.home / ENGINE, draft / ENGINE)
    _copy_beside(settings.home, draft / HOME)
    for path in draft.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return Manifest(
        backup_id=new_id(),
        taken_at=began,
        schema_version=revision,
        key_id=keyring().key_id,
        records="sqlite" if lite else "postgresql",
        engine="embedded" if embedded else "elsewhere",
        audit_seq=head.seq if head else 0,
        audit_hash=head.chain_hash if head else "",
        files=describe(draft),
    )


def _audit_head(database: Database) -> AuditEntry | None:
    with database.read() as session:
        return AuditStore(session).newest()


def _copy_beside(home: Path, target: Path) -> None:
    for name in BESIDE:
        source = home / name
        if source.is_dir():
            shutil.copytree(source, target / name)
        elif source.exists():
            target.mkdir(exist_ok=True)
            shutil.copy2(source, target / name)
