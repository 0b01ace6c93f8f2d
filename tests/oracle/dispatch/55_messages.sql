-- From one user to another; the other must be there.
create table oracle_messages as
select
    m.id::bigint                              as key,
    oracle_outcome('message', m.id, r.reason) as outcome,
    r.reason                                  as reason,
    array(select 'sender_unknown' where m.sender_id not in (select id from auth_user)) as warnings,
    case when r.reason is null and not oracle_is_adopted('message', m.id) then jsonb_build_object(
        'id', oracle_uuid('message', m.id),
        'legacy_id', m.id,
        'sender_id', (select oracle_uuid('profile', u.id) from auth_user u where u.id = m.sender_id),
        'recipient_id', oracle_uuid('profile', m.recipient_id),
        'subject', m.subject,
        'content', m.body,
        'read_at', m.read_at,
        'metadata', oracle_source(to_jsonb(m), 'dispatch_message'),
        'created_at', m.created_at
    ) end                                     as row
from dispatch_message m
cross join lateral (
    select case when m.recipient_id not in (select id from auth_user) then 'recipient_not_migrated' end as reason
) r;

alter table oracle_messages add primary key (key);
