-- From a user (inbound) or to one (outbound); who it was to must be there.
create table oracle_communications as
select
    m.id::bigint                                    as key,
    oracle_outcome('communication', m.id, r.reason) as outcome,
    r.reason                                        as reason,
    case when m.direction ~* '^ *inbound *$' and u.id is null then array['sender_unknown'] else '{}' end as warnings,
    case when r.reason is null and not oracle_is_adopted('communication', m.id) then jsonb_build_object(
        'id', oracle_uuid('communication', m.id),
        'legacy_id', m.id,
        'profile_id', oracle_uuid('profile', u.id),
        'channel', m.channel,
        'direction', case when m.direction ~* 'inbound' then 'inbound' else 'outbound' end,
        'subject', m.subject,
        'content', m.body,
        'sent_at', m.sent_at,
        'metadata', oracle_source(to_jsonb(m), 'dispatch_communication'),
        'created_at', m.created_at
    ) end                                           as row
from dispatch_communication m
left join auth_user u on u.id = m.user_id
cross join lateral (
    select case
        when m.direction !~* '^ *(in|out)bound *$' then 'unknown_direction'
        when m.direction ~* 'outbound' and u.id is null then 'recipient_not_migrated'
    end as reason
) r;

alter table oracle_communications add primary key (key);
