//! Owns the tests of what queries share and tell of each other: causes of rejects, shared views, checks for each flow.

use std::path::Path;

use rehome::cancel::Cancel;
use rehome::error::{Error, Kind};
use rehome::report::{Cause, Report};
use rehome::run::{Setting, what_if};

use crate::support::{people, pipeline_of, silent, snapshot_of};

const HEADER: &str = "/*---\nsource = \"people\"\n---*/\n";
/// 5, 10, 15 and 20 have no name; 19 is out of scope.
const PEOPLE: &str = "select id as _key, case when name is null then reject('no_name') when id = 19 then skip('late')
    else migrate() end as _outcome, name as name from source.people";
/// 10 and 11 have the boss 5, 20 has the boss 10.
const TEAM: &str = "select p.id as _key, case
        when p.id = 2 then reject('helper_gone', 'people', p.id + 998)
        when p.id = 3 then reject('late_one', 'people', 19)
        when p.id = 4 then reject('unsure', 'people', null)
        when p.boss is not null and b._key is null then reject('boss_not_migrated', 'people', p.boss)
        else migrate() end as _outcome
    from source.people p left join migrated.people b on b._key = p.boss";
const SQUAD: &str = "select p.id as _key, case
        when p.boss is not null and t._key is null then reject('team_gone', 'team', cast(p.boss as text))
        else migrate() end as _outcome
    from source.people p left join migrated.team t on t._key = p.boss";
const RING: &str = "select id as _key, case
        when id = 1 then reject('round', 'ring', 2) when id < 4 then reject('round', 'ring', 1)
        else migrate() end as _outcome
    from source.people";

/// What these flows, and the files beside them, make of twenty people. A file `toml` is the end of the pipeline's own.
async fn report(flows: &[(&str, &str)], files: &[(&str, &str)]) -> Result<Report, Error> {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("pipeline");
    let mut toml = "name = \"small\"\nflows = \"flows\"\n".to_owned();
    for (path, text) in files.iter().filter(|(path, _)| *path != "toml") {
        let kind = Path::new(path).parent().unwrap().to_str().unwrap();
        if !home.join(kind).exists() {
            toml.extend([kind, " = \"", kind, "\"\n"]);
        }
        std::fs::create_dir_all(home.join(kind)).unwrap();
        std::fs::write(home.join(path), text).unwrap();
    }
    toml.extend(files.iter().filter(|(path, _)| *path == "toml").map(|(_, text)| *text));
    std::fs::create_dir_all(&home).unwrap();
    std::fs::write(home.join("pipeline.toml"), toml).unwrap();
    let flows: Vec<(&str, String)> = flows.iter().map(|(name, sql)| (*name, format!("{HEADER}{sql}"))).collect();
    let flows: Vec<(&str, &str)> = flows.iter().map(|(name, sql)| (*name, sql.as_str())).collect();
    let snapshot = snapshot_of(folder.path(), &[("people", people(20))]).await;
    let pipeline = pipeline_of(folder.path(), &flows)?;
    let setting = Setting::new(folder.path().join("workspace"), (2, 1 << 30), silent(), Cancel::new());
    what_if(&pipeline, &snapshot, &[], &setting).await.map(|(report, _)| report)
}

fn line<'a>(report: &'a Report, flow: &str, reason: &str, root: &str) -> &'a Cause {
    let found = report
        .root_causes
        .causes
        .iter()
        .find(|cause| cause.flow == flow && cause.reason == reason && cause.root_reason == root);
    found.unwrap_or_else(|| panic!("{flow} {reason} {root}: {:?}", report.root_causes))
}

