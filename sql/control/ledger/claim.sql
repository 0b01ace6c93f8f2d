-- The first statement of a chunk's transaction: may we still write, and is this chunk still to be done?
-- The share lock makes a newer run wait until this transaction has ended.
with current as (
    select from rehome.epoch where epoch = $4 for share
),
claimed as (
    insert into rehome.chunks (run_id, flow, chunk)
    select $1, $2, $3 from current
    on conflict do nothing
    returning 1
)
select exists (select from current) as current, exists (select from claimed) as claimed
