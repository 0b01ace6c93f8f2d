//! Owns what the commands of a migration say, word for word, on stdout and stderr, and how they exit: from a snapshot to the
//! rollback, and in the ways that go wrong. The rehearsal commands have theirs in files of their own.

use expect_test::{Expect, expect};

use crate::cluster::Database;
use crate::program::Program;
use crate::spoken::said_with;

const SOURCE: &str = "
create schema legacy;
create table legacy.people (id int primary key, name text, born date, boss int);
insert into legacy.people select g, case when g % 7 <> 0 then 'person ' || g end, date '1980-01-01' + g, g / 2
from generate_series(1, 60) g;
create schema fresh;
create table fresh.people (id uuid primary key, name text not null, born date, boss_id uuid references fresh.people);
";
const FLOW: &str = "/*---
source = \"people\"
accept = 0.9
---*/
select p.id as _key,
    case when p.name is null then reject('nameless') else migrate() end as _outcome,
    warnings(p.boss = 0, 'no_boss') as _warnings,
    p.name, p.born, case when p.boss > 0 and b.name is not null then legacy_uuid('people', p.boss) end as boss_id
from source.people p left join source.people b on b.id = p.boss";

struct Talk {
    database: Database,
    program: Program,
}

impl Talk {
    async fn begin() -> Self {
        Self { database: Database::with(SOURCE).await, program: Program::over(&[("people", FLOW)]) }
    }

