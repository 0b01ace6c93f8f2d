-- Who is a technician: agents, and who has a role.

insert into migrated.technician_roles (_key) values (1), (2);

-- case: the first role that exists counts, an agent's before a user's
insert into source.auth_user (id) values (1), (2), (3), (4), (5);
insert into source.dispatch_agent (id, user_id, role_id, created_at) values
    (10, 1, 1, '2025-08-01 00:00+00'), (11, 2, 99, '2025-08-01 00:00+00'), (12, 3, 99, '2025-08-01 00:00+00');
insert into source.dispatch_user_role (id, user_id, role_id, created_at) values
    (5, 1, 2, '2025-08-02 00:00+00'), (6, 2, 2, '2025-08-02 00:00+00'),
    (8, 4, 1, '2025-08-03 00:00+00'), (7, 4, 2, '2025-08-02 00:00+00');
insert into expected.technicians (_key, _warnings, technician_role_id, is_agent, technician_since, metadata) values
    (1, '{several_roles}', legacy_uuid('technician_role', 1), true, '2025-08-01 00:00+00',
     '{"technician_origin": "dispatch_agent", "technician_origin_id": 10, "role_legacy_id": 1, "role_count": 2}'),
    (2, '{several_roles}', legacy_uuid('technician_role', 2), true, '2025-08-02 00:00+00',
     '{"technician_origin": "dispatch_user_role", "technician_origin_id": 6}'),
    (3, '{role_unknown}', null, true, '2025-08-01 00:00+00', '{"role_legacy_id": 99, "role_count": 1}'),
    (4, '{several_roles}', legacy_uuid('technician_role', 2), false, '2025-08-02 00:00+00', '{"technician_origin_id": 7}');
insert into expected.technicians (_key, _outcome) values (5, skip('not_a_technician'));

-- case: a technician has the user's name
insert into migrated.profiles (_key) values (1);
insert into source.auth_user (id, first_name, last_name, is_active, created_at) values
    (1, 'Grace', 'Hopper', true, '2025-01-01 00:00+00'), (2, '', ' ', false, '2025-01-01 00:00+00');
insert into source.dispatch_user_role (id, user_id, role_id) values (1, 1, 1), (2, 2, 1);
insert into expected.technicians (_key, _warnings, legacy_id, profile_id, full_name, is_active, metadata, created_at) values
    (1, '{}', 1, legacy_uuid('profile', 1), 'Grace Hopper', true, '{"source_user_id": 1}', '2025-01-01 00:00+00'),
    (2, '{}', 2, null, null, false, '{"source_user_id": 2}', '2025-01-01 00:00+00');
