//! Owns the spans that wait to be sent: so many and no more, so that a collector that is away costs neither time nor much memory.
//! Must not know: what they hold, or how they are sent.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::message::Span;

/// Spans that wait at the most, some 300 bytes each.
const MOST: usize = 16_384;
/// The last places are for what others are within: runs, phases and flows end last.
const STEPS: usize = MOST - 2_048;
/// Spans of a request.
const AT_ONCE: usize = 512;

/// Clones share it.
#[derive(Clone, Default)]
pub struct Queue(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
struct State {
    waiting: VecDeque<Span>,
    lost: u64,
    /// By when all is to be sent, once nothing more comes.
    until: Option<Instant>,
}

impl Queue {
    /// Takes a span; where there is no room, it is lost.
    pub fn push(&self, span: Span) {
        let (state, awake) = &*self.0;
        let mut state = lock(state);
        let is_frame = !span.name.contains('.') || matches!(span.name.as_str(), "transform.flow" | "load.flow");
        if state.waiting.len() >= if is_frame { MOST } else { STEPS } {
            state.lost += 1;
            return;
        }
        state.waiting.push_back(span);
        if state.waiting.len() >= AT_ONCE {
            awake.notify_one();
        }
    }

    /// The spans to be sent next: enough for a request, or those of a while. None when it has ended.
    pub fn next(&self, patience: Duration) -> Option<Vec<Span>> {
        let (state, awake) = &*self.0;
        let (mut state, _) = awake
            .wait_timeout_while(lock(state), patience, |state| state.waiting.len() < AT_ONCE && state.until.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        let most = state.waiting.len().min(AT_ONCE);
        let next: Vec<Span> = state.waiting.drain(..most).collect();
        if next.is_empty() && state.until.is_some() { None } else { Some(next) }
    }

    /// Takes back what could not be sent.
    pub fn back(&self, spans: Vec<Span>) {
        let mut state = lock(&self.0.0);
        for span in spans.into_iter().rev() {
            state.waiting.push_front(span);
        }
    }

    /// Waits, or until it ends.
    pub fn pause(&self, time: Duration) {
        let (state, awake) = &*self.0;
        let _ended = awake.wait_timeout_while(lock(state), time, |state| state.until.is_none());
    }

    /// Nothing more comes, and what is here is to be sent by then.
    pub fn end(&self, until: Instant) {
        let (state, awake) = &*self.0;
        lock(state).until = Some(until);
        awake.notify_all();
    }

    /// By when all is to be sent, if nothing more comes.
    pub fn until(&self) -> Option<Instant> {
        lock(&self.0.0).until
    }

    /// Counts spans as lost.
    pub fn lose(&self, spans: u64) {
        lock(&self.0.0).lost += spans;
    }

    /// Spans that were lost, and those that are still here.
    pub fn lost(&self) -> u64 {
        let state = lock(&self.0.0);
        state.lost + state.waiting.len() as u64
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(name: &str) -> Span {
        Span { name: name.to_owned(), ..Span::default() }
    }

    #[test]
    fn no_more_wait_than_there_is_room_for() {
        let queue = Queue::default();
        for _ in 0..MOST {
            queue.push(span("load.chunk"));
        }
        queue.push(span("load.flow"));
        assert_eq!(lock(&queue.0.0).waiting.len(), STEPS + 1);
        assert_eq!(queue.lost(), MOST as u64 + 1);
        let first = queue.next(Duration::ZERO).unwrap();
        assert_eq!(first.len(), AT_ONCE);
        queue.back(first);
        assert_eq!(lock(&queue.0.0).waiting.len(), STEPS + 1);
    }

    #[test]
    fn what_is_here_is_given_before_the_end() {
        let queue = Queue::default();
        queue.push(span("run"));
        assert_eq!(queue.next(Duration::ZERO).unwrap().len(), 1);
        assert_eq!(queue.next(Duration::ZERO).unwrap().len(), 0);
        queue.push(span("run"));
        queue.end(Instant::now());
        assert_eq!(queue.next(Duration::from_mins(1)).unwrap().len(), 1);
        assert!(queue.next(Duration::from_mins(1)).is_none());
    }
}
