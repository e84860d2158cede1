"""advance payments on the green channel

Revision ID: 0010
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op


revision = '0010'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('green_channel_record', schema=None) as batch_op:
        batch_op.add_column(sa.Column('undisputed_amount', sa.Numeric(precision=14, scale=2), nullable=True))
        batch_op.add_column(sa.Column('advance_amount', sa.Numeric(precision=14, scale=2), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('green_channel_record', schema=None) as batch_op:
        batch_op.drop_column('advance_amount')
        batch_op.drop_column('undisputed_amount')
