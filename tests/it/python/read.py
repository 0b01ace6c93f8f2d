"""Reads a table of a snapshot as ordinary Parquet, with three readers, and prints what each finds as JSON.

read.py FOLDER TABLE KINDS: the snapshot's folder, `schema.table`, and a JSON object: column -> kind.
"""

import decimal
import json
import struct
import sys
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

# Sums are exact.
decimal.getcontext().prec = 200


def files(folder, table):
    manifest = json.loads((folder / "manifest.json").read_text())
    entry = next(entry for entry in manifest["tables"] if f'{entry["schema"]}.{entry["name"]}' == table)
    return [str(folder / file["path"]) for file in entry["files"]]


def double(value):
    return struct.pack(">d", value).hex()


def summary(nulls, low, high, total):
    text = lambda value: None if value is None else str(value)
    return {"nulls": nulls, "min": text(low), "max": text(high), "sum": text(total)}


def flat(values):
    return [item for value in values if value is not None for item in value if item is not None]


def by_pyarrow(paths, kinds):
    table = pa.concat_tables([pq.read_table(path) for path in paths])
    found = {}
    for name, kind in kinds.items():
        column = table[name]
        extremes = lambda array: pc.min_max(array).as_py().values()
        if kind in ("integer", "decimal"):
            low, high = extremes(column)
            # Readers add 64 bits to 64 bits and wrap around; the sum that is compared does not.
            total = sum(value for value in column.to_pylist() if value is not None)
        elif kind == "double":
            low, high = (double(value) for value in extremes(column))
            total = None
        elif kind == "text":
            low, high = extremes(pc.cast(column, pa.binary()))
            low, high = low.decode(), high.decode()
            total = pc.sum(pc.binary_length(column)).as_py()
        elif kind == "bytes":
            low, high = (value.hex() for value in extremes(pc.cast(column, pa.binary())))
            total = pc.sum(pc.binary_length(pc.cast(column, pa.binary()))).as_py()
        elif kind == "bool":
            low, high = (str(value).lower() for value in extremes(column))
            total = pc.sum(pc.cast(column, pa.int64())).as_py()
        elif kind in ("date", "instant"):
            number = pc.cast(column, pa.int32() if kind == "date" else pa.int64())
            low, high = extremes(number)
            total = sum(value for value in number.to_pylist() if value is not None)
        else:
            low, high = None, None
            total = sum(flat(column.to_pylist()))
        found[name] = summary(column.null_count, low, high, total)
    return {"rows": table.num_rows, "columns": found}


def by_duckdb(paths, kinds):
    session = duckdb.connect()
    session.execute("set timezone = 'UTC'")
    source = f"read_parquet({paths!r})"
    found = {}
    for name, kind in kinds.items():
        column = '"' + name.replace('"', '""') + '"'
        low, high, total = {
            "integer": (f"min({column})", f"max({column})", f"sum({column})"),
            "decimal": (f"min({column})", f"max({column})", f"sum({column})"),
            "double": (f"min({column})::double", f"max({column})::double", "null"),
            "text": (f"min({column})", f"max({column})", f"sum(strlen({column}))"),
            "bytes": (f"lower(hex(min({column})))", f"lower(hex(max({column})))", f"sum(octet_length({column}))"),
            "bool": (f"min({column})", f"max({column})", f"count(*) filter (where {column})"),
            "date": (f"min({column} - date '1970-01-01')", f"max({column} - date '1970-01-01')", f"sum({column} - date '1970-01-01')"),
            "instant": (f"min(epoch_us({column}))", f"max(epoch_us({column}))", f"sum(epoch_us({column}))"),
            "list": ("null", "null", f"sum(list_sum({column}))"),
        }[kind]
        query = f"select count(*) - count({column}), {low}, {high}, {total} from {source}"
        nulls, low, high, total = session.execute(query).fetchone()
        if kind == "double":
            low, high = double(low), double(high)
        if kind == "bool":
            low, high = str(low).lower(), str(high).lower()
        found[name] = summary(nulls, low, high, total)
    rows = session.execute(f"select count(*) from {source}").fetchone()[0]
    return {"rows": rows, "columns": found}


def by_polars(paths, kinds):
    table = pl.scan_parquet(paths, glob=False).collect()
    found = {}
    for name, kind in kinds.items():
        column = table[name]
        if kind in ("integer", "decimal"):
            low, high = column.min(), column.max()
            total = sum(value for value in column.to_list() if value is not None)
        elif kind == "double":
            low, high, total = double(column.min()), double(column.max()), None
        elif kind == "text":
            low, high, total = column.min(), column.max(), column.str.len_bytes().sum()
        elif kind == "bytes":
            values = [value for value in column.to_list() if value is not None]
            low, high, total = min(values).hex(), max(values).hex(), sum(map(len, values))
        elif kind == "bool":
            low, high, total = str(column.min()).lower(), str(column.max()).lower(), column.sum()
        elif kind in ("date", "instant"):
            number = column.cast(pl.Int32 if kind == "date" else pl.Int64)
            low, high = number.min(), number.max()
            total = sum(value for value in number.to_list() if value is not None)
        else:
            low, high, total = None, None, sum(flat(column.to_list()))
        found[name] = summary(column.null_count(), low, high, total)
    return {"rows": table.height, "columns": found}


def main():
    folder, table, kinds = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
    paths = files(folder, table)
    readers = {"pyarrow": by_pyarrow, "duckdb": by_duckdb, "polars": by_polars}
    print(json.dumps({name: read(paths, kinds) for name, read in readers.items()}))


main()
