"""cases of institutions: a case without a customer

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('workflow_case') as batch:
        batch.alter_column('customer_no', existing_type=sa.String(length=32), nullable=True)


def downgrade() -> None:
    with op.batch_alter_table('workflow_case') as batch:
        batch.alter_column('customer_no', existing_type=sa.String(length=32), nullable=False)
