"""indexes that the dashboards count on

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op


revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('open', 'claimed', 'waiting')")
CLOSED = sa.text('closed_at IS NOT NULL')


def upgrade() -> None:
    op.create_index(
        'ix_task_open_counts',
        'task',
        ['state', 'institution_code', 'kind', 'role', 'assignee_id', 'opened_at', 'due_at', 'tier', 'customer_no'],
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_index(
        'ix_task_closed_post',
        'task',
        ['institution_code', 'role', 'closed_at'],
        sqlite_where=CLOSED,
        postgresql_where=CLOSED,
    )
    op.create_index(
        'ix_touchpoint_planned',
        'touchpoint',
        ['planned_on', 'institution_code', 'code', 'item', 'stage', 'in_time', 'due_on', 'tier'],
    )


def downgrade() -> None:
    op.drop_index('ix_touchpoint_planned', table_name='touchpoint')
    op.drop_index('ix_task_closed_post', table_name='task')
    op.drop_index('ix_task_open_counts', table_name='task')
