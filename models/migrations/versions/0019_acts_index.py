"""Accepted acts counted from an index: a scrape of a copy with a million decisions reads no row of them.

Revision ID: 0019
Revises: 0018
"""

from alembic import op

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_decision_acts', 'decision', ['act', 'verdict'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_decision_acts', table_name='decision')
