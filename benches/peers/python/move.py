"""Moves rows as one who knows Python's fast libraries does: connectorx reads, ADBC writes, two tables at a time.

Standard input has the work as JSON: the URLs of both databases, the statements that drop keys and indexes, and for each
table its queries (joins and JSON are the source's work), and the statements that build indexes and keys again.

    stream  Arrow batches go straight from connectorx to ADBC; every value is made by the source
    frame   one polars frame per query; the rows' own UUIDs are made here, by uuid5

What ADBC sends for a column of Arrow is the binary COPY format of that type. A UUID's is its sixteen bytes, jsonb's is
a byte 1 and a text: sent so, the target takes them without a detour over a table of texts.
"""

import asyncio
import json
import sys
import uuid

import adbc_driver_postgresql.dbapi as adbc
import connectorx as cx

BATCH = 16384


def execute(connection, statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def as_copy_has_it(column):
    name, kind = column["name"], column["type"]
    if kind == "uuid":
        return f"uuid_send({name}) as {name}"
    return f"chr(1) || {name}::text as {name}" if kind == "jsonb" else name


def select(load, without=()):
    columns = [as_copy_has_it(column) for column in load["columns"] if column["name"] not in without]
    return f"select {', '.join(columns)} from ({load['query']}) as q"


def stream(work, load):
    return cx.read_sql(work["source"], select(load), return_type="arrow_stream", batch_size=BATCH)


def frame(work, load):
    import polars as pl

    own = load["own"]
    rows = cx.read_sql(work["source"], select(load, without=[own["column"]]), return_type="polars")
    namespace = uuid.UUID(work["namespace"])
    made = [uuid.uuid5(namespace, f"{own['entity']}:int:{key}").bytes for key in rows[own["key"]]]
    rows = rows.with_columns(pl.Series(own["column"], made, dtype=pl.Binary))
    return rows.select([column["name"] for column in load["columns"]]).to_arrow()


def move(connection, work, table, load, read):
    with connection.cursor() as cursor:
        cursor.adbc_ingest(table["name"], read(work, load), mode="append", db_schema_name="public")


async def main():
    work = json.load(sys.stdin)
    read = {"stream": stream, "frame": frame}[sys.argv[1]]
    connections = [adbc.connect(work["target"], autocommit=True) for _ in range(work["at_once"])]
    free = asyncio.Queue()
    for connection in connections:
        free.put_nowait(connection)

    async def one(does, *about):
        connection = await free.get()
        try:
            await asyncio.to_thread(does, connection, *about)
        finally:
            free.put_nowait(connection)

    async def fill(table):
        await asyncio.gather(*(one(move, work, table, load, read) for load in table["loads"]))
        await asyncio.gather(*(one(execute, [index]) for index in table["index"]))
        await one(execute, table["finish"])

    await one(execute, work["drop"])
    await asyncio.gather(*(fill(table) for table in work["tables"]))
    for connection in connections:
        connection.close()


asyncio.run(main())
