//! Owns the proof of what `rehome serve` promises, in a real browser: figures are those of the reports' JSON, each page can be read and
//! reached by keyboard at any width, nothing is complained of, and no value is shown unasked.

mod far;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::cluster::Database;
use crate::support::{Home, rehome};

const SOURCE: &str = "
create schema legacy;
create table legacy.people (id int primary key, name text, boss int);
insert into legacy.people select g, case when g % 9 <> 0 then 'cell-canary ' || g end, g / 2 from generate_series(1, 400) g;
create table legacy.notes (code text primary key, person int, body text);
insert into legacy.notes select 'n/' || g || ' & ü', g, 'cell-canary note ' || g from generate_series(1, 450) g;
create schema fresh;
create table fresh.people (id uuid primary key, name text not null check (name <> 'cell-canary 55'));
create table fresh.notes (id uuid primary key, person_id uuid not null references fresh.people, body text);";

const PEOPLE: &str = "/*--- source = \"people\"
[remedies]
nameless = \"Give them a name.\" ---*/
select p.id as _key, case when p.name is null then reject('nameless') else migrate() end as _outcome, p.name from source.people p";

const NOTES: &str = "/*--- source = \"notes\"
key = \"code\" ---*/
select n.code as _key, case when p._key is null then reject('no_person', 'people', n.person) else migrate() end as _outcome,
    legacy_uuid('people', n.person) as person_id, n.body
from source.notes n left join migrated.people p on p._key = n.person";

struct Scene {
    home: Home,
    database: Database,
    runs: [String; 2],
}

impl Scene {
    /// Two rehearsals: the second one finds more.
    async fn new() -> Self {
        let (home, database) = (Home::new(), Database::with(SOURCE).await);
        let flows = [("people", PEOPLE), ("notes", NOTES)];
        let first = home.migrate(&database, database.address(), "", &flows).await.unwrap();
        database.run("update legacy.people set name = null where id in (100, 200); delete from legacy.notes where person = 3").await;
        let second = home.migrate(&database, database.address(), "", &flows).await.unwrap();
        let runs = [first.report.run, second.report.run];
        assert_ne!(runs[0], runs[1]);
        Self { home, database, runs }
    }

    fn serve(&self, more: &[&str]) -> Served {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rehome"));
        command.arg("--dir").arg(self.home.setting().workspace).args(["serve", "--listen", "127.0.0.1:0"]).args(more);
        Served::start(command)
    }

    fn report(&self, run: &str) -> Value {
        rehome(&self.home.setting().workspace, &["report", run])
    }
}

/// The program, serving.
struct Served {
    child: Child,
    url: String,
}

