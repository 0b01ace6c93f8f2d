-- What the server makes of some texts of a type.
select array_agg(given.value::{type}::text order by given.position) as made
from unnest($1::text[]) with ordinality given(value, position)
