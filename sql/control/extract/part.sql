-- One part of a table.
select {columns} from {table} as rehome_row {sample} where {range} {order}