#[tokio::test]
async fn a_reject_is_traced_to_the_row_that_broke_first() {
    let flows = [("people", PEOPLE), ("team", TEAM), ("squad", SQUAD), ("ring", RING)];
    let report = report(&flows, &[]).await.unwrap();
    // People 4, team 2, 3, 4, 10, 11, 20, squad 4 to 9 and 20, ring 1 to 3. The roots: four people without a name,
    // person 4 of the team, people 1000 and 19, and the circle.
    assert_eq!((report.root_causes.rejected, report.root_causes.roots), (20, 8));
    assert_eq!(report.root_causes.causes.iter().map(|cause| cause.rows).sum::<u64>(), 20);

    let own = line(&report, "people", "no_name", "no_name");
    assert_eq!((own.rows, own.roots, own.depth, own.parent_flow.as_deref()), (4, 4, 0, None));
    assert_eq!(own.keys, ["5", "10", "15", "20"]);
    let child = line(&report, "team", "boss_not_migrated", "no_name");
    assert_eq!((child.rows, child.parents, child.roots, child.depth), (3, 2, 2, 1));
    assert_eq!((child.parent_flow.as_deref(), child.parent_reason.as_deref()), (Some("people"), Some("no_name")));
    let grandchild = line(&report, "squad", "team_gone", "no_name");
    assert_eq!((grandchild.rows, grandchild.depth, grandchild.root_flow.as_str()), (1, 2, "people"));
    assert_eq!((&grandchild.keys[..], &grandchild.root_keys[..]), (&["20".to_owned()][..], &["5".to_owned()][..]));
    assert_eq!(grandchild.parent_reason.as_deref(), Some("boss_not_migrated"));

    let absent = line(&report, "squad", "team_gone", "not in the source");
    assert_eq!((absent.rows, absent.roots, &absent.root_keys[..]), (2, 1, &["1000".to_owned()][..]));
    assert_eq!(line(&report, "team", "late_one", "skipped: late").root_keys, ["19"]);
    assert_eq!(line(&report, "team", "unsure", "unsure").depth, 0, "a NULL key is no cause");
    let circle = line(&report, "ring", "round", "in a circle");
    assert_eq!((circle.rows, circle.roots, &circle.root_keys[..]), (3, 1, &["1".to_owned()][..]));
}

#[tokio::test]
async fn a_cause_names_a_flow() {
    let sql = "select id as _key, case when id > 3 then reject('x', 'peple', id) else migrate() end as _outcome
        from source.people";
    let error = report(&[("people", PEOPLE), ("f", sql)], &[]).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Config);
    assert!(error.message().contains("'peple'") && error.hint_text().unwrap().contains("'people'"), "{error}");
    for (arguments, word) in
        [("'x', 'people'", "a flow and a key"), ("'x', name, id", "literal"), ("'x', 'f', cast(id as double)", "type")]
    {
        let sql = format!("select id as _key, reject({arguments}) as _outcome from source.people");
        let error = report(&[("f", &sql)], &[]).await.unwrap_err();
        assert!(error.kind() == Kind::Config && format!("{error:?}").contains(word), "{arguments}: {error:?}");
    }
}

#[tokio::test]
async fn a_shared_view_reads_what_flows_read() {
    let of_team = "select p.id as _key, case when n.id is null then reject('boss') else migrate() end as _outcome
        from source.people p left join shared.nested n on n.id = p.boss";
    let nested = ("shared/nested.sql", "select id from shared.named where id > 1");
    let named = ("shared/named.sql", "select m._key as id from migrated.people m");
    // The flow comes first by its name, and reads migrated.people through two views alone.
    let found = report(&[("a_team", of_team), ("people", PEOPLE)], &[nested, named]).await.unwrap();
    let order: Vec<&str> = found.flows.iter().map(|flow| flow.flow.as_str()).collect();
    assert_eq!(order, ["people", "a_team"]);
    // Bosses 2, 3, 4, 6, 7, 8 and 9, of two each; 5 and 10 have no name.
    assert_eq!((found.flows[1].migrated, found.flows[1].rejected), (14, 6));

    let error = report(&[("f", &of_team.replace("nested", "nestd"))], &[nested, named]).await.unwrap_err();
    assert!(error.hint_text().unwrap().contains("shared.nested") && error.to_string().contains("f.sql"), "{error}");
    let circle = ("shared/named.sql", "select id from shared.nested");
    let error = report(&[("f", of_team)], &[nested, circle]).await.unwrap_err();
    assert!(error.message().contains("nested → named → nested"), "{error}");
    let wrong = ("shared/named.sql", "select idd as id from source.people");
    let error = report(&[("f", of_team)], &[nested, wrong]).await.unwrap_err();
    assert!(format!("{error:?}").contains("named.sql:1:8"), "{error:?}");
}

