-- A jaw says in its own field, or else in its notes, whether it is the upper or the lower one.
create table oracle_jaws as
select
    j.id::bigint                          as key,
    oracle_outcome('jaw', j.id, r.reason) as outcome,
    r.reason                              as reason,
    array_remove(array[
        case when t.typed is null then 'jaw_type_from_notes' end,
        case when j.tooth_count < 1 or j.tooth_count > 16 then 'tooth_count_unusual' end
    ], null)                              as warnings,
    case when r.reason is null and not oracle_is_adopted('jaw', j.id) then jsonb_build_object(
        'id', oracle_uuid('jaw', j.id),
        'legacy_id', j.id,
        'order_id', oracle_uuid('order', j.instruction_id),
        'jaw_type', coalesce(t.typed, t.noted),
        'tooth_count', j.tooth_count,
        'notes', j.notes,
        'metadata', oracle_source(to_jsonb(j), 'dispatch_jaw') || jsonb_build_object(
            'jaw_type', coalesce(t.typed, t.noted),
            'jaw_type_told_by', case when t.typed is null then 'notes' else 'jaw_type' end
        ),
        'created_at', j.created_at
    ) end                                 as row,
    -- for the brackets
    coalesce(t.typed, t.noted)            as jaw_type
from dispatch_jaw j
cross join lateral (
    -- The notes word by word; words of scripts without blanks may stand anywhere.
    select
        bool_or(w in ('upper', 'maxilla', 'maxillary')) or j.notes ~ '上顎|ขากรรไกรบน'   as upper,
        bool_or(w in ('lower', 'mandible', 'mandibular')) or j.notes ~ '下顎|ขากรรไกรล่าง' as lower
    from regexp_split_to_table(lower(j.notes), '[^a-z]+') w
) says
cross join lateral (
    select substring(j.jaw_type from '^[ \t\n\r\u3000]*(.*?)[ \t\n\r\u3000]*$') as spelled
) s
cross join lateral (
    select
        case
            when s.spelled ~* '^(u|upper( jaw| arch)?|maxilla(ry)?|top|上|上顎|บน|ขากรรไกรบน)$'             then 'upper'
            when s.spelled ~* '^(l|lower( jaw| arch)?|mandib(le|ular)|bottom|下|下顎|ล่าง|ขากรรไกรล่าง)$' then 'lower'
        end as typed,
        case
            when says.upper and says.lower then null
            when says.upper then 'upper'
            when says.lower then 'lower'
        end as noted
) t
left join oracle_orders o on o.key = j.instruction_id
cross join lateral (
    select case
        when o.key is null then 'missing_instruction'
        when o.outcome = 'rejected' then 'order_not_migrated'
        when coalesce(t.typed, t.noted) is null then 'jaw_type_unknown'
    end as reason
) r;

alter table oracle_jaws add primary key (key);
