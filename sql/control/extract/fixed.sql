-- One value of a type, as a column of that type would give it, and as text.
select {column} as exact, {text} as text from (select {value}::{type} as rehome_value) as rehome_row
