drop database {database}
