-- Which cluster this is, for roles that may ask.
select system_identifier::text from pg_catalog.pg_control_system()
