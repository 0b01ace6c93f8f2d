-- A bracket needs its jaw. The first digit of its tooth is the quadrant.
create table oracle_brackets as
select
    b.id::bigint                              as key,
    oracle_outcome('bracket', b.id, r.reason) as outcome,
    r.reason                                  as reason,
    case
        when b.tooth::text !~ (case j.jaw_type when 'upper' then '^[12][1-8]$' when 'lower' then '^[34][1-8]$' end)
            then array['tooth_of_other_jaw']
        else '{}'
    end                                       as warnings,
    case when r.reason is null and not oracle_is_adopted('bracket', b.id) then jsonb_build_object(
        'id', oracle_uuid('bracket', b.id),
        'legacy_id', b.id,
        'jaw_id', oracle_uuid('jaw', b.jaw_id),
        'kind', b.kind,
        'tooth', b.tooth,
        'torque', b.torque,
        'angulation', b.angulation,
        'slot', b.slot,
        'taken_at', b.taken_at,
        'metadata', oracle_source(to_jsonb(b), 'dispatch_bracket'),
        'created_at', b.created_at
    ) end                                     as row
from dispatch_bracket b
left join oracle_jaws j on j.key = b.jaw_id and j.outcome <> 'rejected'
cross join lateral (select case when j.key is null then 'jaw_not_migrated' end as reason) r;

alter table oracle_brackets add primary key (key);
