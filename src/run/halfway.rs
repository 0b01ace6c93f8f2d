//! Owns what the rules of now make of the snapshot before: where both have changed, it tells the rows that differ because of the
//! rules from those that differ because of the source. Must not know: what is done about either.

use std::collections::HashSet;

use tempfile::TempDir;

use super::remake::{self, Past};
use super::{Setting, spill};
use crate::compare::{Comparison, Counts, Side};
use crate::error::{Kind, Result};
use crate::load::Base;
use crate::outcomes::OutcomeStore;
use crate::pipeline::Pipeline;
use crate::report::Because;
use crate::storage::Location;

/// A place for outcomes that nobody will load. It goes with this.
pub struct Halfway {
    pipeline: Pipeline,
    setting: Setting,
    folder: TempDir,
}

impl Halfway {
    /// For the rules of a pipeline.
    ///
    /// # Errors
    /// What making a folder meets.
    pub fn new(pipeline: &Pipeline, setting: &Setting) -> Result<Self> {
        let folder = TempDir::new_in(spill::folder(&setting.workspace)?)?;
        Ok(Self { pipeline: pipeline.clone(), setting: setting.clone(), folder })
    }

    /// What differs of a flow because of the rules alone, where the source has changed too. None where that cannot be known:
    /// what it would be compared with is lost, or the rules ask for what the former snapshot does not have.
    ///
    /// # Errors
    /// [`Kind::Interrupted`]; [`Kind::Corrupt`] for stored outcomes that do not read.
    pub async fn by_rules(
        &self,
        because: Option<Because>,
        base: &Base,
        name: &str,
        past: &impl Past,
    ) -> Result<Option<Counts>> {
        let (Some(Because::Both), Base::Outcomes { run, store, flow, whole: true }) = (because, base) else {
            return Ok(None);
        };
        let halfway = OutcomeStore::open(&Location::folder(self.folder.path())?, &run.to_string());
        let made = match remake::under(past, *run, &self.pipeline, name, &halfway, &self.setting).await {
            Ok(made) => made,
            Err(error) if error.kind() == Kind::Interrupted => return Err(error),
            Err(error) => {
                log::info!("{name}: what the rules alone change is not known: {error}");
                None
            }
        };
        let Some(made) = made else { return Ok(None) };
        let before = Side { store, flow, absent: HashSet::new() };
        let after = Side { store: &halfway, flow: &made, absent: HashSet::new() };
        let Some(mut comparison) = Comparison::open(before, after).await? else { return Ok(None) };
        while comparison.next().await?.is_some() {
            self.setting.cancel.check()?;
        }
        Ok(Some(comparison.counts().clone()))
    }
}
