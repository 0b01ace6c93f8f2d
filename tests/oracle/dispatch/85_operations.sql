-- A booking needs the purchase that it names, if it names one.
create table oracle_operations as
select
    o.id::bigint                                as key,
    oracle_outcome('operation', o.id, r.reason) as outcome,
    r.reason                                    as reason,
    case when k.known is null then array['kind_unknown'] else '{}' end as warnings,
    case when r.reason is null and not oracle_is_adopted('operation', o.id) then jsonb_build_object(
        'id', oracle_uuid('operation', o.id),
        'legacy_id', o.id,
        'purchase_id', oracle_uuid('purchase', o.purchase_id),
        'kind', coalesce(k.known, 'unknown'),
        'amount', o.amount,
        'metadata', oracle_source(to_jsonb(o), 'dispatch_operation'),
        'created_at', o.created_at
    ) end                                       as row
from dispatch_operation o
left join unnest('{charge,refund,adjustment,fee}'::text[]) k (known) on k.known = o.kind
left join oracle_purchases p on p.key = o.purchase_id and p.reason is null
cross join lateral (
    select case when p.key is null and o.purchase_id is not null then 'purchase_not_migrated' end as reason
) r;

alter table oracle_operations add primary key (key);
