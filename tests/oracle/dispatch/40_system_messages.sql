-- What the system sent, to those who are there, with a context that PostgreSQL reads.
create table oracle_system_messages as
select
    n.id                                             as key,
    oracle_outcome('system_message', n.id, r.reason) as outcome,
    r.reason                                         as reason,
    case when e.is_empty then array['context_empty'] else '{}' end as warnings,
    case when r.reason is null and not oracle_is_adopted('system_message', n.id) then jsonb_build_object(
        'id', oracle_uuid('system_message', n.id),
        'legacy_id', n.id,
        'recipient_id', oracle_uuid('profile', n.recipient_id),
        'template_name', n.template_name,
        'template_context', case when e.is_empty then '{}'::jsonb else n.template_context::jsonb end,
        'channel', n.channel,
        'is_read', n.is_read,
        'metadata', oracle_source(to_jsonb(n), 'dispatch_notification')
            || case when e.is_empty then '{"template_context_was_empty": true}'::jsonb else '{}'::jsonb end,
        'created_at', n.created_at
    ) end                                            as row
from dispatch_notification n
cross join lateral (select n.template_context is null or n.template_context = '' as is_empty) e
cross join lateral (
    select case
        when not exists (select from auth_user u where u.id = n.recipient_id) then 'recipient_not_migrated'
        when not e.is_empty and not oracle_is_jsonb(n.template_context) then 'malformed_json'
    end as reason
) r;

alter table oracle_system_messages add primary key (key);
