//! Owns what matters of a source and a target together. Must not know: what matters of one of them alone.

use super::findings::{Findings, fix, size};
use super::look::Look;
use crate::error::Result;

const EXTENSIONS: &str = include_str!("../../sql/control/doctor/extensions.sql");
const DATA_DIRECTORY: &str = include_str!("../../sql/control/doctor/data_directory.sql");

pub(super) async fn examine(source: &Look, target: &Look, found: &mut Findings) {
    let [from, to] = [&source.server, &target.server];
    let shown = format!("from PostgreSQL {} to {}", from.version, to.version);
    if to.number / 10_000 < from.number / 10_000 {
        let told = format!("{shown}: types and defaults that only the newer one has cannot be in the target");
        found.note("versions", told, Vec::new());
    } else {
        found.ok("versions", shown);
    }
    if from.collation == to.collation {
        found.ok("collation", format!("both {}", from.collation));
    } else {
        let told = format!(
            "{} there and {} here: queries that sort texts give another order in the target; rehome goes by bytes",
            from.collation, to.collation
        );
        found.note("collation", told, Vec::new());
    }
    let extensions = missing(source, target).await;
    if let Some(missing) = found.seen("extensions", extensions)
        && !missing.is_empty()
    {
        let create =
            missing.iter().map(|name| fix("create_extension", &[("name", &crate::server::sql::quote_ident(name))]));
        let told = format!(
            "the source has types of {}, which the target does not have; its columns may not need them",
            missing.join(", ")
        );
        found.note("extensions", told, create.collect());
    }
    disk(source, target, found).await;
}

/// Extensions with types of their own that only the source has.
async fn missing(source: &Look, target: &Look) -> Result<Vec<String>> {
    let names = async |look: &Look| -> Result<Vec<(String, bool)>> {
        let rows = look.ask(EXTENSIONS, &[]).await?;
        rows.iter().map(|row| Ok((row.try_get("name")?, row.try_get("has_types")?))).collect()
    };
    let there = names(target).await?;
    let of_source = names(source).await?.into_iter().filter(|(_, has_types)| *has_types).map(|(name, _)| name);
    Ok(of_source.filter(|name| !there.iter().any(|(known, _)| known == name)).collect())
}

/// What the target will need, and, where the server is this machine and says where its files are, what is free there.
async fn disk(source: &Look, target: &Look, found: &mut Findings) {
    let needed = source.server.size;
    let told =
        format!("the target will need about as much as the source takes ({}), and room for its log", size(needed));
    let rows =
        if target.address.is_nearby() { target.ask(DATA_DIRECTORY, &[]).await.unwrap_or_default() } else { Vec::new() };
    let folder: Option<String> = rows.first().and_then(|row| row.try_get("folder").ok());
    let free = folder.and_then(|folder| super::room::free(std::path::Path::new(&folder)));
    match free {
        Some(free) if free < needed => found.warn(
            "disk",
            format!("{told}; {} are free there", size(free)),
            vec!["give the server's disk more room first".to_owned()],
        ),
        Some(free) => found.ok("disk", format!("{told}; {} are free there", size(free))),
        None => found.note("disk", format!("{told}; PostgreSQL does not tell what is free"), Vec::new()),
    }
}
