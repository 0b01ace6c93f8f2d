//! Owns the parts of one query on their way: rows are asked for when every worker has what it was to be given. A worker that is asked
//! for rows of a part which it does not have yet waits some seconds for it, and then fails; one that has much to do is given it late.
//! Must not know: what a part computes, or how it is sent.

use std::sync::Arc;

use datafusion::common::{DataFusionError, Result};
use datafusion_distributed::{RouteTasksEvent, RouteTasksEventResponse};
use tokio::sync::watch;

/// The parts of a query.
#[derive(Clone)]
pub struct Parts(Arc<watch::Sender<State>>);

#[derive(Default)]
struct State {
    /// How many there are.
    all: usize,
    /// How many have arrived.
    given: usize,
    /// Why one of them could not be given.
    failed: Option<Arc<DataFusionError>>,
}

impl Parts {
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(State::default())))
    }

    /// Hears that the parts of a stage are about to be given. To whom is left to the engine.
    pub fn planned(&self, stage: &RouteTasksEvent) -> Option<Result<RouteTasksEventResponse>> {
        self.0.send_modify(|state| state.all += stage.task_count);
        None
    }

    /// Hears that a part has arrived, or why it could not be given.
    pub fn given(&self, failed: Option<Arc<DataFusionError>>) {
        self.0.send_modify(|state| {
            state.given += 1;
            if state.failed.is_none() {
                state.failed = failed;
            }
        });
    }

    /// Waits until all have arrived.
    ///
    /// # Errors
    /// Why one of them could not be given.
    pub async fn all_given(&self) -> Result<()> {
        let mut seen = self.0.subscribe();
        let state = seen.wait_for(|state| state.failed.is_some() || state.given >= state.all).await;
        match state.ok().and_then(|state| state.failed.clone()) {
            Some(failed) => Err(DataFusionError::Shared(failed)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn is_waited_for(parts: &Parts) -> bool {
        tokio::time::timeout(Duration::from_millis(20), parts.all_given()).await.is_err()
    }

    #[tokio::test]
    async fn rows_are_asked_for_when_all_parts_have_arrived_or_one_cannot() {
        let parts = Parts::new();
        assert!(!is_waited_for(&parts).await);
        parts.0.send_modify(|state| state.all = 2);
        parts.given(None);
        assert!(is_waited_for(&parts).await);
        let (waiting, there) = (parts.clone(), parts.clone());
        let waits = tokio::spawn(async move { waiting.all_given().await });
        there.given(None);
        waits.await.unwrap().unwrap();

        parts.0.send_modify(|state| state.all = 9);
        parts.given(Some(Arc::new(DataFusionError::Execution("no way".to_owned()))));
        parts.given(Some(Arc::new(DataFusionError::Execution("another".to_owned()))));
        assert_eq!(parts.all_given().await.unwrap_err().find_root().strip_backtrace(), "Execution error: no way");
    }
}
