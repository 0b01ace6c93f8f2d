-- What could not be put back stays, and is listed. Inserted rows that are gone already are as they were.
with left_over as (
    delete from rehome.before_images i where i.run_id = $1 and i.flow = $2 returning i.*
),
looked_at as (
    select i.*, t.found, t.hash
    from left_over i
    left join lateral (select true as found, {hash} as hash from {table} t where {is} limit 1) t on true
)
insert into rehome.left_rows (run_id, flow, row_id, legacy_key, why)
select $1, $2, row_id, legacy_key,
       case when move = 'deleted' then 'refused' when found is null then 'deleted'
            when hash is distinct from after then 'changed' when move = 'inserted' then 'referenced' else 'refused' end
from looked_at
where not (move = 'inserted' and found is null)
on conflict do nothing
