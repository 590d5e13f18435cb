"""approvals under supervision"""

from alembic import op
import sqlalchemy as sa

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('case_step',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_step')),
    sa.UniqueConstraint('name', name=op.f('uq_case_step_name'))
    )
    op.create_table('case_tally',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('month', sa.Date(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('department_id', sa.Integer(), nullable=True),
    sa.Column('town_id', sa.Integer(), nullable=True),
    sa.Column('step_id', sa.Integer(), nullable=True),
    sa.Column('measure', sa.String(length=20), nullable=False),
    sa.Column('value', sa.Integer(), nullable=False),
    sa.Column('n', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_tally'))
    )
    with op.batch_alter_table('case_tally', schema=None) as batch_op:
        batch_op.create_index('ix_case_tally_measure', ['measure', 'month', 'item_id', 'department_id', 'town_id', 'step_id', 'value', 'n'], unique=False)

    op.create_table('case_tally_month',
    sa.Column('month', sa.Date(), nullable=False),
    sa.Column('counted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('mark', sa.String(length=200), nullable=False),
    sa.PrimaryKeyConstraint('month', name=op.f('pk_case_tally_month'))
    )
    op.create_table('case_batch',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('file_name', sa.String(length=255), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('rows_total', sa.Integer(), nullable=True),
    sa.Column('rows_done', sa.Integer(), nullable=False),
    sa.Column('created', sa.Integer(), nullable=False),
    sa.Column('changed', sa.Integer(), nullable=False),
    sa.Column('unchanged', sa.Integer(), nullable=False),
    sa.Column('duplicates', sa.Integer(), nullable=False),
    sa.Column('refused', sa.Integer(), nullable=False),
    sa.Column('mode', sa.String(length=10), nullable=False),
    sa.Column('mapping', sa.JSON(), nullable=False),
    sa.Column('summary', sa.JSON(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('error', sa.String(length=500), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_case_batch_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_batch'))
    )
    with op.batch_alter_table('case_batch', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_case_batch_sha256'), ['sha256'], unique=False)

    op.create_table('item_document',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('standing', sa.String(length=32), nullable=False),
    sa.Column('since_on', sa.Date(), nullable=True),
    sa.Column('before', sa.String(length=32), nullable=True),
    sa.Column('basis', sa.String(length=200), nullable=False),
    sa.Column('note', sa.String(length=300), nullable=False),
    sa.Column('sort', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_item_document_item_id_item')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_item_document'))
    )
    with op.batch_alter_table('item_document', schema=None) as batch_op:
        batch_op.create_index('ix_item_document_item', ['item_id', 'sort'], unique=False)

    op.create_table('item_procedure',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('stops_clock', sa.Boolean(), nullable=False),
    sa.Column('stop_basis', sa.String(length=200), nullable=False),
    sa.Column('basis', sa.String(length=200), nullable=False),
    sa.Column('conditions', sa.String(length=500), nullable=False),
    sa.Column('start_limit_wd', sa.Integer(), nullable=True),
    sa.Column('longest_wd', sa.Integer(), nullable=True),
    sa.Column('times', sa.Integer(), nullable=False),
    sa.Column('notice_needed', sa.Boolean(), nullable=False),
    sa.Column('charged', sa.Boolean(), nullable=False),
    sa.Column('charge_basis', sa.String(length=200), nullable=False),
    sa.Column('certainty', sa.String(length=80), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_item_procedure_item_id_item')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_item_procedure')),
    sa.UniqueConstraint('item_id', 'kind', 'name', name=op.f('uq_item_procedure_item_id_kind_name'))
    )
    with op.batch_alter_table('item_procedure', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_item_procedure_item_id'), ['item_id'], unique=False)

    op.create_table('item_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=True),
    sa.Column('rule', sa.JSON(), nullable=False),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_item_version_item_id_item')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_item_version')),
    sa.UniqueConstraint('item_id', 'from_on', name=op.f('uq_item_version_item_id_from_on'))
    )
    with op.batch_alter_table('item_version', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_item_version_item_id'), ['item_id'], unique=False)

    op.create_table('reform_measure',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=True),
    sa.Column('department_id', sa.Integer(), nullable=True),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('text', sa.String(length=1000), nullable=False),
    sa.Column('owner_id', sa.Integer(), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('in_force_on', sa.Date(), nullable=True),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.Column('request_id', sa.String(length=40), nullable=True),
    sa.ForeignKeyConstraint(['department_id'], ['department.id'], name=op.f('fk_reform_measure_department_id_department')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_reform_measure_item_id_item')),
    sa.ForeignKeyConstraint(['owner_id'], ['user_account.id'], name=op.f('fk_reform_measure_owner_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reform_measure')),
    sa.UniqueConstraint('request_id', name=op.f('uq_reform_measure_request_id'))
    )
    with op.batch_alter_table('reform_measure', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reform_measure_department_id'), ['department_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_reform_measure_item_id'), ['item_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_reform_measure_owner_id'), ['owner_id'], unique=False)

    op.create_table('case_batch_row',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('batch_id', sa.Integer(), nullable=False),
    sa.Column('row', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('values', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['batch_id'], ['case_batch.id'], name=op.f('fk_case_batch_row_batch_id_case_batch')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_batch_row'))
    )
    with op.batch_alter_table('case_batch_row', schema=None) as batch_op:
        batch_op.create_index('ix_case_batch_row_batch', ['batch_id', 'row'], unique=False)

    op.create_table('project_forecast',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=False),
    sa.Column('target', sa.String(length=20), nullable=False),
    sa.Column('made_on', sa.Date(), nullable=False),
    sa.Column('p50_on', sa.Date(), nullable=False),
    sa.Column('p80_on', sa.Date(), nullable=False),
    sa.Column('p95_on', sa.Date(), nullable=False),
    sa.Column('movers', sa.JSON(), nullable=False),
    sa.Column('basis', sa.JSON(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_project_forecast_project_id_project')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_project_forecast')),
    sa.UniqueConstraint('project_id', 'target', name=op.f('uq_project_forecast_project_id_target'))
    )
    with op.batch_alter_table('project_forecast', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_project_forecast_project_id'), ['project_id'], unique=False)

    op.create_table('case_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('step_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('who', sa.String(length=60), nullable=False),
    sa.Column('unit', sa.String(length=60), nullable=False),
    sa.Column('lifecycle', sa.String(length=20), nullable=False),
    sa.Column('number', sa.String(length=40), nullable=False),
    sa.Column('wait_wd', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['permit_case.id'], name=op.f('fk_case_event_case_id_permit_case')),
    sa.ForeignKeyConstraint(['step_id'], ['case_step.id'], name=op.f('fk_case_event_step_id_case_step')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_event'))
    )
    with op.batch_alter_table('case_event', schema=None) as batch_op:
        batch_op.create_index('ix_case_event_case', ['case_id', 'at'], unique=False)

    op.create_table('commitment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('enterprise_id', sa.Integer(), nullable=True),
    sa.Column('route', sa.String(length=32), nullable=False),
    sa.Column('document_id', sa.Integer(), nullable=True),
    sa.Column('text', sa.String(length=300), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('promised_on', sa.Date(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('fulfilled_on', sa.Date(), nullable=True),
    sa.Column('verify_by_on', sa.Date(), nullable=True),
    sa.Column('verified_on', sa.Date(), nullable=True),
    sa.Column('verified_by', sa.String(length=60), nullable=False),
    sa.Column('finding', sa.String(length=500), nullable=False),
    sa.Column('correct_by_on', sa.Date(), nullable=True),
    sa.Column('corrected_on', sa.Date(), nullable=True),
    sa.Column('broken_on', sa.Date(), nullable=True),
    sa.Column('revoked_on', sa.Date(), nullable=True),
    sa.Column('file_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['permit_case.id'], name=op.f('fk_commitment_case_id_permit_case')),
    sa.ForeignKeyConstraint(['document_id'], ['item_document.id'], name=op.f('fk_commitment_document_id_item_document')),
    sa.ForeignKeyConstraint(['enterprise_id'], ['enterprise.id'], name=op.f('fk_commitment_enterprise_id_enterprise')),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_commitment_file_id_stored_file')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_commitment'))
    )
    with op.batch_alter_table('commitment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_commitment_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_commitment_enterprise_id'), ['enterprise_id'], unique=False)
        batch_op.create_index('ix_commitment_open_due', ['state', 'due_on'], unique=False)

    op.create_table('obligation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=True),
    sa.Column('case_id', sa.Integer(), nullable=True),
    sa.Column('line', sa.String(length=30), nullable=False),
    sa.Column('what', sa.String(length=120), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('done_on', sa.Date(), nullable=True),
    sa.Column('evidence', sa.String(length=300), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['permit_case.id'], name=op.f('fk_obligation_case_id_permit_case')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_obligation_project_id_project')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_obligation'))
    )
    with op.batch_alter_table('obligation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_obligation_case_id'), ['case_id'], unique=False)
        batch_op.create_index('ix_obligation_project_line', ['project_id', 'line'], unique=False)

    op.create_table('special_procedure',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('register_id', sa.Integer(), nullable=True),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('stops_clock', sa.Boolean(), nullable=False),
    sa.Column('ground', sa.String(length=300), nullable=False),
    sa.Column('basis', sa.String(length=200), nullable=False),
    sa.Column('opened_by', sa.String(length=60), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=True),
    sa.Column('planned_wd', sa.Integer(), nullable=False),
    sa.Column('start_by_on', sa.Date(), nullable=True),
    sa.Column('end_by_on', sa.Date(), nullable=True),
    sa.Column('told_on', sa.Date(), nullable=True),
    sa.Column('notice_no', sa.String(length=80), nullable=False),
    sa.Column('notice_file_id', sa.Integer(), nullable=True),
    sa.Column('staff', sa.JSON(), nullable=False),
    sa.Column('approver', sa.String(length=60), nullable=False),
    sa.Column('result', sa.String(length=500), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['permit_case.id'], name=op.f('fk_special_procedure_case_id_permit_case')),
    sa.ForeignKeyConstraint(['notice_file_id'], ['stored_file.id'], name=op.f('fk_special_procedure_notice_file_id_stored_file')),
    sa.ForeignKeyConstraint(['register_id'], ['item_procedure.id'], name=op.f('fk_special_procedure_register_id_item_procedure')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_special_procedure'))
    )
    with op.batch_alter_table('special_procedure', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_special_procedure_case_id'), ['case_id'], unique=False)

    op.create_table('supervision_letter',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('number', sa.String(length=60), nullable=False),
    sa.Column('series_year', sa.Integer(), nullable=False),
    sa.Column('serial', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=True),
    sa.Column('department_id', sa.Integer(), nullable=True),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('issued_on', sa.Date(), nullable=False),
    sa.Column('reply_by_on', sa.Date(), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('template_sha256', sa.String(length=64), nullable=False),
    sa.Column('file_id', sa.Integer(), nullable=True),
    sa.Column('replied_on', sa.Date(), nullable=True),
    sa.Column('reply', sa.String(length=1000), nullable=False),
    sa.Column('withdrawn_on', sa.Date(), nullable=True),
    sa.Column('withdraw_reason', sa.String(length=300), nullable=False),
    sa.Column('issued_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['permit_case.id'], name=op.f('fk_supervision_letter_case_id_permit_case')),
    sa.ForeignKeyConstraint(['department_id'], ['department.id'], name=op.f('fk_supervision_letter_department_id_department')),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_supervision_letter_file_id_stored_file')),
    sa.ForeignKeyConstraint(['issued_by'], ['user_account.id'], name=op.f('fk_supervision_letter_issued_by_user_account')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_supervision_letter_project_id_project')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_supervision_letter')),
    sa.UniqueConstraint('number', name=op.f('uq_supervision_letter_number')),
    sa.UniqueConstraint('series_year', 'serial', name=op.f('uq_supervision_letter_series_year_serial'))
    )
    with op.batch_alter_table('supervision_letter', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_supervision_letter_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_supervision_letter_department_id'), ['department_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_supervision_letter_project_id'), ['project_id'], unique=False)
        batch_op.create_index('ix_supervision_letter_waiting', ['state', 'reply_by_on'], unique=False)

    op.create_table('credit_mark',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('enterprise_id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('commitment_id', sa.Integer(), nullable=False),
    sa.Column('marked_on', sa.Date(), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('repaired_on', sa.Date(), nullable=True),
    sa.Column('repair_basis', sa.String(length=300), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['permit_case.id'], name=op.f('fk_credit_mark_case_id_permit_case')),
    sa.ForeignKeyConstraint(['commitment_id'], ['commitment.id'], name=op.f('fk_credit_mark_commitment_id_commitment')),
    sa.ForeignKeyConstraint(['enterprise_id'], ['enterprise.id'], name=op.f('fk_credit_mark_enterprise_id_enterprise')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_credit_mark')),
    sa.UniqueConstraint('commitment_id', name=op.f('uq_credit_mark_commitment_id'))
    )
    with op.batch_alter_table('credit_mark', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_credit_mark_enterprise_id'), ['enterprise_id'], unique=False)

    # Every stop so far becomes a special procedure that stops the clock.
    op.execute(
        "INSERT INTO special_procedure (id, version, created_at, updated_at, case_id, kind, stops_clock, ground, "
        "basis, opened_by, from_on, to_on, planned_wd, told_on, notice_no, staff, approver, result) "
        "SELECT id, version, created_at, updated_at, case_id, kind, true, ground, basis, '', from_on, to_on, "
        "planned_wd, told_on, notice_no, '[]', '', '' FROM clock_stop"
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "SELECT setval(pg_get_serial_sequence('special_procedure', 'id'), "
            "(SELECT coalesce(max(id), 0) + 1 FROM special_procedure), false)"
        )
    with op.batch_alter_table('clock_stop', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_clock_stop_case_id'))

    op.drop_table('clock_stop')
    with op.batch_alter_table('item', schema=None) as batch_op:
        batch_op.add_column(sa.Column('correction_limit', sa.Integer(), nullable=False, server_default='5'))
        batch_op.add_column(sa.Column('from_hall', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('hall_code', sa.String(length=60), nullable=False, server_default=''))
        batch_op.create_index(batch_op.f('ix_item_hall_code'), ['hall_code'], unique=False)

    with op.batch_alter_table('permit_case', schema=None) as batch_op:
        batch_op.alter_column('case_no', existing_type=sa.String(length=40), type_=sa.String(length=60), existing_nullable=False)
        batch_op.add_column(sa.Column('source', sa.String(length=32), nullable=False, server_default='ours'))
        batch_op.add_column(sa.Column('item_version_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('applicant', sa.String(length=120), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('applicant_code', sa.String(length=18), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('town_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('channel', sa.String(length=40), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('handler', sa.String(length=60), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('route', sa.String(length=32), nullable=False, server_default='ordinary'))
        batch_op.add_column(sa.Column('accept_by_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('correction_told_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('correction_due_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('correction_text', sa.String(length=1000), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('corrected_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('deemed', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('extension_told_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('held_from', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('untold_from', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('outcome', sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column('permit_extensions', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('deliver_by_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('delivered_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('deadline_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('running_wd', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('enterprise_wd', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('stopped_wd', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('late', sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column('corrections', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('batch_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('fingerprint', sa.String(length=24), nullable=True))
        batch_op.add_column(sa.Column('extra', sa.JSON(), nullable=True))
        batch_op.drop_index(batch_op.f('ix_permit_case_department_id'))
        batch_op.drop_index(batch_op.f('ix_permit_case_item_id'))
        batch_op.create_index('ix_permit_case_accept_by', ['accept_by_on'], unique=False, sqlite_where=sa.text('accept_by_on IS NOT NULL'), postgresql_where=sa.text('accept_by_on IS NOT NULL'))
        batch_op.create_index('ix_permit_case_deliver_by', ['deliver_by_on'], unique=False, sqlite_where=sa.text('deliver_by_on IS NOT NULL AND delivered_on IS NULL'), postgresql_where=sa.text('deliver_by_on IS NOT NULL AND delivered_on IS NULL'))
        batch_op.create_index('ix_permit_case_department', ['department_id', 'received_on'], unique=False)
        batch_op.create_index('ix_permit_case_issued', ['item_id', 'issued_on'], unique=False, sqlite_where=sa.text('issued_on IS NOT NULL'), postgresql_where=sa.text('issued_on IS NOT NULL'))
        batch_op.create_index('ix_permit_case_item', ['item_id', 'received_on'], unique=False)
        batch_op.create_index('ix_permit_case_list', ['received_on', 'id', 'decided_on', 'item_id', 'department_id', 'town_id', 'project_id', 'enterprise_id', 'state', 'late', 'corrections', 'running_wd', 'stopped_wd', 'outcome'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_permit_case_town_id_town'), 'town', ['town_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_permit_case_item_version_id_item_version'), 'item_version', ['item_version_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_permit_case_batch_id_case_batch'), 'case_batch', ['batch_id'], ['id'])
    op.execute("UPDATE permit_case SET outcome = 'granted' WHERE issued_on IS NOT NULL AND state = 'decided'")


def downgrade() -> None:
    with op.batch_alter_table('permit_case', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_permit_case_batch_id_case_batch'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_permit_case_item_version_id_item_version'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_permit_case_town_id_town'), type_='foreignkey')
        batch_op.drop_index('ix_permit_case_list')
        batch_op.drop_index('ix_permit_case_item')
        batch_op.drop_index('ix_permit_case_issued', sqlite_where=sa.text('issued_on IS NOT NULL'), postgresql_where=sa.text('issued_on IS NOT NULL'))
        batch_op.drop_index('ix_permit_case_department')
        batch_op.drop_index('ix_permit_case_deliver_by', sqlite_where=sa.text('deliver_by_on IS NOT NULL AND delivered_on IS NULL'), postgresql_where=sa.text('deliver_by_on IS NOT NULL AND delivered_on IS NULL'))
        batch_op.drop_index('ix_permit_case_accept_by', sqlite_where=sa.text('accept_by_on IS NOT NULL'), postgresql_where=sa.text('accept_by_on IS NOT NULL'))
        batch_op.create_index(batch_op.f('ix_permit_case_item_id'), ['item_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_permit_case_department_id'), ['department_id'], unique=False)
        batch_op.drop_column('extra')
        batch_op.drop_column('fingerprint')
        batch_op.drop_column('batch_id')
        batch_op.drop_column('corrections')
        batch_op.drop_column('late')
        batch_op.drop_column('stopped_wd')
        batch_op.drop_column('enterprise_wd')
        batch_op.drop_column('running_wd')
        batch_op.drop_column('closed_at')
        batch_op.drop_column('deadline_at')
        batch_op.drop_column('delivered_on')
        batch_op.drop_column('deliver_by_on')
        batch_op.drop_column('permit_extensions')
        batch_op.drop_column('outcome')
        batch_op.drop_column('untold_from')
        batch_op.drop_column('held_from')
        batch_op.drop_column('extension_told_on')
        batch_op.drop_column('deemed')
        batch_op.drop_column('corrected_on')
        batch_op.drop_column('correction_text')
        batch_op.drop_column('correction_due_on')
        batch_op.drop_column('correction_told_on')
        batch_op.drop_column('accept_by_on')
        batch_op.drop_column('route')
        batch_op.drop_column('handler')
        batch_op.drop_column('channel')
        batch_op.drop_column('town_id')
        batch_op.drop_column('applicant_code')
        batch_op.drop_column('applicant')
        batch_op.drop_column('item_version_id')
        batch_op.drop_column('source')

    with op.batch_alter_table('item', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_item_hall_code'))
        batch_op.drop_column('hall_code')
        batch_op.drop_column('from_hall')
        batch_op.drop_column('correction_limit')

    op.create_table('clock_stop',
    sa.Column('id', sa.INTEGER(), nullable=False),
    sa.Column('version', sa.INTEGER(), nullable=False),
    sa.Column('created_at', sa.DATETIME(), nullable=False),
    sa.Column('updated_at', sa.DATETIME(), nullable=False),
    sa.Column('case_id', sa.INTEGER(), nullable=False),
    sa.Column('kind', sa.VARCHAR(length=32), nullable=False),
    sa.Column('ground', sa.VARCHAR(length=300), nullable=False),
    sa.Column('basis', sa.VARCHAR(length=200), nullable=False),
    sa.Column('from_on', sa.DATE(), nullable=False),
    sa.Column('to_on', sa.DATE(), nullable=True),
    sa.Column('planned_wd', sa.INTEGER(), nullable=False),
    sa.Column('told_on', sa.DATE(), nullable=True),
    sa.Column('notice_no', sa.VARCHAR(length=80), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['permit_case.id'], name=op.f('fk_clock_stop_case_id_permit_case')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_clock_stop'))
    )
    with op.batch_alter_table('clock_stop', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_clock_stop_case_id'), ['case_id'], unique=False)

    with op.batch_alter_table('credit_mark', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_credit_mark_enterprise_id'))

    op.drop_table('credit_mark')
    with op.batch_alter_table('supervision_letter', schema=None) as batch_op:
        batch_op.drop_index('ix_supervision_letter_waiting')
        batch_op.drop_index(batch_op.f('ix_supervision_letter_project_id'))
        batch_op.drop_index(batch_op.f('ix_supervision_letter_department_id'))
        batch_op.drop_index(batch_op.f('ix_supervision_letter_case_id'))

    op.drop_table('supervision_letter')
    with op.batch_alter_table('special_procedure', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_special_procedure_case_id'))

    op.drop_table('special_procedure')
    with op.batch_alter_table('obligation', schema=None) as batch_op:
        batch_op.drop_index('ix_obligation_project_line')
        batch_op.drop_index(batch_op.f('ix_obligation_case_id'))

    op.drop_table('obligation')
    with op.batch_alter_table('commitment', schema=None) as batch_op:
        batch_op.drop_index('ix_commitment_open_due')
        batch_op.drop_index(batch_op.f('ix_commitment_enterprise_id'))
        batch_op.drop_index(batch_op.f('ix_commitment_case_id'))

    op.drop_table('commitment')
    with op.batch_alter_table('case_event', schema=None) as batch_op:
        batch_op.drop_index('ix_case_event_case')

    op.drop_table('case_event')
    with op.batch_alter_table('project_forecast', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_project_forecast_project_id'))

    op.drop_table('project_forecast')
    with op.batch_alter_table('case_batch_row', schema=None) as batch_op:
        batch_op.drop_index('ix_case_batch_row_batch')

    op.drop_table('case_batch_row')
    with op.batch_alter_table('reform_measure', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_reform_measure_owner_id'))
        batch_op.drop_index(batch_op.f('ix_reform_measure_item_id'))
        batch_op.drop_index(batch_op.f('ix_reform_measure_department_id'))

    op.drop_table('reform_measure')
    with op.batch_alter_table('item_version', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_item_version_item_id'))

    op.drop_table('item_version')
    with op.batch_alter_table('item_procedure', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_item_procedure_item_id'))

    op.drop_table('item_procedure')
    with op.batch_alter_table('item_document', schema=None) as batch_op:
        batch_op.drop_index('ix_item_document_item')

    op.drop_table('item_document')
    with op.batch_alter_table('case_batch', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_case_batch_sha256'))

    op.drop_table('case_batch')
    op.drop_table('case_tally_month')
    with op.batch_alter_table('case_tally', schema=None) as batch_op:
        batch_op.drop_index('ix_case_tally_measure')

    op.drop_table('case_tally')
    op.drop_table('case_step')
