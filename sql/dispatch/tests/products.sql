-- Every product moves as it is.

-- case: a product is kept whole
insert into source.dispatch_product (id, sku, name, price, is_active, created_at) values
    (1, 'A-1', 'Aligner', 99.9, true, '2025-08-01 00:00+00'), (2, 'A-1', 'Wire', 0, false, '2025-08-01 00:00+00');
insert into expected.products (_key, legacy_id, sku, name, price, is_active, metadata, created_at) values
    (1, 1, 'A-1', 'Aligner', 99.90, true, '{"source_product_id": 1}', '2025-08-01 00:00+00'),
    (2, 2, 'A-1', 'Wire', 0.00, false, '{"source_product_id": 2}', '2025-08-01 00:00+00');
