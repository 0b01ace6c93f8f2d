//! Owns what a check has to say of the workers that shall run the flows. Must not know: how they are asked.

use super::Asked;
use super::finding::{About, Finding, Severity};
use super::plans::Plans;
use crate::error::{Kind, Result};
use crate::run::{Machines, Setting, far};

/// Asks the workers that were named, where the flows could be planned here. Gives how many are ready.
///
/// # Errors
/// A place of outcomes that cannot be used.
pub async fn ready(
    asked: &Asked,
    plans: &Plans,
    findings: &mut Vec<Finding>,
    setting: &Setting,
) -> Result<Option<usize>> {
    let (Machines::Workers(cluster), Some(snapshot)) = (&asked.machines, &asked.snapshot) else { return Ok(None) };
    if !plans.errors.is_empty() {
        return Ok(None);
    }
    let said = far::readiness(cluster, &plans.pipeline, snapshot, setting).await?;
    let ready = said.iter().filter(|(_, said)| said.is_ok()).count();
    for (worker, said) in &said {
        let Err(error) = said else { continue };
        let finding = Finding::of(error, About::Workers);
        // A run goes on without one that is not there, as long as another is.
        let severity = if error.kind() == Kind::Retryable && ready > 0 { Severity::Warning } else { Severity::Error };
        let message = format!("the worker {worker} is not ready: {}", error.message());
        findings.push(Finding { severity, about: About::Workers, message, ..finding });
    }
    Ok(Some(ready))
}
