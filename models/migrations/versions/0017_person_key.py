"""a key per person: what identifies a contact is sealed anew, under a key of its own

Revision ID: 0017
Revises: 0016
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

from models.encryption import keyring
from models.person_keys import new_sealed_key, open_sealed, seal
from models.retention_types import ERASED


revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None

CHUNK = 1000
PERSONAL = ('name', 'birthday', 'mobile', 'email')
_CONTACT = sa.table('contact', sa.column('id', sa.Uuid()), *(sa.column(name, sa.LargeBinary()) for name in PERSONAL))
_KEY = sa.table('person_key', sa.column('contact_id', sa.Uuid()), sa.column('sealed_key', sa.LargeBinary()))
Cells = dict[str, bytes | None]


def upgrade() -> None:
    op.create_table('person_key',
    sa.Column('contact_id', sa.Uuid(), nullable=False),
    sa.Column('sealed_key', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['contact_id'], ['contact.id'], name=op.f('fk_person_key_contact_id_contact')),
    sa.PrimaryKeyConstraint('contact_id', name=op.f('pk_person_key'))
    )
    _each_chunk(sa.select(_CONTACT), _give_keys)


def downgrade() -> None:
    keyed = sa.select(_CONTACT, _KEY.c.sealed_key).outerjoin_from(_CONTACT, _KEY, _KEY.c.contact_id == _CONTACT.c.id)
    _each_chunk(keyed, _take_keys)
    op.drop_table('person_key')


def _each_chunk(statement: Any, change: Callable[[Any], None]) -> None:
    """Contacts in the order of their ids, so many at a time."""
    ordered, last = statement.order_by(_CONTACT.c.id).limit(CHUNK), None
    while rows := op.get_bind().execute(ordered if last is None else ordered.where(_CONTACT.c.id > last)).all():
        change(rows)
        last = rows[-1].id


def _give_keys(rows: Any) -> None:
    keys, changed = [], []
    for row in rows:
        plain = {name: _opened(name, getattr(row, name)) for name in PERSONAL}
        if plain['name'] == ERASED:
            changed.append((row.id, {'name': b'', 'birthday': None, 'mobile': None, 'email': None}))
            continue
        key = new_sealed_key()
        keys.append({'contact_id': row.id, 'sealed_key': key})
        changed.append((row.id, {name: _under(name, value, key) for name, value in plain.items()}))
    if keys:
        op.get_bind().execute(_KEY.insert(), keys)
    _write(changed)


def _take_keys(rows: Any) -> None:
    changed = []
    for row in rows:
        plain = {name: _known(name, getattr(row, name), row.sealed_key) for name in PERSONAL}
        changed.append((row.id, {name: _by_ring(name, value) for name, value in plain.items()}))
    _write(changed)


def _write(changed: list[tuple[Any, Cells]]) -> None:
    values = {name: sa.bindparam(f'new_{name}', type_=sa.LargeBinary()) for name in PERSONAL}
    statement = _CONTACT.update().where(_CONTACT.c.id == sa.bindparam('row_id', type_=sa.Uuid())).values(values)
    rows = [{'row_id': row_id, **{f'new_{name}': cell for name, cell in cells.items()}} for row_id, cells in changed]
    op.get_bind().execute(statement, rows)


def _opened(name: str, cell: Any) -> str | None:
    return None if cell is None else keyring().open(bytes(cell), _context(name)).decode()


def _under(name: str, text: str | None, key: bytes) -> bytes | None:
    return None if text is None else seal(text, key, _context(name))


def _known(name: str, cell: Any, key: Any) -> str | None:
    if cell is None:
        return None
    return open_sealed(bytes(cell), bytes(key), _context(name)) if key and cell else ERASED


def _by_ring(name: str, text: str | None) -> bytes | None:
    return None if text is None else keyring().seal(text.encode(), _context(name))


def _context(name: str) -> bytes:
    return f'contact.{name}'.encode()
