-- A task is of an order, and for a role.

insert into source.dispatch_instruction (id) values (7), (8);
insert into migrated.orders (_key) values (7);
insert into migrated.technician_roles (_key) values (3);
insert into migrated.technicians (_key) values (50);
insert into migrated.profiles (_key) values (50), (51);

-- case: the assignee is a technician, else a profile, else unknown
insert into source.dispatch_task (id, instruction_id, role_id, assignee_id, status) values
    (1, 7, 3, 50, 'new'), (2, 7, 3, 51, 'new'), (3, 7, 3, 99, 'new'), (4, 7, 3, null, 'new');
insert into expected.tasks (_key, _warnings, technician_id, profile_id) values
    (1, '{}', legacy_uuid('technician', 50), null),
    (2, '{}', null, legacy_uuid('profile', 51)),
    (3, '{assignee_unknown}', null, null),
    (4, '{}', null, null);

-- case: a status that is none of the six is unknown
insert into source.dispatch_task (id, instruction_id, role_id, status) values
    (1, 7, 3, 'assigned'), (2, 7, 3, 'in_progress'), (3, 7, 3, 'waiting'), (4, 7, 3, 'completed'), (5, 7, 3, 'cancelled'),
    (6, 7, 3, 'NEW'), (7, 7, 3, '');
insert into expected.tasks (_key, _warnings, status) values
    (1, '{}', 'assigned'), (2, '{}', 'in_progress'), (3, '{}', 'waiting'), (4, '{}', 'completed'), (5, '{}', 'cancelled'),
    (6, '{status_unknown}', 'unknown'), (7, '{status_unknown}', 'unknown');

-- case: without an order or a role it is refused
insert into source.dispatch_task (id, instruction_id, role_id) values (1, null, 3), (2, 0, 3), (3, 8, 3), (4, 7, 99);
insert into expected.tasks (_key, _outcome) values
    (1, reject('missing_instruction')),
    (2, reject('missing_instruction', 'orders', 0)),
    (3, reject('order_not_migrated', 'orders', 8)),
    (4, reject('unknown_role', 'technician_roles', 99));

-- case: a task is kept whole
insert into source.dispatch_task (id, instruction_id, role_id, kind, status, due_at, completed_at, created_at) values
    (1, 7, 3, 'model', 'completed', '2025-08-03 00:00+00', '2025-08-02 00:00+00', '2025-08-01 00:00+00');
insert into expected.tasks
    (_key, legacy_id, order_id, technician_role_id, kind, status, due_at, completed_at, metadata, created_at)
values
    (1, 1, legacy_uuid('order', 7), legacy_uuid('technician_role', 3), 'model', 'completed', '2025-08-03 00:00+00',
     '2025-08-02 00:00+00', '{"source_task_id": 1}', '2025-08-01 00:00+00');
