//! Owns the campaign of single changes: each of one value, one record or one object, generated with a seed (`REHOME_SEED`; so many by
//! `REHOME_CASES`), all of them found and named rightly. Must not know: how they are found.

use std::collections::{BTreeSet, HashSet};

use rehome::run::VerifiedRun;
use rehome::verify::{Compared, What};

use super::scene::Scene;
use crate::passes::number;
use crate::rollback::Dice;

/// Changes that are made before the target is read back once: in records of their own.
const AT_A_TIME: u64 = 20;

/// What is to be found of a change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Wanted {
    /// Flow, where, what, key, and the column that differs.
    Record(&'static str, &'static str, What, Option<String>, Option<String>),
    /// Table, sort, name, what.
    Structure(&'static str, &'static str, String, &'static str),
    /// Flow, and a chunk.
    Ledger(&'static str, String),
    Stray,
}

#[tokio::test(flavor = "multi_thread")]
async fn single_changes_are_found_and_named() {
    let (seed, cases) = (number("REHOME_SEED", 1), number("REHOME_CASES", 200));
    let begun = std::time::Instant::now();
    let scene = Box::pin(Scene::new(seed)).await;
    let ready = begun.elapsed();
    let clean = scene.home.verify(scene.database.address()).await.unwrap();
    assert!(clean.clean && clean.found.unknown.is_empty(), "{:#?}", clean.found);
    let (mut dice, mut made) = (Dice(seed), 0);
    let mut sorts = BTreeSet::new();
    while made < cases {
        let mut round = Round {
            scene: &scene,
            dice: &mut dice,
            touched: BTreeSet::new(),
            records: HashSet::new(),
            undo: Vec::new(),
        };
        let mut wanted = Vec::new();
        let mut told = Vec::new();
        for _ in 0..AT_A_TIME.min(cases - made) {
            let (sql, found) = round.change().await;
            told.push(sql);
            wanted.extend(found);
            made += 1;
        }
        let (touched, undo) = (round.touched, round.undo);
        let found =
            scene.home.verify(scene.database.address()).await.unwrap_or_else(|error| panic!("{error} after {told:#?}"));
        let mut found = listed(&found);
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted, "seed {seed}, after {made}: {told:#?}");
        sorts.extend(wanted.iter().map(|wanted| format!("{wanted:?}").split(['(', ' ']).next().unwrap().to_owned()));
        for statement in undo {
            scene.database.run(&statement).await;
        }
        for table in touched {
            scene.restore(table).await;
        }
    }
    let clean = scene.home.verify(scene.database.address()).await.unwrap();
    assert!(clean.clean, "after all were put back: {:#?}", clean.found);
    eprintln!(
        "{made} changes, all found and named, in {:.1?} after {ready:.1?} (REHOME_SEED={seed})",
        begun.elapsed() - ready
    );
    assert!(cases < 100 || sorts.len() == 4, "{sorts:?}");
}

/// All that was found, one by one.
fn listed(found: &VerifiedRun) -> Vec<Wanted> {
    let mut all = Vec::new();
    let flow_of = |flow: &str| FLOWS.iter().find(|(name, _)| *name == flow).unwrap().0;
    for flow in &found.found.flows {
        let name = flow_of(&flow.flow);
        let mut part = |place: &'static str, part: &Compared| {
            assert_eq!(part.examples.len() as u64, part.wrong(), "{name} {place}: {part:#?}");
            for example in &part.examples {
                assert!(example.columns.len() < 2, "{example:?}");
                let column = example.columns.first().cloned();
                all.push(Wanted::Record(name, place, example.what, example.key.clone(), column));
            }
        };
        part("rows", &flow.rows);
        flow.mappings.iter().for_each(|found| part("mappings", found));
        flow.quarantine.iter().for_each(|found| part("quarantine", found));
        all.extend(flow.ledger.iter().map(|found| Wanted::Ledger(name, found.chunk.clone().unwrap_or_default())));
    }
    for one in &found.found.structure {
        let table = super::scene::TABLES.into_iter().find(|table| *table == one.table).unwrap();
        let sort = ["column", "constraint", "index", "trigger", "sequence"]
            .into_iter()
            .find(|sort| *sort == one.sort)
            .unwrap();
        let what = ["gone", "changed", "disabled", "not valid", "behind", "moved back"]
            .into_iter()
            .find(|what| *what == one.what)
            .unwrap();
        all.push(Wanted::Structure(table, sort, one.name.clone(), what));
    }
    all.extend((0..found.found.stray_mappings).map(|_| Wanted::Stray));
    all
}

