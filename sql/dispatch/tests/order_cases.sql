-- Which case an order is of.

insert into migrated.orders (_key) values (1), (2), (3);
insert into migrated.cases (_key) values (100);

-- case: an order is of its patient's case
insert into source.dispatch_instruction (id, patient_id, created_at) values (1, 100, '2025-08-01 00:00+00');
insert into expected.order_cases (_key, legacy_id, order_id, case_id, metadata, created_at) values
    (1, 1, legacy_uuid('order', 1), legacy_uuid('case', 100), '{"source_instruction_id": 1, "case_legacy_id": 100}',
     '2025-08-01 00:00+00');

-- case: a stock order is of none, and what has no order or case is refused
insert into source.dispatch_instruction (id, patient_id) values (2, null), (3, 300), (4, null), (5, 100);
insert into expected.order_cases (_key, _outcome) values
    (2, skip('no_patient')),
    (3, reject('case_not_migrated', 'cases', 300)),
    (4, reject('order_not_migrated', 'orders', 4)),
    (5, reject('order_not_migrated', 'orders', 5));
