-- dispatch_notification: 1,900,000 / 2,039,588 / 2,086,613 notifications, in the order of time. Of those made between B and C, 40
-- contexts are no JSON that jsonb takes (malformed_json): 46,985 more are loaded. Some are NULL or ''. Between B and C 1,200
-- become read.
with shape as (
    select
        cast(sum(case when deck = 'notification' and phase = 'A' then n else 0 end) as bigint)         as n_a,
        cast(sum(case when deck = 'notification' and phase in ('A', 'B') then n else 0 end) as bigint) as n_b,
        cast(sum(case when deck = 'notification' then n else 0 end) as bigint)                         as n_c,
        cast(sum(case when deck = 'malformed' then n else 0 end) as bigint)                            as malformed,
        cast(sum(case when deck = 'read' then n else 0 end) as bigint)                                 as read
    from sample._figures
),
limits as (
    select
        s.*, r.users_a, r.users, t.a_end, t.b_end, t.is_c,
        1640995200000000 as start,
        (t.a_end - 1640995200000000) / s.n_a        as step_a,            -- from 2022 to A
        (t.b_end - t.a_end) / (s.n_b - s.n_a)       as step_b,
        (t.c_end - t.b_end) / (s.n_c - s.n_b)       as step_c,
        (s.n_c - s.n_b) / s.malformed               as malformed_stride,
        s.n_b / s.read                              as read_stride,
        case when t.until = t.a_end then s.n_a when t.until = t.b_end then s.n_b else s.n_c end as rows
    from sample._roster r
    cross join sample._epoch t
    cross join shape s
),
-- Numbers 1 … rows, in blocks of 8,192
numbered as (
    select b.*, b.block * 8192 + g.value as id
    from (select *, unnest(generate_series(0, (rows - 1) / 8192)) as block from limits) b
    cross join generate_series(1, 8192) g
),
drawn as (
    select *, rnd($seed + 91, id) as luck
    from numbered
    where id <= rows
)
select
    id,
    cast(1 + luck % case when id <= n_a then users_a else users end as int) as recipient_id,
    case luck / 16384 % 8
        when 0 then 'order_received' when 1 then 'plan_ready' when 2 then 'plan_approved' when 3 then 'order_shipped'
        when 4 then 'appointment'    when 5 then 'message'    when 6 then 'invoice'       else 'reminder'
    end as template_name,
    case
        when id > n_b and (id - n_b - 1) % malformed_stride = 0 and (id - n_b - 1) / malformed_stride < malformed then
            case (id - n_b - 1) / malformed_stride % 10                                   -- what jsonb refuses, ten kinds
                when 0 then '{"order": 4711, "patient": "Aiko'
                when 1 then '{''order'': 4711, ''patient'': ''Marcus''}'
                when 2 then '{"patient": "Ana\u0000Maria"}'
                when 3 then '{"note": "thanks \ud83d"}'
                when 4 then '{"order": 4711} (sent twice)'
                when 5 then '{"amount": NaN, "currency": "USD"}'
                when 6 then '{"amount": 1e200000}'
                when 7 then '{"order": 4711, "stages": [1, 2, ]}'
                when 8 then '{order: 4711}'
                else E'{"note": "line one\nline two"}'
            end
        when id % 3511 = 17 then null
        when id % 5021 = 23 then ''
        else concat(
            '{"user": "',
            case luck / 131072 % 16
                when 0  then 'Emily'  when 1  then 'Somchai'    when 2  then '陽菜'              when 3  then 'José'
                when 4  then 'Zoë'    when 5  then 'Marcus'     when 6  then 'Grace O''Brien'    when 7  then 'Priya'
                when 8  then 'Kenji'  when 9  then 'Lucía'      when 10 then 'J. \"JJ\" Miller'  when 11 then 'Tyrone'
                when 12 then 'Anong'  when 13 then 'Y\u016bko'  when 14 then 'Ethan'             else         'Abigail'
            end,
            '", "order": ', cast(1 + luck / 2097152 % 25012 as text),
            case luck / 16384 % 8
                when 0 then ', "kind": "aligner", "stages": 18, "rush": false}'
                when 1 then ', "plan": {"number": 2, "url": "https://portal.example.com/plans/2"}}'
                when 2 then ', "approved_by": "Dr. Núñez", "comments": []}'
                when 3 then ', "carrier": "Parcel & Co", "tracking": "ZX-00-4711", "weight_kg": 0.50}'
                when 4 then ', "place": "Springfield", "starts": "2025-03-12T09:30:00+09:00"}'
                when 5 then ', "text": "Thank you 😀\nsee you soon", "unread": 3}'
                when 6 then ', "amount": 1250.00, "currency": "USD", "paid": null}'
                else        ',"days":14 , "tags":["retainer","夜間"]}'
            end)
    end as template_context,
    case luck / 3 % 4 when 0 then 'sms' when 1 then 'push' when 2 then 'in_app' else 'email' end as channel,
    case
        when id <= n_b and id % read_stride = 3 and id / read_stride < read then is_c
        else luck / 64 % 10 < 7
    end as is_read,
    arrow_cast(
        case
            when id <= n_a then start + (id - 1) * step_a + luck % step_a
            when id <= n_b then a_end + (id - 1 - n_a) * step_b + luck % step_b
            else                b_end + (id - 1 - n_b) * step_c + luck % step_c
        end,
        'Timestamp(Microsecond, Some("UTC"))') as created_at
from drawn
