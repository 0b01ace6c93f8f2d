//! Owns what it means that a worker does not answer, or answers with an error: which kind of ours that is, also where it passes
//! several machines, which leave of an error of ours only its text.
//! Must not know: what was asked. No cell value passes: of texts of others none is kept.

use datafusion::common::DataFusionError;
use tonic::{Code, Status};
use url::Url;

use crate::error::{At, Error, Kind};

/// Before the text of an error of ours on its way.
const MARK: &str = "rehome worker: ";
/// What a worker says that has waited for a plan in vain.
const NO_PLAN: &str = "timed-out while waiting for the plan";

/// What a worker says whose reading was broken off.
const BROKEN_OFF: &str = "JoinError: ";

/// In what OpenSSL says.
const OF_TLS: &str = "SSL routines";

/// What may happen to a worker.
const ALL: [(&str, Kind, &str); 5] = [
    ("a worker refuses the token", Kind::Auth, "give the coordinator and all workers the same token"),
    (
        "a worker is lost, or cannot be reached",
        Kind::Retryable,
        "start it again, or leave it out, and give the same command again; one with certificates answers nobody without",
    ),
    (
        "a worker does not understand what it is asked",
        Kind::Config,
        "let all machines run the same build of this program",
    ),
    // Rows are asked for when all have their parts: one that has not was started again, or has forgotten it.
    ("a worker does not have its part of a query any more", Kind::Retryable, "give the same command again"),
    (
        "a worker and this machine do not accept each other's certificates",
        Kind::Auth,
        "let the same authority sign all of them, for the hosts by which the workers are named, and look at their dates",
    ),
];
const REFUSED: usize = 0;
const LOST: usize = 1;
const STRANGE: usize = 2;
const FORGOTTEN: usize = 3;
const UNTRUSTED: usize = 4;

/// An error of a channel to a worker, in a form that passes other machines.
pub fn on_its_way(error: DataFusionError, worker: &Url) -> DataFusionError {
    let which = match error.find_root() {
        DataFusionError::External(inner) => match status(inner.as_ref()) {
            Some(status) => meaning(status),
            None => return error,
        },
        DataFusionError::Execution(text) if text.contains(NO_PLAN) => FORGOTTEN,
        // A process that ends breaks off what it reads before its connections.
        DataFusionError::ObjectStore(inner) if inner.to_string().contains(BROKEN_OFF) => LOST,
        _ => return error,
    };
    log::debug!("{}", error.strip_backtrace());
    DataFusionError::Execution(format!("{MARK}{which} {}", shown(worker)))
}

fn status<'a>(error: &'a (dyn std::error::Error + Send + Sync + 'static)) -> Option<&'a Status> {
    let mut at: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = at {
        if let Some(status) = error.downcast_ref::<Status>() {
            return Some(status);
        }
        at = error.source();
    }
    None
}

fn meaning(status: &Status) -> usize {
    match status.code() {
        Code::Unauthenticated | Code::PermissionDenied => REFUSED,
        Code::Unimplemented | Code::InvalidArgument => STRANGE,
        _ if is_untrusted(status) => UNTRUSTED,
        _ => LOST,
    }
}

/// Did no connection come about over certificates? What is left of that on its way is a text.
fn is_untrusted(status: &Status) -> bool {
    let mut at = std::error::Error::source(status);
    while let Some(error) = at {
        if error.to_string().contains(OF_TLS) {
            return true;
        }
        at = error.source();
    }
    false
}

/// The same where rows are wanted: an error of ours again. All others stay as they are.
pub fn arrived(error: DataFusionError) -> DataFusionError {
    let DataFusionError::Execution(text) = error.find_root() else { return error };
    let marked = text.strip_prefix(MARK).and_then(|rest| rest.split_once(' '));
    let known = marked.and_then(|(which, worker)| Some((ALL.get(which.parse::<usize>().ok()?)?, worker)));
    let Some((known, worker)) = known else { return error };
    DataFusionError::External(Box::new(told(known, worker)))
}

/// What a worker answers that was asked directly.
pub fn of(status: &Status, worker: &Url) -> Error {
    // A worker that takes no tasks is one for parts of plans alone.
    told(&ALL[meaning(status)], &shown(worker))
}

fn told((message, kind, hint): &(&str, Kind, &str), worker: &str) -> Error {
    Error::new(*kind, *message).at(At::Server, worker).hint(*hint)
}

/// Not the whole URL: somebody may have put a password into it.
pub fn shown(worker: &Url) -> String {
    format!("{}:{}", worker.host_str().unwrap_or_default(), worker.port().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_worker_is_one_behind_other_machines_too() {
        let worker = Url::parse("http://127.0.0.1:7400").unwrap();
        for (status, kind) in [
            (Status::unauthenticated(""), Kind::Auth),
            (Status::unavailable("tcp connect error"), Kind::Retryable),
            (Status::internal("h2 protocol error"), Kind::Retryable),
            (Status::unimplemented(""), Kind::Config),
        ] {
            let error = on_its_way(DataFusionError::External(Box::new(status)), &worker);
            // Of which a worker passes on the text.
            let DataFusionError::Execution(text) = error else { panic!("{error}") };
            let error = arrived(DataFusionError::Shared(DataFusionError::Execution(text).into()));
            let DataFusionError::External(inner) = &error else { panic!("{error}") };
            let ours = inner.downcast_ref::<Error>().unwrap();
            assert_eq!(ours.kind(), kind);
            assert_eq!(ours.places(), [(At::Server, "127.0.0.1:7400".to_owned())]);
        }
    }

    #[test]
    fn memory_that_runs_out_on_a_worker_stays_what_it_is() {
        let worker = Url::parse("http://127.0.0.1:7400").unwrap();
        let error = arrived(on_its_way(DataFusionError::ResourcesExhausted("a sort".into()), &worker));
        assert!(matches!(error, DataFusionError::ResourcesExhausted(_)));
    }
}
