-- dispatch_preference: 16,300 / 17,900 / 18,000 preferences; the users of 45 are gone. The value is text as it came.
with known (no, key, value) as (
    values
    ( 0, 'language', 'en-US'),                 ( 1, 'language', '日本語'),
    ( 2, 'timezone', 'Asia/Bangkok'),          ( 3, 'timezone', 'America/Los_Angeles'),
    ( 4, 'theme', 'dark'),                     ( 5, 'theme', ''),
    ( 6, 'signature', E'Dr. O''Brien\r\n"Smile" Dental\n\n'),
    ( 7, 'columns', '["patient", "due"'),      ( 8, 'columns', '{"a": 1}'),
    ( 9, 'download_dir', 'C:\Users\lab\new'),  (10, 'font.size', ' 12.50 '),
    (11, 'notify.sms', 'false'),               (12, 'notify.sms', null),
    (13, 'unit', 'mm²'),                       (14, 'emoji', '👍🏽')
)
select
    cast(b.id as int) as id,
    cast(case
        when b.kind = 'user_gone'    then 900001 + b.luck / 60 % 5000
        -- of patients too, from then on
        when b.luck / 15 % 4 = 0     then 1 + b.luck / 60 % r.staff
        when b.phase = 'A'           then 1 + b.luck / 60 % r.before_patients_a
        else                              1 + b.luck / 60 % r.users_a
    end as int) as user_id,
    k.key,
    k.value,
    arrow_cast(b.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from sample._roster r
cross join sample._epoch t
cross join sample._business b
join known k on k.no = b.luck % 15
where b.deck = 'preference' and b.at < t.until
