-- Every product, as it is.
create table oracle_products as
select
    p.id::bigint                          as key,
    oracle_outcome('product', p.id, null) as outcome,
    null::text                            as reason,
    '{}'::text[]                          as warnings,
    case when not oracle_is_adopted('product', p.id) then jsonb_build_object(
        'id', oracle_uuid('product', p.id),
        'legacy_id', p.id,
        'sku', p.sku,
        'name', p.name,
        'price', p.price,
        'is_active', p.is_active,
        'metadata', oracle_source(to_jsonb(p), 'dispatch_product'),
        'created_at', p.created_at
    ) end                                 as row
from dispatch_product p;

alter table oracle_products add primary key (key);
