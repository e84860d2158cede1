"""form batches: sheets on their way, and the file they end as

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op


revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('batch_sheet',
    sa.Column('job_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('form_id', sa.Uuid(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=True),
    sa.ForeignKeyConstraint(['job_id'], ['job.id'], name=op.f('fk_batch_sheet_job_id_job')),
    sa.PrimaryKeyConstraint('job_id', 'position', name=op.f('pk_batch_sheet'))
    )
    op.create_table('batch_file',
    sa.Column('job_id', sa.Uuid(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('media_type', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('sheets', sa.Integer(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('expires_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['job_id'], ['job.id'], name=op.f('fk_batch_file_job_id_job')),
    sa.PrimaryKeyConstraint('job_id', name=op.f('pk_batch_file'))
    )
    with op.batch_alter_table('batch_file', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_batch_file_expires_at'), ['expires_at'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('batch_file', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_batch_file_expires_at'))
    op.drop_table('batch_file')
    op.drop_table('batch_sheet')
