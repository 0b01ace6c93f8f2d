-- A project is not lost with its owner.

insert into migrated.profiles (_key) values (7);

-- case: an owner who is gone is warned of
insert into source.dispatch_project (id, name, owner_id, status, created_at) values
    (1, 'Move', 7, 'active', '2025-08-01 00:00+00'), (2, 'Stay', 99, 'planned', '2025-08-01 00:00+00');
insert into expected.projects (_key, _warnings, legacy_id, name, owner_id, status, metadata, created_at) values
    (1, '{}', 1, 'Move', legacy_uuid('profile', 7), 'active', '{"source_project_id": 1}', '2025-08-01 00:00+00'),
    (2, '{owner_unknown}', 2, 'Stay', null, 'planned', '{"source_project_id": 2}', '2025-08-01 00:00+00');

-- case: a status that is none of the five is unknown
insert into source.dispatch_project (id, owner_id, status) values (1, 7, 'on_hold'), (2, 7, 'completed'), (3, 7, 'cancelled'), (4, 7, 'Active'), (5, 7, '');
insert into expected.projects (_key, _warnings, status) values
    (1, '{}', 'on_hold'), (2, '{}', 'completed'), (3, '{}', 'cancelled'),
    (4, '{status_unknown}', 'unknown'), (5, '{status_unknown}', 'unknown');
