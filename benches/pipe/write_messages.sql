copy public.system_messages (
    id, legacy_id, recipient_id, template_name, template_context, channel, is_read, metadata, created_at
) from stdin (format binary)
