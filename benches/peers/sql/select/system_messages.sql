select
    m.id,
    n.id as legacy_id,
    p.id as recipient_id,
    n.template_name::text as template_name,
    case
        when coalesce(n.template_context, '') = '' then '{}'
        else n.template_context::{document}
    end as template_context,
    n.channel::text as channel,
    n.is_read,
    case
        when coalesce(n.template_context, '') = '' then {json}_build_object(
            'source_notification_id', n.id, 'source_recipient_id', n.recipient_id,
            'source_template_name', n.template_name, 'source_template_context', n.template_context,
            'source_channel', n.channel, 'source_is_read', n.is_read, 'source_created_at', n.created_at,
            'migration_source', 'dispatch_notification', 'template_context_was_empty', true
        )
        else {json}_build_object(
            'source_notification_id', n.id, 'source_recipient_id', n.recipient_id,
            'source_template_name', n.template_name, 'source_template_context', n.template_context,
            'source_channel', n.channel, 'source_is_read', n.is_read, 'source_created_at', n.created_at,
            'migration_source', 'dispatch_notification'
        )
    end as metadata,
    n.created_at
from dispatch_notification n
join map_system_message m on m.legacy_id = n.id
join map_profile p on p.legacy_id = n.recipient_id
