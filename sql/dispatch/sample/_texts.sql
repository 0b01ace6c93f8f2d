-- The 5,472 texts of the comments that the August rules load, numbered 1 … 5,472 at every scale and for every seed, so
-- that the classes and the lengths are the published ones: clinical_note 1,322, treatment_update 87, doctor_response
-- 887, patient_question 3,176; 0 to 2,174 characters, 154 on average. Each is a sentence of its class and up to eight
-- remarks. Text 1 is empty, text 5,472 the longest.
with classes (class, first, last) as (
    values
    ('clinical_note',       1, 1322),
    ('treatment_update', 1323, 1409),
    ('doctor_response',  1410, 2296),
    ('patient_question', 2297, 5472)
),
sizes as (
    select class, count(*) as n from sample._phrases group by class
),
-- How many remarks follow, of twenty texts
tails (no, remarks) as (
    values
    ( 0, 0), ( 1, 0), ( 2, 0), ( 3, 0), ( 4, 1), ( 5, 1), ( 6, 1), ( 7, 1), ( 8, 1), ( 9, 1),
    (10, 2), (11, 2), (12, 2), (13, 2), (14, 3), (15, 3), (16, 3), (17, 4), (18, 6), (19, 8)
),
texts as (
    select
        n.text_no, c.class, z.n as phrases, t.remarks,
        rnd(1, n.text_no) as luck
    from (select unnest(generate_series(1, 5472)) as text_no) n
    join classes c on n.text_no between c.first and c.last
    join sizes z on z.class = c.class
    join tails t on t.no = rnd(2, n.text_no) % 20
),
opened as (
    select
        t.*,
        case t.luck % 12
            when 0 then concat('Hi Dr. ', m.family, ', ', p.phrase)
            when 1 then concat('Dear lab, ', p.phrase)
            else p.phrase
        end as opening
    from texts t
    join sample._phrases p on p.class = t.class and p.no = t.luck / 12 % t.phrases
    join sample._names m on m.culture = t.luck / 300 % 6 and m.no = t.luck / 1800 % 8
),
remarks as (
    select t.text_no, cast(string_agg(p.phrase, ' ' order by s.slot) as text) as remarks
    from texts t
    cross join (values (1), (2), (3), (4), (5), (6), (7), (8)) as s (slot)
    join sizes z on z.class = 'remark'
    join sample._phrases p on p.class = 'remark' and p.no = (t.luck / 14400 + s.slot * (1 + t.luck / 500000 % 10)) % z.n
    where s.slot <= t.remarks
    group by t.text_no
),
longest as (
    select repeat(cast(string_agg(phrase, ' ' order by no) as text), 3) as remarks
    from sample._phrases
    where class = 'remark'
),
joined as (
    select o.text_no, o.class, o.luck, concat_ws(' ', o.opening, r.remarks) as text
    from opened o
    left join remarks r on r.text_no = o.text_no
)
select
    j.text_no, j.class,
    case
        when j.text_no = 1           then ''
        when j.text_no = 5472        then concat(left(concat(j.text, ' ', l.remarks), 2173), '.')
        when j.luck / 7 % 17 = 0     then upper(j.text)
        when j.luck / 7 % 17 in (1, 2) then lower(j.text)
        when j.luck / 7 % 17 = 3     then replace(j.text, '. ', concat('.', chr(10)))
        else j.text
    end as text
from longest l
cross join joined j
