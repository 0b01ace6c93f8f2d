-- A patient has one case.

set default_case = false;

insert into migrated.patients (_key) values (1), (2), (3);

-- case: a patient with an order has a case, with the newest workflow
insert into source.dispatch_patient (id, user_id, created_at) values (1, 1, '2025-08-01 00:00+00');
insert into source.dispatch_instruction (id, patient_id) values (10, 1), (11, 1), (12, null);
insert into source.dispatch_instance (id, template_id, patient_id, state, created_at) values
    (5, 50, 1, 'done', '2025-08-02 00:00+00'),
    (7, 70, 1, 'running', '2025-08-03 00:00+00'),
    (6, 60, 1, 'waiting', '2025-08-03 00:00+00');
insert into expected.cases
    (_key, _warnings, legacy_id, patient_id, workflow_legacy_id, workflow_template_legacy_id, workflow_state,
     workflow_started_at, metadata, created_at)
values
    (1, '{}', 1, legacy_uuid('patient', 1), 7, 70, 'running',
     '2025-08-03 00:00+00', '{"source_patient_id": 1, "instruction_count": 2, "has_workflow": true}', '2025-08-01 00:00+00');

-- case: deleted patients and those without an order have none
insert into source.dispatch_patient (id, user_id, is_deleted) values (1, 1, false), (2, 2, true), (3, 3, false), (4, 4, false);
insert into source.dispatch_instruction (id, patient_id) values (10, 1), (20, 2), (40, 4);
insert into expected.cases (_key, _warnings, workflow_legacy_id, metadata) values
    (1, '{}', null, '{"instruction_count": 1, "has_workflow": false}');
insert into expected.cases (_key, _outcome) values
    (2, reject('patient_deleted')),
    (3, reject('patient_without_order')),
    (4, reject('patient_not_migrated', 'patients', 4));

-- case: as a remedy, they have a case too
set default_case = true;
insert into source.dispatch_patient (id, user_id, is_deleted) values (1, 1, false), (2, 2, true), (3, 3, false);
insert into source.dispatch_instruction (id, patient_id) values (10, 1), (20, 2);
insert into expected.cases (_key, _warnings) values (1, '{}'), (2, '{default_case}'), (3, '{default_case}');