impl Served {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).stdin(Stdio::null()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { child, url: url.trim().to_owned() }
    }

    fn address(&self) -> &str {
        self.url.trim_start_matches("http://").split('/').next().unwrap()
    }

    fn get(&self, path: &str) -> Got {
        self.get_with(path, &format!("Host: {}\r\n", self.address()))
    }

    fn get_with(&self, path: &str, headers: &str) -> Got {
        let port = self.address().rsplit_once(':').unwrap().1;
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        stream.write_all(format!("GET {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n").as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let at = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(bytes[..at].to_vec()).unwrap();
        Got { status: head.split(' ').nth(1).unwrap().parse().unwrap(), head, body: bytes[at + 4..].to_vec() }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Got {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Got {
    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

fn links(page: &str) -> BTreeSet<String> {
    let unescaped = |text: &str| text.replace("&#x2f;", "/").replace("&amp;", "&").replace("&#x27;", "'");
    page.split("href=\"").skip(1).map(|rest| unescaped(rest.split('"').next().unwrap())).collect()
}

/// All pages that can be reached, by their paths; a page of each sort of row is enough.
fn all(served: &Served) -> BTreeMap<String, Vec<u8>> {
    let mut pages = BTreeMap::new();
    let mut open = vec!["/".to_owned()];
    let mut rows = 0;
    while let Some(path) = open.pop() {
        if pages.contains_key(&path) || path.starts_with('#') || path.starts_with("data:") {
            continue;
        }
        if path.contains("/row?") {
            rows += 1;
            if rows > 25 {
                continue;
            }
        }
        let got = served.get(&path);
        assert_eq!(got.status, 200, "{path}: {}", String::from_utf8_lossy(&got.body));
        if got.head.contains("text/html") && !path.ends_with("/report") {
            open.extend(links(&got.text()).into_iter().filter(|link| link.starts_with('/')));
        }
        pages.insert(path, got.body);
    }
    pages
}

#[tokio::test(flavor = "multi_thread")]
async fn no_value_is_shown_unless_it_is_asked_for() {
    let scene = Scene::new().await;
    let served = scene.serve(&["--target", &scene.database.url]);
    let pages = all(&served);
    for sort in ["/report", "/report.json", "/evidence.zip", "/rejects?", "/row?"] {
        assert!(pages.keys().any(|path| path.contains(sort)), "{sort}: {:?}", pages.keys());
    }
    for (path, page) in &pages {
        let text = String::from_utf8_lossy(page);
        assert!(!text.contains("cell-canary"), "{path}");
        assert!(path.contains("/report") || path.contains(".zip") || !text.contains("<script"), "{path}");
    }
    let [_, run] = &scene.runs;
    let bundle = served.get(&format!("/runs/{run}/evidence.zip"));
    assert!(bundle.head.contains(&format!("filename=\"{run}.zip\"")));
    let out = scene.home.folder.path().join("own.zip");
    let made = rehome(
        &scene.home.setting().workspace,
        &["evidence", run, "-o", out.to_str().unwrap(), "--target", &scene.database.url],
    );
    assert_eq!(made["sha256"], rehome::storage::sha256(&bundle.body));
    let served = scene.serve(&["--values"]);
    let story = served.get(&format!("/runs/{run}/row?flow=people&key=7")).text();
    assert!(story.contains("cell-canary 7"), "{story}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_may_look_is_answered() {
    let scene = Scene::new().await;
    let served = scene.serve(&[]);
    assert_eq!(served.get("/").status, 200);
    assert_eq!(served.get_with("/", "Host: rebound.example\r\n").status, 403);
    for (path, status) in [
        ("/nowhere", 404),
        ("/runs/ffff", 404),
        ("/runs/../../etc/passwd", 404),
        ("/compare", 404),
        ("/runs/latest", 200),
    ] {
        assert_eq!(served.get(path).status, status, "{path}");
    }
    let run = &scene.runs[1];
    for path in ["rejects?flow=nobody&reason=x", "row?flow=people&key=99999", "row?flow=%3Cb%3E&key=%27"] {
        let got = served.get(&format!("/runs/{run}/{path}"));
        assert!(got.status == 404 && !got.text().contains("<b>"), "{path}");
    }
    let policy = served.get("/").head;
    assert!(policy.contains("content-security-policy: default-src 'none'") && policy.contains("no-store"), "{policy}");

    let mut command = Command::new(env!("CARGO_BIN_EXE_rehome"));
    command.arg("--dir").arg(scene.home.setting().workspace).args(["serve", "--listen", "0.0.0.0:0"]);
    let served = Served::start(command);
    let token = served.url.split_once("?token=").unwrap().1.to_owned();
    assert_eq!(token.len(), 32);
    assert_eq!(served.get("/").status, 401);
    assert_eq!(served.get(&format!("/runs/{run}/evidence.zip?token=wrong")).status, 401);
    let let_in = served.get(&format!("/?token={token}"));
    assert!(let_in.status == 303 && let_in.head.contains("location: /\r\n"), "{}", let_in.head);
    assert!(let_in.head.contains("HttpOnly; SameSite=Strict"));
    assert_eq!(served.get_with("/", &format!("Host: x\r\nCookie: a=b; rehome={token}\r\n")).status, 200);
    assert_eq!(served.get_with("/", &format!("Host: x\r\nAuthorization: Bearer {token}\r\n")).status, 200);
    let mut weak = Command::new(env!("CARGO_BIN_EXE_rehome"));
    weak.args(["serve", "--listen", "127.0.0.1:0"]).env("REHOME_SERVE_TOKEN", "short");
    assert_eq!(weak.output().unwrap().status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_at_work_is_shown_as_far_as_it_is() {
    let scene = Scene::new().await;
    let served = scene.serve(&["--target", &scene.database.url]);
    assert!(!served.get("/").text().contains("At work"));
    scene.database.run("update rehome.runs set state = 'running', finished_at = null where number = (select max(number) from rehome.runs)").await;
    let page = served.get("/").text();
    assert!(page.contains("At work") && page.contains("http-equiv=\"refresh\" content=\"5\""));
    let rows = scene
        .database
        .text(
            "select coalesce(sum(c.rows), 0)::text from rehome.chunks c join rehome.runs r using (run_id)
        where r.state = 'running' and c.flow = 'people'",
        )
        .await;
    let run = &scene.runs[1];
    assert!(page.contains(&format!("data-figure=\"work.{run}.people\" data-value=\"{rows}\"")), "{rows}");
    // A target that is away says so, and the rest is there.
    let away = scene.serve(&["--target", "postgres://nobody@127.0.0.1:1/none"]);
    let page = away.get("/").text();
    assert!(page.contains("The target tells nothing") && page.contains("2 runs have ended"));
}

/// The figures of the page that is open, by name.
fn figures(browser: &mut Browser) -> BTreeMap<String, u64> {
    let found = browser.evaluate(
        "[...document.querySelectorAll('[data-figure]')].map(e => [e.dataset.figure, e.dataset.value, e.textContent])",
    );
    let mut figures = BTreeMap::new();
    for figure in found.as_array().unwrap() {
        let (value, read) = (figure[1].as_str().unwrap(), figure[2].as_str().unwrap());
        assert_eq!(read.replace(',', "").trim(), value, "{figure}");
        figures.insert(figure[0].as_str().unwrap().to_owned(), value.parse().unwrap());
    }
    figures
}

/// It fits, can be read, and complains of nothing, by day and by night.
fn looks_right(browser: &mut Browser, path: &str) {
    for width in [390, 1440] {
        for scheme in ["light", "dark"] {
            browser.look(width, scheme, "screen");
            let wrong = browser.evaluate(include_str!("page/look.js"));
            assert_eq!(wrong, json!([]), "{path} {width} {scheme}: {wrong:#}");
        }
    }
    for method in ["Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"] {
        assert_eq!(browser.told(method).collect::<Vec<_>>(), Vec::<&Value>::new(), "{path} {method}");
    }
}

/// Everything that can be pressed is reached by the key, in the order of the page, and is seen to be.
fn by_keyboard(browser: &mut Browser, path: &str) {
    let wanted = browser
        .evaluate("document.querySelectorAll('a[href], select, button, summary, .scroll').length")
        .as_u64()
        .unwrap();
    browser.evaluate("document.activeElement.blur()");
    let mut reached = BTreeSet::new();
    for _ in 0..=wanted.min(60) {
        for sort in ["rawKeyDown", "keyUp"] {
            let key = json!({ "type": sort, "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9 });
            browser.ask("Input.dispatchKeyEvent", key);
        }
        let at = browser.evaluate(
            "(() => { const e = document.activeElement; const all = [...document.querySelectorAll('*')];
              return [all.indexOf(e), getComputedStyle(e).outlineStyle, e.tagName]; })()",
        );
        if at[2] != "BODY" {
            assert_ne!(at[1], "none", "{path}: {at}");
            reached.insert(at[0].as_u64().unwrap());
        }
    }
    assert!(reached.len() as u64 >= wanted.min(60), "{path}: {} of {wanted}", reached.len());
}

fn sum(report: &Value, of: &[&str]) -> u64 {
    let flows = report["flows"].as_array().unwrap().iter();
    flows.map(|flow| of.iter().map(|name| flow[*name].as_u64().unwrap()).sum::<u64>()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_say_what_the_json_says_and_can_be_used() {
    let scene = Scene::new().await;
    let served = scene.serve(&["--target", &scene.database.url]);
    let reports = scene.runs.clone().map(|run| scene.report(&run));
    let runs = scene.runs.clone();
    tokio::task::spawn_blocking(move || {
        let mut browser = Browser::start();
        let mut seen = |path: &str| {
            browser.open_url(&format!("http://{}{path}", served.address()));
            looks_right(&mut browser, path);
            by_keyboard(&mut browser, path);
            figures(&mut browser)
        };
        let list = seen("/");
        for (run, report) in runs.iter().zip(&reports) {
            assert_eq!(list[&format!("{run}.source_rows")], sum(report, &["source_rows"]));
            assert_eq!(list[&format!("{run}.in_target")], sum(report, &["migrated", "adopted"]));
            assert_eq!(list[&format!("{run}.rejected")], sum(report, &["rejected"]));
            let one = seen(&format!("/runs/{run}"));
            assert_eq!(one[&format!("{run}.rejected")], sum(report, &["rejected"]));
            let mut reasons = 0;
            for flow in report["flows"].as_array().unwrap() {
                let name = flow["flow"].as_str().unwrap();
                for (reason, rows) in flow["reasons"].as_object().unwrap().iter().filter(|(_, rows)| **rows != 0) {
                    assert_eq!(json!(one[&format!("reason.{name}.{reason}")]), *rows);
                    let listed = seen(&format!("/runs/{run}/rejects?flow={name}&reason={reason}"));
                    assert_eq!(json!(listed["rows"]), *rows, "{name} {reason}");
                    reasons += 1;
                }
            }
            assert_eq!(one.keys().filter(|name| name.starts_with("reason.")).count(), reasons);
        }
        let both = seen(&format!("/compare?before={}&after={}", runs[0], runs[1]));
        for (side, report) in ["before", "after"].into_iter().zip(&reports) {
            for flow in report["flows"].as_array().unwrap() {
                let name = flow["flow"].as_str().unwrap();
                for outcome in ["source_rows", "migrated", "adopted", "rejected", "skipped", "elsewhere"] {
                    assert_eq!(
                        json!(both[&format!("{name}.{outcome}.{side}")]),
                        flow[outcome],
                        "{name} {outcome} {side}"
                    );
                }
                for (reason, rows) in flow["reasons"].as_object().unwrap().iter().filter(|(_, rows)| **rows != 0) {
                    assert_eq!(json!(both[&format!("reason.{name}.{reason}.{side}")]), *rows);
                }
            }
        }
        // From a reason to its row, from there to the row that is the cause, and no script on the way.
        browser.ask("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
        let run = &runs[1];
        browser.open_url(&format!("http://{}/runs/{run}/rejects?flow=notes&reason=no_person", served.address()));
        let row = "/row?flow=notes&key=n%2F100+%26+%C3%BC";
        let page = served.get(&format!("/runs/{run}{row}")).text();
        assert!(page.contains("rejected: no_person") && page.contains("nameless"), "{page}");
        assert!(links(&page).contains(&format!("/runs/{run}/row?flow=people&key=100")), "{:?}", links(&page));
        browser.ask("Emulation.setScriptExecutionDisabled", json!({ "value": false }));
        browser.open_url(&format!("http://{}/runs/{run}{row}", served.address()));
        looks_right(&mut browser, row);
        by_keyboard(&mut browser, row);
    })
    .await
    .unwrap();
}
