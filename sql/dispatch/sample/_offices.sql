-- Offices as numbers: id, phase, kind (single = exactly one doctor) and country. 894, of which 8 of one doctor.
select
    unnest(generate_series(first, last)) as id,
    phase,
    kind,
    case when kind = 'single' then 'US' else upper(kind) end as country
from sample._figures
where deck = 'office'
