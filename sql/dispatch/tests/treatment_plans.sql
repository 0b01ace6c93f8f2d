-- Plans and their revisions.

insert into source.dispatch_instruction (id, patient_id) values (10, 100), (20, 200);
insert into migrated.orders (_key) values (10);

-- case: all revisions of a plan have the root's order
insert into source.dispatch_plan (id, parent_id, instruction_id, number, notes, is_approved, created_at) values
    (1, null, 10, 1, 'first', false, '2025-08-01 00:00+00'),
    (3, 1, null, 2, '', false, '2025-08-02 00:00+00'),
    (2, 3, 20, 3, '', true, '2025-08-03 00:00+00');
insert into expected.treatment_plans
    (_key, legacy_plan_id, order_id, parent_plan_id, root_plan_id, revision, plan_number, notes, is_approved, metadata, created_at)
values
    (1, 1, legacy_uuid('order', 10), null, legacy_uuid('treatment_plan', 1), 0, 1, 'first', false,
     '{"source_plan_id": 1, "root_plan_legacy_id": 1, "revision": 0}', '2025-08-01 00:00+00'),
    (3, 3, legacy_uuid('order', 10), legacy_uuid('treatment_plan', 1), legacy_uuid('treatment_plan', 1), 1, 2, '', false,
     '{"source_plan_id": 3, "root_plan_legacy_id": 1, "revision": 1}', '2025-08-02 00:00+00'),
    (2, 2, legacy_uuid('order', 10), legacy_uuid('treatment_plan', 3), legacy_uuid('treatment_plan', 1), 2, 3, '', true,
     '{"source_plan_id": 2, "root_plan_legacy_id": 1, "revision": 2}', '2025-08-03 00:00+00');

-- case: what goes round in a circle, or hangs from one, is refused
insert into source.dispatch_plan (id, parent_id, instruction_id) values (1, 2, 10), (2, 1, null), (3, 1, null), (4, 4, null);
insert into expected.treatment_plans (_key, _outcome) values
    (1, reject('plan_cycle', 'treatment_plans', 2)),
    (2, reject('plan_cycle', 'treatment_plans', 1)),
    (3, reject('plan_cycle', 'treatment_plans', 1)),
    (4, reject('plan_cycle', 'treatment_plans', 4));

-- case: a chain without an instruction or an order is refused
insert into source.dispatch_plan (id, parent_id, instruction_id) values
    (1, 99, 10), (2, 1, null), (3, null, null), (4, 3, null), (5, null, 98), (6, null, 20);
insert into expected.treatment_plans (_key, _outcome) values
    (1, reject('missing_instruction', 'treatment_plans', 99)),
    (2, reject('missing_instruction', 'treatment_plans', 1)),
    (3, reject('missing_instruction')),
    (4, reject('missing_instruction', 'treatment_plans', 3)),
    (5, reject('missing_instruction', 'orders', 98)),
    (6, reject('order_not_migrated', 'orders', 20));
