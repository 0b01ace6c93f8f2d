-- dispatch_message: 41,000 messages between users, in threads of one to five that go back and forth. Half of the
-- threads of B and C go on with one of A: the same two people, the same subject.
with dealt as (
    select phase, kind, first, n, unnest(generate_series(first, last)) as ordinal
    from sample._figures
    where deck = 'message'
),
-- Sixteen messages at a time: which thread of the six, and which of its messages
slots (slot, thread, nth) as (
    values
    ( 0, 0, 0), ( 1, 1, 0), ( 2, 2, 0), ( 3, 2, 1), ( 4, 3, 0), ( 5, 3, 1), ( 6, 3, 2), ( 7, 4, 0),
    ( 8, 4, 1), ( 9, 4, 2), (10, 4, 3), (11, 5, 0), (12, 5, 1), (13, 5, 2), (14, 5, 3), (15, 5, 4)
),
subjects (no, subject) as (
    values
    (0, 'Question about an order'), (1, 'Your new plan is ready'), (2, ''), (3, 'Impressions, upper & lower'),
    (4, '噛み合わせの件'), (5, 'He said "later"'), (6, 'Récapitulatif – juillet'), (7, 'C:\Scans\old\2019'),
    (8, 'Invoice'), (9, 'Holidays 🎄'), (10, '  urgent  '), (11, 'O''Brien, second opinion')
),
threaded as (
    select
        d.*, s.nth,
        -- a thread is known by the number of its first block and its place there; what is gone has threads of its own
        case when d.kind = 'ordinary' then (d.ordinal - d.first) / 16 * 6 + s.thread else 0 end as thread,
        case d.phase when 'A' then 0 when 'B' then 1000000 else 2000000 end
            + case d.kind when 'ordinary' then 0 else 500000 + d.ordinal end as base,
        a.blocks
    from (select greatest(1, n / 16) as blocks from sample._figures
          where deck = 'message' and phase = 'A' and kind = 'ordinary') a
    cross join dealt d
    join slots s on s.slot = case when d.kind = 'ordinary' then (d.ordinal - d.first) % 16 else 0 end
),
paired as (
    select
        m.*, base + thread as thread_id,
        -- who and what about: of the thread itself, or of the one that it goes on with
        case when phase <> 'A' and kind = 'ordinary' and thread % 2 = 0
            then rnd($seed + 210, rnd($seed + 211, base + thread) % (6 * blocks))
            else rnd($seed + 210, base + thread)
        end as pair
    from threaded m
),
timed as (
    select
        m.*, p.at_to,
        p.at_from + rnd($seed + 212, m.thread_id) % ((p.at_to - p.at_from) / 10 * 7)
            + m.nth * g.gap + rnd($seed + 213, m.ordinal) % g.gap as at,
        rnd($seed + 214, m.ordinal) as luck
    from paired m
    join sample._stretches p on p.phase = m.phase
    join (
        select phase, least(259200000000, (at_to - at_from) / 100 * 6) as gap from sample._stretches     -- three days
    ) g on g.phase = m.phase
),
numbered as (
    select
        m.*,
        cast(row_number() over (order by m.at, m.ordinal) as bigint) as id,
        1 + m.pair % r.staff as one,
        case
            when m.pair / 5 % 7 = 0 then 1 + (m.pair % r.staff + 1) % r.staff              -- two of the staff
            else r.staff + 1 + m.pair / 35 % r.doctors_a
        end as other
    from sample._roster r
    cross join timed m
)
select
    cast(m.id as int) as id,
    cast(case
        when m.kind = 'sender_gone' then 900001 + m.luck % 5000
        when m.nth % 2 = 0          then m.one
        else                             m.other
    end as int) as sender_id,
    cast(case
        when m.kind = 'recipient_gone' then 900001 + m.luck % 5000
        when m.nth % 2 = 0             then m.other
        else                                m.one
    end as int) as recipient_id,
    concat(case when m.nth > 0 then 'Re: ' else '' end, s.subject) as subject,
    x.text as body,
    arrow_cast(
        -- not after its own phase: nothing changes between A and B
        case when m.luck / 5 % 6 > 0 then m.at + m.luck % least(432000000000, m.at_to - m.at) end,
        'Timestamp(Microsecond, Some("UTC"))') as read_at,
    arrow_cast(m.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from sample._epoch t
cross join numbered m
join subjects s on s.no = m.pair / 100000 % 12
join sample._texts x on x.text_no = 1 + m.luck / 30 % 5472
where m.at < t.until
