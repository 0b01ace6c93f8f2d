-- Every role moves as it is.

-- case: a role is kept whole
insert into source.dispatch_role (id, code, name, created_at) values (1, 'lab', 'Laboratory', '2025-08-01 00:00+00');
insert into expected.technician_roles (_key, legacy_id, code, name, metadata, created_at) values
    (1, 1, 'lab', 'Laboratory', '{"source_role_id": 1}', '2025-08-01 00:00+00');
