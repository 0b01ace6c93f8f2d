-- A file of a message; every file comes over.
create table oracle_message_attachments as
select
    a.id::bigint                                         as key,
    oracle_outcome('message_attachment', a.id, r.reason) as outcome,
    r.reason                                             as reason,
    '{}'::text[]                                         as warnings,
    case when r.reason is null and not oracle_is_adopted('message_attachment', a.id) then jsonb_build_object(
        'id', oracle_uuid('message_attachment', a.id),
        'legacy_id', a.id,
        'message_id', oracle_uuid('record_message', a.record_id),
        'file_id', oracle_uuid('file', a.file_id),
        'metadata', oracle_source(to_jsonb(a), 'dispatch_record_attachments'),
        'created_at', a.created_at
    ) end                                                as row
from dispatch_record_attachments a
cross join lateral (
    select case
        when not exists (
            select from oracle_case_messages_records m
            where m.key = a.record_id and m.outcome in ('migrated', 'adopted')
        ) then 'message_not_migrated'
        when not exists (select from dispatch_file f where f.id = a.file_id) then 'file_not_migrated'
    end as reason
) r;

alter table oracle_message_attachments add primary key (key);
