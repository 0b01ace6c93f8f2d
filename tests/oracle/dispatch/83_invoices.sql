-- An invoice needs its order; the status as far as it is known.
create table oracle_invoices as
select
    b.id::bigint                              as key,
    oracle_outcome('invoice', b.id, r.reason) as outcome,
    r.reason                                  as reason,
    case when s.known is null then array['status_unknown'] else '{}' end as warnings,
    case when r.reason is null and not oracle_is_adopted('invoice', b.id) then jsonb_build_object(
        'id', oracle_uuid('invoice', b.id),
        'legacy_id', b.id,
        'order_id', oracle_uuid('order', b.instruction_id),
        'invoice_number', b.number,
        'total', b.total,
        'status', coalesce(s.known, 'unknown'),
        'issued_at', b.issued_at,
        'metadata', oracle_source(to_jsonb(b), 'dispatch_invoice'),
        'created_at', b.created_at
    ) end                                     as row
from dispatch_invoice b
left join unnest('{draft,sent,paid,overdue,void}'::text[]) s (known) on s.known = b.status
left join oracle_orders o on o.key = b.instruction_id
cross join lateral (
    select case
        when o.key is null then 'missing_instruction'
        when o.outcome = 'rejected' then 'order_not_migrated'
    end as reason
) r;

alter table oracle_invoices add primary key (key);
