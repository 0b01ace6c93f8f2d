//! Owns the test of people who are in the target already under UUIDs of their own, found by a unique key of the target.
//! PostgreSQL says who is who. Must not know: how they are found.

use crate::cluster::Database;
use crate::support::migrate;

/// Ten have signed up, with other capitals; one of them twice in the source. Another's address belongs to a row that the
/// partial unique index does not hold for, so it is not the same person.
const SIGNED_UP: &str = "
    create extension if not exists citext;
    create schema legacy; create schema fresh;
    create table legacy.app_user (id integer primary key, email text, nick text);
    insert into legacy.app_user select i, 'u' || i || '@example.org', 'n' || i from generate_series(1, 60) i;
    insert into legacy.app_user values (61, 'U2@Example.org', 'again'), (62, 'U30@example.org', 'late'), (63, null, 'none');
    create table legacy.orders (id integer primary key, user_id integer);
    insert into legacy.orders select i, 1 + i % 63 from generate_series(1, 500) i;
    create table fresh.users (id uuid primary key default gen_random_uuid(), email citext, nick text,
        sso boolean not null default false, signed_up boolean not null default false);
    create unique index users_email on fresh.users (email) where not sso;
    insert into fresh.users (email, nick, sso, signed_up) select 'U' || i || '@EXAMPLE.ORG', 'own', false, true from generate_series(1, 10) i;
    insert into fresh.users (email, nick, sso, signed_up) values ('u11@example.org', 'own', true, true);
    create table fresh.profiles (id uuid primary key references fresh.users, nick text);
    insert into fresh.profiles select id, 'own' from fresh.users where signed_up;
    create table fresh.orders (id uuid primary key, old integer, user_id uuid not null references fresh.users);
    create table fresh.before as select * from fresh.users;
    create view fresh.who as select l.id as old, u.* from legacy.app_user l join fresh.users u on u.email = l.email::citext and not u.sso;";

const ORDERS: &str = "/*---\nsource = \"orders\"\n---*/
select o.id as _key, migrate() as _outcome, o.id as old, legacy_uuid('user', o.user_id) as user_id from source.orders o";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_who_have_signed_up_meet_their_old_account() {
    for existing in ["update", "adopt"] {
        let database = Database::with(SIGNED_UP).await;
        let users = format!(
            "/*---\nsource = \"app_user\"\nentity = \"user\"\nexisting = \"{existing}\"\nmatch = [\"email\"]\n---*/
             select u.id as _key, migrate() as _outcome, u.email, u.nick from source.app_user u"
        );
        let profiles = format!(
            "/*---\nsource = \"app_user\"\nentity = \"user\"\nexisting = \"{existing}\"\n---*/
             select u.id as _key, case when a._key is null then reject('no_user') else migrate() end as _outcome, u.nick
             from source.app_user u left join migrated.users a on a._key = u.id"
        );
        // By name, orders run before users: what refers follows all the same.
        let flows = [("orders", ORDERS), ("profiles", profiles.as_str()), ("users", users.as_str())];
        for attempt in 0..2 {
            let done = migrate(&database, &flows).await.unwrap();
            assert!(done.failures.is_empty() && done.report.verified, "{existing} {attempt}: {:?}", done.failures);
            let flow = done.report.flows.iter().find(|flow| flow.flow == "users").unwrap();
            // Nine are met; 2 and 61 are one person; 62 is 30 again, whom the index holds.
            let wanted = if existing == "update" { (60, 9, 0, 3) } else { (51, 0, 9, 3) };
            assert_eq!((flow.migrated, flow.updated, flow.adopted, flow.rejected), wanted, "{existing} {attempt}");
        }
        let nick = if existing == "update" { "u.nick = l.nick" } else { "u.nick in (l.nick, 'own')" };
        for (what, sql) in [
            ("nobody's id changed", "select count(*)::text from fresh.before b full join (select * from fresh.users where signed_up) u using (id) where b.id is null or u.id is null".to_owned()),
            ("reasons", "select count(*)::text from rehome.quarantine where flow = 'users' and (legacy_key, reason) not in (('2', 'matched_twice'), ('61', 'matched_twice'), ('62', 'unique:users_email'))".to_owned()),
            ("accounts", format!("select count(*)::text from legacy.app_user l left join fresh.who u on u.old = l.id
                 where l.id not in (2, 61, 62, 63) and (u.id is null or not ({nick}))")),
            ("orders", "select count(*)::text from legacy.orders l left join fresh.orders o on o.old = l.id
                 left join fresh.users u on u.id = o.user_id left join legacy.app_user a on a.id = l.user_id
                 where l.user_id not in (2, 61, 62) and (u.id is null or u.email is distinct from a.email::citext)".to_owned()),
            ("orphans", "select abs(count(*) - (select count(*) from legacy.orders where user_id in (2, 61, 62)))::text
                 from rehome.quarantine where flow = 'orders' and cause_flow = 'users'".to_owned()),
            ("mappings", "select count(*)::text from fresh.who w left join public.migration_mappings m on m.entity_type = 'user' and m.legacy_id = w.old
                 where w.old not in (2, 61, 62) and m.entity_uuid is distinct from w.id".to_owned()),
        ] {
            assert_eq!(database.text(&sql).await, "0", "{existing}: {what}");
        }
    }
}

/// What cannot be a match is told before anything is written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_match_needs_a_unique_key_that_the_flow_gives() {
    let database = Database::with(SIGNED_UP).await;
    for (header, columns, told) in [
        ("existing = \"adopt\"\nmatch = \"nick\"", "u.email, u.nick", "no unique key"),
        ("existing = \"adopt\"\nmatch = \"email\"", "u.nick", "the flow does not give it"),
        ("match = \"email\"", "u.email", "nothing is to become of them"),
        ("existing = \"adopt\"\nid = \"given\"\nmatch = \"email\"", "u.email", "no UUID of ours"),
    ] {
        let users = format!(
            "/*---\nsource = \"app_user\"\nentity = \"user\"\n{header}\n---*/\nselect u.id as _key, migrate() as _outcome, {columns} from source.app_user u"
        );
        let error = match migrate(&database, &[("users", &users)]).await {
            Ok(_) => panic!("{header} went through"),
            Err(error) => error.to_string(),
        };
        assert!(error.contains(told), "{header}: {error}");
    }
    assert_eq!(database.text("select count(*)::text from fresh.users").await, "11");
}
