-- A record on a patient is a note; one on nothing that has a name is rejected.
create table oracle_doctor_notes as
select
    m.id::bigint                                     as key,
    case
        when k.family = 'patient' or k.id is null then oracle_outcome('doctor_note', m.id, r.reason)
        else 'skipped'
    end                                              as outcome,
    r.reason                                         as reason,
    case when m.author_id is not null and u.id is null then array['author_unknown'] else '{}' end as warnings,
    case when r.reason is null and not oracle_is_adopted('doctor_note', m.id) then jsonb_build_object(
        'id', oracle_uuid('doctor_note', m.id),
        'legacy_record_id', m.id,
        'legacy_comment_id', null,
        'patient_id', oracle_uuid('patient', m.object_id),
        'author_id', oracle_uuid('profile', u.id),
        'content', m.text,
        'metadata', oracle_source(to_jsonb(m), 'dispatch_record') || jsonb_build_object('content_type', k.written),
        'created_at', m.created_at
    ) end                                            as row
from dispatch_record m
left join oracle_content_types k on k.id = m.content_type_id
left join auth_user u on u.id = m.author_id
cross join lateral (
    select case coalesce(k.family, '')
        when '' then 'unknown_content_type'
        when 'patient' then
            -- Every patient comes over.
            case when m.object_id not in (select id from dispatch_patient) then 'patient_not_migrated' end
        else 'on_' || k.family
    end as reason
) r;

alter table oracle_doctor_notes add primary key (key);
