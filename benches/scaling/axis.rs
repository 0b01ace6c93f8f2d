//! Owns the arithmetic of an axis: where a value lies on it, and where it is marked. Must not know: what is drawn.

/// From where to where an axis goes, in the values' unit and on the page.
pub struct Axis {
    from: f64,
    to: f64,
    begin: f64,
    end: f64,
    logarithmic: bool,
}

/// A mark, with what is written at it.
pub type Mark = (f64, String);

impl Axis {
    /// An axis of equal ratios, with some room on both sides.
    pub fn logarithmic(values: &[f64], begin: f64, end: f64) -> Self {
        let (least, most) = ends(values);
        Self { from: least / 1.35, to: most * 1.35, begin, end, logarithmic: true }
    }

    /// An axis from nothing up.
    pub fn from_zero(values: &[f64], begin: f64, end: f64) -> Self {
        Self { from: 0.0, to: ends(values).1 * 1.15, begin, end, logarithmic: false }
    }

    pub fn place(&self, value: f64) -> f64 {
        let share = if self.logarithmic {
            (value / self.from).ln() / (self.to / self.from).ln()
        } else {
            (value - self.from) / (self.to - self.from)
        };
        self.begin + share * (self.end - self.begin)
    }

    pub fn range(&self) -> (f64, f64) {
        (self.from, self.to)
    }

    /// Round values on it: 1, 2 and 5 of each power of ten, of a short axis more, of a long one the powers alone; of one from zero,
    /// about five.
    pub fn marks(&self) -> Vec<Mark> {
        let mark = |value: f64| (self.place(value), written(value));
        if !self.logarithmic {
            let step = round_up(self.to / 6.0);
            return (0..=6_u32).map(|nth| f64::from(nth) * step).take_while(|at| *at <= self.to).map(mark).collect();
        }
        let decades = (self.to / self.from).log10();
        let digits: &[f64] = match decades {
            _ if decades > 3.0 => &[1.0],
            _ if decades > 1.0 => &[1.0, 2.0, 5.0],
            _ => &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0],
        };
        let powers = (-6..12).map(|power| 10_f64.powi(power));
        let all = powers.flat_map(|power| digits.iter().map(move |digit| digit * power));
        all.filter(|value| (self.from..=self.to).contains(value)).map(mark).collect()
    }
}

fn ends(values: &[f64]) -> (f64, f64) {
    let positive = || values.iter().copied().filter(|value| *value > 0.0);
    let (least, most) = (positive().fold(f64::INFINITY, f64::min), positive().fold(0.0, f64::max));
    if most > 0.0 { (least, most) } else { (1.0, 1.0) }
}

/// The next of 1, 2, 5, 10, … that is no less.
fn round_up(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    let digit = [1.0, 2.0, 5.0, 10.0].into_iter().find(|digit| digit * power >= value * 0.999_999);
    digit.unwrap_or(10.0) * power
}

/// As short as it is exact: 200k, 5M, 0.5.
fn written(value: f64) -> String {
    let short = |value: f64| {
        let text = format!("{value:.3}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    match value {
        _ if value >= 1e6 => format!("{}M", short(value / 1e6)),
        _ if value >= 1e4 => format!("{}k", short(value / 1e3)),
        _ => short(value),
    }
}
