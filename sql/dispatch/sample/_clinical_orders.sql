-- The orders that jaws, scans, impressions and measurements belong to, as numbers: id, kind (that of _instructions.sql;
-- stock has none of them), when they were made, and a rank of chance within the kind, from 0. It reads the tables that
-- are there already: the kind is told by the patient and the date.
with ranges as (
    select phase, kind, first, last from sample._figures where deck = 'patient'
),
made as (
    select
        i.id,
        arrow_cast(i.created_at, 'Int64') as at,
        case
            when p.kind <> 'ordinary' or arrow_cast(i.created_at, 'Int64') < t.a_end then p.kind
            else                                                                         'ordinary_new'
        end as kind
    from sample._epoch t
    cross join sample.dispatch_instruction i
    join ranges p on i.patient_id between p.first and p.last
)
select
    id, kind, at,
    cast(row_number() over (partition by kind order by rnd($seed + 400, id), id) as bigint) - 1 as rank
from made
