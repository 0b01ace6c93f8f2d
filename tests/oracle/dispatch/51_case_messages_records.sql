create function oracle_message_type(said text) returns text
    language sql immutable
    as $$
    select case
        when said ~* '(approve|looks good)' then 'doctor_response'
        when said ~* 'please|[?]' then 'patient_question'
        when said ~* 'treatment|plan' then 'treatment_update'
        else 'clinical_note'
    end
    $$;

-- A record on a plan is a message of the case that the plan's order belongs to.
create table oracle_case_messages_records as
select
    m.id::bigint                                     as key,
    case when k.family = 'plan' then oracle_outcome('record_message', m.id, r.reason) else 'skipped' end as outcome,
    r.reason                                         as reason,
    case when m.author_id is not null and u.id is null then array['sender_unknown'] else '{}' end as warnings,
    case when r.reason is null and not oracle_is_adopted('record_message', m.id) then jsonb_build_object(
        'id', oracle_uuid('record_message', m.id),
        'legacy_record_id', m.id,
        'legacy_comment_id', null,
        'case_id', oracle_uuid('case', i.patient_id),
        'order_id', oracle_uuid('order', i.id),
        'treatment_plan_id', oracle_uuid('treatment_plan', m.object_id),
        'sender_id', oracle_uuid('profile', u.id),
        'message_type', oracle_message_type(m.text),
        'content', m.text,
        'metadata', oracle_source(to_jsonb(m), 'dispatch_record') || jsonb_build_object(
            'content_type', k.written,
            'message_classification', oracle_message_type(m.text),
            'root_plan_legacy_id', t.top_id
        ),
        'created_at', m.created_at
    ) end                                            as row
from dispatch_record m
left join oracle_content_types k on k.id = m.content_type_id
left join oracle_plan_top t on k.family = 'plan' and t.plan_id = m.object_id
left join dispatch_instruction i on i.id = t.instruction_id
left join auth_user u on u.id = m.author_id
cross join lateral (
    select case
        when k.id is null then 'unknown_content_type'
        when k.family <> 'plan' then 'on_' || k.family
        when t.plan_id is null then 'missing_plan'
        when t.is_cycle then 'plan_cycle'
        when i.id is null then 'missing_instruction'
        when (select o.outcome from oracle_orders o where o.key = i.id) = 'rejected' then 'order_not_migrated'
        when i.patient_id is null
            or (select c.outcome from oracle_cases c where c.key = i.patient_id) = 'rejected' then 'case_not_migrated'
    end as reason
) r;

alter table oracle_case_messages_records add primary key (key);
