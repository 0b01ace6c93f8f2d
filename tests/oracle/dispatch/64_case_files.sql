-- A file belongs to the one case that its links lead to.
create table oracle_case_files as
with way as materialized (
    -- Each link: the case at its end (by the patient), or what it stumbles over.
    select
        l.*,
        i.patient_id,
        case
            when i.id is null then 'missing_instruction'
            when exists (select from oracle_orders o where o.key = i.id and o.outcome = 'rejected')
                then 'order_not_migrated'
            when i.patient_id is null then 'no_patient'
            when not exists (select from oracle_cases c where c.key = i.patient_id and c.outcome <> 'rejected')
                then 'case_not_migrated'
        end as obstacle
    from dispatch_file_instruction l
    left join dispatch_instruction i on i.id = l.instruction_id
),
summed as (
    select
        w.file_id,
        count(*)                                                                        as links,
        count(*) filter (where w.obstacle is null)                                      as good_links,
        count(distinct w.patient_id) filter (where w.obstacle is null)                  as cases,
        min(w.id)                                                                       as first_link,
        min(w.id) filter (where w.obstacle is null)                                     as first_good_link
    from way w
    group by w.file_id
)
select
    f.id::bigint as key,
    case
        when r.reason in ('no_link', 'no_patient') then 'skipped'
        else oracle_outcome('case_file', f.id, r.reason)
    end          as outcome,
    r.reason     as reason,
    case when s.good_links > 0 and s.links > s.good_links then array['link_unresolved'] else '{}' end as warnings,
    case when r.reason is null and not oracle_is_adopted('case_file', f.id) then jsonb_build_object(
        'id', oracle_uuid('case_file', f.id),
        'legacy_id', f.id,
        'file_id', oracle_uuid('file', f.id),
        'case_id', oracle_uuid('case', w.patient_id),
        'order_id', oracle_uuid('order', w.instruction_id),
        'linked_at', w.created_at,
        'metadata', oracle_source(to_jsonb(f), 'dispatch_file') || jsonb_build_object(
            'link_legacy_id', w.id, 'instruction_legacy_id', w.instruction_id, 'link_count', s.links
        ),
        'created_at', f.created_at
    ) end        as row,
    -- for the images and documents
    case when r.reason is null then w.patient_id end as case_key
from dispatch_file f
left join summed s on s.file_id = f.id
left join way w on w.id = coalesce(s.first_good_link, s.first_link)
cross join lateral (
    select case
        when s.file_id is null then 'no_link'
        when s.cases > 1 then 'conflicting_cases'
        when s.good_links = 0 then w.obstacle
    end as reason
) r;

alter table oracle_case_files add primary key (key);
