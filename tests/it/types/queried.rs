//! Owns the proof that `rehome query` prints every value of every type as PostgreSQL does.
//! Must not know: how it is printed.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use futures::TryStreamExt;

use super::campaign::{Campaign, seed, values_a_type};
use super::chosen;

/// The text of a query's rows as PostgreSQL's COPY writes it.
async fn copied(campaign: &Campaign<'_>, sql: &str) -> String {
    let copy = format!("copy ({sql}) to stdout (format csv, header)");
    let stream =
        campaign.database.session.copy_out(copy.as_str()).await.unwrap_or_else(|error| panic!("{error:?} {sql}"));
    let pieces: Vec<_> = stream.try_collect().await.unwrap();
    String::from_utf8(pieces.concat()).unwrap()
}

/// Money travels as the number that it is, and no server before 16 has a text for each "char".
fn value(ty: &str) -> &'static str {
    match ty {
        "money" => "v::numeric(19,2)",
        "money[]" => "v::numeric(19,2)[]",
        // Without its cast, an xml loses what it says of its encoding.
        "xml" => "v::text",
        "xml[]" => "v::text[]",
        _ => "v",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_value_is_printed_as_postgresql_prints_it() {
    let entries: Vec<_> =
        chosen().into_iter().filter(|entry| entry.expression.is_none() && !entry.name.ends_with("_odd")).collect();
    let (campaign, faults) = Campaign::new(&entries, values_a_type(60), seed()).await;
    assert_eq!(faults, Vec::<String>::new());
    let settings =
        "set timezone = 'UTC'; set datestyle = 'ISO'; set intervalstyle = 'postgres'; set extra_float_digits = 1";
    campaign.database.session.batch_execute(settings).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let program = || {
        let mut program = Command::new(env!("CARGO_BIN_EXE_rehome"));
        program.arg("--dir").arg(folder.path());
        program
    };
    let taken =
        program().args(["snapshot", "--source", &campaign.database.url, "--schemas", "legacy"]).output().unwrap();
    assert!(taken.status.success(), "{}", String::from_utf8_lossy(&taken.stderr));
    let (mut asked, mut expected) = (String::new(), BTreeMap::new());
    for entry in &entries {
        let (name, ty) = (&entry.name, &entry.ty);
        asked.extend(["select id, v as \"", name, "!\" from source.legacy.", name, " order by id;\n"]);
        let sql = format!("select id, {} as \"{name}!\" from legacy.{name} order by id", value(ty));
        expected.insert(name.clone(), copied(&campaign, &sql).await);
    }
    let mut child = program()
        .args(["query", "--as", "csv"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(asked.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    let mut rest = output.stdout.as_slice();
    let mut wrong = Vec::new();
    for entry in &entries {
        let wanted = expected[&entry.name].as_bytes();
        if let Some(after) = rest.strip_prefix(wanted) {
            rest = after;
            continue;
        }
        let next = b"\nid,";
        let end = rest.windows(next.len()).position(|piece| piece == next).map_or(rest.len(), |at| at + 1);
        let differs = rest.iter().zip(wanted).position(|(left, right)| left != right).unwrap_or(wanted.len());
        let around = |bytes: &[u8]| {
            let to = bytes.len().min(differs + 60);
            String::from_utf8_lossy(&bytes[differs.saturating_sub(60).min(to)..to]).into_owned()
        };
        wrong.push(format!("{}: {:?} instead of {:?}", entry.name, around(rest), around(wanted)));
        rest = &rest[end..];
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(rest.is_empty());
}
