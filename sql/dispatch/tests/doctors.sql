-- Who is a doctor: whom a patient names, or an office lists.

insert into migrated.profiles (_key) values (1), (2), (3);
insert into migrated.offices (_key) values (5), (6);

-- case: a patient or an office makes a user a doctor, an instruction does not
insert into source.auth_user (id) values (1), (2), (3), (4);
insert into source.dispatch_patient (id, user_id, doctor_id) values (100, 100, 1), (101, 101, 1), (102, 102, 4), (103, 103, null);
insert into source.dispatch_office_doctors (id, office_id, user_id) values (10, 6, 2), (11, 5, 2), (12, 99, 2), (13, 99, 1);
insert into expected.doctors (_key, office_ids, metadata) values
    (1, '{}', '{"patient_count": 2, "office_count": 1}'),
    (2, array[legacy_uuid('office', 5), legacy_uuid('office', 6)], '{"patient_count": 0, "office_count": 3}');
insert into expected.doctors (_key, _outcome) values
    (3, skip('not_a_doctor')),
    (4, reject('profile_not_migrated', 'profiles', 4));

-- case: a doctor has the user's name, whatever there is of it
insert into source.auth_user (id, first_name, last_name, is_active, created_at) values
    (1, 'Grace', 'Hopper', true, '2025-08-01 00:00+00'),
    (2, ' ', '', false, '2025-08-01 00:00+00'),
    (3, '', 'Noether', true, '2025-08-01 00:00+00');
insert into source.dispatch_patient (id, user_id, doctor_id) values (100, 100, 1), (101, 101, 2), (102, 102, 3);
insert into expected.doctors (_key, legacy_id, profile_id, full_name, is_active, metadata, created_at) values
    (1, 1, legacy_uuid('profile', 1), 'Grace Hopper', true, '{"source_user_id": 1}', '2025-08-01 00:00+00'),
    (2, 2, legacy_uuid('profile', 2), null, false, '{"source_user_id": 2}', '2025-08-01 00:00+00'),
    (3, 3, legacy_uuid('profile', 3), 'Noether', true, '{"source_user_id": 3}', '2025-08-01 00:00+00');
