"""Snapshots and outcomes of rehome as relations of pyarrow, polars or DuckDB.

    import rehome

    run = rehome.open(".rehome")                      # the latest finished run of a workspace
    run.migrated("cases").polars()                    # what became of the rows, as a polars DataFrame
    run.rejected("cases").arrow()                     # as a pyarrow Table
    run.source("dispatch_case").duckdb()              # rows of the run's snapshot, as a DuckDB relation
    run.migrated("cases").types                       # {"id": "uuid", "title": "text", …}

Every file is compared with the hash in its manifest before it is read, and every manifest with its own seal: `Corrupt` says
which one is not as it was written. Nothing is ever written. docs/outcomes.md and docs/snapshot.md describe the files.
"""

from ._relation import Relation
from ._sealed import Corrupt, NotFound
from ._store import Run, Snapshot, open

__all__ = ["Corrupt", "NotFound", "Relation", "Run", "Snapshot", "open"]
