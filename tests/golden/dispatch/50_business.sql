-- The business: what the sample does not have anyway, planted with keys from 9,500,001 up, and what must become of it.

-- What the planted rows refer to: an order that is not migrated (its patient does not exist) and one that is.
insert into dispatch_instruction (id, patient_id, doctor_id, status, kind, notes, submitted_at, is_deleted, created_at)
values
    (9500001, 9599999, null, 2, 'aligner', '', null, false, '2025-07-01 08:00:00+00'),
    (9500002, null,    null, 2, 'stock',   '', null, false, '2025-07-01 08:00:00+00');

insert into dispatch_product (id, sku, name, price, is_active, created_at)
values (9500001, 'ZZ-"1"', E'Tab\tand \\ back', 0.10, false, '2025-07-01 08:00:00.000001+00');

insert into dispatch_project (id, name, owner_id, status, created_at)
values
    (9500001, 'Owner gone',        9599999, 'active',   '2025-07-01 08:00:00+00'),
    (9500002, 'Status not listed', 1,       'Archived', '2025-07-01 08:00:00+00');

insert into dispatch_payment (id, instruction_id, amount, currency, method, reference, paid_at, created_at)
values
    (9500001, 9599999, 1234567890.01, 'USD', 'card', '', '2025-07-01 09:00:00.000001+00', '2025-07-01 09:00:00+00'),
    (9500002, 9500001, 10.10, 'JPY', 'cash', '', '2025-07-01 09:00:00+00', '2025-07-01 09:00:00+00'),
    (9500003, 9500002, -0.01, 'THB', 'discount', 'cashew, cards', '2025-07-01 09:00:00+00', '2025-07-01 09:00:00+00'),
    (9500004, 9500002, 9999999999.99, 'INR', 'n/a', 'ref_WIRE_1', '2025-07-01 09:00:00+00', '2025-07-01 09:00:00+00'),
    (9500005, 9500002, 0.00, 'AUD', 'Pay-Pal', 'VISA', '2025-07-01 09:00:00+00', '2025-07-01 09:00:00+00');

insert into dispatch_invoice (id, instruction_id, number, total, status, issued_at, created_at)
values
    (9500001, 9599999, 'Z-1', 1.00, 'paid', '2025-07-01 09:00:00+00', '2025-07-01 09:00:00+00'),
    (9500002, 9500001, 'Z-2', 2.00, 'paid', '2025-07-01 09:00:00+00', '2025-07-01 09:00:00+00'),
    (9500003, 9500002, 'Z-3', 3.10, 'Paid', '2025-07-01 09:00:00+00', '2025-07-01 09:00:00+00');

insert into dispatch_purchase (id, product_id, buyer_id, quantity, amount, created_at)
values
    (9500001, 9599999, 1,       1, 10.00, '2025-07-01 09:00:00+00'),
    (9500002, 9500001, 9599999, 2, 20.00, '2025-07-01 09:00:00+00');

insert into dispatch_operation (id, purchase_id, kind, amount, created_at)
values
    (9500001, 9500001, 'charge',   10.00, '2025-07-01 09:00:00+00'),    -- its purchase is not migrated
    (9500002, 9599999, 'charge',   10.00, '2025-07-01 09:00:00+00'),    -- its purchase does not exist
    (9500003, 9500002, 'writeoff', -0.01, '2025-07-01 09:00:00+00');

-- Two of a code, made in the same microsecond: the greater key wins. A newer one that is invalid supersedes nothing,
-- and a code in other letters is another code.
insert into dispatch_offer (id, code, product_id, percent, starts_at, ends_at, created_at)
values
    (9500001, 'ZZ', 9500001, 10.00,  '2025-07-01+00', '2025-08-01+00', '2025-07-01 09:00:00+00'),
    (9500002, 'ZZ', 9500001, 100.00, '2025-07-01+00', '2025-08-01+00', '2025-07-01 09:00:00+00'),
    (9500003, 'ZZ', 9500001, 100.01, '2025-07-01+00', '2025-08-01+00', '2025-07-02 09:00:00+00'),
    (9500004, 'ZZ', 9500001, 10.00,  '2025-07-01+00', '2025-07-01+00', '2025-07-02 09:00:00+00'),
    (9500005, 'ZZ', 9599999, -1.00,  '2025-08-01+00', '2025-07-01+00', '2025-07-02 09:00:00+00'),
    (9500006, 'zz', 9500001, 0.00,   '2025-07-01+00', '2025-08-01+00', '2025-07-03 09:00:00+00');

insert into dispatch_discount select * from dispatch_offer where id > 9500000;

insert into dispatch_setting (id, key, value, created_at)
values
    (9500001, 'z.broken', '{"a": "\ud800"}', '2025-07-01 09:00:00+00'),
    (9500002, 'z.none',   null,              '2025-07-01 09:00:00+00'),
    (9500003, 'z.empty',  '',                '2025-07-01 09:00:00+00'),
    (9500004, 'z.blank',  ' ',               '2025-07-01 09:00:00+00');

