-- dispatch_record: at B and C 70,742 records (_records.sql) on plans, instructions, patients and other things, by the
-- ids of their content types. 16,165 have the id of (dispatch, plan), 26 that of its old name.
with written as (
    select
        r.*,
        case when r.model = 'other' then r.parent_kind else r.model end as family,
        rnd($seed + 204, r.ordinal) as luck,
        case
            -- the first ones show both kinds of missing author at any scale
            when r.parent_kind in ('root', 'ordinary') and r.ordinal = r.first     then 'unknown'
            when r.parent_kind in ('root', 'ordinary') and r.ordinal = r.first + 1 then 'null'
            when rnd($seed + 205, r.ordinal) % 120 = 0                             then 'unknown'
            when rnd($seed + 205, r.ordinal) % 120 < 6                             then 'null'
            when r.model = 'plan' and not r.on_loaded_plan and rnd($seed + 206, r.ordinal) % 3 < 2 then 'patient'
            else 'known'
        end as author
    from sample._records r
),
sizes as (
    select family, count(*) as members from sample._content_types group by family
)
select
    cast(r.id as int) as id,
    -- 71 to 73: types that were cleared away as stale, while their records stayed
    cast(coalesce(c.id, 71 + r.luck % 3) as int) as content_type_id,
    cast(r.object_id as int) as object_id,
    cast(case r.author
        when 'null'    then null
        when 'unknown' then 900001 + r.luck % 5000
        -- most of what is on a broken plan was asked by patients
        when 'patient' then u.before_patients_a + 1 + r.luck / 3 % u.patients_a
        else case r.luck % 3
            when 0 then 1 + r.luck / 3 % u.staff
            else        u.staff + 1 + r.luck / 3 % u.doctors_a
        end
    end as int) as author_id,
    x.text,
    arrow_cast(r.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from sample._roster u
cross join sample._epoch t
cross join written r
left join sizes z on z.family = r.family
left join sample._content_types c on c.family = r.family and c.nth = r.ordinal % z.members
join sample._texts x on x.text_no = 1 + r.luck / 15000 % 5472
where r.at < t.until
