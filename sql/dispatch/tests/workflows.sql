-- A workflow needs its template and its patient.

insert into migrated.templates (_key) values (5);
insert into migrated.patients (_key) values (100), (200);
insert into migrated.cases (_key) values (100);

-- case: it stays without a case, and is refused without a template or patient
insert into source.dispatch_instance (id, template_id, patient_id, state, created_at) values
    (1, 5, 100, 'new', '2025-08-01 00:00+00'), (2, 5, 200, 'new', '2025-08-01 00:00+00'),
    (3, 99, 100, 'new', '2025-08-01 00:00+00'), (4, 5, 98, 'new', '2025-08-01 00:00+00');
insert into expected.workflows (_key, _warnings, legacy_id, template_id, patient_id, case_id, metadata, created_at) values
    (1, '{}', 1, legacy_uuid('template', 5), legacy_uuid('patient', 100), legacy_uuid('case', 100), '{"source_instance_id": 1}',
     '2025-08-01 00:00+00'),
    (2, '{no_case}', 2, legacy_uuid('template', 5), legacy_uuid('patient', 200), null, '{"source_instance_id": 2}',
     '2025-08-01 00:00+00');
insert into expected.workflows (_key, _outcome) values
    (3, reject('template_not_migrated', 'templates', 99)),
    (4, reject('patient_not_migrated', 'patients', 98));

-- case: a state that is none of the four is unknown
insert into source.dispatch_instance (id, template_id, patient_id, state) values
    (1, 5, 100, 'running'), (2, 5, 100, 'waiting'), (3, 5, 100, 'done'), (4, 5, 100, 'Done');
insert into expected.workflows (_key, _warnings, state) values
    (1, '{}', 'running'), (2, '{}', 'waiting'), (3, '{}', 'done'), (4, '{state_unknown}', 'unknown');
