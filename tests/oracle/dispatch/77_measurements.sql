-- A measurement is of the jaw that it names, else of the order of the instruction that it names.
create table oracle_measurements as
with parents as (
    select
        m.id,
        'jaw' as kind,
        (select j.outcome from oracle_jaws j where j.key = m.jaw_id) as outcome,
        (select j.instruction_id from dispatch_jaw j where j.id = m.jaw_id) as instruction_id
    from dispatch_measurement m
    where m.jaw_id is not null
    union all
    select
        m.id, 'order', (select o.outcome from oracle_orders o where o.key = m.instruction_id), m.instruction_id
    from dispatch_measurement m
    where m.jaw_id is null and m.instruction_id is not null
)
select
    m.id::bigint                                  as key,
    oracle_outcome('measurement', m.id, r.reason) as outcome,
    r.reason                                      as reason,
    case
        when p.kind = 'jaw' and m.instruction_id <> p.instruction_id then array['instruction_differs']
        else '{}'
    end                                           as warnings,
    case when r.reason is null and not oracle_is_adopted('measurement', m.id) then jsonb_build_object(
        'id', oracle_uuid('measurement', m.id),
        'legacy_id', m.id,
        'order_id', oracle_uuid('order', p.instruction_id),
        'jaw_id', oracle_uuid('jaw', m.jaw_id),
        'kind', m.kind,
        'value_mm', m.value,
        'deviation', m.deviation,
        'notes', m.notes,
        'taken_at', m.taken_at,
        'metadata', oracle_source(to_jsonb(m), 'dispatch_measurement') || jsonb_build_object('measured_on', p.kind),
        'created_at', m.created_at
    ) end                                         as row
from dispatch_measurement m
left join parents p on p.id = m.id
cross join lateral (
    select case
        when p.id is null then 'missing_parent'
        when p.outcome in ('migrated', 'adopted') then null
        when p.kind = 'jaw' then 'jaw_not_migrated'
        when p.outcome = 'rejected' then 'order_not_migrated'
        else 'missing_instruction'
    end as reason
) r;

alter table oracle_measurements add primary key (key);