insert into dispatch_metadata select * from dispatch_setting where id > 9500000;

insert into dispatch_preference (id, user_id, key, value, created_at)
values (9500001, 9599999, 'theme', 'dark', '2025-07-01 09:00:00+00');

insert into dispatch_schedule (id, user_id, patient_id, starts_at, ends_at, kind, created_at)
values
    (9500001, 9599999, null,    '2025-07-02+00', '2025-07-03+00', 'call', '2025-07-01 09:00:00+00'),
    (9500002, 1,       9599999, '2025-07-02+00', '2025-07-02+00', 'call', '2025-07-01 09:00:00+00'),
    (9500003, 1,       null,    '2025-07-02+00', '2025-07-01 23:59:59.999999+00', 'call', '2025-07-01 09:00:00+00');

insert into dispatch_event (id, actor_id, kind, payload, occurred_at, created_at)
values
    (9500001, 1,       'z', '{"a": 1e131072}', '2025-07-01 09:00:00.000001+00', '2025-07-01 09:00:00+00'),
    (9500002, 9599999, 'z', '{"a": 1.10}',     '2025-07-01 09:00:00.000001+00', '2025-07-01 09:00:00+00'),
    (9500003, null,    'z', null,              '2025-07-01 09:00:00.999999+00', '2025-07-01 09:00:00+00'),
    (9500004, null,    'z', '',                '2025-07-01 09:00:00+00',        '2025-07-01 09:00:00+00');

insert into golden (flow, key, outcome, reason, warning)
values
    ('projects',        9500001, 'migrated', '', 'owner_unknown'),
    ('projects',        9500002, 'migrated', '', 'status_unknown'),
    ('products',        9500001, 'migrated', '', ''),
    ('payments',        9500001, 'rejected', 'missing_instruction', ''),
    ('payments',        9500002, 'rejected', 'order_not_migrated', ''),
    ('payments',        9500003, 'rejected', 'payment_method_unknown', ''),
    ('payments',        9500004, 'migrated', '', 'method_from_reference'),
    ('payments',        9500005, 'migrated', '', ''),
    ('invoices',        9500001, 'rejected', 'missing_instruction', ''),
    ('invoices',        9500002, 'rejected', 'order_not_migrated', ''),
    ('invoices',        9500003, 'migrated', '', 'status_unknown'),
    ('purchases',       9500001, 'rejected', 'product_not_migrated', ''),
    ('purchases',       9500002, 'migrated', '', 'buyer_unknown'),
    ('operations',      9500001, 'rejected', 'purchase_not_migrated', ''),
    ('operations',      9500002, 'rejected', 'purchase_not_migrated', ''),
    ('operations',      9500003, 'migrated', '', 'kind_unknown'),
    ('offers',          9500001, 'rejected', 'superseded', ''),
    ('offers',          9500002, 'migrated', '', ''),
    ('offers',          9500003, 'rejected', 'invalid_percent', ''),
    ('offers',          9500004, 'rejected', 'invalid_period', ''),
    ('offers',          9500005, 'rejected', 'product_not_migrated', ''),
    ('offers',          9500006, 'migrated', '', ''),
    ('discounts',       9500001, 'rejected', 'superseded', ''),
    ('discounts',       9500002, 'migrated', '', ''),
    ('discounts',       9500003, 'rejected', 'invalid_percent', ''),
    ('discounts',       9500004, 'rejected', 'invalid_period', ''),
    ('discounts',       9500005, 'rejected', 'product_not_migrated', ''),
    ('discounts',       9500006, 'migrated', '', ''),
    ('settings',        9500001, 'rejected', 'malformed_json', ''),
    ('settings',        9500002, 'migrated', '', 'value_empty'),
    ('settings',        9500003, 'migrated', '', 'value_empty'),
    ('settings',        9500004, 'rejected', 'malformed_json', ''),
    ('system_metadata', 9500001, 'rejected', 'malformed_json', ''),
    ('system_metadata', 9500002, 'migrated', '', 'value_empty'),
    ('system_metadata', 9500003, 'migrated', '', 'value_empty'),
    ('system_metadata', 9500004, 'rejected', 'malformed_json', ''),
    ('preferences',     9500001, 'rejected', 'user_not_migrated', ''),
    ('schedules',       9500001, 'rejected', 'user_not_migrated', ''),
    ('schedules',       9500002, 'migrated', '', 'patient_unknown'),
    ('schedules',       9500003, 'migrated', '', 'ends_before_it_starts'),
    ('events',          9500001, 'rejected', 'malformed_json', ''),
    ('events',          9500002, 'migrated', '', 'actor_unknown'),
    ('events',          9500003, 'migrated', '', 'payload_empty'),
    ('events',          9500004, 'migrated', '', 'payload_empty');
