-- What the server makes of some texts of regclass: its cast from text knows neither - nor numbers, its input does.
select array_agg(regclassin(textout(given.value))::text order by given.position) as made
from unnest($1::text[]) with ordinality given(value, position)
