//! Owns the tests of the outcome contract: what a flow may be, and what breaks conservation.

use rehome::error::{At, Error, Kind};
use rehome::outcome::Outcome;

use crate::support::{over_people, people, pipeline_of, snapshot_of, transform};

const HEADER: &str = "/*---\nsource = \"people\"\n---*/\n";

async fn one(sql: &str) -> Result<rehome::outcomes::FlowOutcomes, Error> {
    over_people(&[("f", &format!("{HEADER}{sql}"))]).await.map(|mut outcomes| outcomes.remove(0))
}

/// The error of a flow: its kind, and that message, place and hint hold these words.
async fn refused(sql: &str, kind: Kind, words: &[&str]) {
    let error = one(sql).await.err().unwrap_or_else(|| panic!("accepted: {sql}"));
    let place = error.places().iter().map(|(at, name)| format!("{at} {name}")).collect::<Vec<_>>().join(" ");
    let told = format!("{} {place} {}", error.message(), error.hint_text().unwrap_or_default());
    assert_eq!(error.kind(), kind, "{told}");
    for word in words {
        assert!(told.contains(word), "{word:?} is not in: {told}");
    }
    assert!(error.places().iter().any(|(at, _)| *at == At::File), "no file: {told}");
}

#[tokio::test]
async fn outcomes_reasons_and_warnings_are_counted_zeros_too() {
    let flow = one("select p.id as _key,
        case when p.name is null then reject('no_name') when p.id > 18 then skip('late') when p.id > 99 then reject('never')
             else migrate() end as _outcome,
        warnings(p.boss is null, 'no_boss', p.id > 50, 'nobody') as _warnings, p.name as name
        from source.people p")
    .await
    .unwrap();
    assert_eq!(flow.source_rows, 20);
    assert_eq!(
        (flow.count(Outcome::Migrated), flow.count(Outcome::Rejected), flow.count(Outcome::Skipped)),
        (15, 4, 1)
    );
    assert_eq!(flow.reasons[&Outcome::Rejected], [("never".to_owned(), 0), ("no_name".to_owned(), 4)].into());
    assert_eq!(flow.warnings, [("no_boss".to_owned(), 1), ("nobody".to_owned(), 0)].into());
}

#[tokio::test]
async fn a_lost_row_is_named() {
    let lost = ["conservation is broken", "4 rows of the source have no outcome", "keys 5, 10, 15, 20", "left joins"];
    refused(
        "select id as _key, migrate() as _outcome from source.people where name is not null",
        Kind::Verification,
        &lost,
    )
    .await;
}

#[tokio::test]
async fn a_doubled_row_is_named() {
    let sql =
        "select p.id as _key, migrate() as _outcome from source.people p left join source.people b on b.boss = p.id";
    refused(sql, Kind::Verification, &["more than one outcome", "fans out", "keys 1"]).await;
}

#[tokio::test]
async fn an_invented_key_is_named() {
    let sql = "select p.id + 1 as _key, migrate() as _outcome from source.people p";
    refused(sql, Kind::Verification, &["1 rows have a key that the source does not have (keys 21)", "(keys 1)"]).await;
}

#[tokio::test]
async fn a_key_that_does_not_identify_is_named() {
    let sql = "/*---\nsource = \"people\"\nkey = \"boss\"\n---*/
        select coalesce(boss, 0) as _key, migrate() as _outcome from source.people";
    let error = over_people(&[("f", sql)]).await.err().unwrap();
    assert!(error.message().contains("repeat a key"), "{error}");
}

#[tokio::test]
async fn a_case_without_else_is_refused() {
    let sql = "select id as _key, case when id > 3 then migrate() end as _outcome from source.people";
    refused(sql, Kind::Config, &["_outcome can be NULL", "ELSE"]).await;
}

#[tokio::test]
async fn outcomes_are_literals_of_the_functions() {
    refused("select id as _key, reject(name) as _outcome from source.people", Kind::Config, &["text literal"]).await;
    refused("select id as _key, 'migrated' as _outcome from source.people", Kind::Config, &["none that migrate()"])
        .await;
    refused("select id as _key, elsewhere('g') as _outcome from source.people", Kind::Config, &["names no other flow"])
        .await;
}

#[tokio::test]
async fn columns_of_the_contract_are_demanded() {
    refused("select migrate() as _outcome from source.people", Kind::Config, &["no column _key"]).await;
    refused("select id as _key from source.people", Kind::Config, &["no column _outcome"]).await;
    refused("select id as _key, migrate() as _outcome, id from source.people", Kind::Config, &["does not give `id`"])
        .await;
    refused("select id as _key, migrate() as _outcome, 1 as _other from source.people", Kind::Config, &["_other"])
        .await;
}

#[tokio::test]
async fn errors_point_into_the_file() {
    refused(
        "select id as _key,\n  migrate() as _outcome,\n  p.nmae\nfrom source.people p",
        Kind::Config,
        &["f.sql:6:3", "did you mean 'name'"],
    )
    .await;
    refused(
        "select id as _key, migrate() as _outcome from source.poeple",
        Kind::Config,
        &["f.sql:4", "did you mean 'source.people'"],
    )
    .await;
    refused("select id as _key, migrat() as _outcome from source.people", Kind::Config, &["f.sql:4:20", "migrat"])
        .await;
    refused("select id as _key,\nfrom", Kind::Config, &["f.sql:5"]).await;
    refused("select id as _key, migrate() as _outcome from people", Kind::Config, &["source.people"]).await;
    refused("delete from source.people", Kind::Config, &["only a query"]).await;
}

#[tokio::test]
async fn what_changes_with_time_is_refused() {
    refused(
        "select id as _key, migrate() as _outcome, now() as at from source.people",
        Kind::Config,
        &["now()", "params"],
    )
    .await;
    refused("select id as _key, migrate() as _outcome, random() as at from source.people", Kind::Config, &["random()"])
        .await;
    let nanoseconds = "select id as _key, migrate() as _outcome, arrow_cast('2025-01-01', 'Timestamp(Nanosecond, None)') as at from source.people";
    refused(nanoseconds, Kind::Config, &["nanoseconds", "timestamp"]).await;
    refused(
        "select id as _key, migrate() as _outcome, $day as at from source.people",
        Kind::Config,
        &["$day", "[params]"],
    )
    .await;
}

#[tokio::test]
async fn integers_do_not_wrap_around() {
    let error = one("select id as _key, migrate() as _outcome, id + 9223372036854775800 as big from source.people")
        .await
        .err()
        .unwrap();
    assert!(error.message().contains("overflow"), "{error}");
    let of = |number: &str| {
        format!(
            "select p.id as _key, migrate() as _outcome, s.total as total from source.people p
        cross join (select sum({number}) as total from source.people) s"
        )
    };
    // A sum of bigints is a numeric, as in PostgreSQL, which a bigint may not hold.
    assert!(one(&of("9223372036854775807 - id")).await.is_ok());
    let as_bigint = of("9223372036854775807 - id").replace("s.total as total", "cast(s.total as bigint) as total");
    let error = one(&as_bigint).await.err().unwrap();
    assert!(error.message().contains("does not fit"), "{error}");
    assert!(one(&of("id")).await.is_ok());
}

#[tokio::test]
async fn values_stay_out_of_errors() {
    let error = one("select id as _key, migrate() as _outcome, cast(name as int) as number from source.people")
        .await
        .err()
        .unwrap();
    assert!(!format!("{error:?}").contains("person"), "{error:?}");
}

#[tokio::test]
async fn flows_run_in_the_order_of_their_sql() {
    let flows = over_people(&[
        ("a_second", "/*---\nsource = \"people\"\n---*/ select p.id as _key, case when m._key is null then reject('no_first') else migrate() end as _outcome from source.people p left join migrated.z_first m on m._key = p.id"),
        ("z_first", "/*---\nsource = \"people\"\nentity = \"person\"\n---*/ select id as _key, case when id > 15 then skip('late') else migrate() end as _outcome from source.people"),
    ])
    .await
    .unwrap();
    assert_eq!(flows.iter().map(|flow| flow.flow.as_str()).collect::<Vec<_>>(), ["z_first", "a_second"]);
    assert_eq!(flows[1].count(Outcome::Rejected), 5);
}

#[tokio::test]
async fn a_circle_of_flows_is_named() {
    let flow = |other: &str| {
        format!(
            "{HEADER}select p.id as _key, migrate() as _outcome from source.people p left join migrated.{other} m on m._key = p.id"
        )
    };
    let error = over_people(&[("a", &flow("b")), ("b", &flow("a"))]).await.err().unwrap();
    assert!(error.message().contains("a → b → a"), "{error}");
    assert_eq!(error.kind(), Kind::Config);
}

#[tokio::test]
async fn a_flow_name_that_is_there_twice_is_told() {
    let flow = format!("{HEADER}select id as _key, migrate() as _outcome from source.people");
    let error = over_people(&[("orders", &flow), ("Orders", &flow)]).await.err().unwrap();
    assert_eq!(error.kind(), Kind::Config);
    assert!(error.message().contains("'orders' is there twice"), "{error}");
}

/// The labels that a column is chosen among are known before a row is read, through CTEs and joins too.
#[tokio::test]
async fn labels_are_read_from_the_plan() {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = snapshot_of(folder.path(), &[("people", people(20))]).await;
    let sql = format!("{HEADER}with s as (select id, case when id > 3 then 'open' else 'closed' end as state from source.people)
        select p.id as _key, migrate() as _outcome, case when p.id = 1 then null else s.state end as state, p.name as name
        from source.people p left join s on s.id = p.id");
    let pipeline = pipeline_of(folder.path(), &[("f", &sql)]).unwrap();
    let (_, shapes, _) = transform(&pipeline, &snapshot, folder.path(), "run", 2).await.unwrap();
    let labels = [("state".to_owned(), vec!["closed".to_owned(), "open".to_owned()])].into();
    assert_eq!(shapes[0].labels, labels);
}

#[tokio::test]
async fn unknown_entities_flows_and_headers_are_named() {
    refused(
        "select id as _key, migrate() as _outcome, legacy_uuid('ff', boss) as b from source.people",
        Kind::Config,
        &["no flow has the entity 'ff'"],
    )
    .await;
    refused(
        "select p.id as _key, migrate() as _outcome from source.people p left join migrated.g g on g._key = p.id",
        Kind::Config,
        &["no flow 'g'"],
    )
    .await;
    let error = over_people(&[("f", "/*---\nsource = \"people\"\nsorce = 1\n---*/ select 1")]).await.err().unwrap();
    assert!(error.message().contains("sorce"), "{error}");
    assert!(error.places().iter().any(|(_, place)| place.ends_with("f.sql:3:1")), "{error}");
}

#[tokio::test]
async fn composite_keys_are_structs() {
    let sql = "/*---\nsource = \"people\"\nkey = [\"id\", \"name\"]\n---*/
        select named_struct('id', id, 'name', coalesce(name, '')) as _key, migrate() as _outcome from source.people";
    let error = over_people(&[("f", sql)]).await.err().unwrap();
    assert!(error.message().contains("key"), "{error}");
    let sql = "/*---\nsource = \"people\"\nkey = [\"boss\", \"id\"]\n---*/
        select named_struct('boss', coalesce(boss, boss), 'id', id) as _key, case when id = 1 then migrate() else reject('x') end as _outcome
        from source.people where id > 1";
    let error = over_people(&[("f", sql)]).await.err().unwrap();
    assert!(
        error.message().contains("1 rows of the source have no outcome") || error.message().contains("NULL"),
        "{error}"
    );
}
