"""assessment: versions of results with their facts, vetoes, appeals

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op


revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('assessment_result',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('institution_code', sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
    sa.Column('period', sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('cause', sa.Enum('sweep', 'by_hand', 'appeal', name='assessmentcause', native_enum=False, length=32), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.Column('rulebook_version_id', sa.Uuid(), nullable=False),
    sa.Column('total', sa.Numeric(precision=5, scale=2), nullable=True),
    sa.Column('grade', sqlmodel.sql.sqltypes.AutoString(length=32), nullable=True),
    sa.Column('kept', sa.JSON(), nullable=False),
    sa.Column('digest', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('facts_id', sa.Uuid(), nullable=True),
    sa.Column('case_id', sa.Uuid(), nullable=True),
    sa.Column('reckoned_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('reckoned_by', sa.Uuid(), nullable=True),
    sa.Column('confirmed_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('confirmed_by', sa.Uuid(), nullable=True),
    sa.Column('confirmed_by_name', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=True),
    sa.Column('appeals_until', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['workflow_case.id'], name=op.f('fk_assessment_result_case_id_workflow_case')),
    sa.ForeignKeyConstraint(['confirmed_by'], ['account.id'], name=op.f('fk_assessment_result_confirmed_by_account')),
    sa.ForeignKeyConstraint(['institution_code'], ['institution.code'], name=op.f('fk_assessment_result_institution_code_institution')),
    sa.ForeignKeyConstraint(['reckoned_by'], ['account.id'], name=op.f('fk_assessment_result_reckoned_by_account')),
    sa.ForeignKeyConstraint(['rulebook_version_id'], ['rulebook_version.id'], name=op.f('fk_assessment_result_rulebook_version_id_rulebook_version')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assessment_result')),
    sa.UniqueConstraint('year', 'institution_code', 'period', 'version', name=op.f('uq_assessment_result_year_institution_code_period_version'))
    )
    with op.batch_alter_table('assessment_result', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_assessment_result_institution_code'), ['institution_code'], unique=False)

    op.create_table('assessment_veto',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('institution_code', sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('reason', sa.LargeBinary(), nullable=False),
    sa.Column('evidence', sa.LargeBinary(), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=False),
    sa.Column('recorded_by_name', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
    sa.Column('recorded_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('withdrawn_by', sa.Uuid(), nullable=True),
    sa.Column('withdrawn_by_name', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=True),
    sa.Column('withdrawn_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('withdrawn_reason', sa.LargeBinary(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['workflow_case.id'], name=op.f('fk_assessment_veto_case_id_workflow_case')),
    sa.ForeignKeyConstraint(['institution_code'], ['institution.code'], name=op.f('fk_assessment_veto_institution_code_institution')),
    sa.ForeignKeyConstraint(['recorded_by'], ['account.id'], name=op.f('fk_assessment_veto_recorded_by_account')),
    sa.ForeignKeyConstraint(['withdrawn_by'], ['account.id'], name=op.f('fk_assessment_veto_withdrawn_by_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assessment_veto'))
    )
    with op.batch_alter_table('assessment_veto', schema=None) as batch_op:
        batch_op.create_index('ix_assessment_veto_branch', ['year', 'institution_code'], unique=False)

    op.create_table('assessment_appeal',
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('result_id', sa.Uuid(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('institution_code', sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
    sa.Column('item', sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
    sa.Column('old', sa.Numeric(precision=9, scale=4), nullable=False),
    sa.Column('new', sa.Numeric(precision=9, scale=4), nullable=False),
    sa.Column('upheld_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('rejected_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['workflow_case.id'], name=op.f('fk_assessment_appeal_case_id_workflow_case')),
    sa.ForeignKeyConstraint(['institution_code'], ['institution.code'], name=op.f('fk_assessment_appeal_institution_code_institution')),
    sa.ForeignKeyConstraint(['result_id'], ['assessment_result.id'], name=op.f('fk_assessment_appeal_result_id_assessment_result')),
    sa.PrimaryKeyConstraint('case_id', name=op.f('pk_assessment_appeal'))
    )
    with op.batch_alter_table('assessment_appeal', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_assessment_appeal_institution_code'), ['institution_code'], unique=False)
        batch_op.create_index(batch_op.f('ix_assessment_appeal_result_id'), ['result_id'], unique=False)

    op.create_table('assessment_fact',
    sa.Column('result_id', sa.Uuid(), nullable=False),
    sa.Column('item', sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('member', 'touchpoint', 'green_channel', 'inquiry', 'complaint', 'sheet', 'invitation', 'quarter', 'task', 'declaration', 'quota', 'assessment', name='factkind', native_enum=False, length=32), nullable=False),
    sa.Column('ref', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('customer_no', sqlmodel.sql.sqltypes.AutoString(length=32), nullable=True),
    sa.Column('institution_code', sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
    sa.Column('tier', sa.Enum('regular', 'silver', 'gold', name='tier', native_enum=False, length=32), nullable=True),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('good', sa.Boolean(), nullable=False),
    sa.Column('value', sa.Numeric(precision=6, scale=2), nullable=True),
    sa.ForeignKeyConstraint(['result_id'], ['assessment_result.id'], name=op.f('fk_assessment_fact_result_id_assessment_result')),
    sa.PrimaryKeyConstraint('result_id', 'item', 'number', name=op.f('pk_assessment_fact'))
    )
    with op.batch_alter_table('assessment_fact', schema=None) as batch_op:
        batch_op.create_index('ix_assessment_fact_list', ['result_id', 'item', 'number'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('assessment_fact', schema=None) as batch_op:
        batch_op.drop_index('ix_assessment_fact_list')

    op.drop_table('assessment_fact')
    with op.batch_alter_table('assessment_appeal', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_assessment_appeal_result_id'))
        batch_op.drop_index(batch_op.f('ix_assessment_appeal_institution_code'))

    op.drop_table('assessment_appeal')
    with op.batch_alter_table('assessment_veto', schema=None) as batch_op:
        batch_op.drop_index('ix_assessment_veto_branch')

    op.drop_table('assessment_veto')
    with op.batch_alter_table('assessment_result', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_assessment_result_institution_code'))

    op.drop_table('assessment_result')
