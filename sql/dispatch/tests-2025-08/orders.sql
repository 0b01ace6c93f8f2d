-- The rules of August 2025: the patient's office is not asked for a doctor.

insert into migrated.doctors (_key) values (1), (2);
insert into migrated.patients (_key) values (100), (101);

-- case: the first doctor that is one of ours is taken
insert into source.dispatch_patient (id, user_id, doctor_id, office_id) values (100, 100, 2, 5), (101, 101, 99, 5);
insert into source.dispatch_instruction (id, patient_id, doctor_id, status) values (1, 100, 1, 1), (2, 100, 99, 1), (3, 101, null, 1);
insert into expected.orders (_key, _warnings, doctor_id, metadata) values
    (1, '{}', legacy_uuid('doctor', 1), '{"doctor_source": "instruction"}'),
    (2, '{doctor_repaired}', legacy_uuid('doctor', 2), '{"doctor_source": "patient"}');
insert into expected.orders (_key, _outcome) values (3, reject('missing_doctor'));

-- case: a stock order needs no doctor, an unknown patient is refused
insert into source.dispatch_instruction (id, patient_id, doctor_id, status) values (1, null, null, 1), (2, null, 1, 1), (3, 99, 1, 1);
insert into expected.orders (_key, _warnings, patient_id, doctor_id, metadata) values
    (1, '{no_patient}', null, null, '{"doctor_source": "none"}'),
    (2, '{no_patient}', null, legacy_uuid('doctor', 1), '{"doctor_source": "instruction"}');
insert into expected.orders (_key, _outcome) values (3, reject('patient_not_migrated', 'patients', 99));

-- case: each code is a status, any other is unknown
insert into source.dispatch_instruction (id, status) values
    (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6), (7, 7), (8, 8), (9, 9), (10, 10), (11, 11), (12, 12), (13, 13), (14, 14);
insert into expected.orders (_key, _warnings, status, metadata) values
    (1, '{no_patient}', 'draft', '{"order_status": "draft"}'), (2, '{no_patient}', 'submitted', '{}'),
    (3, '{no_patient}', 'accepted', '{}'), (4, '{no_patient}', 'planning', '{}'),
    (5, '{no_patient}', 'awaiting_approval', '{}'), (6, '{no_patient}', 'approved', '{}'),
    (7, '{no_patient}', 'production', '{}'), (8, '{no_patient}', 'shipped', '{}'), (9, '{no_patient}', 'delivered', '{}'),
    (10, '{no_patient}', 'on_hold', '{}'), (11, '{no_patient}', 'in_treatment', '{}'), (12, '{no_patient}', 'closed', '{}'),
    (13, '{no_patient}', 'cancelled', '{}'), (14, '{no_patient,status_unknown}', 'unknown', '{}');

-- case: an order is kept whole
insert into source.dispatch_patient (id, user_id) values (100, 100);
insert into source.dispatch_instruction
    (id, patient_id, doctor_id, status, kind, notes, submitted_at, is_deleted, created_at) values
    (1, 100, 1, 2, 'crown', 'shade A2', '2025-08-02 00:00+00', false, '2025-08-01 00:00+00'),
    (2, 100, 1, 2, 'crown', '', null, true, '2025-08-01 00:00+00');
insert into expected.orders
    (_key, legacy_instruction_id, patient_id, doctor_id, kind, notes, submitted_at, is_active, metadata, created_at)
values
    (1, 1, legacy_uuid('patient', 100), legacy_uuid('doctor', 1), 'crown', 'shade A2', '2025-08-02 00:00+00', true,
     '{"source_instruction_id": 1, "order_status": "submitted"}', '2025-08-01 00:00+00'),
    (2, 2, legacy_uuid('patient', 100), legacy_uuid('doctor', 1), 'crown', '', null, false,
     '{"source_instruction_id": 2}', '2025-08-01 00:00+00');
