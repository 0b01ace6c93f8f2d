-- dispatch_task: 709,300 / 761,400 / 768,962 pieces of work on orders, in the order of time. Between B and C 300 become
-- completed and 25 are deleted.
with sizes as (
    select
        cast(sum(case when deck = 'role' and phase = 'A' then n else 0 end) as bigint)  as roles_a,
        cast(sum(case when deck = 'role' then n else 0 end) as bigint)                  as roles,
        cast(sum(case when deck in ('user_role', 'agent') then n else 0 end) as bigint) as technicians
    from sample._figures
),
phases as (
    select 'A' as phase, 0 as phase_from, a_end as phase_to, 120 * day as span from sample._epoch
    union all
    select 'B', a_end, b_end, 120 * day from sample._epoch
    union all
    select 'C', b_end, c_end, 120 * day from sample._epoch
),
dealt as (
    select d.*, p.phase_from, p.phase_to, p.span, rnd($seed + 320, d.ordinal) as luck
    from phases p
    join (
        select phase, kind, first, unnest(generate_series(first, last)) as ordinal
        from sample._figures
        where deck = 'task'
    ) d on d.phase = p.phase
),
-- The order that the task is on, or whose time it is of, where the task itself leads to none
aimed as (
    select *,
        case
            when kind = 'order_rejected'                        then 'no_doctor_no_office'
            when kind in ('stock', 'deleted_new')               then kind
            -- two of three that come after A are on orders of that time
            when phase = 'A' or kind = 'gone' or luck % 3 = 0   then 'ordinary'
            else                                                     'ordinary_new'
        end as instruction_kind
    from dealt
),
-- Within 120 days of the order, in the task's own phase; on the orders that will lose their case, before that
placed as (
    select
        a.phase, a.kind, a.ordinal, a.luck, a.phase_to,
        case a.kind
            when 'null' then null
            when 'zero' then 0
            when 'gone' then 8000001 + rnd($seed + 321, a.ordinal) % 20000
            else             i.id
        end as instruction_id,
        greatest(i.at, a.phase_from) as at_from,
        least(a.phase_to, greatest(i.at, a.phase_from) + case a.kind when 'deleted_new' then a.span / 6 else a.span end)
            as at_to
    from aimed a
    join (select kind, n from sample._figures where deck = 'instruction') k on k.kind = a.instruction_kind
    join sample._instructions i on i.kind = a.instruction_kind and i.nth = rnd($seed + 321, a.ordinal) % k.n
),
made as (
    select *, at_from + 1 + rnd($seed + 322, ordinal) % greatest(1, at_to - at_from - 1) as at from placed
),
numbered as (
    select *, cast(row_number() over (order by at, ordinal) as bigint) as id from made
),
-- Nine of ten are completed, in the task's own phase; those of kind `completed` between B and C
finished as (
    select t.until, t.is_c, t.day, m.*,
        case
            when m.kind = 'completed' and t.is_c       then t.b_end + m.luck % (t.c_end - t.b_end)
            when m.kind = 'completed'                  then null
            when m.luck / 64 % 10 > 0                  then m.at + 1 + m.luck % least(14 * t.day, m.phase_to - m.at)
        end as completed_at
    from sample._epoch t
    cross join numbered m
)
select
    cast(f.id as int) as id,
    cast(f.instruction_id as int) as instruction_id,
    cast(case
        when f.kind = 'assignee_unknown' then 900001 + f.luck % 5000
        when f.luck / 640 % 8 = 0        then null
        when f.luck / 640 % 8 = 1        then r.staff + 1 + f.luck / 5120 % r.doctors_a
        else                                  1 + f.luck / 5120 % s.technicians
    end as int) as assignee_id,
    cast(case
        when f.kind = 'role_unknown' then 101 + f.luck % 40                   -- of roles dropped long ago
        when f.phase = 'C'           then 1 + f.luck / 512000 % s.roles
        else                              1 + f.luck / 512000 % s.roles_a
    end as int) as role_id,
    case f.luck / 3 % 8
        when 0 then 'scan_intake' when 1 then 'segmentation' when 2 then 'staging'  when 3 then 'plan_review'
        when 4 then 'quality'     when 5 then 'printing'     when 6 then 'shipping' else 'call_doctor'
    end as kind,
    case
        when f.completed_at is not null then 'completed'
        when f.kind = 'completed'       then 'in_progress'
        when f.luck / 7 % 5 = 0         then 'cancelled'
        when f.luck / 7 % 5 = 1         then 'new'
        when f.luck / 7 % 5 = 2         then 'assigned'
        when f.luck / 7 % 5 = 3         then 'in_progress'
        else                                 'waiting'
    end as status,
    case when f.luck / 11 % 9 > 0
        then arrow_cast(f.at + (1 + f.luck / 13 % 20) * f.day, 'Timestamp(Microsecond, Some("UTC"))')
    end as due_at,
    arrow_cast(f.completed_at, 'Timestamp(Microsecond, Some("UTC"))') as completed_at,
    arrow_cast(f.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from sample._roster r
cross join sizes s
cross join finished f
where f.at < f.until and not (f.kind = 'deleted' and f.is_c)
