//! Owns what `rehome verify` says, word for word. Must not know: how it is found.

#![allow(clippy::needless_raw_string_hashes, reason = "`UPDATE_EXPECT=1` writes them")]

use expect_test::expect;

use crate::again::{DDL, NOTES, PEOPLE, ROWS};
use crate::cluster::Database;
use crate::spoken::said_with;
use crate::support::{legacy_to_fresh, rehome};

#[tokio::test(flavor = "multi_thread")]
async fn through_the_program() {
    let database = Database::with(DDL).await;
    database.run(ROWS).await;
    let dir = tempfile::tempdir().unwrap();
    let settings = "[mappings]\ntable = \"fresh.migration_mappings\"";
    legacy_to_fresh(dir.path(), settings, &[("people", PEOPLE), ("notes", NOTES)]).unwrap();
    let pipeline = dir.path().join("pipeline/pipeline.toml");
    let pipeline = pipeline.to_str().unwrap();
    let url = database.url.as_str();
    rehome(dir.path(), &["run", "--pipeline", pipeline, "--source", url, "--target", url]);
    let said = |args: &[&str]| said_with(dir.path(), &[&["verify", "--target", url], args].concat(), &[]);
    expect![[r#"
         flow    table          rows  mappings  quarantine  wrong
         people  fresh.people    391       391           9      0
         notes   fresh.notes   1,466     1,466          34      0

        verified: the target holds just that
        run UUID in TIME
        --- exit 0
    "#]]
    .assert_eq(&said(&[]));
    expect![[r#"
         flow    table         rows  mappings  quarantine  wrong
         people  fresh.people   210       188           6      0

        verified: the target holds just that, of a sample of 50.000 % (seed 3)
        run UUID in TIME
        --- exit 0
    "#]]
    .assert_eq(&said(&["--flow", "people", "--sample", "50%", "--seed", "3"]));
    database
        .run(
            "update fresh.people set name = 'other', score = 0 where legacy_id = 7;
             delete from fresh.notes where legacy_id in (12, 13);
             insert into fresh.notes (id, legacy_id, body) values ('00000000-0000-4000-8000-000000000001', 9999, 'new');
             update fresh.migration_mappings set entity_uuid = '00000000-0000-4000-8000-000000000002' where entity_type = 'note' and legacy_id = 20;
             delete from rehome.quarantine where flow = 'people' and legacy_key = '41';
             update rehome.quarantine set reason = 'other' where flow = 'notes' and legacy_key = '40';
             drop index fresh.notes_person_id_idx;
             alter table fresh.people drop constraint people_email_key",
        )
        .await;
    expect![[r#"
         flow    table          rows  mappings  quarantine  wrong
         people  fresh.people    390       391           8      2
         notes   fresh.notes   1,464     1,465          33      5

         flow    where       what       number  columns      for example
         people  rows        different       1  name, score  7
         people  quarantine  missing         1               41
         notes   rows        missing         2               12, 13
         notes   rows        too many        1               UUID
         notes   mappings    different       1  entity_uuid  20
         notes   quarantine  different       1  reason       40

        fresh.notes: index notes_person_id_idx is gone
        fresh.people: constraint people_email_key is gone
        fresh.people: index people_email_key is gone

        NOT verified
        run UUID in TIME
        --- stderr
        error: the target is not what the outcomes say: 1854 rows are as they shall be, 2 missing, 1 different, 1 too many, 1 mappings wrong, 2 rows of the quarantine wrong, 3 constraints, indexes, triggers or sequences not as they were
           hint: somebody else may have changed it since; `--format json` lists keys and columns
        --- exit 7
    "#]].assert_eq(&said(&[]));
    expect![[r#"
        --- stderr
        error: the run has no flow 'peeple'
           hint: did you mean 'people'?
        --- exit 2
    "#]]
    .assert_eq(&said(&["--flow", "peeple"]));
    expect![[r#"
        --- stderr
        error: there is no finished run '0000' in DIR
           hint: `rehome run` prints a run's id; --dir names the folder where it worked
        --- exit 2
    "#]]
    .assert_eq(&said(&["0000"]));
    expect![[r#"
        --- stderr
        error: invalid value '0' for '--sample <SHARE|N>': a share such as 0.01 or 1%, or a number of rows such as 10000

        For more information, try '--help'.
        --- exit 2
    "#]]
    .assert_eq(&said(&["--sample", "0"]));
    let found: serde_json::Value =
        serde_json::from_str(said(&["--format", "json"]).split("--- stderr").next().unwrap()).unwrap();
    assert_eq!(found["clean"], false);
    assert_eq!(
        found["flows"][1]["rows"]["different"].as_u64().unwrap()
            + found["flows"][0]["rows"]["different"].as_u64().unwrap(),
        1
    );
}
