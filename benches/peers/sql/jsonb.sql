chr(1) || {column}::text as {column}
