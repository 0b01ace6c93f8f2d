-- For tables that a bench loads, and drops again.
create schema {schema};
comment on schema {schema} is 'scratch of rehome bench: it may be dropped, if no bench is at work'
