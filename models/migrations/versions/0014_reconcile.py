"""what the comparison of records and engine found

Revision ID: 0014
Revises: 0012
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op


revision = '0014'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'drift',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('job_id', sa.Uuid(), nullable=False),
        sa.Column(
            'kind',
            sa.Enum(
                'case_differs',
                'task_differs',
                'task_missing',
                'task_extra',
                'run_missing',
                'record_missing',
                'record_ahead',
                'decision_missing',
                'run_failing',
                name='driftkind',
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column('workflow_id', sqlmodel.sql.sqltypes.AutoString(length=128), nullable=False),
        sa.Column('case_id', sa.Uuid(), nullable=True),
        sa.Column('task_id', sa.Uuid(), nullable=True),
        sa.Column('sides', sa.JSON(), nullable=False),
        sa.Column('found_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column('repaired_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(['job_id'], ['job.id'], name=op.f('fk_drift_job_id_job')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_drift')),
    )
    op.create_index('ix_drift_job', 'drift', ['job_id', 'id'])


def downgrade() -> None:
    op.drop_index('ix_drift_job', table_name='drift')
    op.drop_table('drift')
