-- What people write and print, among the files.
create table oracle_documents as
select
    f.id::bigint as key,
    case when m.format is null then 'skipped' else oracle_outcome('document', f.id, null) end as outcome,
    case when m.format is null then 'not_a_document' end as reason,
    '{}'::text[] as warnings,
    case when m.format is not null and not oracle_is_adopted('document', f.id) then jsonb_build_object(
        'id', oracle_uuid('document', f.id),
        'legacy_id', f.id,
        'file_id', oracle_uuid('file', f.id),
        'case_id', oracle_uuid('case', cf.case_key),
        'title', f.filename,
        'format', m.format,
        'is_active', f.is_deleted is not true,
        'metadata', oracle_source(to_jsonb(f), 'dispatch_file'),
        'created_at', f.created_at
    ) end        as row
from dispatch_file f
join oracle_case_files cf on cf.key = f.id
left join (
    -- Patterns of the whole type, parameters aside; no type fits two.
    values
        ('application/pdf', 'pdf'),
        ('text/.*', 'text'),
        ('application/(msword|rtf)', 'word_processing'),
        ('application/vnd\.openxmlformats-officedocument\.wordprocessingml\.document', 'word_processing'),
        ('application/vnd\.oasis\.opendocument\.text', 'word_processing'),
        ('application/vnd\.ms-excel', 'spreadsheet'),
        ('application/vnd\.openxmlformats-officedocument\.spreadsheetml\.sheet', 'spreadsheet'),
        ('application/vnd\.oasis\.opendocument\.spreadsheet', 'spreadsheet'),
        ('application/vnd\.ms-powerpoint', 'presentation'),
        ('application/vnd\.openxmlformats-officedocument\.presentationml\.presentation', 'presentation'),
        ('application/vnd\.oasis\.opendocument\.presentation', 'presentation')
) m (type, format) on split_part(f.mime_type, ';', 1) ~* ('^ *' || m.type || ' *$');

alter table oracle_documents add primary key (key);
