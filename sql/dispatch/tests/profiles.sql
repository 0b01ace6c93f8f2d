-- A profile needs its auth user, and shows the address as it was typed.

-- case: the address is the user's, the synthetic one, or none
insert into migrated.auth_users (_key, email, _warnings) values
    (1, 'ada@example.org', '{}'), (2, 'legacy-user-2@duplicate.invalid', '{email_duplicate}'), (3, null, '{email_missing}');
insert into source.auth_user (id, email) values (1, ' Ada@example.org'), (2, 'ADA@example.org'), (3, ' ');
insert into expected.profiles (_key, _warnings, email, metadata) values
    (1, '{}', 'Ada@example.org', '{"email_is_synthetic": false}'),
    (2, '{email_duplicate}', 'legacy-user-2@duplicate.invalid', '{"email_is_synthetic": true, "source_email": "ADA@example.org"}'),
    (3, '{email_missing}', null, '{"email_is_synthetic": false}');

-- case: a profile is kept whole
insert into migrated.auth_users (_key) values (1), (2);
insert into source.auth_user
    (id, username, first_name, last_name, is_active, is_staff, is_superuser, date_joined, last_login, created_at) values
    (1, 'grace', 'Grace', 'Hopper', true, false, true, '2025-01-01 00:00+00', '2025-02-01 00:00+00', '2025-03-01 00:00+00'),
    (2, 'emmy',  '', '',            false, true, false, '2025-01-01 00:00+00', null, '2025-03-01 00:00+00');
insert into expected.profiles
    (_key, legacy_user_id, username, first_name, last_name, full_name, is_active, is_staff, is_superuser, date_joined,
     last_login_at, metadata, created_at)
values
    (1, 1, 'grace', 'Grace', 'Hopper', 'Grace Hopper', true, false, true, '2025-01-01 00:00+00',
     '2025-02-01 00:00+00', '{"source_user_id": 1}', '2025-03-01 00:00+00'),
    (2, 2, 'emmy', '', '', null, false, true, false, '2025-01-01 00:00+00',
     null, '{"source_user_id": 2}', '2025-03-01 00:00+00');

-- case: without its auth user a profile is refused
insert into source.auth_user (id) values (1);
insert into expected.profiles (_key, _outcome) values (1, reject('auth_user_not_migrated', 'auth_users', 1));

-- case: together with the rules for auth users, who share an address
insert into source.auth_user (id, email, created_at) values (1, 'a@b.org', '2025-01-01 00:00+00'), (2, 'A@b.org', '2025-01-02 00:00+00');
insert into expected.auth_users (_key, _warnings) values (1, '{}'), (2, '{email_duplicate}');
insert into expected.profiles (_key, _warnings, email) values
    (1, '{}', 'a@b.org'), (2, '{email_duplicate}', 'legacy-user-2@duplicate.invalid');
