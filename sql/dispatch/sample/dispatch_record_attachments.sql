-- dispatch_record_attachments: at B and C 8,703 files, attached to records of plans that load; to some records two.
-- Each is another file; later ones are attached later.
with dealt as (
    select phase, n, unnest(generate_series(first, last)) as ordinal, first
    from sample._figures
    where deck = 'attachment'
),
-- How many files there are: up to the end of the phase, and before it
files as (
    select
        cast(sum(case when phase = 'A' then n else 0 end) as bigint) as n_a,
        cast(sum(n) as bigint)                                       as n
    from sample._figures
    where deck = 'file'
),
ranked as (
    select
        id, phase, at, until,
        cast(row_number() over (partition by phase order by id) as bigint) - 1 as nth
    from sample._records
    where on_loaded_plan
),
sizes as (
    select phase, cast(sum(n) as bigint) as records
    from sample._figures
    where deck = 'record' and kind in ('plan root', 'plan revision', 'plan root_new', 'plan revision_new')
    group by phase
),
aimed as (
    select
        d.*, z.records, d.ordinal - d.first as nth, rnd($seed + 206, d.ordinal) as luck,
        case when d.phase = 'A' or f.n_a = f.n then 0     else f.n_a       end as files_before,
        case when d.phase = 'A' and f.n_a > 0  then f.n_a
             when f.n_a = f.n                  then f.n   else f.n - f.n_a end as files
    from files f
    cross join dealt d
    join sizes z on z.phase = d.phase
),
attached as (
    select
        a.ordinal, r.id as record_id,
        -- one of the stretch of files that is this attachment's
        a.files_before + 1 + a.nth * a.files / a.n
            + a.luck % greatest(1, a.files / a.n) as file_id,
        least(r.until - 1, r.at + 1 + a.luck % 60000000) as at
    from aimed a
    -- every fourth on the record of the one before
    join ranked r on r.phase = a.phase
        and r.nth = (a.nth - case when a.nth % 4 = 3 then 1 else 0 end) * a.records / a.n
),
numbered as (
    select *, cast(row_number() over (order by at, ordinal) as bigint) as id from attached
)
select
    cast(n.id as int) as id,
    cast(n.record_id as int) as record_id,
    cast(n.file_id as int) as file_id,
    arrow_cast(n.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from sample._epoch t
cross join numbered n
where n.at < t.until
