"""Puts a backup back: checked first, what was there put aside, and the doors closed before anything can start.

Whoever was erased since the backup was taken is erased again before the records stand in their place, as far as the
records that stood there, or the list of the erased, tell.
"""

import itertools
import logging
import shutil
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from api import erased_list
from api.backup import manifest as manifests
from api.backup.manifest import BackupError, Manifest
from api.backup.taking import BESIDE, DUMP, ENGINE, HOME, RECORDS
from api.supervisor.home import sole_owner
from models.copies import CopyError, load_postgres
from models.database import Database, newest_revision
from models.encryption import Keyring
from models.services import audit, maintenance
from models.services.by import By
from models.services.retention import erasing
from models.settings import Settings
from models.stores.audit import AuditStore
from models.stores.erasing import ErasingStore
from models.types import SYSTEM_RESTORE, Door

BY = By(SYSTEM_RESTORE, Door.CLI)
_log = logging.getLogger(__name__)
_SIDE_FILES = ("", "-wal", "-shm", "-journal")


def restore(settings: Settings, source: Path, *, replace: bool = False) -> Manifest:
    """Put a backup into the home and records of the settings, which must be stopped.

    It stands in maintenance 维护 afterwards. Raises BackupError, and StartError while a copy runs on the home.
    """
    manifest = manifests.read(source)
    _check(settings, manifest)
    with sole_owner(settings.home):
        ring = Keyring(settings.secret())
        aside = _folder_aside(settings.home, manifest)
        if manifest.records == "sqlite":
            _restore_sqlite(settings, source, manifest, ring, aside, replace=replace)
        else:
            _restore_postgres(settings, source, manifest, ring, replace=replace)
        if manifest.engine == "embedded":
            _put_aside(settings.home / ENGINE, aside)
            shutil.copyfile(source / ENGINE, settings.home / ENGINE)
        _restore_beside(settings.home, source / HOME, aside)
    return manifest


def _check(settings: Settings, manifest: Manifest) -> None:
    """Refuse what this copy cannot hold or read."""
    if manifest.schema_version > newest_revision():
        raise BackupError(
            f"the backup is of schema {manifest.schema_version}, this program knows {newest_revision()}: install the"
            " version it was taken with, or a newer one"
        )
    if (manifest.records == "sqlite") != settings.records_url.startswith("sqlite"):
        raise BackupError(f"the backup is of {manifest.records} records: set or unset GREENLANE_DATABASE_URL")
    if manifest.engine == "embedded" and settings.temporal_address is not None:
        raise BackupError("the backup holds an embedded engine: unset GREENLANE_TEMPORAL_ADDRESS")
    if settings.secret_key is None and not (settings.home / "secret.key").exists():
        raise BackupError(f"put the secret key into {settings.home / 'secret.key'} first; it is not in a backup")
    if Keyring(settings.secret()).key_id != manifest.key_id:
        raise BackupError(f"the secret key is another one than the backup was written with (key id {manifest.key_id})")


def _restore_sqlite(
    settings: Settings, source: Path, manifest: Manifest, ring: Keyring, aside: Path, *, replace: bool
) -> None:
    """The doors are closed in a draft beside the place, so that the records never stand there open."""
    place = Path(make_url(settings.records_url).database or "")
    if place.exists() and not replace:
        raise BackupError(f"{place} holds records: --replace puts them aside")
    erased = _all_erased(settings, Database(settings.records_url, ring) if place.exists() else None)
    draft = place.with_name(f"{place.name}.restoring")
    shutil.copyfile(source / RECORDS, draft)
    try:
        _close_doors(Database(f"sqlite:///{draft}", ring), manifest, erased)
    except BackupError:
        _remove(draft)
        raise
    _remove(draft, keep=("",))
    _put_aside(place, aside)
    draft.rename(place)


def _restore_postgres(settings: Settings, source: Path, manifest: Manifest, ring: Keyring, *, replace: bool) -> None:
    database = Database(settings.records_url, ring)
    if database.revision() is not None and not replace:
        database.dispose()
        raise BackupError("the database holds records: --replace takes the backup's instead (dump them first)")
    erased = _all_erased(settings, database if database.revision() is not None else None)
    try:
        load_postgres(settings.records_url, source / DUMP)
    except CopyError as error:
        raise BackupError(str(error)) from error
    _close_doors(database, manifest, erased)


def _all_erased(settings: Settings, standing: Database | None) -> Collection[UUID]:
    """Whoever is erased by the records that are put aside, or by the list. A restore brings nobody back.

    All of them are listed before anything is touched: a restore that was broken off and is begun again knows them too.
    """
    found = erased_list.listed(settings.erased_list) | set(_erased(standing) if standing is not None else ())
    erased_list.keep(settings.erased_list, found)
    return sorted(found)


def _erased(database: Database) -> Collection[UUID]:
    try:
        with database.read() as session:
            return ErasingStore(session).erased()
    except SQLAlchemyError:
        _log.warning("the records that stood here cannot be read: erase again whoever was erased since the backup")
        return ()
    finally:
        database.dispose()


def _close_doors(database: Database, manifest: Manifest, erased: Collection[UUID]) -> None:
    """Bring the records to this program's schema, check the audit trail, erase again, begin maintenance."""
    try:
        database.migrate()
        with database.write() as session:
            store = AuditStore(session)
            report, head = audit.verify_kept(session), store.at(manifest.audit_seq) if manifest.audit_seq else None
            if report.broken_at is not None:
                raise BackupError(f"the audit trail of the backup is broken at entry {report.broken_at}")
            if manifest.audit_seq and (head is None or head.chain_hash != manifest.audit_hash):
                raise BackupError("the audit trail is not the one that the manifest names")
            reason = f"restored {manifest.taken_at:%Y-%m-%dT%H:%MZ}"
            erasing.erase_again(session, erased, erasing.Why(reason, BY, datetime.now(UTC)))
            maintenance.begin(session, reason, BY, maintenance.Backup(str(manifest.backup_id), manifest.taken_at))
    finally:
        database.dispose()


def _restore_beside(home: Path, source: Path, aside: Path) -> None:
    for name in BESIDE:
        _put_aside(home / name, aside)
        if (source / name).is_dir():
            shutil.copytree(source / name, home / name)
        elif (source / name).exists():
            shutil.copy2(source / name, home / name)


def _remove(path: Path, keep: tuple[str, ...] = ()) -> None:
    for ending in set(_SIDE_FILES) - set(keep):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _folder_aside(home: Path, manifest: Manifest) -> Path:
    """One of its own for each time a backup is put back."""
    names = (f"before-{manifest.backup_id}{f'-{again}' if again > 1 else ''}" for again in itertools.count(1))
    return next(home / name for name in names if not (home / name).exists())


def _put_aside(path: Path, aside: Path) -> None:
    """Nothing that stood there is lost."""
    for ending in _SIDE_FILES:
        old = path.with_name(path.name + ending)
        if old.exists():
            aside.mkdir(mode=0o700, exist_ok=True)
            old.rename(aside / old.name)
