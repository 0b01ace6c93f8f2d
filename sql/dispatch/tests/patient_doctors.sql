-- Which doctors a patient has.

insert into migrated.patients (_key) values (100);
insert into migrated.doctors (_key) values (7);

-- case: both ends must be there
insert into source.dispatch_patient_doctor (id, patient_id, doctor_id, is_primary, created_at) values
    (1, 100, 7, true, '2025-08-01 00:00+00'), (2, 99, 7, true, '2025-08-01 00:00+00'), (3, 100, 500001, false, '2025-08-01 00:00+00');
insert into expected.patient_doctors (_key, legacy_id, patient_id, doctor_id, is_primary, metadata, created_at) values
    (1, 1, legacy_uuid('patient', 100), legacy_uuid('doctor', 7), true, '{"source_patient_doctor_id": 1}', '2025-08-01 00:00+00');
insert into expected.patient_doctors (_key, _outcome) values
    (2, reject('patient_not_migrated', 'patients', 99)),
    (3, reject('doctor_not_migrated', 'doctors', 500001));
