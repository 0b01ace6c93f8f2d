-- Every state is one of its order.

insert into source.dispatch_instruction (id) values (7), (8);
insert into migrated.orders (_key) values (7);
insert into migrated.profiles (_key) values (9);

-- case: each code is a state, any other is unknown
insert into source.dispatch_state (id, status, instruction_id) values
    (1, 1, 7), (2, 2, 7), (3, 3, 7), (4, 4, 7), (5, 5, 7), (6, 6, 7), (7, 7, 7), (8, 8, 7), (9, 9, 7), (10, 10, 7), (11, 11, 7),
    (12, 12, 7), (13, 13, 7), (14, 14, 7), (15, 0, 7);
insert into expected.order_states (_key, _warnings, state) values
    (1, '{}', 'draft'), (2, '{}', 'submitted'), (3, '{}', 'accepted'), (4, '{}', 'planning'), (5, '{}', 'awaiting_approval'),
    (6, '{}', 'approved'), (7, '{}', 'production'), (8, '{}', 'shipped'), (9, '{}', 'delivered'), (10, '{}', 'on_hold'),
    (11, '{}', 'in_treatment'), (12, '{}', 'closed'), (13, '{}', 'cancelled'),
    (14, '{status_unknown}', 'unknown'), (15, '{status_unknown}', 'unknown');

-- case: who acted is known, unknown or nobody
insert into source.dispatch_state (id, status, "on", actor_id, instruction_id, created_at) values
    (1, 1, true,  9,    7, '2025-08-01 00:00+00'),
    (2, 1, false, 99,   7, '2025-08-01 00:00+00'),
    (3, 1, true,  null, 7, '2025-08-01 00:00+00');
insert into expected.order_states
    (_key, _warnings, legacy_state_id, order_id, is_on, actor_id, is_system_generated, metadata, created_at)
values
    (1, '{}', 1, legacy_uuid('order', 7), true, legacy_uuid('profile', 9), false,
     '{"source_state_id": 1, "order_state": "draft", "actor": "known"}', '2025-08-01 00:00+00'),
    (2, '{actor_unknown}', 2, legacy_uuid('order', 7), false, null, true, '{"actor": "unknown"}', '2025-08-01 00:00+00'),
    (3, '{}', 3, legacy_uuid('order', 7), true, null, true, '{"actor": "none"}', '2025-08-01 00:00+00');

-- case: without its order a state is refused
insert into source.dispatch_state (id, status, instruction_id) values (1, 1, 99), (2, 1, 8), (3, 1, null);
insert into expected.order_states (_key, _outcome) values
    (1, reject('invalid_reference', 'orders', 99)),
    (2, reject('order_not_migrated', 'orders', 8)),
    (3, reject('invalid_reference'));
