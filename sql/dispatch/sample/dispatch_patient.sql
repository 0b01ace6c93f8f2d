-- dispatch_patient: 7,854 / 8,456 / 8,456 patients (_patients.sql); 12 are deleted, one of them before A.
-- suffix, as it was typed: 7,150 in the format of four characters (once trimmed and in capitals), one odd, 29 unusable,
-- the rest absent.
with unusable (no, suffix) as (
    values
    (0, 'N/A'), (1, 'see notes'), (2, 'ABCDEFGHIJ'), (3, 'Ünlü'), (4, '12_4'), (5, 'A1.B'), (6, '??'), (7, 'x y z')
),
shuffled as (
    select *, cast(row_number() over (order by rnd($seed + 65, id), id) as bigint) as rank, rnd($seed + 66, id) as luck
    from sample._patients
),
typed as (
    select
        p.*, f.kind as suffix_kind, u.suffix as unusable,
        concat(
            substr('ABCDEFGHJKLMNPQRSTUVWXYZ', cast(1 + p.luck / 100 % 24 as int), 1),
            substr('ABCDEFGHJKLMNPQRSTUVWXYZ0123456789', cast(1 + p.luck / 2400 % 34 as int), 1),
            substr('+-0123456789ABCDEF', cast(1 + p.luck / 81600 % 18 as int), 1),
            substr('0123456789', cast(1 + p.luck / 1468800 % 10 as int), 1)) as code
    from shuffled p
    join (select kind, first, last, fill from sample._figures where deck = 'suffix') f
        on p.rank >= f.first and (p.rank <= f.last or f.fill)
    left join unusable u on f.kind = 'unusable' and u.no = (p.rank - f.first) % 8
)
select
    cast(p.id as int) as id,
    cast(p.user_id as int) as user_id,
    cast(p.doctor_id as int) as doctor_id,
    cast(p.office_id as int) as office_id,
    case p.suffix_kind
        when 'unusable' then p.unusable
        when 'odd'      then concat('+', lpad(cast(p.luck % 100000 as text), 5, '0'))
        when 'format'   then
            concat(
                case when p.luck % 23 = 0 then '  ' else '' end,
                case when p.luck % 9 = 0 then lower(p.code) else p.code end,
                case when p.luck % 17 = 0 then ' ' else '' end)
    end as suffix,
    -- 1950 to 2009
    case when p.luck / 7 % 30 > 0 then arrow_cast(cast(-7300 + p.luck / 11 % 21900 as int), 'Date32') end as birth_date,
    case
        when p.luck / 13 % 40 = 0 then 'U'
        when p.luck / 13 % 40 = 1 then 'X'
        when p.luck / 13 % 2 = 0  then 'F'
        else 'M'
    end as sex,
    p.kind in ('deleted_old', 'deleted_new') as is_deleted,
    arrow_cast(
        case p.kind
            when 'deleted_old' then t.a_end - 100 * t.day + p.luck % t.day
            when 'deleted_new' then t.a_end +  40 * t.day + p.luck % t.day
        end,
        'Timestamp(Microsecond, Some("UTC"))') as deleted_at,
    arrow_cast(p.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from sample._epoch t
cross join typed p
where p.at < t.until
