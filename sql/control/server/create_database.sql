-- A fresh database of a throwaway server.
create database {database};
