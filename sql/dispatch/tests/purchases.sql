-- What was bought.

insert into migrated.products (_key) values (5);
insert into migrated.profiles (_key) values (7);

-- case: a purchase keeps its amount, is of a product that is there, and may have lost its buyer
insert into source.dispatch_purchase (id, product_id, buyer_id, quantity, amount, created_at) values
    (1, 5, 7, 3, 10.5, '2025-08-01 00:00+00'), (2, 5, 99, 1, 0, '2025-08-01 00:00+00'), (3, 98, 7, 1, 1, '2025-08-01 00:00+00');
insert into expected.purchases
    (_key, _warnings, legacy_id, product_id, buyer_id, quantity, amount, metadata, created_at)
values
    (1, '{}', 1, legacy_uuid('product', 5), legacy_uuid('profile', 7), 3, 10.50, '{"source_purchase_id": 1}', '2025-08-01 00:00+00'),
    (2, '{buyer_unknown}', 2, legacy_uuid('product', 5), null, 1, 0.00, '{"source_purchase_id": 2}', '2025-08-01 00:00+00');
insert into expected.purchases (_key, _outcome) values (3, reject('product_not_migrated', 'products', 98));
