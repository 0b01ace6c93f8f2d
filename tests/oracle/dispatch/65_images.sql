-- Pictures and radiographs among the files.
create table oracle_images as
select
    f.id::bigint as key,
    case when m.format is null then 'skipped' else oracle_outcome('image', f.id, null) end as outcome,
    case when m.format is null then 'not_an_image' end as reason,
    '{}'::text[] as warnings,
    case when m.format is not null and not oracle_is_adopted('image', f.id) then jsonb_build_object(
        'id', oracle_uuid('image', f.id),
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
cross join lateral (
    select
        lower((regexp_match(f.mime_type, '^ *(?:image/([^;]*[^; ])|application/(dicom)) *(?:;|$)', 'i'))[n]) as format
    from generate_series(1, 2) n
    order by format
    limit 1
) m;

alter table oracle_images add primary key (key);
