-- The sequence goes on after the last value in the column that it could have given: the highest, or of a descending
-- sequence the lowest. It never goes back.
select pg_catalog.setval(sequence.oid, sequence.wanted)
from (
    select
        s.seqrelid::regclass                       as oid,
        case when s.seqincrement > 0
            then least(found.highest::numeric, s.seqmax)
            else greatest(found.lowest::numeric, s.seqmin)
        end::bigint                                as wanted,
        coalesce(pg_catalog.pg_sequence_last_value(s.seqrelid)::numeric, s.seqstart::numeric - sign(s.seqincrement))
                                                   as last,
        s.seqincrement > 0                         as ascending
    from pg_catalog.pg_sequence s
    cross join (select max({column}) as highest, min({column}) as lowest from {table}) found
    where s.seqrelid = $1::text::regclass
      and found.highest is not null
) sequence
where case when ascending then wanted > last else wanted < last end
