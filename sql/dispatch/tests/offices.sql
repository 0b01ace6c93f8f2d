-- Every office moves as it is.

-- case: an office is kept whole, what is empty is nothing
insert into source.dispatch_office (id, name, country, city, phone, email, is_deleted, created_at) values
    (1, 'Golden & Sons', 'AU', 'Perth', '+61 8', 'a@b.au', false, '2025-08-01 00:00+00'),
    (2, 'Closed', 'JP', '', '', '', true, '2025-08-01 00:00+00');
insert into expected.offices
    (_key, legacy_id, name, country, city, phone, email, is_active, metadata, created_at)
values
    (1, 1, 'Golden & Sons', 'AU', 'Perth', '+61 8', 'a@b.au', true, '{"source_office_id": 1}', '2025-08-01 00:00+00'),
    (2, 2, 'Closed', 'JP', null, null, null, false, '{"source_office_id": 2}', '2025-08-01 00:00+00');