#[tokio::test]
async fn a_check_for_each_flow_names_flow_and_key() {
    let check = (
        "checks/all.sql",
        "/*---\neach = \"flow\"\nhaving = [\"name\"]\nseverity = \"warn\"\n---*/
        select s._key from each.source s left join each.migrated m on m._key = s._key where m._key is null order by 1",
    );
    let found = report(&[("people", PEOPLE), ("team", TEAM)], &[check]).await.unwrap();
    let [check] = &found.checks[..] else { panic!("{:?}", found.checks) };
    assert_eq!((check.rows, check.passed, check.severity.as_str()), (5, false, "warn"), "the team gives no name");
    assert_eq!(check.keys, ["people 5", "people 10", "people 15", "people 19", "people 20"]);

    let untold = ("checks/all.sql", "select _key from each.source");
    let error = report(&[("people", PEOPLE)], &[untold]).await.unwrap_err();
    assert!(error.hint_text().unwrap().contains("each = \"flow\""), "{error}");
    let wrong = ("checks/all.sql", "/*---\neach = \"flow\"\n---*/\nselect nam from each.source");
    let error = report(&[("people", PEOPLE)], &[wrong]).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Config);
    assert!(format!("{error:?}").contains("all.sql:4:8"), "{error:?}");
}

/// Rejects that another flow owns are no rejects: each row still has one outcome in each flow.
#[tokio::test]
async fn rejects_are_rerouted_to_the_flow_that_owns_them() {
    let archive_sql =
        "select p.id as _key, case when m._key is null then migrate() else elsewhere('people') end as _outcome
        from source.people p left join migrated.people m on m._key = p.id";
    let reroute = ("toml", "[reroute.people]\nto = \"archive\"\nreasons = [\"no_name\"]\n");
    let found = report(&[("people", PEOPLE), ("archive", archive_sql)], &[reroute]).await.unwrap();
    assert!(found.conserved);
    let [people, archive] = &found.flows[..] else { panic!("{:?}", found.flows) };
    assert_eq!((people.migrated, people.rejected, people.skipped, people.elsewhere), (15, 0, 1, 4));
    assert_eq!((archive.migrated, archive.elsewhere), (5, 15));
    assert_eq!((people.owners["archive"], found.root_causes.rejected), (4, 0));

    for (text, words) in [
        ("[reroute.people]\nto = \"archiv\"\nreasons = []\n", ["'archiv'", "'archive'"]),
        ("[reroute.people]\nto = \"archive\"\nreasons = [\"noname\"]\n", ["'noname'", "'no_name'"]),
    ] {
        let error = report(&[("people", PEOPLE), ("archive", archive_sql)], &[("toml", text)]).await.unwrap_err();
        let told = format!("{} {}", error.message(), error.hint_text().unwrap());
        assert!(error.kind() == Kind::Config && words.iter().all(|word| told.contains(word)), "{told}");
    }
}

/// A value that an expression cannot take fails its report or its check, and nothing else.
#[tokio::test]
async fn a_query_that_fails_on_a_value_leaves_the_others() {
    let overflow = "select id as _key, 9223372036854775807 + id as more from source.people";
    let files = [
        ("reports/a_odd.sql", overflow),
        ("reports/b_even.sql", "select count(*) as people, cast(1.50 as decimal(4, 2)) as share from source.people"),
        ("checks/odd.sql", overflow),
        ("checks/even.sql", "select id as _key from source.people where id > 18"),
    ];
    let found = report(&[("people", PEOPLE)], &files).await.unwrap();
    assert_eq!(found.not_computed.keys().collect::<Vec<_>>(), ["a_odd"]);
    assert!(found.not_computed["a_odd"].contains("a_odd.sql"), "{:?}", found.not_computed);
    assert_eq!(found.reports["b_even"][0]["people"], 20);
    assert_eq!(found.reports["b_even"][0]["share"], "1.50", "a decimal keeps its digits");
    let [even, odd] = &found.checks[..] else { panic!("{:?}", found.checks) };
    assert_eq!((even.rows, even.passed, even.error.is_none()), (2, false, true));
    assert!(odd.fails() && odd.error.as_ref().unwrap().contains("odd.sql"), "{odd:?}");
}
