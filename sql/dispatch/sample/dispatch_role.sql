-- dispatch_role: 31 / 32 / 32 roles of technicians.
with names (id, code, name) as (
    values
    ( 1, 'scan',         'Scan intake'),                ( 2, 'segment',      'Segmentation'),
    ( 3, 'stage',        'Staging'),                    ( 4, 'review',       'Plan review'),
    ( 5, 'qc',           'Quality control'),            ( 6, 'print',        '3D printing'),
    ( 7, 'trim',         'Trimming & polishing'),       ( 8, 'pack',         'Packing'),
    ( 9, 'ship',         'Shipping'),                   (10, 'support',      'Doctor support'),
    (11, 'stage_jp',     'Staging (日本)'),               (12, 'review_jp',    'Plan review (日本)'),
    (13, 'support_jp',   'サポート'),                      (14, 'stage_th',     'Staging (ไทย)'),
    (15, 'support_th',   'ฝ่ายสนับสนุน'),                (16, 'qc_senior',    'Quality control, senior'),
    (17, 'stage_senior', 'Staging, "senior"'),          (18, 'crown',        'Crown & bridge'),
    (19, 'retainer',     'Retainers'),                  (20, 'splint',       'Splints'),
    (21, 'wax',          'Wax-up'),                     (22, 'metal',        'Metal work'),
    (23, 'ceramic',      'Céramique'),                  (24, 'model',        'Model making'),
    (25, 'impression',   'Impression intake'),          (26, 'complaint',    'Complaints'),
    (27, 'billing',      'Billing clerk'),              (28, 'stock',        'Stock'),
    (29, 'training',     'Trainer'),                    (30, 'night',        'Night shift \ weekend'),
    (31, 'lead',         'Team lead'),                  (32, 'auto_review',  'Review of automatic staging')
),
dealt as (
    select phase, n, unnest(generate_series(first, last)) as id from sample._figures where deck = 'role'
),
timed as (
    select d.id, t.until,
        case d.phase
            when 'A' then 1464739200000000 + d.id * (200 * t.day / d.n) + rnd($seed + 310, d.id) % t.day    -- 2016
            else          t.a_end + 20 * t.day + rnd($seed + 310, d.id) % t.day
        end as at
    from sample._epoch t
    cross join dealt d
)
select
    cast(r.id as int) as id,
    n.code,
    n.name,
    arrow_cast(r.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from timed r
join names n on n.id = r.id
where r.at < r.until
