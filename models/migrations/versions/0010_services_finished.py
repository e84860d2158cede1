"""advance payments, the manager of a plan, touchpoints in hand

Revision ID: 0010
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op


revision = '0010'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('green_channel_record', schema=None) as batch_op:
        batch_op.add_column(sa.Column('undisputed_amount', sa.Numeric(precision=14, scale=2), nullable=True))
        batch_op.add_column(sa.Column('advance_amount', sa.Numeric(precision=14, scale=2), nullable=True))
    with op.batch_alter_table('care_plan', schema=None) as batch_op:
        batch_op.add_column(sa.Column('manager_id', sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_care_plan_manager_id_account'), 'account', ['manager_id'], ['id'])
    op.execute(
        'UPDATE care_plan SET manager_id = '
        '(SELECT membership.manager_id FROM membership WHERE membership.id = care_plan.membership_id)'
    )
    op.create_index('ix_touchpoint_due', 'touchpoint', ['due_on', 'id'])
    op.create_index(
        'ix_touchpoint_running',
        'touchpoint',
        ['institution_code', 'id'],
        sqlite_where=sa.text("stage = 'due'"),
        postgresql_where=sa.text("stage = 'due'"),
    )


def downgrade() -> None:
    op.drop_index('ix_touchpoint_due', table_name='touchpoint')
    op.drop_index('ix_touchpoint_running', table_name='touchpoint')
    with op.batch_alter_table('care_plan', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_care_plan_manager_id_account'), type_='foreignkey')
        batch_op.drop_column('manager_id')
    with op.batch_alter_table('green_channel_record', schema=None) as batch_op:
        batch_op.drop_column('advance_amount')
        batch_op.drop_column('undisputed_amount')
