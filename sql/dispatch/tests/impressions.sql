-- Each belongs to an order that is there.

insert into source.dispatch_instruction (id) values (7), (8);
insert into migrated.orders (_key) values (7);

-- case: it is kept to the digit
insert into source.dispatch_impression (id, instruction_id, kind, shrinkage, weight, taken_at, created_at) values
    (1, 7, 'first', 0.125, 4.50, '2025-08-01 00:00+00', '2025-08-02 00:00+00'),
    (2, 7, 'second', null, null, '2025-08-01 00:00+00', '2025-08-02 00:00+00');
insert into expected.impressions (_key, legacy_id, order_id, kind, shrinkage_percent, weight_g, taken_at, metadata, created_at) values
    (1, 1, legacy_uuid('order', 7), 'first', 0.125, 4.50, '2025-08-01 00:00+00', '{"source_impression_id": 1}', '2025-08-02 00:00+00'),
    (2, 2, legacy_uuid('order', 7), 'second', null, null, '2025-08-01 00:00+00', '{"source_impression_id": 2}', '2025-08-02 00:00+00');

-- case: without its order it is refused
insert into source.dispatch_impression (id, instruction_id) values (1, 99), (2, 8);
insert into expected.impressions (_key, _outcome) values
    (1, reject('missing_instruction', 'orders', 99)),
    (2, reject('order_not_migrated', 'orders', 8));
