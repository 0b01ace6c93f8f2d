select
    m.id,
    null::bigint as legacy_comment_id,
    r.id::bigint as legacy_record_id,
    c.id as case_id,
    o.id as order_id,
    tp.id as treatment_plan_id,
    u.id as sender_id,
    k.message_type::{case_message_type} as message_type,
    r.text as content,
    {json}_build_object(
        'source_record_id', r.id, 'source_content_type_id', r.content_type_id, 'source_object_id', r.object_id,
        'source_author_id', r.author_id, 'source_text', r.text, 'source_created_at', r.created_at,
        'migration_source', 'dispatch_record', 'content_type', t.app_label || '.' || t.model,
        'message_classification', k.message_type, 'root_plan_legacy_id', p.root_id
    ) as metadata,
    r.created_at
from dispatch_record r
join map_record_message m on m.legacy_id = r.id
join django_content_type t on t.id = r.content_type_id
join plan_root p on p.id = r.object_id
join map_order o on o.legacy_id = p.instruction_id
join map_case c on c.legacy_id = p.patient_id
left join map_treatment_plan tp on tp.legacy_id = r.object_id
left join map_profile u on u.legacy_id = r.author_id
cross join lateral (
    select case
        when r.text ~* 'approve|looks good' then 'doctor_response'
        when r.text ~* 'please|[?]' then 'patient_question'
        when r.text ~* 'treatment|plan' then 'treatment_update'
        else 'clinical_note'
    end as message_type
    offset 0 -- once per row, and not wherever it is named
) k
