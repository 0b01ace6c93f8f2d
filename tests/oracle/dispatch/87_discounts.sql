-- Of the discounts that are right in themselves, one stands for each code: none of the same code came after it.
create table oracle_discounts as
with judged as materialized (
    select o.*, r.reason
    from dispatch_discount o
    cross join lateral (
        select case
            when o.product_id <> all (array(select p.id from dispatch_product p)) then 'product_not_migrated'
            when o.ends_at - o.starts_at <= interval '0' then 'invalid_period'
            when not numrange(0, 100, '[]') @> o.percent then 'invalid_percent'
        end as reason
    ) r
)
select
    j.id::bigint as key,
    oracle_outcome('discount', j.id, f.reason) as outcome,
    f.reason     as reason,
    '{}'::text[] as warnings,
    case when f.reason is null and not oracle_is_adopted('discount', j.id) then jsonb_build_object(
        'id', oracle_uuid('discount', j.id),
        'legacy_id', j.id,
        'code', j.code,
        'product_id', oracle_uuid('product', j.product_id),
        'percent', j.percent,
        'starts_at', j.starts_at,
        'ends_at', j.ends_at,
        'metadata', oracle_source(to_jsonb(o), 'dispatch_discount'),
        'created_at', j.created_at
    ) end        as row
from judged j
join dispatch_discount o on o.id = j.id
cross join lateral (
    select coalesce(j.reason, case
        when exists (
            select from judged later
            where later.reason is null and later.code = j.code and (later.created_at, later.id) > (j.created_at, j.id)
        ) then 'superseded'
    end) as reason
) f;

alter table oracle_discounts add primary key (key);
