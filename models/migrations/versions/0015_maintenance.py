"""maintenance: the doors closed after a restore

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op


revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('maintenance',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('since', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('backup_id', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True),
    sa.Column('records_as_of', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('drift', sa.Integer(), nullable=True),
    sa.Column('checked_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_maintenance'))
    )


def downgrade() -> None:
    op.drop_table('maintenance')
