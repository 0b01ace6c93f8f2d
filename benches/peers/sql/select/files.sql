select
    m.id,
    f.id::bigint as legacy_id,
    f.filename::text as filename,
    f.size as size_bytes,
    nullif(f.mime_type, '')::text as mime_type,
    f.storage_key::text as storage_key,
    f.sha256::text as sha256,
    u.id as uploaded_by,
    f.created_at as uploaded_at,
    not f.is_deleted as is_active,
    {json}_build_object(
        'source_file_id', f.id, 'source_filename', f.filename, 'source_size', f.size,
        'source_mime_type', f.mime_type, 'source_storage_key', f.storage_key, 'source_sha256', f.sha256,
        'source_uploaded_by', f.uploaded_by, 'source_is_deleted', f.is_deleted, 'source_created_at', f.created_at,
        'migration_source', 'dispatch_file'
    ) as metadata,
    f.created_at
from dispatch_file f
join map_file m on m.legacy_id = f.id
left join map_profile u on u.legacy_id = f.uploaded_by
