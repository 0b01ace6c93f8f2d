-- The states of a case: active treatment and its end.

insert into source.dispatch_instruction (id, patient_id) values (10, 1), (20, null), (30, 3), (40, 4), (50, 5);
insert into source.dispatch_patient (id, user_id, deleted_at) values (1, 1, null), (3, 3, '2025-08-10 00:00+00'), (4, 4, null);
insert into migrated.orders (_key) values (10), (20), (30), (40);
insert into migrated.cases (_key) values (1);
insert into migrated.profiles (_key) values (7);

-- case: states of a case are numbered, and each knows the one before
insert into source.dispatch_state (id, status, "on", instruction_id, created_at) values
    (3, 12, true,  10, '2025-08-03 00:00+00'),
    (2, 11, false, 10, '2025-08-02 00:00+00'),
    (1, 11, true,  10, '2025-08-02 00:00+00'),
    (4, 12, true,  99, '2025-08-01 00:00+00');
insert into expected.case_states (_key, state, previous_state, sequence_no, is_on, reason) values
    (1, 'treatment_active', null,               1, true,  'dispatch status 11 set'),
    (2, 'treatment_active', 'treatment_active', 2, false, 'dispatch status 11 withdrawn'),
    (3, 'case_closed',      'treatment_active', 3, true,  'dispatch status 12 set');
insert into expected.case_states (_key, _outcome) values (4, reject('invalid_reference', 'orders', 99));

-- case: who acted is known, unknown or nobody
insert into source.dispatch_state (id, status, instruction_id, actor_id, created_at) values
    (1, 11, 10, 7, '2025-08-01 00:00+00'),
    (2, 11, 10, 99, '2025-08-02 00:00+00'),
    (3, 11, 10, null, '2025-08-03 00:00+00');
insert into expected.case_states (_key, _warnings, actor_id, is_system_generated, metadata) values
    (1, '{}', legacy_uuid('profile', 7), false, '{"actor": "known"}'),
    (2, '{actor_unknown}', null, true, '{"actor": "unknown"}'),
    (3, '{}', null, true, '{"actor": "none"}');

-- case: other statuses are of the order
insert into source.dispatch_state (id, status, instruction_id) values (1, 10, 10), (2, 13, 10);
insert into expected.case_states (_key, _outcome) values (1, skip('order_state')), (2, skip('order_state'));

-- case: a state without a case says why
insert into source.dispatch_state (id, status, instruction_id, created_at) values
    (1, 11, null, '2025-08-01 00:00+00'),
    (2, 11, 50, '2025-08-01 00:00+00'),
    (3, 11, 20, '2025-08-01 00:00+00'),
    (4, 11, 30, '2025-08-10 00:00+00'),
    (5, 11, 30, '2025-08-10 00:00:00.000001+00'),
    (6, 11, 40, '2025-08-01 00:00+00');
insert into expected.case_states (_key, _outcome) values
    (1, reject('invalid_reference')),
    (2, reject('order_not_migrated', 'orders', 50)),
    (3, reject('invalid_reference')),
    (4, reject('case_not_migrated', 'cases', 3)),
    (5, reject('case_removed_before_state', 'cases', 3)),
    (6, reject('case_not_migrated', 'cases', 4));

-- case: a state keeps what it was made of
insert into source.dispatch_state (id, status, "on", instruction_id, created_at) values (1, 12, true, 10, '2025-08-01 00:00+00');
insert into expected.case_states (_key, legacy_state_id, case_id, order_id, metadata, created_at) values
    (1, 1, legacy_uuid('case', 1), legacy_uuid('order', 10),
     '{"source_state_id": 1, "case_state": "case_closed", "previous_state": null}', '2025-08-01 00:00+00');
