//! Owns in which order jobs are done, so many at a time: the first that is ready goes first. Must not know: what a job
//! does.

use std::sync::{Condvar, Mutex};

/// One job of a chain. It waits for those of its chain with a lower stage, not for those of the same. It is told the
/// number of the worker that does it.
pub struct Job<'a> {
    pub chain: usize,
    pub stage: usize,
    pub does: Box<dyn Fn(usize) -> Result<(), String> + Send + Sync + 'a>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Running,
    Done,
}

struct Board {
    states: Vec<State>,
    failed: Option<String>,
}

/// Does all of them, unless one fails.
pub fn work_off(jobs: &[Job<'_>], at_once: usize) -> Result<(), String> {
    let board = Mutex::new(Board { states: vec![State::Waiting; jobs.len()], failed: None });
    let changed = Condvar::new();
    std::thread::scope(|scope| {
        for worker in 0..at_once {
            let (board, changed) = (&board, &changed);
            scope.spawn(move || {
                while let Some(at) = take(jobs, board, changed) {
                    let done = (jobs[at].does)(worker);
                    let mut board = board.lock().expect("no panic");
                    board.states[at] = State::Done;
                    board.failed = board.failed.take().or(done.err());
                    changed.notify_all();
                }
            });
        }
    });
    board.into_inner().expect("no panic").failed.map_or(Ok(()), Err)
}

/// The next job that is ready, waited for; none when there is nothing left to do.
fn take(jobs: &[Job<'_>], board: &Mutex<Board>, changed: &Condvar) -> Option<usize> {
    let mut board = board.lock().expect("no panic");
    loop {
        if board.failed.is_some() || !board.states.contains(&State::Waiting) {
            return None;
        }
        if let Some(at) = (0..jobs.len()).find(|at| board.states[*at] == State::Waiting && is_ready(jobs, &board, *at))
        {
            board.states[at] = State::Running;
            return Some(at);
        }
        board = changed.wait(board).expect("no panic");
    }
}

fn is_ready(jobs: &[Job<'_>], board: &Board, at: usize) -> bool {
    let job = &jobs[at];
    jobs.iter()
        .zip(&board.states)
        .all(|(other, state)| other.chain != job.chain || other.stage >= job.stage || *state == State::Done)
}
