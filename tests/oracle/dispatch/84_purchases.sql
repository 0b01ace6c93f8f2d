-- A purchase needs its product, not its buyer.
create table oracle_purchases as
select
    b.id::bigint                               as key,
    oracle_outcome('purchase', b.id, r.reason) as outcome,
    r.reason                                   as reason,
    case when b.buyer_id <> all (array(select u.id from auth_user u)) then array['buyer_unknown'] else '{}' end
                                               as warnings,
    case when r.reason is null and not oracle_is_adopted('purchase', b.id) then jsonb_build_object(
        'id', oracle_uuid('purchase', b.id),
        'legacy_id', b.id,
        'product_id', oracle_uuid('product', b.product_id),
        'buyer_id', oracle_uuid('profile', (select u.id from auth_user u where u.id = b.buyer_id)),
        'quantity', b.quantity,
        'amount', b.amount,
        'metadata', oracle_source(to_jsonb(b), 'dispatch_purchase'),
        'created_at', b.created_at
    ) end                                      as row
from dispatch_purchase b
cross join lateral (
    select case
        when not exists (select from dispatch_product p where p.id = b.product_id) then 'product_not_migrated'
    end as reason
) r;

alter table oracle_purchases add primary key (key);
