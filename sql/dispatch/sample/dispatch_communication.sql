-- dispatch_communication: 30,000 letters, calls and mails, from users (inbound) and to them (outbound); of some the
-- user is gone, and two are notes among the staff (internal).
with channels (no, channel) as (
    values (0, 'email'), (1, 'phone'), (2, 'email'), (3, 'sms'), (4, 'email'), (5, 'fax'), (6, 'letter')
),
subjects (no, subject) as (
    values
    (0, 'Appointment'), (1, 'Shipping address'), (2, ''), (3, 'Retainer lost'), (4, 'お支払いについて'),
    (5, 'Complaint: "too tight"'), (6, 'Rückruf'), (7, 'Papers \ forms')
),
dealt as (
    select phase, kind, unnest(generate_series(first, last)) as ordinal
    from sample._figures
    where deck = 'communication'
),
timed as (
    select
        d.*, split_part(d.kind, ' ', 1) as direction, split_part(d.kind, ' ', 2) = 'gone' as is_gone,
        rnd($seed + 221, d.ordinal) as luck,
        p.at_from + rnd($seed + 220, d.ordinal) % (p.at_to - p.at_from) as at
    from dealt d
    join sample._stretches p on p.phase = d.phase
),
numbered as (
    select *, cast(row_number() over (order by at, ordinal) as bigint) as id from timed
)
select
    cast(m.id as int) as id,
    cast(case
        when m.is_gone then 900001 + m.luck % 5000
        else r.staff + 1 + m.luck % r.doctors_a
    end as int) as user_id,
    c.channel,
    -- as it was typed
    case when m.luck / 7 % 50 = 0 then upper(m.direction) else m.direction end as direction,
    s.subject,
    case when c.channel = 'phone' and m.luck / 11 % 3 = 0 then '' else x.text end as body,
    -- noted down within the hour
    arrow_cast(m.at - m.luck % t.hour, 'Timestamp(Microsecond, Some("UTC"))') as sent_at,
    arrow_cast(m.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from sample._roster r
cross join sample._epoch t
cross join numbered m
join channels c on c.no = m.luck / 13 % 7
join subjects s on s.no = m.luck / 91 % 8
join sample._texts x on x.text_no = 1 + m.luck / 728 % 5472
where m.at < t.until
