-- What is valid, and which of a code wins (shared/price_cuts.sql).

insert into migrated.products (_key) values (1);

-- case: it is for a product that is there, in a period, of 0 to 100 percent
insert into source.dispatch_offer (id, code, product_id, percent, starts_at, ends_at, created_at) values
    (1, 'ZERO',    1,    0,      '2025-01-01 00:00+00', '2025-02-01 00:00+00', '2025-01-01 00:00+00'),
    (2, 'ALL',     1,  100,      '2025-01-01 00:00+00', '2025-02-01 00:00+00', '2025-01-01 00:00+00'),
    (3, 'GONE',   99,   10,      '2025-01-01 00:00+00', '2025-02-01 00:00+00', '2025-01-01 00:00+00'),
    (4, 'EMPTY',   1,   10,      '2025-01-01 00:00+00', '2025-01-01 00:00+00', '2025-01-01 00:00+00'),
    (5, 'BACK',    1,   10,      '2025-02-01 00:00+00', '2025-01-01 00:00+00', '2025-01-01 00:00+00'),
    (6, 'LESS',    1,   -0.01,   '2025-01-01 00:00+00', '2025-02-01 00:00+00', '2025-01-01 00:00+00'),
    (7, 'MORE',    1,  100.01,   '2025-01-01 00:00+00', '2025-02-01 00:00+00', '2025-01-01 00:00+00');
insert into expected.offers (_key, percent) values (1, 0.00), (2, 100.00);
insert into expected.offers (_key, _outcome) values
    (3, reject('product_not_migrated', 'products', 99)),
    (4, reject('invalid_period')),
    (5, reject('invalid_period')),
    (6, reject('invalid_percent')),
    (7, reject('invalid_percent'));

-- case: of one code the newest valid one wins
insert into source.dispatch_offer (id, code, product_id, percent, starts_at, ends_at, created_at) values
    (1, 'SUMMER', 1,  10, '2025-01-01 00:00+00', '2025-02-01 00:00+00', '2025-01-01 00:00+00'),
    (2, 'SUMMER', 1,  20, '2025-01-01 00:00+00', '2025-02-01 00:00+00', '2025-01-02 00:00+00'),
    (3, 'SUMMER', 1,  30, '2025-01-01 00:00+00', '2025-02-01 00:00+00', '2025-01-02 00:00+00'),
    (4, 'SUMMER', 1, 400, '2025-01-01 00:00+00', '2025-02-01 00:00+00', '2025-01-03 00:00+00'),
    (5, 'summer', 1,  50, '2025-01-01 00:00+00', '2025-02-01 00:00+00', '2025-01-01 00:00+00');
insert into expected.offers (_key, _outcome) values
    (1, reject('superseded')),
    (2, reject('superseded')),
    (3, migrate()),
    (4, reject('invalid_percent')),
    (5, migrate());

-- case: its values are kept
insert into source.dispatch_offer (id, code, product_id, percent, starts_at, ends_at, created_at) values
    (1, ' Odd code', 1, 12.5, '2025-01-01 00:00+00', '2025-02-01 00:00+00', '2025-01-03 00:00+00');
insert into expected.offers (_key, legacy_id, code, product_id, percent, starts_at, ends_at, metadata, created_at) values
    (1, 1, ' Odd code', legacy_uuid('product', 1), 12.50, '2025-01-01 00:00+00', '2025-02-01 00:00+00',
     '{"source_offer_id": 1}', '2025-01-03 00:00+00');
