-- Makes a session wait, print and read in one way, whatever the server, the database or the role has set.
-- Row-level security is off: where it would hide rows, the server then raises an error instead.
set statement_timeout = 0;
set lock_timeout = '15s';
set idle_in_transaction_session_timeout = 0;
set row_security = off;
set timezone = 'UTC';
set datestyle = 'ISO, YMD';
set intervalstyle = 'postgres';
set extra_float_digits = 1;
set bytea_output = 'hex';
set client_min_messages = warning;
