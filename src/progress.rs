//! Owns how a stage says how far it is. Must not know: terminals, bars or time.

/// Hears about progress; called from several threads. Rows are counts, never contents.
pub trait Sink: Send + Sync {
    /// `item` of `stage` has begun; `rows` is what is expected, where it is known (it may be an estimate).
    fn start(&self, stage: &str, item: &str, rows: Option<u64>);
    /// `rows` more rows of `item` are done.
    fn advance(&self, item: &str, rows: u64);
    /// `item` is done.
    fn finish(&self, item: &str);
    /// Something has passed, such as a lost connection, and is tried again.
    fn retry(&self) {}
}

/// Hears and says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Sink for Silent {
    fn start(&self, _stage: &str, _item: &str, _rows: Option<u64>) {}
    fn advance(&self, _item: &str, _rows: u64) {}
    fn finish(&self, _item: &str) {}
}
