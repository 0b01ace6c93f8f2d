-- One part of a table.
select {columns} from {table} where {range} {order}
