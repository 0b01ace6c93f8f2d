-- What is in a calendar.

insert into migrated.profiles (_key) values (7);
insert into migrated.patients (_key) values (100);

-- case: an entry is nothing without its user, and stays without its patient
insert into source.dispatch_schedule (id, user_id, patient_id, kind, starts_at, ends_at, created_at) values
    (1, 7, 100, 'visit', '2025-08-01 09:00+00', '2025-08-01 09:00+00', '2025-07-01 00:00+00'),
    (2, 7, 99, 'visit', '2025-08-01 09:00+00', '2025-08-01 10:00+00', '2025-07-01 00:00+00'),
    (3, 7, null, 'visit', '2025-08-01 09:00+00', '2025-08-01 08:00+00', '2025-07-01 00:00+00'),
    (4, 98, 100, 'visit', '2025-08-01 09:00+00', '2025-08-01 10:00+00', '2025-07-01 00:00+00');
insert into expected.schedules
    (_key, _warnings, legacy_id, profile_id, patient_id, kind, starts_at, ends_at, metadata, created_at)
values
    (1, '{}', 1, legacy_uuid('profile', 7), legacy_uuid('patient', 100), 'visit', '2025-08-01 09:00+00', '2025-08-01 09:00+00',
     '{"source_schedule_id": 1}', '2025-07-01 00:00+00'),
    (2, '{patient_unknown}', 2, legacy_uuid('profile', 7), null, 'visit', '2025-08-01 09:00+00', '2025-08-01 10:00+00',
     '{"source_schedule_id": 2}', '2025-07-01 00:00+00'),
    (3, '{ends_before_it_starts}', 3, legacy_uuid('profile', 7), null, 'visit', '2025-08-01 09:00+00', '2025-08-01 08:00+00',
     '{"source_schedule_id": 3}', '2025-07-01 00:00+00');
insert into expected.schedules (_key, _outcome) values (4, reject('user_not_migrated', 'profiles', 98));
