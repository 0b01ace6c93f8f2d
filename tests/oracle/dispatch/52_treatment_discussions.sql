-- A record on an instruction is a discussion of its order.
create table oracle_treatment_discussions as
select
    m.id::bigint                                     as key,
    case when k.family = 'instruction' then oracle_outcome('treatment_discussion', m.id, r.reason) else 'skipped' end
                                                     as outcome,
    r.reason                                         as reason,
    array_remove(array[
        case when m.author_id is not null and u.id is null then 'author_unknown' end,
        case when r.reason is null and c.key is null then 'no_case' end
    ], null)                                         as warnings,
    case when r.reason is null and not oracle_is_adopted('treatment_discussion', m.id) then jsonb_build_object(
        'id', oracle_uuid('treatment_discussion', m.id),
        'legacy_id', m.id,
        'order_id', oracle_uuid('order', m.object_id),
        'case_id', oracle_uuid('case', c.key),
        'author_id', oracle_uuid('profile', u.id),
        'message_type', oracle_message_type(m.text),
        'content', m.text,
        'metadata', oracle_source(to_jsonb(m), 'dispatch_record') || jsonb_build_object(
            'content_type', k.written, 'message_classification', oracle_message_type(m.text)
        ),
        'created_at', m.created_at
    ) end                                            as row
from dispatch_record m
left join oracle_content_types k on k.id = m.content_type_id
left join auth_user u on u.id = m.author_id
left join oracle_orders o on k.family = 'instruction' and o.key = m.object_id
left join oracle_cases c
    on c.key = (select i.patient_id from dispatch_instruction i where i.id = o.key) and c.outcome <> 'rejected'
cross join lateral (
    select case
        when k.id is null then 'unknown_content_type'
        when k.family <> 'instruction' then 'on_' || k.family
        -- Every instruction has its line among the orders.
        when o.key is null then 'missing_instruction'
        when o.outcome = 'rejected' then 'order_not_migrated'
    end as reason
) r;

alter table oracle_treatment_discussions add primary key (key);
