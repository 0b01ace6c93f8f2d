-- A patient is never lost for a reference that leads nowhere.

insert into migrated.profiles (_key) values (1), (2), (3), (4), (5), (6), (7), (8);
insert into migrated.doctors (_key) values (70);
insert into migrated.offices (_key) values (5), (6);

-- case: the office is the patient's own, else the lowest of the doctor's
insert into source.dispatch_office_doctors (id, office_id, user_id) values (1, 6, 70), (2, 5, 70), (3, 4, 70), (4, 5, 71);
insert into source.dispatch_patient (id, user_id, doctor_id, office_id) values
    (1, 1, 70, 6), (2, 2, 70, null), (3, 3, 70, 99), (4, 4, 71, null), (5, 5, null, 99);
insert into expected.patients (_key, _warnings, doctor_id, office_id, metadata) values
    (1, '{}', legacy_uuid('doctor', 70), legacy_uuid('office', 6), '{"office_source": "patient"}'),
    (2, '{}', legacy_uuid('doctor', 70), legacy_uuid('office', 5), '{"office_source": "doctor"}'),
    (3, '{office_unknown}', legacy_uuid('doctor', 70), legacy_uuid('office', 5), '{"office_source": "doctor"}'),
    (4, '{doctor_unknown}', null, null, '{"office_source": "none"}'),
    (5, '{office_unknown}', null, null, '{"office_source": "none"}');

-- case: a suffix is trimmed and in capitals; four signs are usual, more than eight or others are unusable
insert into source.dispatch_patient (id, user_id, suffix) values
    (1, 1, ' ab+1 '), (2, 2, 'A-1'), (3, 3, '12345678'), (4, 4, '123456789'), (5, 5, 'Straß'), (6, 6, 'a b'), (7, 7, ' '), (8, 8, null);
insert into expected.patients (_key, _warnings, suffix, metadata) values
    (1, '{}', 'AB+1', '{"suffix_quality": "standard"}'),
    (2, '{suffix_unusual}', 'A-1', '{"suffix_quality": "unusual"}'),
    (3, '{suffix_unusual}', '12345678', '{"suffix_quality": "unusual"}'),
    (4, '{suffix_unusable}', null, '{"suffix_quality": "unusable"}'),
    (5, '{suffix_unusable}', null, '{"suffix_quality": "unusable"}'),
    (6, '{suffix_unusable}', null, '{"suffix_quality": "unusable"}'),
    (7, '{}', null, '{"suffix_quality": "none"}'),
    (8, '{}', null, '{"suffix_quality": "none"}');

-- case: the sex is one of four words
insert into source.dispatch_patient (id, user_id, sex) values (1, 1, 'f'), (2, 2, 'M'), (3, 3, 'O'), (4, 4, 'x'), (5, 5, 'U'), (6, 6, ' ');
insert into expected.patients (_key, sex) values (1, 'female'), (2, 'male'), (3, 'other'), (4, 'other'), (5, 'unknown'), (6, 'unknown');

-- case: a patient is kept whole, an unknown user is warned of
insert into source.dispatch_patient (id, user_id, birth_date, is_deleted, deleted_at, created_at) values
    (1, 1, '1999-12-31', false, null, '2025-08-01 00:00+00'),
    (2, 99, null, true, '2025-08-10 00:00+00', '2025-08-01 00:00+00');
insert into expected.patients
    (_key, _warnings, legacy_id, profile_id, birth_date, is_active, deleted_at, metadata, created_at)
values
    (1, '{}', 1, legacy_uuid('profile', 1), '1999-12-31', true, null, '{"source_patient_id": 1}', '2025-08-01 00:00+00'),
    (2, '{profile_unknown}', 2, null, null, false, '2025-08-10 00:00+00', '{"source_patient_id": 2}', '2025-08-01 00:00+00');
