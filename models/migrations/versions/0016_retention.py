"""retention: holds, runs of deletion, the anchor of the audit trail

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op


revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

_SQLITE_GUARD = """CREATE TRIGGER audit_entry_no_DELETE BEFORE DELETE ON audit_entry
WHEN OLD.seq > coalesce((SELECT max(seq) FROM audit_anchor), 0)
BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END"""
_SQLITE_GUARD_BEFORE = """CREATE TRIGGER audit_entry_no_DELETE BEFORE DELETE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END"""
_POSTGRES_ROW_FUNCTION = """CREATE FUNCTION audit_entry_keep_after_anchor() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
IF OLD.seq > coalesce((SELECT max(seq) FROM audit_anchor), 0) THEN
RAISE EXCEPTION 'audit_entry is append-only'; END IF;
RETURN OLD; END $$"""
_POSTGRES_GUARD = """CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR TRUNCATE ON audit_entry
FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_append_only()"""
_POSTGRES_ROW_GUARD = """CREATE TRIGGER audit_entry_anchored BEFORE DELETE ON audit_entry
FOR EACH ROW EXECUTE FUNCTION audit_entry_keep_after_anchor()"""
_POSTGRES_GUARD_BEFORE = """CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_append_only()"""


def upgrade() -> None:
    op.create_table('legal_hold',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('customer_no', sqlmodel.sql.sqltypes.AutoString(length=32), nullable=True),
    sa.Column('case_id', sa.Uuid(), nullable=True),
    sa.Column('reason', sa.LargeBinary(), nullable=False),
    sa.Column('placed_by', sa.Uuid(), nullable=False),
    sa.Column('placed_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('lifted_by', sa.Uuid(), nullable=True),
    sa.Column('lifted_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('lifted_reason', sa.LargeBinary(), nullable=True),
    sa.CheckConstraint('(customer_no IS NULL) <> (case_id IS NULL)', name=op.f('ck_legal_hold_one_object')),
    sa.ForeignKeyConstraint(['customer_no'], ['customer.customer_no'], name=op.f('fk_legal_hold_customer_no_customer')),
    sa.ForeignKeyConstraint(['case_id'], ['workflow_case.id'], name=op.f('fk_legal_hold_case_id_workflow_case')),
    sa.ForeignKeyConstraint(['placed_by'], ['account.id'], name=op.f('fk_legal_hold_placed_by_account')),
    sa.ForeignKeyConstraint(['lifted_by'], ['account.id'], name=op.f('fk_legal_hold_lifted_by_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_legal_hold'))
    )
    for name in ('customer', 'case'):
        column = 'customer_no' if name == 'customer' else 'case_id'
        op.create_index(f'ix_legal_hold_standing_{name}', 'legal_hold', [column], unique=True, sqlite_where=sa.text('lifted_at IS NULL'), postgresql_where=sa.text('lifted_at IS NULL'))
    op.create_table('retention_run',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('record_class', sa.Enum('service_texts', 'survey_texts', 'notifications', 'idempotency', 'jobs', 'drafts', 'links', 'sessions', 'audit', name='recordclass', native_enum=False, length=32), nullable=False),
    sa.Column('before', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('term_days', sa.Integer(), nullable=False),
    sa.Column('deleted', sa.Integer(), nullable=False),
    sa.Column('actor', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('started_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('finished_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_retention_run'))
    )
    op.create_index('ix_retention_run_open', 'retention_run', ['record_class'], unique=True, sqlite_where=sa.text('finished_at IS NULL'), postgresql_where=sa.text('finished_at IS NULL'))
    op.create_table('audit_anchor',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('chain_hash', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('seal', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_anchor'))
    )
    _guard_after_anchor()


def _guard_after_anchor() -> None:
    """Entries can go only behind the anchor; none can be changed, as before."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_entry_no_DELETE")
        op.execute(_SQLITE_GUARD)
        return
    op.execute("DROP TRIGGER audit_entry_append_only ON audit_entry")
    op.execute(_POSTGRES_GUARD)
    op.execute(_POSTGRES_ROW_FUNCTION)
    op.execute(_POSTGRES_ROW_GUARD)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_entry_no_DELETE")
        op.execute(_SQLITE_GUARD_BEFORE)
    else:
        op.execute("DROP TRIGGER audit_entry_anchored ON audit_entry")
        op.execute("DROP FUNCTION audit_entry_keep_after_anchor")
        op.execute("DROP TRIGGER audit_entry_append_only ON audit_entry")
        op.execute(_POSTGRES_GUARD_BEFORE)
    op.drop_table('audit_anchor')
    op.drop_table('retention_run')
    op.drop_table('legal_hold')
