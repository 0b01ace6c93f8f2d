-- Values that the application keeps as JSON text, numbered within their class: `good` as jsonb takes them (with
-- numbers beyond a double, doubled keys, blanks), `bad` as it does not.
select class, cast(row_number() over (partition by class order by place) as bigint) - 1 as no, value
from (
    values
    ('good',  1, 'true'),
    ('good',  2, '"Europe/Zürich"'),
    ('good',  3, '42'),
    ('good',  4, 'null'),
    ('good',  5, '["USD", "JPY", "THB", "INR", "AUD"]'),
    ('good',  6, '{"from": "no-reply@example.com", "name": "Dental \"Lab\" & Co"}'),
    ('good',  7, '{"rate": 1.10, "vat": 0.0770, "limit": 12345678901234567890123}'),
    ('good',  8, ' { "a" : 1 , "a" : 2 } '),
    ('good',  9, '{"greeting": "ようこそ 😀", "path": "C:\\lab\\in", "lines": "one\ntwo"}'),
    ('good', 10, '[]'),
    ('good', 11, '""'),
    ('good', 12, '{"at": "2025-03-12T09:30:00.000001+09:00", "who": {"id": 17, "roles": ["lab", "admin"]}}'),
    ('good', 13, '{"Y\u016bko": -0.0, "big": 1e400}'),
    ('good', 14, '{}'),
    ('bad',   1, '{"retries": 3, }'),
    ('bad',   2, '{"patient": "Ana\u0000Maria"}'),
    ('bad',   3, '{''theme'': ''dark''}'),
    ('bad',   4, '{"total": NaN}'),
    ('bad',   5, '{"note": "thanks \ud83d"}'),
    ('bad',   6, 'yes'),
    ('bad',   7, '{"a": 1} {"b": 2}')
) as texts (class, place, value)
