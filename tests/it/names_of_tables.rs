//! Owns the proof that tables of one name in several schemas are told apart, in headers and in SQL, or asked about.
//! Must not know: how names are found.

use rehome::error::Kind;
use rehome::run::{self, Finished, Request, Setting};

use crate::cluster::Database;
use crate::support::{pipeline_of, silent};

/// Three tenants with the same keys, and a table in a schema whose names need quotes.
const DDL: &str = "
    create schema north; create schema south; create schema \"The East\"; create schema fresh; create schema other;
    create table north.customer (id integer primary key, name text, \"Boss\" integer);
    create table south.customer (id integer primary key, name text, \"Boss\" integer);
    create table \"The East\".customer (id integer primary key, name text, \"Boss\" integer);
    create table north.city (id integer primary key, name text);
    insert into north.city values (1, 'Kiel');
    insert into north.customer select i, 'n' || i, nullif(i / 2, 0) from generate_series(1, 30) i;
    insert into south.customer select i, 's' || i, nullif(i / 2, 0) from generate_series(1, 40) i;
    insert into \"The East\".customer select i, 'e' || i, nullif(i / 2, 0) from generate_series(11, 30) i;
    create table fresh.customers (id uuid primary key, tenant text, old integer, name text,
        boss uuid references fresh.customers, city text, unique (tenant, old));
    create table other.customers (id uuid primary key, old integer);";

const TOML: &str = "name = \"tenants\"\nflows = \"flows\"\nchecks = \"checks\"\n[source]\nschemas = [\"north\", \"south\", \"The East\"]\n[target]\nschema = \"fresh\"\n";

fn flow(schema: &str, in_sql: &str, tenant: &str) -> String {
    format!(
        "/*---\nsource = \"{schema}.customer\"\nentity = \"{tenant}\"\ntarget = \"customers\"\n---*/\n
         select c.id as _key, case when c.id = 13 then reject('unlucky') else migrate() end as _outcome,
                '{tenant}' as tenant, c.id as old, c.name, case when b.id = 13 then null else legacy_uuid('{tenant}', b.id) end as boss, o.name as city
         from source.{in_sql}.customer c
         left join source.{in_sql}.customer b on b.id = c.\"Boss\"
         left join source.city o on o.id = c.id"
    )
}

async fn runs(database: &Database, flows: &[(&str, &str)]) -> rehome::error::Result<Finished> {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("pipeline");
    std::fs::create_dir_all(home.join("checks")).unwrap();
    std::fs::write(home.join("pipeline.toml"), TOML).unwrap();
    let check = "/*---\ntitle = \"Tenants do not mix\"\n---*/\nselect m._key from migrated.south m left join source.south.customer c on c.id = m._key where c.id is null or c.name <> m.name";
    std::fs::write(home.join("checks").join("mixed.sql"), check).unwrap();
    let setting = Setting {
        workspace: folder.path().join("workspace"),
        jobs: 2,
        memory: 1 << 28,
        progress: silent(),
        cancel: rehome::cancel::Cancel::new(),
    };
    let request = Request {
        pipeline: pipeline_of(folder.path(), flows)?,
        source: Some(database.address()),
        reading: rehome::extract::Options::default(),
        target: database.address(),
        snapshot: None,
        only: Vec::new(),
        verify: true,
        enforce: false,
    };
    run::run(request, &setting).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_schemas_of_equal_tables_go_into_one() {
    let database = Database::with(DDL).await;
    let (north, south, east) =
        (flow("north", "north", "north"), flow("south", "south", "south"), flow("The East", "\"The East\"", "east"));
    let away = "/*---\nsource = \"south.customer\"\ntarget = \"other.customers\"\nentity = \"copy\"\n---*/\nselect c.id as _key, migrate() as _outcome, c.id as old from source.south.customer c";
    let done = runs(&database, &[("north", &north), ("south", &south), ("east", &east), ("away", away)]).await.unwrap();
    assert!(done.failures.is_empty() && done.report.verified, "{:?}", done.failures);
    let wrong = database
        .text(
            "with legacy as (select 'north' as tenant, * from north.customer union all select 'south', * from south.customer
                             union all select 'east', * from \"The East\".customer)
             select count(*)::text from fresh.customers c
             full join (select * from legacy where id <> 13) l on l.tenant = c.tenant and l.id = c.old
             left join legacy p on p.tenant = l.tenant and p.id = l.\"Boss\" and p.id <> 13
             left join fresh.customers b on b.id = c.boss
             where l.id is null or c.id is null or c.name <> l.name or b.old is distinct from p.id
                or b.tenant <> c.tenant or (c.city is null) <> (l.id <> 1)",
        )
        .await;
    assert_eq!(wrong, "0");
    assert_eq!(
        database.text("select count(*) || ' ' || (select count(*) from other.customers) from fresh.customers").await,
        "87 40"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_fits_several_tables_lists_them() {
    let database = Database::with(DDL).await;
    let north = flow("north", "north", "north");
    for wrong in
        [north.replace("north.customer\"", "customer\""), north.replace("source.north.customer b", "source.customer b")]
    {
        let south = flow("south", "south", "south");
        let Err(error) = runs(&database, &[("north", &wrong), ("south", &south)]).await else { panic!("{wrong}") };
        assert_eq!(error.kind(), Kind::Config, "{error}");
        for name in ["source.north.customer", "source.south.customer", "source.The East.customer"] {
            assert!(error.message().contains(name), "{error}");
        }
    }
    let gone = north.replace("north.", "west.");
    let Err(error) = runs(&database, &[("north", &gone), ("south", &flow("south", "south", "south"))]).await else {
        panic!("west")
    };
    assert_eq!(error.kind(), Kind::Config, "{error}");
}
