"""Opens what a run has stored by the module that the wheel carries, with three readers, and prints what each finds as JSON.

module.py WORKSPACE: the folder of `--dir`, with a finished run of the flow `people`.
"""

import json
import sys
import uuid
from datetime import datetime, timedelta, timezone

import duckdb
import rehome


def identifier(value):
    return str(uuid.UUID(bytes=value) if isinstance(value, bytes) else value)


def instant(value):
    if isinstance(value, int):
        value = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=value)
    return value.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f")


def told(rows):
    """Rows of id, email, pay, budget, doc, seen, tags, outcome, in the order of ids."""
    found = []
    for id, email, pay, budget, doc, seen, tags, outcome in rows:
        found.append([identifier(id), email, str(pay), budget, doc, instant(seen), tags, outcome])
    return sorted(found)


COLUMNS = ["id", "email", "pay", "budget", "doc", "seen", "tags", "_outcome"]


def three(relation, columns=COLUMNS, told=told):
    session = duckdb.connect()
    # DuckDB gives instants to Python by a package of its own liking.
    shown = ", ".join("epoch_us(seen)" if name == "seen" else name for name in columns)
    table = relation.arrow().select(columns)
    return {
        "pyarrow": told(zip(*(table[name].to_pylist() for name in columns))),
        "polars": told(relation.polars().select(columns).rows()),
        "lazy": told(relation.polars(lazy=True).select(columns).collect().rows()),
        "duckdb": told(relation.duckdb(session).project(shown).fetchall()),
    }


def refused(work):
    """The sort of failure, where there is one."""
    try:
        work()
    except (rehome.Corrupt, rehome.NotFound) as error:
        return f"{type(error).__name__}: {error}"
    return "nothing"


def main():
    run = rehome.open(sys.argv[1])
    people = run.migrated("people")
    plain = lambda rows: sorted([list(row) for row in rows])
    found = {
        "run": run.id,
        "flows": run.flows,
        "rows": people.rows,
        "migrated": three(people),
        "types": people.types,
        "as_text": people.as_text,
        "uuid_of_duckdb": str(people.duckdb(duckdb.connect()).select("id").types[0]),
        "metadata": people.arrow().schema.field("doc").metadata[b"pg_type"].decode(),
        "rejected": three(run.rejected("people"), ["_key", "_reason"], plain),
        "source_rows": [json.loads(row)["email"] for row in run.rejected("people").arrow()["_source_row"].to_pylist()],
        "skipped": three(run.skipped("people"), ["_key", "_reason"], plain),
        "source": three(run.source("legacy.people"), ["id", "email"], plain),
        "source_types": run.source("people").types,
        "absent": [
            refused(lambda: run.migrated("poeple")),
            refused(lambda: run.source("poeple")),
            refused(lambda: rehome.open(sys.argv[1], run="no-such")),
        ],
        "snapshot": rehome.open(sys.argv[1], snapshot="latest").id == run.snapshot.id,
    }
    # A byte of a file, then one of a manifest, is another: nothing is read.
    part = people.parts[0].path
    whole = part.read_bytes()
    part.write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    found["changed"] = [
        refused(work)
        for work in (people.arrow, people.polars, lambda: people.polars(lazy=True), lambda: people.duckdb(duckdb.connect()))
    ]
    part.unlink()
    found["gone"] = [refused(people.arrow), refused(people.polars)]
    manifest = run.folder / "people" / "outcome.json"
    text = manifest.read_text()
    manifest.write_text(text.replace('"source_rows": 1', '"source_rows": 2'))
    found["manifest"] = refused(lambda: rehome.open(run.folder).migrated("people"))
    print(json.dumps(found))


main()
