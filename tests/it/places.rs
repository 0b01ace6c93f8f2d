//! Owns the tests that every planning error has line and column, and shows the piece of SQL that it is about.

use rehome::error::At;

use crate::support::over_people;

const HEADER: &str = "/*---\nsource = \"people\"\n# abc, nmae, upper: a header is no SQL\n---*/\n";

/// An output more in a flow that is right. The marks « » hold the piece that the error must show, and nothing else does.
const OUTPUTS: &[&str] = &[
    // names
    "«p.nmae»",
    "«nmae»",
    "«uper»(p.name) as n",
    "«nothing»(1, 2) as n",
    "«cast(p.id as nothing)» as n",
    "«$nothing» as n",
    "upper(p.name) || «$nothing» as n",
    // literals that do not fit
    "cast(«'abc'» as int) as n",
    "p.id + cast(«'abc'» as int) as n",
    "case when p.id > 3 then 1 else cast(«'abc'» as int) end as n",
    "cast(«'12.x'» as decimal(10, 2)) as n",
    "«date '2024-13-01'» as n",
    "coalesce(cast(p.name as date), «date '2024-02-30'») as n",
    "p.id = «'abc'» as n",
    "p.id in (1, 2, «'abc'») as n",
    "p.id between 1 and «'abc'» as n",
    "arrow_cast(«'x'», 'Int32') as n",
    // arguments
    "«upper()» as n",
    "«upper(p.name, 1)» as n",
    "«date_trunc('month')» as n",
    "«round(p.name, 'a', 3)» as n",
    "abs(«p.name») as n",
    "«reject(p.name)» as n",
    "«legacy_uuid('nobody', p.id)» as n",
    "«warnings(p.name)» as n",
    "«p.id + true» as n",
    "«p.name + p.id» as n",
    "-«p.name» as n",
    "p.id > 3 and «p.id = true» as n",
    "not «p.name» as n",
    // subqueries, aggregates, windows
    "«(select b.id, b.boss from source.people b)» as n",
    "«sum(true) over ()» as n",
    "«lag»() as n",
    "row_number() over (order by «p.nmae») as n",
    "«rank»() as n",
    // rules of ours
    "«now()» as n",
    "«random()» as n",
    "upper(cast(«random()» as varchar)) as n",
    "«arrow_cast('2025-01-01', 'Timestamp(Nanosecond, None)')» as n",
    "«p.id as id»",
    "«1 as _other»",
];

/// Whole queries, with the same marks.
const QUERIES: &[&str] = &[
    "select p.id as _key, migrate() as _outcome from «source.poeple» p",
    "select «id» as _key, migrate() as _outcome from source.people p join source.people b on b.id = p.boss",
    "select p.id as _key, migrate() as _outcome\nfrom source.people p where p.id = «'abc'»",
    "select p.id as _key, migrate() as _outcome\nfrom source.people p\nwhere «p.id + 1»",
    "select p.id as _key, migrate() as _outcome from source.people p\nleft join source.people b on b.id = «'abc'»",
    "select p.id as _key, migrate() as _outcome from source.people p\nleft join source.people b on «b.nmae» = p.name",
    "select p.id as _key, migrate() as _outcome, «p.name» from source.people p group by p.id",
    "select p.id as _key, migrate() as _outcome from source.people p order by «p.nmae»",
    "select p.id as _key, migrate() as _outcome from source.people p where «sum(p.id)» > 1",
    "with s as (\n  select id, cast(«'abc'» as int) as n from source.people\n)\nselect s.id as _key, migrate() as _outcome, s.n from s",
    "select p.id as _key, migrate() as _outcome from source.people p where «p.id in (select b.id, b.boss from source.people b)»",
    "«select p.id as _key, migrate() as _outcome from source.people p\nunion all select 1, migrate(), 2»",
    "select p.id as _key, migrate() as _outcome, «'open as n from source.people p»",
    "select p.id as _key, migrate() as _outcome «frm» source.people p",
    "select p.id as _key, migrate() as _outcome from source.people p «where»",
    "«select migrate() as _outcome from source.people»",
    "«select id as _key from source.people»",
    "select id as _key, «case when id > 3 then migrate() end as _outcome» from source.people",
    "select id as _key, «1 as _outcome» from source.people",
    "select id as _key, elsewhere(«'nobody'») as _outcome from source.people",
    "select id as _key, reject('why', «'nobody'», id) as _outcome from source.people",
    "select id as _key, migrate() as _outcome, «id as _warnings» from source.people",
    "select «named_struct('a', id, 'b', boss) as _key», migrate() as _outcome from source.people",
    "select «id» as _key, migrate() as _outcome, sum(id) as n from source.people",
    "«delete from source.people»",
    "«select 1; select 2»",
    // The same mistake twice, and two different ones.
    "select id as _key, migrate() as _outcome, «cast('abc' as int)» as n, cast('abc' as int) as m from source.people",
    "select id as _key, migrate() as _outcome, cast(«'abc'» as int) as n, cast('abd' as int) as m from source.people",
];

/// What is wrong with the error of a marked query.
async fn misplaced(marked: &str) -> Option<String> {
    let whole = format!("{HEADER}{marked}");
    let (before, rest) = whole.split_once('«').unwrap();
    let (piece, _) = rest.split_once('»').unwrap();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
    let Err(error) = over_people(&[("f", &whole.replace(['«', '»'], ""))]).await else {
        return Some(format!("accepted: {marked}"));
    };
    let of = |wanted| error.places().iter().find(|(at, _)| *at == wanted).map(|(_, name)| name.as_str());
    let place = of(At::File).unwrap_or_default();
    let shown = of(At::Sql).unwrap_or_default();
    let piece = piece.split_whitespace().collect::<Vec<_>>().join(" ");
    let same = shown == piece || shown.strip_suffix('…').is_some_and(|cut| piece.starts_with(cut));
    if error.kind().exit_code() == 2 && place.ends_with(&format!("f.sql:{line}:{column}")) && same {
        return None;
    }
    let place = place.rsplit('/').next().unwrap_or_default();
    Some(format!("{marked}\n    {line}:{column} expected, {place} told, showing {shown:?}: {}", error.message()))
}

#[tokio::test]
async fn every_planning_error_points_at_its_piece() {
    let outputs = OUTPUTS.iter().map(|output| {
        format!("select p.id as _key, migrate() as _outcome,\n  p.boss as boss,\n  {output}\nfrom source.people p")
    });
    let mut wrong = Vec::new();
    for query in outputs.chain(QUERIES.iter().map(|query| (*query).to_owned())) {
        wrong.extend(misplaced(&query).await);
    }
    assert!(wrong.is_empty(), "{} are misplaced:\n{}", wrong.len(), wrong.join("\n"));
}
