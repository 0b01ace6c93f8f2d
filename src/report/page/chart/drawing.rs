//! Owns what a chart is made of: rectangles, lines, words. Templates turn it into SVG, and escape what it says.
//! Must not know: what it shows.

use serde::Serialize;

/// A picture, in units that are pixels where nothing scales it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Drawing {
    pub width: f64,
    pub height: f64,
    /// What it shows, for those who cannot see it.
    pub about: String,
    /// From back to front.
    pub lines: Vec<Line>,
    pub boxes: Vec<Box>,
    pub paths: Vec<Path>,
    pub dots: Vec<Dot>,
    pub words: Vec<Words>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Line {
    pub x1: f64,
    pub y1: f64,
    pub x2: f64,
    pub y2: f64,
}

/// A filled rectangle, and what it says when it is pointed at.
#[derive(Debug, Clone, Serialize)]
pub struct Box {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    pub class: String,
    pub says: String,
}

/// A line that is not straight, as SVG writes it.
#[derive(Debug, Clone, Serialize)]
pub struct Path {
    pub way: String,
    pub class: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Dot {
    pub x: f64,
    pub y: f64,
    pub class: String,
    pub says: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Words {
    pub x: f64,
    pub y: f64,
    /// `start`, `middle` or `end`.
    pub anchor: &'static str,
    pub class: &'static str,
    pub text: String,
}

impl Drawing {
    /// Puts words down.
    pub fn words(&mut self, (x, y): (f64, f64), anchor: &'static str, class: &'static str, text: impl Into<String>) {
        self.words.push(Words { x: tenth(x), y: tenth(y), anchor, class, text: text.into() });
    }
}

/// As exact as a screen is.
#[must_use]
pub fn tenth(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

/// The width of a small text, roughly: letters of 11 pixels' height.
#[must_use]
pub fn width_of(text: &str) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a short text")]
    let letters = text.chars().count() as f64;
    letters * 7.0
}

/// A text that fits into a width; what is cut is shown by an ellipsis.
#[must_use]
pub fn fitting(text: &str, width: f64) -> String {
    if width_of(text) <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    for letter in text.chars() {
        if width_of(&short) + 2.0 * width_of("…") > width {
            break;
        }
        short.push(letter);
    }
    short + "…"
}
