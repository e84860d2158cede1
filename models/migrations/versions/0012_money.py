"""indexes that money, quarters, dashboards and duties are read by

Revision ID: 0012
Revises: 0011
"""

from alembic import op


revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

ADDED = (
    ('ix_spend_plan_term', 'spend_plan', ['last_on', 'first_on', 'institution_code']),
    ('ix_membership_manager', 'membership', ['manager_id', 'customer_no']),
    ('ix_task_due', 'task', ['role', 'due_at']),
    ('ix_green_channel_received', 'green_channel_record', ['received_at']),
    ('ix_green_channel_due', 'green_channel_record', ['due_at']),
    ('ix_complaint_record_received', 'complaint_record', ['received_at']),
    ('ix_complaint_record_reply_due', 'complaint_record', ['reply_due_at']),
    ('ix_complaint_record_close_due', 'complaint_record', ['close_due_at']),
    ('ix_survey_invitation_day', 'survey_invitation', ['invited_on', 'institution_code']),
)
WIDENED = (
    ('ix_spend_entry_plan', 'spend_entry', ['plan_id', 'code'], ['plan_id', 'code', 'kind', 'extra', 'yuan']),
    ('ix_spend_entry_day', 'spend_entry', ['day', 'kind'], ['day', 'kind', 'plan_id', 'yuan']),
)


def upgrade() -> None:
    for name, table, _, columns in WIDENED:
        op.drop_index(name, table_name=table)
        op.create_index(name, table, columns)
    for name, table, columns in ADDED:
        op.create_index(name, table, columns)


def downgrade() -> None:
    for name, table, _ in reversed(ADDED):
        op.drop_index(name, table_name=table)
    for name, table, columns, _ in WIDENED:
        op.drop_index(name, table_name=table)
        op.create_index(name, table, columns)
