-- Every file, uploaded when its row was made.
create table oracle_files as
select
    f.id::bigint                       as key,
    oracle_outcome('file', f.id, null) as outcome,
    null::text                         as reason,
    array_remove(array[
        case when f.uploaded_by is not null and u.id is null then 'uploader_unknown' end,
        case when f.mime_type = '' then 'mime_type_missing' end
    ], null)                           as warnings,
    case when not oracle_is_adopted('file', f.id) then jsonb_build_object(
        'id', oracle_uuid('file', f.id),
        'legacy_id', f.id,
        'filename', f.filename,
        'size_bytes', f.size,
        'mime_type', case when f.mime_type <> '' then f.mime_type end,
        'storage_key', f.storage_key,
        'sha256', f.sha256,
        'uploaded_by', oracle_uuid('profile', u.id),
        'uploaded_at', f.created_at,
        'is_active', f.is_deleted is not true,
        'metadata', oracle_source(to_jsonb(f), 'dispatch_file'),
        'created_at', f.created_at
    ) end                              as row
from dispatch_file f
left join auth_user u on u.id = f.uploaded_by;

alter table oracle_files add primary key (key);
