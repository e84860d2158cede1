"""quarterly summaries: frozen lines, their counts, adjustments; what is published cannot be changed

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op


revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

# How each table knows whether its row is published.
_PUBLISHED = {
    'quarter_summary': "OLD.published_at IS NOT NULL",
    'quarter_line': "(SELECT published_at FROM quarter_summary WHERE id = OLD.summary_id) IS NOT NULL",
    'quarter_count': """(SELECT s.published_at FROM quarter_summary s JOIN quarter_line l ON l.summary_id = s.id
        WHERE l.id = OLD.line_id) IS NOT NULL""",
}


def upgrade() -> None:
    op.create_table('quarter_summary',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('quarter', sa.Integer(), nullable=False),
    sa.Column('institution_code', sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('frozen_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('handed_in_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('sent_back', sa.Integer(), nullable=False),
    sa.Column('prepared_by', sa.Uuid(), nullable=True),
    sa.Column('prepared_by_name', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
    sa.Column('checked_by', sa.Uuid(), nullable=True),
    sa.Column('checked_by_name', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
    sa.Column('published_by', sa.Uuid(), nullable=True),
    sa.Column('published_by_name', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
    sa.Column('published_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('digest', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['workflow_case.id'], name=op.f('fk_quarter_summary_case_id_workflow_case')),
    sa.ForeignKeyConstraint(['checked_by'], ['account.id'], name=op.f('fk_quarter_summary_checked_by_account')),
    sa.ForeignKeyConstraint(['institution_code'], ['institution.code'], name=op.f('fk_quarter_summary_institution_code_institution')),
    sa.ForeignKeyConstraint(['prepared_by'], ['account.id'], name=op.f('fk_quarter_summary_prepared_by_account')),
    sa.ForeignKeyConstraint(['published_by'], ['account.id'], name=op.f('fk_quarter_summary_published_by_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quarter_summary')),
    sa.UniqueConstraint('case_id', name=op.f('uq_quarter_summary_case_id')),
    sa.UniqueConstraint('year', 'quarter', 'institution_code', name=op.f('uq_quarter_summary_year_quarter_institution_code'))
    )
    op.create_index(op.f('ix_quarter_summary_institution_code'), 'quarter_summary', ['institution_code'], unique=False)
    op.create_table('quarter_adjustment',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('summary_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('customer_no', sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
    sa.Column('figure', sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
    sa.Column('old', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('new', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('found_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('reason', sa.LargeBinary(), nullable=True),
    sa.Column('reason_by', sa.Uuid(), nullable=True),
    sa.Column('reason_by_name', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
    sa.Column('reason_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['reason_by'], ['account.id'], name=op.f('fk_quarter_adjustment_reason_by_account')),
    sa.ForeignKeyConstraint(['summary_id'], ['quarter_summary.id'], name=op.f('fk_quarter_adjustment_summary_id_quarter_summary')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quarter_adjustment')),
    sa.UniqueConstraint('summary_id', 'number', name=op.f('uq_quarter_adjustment_summary_id_number'))
    )
    op.create_table('quarter_line',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('summary_id', sa.Uuid(), nullable=False),
    sa.Column('customer_no', sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
    sa.Column('customer_name', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('vip_no', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('tier', sa.Enum('regular', 'silver', 'gold', name='tier', native_enum=False, length=32), nullable=False),
    sa.Column('manager_name', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
    sa.Column('green_cases', sa.Integer(), nullable=False),
    sa.Column('green_in_time', sa.Integer(), nullable=False),
    sa.Column('inquiries', sa.Integer(), nullable=False),
    sa.Column('complaints', sa.Integer(), nullable=False),
    sa.Column('justified', sa.Integer(), nullable=False),
    sa.Column('satisfaction', sa.Numeric(precision=5, scale=2), nullable=True),
    sa.Column('cost', sa.Numeric(precision=12, scale=2), nullable=False),
    sa.Column('problems', sa.LargeBinary(), nullable=True),
    sa.ForeignKeyConstraint(['customer_no'], ['customer.customer_no'], name=op.f('fk_quarter_line_customer_no_customer')),
    sa.ForeignKeyConstraint(['summary_id'], ['quarter_summary.id'], name=op.f('fk_quarter_line_summary_id_quarter_summary')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quarter_line')),
    sa.UniqueConstraint('summary_id', 'customer_no', name=op.f('uq_quarter_line_summary_id_customer_no'))
    )
    op.create_table('quarter_count',
    sa.Column('line_id', sa.Uuid(), nullable=False),
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
    sa.Column('due', sa.Integer(), nullable=False),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('late', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['line_id'], ['quarter_line.id'], name=op.f('fk_quarter_count_line_id_quarter_line')),
    sa.PrimaryKeyConstraint('line_id', 'code', name=op.f('pk_quarter_count'))
    )
    for table, published in _PUBLISHED.items():
        _guard(table, published)


def _guard(table: str, published: str) -> None:
    """The database itself refuses to change or take away what was published."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(f"""CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} WHEN {published}
                BEGIN SELECT RAISE(ABORT, '{table} is published'); END""")
        return
    op.execute(f"""CREATE FUNCTION {table}_published() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF {published} THEN RAISE EXCEPTION '{table} is published'; END IF;
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$""")
    op.execute(f"""CREATE TRIGGER {table}_published BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION {table}_published()""")


def downgrade() -> None:
    op.drop_table('quarter_count')
    op.drop_table('quarter_line')
    op.drop_table('quarter_adjustment')
    op.drop_index(op.f('ix_quarter_summary_institution_code'), table_name='quarter_summary')
    op.drop_table('quarter_summary')
    if op.get_bind().dialect.name != "sqlite":
        for table in _PUBLISHED:
            op.execute(f"DROP FUNCTION {table}_published")
