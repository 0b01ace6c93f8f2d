-- One row for each reason, skip reason and warning of the flows of the practice, planted in the legacy sample database;
-- and in golden what must become of it: (flow, key, outcome, reason, warning), '' where there is none.
--
-- Keys are from 9,000,001 up; 9,999,001 and up are of rows that do not exist.
-- Not planted, for no source can make them occur under these rules: profiles auth_user_not_migrated, doctors
-- profile_not_migrated, cases patient_not_migrated (auth_users, profiles and patients leave nobody out).

insert into auth_user
    (id, username, email, first_name, last_name, is_active, is_staff, is_superuser, date_joined, last_login, created_at)
select u.id, 'golden.' || u.id, u.email, u.first_name, u.last_name, u.is_active, u.is_staff, false, u.at, null, u.at
from (
    values
    (9000001, 'first.of.two@golden.test',     'Ada', 'O''Brien', true,  false, timestamptz '2025-08-01 09:00+00'),
    (9000002, ' First.Of.Two@Golden.TEST ',   'ぁ',  'ゟ',       true,  false, timestamptz '2025-08-01 10:00+00'),
    (9000003, '',                             '',    '',         true,  true,  timestamptz '2025-08-01 11:00+00'),
    (9000004, 'doctor.of.patients@golden.test', 'Z', 'Äöü',      true,  false, timestamptz '2025-08-01 12:00+00'),
    (9000005, 'doctor.of.office@golden.test', 'Y',   '"Q"',      false, false, timestamptz '2025-08-01 12:30+00')
) as u (id, email, first_name, last_name, is_active, is_staff, at);

insert into dispatch_office (id, name, country, city, phone, email, is_deleted, created_at)
values (9000001, 'Golden & Sons', 'AU', '', '', '', false, '2025-08-01 09:00+00');

insert into dispatch_office_doctors (id, office_id, user_id, created_at)
values (9000001, 9000001, 9000005, '2025-08-01 12:31+00');

insert into dispatch_patient
    (id, user_id, doctor_id, office_id, suffix, birth_date, sex, is_deleted, deleted_at, created_at)
values
    (9000001, 9999001, 9000004, 9000001, 'AB+1',  null,         'U', false, null, '2025-08-02 09:00+00'),
    (9000002, 9000001, 9999002, 9000001, null,    '1999-12-31', 'F', false, null, '2025-08-02 09:01+00'),
    (9000003, 9000002, 9000004, 9999003, '',      null,         'M', false, null, '2025-08-02 09:02+00'),
    (9000004, 9999004, 9000004, 9000001, ' ab+12', null,        'X', false, null, '2025-08-02 09:03+00'),
    (9000005, 9999005, 9000004, 9000001, 'Straß', null,         'F', false, null, '2025-08-02 09:04+00'),
    (9000006, 9999006, 9000004, 9000001, null,    null,         'F', true,  '2025-08-10 12:00+00',
        '2025-08-02 09:05+00'),
    (9000007, 9999007, null,    null,    null,    null,         'F', false, null, '2025-08-02 09:06+00'),
    (9000008, 9999008, 9000004, null,    null,    null,         'F', false, null, '2025-08-02 09:07+00'),
    (9000009, 9999009, null,    9000001, null,    null,         'F', false, null, '2025-08-02 09:08+00');

insert into dispatch_instruction (id, patient_id, doctor_id, status, kind, notes, submitted_at, is_deleted, created_at)
values
    (9000001, 9000007, null,    1,  'aligner', '', null, false, '2025-08-03 09:00+00'),     -- nobody answers for it
    (9000002, 9999099, 9000004, 2,  'aligner', '', null, false, '2025-08-03 09:01+00'),     -- a patient who is gone
    (9000003, 9000008, 500001,  3,  'aligner', '', null, false, '2025-08-03 09:02+00'),
    (9000004, 9000009, null,    4,  'aligner', '', null, false, '2025-08-03 09:03+00'),
    (9000005, null,    null,    5,  'stock',   '', null, false, '2025-08-03 09:04+00'),
    (9000006, 9000008, 9000004, 99, 'aligner', '', null, false, '2025-08-03 09:05+00'),
    (9000007, 9000006, 9000004, 7,  'aligner', '', null, false, '2025-08-03 09:06+00');     -- of a deleted patient

insert into dispatch_plan (id, instruction_id, parent_id, number, notes, is_approved, created_at)
values
    (9000001, 9000001, null,    1, '', false, '2025-08-04 09:00+00'),
    (9000002, null,    null,    1, '', false, '2025-08-04 09:01+00'),
    (9000003, null,    9999001, 2, '', false, '2025-08-04 09:02+00'),
    (9000004, null,    9000004, 2, '', false, '2025-08-04 09:03+00'),                      -- its own parent
    (9000005, 9000003, null,    1, '', true,  '2025-08-04 09:04+00'),
    (9000006, 9000007, null,    1, '', true,  '2025-08-04 09:05+00');

insert into dispatch_comment (id, plan_id, author_id, text, created_at)
values
    (9000001, 9999002, null,    'no such plan',      '2025-08-05 09:00+00'),
    (9000002, 9000002, null,    'no instruction',    '2025-08-05 09:01+00'),
    (9000003, 9000004, null,    'round and round',   '2025-08-05 09:02+00'),
    (9000004, 9000001, null,    'no order',          '2025-08-05 09:03+00'),
    (9000005, 9000006, null,    'no case',           '2025-08-05 09:04+00'),
    (9000006, 9000005, 9999010, 'nobody says this?', '2025-08-05 09:05+00');

