-- Asked of the database by which a pooler is administered; PostgreSQL has no such setting.
show version
