-- What was paid: which order it is for, and what the free texts say of how.

insert into source.dispatch_instruction (id) values (7);
insert into migrated.orders (_key) values (7);

-- case: whole words tell how it was paid, in capitals or not
insert into source.dispatch_payment (id, instruction_id, method) values
    (1, 7, 'INS. claim'), (2, 7, 'Pay-Pal'), (3, 7, 'Visa'), (4, 7, 'chq 12'), (5, 7, 'cash'), (6, 7, 'ACH'),
    (7, 7, '保険で'), (8, 7, '現金'), (9, 7, 'โอนเงิน');
insert into expected.payments (_key, _warnings, method) values
    (1, '{}', 'insurance'), (2, '{}', 'paypal'), (3, '{}', 'card'), (4, '{}', 'cheque'), (5, '{}', 'cash'),
    (6, '{}', 'bank_transfer'), (7, '{}', 'insurance'), (8, '{}', 'cash'), (9, '{}', 'bank_transfer');

-- case: of several kinds the first wins
insert into source.dispatch_payment (id, instruction_id, method) values
    (1, 7, 'wire of the insurer'), (2, 7, 'PayPal card'), (3, 7, 'bank card'), (4, 7, 'check, cash'), (5, 7, 'cash at the bank');
insert into expected.payments (_key, method) values
    (1, 'insurance'), (2, 'paypal'), (3, 'card'), (4, 'cheque'), (5, 'cash');

-- case: where the method says nothing, the reference does, or nothing does
insert into source.dispatch_payment (id, instruction_id, method, reference) values
    (1, 7, null, 'cash, August'),
    (2, 7, 'yes', 'AMEX 1234'),
    (3, 7, 'cashier', 'discard'),
    (4, 7, null, '');
insert into expected.payments (_key, _warnings, method, metadata) values
    (1, '{method_from_reference}', 'cash', '{"payment_method": "cash", "payment_method_source": "reference"}'),
    (2, '{method_from_reference}', 'card', '{"payment_method": "card", "payment_method_source": "reference"}');
insert into expected.payments (_key, _outcome) values
    (3, reject('payment_method_unknown')),
    (4, reject('payment_method_unknown'));

-- case: money without an order that is there goes to the quarantine
insert into source.dispatch_instruction (id) values (8);
insert into source.dispatch_payment (id, instruction_id, method) values (1, 99, 'cash'), (2, 8, 'cash');
insert into expected.payments (_key, _outcome) values
    (1, reject('missing_instruction', 'orders', 99)),
    (2, reject('order_not_migrated', 'orders', 8));

-- case: a payment is kept to the cent
insert into source.dispatch_payment (id, instruction_id, amount, currency, method, reference, paid_at, created_at) values
    (1, 7, -12.5, 'JPY', 'card', 'R 1', '2025-08-01 00:00+00', '2025-08-02 00:00+00');
insert into expected.payments
    (_key, legacy_id, order_id, amount, currency, reference, paid_at, metadata, created_at)
values
    (1, 1, legacy_uuid('order', 7), -12.50, 'JPY', 'R 1', '2025-08-01 00:00+00',
     '{"source_payment_id": 1, "payment_method": "card", "payment_method_source": "method"}', '2025-08-02 00:00+00');
