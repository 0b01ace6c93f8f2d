-- A measurement is of a jaw, or of an order.

insert into source.dispatch_instruction (id) values (7), (8), (9);
insert into migrated.orders (_key) values (7), (9);
insert into source.dispatch_jaw (id, instruction_id) values (5, 7);
insert into migrated.jaws (_key) values (5);

-- case: of a jaw, it is of the jaw's order, whatever instruction it names
insert into source.dispatch_measurement (id, jaw_id, instruction_id) values (1, 5, null), (2, 5, 7), (3, 5, 9), (4, 5, 99);
insert into expected.measurements (_key, _warnings, order_id, jaw_id, metadata) values
    (1, '{}', legacy_uuid('order', 7), legacy_uuid('jaw', 5), '{"measured_on": "jaw"}'),
    (2, '{}', legacy_uuid('order', 7), legacy_uuid('jaw', 5), '{"measured_on": "jaw"}'),
    (3, '{instruction_differs}', legacy_uuid('order', 7), legacy_uuid('jaw', 5), '{"measured_on": "jaw"}'),
    (4, '{instruction_differs}', legacy_uuid('order', 7), legacy_uuid('jaw', 5), '{"measured_on": "jaw"}');

-- case: without a jaw, it is of the instruction's order
insert into source.dispatch_measurement (id, instruction_id, kind, value, deviation, notes, taken_at, created_at) values
    (1, 9, 'overjet', 2.125, -0.0001, 'sic', '2025-08-01 00:00+00', '2025-08-02 00:00+00');
insert into expected.measurements
    (_key, _warnings, legacy_id, order_id, jaw_id, kind, value_mm, deviation, notes, taken_at, metadata, created_at)
values
    (1, '{}', 1, legacy_uuid('order', 9), null, 'overjet', 2.125, -0.0001, 'sic', '2025-08-01 00:00+00',
     '{"source_measurement_id": 1, "measured_on": "order"}', '2025-08-02 00:00+00');

-- case: without either it is refused
insert into source.dispatch_measurement (id, jaw_id, instruction_id) values (1, 99, 7), (2, null, null), (3, null, 99), (4, null, 8);
insert into expected.measurements (_key, _outcome) values
    (1, reject('jaw_not_migrated', 'jaws', 99)),
    (2, reject('missing_parent')),
    (3, reject('missing_instruction', 'orders', 99)),
    (4, reject('order_not_migrated', 'orders', 8));
