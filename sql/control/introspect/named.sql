    select {column} as id from {table}
