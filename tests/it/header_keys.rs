//! Owns the table of a flow's header in `docs/flows.md`: written from the program, and complete by what it accepts.
//! Must not know: what the keys do. `REHOME_UPDATE=1` writes the table anew.

use rehome::flow::HEADER_KEYS;

use crate::support::{pipeline_of, repository};

const BEGIN: &str = "<!-- keys -->\n";
const END: &str = "<!-- /keys -->";

#[test]
fn the_page_has_every_key_of_a_header() {
    let rows = HEADER_KEYS.map(|(name, default, meaning)| format!("| `{name}` | {default} | {meaning} |\n"));
    let table = format!("| key | default | meaning |\n|---|---|---|\n{}", rows.concat());
    let file = repository("docs/flows.md");
    let page = std::fs::read_to_string(&file).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    if std::env::var_os("REHOME_UPDATE").is_some() {
        std::fs::write(&file, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(found, table, "REHOME_UPDATE=1 writes it anew");
}

#[test]
fn no_key_is_accepted_that_the_page_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let error = pipeline_of(folder.path(), &[("a", "/*---\nno_such_key = 1\n---*/\nselect 1")]).unwrap_err();
    let (_, expected) = error.message().split_once("expected one of ").unwrap();
    let mut accepted: Vec<&str> = expected.split(", ").map(|name| name.trim_matches(['`', ' '])).collect();
    let mut told: Vec<&str> = HEADER_KEYS.iter().map(|(name, ..)| *name).collect();
    accepted.sort_unstable();
    told.sort_unstable();
    assert_eq!(accepted, told);
}
