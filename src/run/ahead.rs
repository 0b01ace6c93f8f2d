//! Owns who makes the outcomes of flows: this process when it comes to them, or workers ahead of it.
//! Must not know: how outcomes are made, or who the workers are.

use std::marker::PhantomData;

use crate::error::Result;

/// Flows that are made ahead of whoever goes through them in their order.
pub enum Ahead<'a> {
    /// None: they are made when it is their turn.
    Nothing(PhantomData<&'a ()>),
    #[cfg(feature = "cluster")]
    Workers(Box<super::far::Flows<'a>>),
}

impl Ahead<'_> {
    /// Waits until a flow can be taken: its outcomes are published, or this process is to make them.
    ///
    /// # Errors
    /// As [`crate::transform::Transform::run`].
    #[allow(clippy::unused_async, reason = "only workers are waited for")]
    pub async fn wait_for(&mut self, flow: &str) -> Result<()> {
        match self {
            Self::Nothing(_) => {
                let _ = flow;
                Ok(())
            }
            #[cfg(feature = "cluster")]
            Self::Workers(flows) => flows.made(flow).await,
        }
    }

    /// Hears that a flow's outcomes are published.
    pub fn has_made(&mut self, flow: &str) {
        match self {
            Self::Nothing(_) => {
                let _ = flow;
            }
            #[cfg(feature = "cluster")]
            Self::Workers(flows) => flows.has_made(flow),
        }
    }
}
