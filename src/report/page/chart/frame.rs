//! Owns what charts with an axis to the left share: the marks of numbers, the names below, what a point says.
//! Must not know: what stands in the frame.

use super::drawing::{Drawing, Line, tenth, width_of};
use super::scale::Scale;
use super::series::Series;
use crate::report::words::grouped;

const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 200.0;
const TOP: f64 = 14.0;
const RIGHT: f64 = 8.0;
const BELOW: f64 = 24.0;
const BETWEEN: f64 = 6.0;

/// Room for a chart, with an axis.
pub struct Frame {
    pub scale: Scale,
    left: f64,
    slot: f64,
}

impl Frame {
    /// Draws the axis and the names.
    pub fn new(drawing: &mut Drawing, series: &Series, title: &str) -> Self {
        let scale = Scale::new(series.most(), HEIGHT - TOP - BELOW, 4, series.whole());
        let left = scale.marks().map(|(_, text)| width_of(&text)).fold(0.0, f64::max) + BETWEEN;
        #[expect(clippy::cast_precision_loss, reason = "a few names")]
        let slot = (WIDTH - left - RIGHT) / series.labels.len().max(1) as f64;
        (drawing.width, drawing.height, drawing.about) = (WIDTH, HEIGHT, title.to_owned());
        let frame = Self { scale, left, slot };
        for (height, text) in frame.scale.marks() {
            let y = tenth(HEIGHT - BELOW - height);
            drawing.lines.push(Line { x1: tenth(left), y1: y, x2: WIDTH - RIGHT, y2: y });
            drawing.words((left - BETWEEN, y + 3.5), "end", "mark", text);
        }
        frame.names(drawing, series);
        frame
    }

    /// As many names as there is room for.
    fn names(&self, drawing: &mut Drawing, series: &Series) {
        let widest = series.labels.iter().map(|label| width_of(label)).fold(0.0, f64::max);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few names")]
        let every = ((widest + BETWEEN) / self.slot).ceil().max(1.0) as usize;
        for (index, label) in series.labels.iter().enumerate().step_by(every) {
            drawing.words((self.middle(index), HEIGHT - BELOW + 15.0), "middle", "mark", label);
        }
    }

    /// The width that each row has.
    pub fn slot(&self) -> f64 {
        self.slot
    }

    /// The middle of a row.
    pub fn middle(&self, index: usize) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a few rows")]
        let index = index as f64;
        self.left + self.slot * (index + 0.5)
    }

    /// The height at which a number stands.
    pub fn y(&self, number: f64) -> f64 {
        HEIGHT - BELOW - self.scale.at(number)
    }
}

/// What a point of a series says when it is pointed at.
pub fn says(label: &str, name: &str, number: f64) -> String {
    format!("{label}, {name}: {}", grouped(&number.to_string()))
}
