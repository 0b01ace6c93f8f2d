-- An invoice belongs to its order.

insert into source.dispatch_instruction (id) values (7), (8);
insert into migrated.orders (_key) values (7);

-- case: an invoice is kept to the cent
insert into source.dispatch_invoice (id, instruction_id, number, total, status, issued_at, created_at) values
    (1, 7, '2025/001', 1234.5, 'paid', '2025-08-01 00:00+00', '2025-08-02 00:00+00');
insert into expected.invoices
    (_key, _warnings, legacy_id, order_id, invoice_number, total, status, issued_at, metadata, created_at)
values
    (1, '{}', 1, legacy_uuid('order', 7), '2025/001', 1234.50, 'paid', '2025-08-01 00:00+00', '{"source_invoice_id": 1}',
     '2025-08-02 00:00+00');

-- case: a status that is none of the five is unknown
insert into source.dispatch_invoice (id, instruction_id, status) values
    (1, 7, 'draft'), (2, 7, 'sent'), (3, 7, 'overdue'), (4, 7, 'void'), (5, 7, 'Paid'), (6, 7, '');
insert into expected.invoices (_key, _warnings, status) values
    (1, '{}', 'draft'), (2, '{}', 'sent'), (3, '{}', 'overdue'), (4, '{}', 'void'),
    (5, '{status_unknown}', 'unknown'), (6, '{status_unknown}', 'unknown');

-- case: without its order an invoice is refused
insert into source.dispatch_invoice (id, instruction_id) values (1, 99), (2, 8);
insert into expected.invoices (_key, _outcome) values
    (1, reject('missing_instruction', 'orders', 99)),
    (2, reject('order_not_migrated', 'orders', 8));
