-- dispatch_file: 301,002 / 325,652 / 325,652 files (_files.sql), half of them with a link to an order. About one of
-- 97 has the bytes of another one. Some uploaders are NULL or unknown users, some types are ''.
with types (first, last, mime_type, extension, smallest, spread) as (
    -- of 64 files
    values
    ( 0, 24, 'model/stl',                   '.stl',      84,   52000000),
    (25, 38, 'image/jpeg',                  '.jpg',   18000,    9000000),
    (39, 44, 'image/png',                   '.png',    2400,   14000000),
    (45, 47, 'application/pdf',             '.pdf',   11000,    5200000),
    (48, 49, 'application/zip',             '.zip',    1200,  310000000),
    (50, 50, 'application/dicom',           '.dcm',  520000,   84000000),
    (51, 51, 'text/plain',                  '.txt',       0,      24000),
    (52, 52, 'video/mp4',                   '.mp4', 1900000, 5400000000),      -- some beyond 2^31
    (53, 53, 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', '.docx', 9000, 800000),
    (54, 54, 'application/msword',          '.doc',   22000,    1200000),
    (55, 55, 'image/tiff',                  '.tif', 3000000,   90000000),
    (56, 56, 'IMAGE/JPEG',                  '.JPG',   18000,    9000000),
    (57, 57, 'model/ply',                   '.ply',  300000,  120000000),
    (58, 58, 'application/octet-stream',    '.stl',      84,   52000000),
    (59, 59, 'image/heic',                  '.HEIC', 700000,    3000000),
    (60, 60, 'text/csv; charset=utf-8',     '.csv',     120,      90000),
    (61, 61, 'application/vnd.ms-excel',    '.xls',   16000,     400000),
    (62, 62, 'application/pdf; charset=binary', '.pdf', 11000,  5200000),
    (63, 63, '',                            '',           0,     640000)
),
slots as (
    select unnest(generate_series(first, last)) as slot, mime_type, extension, smallest, spread from types
),
stems (no, stem) as (
    values
    (0, 'upper'), (1, 'lower'), (2, 'intraoral_frontal'), (3, 'Scan "final" (2)'), (4, '上顎スキャン'),
    (5, 'Übergabe – Kopie'), (6, 'C:\Scans\lower'), (7, 'O''Brien bite'), (8, 'รูปถ่าย'), (9, E'two\nlines'),
    (10, 'shell_occlusion_u'), (11, 'stage 100% ok'), (12, 'IMG'), (13, 'consent & prescription'), (14, 'Núñez, smile'),
    (15, '😀 after')
),
drawn as (
    select f.*, rnd($seed + 303, content) as luck, rnd($seed + 304, id) as own
    from (select *, case when ordinal % 97 = 5 then ordinal - 3 else ordinal end as content from sample._files) f
)
select
    cast(f.id as int) as id,
    case f.kind
        when 'conflicting'    then 'treatment_auxiliary_002.stl'
        when 'order_rejected' then '136062118_shell_occlusion_l.stl.stl'
        else concat(
            case when f.own % 3 = 0 then concat(cast(100000000 + f.own / 3 % 90000000 as text), '_') else '' end,
            s.stem, '_', lpad(cast(f.luck / 65536 % 1000 as text), 3, '0'), m.extension)
    end as filename,
    m.smallest + f.luck / 1024 % m.spread as size,
    m.mime_type,
    concat('media/', substr(x.hex, 1, 2), '/', x.hex, m.extension) as storage_key,
    encode(sha256(cast(f.luck as text)), 'hex') as sha256,
    cast(case
        when f.ordinal % 401 = 2      then 900001 + f.own % 5000            -- uploader_unknown
        when f.own / 7 % 12 = 0       then null
        when f.own / 7 % 12 < 5       then 1 + f.own / 84 % r.staff
        else                               r.staff + 1 + f.own / 84 % r.doctors_a
    end as int) as uploaded_by,
    f.own / 11 % 60 = 0 as is_deleted,
    arrow_cast(f.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from sample._roster r
cross join sample._epoch t
cross join drawn f
join slots m on m.slot = case when f.kind in ('conflicting', 'order_rejected') then 0 else f.luck % 64 end
join stems s on s.no = f.luck / 64 % 16
join (select id as file_id, lpad(to_hex(rnd($seed + 305, id)), 16, '0') as hex from sample._files) x on x.file_id = f.id
where f.at < t.until
