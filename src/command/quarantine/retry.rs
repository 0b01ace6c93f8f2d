//! Owns `rehome quarantine retry`: exports that were edited become rows that are given back. Must not know: how they are tried.

use std::path::{Path, PathBuf};

use super::edited::Edited;
use super::export::Form;
use super::manifest::Manifest;
use crate::error::{At, Error, Result};
use crate::pipeline::Pipeline;
use crate::run::Given;
use crate::snapshot::Edit;
use crate::storage::Location;

/// Reads edited exports: files, and all files of folders.
///
/// # Errors
/// [`crate::error::Kind::Config`] for what is no export of this pipeline, or holds what is no value of its column.
pub fn given(places: &[PathBuf], pipeline: &Pipeline) -> Result<Vec<Given>> {
    let mut all = Vec::new();
    for place in places {
        let files = if place.is_dir() { exports(place)? } else { vec![place.clone()] };
        if files.is_empty() {
            return Err(Error::config("the folder has no export").at(At::File, place.display().to_string()));
        }
        for file in files {
            all.push(of_file(&file, pipeline)?);
        }
    }
    Ok(all)
}

/// The exports of a folder, in the order of their names.
fn exports(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let file = entry?.path();
        if Form::of(&file).is_some() && Manifest::beside(&file).exists() {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

fn of_file(file: &Path, pipeline: &Pipeline) -> Result<Given> {
    let mut edited = Edited::open(file)?;
    let Manifest { flow, source, snapshot, .. } = edited.manifest.clone();
    if !pipeline.declared.contains(&flow) {
        return Err(Error::config(format!("the export is of the flow '{flow}', which this pipeline does not have"))
            .at(At::File, file.display().to_string()));
    }
    let mut rows = Vec::new();
    while let Some(batch) = edited.next_rows()? {
        rows.push(batch);
    }
    let edit = Edit { schema: source.schema, table: source.table, key: source.key, rows };
    Ok(Given { edit, from: Location::parse(&snapshot)? })
}
