-- An address signs in one user only.

-- case: of users who share an address, the first keeps it
insert into source.auth_user (id, email, is_active, date_joined, created_at) values
    (1, 'ada@example.org',   true, '2025-01-01 09:00+00', '2025-01-02 00:00+00'),
    (2, ' Ada@Example.ORG ', true, '2025-01-01 09:00+00', '2025-01-01 00:00+00'),
    (3, 'ADA@example.org',   true, '2025-01-01 09:00+00', '2025-01-01 00:00+00');
insert into expected.auth_users (_key, _warnings, email, email_confirmed_at, banned_until) values
    (1, '{email_duplicate}', 'legacy-user-1@duplicate.invalid', null, null),
    (2, '{}', 'ada@example.org', '2025-01-01 09:00+00', null),
    (3, '{email_duplicate}', 'legacy-user-3@duplicate.invalid', null, null);

-- case: a user without an address has none, and shares it with nobody
insert into source.auth_user (id, email, is_active) values (1, '', true), (2, '  ', true);
insert into expected.auth_users (_key, _warnings, email, email_confirmed_at) values
    (1, '{email_missing}', null, null),
    (2, '{email_missing}', null, null);

-- case: what GoTrue demands of a row is there, and an inactive user is banned
insert into source.auth_user (id, email, first_name, last_name, is_active, last_login, created_at) values
    (1, 'a@b.org', 'Ada', 'O''Brien', false, '2025-03-01 00:00+00', '2025-02-01 00:00+00');
insert into expected.auth_users
    (_key, instance_id, aud, role, encrypted_password, confirmation_token, recovery_token, email_change_token_new,
     email_change, phone_change, phone_change_token, email_change_token_current, reauthentication_token,
     is_super_admin, is_sso_user, is_anonymous, banned_until, last_sign_in_at, created_at, updated_at,
     raw_app_meta_data, raw_user_meta_data)
values
    (1, '00000000-0000-0000-0000-000000000000', 'authenticated', 'authenticated', '', '', '', '',
     '', '', '', '', '',
     false, false, false, '9999-12-31 00:00+00', '2025-03-01 00:00+00', '2025-02-01 00:00+00', '2025-02-01 00:00+00',
     '{"provider": "email", "providers": ["email"], "legacy_user_id": 1}',
     '{"first_name": "Ada", "last_name": "O''Brien"}');
