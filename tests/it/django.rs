//! Owns the test of a Django application with generic keys as text: each row ends as a plain rule in PostgreSQL says.
//! Must not know: how it is done.

use crate::cluster::Database;
use crate::support::{migrate, repository};

const FLOWS: [&str; 8] =
    ["users", "customers", "memberships", "categories", "products", "images", "tickets", "comments"];

/// Each gives the rows that are not as they shall be.
const VALUES: [(&str, &str); 8] = [
    ("users", "select count(*) from judge.users j join legacy.auth_user l using (id) left join legacy.shop_customer c on c.user_ptr_id = l.id
        left join fresh.users f on f.old = l.id where (j.fate is null) <> (f.id is not null)
        or f.id is not null and (f.name, f.email, f.kind::text, f.company) is distinct from
            (l.username::text, nullif(l.email, '')::text, case when c.user_ptr_id is null then 'person' else 'customer' end, c.company)"),
    ("memberships", "select count(*) from (select distinct j.user_id, j.team from judge.memberships j where fate is null) j
        full join (select u.old, m.team from fresh.memberships m join fresh.users u on u.id = m.user_id) f on f.old = j.user_id and f.team = j.team
        where f.old is null or j.user_id is null"),
    ("categories", "select count(*) from judge.categories j join legacy.shop_category l using (id) left join fresh.categories f on f.old = l.id
        left join fresh.categories p on p.id = f.parent_id
        where (j.fate is null) <> (f.id is not null) or f.id is not null and (f.slug, p.old) is distinct from (l.slug::text, l.parent_id)"),
    ("products", "select count(*) from judge.products j join legacy.shop_product l using (sku) left join fresh.products f on f.sku = l.sku
        left join fresh.categories c on c.id = f.category_id left join fresh.images i on i.id = f.main_image_id
        where (j.fate is null) <> (f.id is not null)
           or f.id is not null and (f.price::text, c.old, i.old) is distinct from (l.price::text, l.category_id, l.main_image_id)"),
    ("images", "select count(*) from judge.images j join legacy.shop_image l using (id) left join fresh.images f on f.old = l.id
        left join fresh.products p on p.id = f.product_id
        where (j.fate is null) <> (f.id is not null) or f.id is not null and (p.sku, f.path) is distinct from (l.product_id::text, l.path)"),
    ("tickets", "select count(*) from judge.tickets j join legacy.support_ticket l using (id) left join fresh.tickets f on f.id = l.id
        left join fresh.users u on u.id = f.user_id
        where (j.fate is null) <> (f.id is not null) or f.id is not null and (u.old, f.title) is distinct from (l.customer_id, l.title)"),
    ("comments", "select count(*) from judge.comments j join legacy.comments l using (id) left join fresh.comments f on f.old = l.id
        left join fresh.categories c on c.id = f.category_id left join fresh.products p on p.id = f.product_id
        left join judge.users a on a.id = l.author_id and a.fate is null left join fresh.users u on u.id = f.author_id
        where (j.fate is null) <> (f.id is not null) or f.id is not null and (
            coalesce(c.old::text, p.sku, f.ticket_id::text) is distinct from case j.model when 'category' then ltrim(l.object_id, '0') else lower(l.object_id) end
            or (u.old, f.body, f.created_at, f.extra, f.labels) is distinct from (a.id, l.body, l.created, l.extra, l.labels))"),
    ("nothing else", "select (select count(*) from fresh.users) + (select count(*) from fresh.comments) - (select count(*) from judge.users where fate is null)
        - (select count(*) from judge.comments where fate is null)"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_django_application_with_generic_keys() {
    let read = |name: &str| std::fs::read_to_string(repository(&format!("tests/it/sql/django/{name}.sql"))).unwrap();
    let database = Database::with(&["legacy", "fresh", "judge"].map(read).join("\n")).await;
    let texts: Vec<String> = FLOWS.iter().map(|flow| read(&format!("flows/{flow}"))).collect();
    let flows: Vec<(&str, &str)> = FLOWS.iter().copied().zip(texts.iter().map(String::as_str)).collect();
    for attempt in 0..2 {
        let done = migrate(&database, &flows).await.unwrap();
        assert!(done.failures.is_empty() && done.report.verified, "{attempt}: {:?}", done.failures);
        for (what, sql) in VALUES {
            assert_eq!(database.text(&format!("select ({sql})::text")).await, "0", "{attempt}: {what}");
        }
        for flow in &done.report.flows {
            let name = &flow.flow;
            // A membership that stands twice in the source is refused by the target's key: the judge counts it as there.
            let twice = database.text("select (count(*) - count(distinct (user_id, team)))::text from judge.memberships where fate is null").await;
            let twice: u64 = if name == "memberships" { twice.parse().unwrap() } else { 0 };
            let fates = format!(
                "select count(*) filter (where fate is null) || ' ' || count(*) filter (where fate not in ('skip', 'elsewhere')) || ' ' || count(*) filter (where fate = 'skip') || ' ' || count(*) filter (where fate = 'elsewhere') from judge.{name}"
            );
            let told =
                format!("{} {} {} {}", flow.migrated + twice, flow.rejected - twice, flow.skipped, flow.elsewhere);
            assert_eq!(told, database.text(&fates).await, "{attempt}: {name}");
            // With two parents gone, either may be met first.
            let reasons = format!(
                "select coalesce(string_agg(coalesce(j.key, q.legacy_key) || ' ' || coalesce(j.fate, 'none') || ' not ' || coalesce(q.reason, 'none'), ', '), '')
                 from (select * from judge.{name} where fate not in ('skip', 'elsewhere')) j
                 full join (select * from rehome.quarantine where flow = '{name}' and reason <> 'unique:memberships_pkey') q on q.legacy_key = j.key
                 where regexp_replace(j.fate, '^foreign_key:.*', 'orphan') is distinct from regexp_replace(q.reason, '^foreign_key:.*', 'orphan')"
            );
            assert_eq!(database.text(&reasons).await, "", "{attempt}: {name}");
        }
    }
}
