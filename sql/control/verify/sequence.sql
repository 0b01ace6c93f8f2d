-- Does a sequence give values that its column has already? known: this role may look at it. last: where it stands.
select s.known, s.last, s.ascending,
       coalesce(case when s.ascending then least(found.highest::numeric, s.most) > coalesce(s.last::numeric, s.first - 1)
                     else greatest(found.lowest::numeric, s.least) < coalesce(s.last::numeric, s.first + 1) end, false) as behind
from (
    select may.known, case when may.known then pg_catalog.pg_sequence_last_value(q.seqrelid) end as last,
           q.seqincrement > 0 as ascending, q.seqstart::numeric as first, q.seqmax::numeric as most, q.seqmin::numeric as least
    from pg_catalog.pg_sequence q
    cross join lateral (select has_sequence_privilege(q.seqrelid, 'usage, select') as known) may
    where q.seqrelid = to_regclass($1::text)
) s
cross join (select max({column}) as highest, min({column}) as lowest from {table}) found
