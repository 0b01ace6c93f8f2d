-- What was booked, on a purchase or on none.

insert into migrated.purchases (_key) values (5);

-- case: where it names a purchase, that must be there
insert into source.dispatch_operation (id, purchase_id, kind, amount, created_at) values
    (1, 5, 'charge', 10.5, '2025-08-01 00:00+00'),
    (2, null, 'fee', -1, '2025-08-01 00:00+00'),
    (3, 99, 'refund', 1, '2025-08-01 00:00+00');
insert into expected.operations (_key, _warnings, legacy_id, purchase_id, kind, amount, metadata, created_at) values
    (1, '{}', 1, legacy_uuid('purchase', 5), 'charge', 10.50, '{"source_operation_id": 1}', '2025-08-01 00:00+00'),
    (2, '{}', 2, null, 'fee', -1.00, '{"source_operation_id": 2}', '2025-08-01 00:00+00');
insert into expected.operations (_key, _outcome) values (3, reject('purchase_not_migrated', 'purchases', 99));

-- case: a kind that is none of the four is unknown
insert into source.dispatch_operation (id, kind) values (1, 'refund'), (2, 'adjustment'), (3, 'Fee'), (4, '');
insert into expected.operations (_key, _warnings, kind) values
    (1, '{}', 'refund'), (2, '{}', 'adjustment'), (3, '{kind_unknown}', 'unknown'), (4, '{kind_unknown}', 'unknown');
