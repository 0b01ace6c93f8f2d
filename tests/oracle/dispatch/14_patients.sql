-- Doctor, office and suffix as far as they can be told; nothing stops a patient.
create table oracle_patients as
select
    p.id::bigint                          as key,
    oracle_outcome('patient', p.id, null) as outcome,
    null::text                            as reason,
    array_remove(array[
        case when u.id is null then 'profile_unknown' end,
        case when p.doctor_id is not null and d.key is null then 'doctor_unknown' end,
        case when p.office_id is not null and own.id is null then 'office_unknown' end,
        case when s.code ~ '^([A-Z0-9+-]{1,3}|[A-Z0-9+-]{5,8})$' then 'suffix_unusual' end,
        case when s.typed <> '' and s.code is null then 'suffix_unusable' end
    ], null)                              as warnings,
    case when not oracle_is_adopted('patient', p.id) then jsonb_build_object(
        'id', oracle_uuid('patient', p.id),
        'legacy_id', p.id,
        'profile_id', oracle_uuid('profile', u.id),
        'doctor_id', oracle_uuid('doctor', d.key),
        'office_id', oracle_uuid('office', coalesce(own.id, via.office_id)),
        'suffix', s.code,
        'birth_date', p.birth_date,
        'sex', coalesce(
            '{"F": "female", "M": "male", "O": "other", "X": "other"}'::jsonb ->> upper(p.sex), 'unknown'
        ),
        'is_active', p.is_deleted is not true,
        'deleted_at', p.deleted_at,
        'metadata', oracle_source(to_jsonb(p), 'dispatch_patient') || jsonb_build_object(
            'office_source', case
                when own.id is not null then 'patient'
                when via.office_id is not null then 'doctor'
                else 'none'
            end,
            'suffix_quality', case
                when coalesce(s.typed, '') = '' then 'none'
                when s.code is null then 'unusable'
                when length(s.code) = 4 then 'standard'
                else 'unusual'
            end
        ),
        'created_at', p.created_at
    ) end                                 as row,
    -- for the orders
    coalesce(own.id, via.office_id)       as office_key
from dispatch_patient p
left join auth_user u on u.id = p.user_id
left join oracle_doctors d on d.key = p.doctor_id and d.outcome in ('migrated', 'adopted')
left join dispatch_office own on own.id = p.office_id
left join lateral (
    select od.office_id
    from dispatch_office_doctors od
    where od.user_id = d.key and exists (select from dispatch_office o where o.id = od.office_id)
    order by od.office_id
    limit 1
) via on true
cross join lateral (
    select
        btrim(p.suffix) as typed,
        case
            when btrim(p.suffix) ~* '^[a-z0-9+-]{1,8}$' and btrim(p.suffix) ~ '^[ -~]+$' then upper(btrim(p.suffix))
        end as code
) s;

alter table oracle_patients add primary key (key);
