//! Owns how the seconds of a sample become those of the whole: what is fixed is told from what goes by rows, and stages that work
//! beside each other are put beside each other. Must not know: how anything was measured.

/// Steps over fewer rows than this take what any step takes: they tell what is fixed.
const FEW: u64 = 5_000;

/// Something that was done, over some rows of so many.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Step {
    pub seconds: f64,
    pub sampled: u64,
    pub whole: u64,
    /// What is fixed comes so often: for each table that a query reads.
    pub times: u64,
}

/// Steps of one kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Steps {
    pub each: Vec<Step>,
    /// Sorts: n rows take n log n.
    pub sorts: bool,
    /// From the first to the last, where several went beside each other; else their sum.
    pub wall: Option<f64>,
}

/// Seconds of a stage.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Seconds {
    pub measured: f64,
    pub predicted: f64,
    /// Of what is predicted, that which was not measured but follows from the sample.
    pub extrapolated: f64,
}

#[expect(clippy::cast_precision_loss, reason = "numbers of rows")]
pub fn number(rows: u64) -> f64 {
    rows as f64
}

impl Seconds {
    pub fn and(self, other: Self) -> Self {
        Self {
            measured: self.measured + other.measured,
            predicted: self.predicted + other.predicted,
            extrapolated: self.extrapolated + other.extrapolated,
        }
    }
}

impl Step {
    /// What the step takes over all rows, of which so much is fixed.
    fn whole(&self, fixed: f64, sorts: bool) -> f64 {
        if self.whole <= self.sampled || self.sampled == 0 {
            return self.seconds;
        }
        let (sampled, whole) = (number(self.sampled), number(self.whole));
        let deeper = if sorts { whole.ln() / sampled.max(2.0).ln() } else { 1.0 };
        let fixed = (fixed * number(self.times)).min(self.seconds);
        fixed + (self.seconds - fixed) * whole / sampled * deeper
    }
}

impl Steps {
    /// What a step takes whatever its rows: the middle one of those that have hardly any.
    fn fixed(&self) -> f64 {
        let is_small = |step: &&Step| (1..FEW).contains(&step.sampled);
        let mut small: Vec<f64> =
            self.each.iter().filter(is_small).map(|step| step.seconds / number(step.times.max(1))).collect();
        small.sort_by(f64::total_cmp);
        small.get(small.len() / 2).copied().unwrap_or_default()
    }

    /// What each takes over all rows.
    pub fn whole(&self) -> Vec<f64> {
        let fixed = self.fixed();
        self.each.iter().map(|step| step.whole(fixed, self.sorts)).collect()
    }

    /// What all take: as much less than their sum as in the sample.
    pub fn seconds(&self) -> Seconds {
        let sum: f64 = self.each.iter().map(|step| step.seconds).sum();
        let measured = self.wall.unwrap_or(sum);
        let beside = if sum > 0.0 { measured / sum } else { 1.0 };
        let (mut whole, mut extrapolated) = (0.0, 0.0);
        for (step, seconds) in self.each.iter().zip(self.whole()) {
            whole += seconds;
            extrapolated += seconds - step.seconds;
        }
        let predicted = if sum > 0.0 { whole * beside } else { measured };
        Seconds { measured, predicted, extrapolated: extrapolated * beside }
    }
}

/// How fast two go that work beside each other, each of them, where alone they go at 1: by what they took alone and together.
pub fn speed(one: f64, other: f64, together: f64) -> f64 {
    let (less, more) = (one.min(other), one.max(other));
    let shared = together - (more - less);
    if less <= 0.0 || shared <= 0.0 { 1.0 } else { (less / shared).clamp(0.5, 1.0) }
}

/// When all flows are loaded, where a flow is loaded once it is transformed, and the next is transformed meanwhile. Of each flow:
/// the seconds of either, alone.
fn overlapped(flows: &[(f64, f64)], speed: f64) -> f64 {
    let (mut time, mut made, mut loaded) = (0.0, 0, 0);
    let mut left = flows.first().copied().unwrap_or_default();
    while loaded < flows.len() {
        let (makes, loads) = (made < flows.len(), loaded < made);
        let pace = if makes && loads { speed } else { 1.0 };
        let next = match (makes, loads) {
            (true, true) => left.0.min(left.1),
            (true, false) => left.0,
            _ => left.1,
        };
        time += next / pace;
        if makes {
            left.0 -= next;
        }
        if loads {
            left.1 -= next;
        }
        if makes && left.0 <= 0.0 {
            made += 1;
            left.0 = flows.get(made).map_or(0.0, |flow| flow.0);
        }
        if loads && left.1 <= 0.0 {
            loaded += 1;
            left.1 = flows.get(loaded).map_or(0.0, |flow| flow.1);
        }
    }
    time
}

/// The seconds that are won by that, never fewer than none: where two that work beside each other win nothing, the sums of their
/// parts differ in the last digit.
pub fn overlap(flows: &[(f64, f64)], speed: f64) -> f64 {
    let alone: f64 = flows.iter().map(|(transform, load)| transform + load).sum();
    (alone - overlapped(flows, speed)).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-9
    }

    #[test]
    fn what_is_fixed_does_not_grow() {
        let step = |seconds, sampled, whole| Step { seconds, sampled, whole, times: 1 };
        let each = vec![step(0.1, 10, 10), step(0.1, 20, 20), step(1.1, 5_000, 100_000), step(0.3, 6_000, 6_000)];
        let steps = Steps { each, sorts: false, wall: None };
        assert!(near(steps.whole()[2], 0.1 + 20.0) && near(steps.whole()[3], 0.3));
        let all = steps.seconds();
        assert!(near(all.measured, 1.6) && near(all.predicted, 20.6) && near(all.extrapolated, 19.0));
        let beside = Steps { wall: Some(0.8), ..steps.clone() }.seconds();
        assert!(near(beside.predicted, 10.3));
        let often = Step { times: 5, ..step(1.1, 5_000, 100_000) };
        assert!(near(often.whole(0.1, false), 0.5 + 12.0));
        assert!(Steps { sorts: true, ..steps }.seconds().predicted > 26.0);
    }

    #[test]
    fn stages_beside_each_other() {
        // Each waits for none: the last load ends after the transform that it follows.
        assert!(near(overlapped(&[(1.0, 2.0), (1.0, 2.0)], 1.0), 5.0));
        assert!(near(overlapped(&[(2.0, 1.0), (2.0, 1.0)], 1.0), 5.0));
        // While both are at work, each takes twice as long: nothing is won.
        assert!(near(overlapped(&[(1.0, 2.0), (1.0, 2.0)], 0.5), 6.0));
        assert!(near(overlap(&[(1.0, 2.0), (1.0, 2.0)], 1.0), 1.0));
        let uneven = [(0.1, 0.7), (0.2, 0.3), (0.3, 0.1)];
        assert!(overlapped(&uneven, 0.5) > 1.7, "the last digit");
        assert!(overlap(&uneven, 0.5).total_cmp(&0.0).is_eq());
        assert!(near(overlapped(&[(0.0, 0.0), (1.0, 1.0)], 1.0), 2.0) && near(overlapped(&[], 1.0), 0.0));
        assert!(
            near(speed(2.0, 3.0, 3.0), 1.0) && near(speed(2.0, 3.0, 5.0), 2.0 / 4.0) && near(speed(0.0, 3.0, 3.0), 1.0)
        );
    }
}