insert into dispatch_state (id, status, "on", actor_id, instruction_id, created_at)
values
    (9000001, 3,  true,  null,    9000003, '2025-08-06 09:00+00'),
    (9000002, 11, true,  9000003, null,    '2025-08-06 09:01+00'),
    (9000003, 12, true,  9000003, 9999003, '2025-08-06 09:02+00'),
    (9000004, 11, true,  9000003, 9000005, '2025-08-06 09:03+00'),                          -- on a stock order
    (9000005, 11, true,  9000003, 9000001, '2025-08-06 09:04+00'),
    (9000006, 11, true,  9000003, 9000007, '2025-08-06 09:05+00'),                          -- before the deletion
    (9000007, 12, true,  9000003, 9000007, '2025-08-11 09:06+00'),                          -- after it
    (9000008, 11, false, 9999010, 9000003, '2025-08-06 09:07+00'),
    (9000009, 77, true,  9000003, 9000003, '2025-08-06 09:08+00');

insert into dispatch_notification (id, recipient_id, template_name, template_context, channel, is_read, created_at)
values
    (9000000001, 9999010, 'golden', '{}',            'email',  false, '2025-08-07 09:00+00'),
    (9000000002, 9000001, 'golden', '{"a": "\u0000"}', 'sms',  false, '2025-08-07 09:01+00'),
    (9000000003, 9000001, 'golden', null,            'push',   true,  '2025-08-07 09:02+00'),
    (9000000004, 9000001, 'golden', '',              'in_app', true,  '2025-08-07 09:03+00');

insert into golden (flow, key, outcome, reason, warning)
values
    ('auth_users',             9000001,    'migrated', '',                          ''),
    ('auth_users',             9000002,    'migrated', '',                          'email_duplicate'),
    ('auth_users',             9000003,    'migrated', '',                          'email_missing'),
    ('profiles',               9000001,    'migrated', '',                          ''),
    ('profiles',               9000002,    'migrated', '',                          'email_duplicate'),
    ('profiles',               9000003,    'migrated', '',                          'email_missing'),
    ('offices',                9000001,    'migrated', '',                          ''),
    ('doctors',                9000003,    'skipped',  'not_a_doctor',              ''),
    ('doctors',                9000004,    'migrated', '',                          ''),
    ('doctors',                9000005,    'migrated', '',                          ''),
    ('patients',               9000001,    'migrated', '',                          'profile_unknown'),
    ('patients',               9000002,    'migrated', '',                          'doctor_unknown'),
    ('patients',               9000003,    'migrated', '',                          'office_unknown'),
    ('patients',               9000004,    'migrated', '',                          'suffix_unusual'),
    ('patients',               9000005,    'migrated', '',                          'suffix_unusable'),
    ('cases',                  9000001,    'rejected', 'patient_without_order',     ''),
    ('cases',                  9000006,    'rejected', 'patient_deleted',           ''),
    ('cases',                  9000007,    'migrated', '',                          ''),       -- its order is not
    ('orders',                 9000001,    'rejected', 'missing_doctor',            ''),
    ('orders',                 9000002,    'rejected', 'patient_not_migrated',      ''),
    ('orders',                 9000003,    'migrated', '',                          'doctor_repaired'),
    ('orders',                 9000004,    'migrated', '',                          'doctor_from_office'),
    ('orders',                 9000005,    'migrated', '',                          'no_patient'),
    ('orders',                 9000006,    'migrated', '',                          'status_unknown'),
    ('order_cases',            9000001,    'rejected', 'order_not_migrated',        ''),
    ('order_cases',            9000007,    'rejected', 'case_not_migrated',         ''),
    ('order_cases',            9000005,    'skipped',  'no_patient',                ''),
    ('treatment_plans',        9000001,    'rejected', 'order_not_migrated',        ''),
    ('treatment_plans',        9000002,    'rejected', 'missing_instruction',       ''),
    ('treatment_plans',        9000003,    'rejected', 'missing_instruction',       ''),
    ('treatment_plans',        9000004,    'rejected', 'plan_cycle',                ''),
    ('case_messages_comments', 9000001,    'rejected', 'missing_plan',              ''),
    ('case_messages_comments', 9000002,    'rejected', 'missing_instruction',       ''),
    ('case_messages_comments', 9000003,    'rejected', 'plan_cycle',                ''),
    ('case_messages_comments', 9000004,    'rejected', 'order_not_migrated',        ''),
    ('case_messages_comments', 9000005,    'rejected', 'case_not_migrated',         ''),
    ('case_messages_comments', 9000006,    'migrated', '',                          'sender_unknown'),
    ('case_states',            9000001,    'skipped',  'order_state',               ''),
    ('case_states',            9000002,    'rejected', 'invalid_reference',         ''),
    ('case_states',            9000003,    'rejected', 'invalid_reference',         ''),
    ('case_states',            9000004,    'rejected', 'invalid_reference',         ''),
    ('case_states',            9000005,    'rejected', 'order_not_migrated',        ''),
    ('case_states',            9000006,    'rejected', 'case_not_migrated',         ''),
    ('case_states',            9000007,    'rejected', 'case_removed_before_state', ''),
    ('case_states',            9000008,    'migrated', '',                          'actor_unknown'),
    ('order_states',           9000002,    'rejected', 'invalid_reference',         ''),
    ('order_states',           9000005,    'rejected', 'order_not_migrated',        ''),
    ('order_states',           9000008,    'migrated', '',                          'actor_unknown'),
    ('order_states',           9000009,    'migrated', '',                          'status_unknown'),
    ('system_messages',        9000000001, 'rejected', 'recipient_not_migrated',    ''),
    ('system_messages',        9000000002, 'rejected', 'malformed_json',            ''),
    ('system_messages',        9000000003, 'migrated', '',                          'context_empty'),
    ('system_messages',        9000000004, 'migrated', '',                          'context_empty');
