-- A comment is a message of the case that its plan's order belongs to.
create table oracle_case_messages_comments as
select
    m.id::bigint                                      as key,
    oracle_outcome('comment_message', m.id, r.reason) as outcome,
    r.reason                                          as reason,
    case when m.author_id is not null and u.id is null then array['sender_unknown'] else '{}' end as warnings,
    case when r.reason is null and not oracle_is_adopted('comment_message', m.id) then jsonb_build_object(
        'id', oracle_uuid('comment_message', m.id),
        'legacy_comment_id', m.id,
        'case_id', oracle_uuid('case', i.patient_id),
        'order_id', oracle_uuid('order', i.id),
        'treatment_plan_id', oracle_uuid('treatment_plan', m.plan_id),
        'sender_id', oracle_uuid('profile', u.id),
        'message_type', k.message_type,
        'content', m.text,
        'metadata', oracle_source(to_jsonb(m), 'dispatch_comment')
            || jsonb_build_object('message_classification', k.message_type, 'root_plan_legacy_id', t.top_id),
        'created_at', m.created_at
    ) end                                             as row
from dispatch_comment m
left join oracle_plan_top t on t.plan_id = m.plan_id
left join dispatch_instruction i on i.id = t.instruction_id
left join auth_user u on u.id = m.author_id
cross join lateral (
    select case
        when m.text ~* '(approve|looks good)' then 'doctor_response'
        when m.text ~* 'please|[?]' then 'patient_question'
        when m.text ~* 'treatment|plan' then 'treatment_update'
        else 'clinical_note'
    end as message_type
) k
cross join lateral (
    select case
        when t.plan_id is null then 'missing_plan'
        when t.is_cycle then 'plan_cycle'
        when i.id is null then 'missing_instruction'
        when exists (select from oracle_orders o where o.key = i.id and o.outcome = 'rejected')
            then 'order_not_migrated'
        when not exists (select from oracle_cases c where c.key = i.patient_id and c.outcome <> 'rejected')
            then 'case_not_migrated'
    end as reason
) r;

alter table oracle_case_messages_comments add primary key (key);