    /// `URL` stands for the database, `PIPELINE` for the pipeline's file.
    async fn says(&self, words: &str, expected: Expect) {
        let url = self.database.url.clone();
        let file = self.program.folder.path().join("pipeline/pipeline.toml").display().to_string();
        let words: Vec<String> =
            words.split(' ').map(|word| word.replace("URL", &url).replace("PIPELINE", &file)).collect();
        let (dir, folder) = (self.program.workspace(), self.program.folder.path().display().to_string());
        let told = tokio::task::spawn_blocking(move || {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            said_with(&dir, &words, &[(&url, "URL"), (&folder, "HOME")])
        });
        expected.assert_eq(&told.await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_from_its_snapshot_to_its_rollback() {
    let talk = Talk::begin().await;
    talk.says(
        "snapshot list",
        expect![[r#"
        no snapshots yet: make one with rehome snapshot
        --- exit 0
    "#]],
    )
    .await;
    talk.says(
        "snapshot --source URL --pipeline PIPELINE",
        expect![[r#"
         table          rows  files  bytes
         legacy.people    60      1  2,054

        snapshot ID at DIR/snapshots/SNAPSHOT
        --- exit 0
    "#]],
    )
    .await;
    talk.says(
        "snapshot show latest",
        expect![[r#"
        snapshot  ID
        place     DIR/snapshots/SNAPSHOT
        taken     INSTANT, by rehome 0.1.0
        source    postgresql DATABASE
        host      127.0.0.1
        server    …
        cluster   …
        wal       …
        encoding  UTF8
        collation C.UTF-8

        legacy.people: 60 rows, 2,054 bytes in 1 file(s)
         column  type     null  key  in the files
         id      integer  no    1    Int32
         name    text     yes        Utf8
         born    date     yes        Date32
         boss    integer  yes        Int32
        --- exit 0
    "#]],
    )
    .await;
    talk.says(
        "snapshot verify latest",
        expect![[r#"
        snapshot ID is whole; 1 files, 60 rows, 2,054 bytes
        --- exit 0
    "#]],
    )
    .await;
    talk.says(
        "check --pipeline PIPELINE --snapshot latest --target URL",
        expect![[r#"
                flow    source  target  reads  better after
             1  people  people  people

            of 4 columns of the source, 4 go into values of the target

            fresh is sound: flows were planned against the snapshot; columns were compared with the target; values were looked for that have no place
            --- exit 0
        "#]],
    )
    .await;
    talk.says(
        "what-if --pipeline PIPELINE --snapshot latest",
        expect![[r#"
             flow    source rows  migrated  adopted  rejected  skipped  elsewhere  warnings       share  rows/s
             people           60        52        0         8        0          0         1  86.666 % ! RATE
             ! below the share that the flow demands

             flow              code      rows  for example
             people  rejected  nameless     8  7, 14, 21, 28, 35
             people  warning   no_boss      1

            conserved: every source row has one outcome
            not verified
            run what-if-08a463292d46 in TIME
            --- exit 0
        "#]],
    )
    .await;
    talk.says(
        "plan --pipeline PIPELINE --snapshot latest --target URL",
        expect![[r#"
         flow    new  come in  changed  unchanged  gone  fallen out  conflicts  rejected  because of
         people   52        0        0          0     0           0          0         8  the first load

        constraints and indexes that would be away while rows are loaded: 1 (--format json lists them)
        52 rows would be written, some 0 MiB; rehome run does that
        --- exit 0
    "#]],
    )
    .await;
    talk.says(
        "run --pipeline PIPELINE --snapshot latest --target URL",
        expect![[r#"
             flow    source rows  migrated  adopted  rejected  skipped  elsewhere  warnings       share  rows/s
             people           60        52        0         8        0          0         1  86.666 % ! RATE
             ! below the share that the flow demands

             flow              code      rows  for example
             people  rejected  nameless     8  7, 14, 21, 28, 35
             people  warning   no_boss      1

            conserved: every source row has one outcome
            verified: the target holds just that
            run UUID in TIME

            snapshot  DIR/snapshots/SNAPSHOT
            outcomes  DIR/runs/UUID
            report    rehome report UUID
            --- stderr
            error: 86.666 % of the rows in scope reached the target, 90 % are demanded
               flow: people
               hint: see the reject reasons; `accept` in the flow's header is the threshold
            --- exit 3
        "#]],
    )
    .await;
    talk.says(
        "run --pipeline PIPELINE --snapshot latest --target URL --no-threshold",
        expect![[r#"
             flow    source rows  migrated  adopted  rejected  skipped  elsewhere  warnings       share  rows/s
             people           60        52        0         8        0          0         1  86.666 % ! RATE
             ! below the share that the flow demands

             flow              code      rows  for example
             people  rejected  nameless     8  7, 14, 21, 28, 35
             people  warning   no_boss      1

            conserved: every source row has one outcome
            verified: the target holds just that
            run UUID in TIME

            snapshot  DIR/snapshots/SNAPSHOT
            outcomes  DIR/runs/UUID
            report    rehome report UUID
            --- exit 0
        "#]],
    )
    .await;
    talk.says(
        "plan --pipeline PIPELINE --snapshot latest --target URL --detailed-exitcode",
        expect![[r#"
         flow    new  come in  changed  unchanged  gone  fallen out  conflicts  rejected  because of
         people    0        0        0         52     0           0          0         8

        nothing would be written: the target is what these rules make of this snapshot
        --- exit 0
    "#]],
    )
    .await;
    talk.says("report --md", expect![[r#"
        # Migrated and verified, with remarks.

        Migration report · fresh

        1 flow took 60 source rows to exactly one outcome each. The target was read back and holds just that. 1 flow is below its threshold. No checks.

        - ✓ **Conserved**
        - ✓ **Verified**
        - ! **1 flow is below its threshold**
          - people: 86.666 % in the target, 90 % demanded
        - – **No checks**

        ## Flows

        | flow | source rows | migrated | adopted | rejected | skipped | elsewhere | share | threshold | time | rows/s |
        |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
        | `people` | 60 | 52 | 0 | 8 | 0 | 0 | 86.666 % ✕ | 90 % | TIME | RATE |
        | **1 flow** | 60 | 52 | 0 | 8 | 0 | 0 | 86.666 % | | TIME | |

        ## What was rejected, and why

        8 source rows explain 8 rejects.

        | where | reason | source rows | rejects they explain | of all rejected |
        |---|---|--:|--:|--:|
        | `people` | `nameless` | 8 | 8 | 100 % |

        | flow | reason | rows | of the flow | for example | because | to recover them |
        |---|---|--:|--:|---|---|---|
        | `people` | `nameless` | 8 | 13.3 % | `7` `14` `21` `28` `35` | 8 rows stand on their own | – |

        ## The run

        | | |
        |---|---|
        | Run | `UUID` |
        | Pipeline | fresh |
        | Pipeline, SHA-256 | `SHA256` |
        | Snapshot | `ID` |
        | Snapshot, SHA-256 | `SHA256` |
        | Rows read | 60 in 1 table |
        | Source as of | INSTANT |
        | rehome | 0.1.0 |
        | Started | INSTANT |
        | Duration | TIME |
        | Peak memory | MEMORY |
        | Time: extract | TIME (SHARE) |
        | Time: transform and load | TIME (SHARE) |
        | Time: verify | TIME (SHARE) |
        | Time: report | TIME (SHARE) |

        --- exit 0
    "#]]).await;
    talk.says(
        "rollback --target URL --dry-run",
        expect![[r#"
        the run UUID of fresh would be taken back (snapshot ID)
         flow    it had  rows
         people  loaded    52
        --- exit 0
    "#]],
    )
    .await;
    talk.says(
        "rollback --target URL",
        expect![[r#"
        the run UUID of fresh is taken back (snapshot ID)
         flow    it had  rows
         people  loaded    52
        --- exit 0
    "#]],
    )
    .await;
    talk.says(
        "rollback --target URL",
        expect![[r#"
        --- stderr
        error: there is no run in the target
           hint: what was rolled back stays in rehome.runs
        --- exit 2
    "#]],
    )
    .await;
    talk.says(
        "snapshot prune --keep 0",
        expect![[r#"
        kept  SNAPSHOT  used by run UUID
        0 bytes
        --- exit 0
    "#]],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_is_said_with_what_to_do() {
    let talk = Talk::begin().await;
    talk.says(
        "run --pipeline PIPELINE --target URL",
        expect![[r#"
        --- stderr
        error: there is neither a source nor a snapshot
           hint: give --source URL (or REHOME_SOURCE_URL), or --snapshot of an earlier run
        --- exit 2
    "#]],
    )
    .await;
    talk.says(
        "run --pipeline PIPELINE --source URL --target URL --only persons",
        expect![[r#"
        --- stderr
        error: there is no flow 'persons'
           pipeline: fresh
           hint: the flows are people
        --- exit 2
    "#]],
    )
    .await;
    talk.says(
        "run --pipeline PIPELINE --source postgres://nobody:secret@127.0.0.1:1/x --target URL --retry-for 1s",
        expect![[r#"
        --- stderr
        error: the server cannot be reached: Connection refused (os error 111)
           server: 127.0.0.1:1/x
           hint: check host and port, and that the server accepts connections from here
        --- exit 75
    "#]],
    )
    .await;
    talk.says(
        "what-if --pipeline PIPELINE --snapshot latest",
        expect![[r#"
        --- stderr
        error: there is no snapshot in DIR/snapshots yet
           hint: make one with: rehome snapshot; --dir names the folder where it is kept
        --- exit 2
    "#]],
    )
    .await;
    talk.says(
        "report",
        expect![[r#"
        --- stderr
        error: there is no finished run 'latest' in DIR
           hint: `rehome run` prints a run's id; --dir names the folder where it worked
        --- exit 2
    "#]],
    )
    .await;
    talk.says(
        "runn",
        expect![[r#"
        --- stderr
        error: unrecognized subcommand 'runn'

          tip: a similar subcommand exists: 'run'

        Usage: rehome [OPTIONS] <COMMAND>

        For more information, try '--help'.
        --- exit 2
    "#]],
    )
    .await;
    talk.says("--format json report 1234", expect![[r#"
        --- stderr
        {"error":{"message":"there is no finished run '1234' in DIR","exit_code":2,"at":{},"hint":"`rehome run` prints a run's id; --dir names the folder where it worked"}}
        --- exit 2
    "#]]).await;
}
