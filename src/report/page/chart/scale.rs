//! Owns scales: where a number lies on a line, and which round numbers mark it. Must not know: what is drawn.

use crate::report::words::grouped;

/// Numbers from 0 to at least `most` on a line from 0 to `length`.
#[derive(Debug, Clone)]
pub struct Scale {
    step: f64,
    steps: u32,
    length: f64,
}

impl Scale {
    /// Marked by about `marks` round numbers: 1, 2 or 5 and their tenfolds apart. Whole numbers have whole marks.
    #[must_use]
    pub fn new(most: f64, length: f64, marks: u32, whole: bool) -> Self {
        let most = if most.is_finite() && most > 0.0 { most } else { 1.0 };
        let rough = most / f64::from(marks.max(1));
        let power = 10_f64.powf(rough.log10().floor());
        let round = [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power);
        let step = round.into_iter().find(|step| *step >= rough * 0.999_999).unwrap_or(10.0 * power);
        let step = if whole { step.max(1.0) } else { step };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few steps")]
        let steps = (most / step - 1e-9).ceil().max(1.0) as u32;
        Self { step, steps, length }
    }

    /// Where a number lies.
    #[must_use]
    pub fn at(&self, number: f64) -> f64 {
        (number / (self.step * f64::from(self.steps)) * self.length).clamp(0.0, self.length)
    }

    /// Each mark: where it lies, and its number.
    pub fn marks(&self) -> impl Iterator<Item = (f64, String)> {
        (0..=self.steps).map(|index| {
            let number = self.step * f64::from(index);
            (self.at(number), self.text(number))
        })
    }

    fn text(&self, number: f64) -> String {
        let most = self.step * f64::from(self.steps);
        let (divisor, unit) = match () {
            () if most >= 2e6 => (1e6, " M"),
            () if most >= 2e4 => (1e3, " k"),
            () => (1.0, ""),
        };
        let step = self.step / divisor;
        let digits = if step >= 1.0 { 0 } else { usize::from(step < 0.1) + 1 };
        let text = grouped(&format!("{:.digits$}", number / divisor));
        if number == 0.0 { "0".to_owned() } else { text + unit }
    }
}

#[cfg(test)]
mod tests {
    use super::Scale;

    fn marks(most: f64, whole: bool) -> Vec<String> {
        Scale::new(most, 100.0, 4, whole).marks().map(|(_, text)| text).collect()
    }

    #[test]
    fn marks_are_round_and_reach_beyond_the_most() {
        assert_eq!(marks(1_568.0, true), ["0", "500", "1,000", "1,500", "2,000"]);
        assert_eq!(marks(2_086_573.0, true), ["0", "1 M", "2 M", "3 M"]);
        assert_eq!(marks(98.4, false), ["0", "50", "100"]);
        assert_eq!(marks(45_000.0, true), ["0", "20 k", "40 k", "60 k"]);
        assert_eq!(marks(3.0, true), ["0", "1", "2", "3"]);
        assert_eq!(marks(0.3, false), ["0", "0.1", "0.2", "0.3"]);
    }

    #[test]
    fn nothing_has_a_scale_too() {
        assert_eq!(marks(0.0, true), ["0", "1"]);
        assert_eq!(marks(f64::NAN, true), ["0", "1"]);
    }

    #[test]
    fn numbers_lie_in_proportion_and_never_outside() {
        let scale = Scale::new(80.0, 200.0, 4, true);
        assert!((scale.at(40.0) - 100.0).abs() < 1e-9);
        assert_eq!((scale.at(-1.0), scale.at(1e9)), (0.0, 200.0));
    }
}
