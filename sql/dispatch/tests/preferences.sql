-- What a user prefers, to the letter.

insert into migrated.profiles (_key) values (7);

-- case: a preference is kept to the letter, and is nothing without its user
insert into source.dispatch_preference (id, user_id, key, value, created_at) values
    (1, 7, 'theme', '{"dark": tru', '2025-08-01 00:00+00'), (2, 7, 'theme', null, '2025-08-01 00:00+00'),
    (3, 99, 'theme', '', '2025-08-01 00:00+00');
insert into expected.preferences (_key, legacy_id, profile_id, key, value, metadata, created_at) values
    (1, 1, legacy_uuid('profile', 7), 'theme', '{"dark": tru', '{"source_preference_id": 1}', '2025-08-01 00:00+00'),
    (2, 2, legacy_uuid('profile', 7), 'theme', null, '{"source_preference_id": 2}', '2025-08-01 00:00+00');
insert into expected.preferences (_key, _outcome) values (3, reject('user_not_migrated', 'profiles', 99));
