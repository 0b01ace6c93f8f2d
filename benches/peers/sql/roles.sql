-- Whoever writes by hand gives a session what such a load wants; one role per scene, so that each client has it.
create role {scene} superuser login;
alter role {scene} set search_path = {scene}, source, legacy, public;
alter role {scene} set timezone = 'UTC';
alter role {scene} set synchronous_commit = off;
alter role {scene} set work_mem = '64MB';
alter role {scene} set maintenance_work_mem = '256MB';
alter role {scene} set client_min_messages = warning;
