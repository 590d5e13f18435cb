"""first tables"""

from alembic import op
import sqlalchemy as sa

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('audit_entry',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('user_name', sa.String(length=60), nullable=False),
    sa.Column('action', sa.String(length=60), nullable=False),
    sa.Column('verb', sa.String(length=32), nullable=False),
    sa.Column('record', sa.String(length=40), nullable=False),
    sa.Column('record_id', sa.Integer(), nullable=True),
    sa.Column('project_id', sa.Integer(), nullable=True),
    sa.Column('enterprise_id', sa.Integer(), nullable=True),
    sa.Column('changes', sa.JSON(), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entry'))
    )
    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_audit_entry_action'), ['action'], unique=False)
        batch_op.create_index('ix_audit_entry_enterprise', ['enterprise_id', 'id'], unique=False)
        batch_op.create_index('ix_audit_entry_project', ['project_id', 'id'], unique=False)
        batch_op.create_index('ix_audit_entry_record', ['record', 'record_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_audit_entry_user_id'), ['user_id'], unique=False)

    op.create_table('calendar_day',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('is_workday', sa.Boolean(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('source', sa.String(length=200), nullable=False),
    sa.PrimaryKeyConstraint('day', name=op.f('pk_calendar_day'))
    )
    op.create_table('calendar_year',
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('source', sa.String(length=200), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('year', name=op.f('pk_calendar_year'))
    )
    op.create_table('department',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('short', sa.String(length=30), nullable=False),
    sa.Column('aliases', sa.JSON(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_department')),
    sa.UniqueConstraint('name', name=op.f('uq_department_name'))
    )
    op.create_table('plan_step',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('project_type', sa.String(length=32), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('stage', sa.SmallInteger(), nullable=False),
    sa.Column('item_code', sa.String(length=20), nullable=True),
    sa.Column('duration_wd', sa.Integer(), nullable=False),
    sa.Column('waits_for', sa.String(length=32), nullable=False),
    sa.Column('prerequisites', sa.JSON(), nullable=False),
    sa.Column('optional', sa.Boolean(), nullable=False),
    sa.Column('sort', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_step')),
    sa.UniqueConstraint('project_type', 'code', name=op.f('uq_plan_step_project_type_code'))
    )
    with op.batch_alter_table('plan_step', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_plan_step_project_type'), ['project_type'], unique=False)

    op.create_table('scan_run',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('slot', sa.String(length=60), nullable=False),
    sa.Column('scanned_on', sa.Date(), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('raised', sa.Integer(), nullable=False),
    sa.Column('closed', sa.Integer(), nullable=False),
    sa.Column('counts', sa.JSON(), nullable=False),
    sa.Column('error', sa.String(length=500), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_scan_run')),
    sa.UniqueConstraint('slot', name=op.f('uq_scan_run_slot'))
    )
    op.create_table('setting',
    sa.Column('key', sa.String(length=60), nullable=False),
    sa.Column('value', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_setting'))
    )
    op.create_table('setup_code',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code_hash', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failed_attempts', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_setup_code'))
    )
    op.create_table('threshold',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('stage', sa.Integer(), nullable=True),
    sa.Column('value', sa.Integer(), nullable=False),
    sa.Column('unit', sa.String(length=10), nullable=False),
    sa.Column('basis', sa.String(length=200), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_threshold')),
    sa.UniqueConstraint('code', 'stage', name=op.f('uq_threshold_code_stage'))
    )
    op.create_table('town',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('code', sa.String(length=12), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('aliases', sa.JSON(), nullable=False),
    sa.Column('sort', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_town')),
    sa.UniqueConstraint('code', name=op.f('uq_town_code')),
    sa.UniqueConstraint('name', name=op.f('uq_town_name'))
    )
    op.create_table('item',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('phase', sa.String(length=10), nullable=False),
    sa.Column('kind', sa.String(length=60), nullable=False),
    sa.Column('department', sa.String(length=120), nullable=False),
    sa.Column('department_id', sa.Integer(), nullable=True),
    sa.Column('legal_limit', sa.Integer(), nullable=True),
    sa.Column('legal_limit_text', sa.String(length=120), nullable=False),
    sa.Column('unit', sa.String(length=32), nullable=False),
    sa.Column('promised_limit', sa.Integer(), nullable=True),
    sa.Column('promised_limit_text', sa.String(length=120), nullable=False),
    sa.Column('extension_limit', sa.Integer(), nullable=False),
    sa.Column('clock_start', sa.String(length=60), nullable=False),
    sa.Column('legal_basis', sa.String(length=200), nullable=False),
    sa.Column('prerequisite_text', sa.String(length=200), nullable=False),
    sa.Column('promise_route', sa.String(length=200), nullable=False),
    sa.Column('special_steps', sa.String(length=200), nullable=False),
    sa.Column('follow_up', sa.String(length=400), nullable=False),
    sa.Column('valid_months', sa.Integer(), nullable=True),
    sa.Column('renew_before', sa.Integer(), nullable=True),
    sa.Column('renew_unit', sa.String(length=32), nullable=False),
    sa.Column('certainty', sa.String(length=80), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['department_id'], ['department.id'], name=op.f('fk_item_department_id_department')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_item')),
    sa.UniqueConstraint('code', name=op.f('uq_item_code'))
    )
    with op.batch_alter_table('item', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_item_department_id'), ['department_id'], unique=False)

    op.create_table('user_account',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('login', sa.String(length=60), nullable=False),
    sa.Column('login_key', sa.String(length=60), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('role', sa.String(length=32), nullable=False),
    sa.Column('password_hash', sa.String(length=200), nullable=False),
    sa.Column('town_id', sa.Integer(), nullable=True),
    sa.Column('department_id', sa.Integer(), nullable=True),
    sa.Column('phone', sa.String(length=30), nullable=False),
    sa.Column('language', sa.String(length=10), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('demo', sa.Boolean(), nullable=False),
    sa.Column('failed_attempts', sa.Integer(), nullable=False),
    sa.Column('locked_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('password_set_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_sign_in_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['department_id'], ['department.id'], name=op.f('fk_user_account_department_id_department')),
    sa.ForeignKeyConstraint(['town_id'], ['town.id'], name=op.f('fk_user_account_town_id_town')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user_account')),
    sa.UniqueConstraint('login_key', name=op.f('uq_user_account_login_key'))
    )
    with op.batch_alter_table('user_account', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_user_account_active'), ['active'], unique=False)
        batch_op.create_index(batch_op.f('ix_user_account_department_id'), ['department_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_user_account_role'), ['role'], unique=False)
        batch_op.create_index(batch_op.f('ix_user_account_town_id'), ['town_id'], unique=False)

    op.create_table('draft',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('form', sa.String(length=80), nullable=False),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_draft_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_draft')),
    sa.UniqueConstraint('user_id', 'form', name=op.f('uq_draft_user_id_form'))
    )
    with op.batch_alter_table('draft', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_draft_user_id'), ['user_id'], unique=False)

    op.create_table('import_batch',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('file_name', sa.String(length=255), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('mode', sa.String(length=20), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('year', sa.Integer(), nullable=True),
    sa.Column('month', sa.Integer(), nullable=True),
    sa.Column('mapping', sa.JSON(), nullable=False),
    sa.Column('counts', sa.JSON(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('committed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reverted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reverted_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['reverted_by'], ['user_account.id'], name=op.f('fk_import_batch_reverted_by_user_account')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_import_batch_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_batch'))
    )
    with op.batch_alter_table('import_batch', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_import_batch_sha256'), ['sha256'], unique=False)

    op.create_table('officer',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('phone', sa.String(length=30), nullable=False),
    sa.Column('unit', sa.String(length=80), nullable=False),
    sa.Column('town_id', sa.Integer(), nullable=True),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['town_id'], ['town.id'], name=op.f('fk_officer_town_id_town')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_officer_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_officer')),
    sa.UniqueConstraint('user_id', name=op.f('uq_officer_user_id'))
    )
    with op.batch_alter_table('officer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_officer_active'), ['active'], unique=False)
        batch_op.create_index(batch_op.f('ix_officer_name'), ['name'], unique=False)
        batch_op.create_index(batch_op.f('ix_officer_town_id'), ['town_id'], unique=False)

    op.create_table('saved_mapping',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('mapping', sa.JSON(), nullable=False),
    sa.Column('made_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['made_by'], ['user_account.id'], name=op.f('fk_saved_mapping_made_by_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_mapping')),
    sa.UniqueConstraint('name', name=op.f('uq_saved_mapping_name'))
    )
    op.create_table('stored_file',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=40), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('mime', sa.String(length=120), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('owner', sa.String(length=30), nullable=False),
    sa.Column('owner_id', sa.Integer(), nullable=True),
    sa.Column('made_by', sa.Integer(), nullable=True),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['made_by'], ['user_account.id'], name=op.f('fk_stored_file_made_by_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stored_file')),
    sa.UniqueConstraint('public_id', name=op.f('uq_stored_file_public_id'))
    )
    with op.batch_alter_table('stored_file', schema=None) as batch_op:
        batch_op.create_index('ix_stored_file_owner', ['owner', 'owner_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_stored_file_sha256'), ['sha256'], unique=False)

    op.create_table('web_session',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_why', sa.String(length=30), nullable=False),
    sa.Column('address', sa.String(length=64), nullable=False),
    sa.Column('agent', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_web_session_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_web_session')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_web_session_token_hash'))
    )
    with op.batch_alter_table('web_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_web_session_user_id'), ['user_id'], unique=False)

    op.create_table('enterprise',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('name_key', sa.String(length=200), nullable=False),
    sa.Column('pinyin', sa.String(length=800), nullable=False),
    sa.Column('initials', sa.String(length=200), nullable=False),
    sa.Column('credit_code', sa.String(length=18), nullable=True),
    sa.Column('town_id', sa.Integer(), nullable=True),
    sa.Column('address', sa.String(length=200), nullable=False),
    sa.Column('industry', sa.String(length=80), nullable=False),
    sa.Column('batch_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['batch_id'], ['import_batch.id'], name=op.f('fk_enterprise_batch_id_import_batch')),
    sa.ForeignKeyConstraint(['town_id'], ['town.id'], name=op.f('fk_enterprise_town_id_town')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_enterprise')),
    sa.UniqueConstraint('credit_code', name=op.f('uq_enterprise_credit_code'))
    )
    with op.batch_alter_table('enterprise', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_enterprise_initials'), ['initials'], unique=False)
        batch_op.create_index(batch_op.f('ix_enterprise_name_key'), ['name_key'], unique=False)
        batch_op.create_index(batch_op.f('ix_enterprise_town_id'), ['town_id'], unique=False)

    op.create_table('import_row',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('batch_id', sa.Integer(), nullable=False),
    sa.Column('sheet', sa.String(length=120), nullable=False),
    sa.Column('row', sa.Integer(), nullable=False),
    sa.Column('verdict', sa.String(length=32), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=True),
    sa.Column('changes', sa.JSON(), nullable=False),
    sa.Column('touched', sa.JSON(), nullable=False),
    sa.Column('reason', sa.String(length=1000), nullable=False),
    sa.ForeignKeyConstraint(['batch_id'], ['import_batch.id'], name=op.f('fk_import_row_batch_id_import_batch')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_row'))
    )
    with op.batch_alter_table('import_row', schema=None) as batch_op:
        batch_op.create_index('ix_import_row_batch', ['batch_id', 'verdict'], unique=False)

    op.create_table('contact',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('enterprise_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('title', sa.String(length=60), nullable=False),
    sa.Column('phone', sa.String(length=30), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['enterprise_id'], ['enterprise.id'], name=op.f('fk_contact_enterprise_id_enterprise')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contact'))
    )
    with op.batch_alter_table('contact', schema=None) as batch_op:
        batch_op.create_index('ix_contact_enterprise', ['enterprise_id', 'active'], unique=False)

    op.create_table('project',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('name_key', sa.String(length=200), nullable=False),
    sa.Column('pinyin', sa.String(length=800), nullable=False),
    sa.Column('initials', sa.String(length=200), nullable=False),
    sa.Column('project_code', sa.String(length=30), nullable=True),
    sa.Column('enterprise_id', sa.Integer(), nullable=True),
    sa.Column('town_id', sa.Integer(), nullable=True),
    sa.Column('level', sa.String(length=32), nullable=True),
    sa.Column('category', sa.String(length=32), nullable=True),
    sa.Column('project_type', sa.String(length=32), nullable=False),
    sa.Column('plan_class', sa.String(length=32), nullable=True),
    sa.Column('industry', sa.String(length=80), nullable=False),
    sa.Column('site', sa.String(length=200), nullable=False),
    sa.Column('land_mu', sa.Numeric(precision=12, scale=2), nullable=True),
    sa.Column('building_sqm', sa.Numeric(precision=14, scale=2), nullable=True),
    sa.Column('capacity', sa.String(length=1000), nullable=False),
    sa.Column('land_by_auction', sa.Boolean(), nullable=False),
    sa.Column('total_wan', sa.BigInteger(), nullable=True),
    sa.Column('start_on', sa.Date(), nullable=True),
    sa.Column('start_precision', sa.String(length=32), nullable=False),
    sa.Column('finish_on', sa.Date(), nullable=True),
    sa.Column('finish_precision', sa.String(length=32), nullable=False),
    sa.Column('production_on', sa.Date(), nullable=True),
    sa.Column('started_on', sa.Date(), nullable=True),
    sa.Column('finished_on', sa.Date(), nullable=True),
    sa.Column('produced_on', sa.Date(), nullable=True),
    sa.Column('lead_unit', sa.String(length=80), nullable=False),
    sa.Column('lead_department_id', sa.Integer(), nullable=True),
    sa.Column('leader', sa.String(length=60), nullable=False),
    sa.Column('stage', sa.SmallInteger(), nullable=False),
    sa.Column('stage_entered_on', sa.Date(), nullable=True),
    sa.Column('status', sa.String(length=32), nullable=False),
    sa.Column('status_reason', sa.String(length=500), nullable=False),
    sa.Column('status_on', sa.Date(), nullable=True),
    sa.Column('ball', sa.String(length=20), nullable=False),
    sa.Column('ball_note', sa.String(length=200), nullable=False),
    sa.Column('last_contact_on', sa.Date(), nullable=True),
    sa.Column('remark', sa.String(length=2000), nullable=False),
    sa.Column('extra', sa.JSON(), nullable=False),
    sa.Column('batch_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['batch_id'], ['import_batch.id'], name=op.f('fk_project_batch_id_import_batch')),
    sa.ForeignKeyConstraint(['enterprise_id'], ['enterprise.id'], name=op.f('fk_project_enterprise_id_enterprise')),
    sa.ForeignKeyConstraint(['lead_department_id'], ['department.id'], name=op.f('fk_project_lead_department_id_department')),
    sa.ForeignKeyConstraint(['town_id'], ['town.id'], name=op.f('fk_project_town_id_town')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_project')),
    sa.UniqueConstraint('project_code', name=op.f('uq_project_project_code'))
    )
    with op.batch_alter_table('project', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_project_enterprise_id'), ['enterprise_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_project_initials'), ['initials'], unique=False)
        batch_op.create_index(batch_op.f('ix_project_last_contact_on'), ['last_contact_on'], unique=False)
        batch_op.create_index(batch_op.f('ix_project_lead_department_id'), ['lead_department_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_project_level'), ['level'], unique=False)
        batch_op.create_index('ix_project_name_key_town', ['name_key', 'town_id'], unique=False)
        batch_op.create_index('ix_project_town_stage', ['town_id', 'stage'], unique=False)

    op.create_table('alert',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('key', sa.String(length=120), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('light', sa.String(length=32), nullable=False),
    sa.Column('because', sa.String(length=500), nullable=False),
    sa.Column('because_code', sa.String(length=60), nullable=False),
    sa.Column('because_facts', sa.JSON(), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=True),
    sa.Column('enterprise_id', sa.Integer(), nullable=True),
    sa.Column('department_id', sa.Integer(), nullable=True),
    sa.Column('record', sa.String(length=30), nullable=False),
    sa.Column('record_id', sa.Integer(), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('late_wd', sa.Integer(), nullable=True),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('raised_on', sa.Date(), nullable=False),
    sa.Column('seen_on', sa.Date(), nullable=False),
    sa.Column('handled_by', sa.Integer(), nullable=True),
    sa.Column('handled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('handled_note', sa.String(length=500), nullable=False),
    sa.Column('snoozed_until', sa.Date(), nullable=True),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['department_id'], ['department.id'], name=op.f('fk_alert_department_id_department')),
    sa.ForeignKeyConstraint(['enterprise_id'], ['enterprise.id'], name=op.f('fk_alert_enterprise_id_enterprise')),
    sa.ForeignKeyConstraint(['handled_by'], ['user_account.id'], name=op.f('fk_alert_handled_by_user_account')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_alert_project_id_project')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alert')),
    sa.UniqueConstraint('key', name=op.f('uq_alert_key'))
    )
    with op.batch_alter_table('alert', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_alert_department_id'), ['department_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_alert_enterprise_id'), ['enterprise_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_alert_kind'), ['kind'], unique=False)
        batch_op.create_index('ix_alert_project', ['project_id', 'state'], unique=False)
        batch_op.create_index('ix_alert_state_light', ['state', 'light'], unique=False)

    op.create_table('annual_plan',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('plan_wan', sa.BigInteger(), nullable=True),
    sa.Column('batch_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['batch_id'], ['import_batch.id'], name=op.f('fk_annual_plan_batch_id_import_batch')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_annual_plan_project_id_project')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_annual_plan')),
    sa.UniqueConstraint('project_id', 'year', name=op.f('uq_annual_plan_project_id_year'))
    )
    with op.batch_alter_table('annual_plan', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_annual_plan_project_id'), ['project_id'], unique=False)

    op.create_table('assignment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=False),
    sa.Column('officer_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=32), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=True),
    sa.Column('phone', sa.String(length=30), nullable=False),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.Column('batch_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['batch_id'], ['import_batch.id'], name=op.f('fk_assignment_batch_id_import_batch')),
    sa.ForeignKeyConstraint(['officer_id'], ['officer.id'], name=op.f('fk_assignment_officer_id_officer')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_assignment_project_id_project')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assignment'))
    )
    with op.batch_alter_table('assignment', schema=None) as batch_op:
        batch_op.create_index('ix_assignment_officer_open', ['officer_id', 'to_on'], unique=False)
        batch_op.create_index('ix_assignment_open', ['project_id', 'to_on'], unique=False)

    op.create_table('briefing',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('series_year', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=True),
    sa.Column('from_on', sa.Date(), nullable=True),
    sa.Column('to_on', sa.Date(), nullable=True),
    sa.Column('context', sa.JSON(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('template', sa.String(length=80), nullable=False),
    sa.Column('template_sha256', sa.String(length=64), nullable=False),
    sa.Column('queries_version', sa.String(length=20), nullable=False),
    sa.Column('file_id', sa.Integer(), nullable=True),
    sa.Column('made_by', sa.Integer(), nullable=True),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_briefing_file_id_stored_file')),
    sa.ForeignKeyConstraint(['made_by'], ['user_account.id'], name=op.f('fk_briefing_made_by_user_account')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_briefing_project_id_project')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_briefing')),
    sa.UniqueConstraint('kind', 'series_year', 'number', name=op.f('uq_briefing_kind_series_year_number'))
    )
    with op.batch_alter_table('briefing', schema=None) as batch_op:
        batch_op.create_index('ix_briefing_made', ['kind', 'made_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_briefing_project_id'), ['project_id'], unique=False)

    op.create_table('department_contact',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=False),
    sa.Column('department_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('phone', sa.String(length=30), nullable=False),
    sa.ForeignKeyConstraint(['department_id'], ['department.id'], name=op.f('fk_department_contact_department_id_department')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_department_contact_project_id_project')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_department_contact')),
    sa.UniqueConstraint('project_id', 'department_id', 'name', name=op.f('uq_department_contact_project_id_department_id_name'))
    )
    with op.batch_alter_table('department_contact', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_department_contact_department_id'), ['department_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_department_contact_project_id'), ['project_id'], unique=False)

    op.create_table('gate_fact',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('confirmed_on', sa.Date(), nullable=False),
    sa.Column('evidence', sa.String(length=300), nullable=False),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_gate_fact_project_id_project')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_gate_fact')),
    sa.UniqueConstraint('project_id', 'code', name=op.f('uq_gate_fact_project_id_code'))
    )
    with op.batch_alter_table('gate_fact', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_gate_fact_project_id'), ['project_id'], unique=False)

    op.create_table('milestone',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('stage', sa.SmallInteger(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=True),
    sa.Column('department_id', sa.Integer(), nullable=True),
    sa.Column('waits_for', sa.String(length=32), nullable=False),
    sa.Column('duration_wd', sa.Integer(), nullable=False),
    sa.Column('baseline_on', sa.Date(), nullable=True),
    sa.Column('planned_start_on', sa.Date(), nullable=True),
    sa.Column('planned_on', sa.Date(), nullable=True),
    sa.Column('done_on', sa.Date(), nullable=True),
    sa.Column('evidence', sa.String(length=300), nullable=False),
    sa.Column('critical', sa.Boolean(), nullable=False),
    sa.Column('float_wd', sa.Integer(), nullable=True),
    sa.Column('inactive', sa.Boolean(), nullable=False),
    sa.Column('sort', sa.Integer(), nullable=False),
    sa.Column('note', sa.String(length=1000), nullable=False),
    sa.ForeignKeyConstraint(['department_id'], ['department.id'], name=op.f('fk_milestone_department_id_department')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_milestone_item_id_item')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_milestone_project_id_project')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_milestone')),
    sa.UniqueConstraint('project_id', 'code', name=op.f('uq_milestone_project_id_code'))
    )
    with op.batch_alter_table('milestone', schema=None) as batch_op:
        batch_op.create_index('ix_milestone_department', ['department_id', 'done_on'], unique=False)
        batch_op.create_index(batch_op.f('ix_milestone_item_id'), ['item_id'], unique=False)
        batch_op.create_index('ix_milestone_next', ['project_id', 'done_on', 'inactive', 'planned_on', 'sort'], unique=False)
        batch_op.create_index('ix_milestone_open_due', ['done_on', 'planned_on'], unique=False)
        batch_op.create_index('ix_milestone_project', ['project_id', 'sort'], unique=False)

    op.create_table('monthly_progress',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('month', sa.Integer(), nullable=False),
    sa.Column('done_wan', sa.BigInteger(), nullable=True),
    sa.Column('progress', sa.String(length=2000), nullable=False),
    sa.Column('problem', sa.String(length=2000), nullable=False),
    sa.Column('next_step', sa.String(length=2000), nullable=False),
    sa.Column('reported_on', sa.Date(), nullable=False),
    sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('approved_by', sa.Integer(), nullable=True),
    sa.Column('batch_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['approved_by'], ['user_account.id'], name=op.f('fk_monthly_progress_approved_by_user_account')),
    sa.ForeignKeyConstraint(['batch_id'], ['import_batch.id'], name=op.f('fk_monthly_progress_batch_id_import_batch')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_monthly_progress_project_id_project')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_monthly_progress')),
    sa.UniqueConstraint('project_id', 'year', 'month', name=op.f('uq_monthly_progress_project_id_year_month'))
    )
    with op.batch_alter_table('monthly_progress', schema=None) as batch_op:
        batch_op.create_index('ix_monthly_progress_period', ['year', 'month'], unique=False)
        batch_op.create_index(batch_op.f('ix_monthly_progress_project_id'), ['project_id'], unique=False)

    op.create_table('stage_move',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=False),
    sa.Column('from_stage', sa.SmallInteger(), nullable=False),
    sa.Column('to_stage', sa.SmallInteger(), nullable=False),
    sa.Column('moved_on', sa.Date(), nullable=False),
    sa.Column('moved_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.Column('overridden', sa.Boolean(), nullable=False),
    sa.Column('missing', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_stage_move_project_id_project')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_stage_move_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stage_move'))
    )
    with op.batch_alter_table('stage_move', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_stage_move_project_id'), ['project_id'], unique=False)

    op.create_table('visit',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('request_id', sa.String(length=40), nullable=False),
    sa.Column('enterprise_id', sa.Integer(), nullable=True),
    sa.Column('project_id', sa.Integer(), nullable=True),
    sa.Column('visited_on', sa.Date(), nullable=False),
    sa.Column('mode', sa.String(length=32), nullable=False),
    sa.Column('place', sa.String(length=120), nullable=False),
    sa.Column('topics', sa.JSON(), nullable=False),
    sa.Column('note', sa.String(length=4000), nullable=False),
    sa.Column('answered_on_spot', sa.String(length=2000), nullable=False),
    sa.Column('next_visit_on', sa.Date(), nullable=True),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['author_id'], ['user_account.id'], name=op.f('fk_visit_author_id_user_account')),
    sa.ForeignKeyConstraint(['enterprise_id'], ['enterprise.id'], name=op.f('fk_visit_enterprise_id_enterprise')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_visit_project_id_project')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visit')),
    sa.UniqueConstraint('request_id', name=op.f('uq_visit_request_id'))
    )
    with op.batch_alter_table('visit', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_visit_author_id'), ['author_id'], unique=False)
        batch_op.create_index('ix_visit_enterprise', ['enterprise_id', 'visited_on'], unique=False)
        batch_op.create_index('ix_visit_latest', ['visited_on', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_visit_next_visit_on'), ['next_visit_on'], unique=False)
        batch_op.create_index('ix_visit_on', ['state', 'visited_on'], unique=False)
        batch_op.create_index('ix_visit_project', ['project_id', 'visited_on'], unique=False)

    op.create_table('alert_recipient',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('alert_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['alert_id'], ['alert.id'], name=op.f('fk_alert_recipient_alert_id_alert')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_alert_recipient_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alert_recipient')),
    sa.UniqueConstraint('alert_id', 'user_id', name=op.f('uq_alert_recipient_alert_id_user_id'))
    )
    with op.batch_alter_table('alert_recipient', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_alert_recipient_alert_id'), ['alert_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_alert_recipient_user_id'), ['user_id'], unique=False)

    op.create_table('demand',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('visit_id', sa.Integer(), nullable=True),
    sa.Column('enterprise_id', sa.Integer(), nullable=True),
    sa.Column('project_id', sa.Integer(), nullable=True),
    sa.Column('demand_class', sa.String(length=32), nullable=False),
    sa.Column('grade', sa.String(length=32), nullable=False),
    sa.Column('content', sa.String(length=2000), nullable=False),
    sa.Column('raised_on', sa.Date(), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.Column('result', sa.String(length=1000), nullable=False),
    sa.ForeignKeyConstraint(['enterprise_id'], ['enterprise.id'], name=op.f('fk_demand_enterprise_id_enterprise')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_demand_project_id_project')),
    sa.ForeignKeyConstraint(['visit_id'], ['visit.id'], name=op.f('fk_demand_visit_id_visit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_demand'))
    )
    with op.batch_alter_table('demand', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_demand_enterprise_id'), ['enterprise_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_demand_project_id'), ['project_id'], unique=False)
        batch_op.create_index('ix_demand_raised', ['raised_on', 'demand_class'], unique=False)
        batch_op.create_index(batch_op.f('ix_demand_state'), ['state'], unique=False)
        batch_op.create_index(batch_op.f('ix_demand_visit_id'), ['visit_id'], unique=False)

    op.create_table('milestone_link',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('milestone_id', sa.Integer(), nullable=False),
    sa.Column('prerequisite_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['milestone_id'], ['milestone.id'], name=op.f('fk_milestone_link_milestone_id_milestone')),
    sa.ForeignKeyConstraint(['prerequisite_id'], ['milestone.id'], name=op.f('fk_milestone_link_prerequisite_id_milestone')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_milestone_link')),
    sa.UniqueConstraint('milestone_id', 'prerequisite_id', name=op.f('uq_milestone_link_milestone_id_prerequisite_id'))
    )
    with op.batch_alter_table('milestone_link', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_milestone_link_milestone_id'), ['milestone_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_milestone_link_prerequisite_id'), ['prerequisite_id'], unique=False)

    op.create_table('permit_case',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('case_no', sa.String(length=40), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('enterprise_id', sa.Integer(), nullable=True),
    sa.Column('project_id', sa.Integer(), nullable=True),
    sa.Column('milestone_id', sa.Integer(), nullable=True),
    sa.Column('department_id', sa.Integer(), nullable=True),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.Column('accepted_on', sa.Date(), nullable=True),
    sa.Column('starts_on', sa.Date(), nullable=True),
    sa.Column('legal_limit', sa.Integer(), nullable=True),
    sa.Column('promised_limit', sa.Integer(), nullable=True),
    sa.Column('unit', sa.String(length=32), nullable=False),
    sa.Column('extension', sa.Integer(), nullable=False),
    sa.Column('extension_approver', sa.String(length=60), nullable=False),
    sa.Column('extension_reason', sa.String(length=300), nullable=False),
    sa.Column('extended_on', sa.Date(), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('promised_due_on', sa.Date(), nullable=True),
    sa.Column('yellow_on', sa.Date(), nullable=True),
    sa.Column('provisional', sa.Boolean(), nullable=False),
    sa.Column('decided_on', sa.Date(), nullable=True),
    sa.Column('result', sa.String(length=120), nullable=False),
    sa.Column('permit_no', sa.String(length=80), nullable=False),
    sa.Column('issued_on', sa.Date(), nullable=True),
    sa.Column('expires_on', sa.Date(), nullable=True),
    sa.Column('renew_by_on', sa.Date(), nullable=True),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.Column('request_id', sa.String(length=40), nullable=True),
    sa.ForeignKeyConstraint(['department_id'], ['department.id'], name=op.f('fk_permit_case_department_id_department')),
    sa.ForeignKeyConstraint(['enterprise_id'], ['enterprise.id'], name=op.f('fk_permit_case_enterprise_id_enterprise')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_permit_case_item_id_item')),
    sa.ForeignKeyConstraint(['milestone_id'], ['milestone.id'], name=op.f('fk_permit_case_milestone_id_milestone')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_permit_case_project_id_project')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_permit_case')),
    sa.UniqueConstraint('case_no', name=op.f('uq_permit_case_case_no')),
    sa.UniqueConstraint('request_id', name=op.f('uq_permit_case_request_id'))
    )
    with op.batch_alter_table('permit_case', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_permit_case_department_id'), ['department_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_permit_case_enterprise_id'), ['enterprise_id'], unique=False)
        batch_op.create_index('ix_permit_case_expiry', ['expires_on'], unique=False)
        batch_op.create_index(batch_op.f('ix_permit_case_item_id'), ['item_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_permit_case_milestone_id'), ['milestone_id'], unique=False)
        batch_op.create_index('ix_permit_case_open_due', ['decided_on', 'due_on'], unique=False)
        batch_op.create_index(batch_op.f('ix_permit_case_project_id'), ['project_id'], unique=False)

    op.create_table('promise',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('visit_id', sa.Integer(), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=True),
    sa.Column('enterprise_id', sa.Integer(), nullable=True),
    sa.Column('text', sa.String(length=500), nullable=False),
    sa.Column('owner', sa.String(length=60), nullable=False),
    sa.Column('owner_id', sa.Integer(), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('done_on', sa.Date(), nullable=True),
    sa.Column('result', sa.String(length=500), nullable=False),
    sa.ForeignKeyConstraint(['enterprise_id'], ['enterprise.id'], name=op.f('fk_promise_enterprise_id_enterprise')),
    sa.ForeignKeyConstraint(['owner_id'], ['user_account.id'], name=op.f('fk_promise_owner_id_user_account')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_promise_project_id_project')),
    sa.ForeignKeyConstraint(['visit_id'], ['visit.id'], name=op.f('fk_promise_visit_id_visit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_promise'))
    )
    with op.batch_alter_table('promise', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_promise_enterprise_id'), ['enterprise_id'], unique=False)
        batch_op.create_index('ix_promise_open', ['done_on', 'due_on'], unique=False)
        batch_op.create_index(batch_op.f('ix_promise_owner_id'), ['owner_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_promise_project_id'), ['project_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_promise_visit_id'), ['visit_id'], unique=False)

    op.create_table('visit_person',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('visit_id', sa.Integer(), nullable=False),
    sa.Column('side', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('title', sa.String(length=60), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('contact_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['contact_id'], ['contact.id'], name=op.f('fk_visit_person_contact_id_contact')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_visit_person_user_id_user_account')),
    sa.ForeignKeyConstraint(['visit_id'], ['visit.id'], name=op.f('fk_visit_person_visit_id_visit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visit_person'))
    )
    with op.batch_alter_table('visit_person', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_visit_person_visit_id'), ['visit_id'], unique=False)

    op.create_table('clock_stop',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('ground', sa.String(length=300), nullable=False),
    sa.Column('basis', sa.String(length=200), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=True),
    sa.Column('planned_wd', sa.Integer(), nullable=False),
    sa.Column('told_on', sa.Date(), nullable=True),
    sa.Column('notice_no', sa.String(length=80), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['permit_case.id'], name=op.f('fk_clock_stop_case_id_permit_case')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_clock_stop'))
    )
    with op.batch_alter_table('clock_stop', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_clock_stop_case_id'), ['case_id'], unique=False)



    append_only("audit_entry")


def append_only(table: str) -> None:
    """The database itself refuses to change or delete a line of the trail."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"
    )


def downgrade() -> None:
    with op.batch_alter_table('clock_stop', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_clock_stop_case_id'))

    op.drop_table('clock_stop')
    with op.batch_alter_table('visit_person', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_visit_person_visit_id'))

    op.drop_table('visit_person')
    with op.batch_alter_table('promise', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_promise_visit_id'))
        batch_op.drop_index(batch_op.f('ix_promise_project_id'))
        batch_op.drop_index(batch_op.f('ix_promise_owner_id'))
        batch_op.drop_index('ix_promise_open')
        batch_op.drop_index(batch_op.f('ix_promise_enterprise_id'))

    op.drop_table('promise')
    with op.batch_alter_table('permit_case', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_permit_case_project_id'))
        batch_op.drop_index('ix_permit_case_open_due')
        batch_op.drop_index(batch_op.f('ix_permit_case_milestone_id'))
        batch_op.drop_index(batch_op.f('ix_permit_case_item_id'))
        batch_op.drop_index('ix_permit_case_expiry')
        batch_op.drop_index(batch_op.f('ix_permit_case_enterprise_id'))
        batch_op.drop_index(batch_op.f('ix_permit_case_department_id'))

    op.drop_table('permit_case')
    with op.batch_alter_table('milestone_link', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_milestone_link_prerequisite_id'))
        batch_op.drop_index(batch_op.f('ix_milestone_link_milestone_id'))

    op.drop_table('milestone_link')
    with op.batch_alter_table('demand', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_demand_visit_id'))
        batch_op.drop_index(batch_op.f('ix_demand_state'))
        batch_op.drop_index('ix_demand_raised')
        batch_op.drop_index(batch_op.f('ix_demand_project_id'))
        batch_op.drop_index(batch_op.f('ix_demand_enterprise_id'))

    op.drop_table('demand')
    with op.batch_alter_table('alert_recipient', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_alert_recipient_user_id'))
        batch_op.drop_index(batch_op.f('ix_alert_recipient_alert_id'))

    op.drop_table('alert_recipient')
    with op.batch_alter_table('visit', schema=None) as batch_op:
        batch_op.drop_index('ix_visit_project')
        batch_op.drop_index('ix_visit_on')
        batch_op.drop_index(batch_op.f('ix_visit_next_visit_on'))
        batch_op.drop_index('ix_visit_latest')
        batch_op.drop_index('ix_visit_enterprise')
        batch_op.drop_index(batch_op.f('ix_visit_author_id'))

    op.drop_table('visit')
    with op.batch_alter_table('stage_move', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_stage_move_project_id'))

    op.drop_table('stage_move')
    with op.batch_alter_table('monthly_progress', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_monthly_progress_project_id'))
        batch_op.drop_index('ix_monthly_progress_period')

    op.drop_table('monthly_progress')
    with op.batch_alter_table('milestone', schema=None) as batch_op:
        batch_op.drop_index('ix_milestone_project')
        batch_op.drop_index('ix_milestone_open_due')
        batch_op.drop_index('ix_milestone_next')
        batch_op.drop_index(batch_op.f('ix_milestone_item_id'))
        batch_op.drop_index('ix_milestone_department')

    op.drop_table('milestone')
    with op.batch_alter_table('gate_fact', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_gate_fact_project_id'))

    op.drop_table('gate_fact')
    with op.batch_alter_table('department_contact', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_department_contact_project_id'))
        batch_op.drop_index(batch_op.f('ix_department_contact_department_id'))

    op.drop_table('department_contact')
    with op.batch_alter_table('briefing', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_briefing_project_id'))
        batch_op.drop_index('ix_briefing_made')

    op.drop_table('briefing')
    with op.batch_alter_table('assignment', schema=None) as batch_op:
        batch_op.drop_index('ix_assignment_open')
        batch_op.drop_index('ix_assignment_officer_open')

    op.drop_table('assignment')
    with op.batch_alter_table('annual_plan', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_annual_plan_project_id'))

    op.drop_table('annual_plan')
    with op.batch_alter_table('alert', schema=None) as batch_op:
        batch_op.drop_index('ix_alert_state_light')
        batch_op.drop_index('ix_alert_project')
        batch_op.drop_index(batch_op.f('ix_alert_kind'))
        batch_op.drop_index(batch_op.f('ix_alert_enterprise_id'))
        batch_op.drop_index(batch_op.f('ix_alert_department_id'))

    op.drop_table('alert')
    with op.batch_alter_table('project', schema=None) as batch_op:
        batch_op.drop_index('ix_project_town_stage')
        batch_op.drop_index('ix_project_name_key_town')
        batch_op.drop_index(batch_op.f('ix_project_level'))
        batch_op.drop_index(batch_op.f('ix_project_lead_department_id'))
        batch_op.drop_index(batch_op.f('ix_project_last_contact_on'))
        batch_op.drop_index(batch_op.f('ix_project_initials'))
        batch_op.drop_index(batch_op.f('ix_project_enterprise_id'))

    op.drop_table('project')
    with op.batch_alter_table('contact', schema=None) as batch_op:
        batch_op.drop_index('ix_contact_enterprise')

    op.drop_table('contact')
    with op.batch_alter_table('import_row', schema=None) as batch_op:
        batch_op.drop_index('ix_import_row_batch')

    op.drop_table('import_row')
    with op.batch_alter_table('enterprise', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_enterprise_town_id'))
        batch_op.drop_index(batch_op.f('ix_enterprise_name_key'))
        batch_op.drop_index(batch_op.f('ix_enterprise_initials'))

    op.drop_table('enterprise')
    with op.batch_alter_table('web_session', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_web_session_user_id'))

    op.drop_table('web_session')
    with op.batch_alter_table('stored_file', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_stored_file_sha256'))
        batch_op.drop_index('ix_stored_file_owner')

    op.drop_table('stored_file')
    op.drop_table('saved_mapping')
    with op.batch_alter_table('officer', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_officer_town_id'))
        batch_op.drop_index(batch_op.f('ix_officer_name'))
        batch_op.drop_index(batch_op.f('ix_officer_active'))

    op.drop_table('officer')
    with op.batch_alter_table('import_batch', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_import_batch_sha256'))

    op.drop_table('import_batch')
    with op.batch_alter_table('draft', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_draft_user_id'))

    op.drop_table('draft')
    with op.batch_alter_table('user_account', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_user_account_town_id'))
        batch_op.drop_index(batch_op.f('ix_user_account_role'))
        batch_op.drop_index(batch_op.f('ix_user_account_department_id'))
        batch_op.drop_index(batch_op.f('ix_user_account_active'))

    op.drop_table('user_account')
    with op.batch_alter_table('item', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_item_department_id'))

    op.drop_table('item')
    op.drop_table('town')
    op.drop_table('threshold')
    op.drop_table('setup_code')
    op.drop_table('setting')
    op.drop_table('scan_run')
    with op.batch_alter_table('plan_step', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_plan_step_project_type'))

    op.drop_table('plan_step')
    op.drop_table('department')
    op.drop_table('calendar_year')
    op.drop_table('calendar_day')
    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_audit_entry_user_id'))
        batch_op.drop_index('ix_audit_entry_record')
        batch_op.drop_index('ix_audit_entry_project')
        batch_op.drop_index('ix_audit_entry_enterprise')
        batch_op.drop_index(batch_op.f('ix_audit_entry_action'))

    op.drop_table('audit_entry')