/// Flows, and how a row of their tables says its legacy key.
const FLOWS: [(&str, &str); 6] = [
    ("wide", "legacy_id::text"),
    ("people", "legacy_id::text"),
    ("notes", "legacy_id::text"),
    ("firms", "id::text"),
    ("visits", "old::text"),
    ("tags", "slug"),
];

/// Changes that are there at the same time.
struct Round<'a> {
    scene: &'a Scene,
    dice: &'a mut Dice,
    touched: BTreeSet<&'static str>,
    /// Records that are changed already.
    records: HashSet<(String, String)>,
    undo: Vec<String>,
}

impl Round<'_> {
    async fn change(&mut self) -> (String, Vec<Wanted>) {
        loop {
            let made = match self.dice.roll(20) {
                0..=6 => self.value().await,
                7 => self.row_gone().await,
                8 => self.row_more().await,
                9..=12 => self.mapping().await,
                13..=16 => self.quarantine().await,
                17 => self.ledger().await,
                _ => self.structure().await,
            };
            if let Some(made) = made {
                return made;
            }
        }
    }

    /// A record of a table that is not changed yet: its place and its key.
    async fn pick(&mut self, table: &'static str, key: &str, among: &str) -> Option<(String, String)> {
        let count: u64 = self
            .scene
            .database
            .text(&format!("select count(*)::text from {table} where {among}"))
            .await
            .parse()
            .unwrap();
        let at = self.dice.roll(count.max(1));
        let sql = format!(
            "select ctid || ' ' || coalesce({key}, '') from {table} where {among} order by {key}, ctid offset {at} limit 1"
        );
        let found = self.scene.database.text(&sql).await;
        let (place, key) = found.split_once(' ')?;
        // A table that is named by its key too, so that both ways of changing it are not mixed.
        if !self.records.insert((table.to_owned(), key.to_owned())) {
            return None;
        }
        self.touched.insert(table);
        Some((place.to_owned(), key.to_owned()))
    }

    async fn run(&self, sql: String) -> String {
        let done = self.scene.database.session.execute(&sql, &[]).await;
        assert_eq!(done.unwrap_or_else(|error| panic!("{error:?} in {sql}")), 1, "{sql}");
        sql
    }

    /// One value of one row becomes another's.
    async fn value(&mut self) -> Option<(String, Vec<Wanted>)> {
        let (table, flow, key, columns): (&'static str, &'static str, &str, Vec<String>) = match self.dice.roll(10) {
            0..=5 => ("fresh.wide", "wide", FLOWS[0].1, self.scene.columns.clone()),
            6 => ("fresh.people", "people", FLOWS[1].1, vec!["name".into(), "score".into()]),
            7 => ("fresh.notes", "notes", FLOWS[2].1, vec!["body".into(), "person_id".into()]),
            8 => ("fresh.firms", "firms", FLOWS[3].1, vec!["name".into()]),
            _ if self.dice.roll(2) == 0 => ("fresh.visits", "visits", FLOWS[4].1, vec!["what".into()]),
            _ => ("fresh.tags", "tags", FLOWS[5].1, vec!["label".into()]),
        };
        let column = columns[usize::try_from(self.dice.roll(columns.len() as u64)).unwrap()].clone();
        let (place, key) = self.pick(table, key, "true").await?;
        // By their texts, which PostgreSQL prints exactly: two values that print alike are the same to everybody.
        let other = format!(
            "(select o.{column} from {table} o, {table} own where own.ctid = '{place}' and o.{column}::text is distinct from own.{column}::text
               order by md5(o.ctid::text || '{}') limit 1)",
            self.dice.roll(1_000_000)
        );
        let differs = format!(
            "select (exists (select from {table} o, {table} own where own.ctid = '{place}' and o.{column}::text is distinct from own.{column}::text))::text"
        );
        if self.scene.database.text(&differs).await != "true" {
            return None;
        }
        let sql = self.run(format!("update {table} set {column} = {other} where ctid = '{place}'")).await;
        Some((sql, vec![Wanted::Record(flow, "rows", What::Different, Some(key), Some(column))]))
    }

    async fn row_gone(&mut self) -> Option<(String, Vec<Wanted>)> {
        // Not of people: notes would then point to nothing, which is found besides.
        let at = [0, 2, 3, 4, 5][usize::try_from(self.dice.roll(5)).unwrap()];
        let (table, (flow, key)) = (super::scene::TABLES[at], FLOWS[at]);
        let (place, key) = self.pick(table, key, "true").await?;
        let sql = self.run(format!("delete from {table} where ctid = '{place}'")).await;
        Some((sql, vec![Wanted::Record(flow, "rows", What::Missing, Some(key), None)]))
    }

    async fn row_more(&mut self) -> Option<(String, Vec<Wanted>)> {
        let new = 1_000_000 + self.dice.roll(1_000_000_000);
        let (table, flow, sql): (&'static str, &'static str, String) = match self.dice.roll(5) {
            0 => (
                "fresh.wide",
                "wide",
                format!("insert into fresh.wide (id, legacy_id) values (md5('{new}')::uuid, {new})"),
            ),
            1 => {
                ("fresh.people", "people", format!("insert into fresh.people values (md5('{new}')::uuid, {new}, 'x')"))
            }
            2 => ("fresh.notes", "notes", format!("insert into fresh.notes values (md5('{new}')::uuid, {new})")),
            3 => ("fresh.firms", "firms", format!("insert into fresh.firms values (md5('{new}')::uuid, 'x')")),
            _ => ("fresh.tags", "tags", format!("insert into fresh.tags values ('x{new}', 'x')")),
        };
        self.touched.insert(table);
        let sql = self.run(sql).await;
        // It is not changed once more.
        let key = match flow {
            "firms" => self.scene.database.text(&format!("select md5('{new}')::uuid::text")).await,
            "tags" => format!("x{new}"),
            _ => new.to_string(),
        };
        self.records.insert((table.to_owned(), key));
        Some((sql, vec![Wanted::Record(flow, "rows", What::Extra, None, None)]))
    }

    async fn mapping(&mut self) -> Option<(String, Vec<Wanted>)> {
        const TABLE: &str = "public.migration_mappings";
        let new = 1_000_000 + self.dice.roll(1_000_000_000);
        let (place, named) = self
            .pick(
                TABLE,
                "(entity_type || ' ' || coalesce(legacy_key, legacy_id::text))",
                "entity_type <> 'nobody' and coalesce(legacy_key, legacy_id::text) !~ '^k?[0-9]{6,}$'",
            )
            .await?;
        let (entity, key) = named.split_once(' ').unwrap();
        let flow = [("wide", "wide"), ("person", "people"), ("note", "notes"), ("firm", "firms"), ("visit", "visits")]
            .into_iter()
            .find(|(name, _)| *name == entity)
            .unwrap()
            .1;
        let wanted = |what, key: &str, column: Option<&str>| {
            Wanted::Record(flow, "mappings", what, Some(key.to_owned()), column.map(str::to_owned))
        };
        let is_text = entity == "firm";
        let (change, wanted) = match self.dice.roll(9) {
            0 => ("delete from {t}".to_owned(), vec![wanted(What::Missing, key, None)]),
            1 | 2 if entity == "visit" => (
                "update {t} set entity_id = entity_id || '1'".to_owned(),
                vec![wanted(What::Different, key, Some("entity_id"))],
            ),
            1 | 2 => (
                format!("update {{t}} set entity_uuid = md5('{new}')::uuid"),
                vec![wanted(What::Different, key, Some("entity_uuid"))],
            ),
            3 => (
                format!("update {{t}} set run_id = md5('{new}')::uuid"),
                vec![wanted(What::Different, key, Some("run_id"))],
            ),
            4 => ("update {t} set run_id = null".to_owned(), vec![wanted(What::Different, key, Some("run_id"))]),
            5 if is_text => (
                format!("update {{t}} set legacy_key = 'k{new}'"),
                vec![wanted(What::Missing, key, None), wanted(What::Extra, &format!("k{new}"), None)],
            ),
            5 => (
                format!("update {{t}} set legacy_id = {new}"),
                vec![wanted(What::Missing, key, None), wanted(What::Extra, &new.to_string(), None)],
            ),
            6 if is_text => {
                (format!("update {{t}} set legacy_id = {new}"), vec![wanted(What::Different, key, Some("legacy_id"))])
            }
            6 => (
                format!("update {{t}} set legacy_key = 'k{new}'"),
                vec![wanted(What::Missing, key, None), wanted(What::Extra, &format!("k{new}"), None)],
            ),
            7 => (
                "update {t} set entity_type = 'nobody'".to_owned(),
                vec![wanted(What::Missing, key, None), Wanted::Stray],
            ),
            _ => {
                let sql = format!(
                    "insert into {TABLE} (entity_type, legacy_id, legacy_key, entity_uuid, entity_id, run_id)
                     select entity_type, case when legacy_id is not null then {new} end, case when legacy_key is not null then '{new}' end,
                            entity_uuid, entity_id, run_id from {TABLE} where ctid = '{place}'"
                );
                return Some((self.run(sql).await, vec![wanted(What::Extra, &new.to_string(), None)]));
            }
        };
        let sql = self.run(format!("{} where ctid = '{place}'", change.replace("{t}", TABLE))).await;
        Some((sql, wanted))
    }

    async fn quarantine(&mut self) -> Option<(String, Vec<Wanted>)> {
        const TABLE: &str = "rehome.quarantine";
        let new = self.dice.roll(1_000_000_000);
        let (place, named) = self.pick(TABLE, "(flow || ' ' || legacy_key)", "legacy_key !~ '^k'").await?;
        let (flow, key) = named.split_once(' ').unwrap();
        let flow = FLOWS.iter().find(|(name, _)| *name == flow).unwrap().0;
        let wanted = |what, key: &str, column: Option<&str>| {
            Wanted::Record(flow, "quarantine", what, Some(key.to_owned()), column.map(str::to_owned))
        };
        let (change, wanted) = match self.dice.roll(18) {
            0 => ("delete from {t}".to_owned(), vec![wanted(What::Missing, key, None)]),
            1 => {
                let sql = format!("insert into {TABLE} select * from {TABLE} where ctid = '{place}'");
                return Some((self.run(sql).await, vec![wanted(What::Doubled, key, None)]));
            }
            2 => {
                let sql = format!(
                    "insert into {TABLE} (run_id, flow, legacy_key, reason) select run_id, flow, 'k{new}', reason from {TABLE} where ctid = '{place}'"
                );
                return Some((self.run(sql).await, vec![wanted(What::Extra, &format!("k{new}"), None)]));
            }
            3 => (
                format!("update {{t}} set legacy_key = 'k{new}'"),
                vec![wanted(What::Missing, key, None), wanted(What::Extra, &format!("k{new}"), None)],
            ),
            4 => ("update {t} set taken_out = not taken_out".to_owned(), vec![wanted(What::Different, key, Some("taken_out"))]),
            5 => (format!("update {{t}} set entity_uuid = md5('{new}')::uuid"), vec![wanted(What::Different, key, Some("entity_uuid"))]),
            6 => ("update {t} set warnings = warnings || array['odd']".to_owned(), vec![wanted(What::Different, key, Some("warnings"))]),
            7 => ("update {t} set source_row = null".to_owned(), vec![wanted(What::Different, key, Some("source_row"))]),
            8..=10 => (
                // One value of the whole source row.
                "update {t} set source_row = jsonb_set(source_row, array[(select min(k) from jsonb_object_keys(source_row) k)], '\"other\"')".to_owned(),
                vec![wanted(What::Different, key, Some("source_row"))],
            ),
            11 => ("update {t} set run_id = gen_random_uuid()".to_owned(), vec![wanted(What::Different, key, Some("run_id"))]),
            column => {
                let columns = ["reason", "sqlstate", "constraint_name", "column_name", "cause_flow", "cause_key", "chunk"];
                let column = columns[usize::try_from(column - 12).unwrap() % columns.len()];
                let column = if self.dice.roll(6) == 0 { "chunk" } else { column };
                (
                    format!("update {{t}} set {column} = coalesce({column}, '') || 'x'"),
                    vec![wanted(What::Different, key, Some(column))],
                )
            }
        };
        let sql = self.run(format!("{} where ctid = '{place}'", change.replace("{t}", TABLE))).await;
        Some((sql, wanted))
    }

    async fn ledger(&mut self) -> Option<(String, Vec<Wanted>)> {
        const TABLE: &str = "rehome.chunks";
        let (place, named) = self.pick(TABLE, "(flow || ' ' || chunk)", "true").await?;
        let (flow, chunk) = named.split_once(' ').unwrap();
        let flow = FLOWS.iter().find(|(name, _)| *name == flow).unwrap().0;
        let change = ["delete from {t}", "update {t} set rows = rows + 1", "update {t} set refused = refused + 1"];
        let change = change[usize::try_from(self.dice.roll(3)).unwrap()].replace("{t}", TABLE);
        let sql = self.run(format!("{change} where ctid = '{place}'")).await;
        Some((sql, vec![Wanted::Ledger(flow, chunk.to_owned())]))
    }

    /// An object goes, or ceases to be at work.
    async fn structure(&mut self) -> Option<(String, Vec<Wanted>)> {
        let gone = |table, sort, name: &str| Wanted::Structure(table, sort, name.to_owned(), "gone");
        let people = "fresh.people";
        let (name, change, undo, wanted): (&str, &str, &str, Vec<Wanted>) = match self.dice.roll(10) {
            0 => (
                "people_name",
                "drop index fresh.people_name",
                "create index people_name on fresh.people (name)",
                vec![gone(people, "index", "people_name")],
            ),
            1 => (
                "people_score_check",
                "alter table fresh.people drop constraint people_score_check",
                "alter table fresh.people add check (score <> 13)",
                vec![gone(people, "constraint", "people_score_check")],
            ),
            2 => (
                "people_score_check",
                "alter table fresh.people drop constraint people_score_check, add constraint people_score_check check (score <> 13) not valid",
                "alter table fresh.people validate constraint people_score_check",
                vec![Wanted::Structure(people, "constraint", "people_score_check".into(), "not valid")],
            ),
            3 => (
                "people_score_check",
                "alter table fresh.people drop constraint people_score_check, add constraint people_score_check check (score <> 1300)",
                "alter table fresh.people drop constraint people_score_check, add constraint people_score_check check (score <> 13)",
                vec![Wanted::Structure(people, "constraint", "people_score_check".into(), "changed")],
            ),
            4 => (
                "watched",
                "alter table fresh.people disable trigger watched",
                "alter table fresh.people enable trigger watched",
                vec![Wanted::Structure(people, "trigger", "watched".into(), "disabled")],
            ),
            5 => (
                "watched",
                "drop trigger watched on fresh.people",
                "create trigger watched before insert on fresh.people for each row execute function fresh.nothing()",
                vec![gone(people, "trigger", "watched")],
            ),
            6 => (
                "notes_person_id_fkey",
                "alter table fresh.notes drop constraint notes_person_id_fkey",
                "alter table fresh.notes add foreign key (person_id) references fresh.people",
                vec![gone("fresh.notes", "constraint", "notes_person_id_fkey")],
            ),
            7 => (
                "made",
                "alter table fresh.people alter column made drop not null",
                "alter table fresh.people alter column made set not null",
                vec![Wanted::Structure(people, "column", "made".into(), "changed")],
            ),
            8 => (
                "visits_id_seq",
                "select setval('fresh.visits_id_seq', 3)",
                "select setval('fresh.visits_id_seq', 50)",
                vec![Wanted::Structure("fresh.visits", "sequence", "fresh.visits_id_seq".into(), "behind")],
            ),
            _ => (
                "visits_old_key",
                "alter table fresh.visits drop constraint visits_old_key",
                "alter table fresh.visits add unique (old)",
                vec![
                    gone("fresh.visits", "constraint", "visits_old_key"),
                    gone("fresh.visits", "index", "visits_old_key"),
                ],
            ),
        };
        if !self.records.insert(("structure".to_owned(), name.to_owned())) {
            return None;
        }
        self.scene.database.run(change).await;
        self.undo.push(undo.to_owned());
        Some((change.to_owned(), wanted))
    }
}
