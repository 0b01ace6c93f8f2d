//! Owns intervals: printed, added, multiplied, put in order.
//! Must not know: timestamps, or how texts are read.

use super::print::fraction_of;
use super::{Bad, DAY};

/// Months, days and time, each of its own sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Interval {
    pub months: i32,
    pub days: i32,
    pub micros: i64,
}

const DAYS_OF_MONTH: f64 = 30.0;
const SECOND: i64 = 1_000_000;

impl Interval {
    /// Reads an interval: units with names, SQL's `1-2` and `1 04:05:06`, and ISO 8601's `P1DT2H`.
    ///
    /// # Errors
    /// For a text that is none, and parts out of range.
    pub fn read(text: &str) -> Result<Self, Bad> {
        super::interval_read::read(text)
    }

    /// The interval as PostgreSQL prints it.
    #[must_use]
    pub fn print(self) -> String {
        let mut out: Vec<String> = Vec::new();
        let mut before = false;
        let mut put = |value: i64, name: &str| {
            if value != 0 {
                let plus = if before && value > 0 { "+" } else { "" };
                out.push(format!("{plus}{value} {name}{}", if value == 1 { "" } else { "s" }));
                before = value < 0;
            }
        };
        put(i64::from(self.months / 12), "year");
        put(i64::from(self.months % 12), "mon");
        put(i64::from(self.days), "day");
        if out.is_empty() || self.micros != 0 {
            let sign = if self.micros < 0 {
                "-"
            } else if before {
                "+"
            } else {
                ""
            };
            let micros = self.micros.unsigned_abs();
            let (seconds, fraction) = (micros / 1_000_000, i64::try_from(micros % 1_000_000).unwrap_or(0));
            let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
            out.push(format!("{sign}{hours:02}:{minutes:02}:{:02}{}", seconds % 60, fraction_of(fraction)));
        }
        out.join(" ")
    }

    /// What intervals are compared by: months of 30 days, days of 24 hours, in microseconds.
    #[must_use]
    pub fn order(self) -> i128 {
        (i128::from(self.months) * 30 + i128::from(self.days)) * i128::from(DAY) + i128::from(self.micros)
    }

    /// The sum.
    ///
    /// # Errors
    /// [`Bad::Range`].
    pub fn add(self, other: Self) -> Result<Self, Bad> {
        Ok(Self {
            months: self.months.checked_add(other.months).ok_or(Bad::Range)?,
            days: self.days.checked_add(other.days).ok_or(Bad::Range)?,
            micros: self.micros.checked_add(other.micros).ok_or(Bad::Range)?,
        })
    }

    /// The difference.
    ///
    /// # Errors
    /// [`Bad::Range`].
    pub fn subtract(self, other: Self) -> Result<Self, Bad> {
        Ok(Self {
            months: self.months.checked_sub(other.months).ok_or(Bad::Range)?,
            days: self.days.checked_sub(other.days).ok_or(Bad::Range)?,
            micros: self.micros.checked_sub(other.micros).ok_or(Bad::Range)?,
        })
    }

    /// The interval with the other sign.
    ///
    /// # Errors
    /// [`Bad::Range`].
    pub fn negate(self) -> Result<Self, Bad> {
        Self::default().subtract(self)
    }

    /// The interval so many times: what is left of months becomes days, what is left of days time.
    ///
    /// # Errors
    /// [`Bad::Range`].
    pub fn multiply(self, factor: f64) -> Result<Self, Bad> {
        self.scaled(|part| part * factor)
    }

    /// The interval by a divisor that is not 0.
    ///
    /// # Errors
    /// [`Bad::Range`].
    pub fn divide(self, divisor: f64) -> Result<Self, Bad> {
        self.scaled(|part| part / divisor)
    }

    #[expect(clippy::cast_precision_loss, reason = "as PostgreSQL computes it")]
    fn scaled(self, scale: impl Fn(f64) -> f64) -> Result<Self, Bad> {
        let to_micros = |seconds: f64| (seconds * 1_000_000.0).round_ties_even() / 1_000_000.0;
        let (months, days) = (scale(f64::from(self.months)), scale(f64::from(self.days)));
        let (whole_months, whole_days) = (int(months.trunc())?, int(days.trunc())?);
        let left_of_months = to_micros((months - f64::from(whole_months)) * DAYS_OF_MONTH);
        let left_of_days = days - f64::from(whole_days) + left_of_months - left_of_months.trunc();
        let mut seconds = to_micros(left_of_days * 86_400.0);
        let mut total_days = whole_days;
        if seconds.abs() >= 86_400.0 {
            let carried = int((seconds / 86_400.0).trunc())?;
            total_days = total_days.checked_add(carried).ok_or(Bad::Range)?;
            seconds -= f64::from(carried) * 86_400.0;
        }
        total_days = total_days.checked_add(int(left_of_months.trunc())?).ok_or(Bad::Range)?;
        let micros = (scale(self.micros as f64) + seconds * 1_000_000.0).round_ties_even();
        if !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&micros) {
            return Err(Bad::Range);
        }
        #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
        Ok(Self { months: whole_months, days: total_days, micros: micros as i64 })
    }

    /// Time of 24 hours becomes days, both of one sign.
    ///
    /// # Errors
    /// [`Bad::Range`].
    pub fn justify_hours(self) -> Result<Self, Bad> {
        let whole = i32::try_from(self.micros / DAY).map_err(|_| Bad::Range)?;
        let mut out = Self { days: self.days.checked_add(whole).ok_or(Bad::Range)?, micros: self.micros % DAY, ..self };
        if out.days > 0 && out.micros < 0 {
            out.micros += DAY;
            out.days -= 1;
        } else if out.days < 0 && out.micros > 0 {
            out.micros -= DAY;
            out.days += 1;
        }
        Ok(out)
    }

    /// 30 days become a month, both of one sign.
    ///
    /// # Errors
    /// [`Bad::Range`].
    pub fn justify_days(self) -> Result<Self, Bad> {
        let months = self.months.checked_add(self.days / 30).ok_or(Bad::Range)?;
        let mut out = Self { months, days: self.days % 30, ..self };
        if out.months > 0 && out.days < 0 {
            out.days += 30;
            out.months -= 1;
        } else if out.months < 0 && out.days > 0 {
            out.days -= 30;
            out.months += 1;
        }
        Ok(out)
    }

    /// Both, so that all parts have one sign.
    ///
    /// # Errors
    /// [`Bad::Range`].
    pub fn justify_interval(self) -> Result<Self, Bad> {
        let mut out = self;
        // First the days where their sign is that of the time, so that nothing overflows needlessly.
        if (out.days > 0 && out.micros > 0) || (out.days < 0 && out.micros < 0) {
            let months = out.months.checked_add(out.days / 30).ok_or(Bad::Range)?;
            out = Self { months, days: out.days % 30, ..out };
        }
        let whole = i32::try_from(out.micros / DAY).map_err(|_| Bad::Range)?;
        out = Self { days: out.days.checked_add(whole).ok_or(Bad::Range)?, micros: out.micros % DAY, ..out };
        let months = out.months.checked_add(out.days / 30).ok_or(Bad::Range)?;
        out = Self { months, days: out.days % 30, ..out };
        if out.months > 0 && (out.days < 0 || out.days == 0 && out.micros < 0) {
            out.days += 30;
            out.months -= 1;
        } else if out.months < 0 && (out.days > 0 || out.days == 0 && out.micros > 0) {
            out.days -= 30;
            out.months += 1;
        }
        if out.days > 0 && out.micros < 0 {
            out.micros += DAY;
            out.days -= 1;
        } else if out.days < 0 && out.micros > 0 {
            out.micros -= DAY;
            out.days += 1;
        }
        Ok(out)
    }

    /// `make_interval`.
    ///
    /// # Errors
    /// [`Bad::Range`].
    pub fn make(years: i32, months: i32, weeks: i32, days: i32, hours: i32, mins: i32, secs: f64) -> Result<Self, Bad> {
        let seconds = (secs * 1_000_000.0).round_ties_even();
        if !(-9.2e18..9.2e18).contains(&seconds) {
            return Err(Bad::Range);
        }
        let months = years.checked_mul(12).and_then(|all| all.checked_add(months)).ok_or(Bad::Range)?;
        let days = weeks.checked_mul(7).and_then(|all| all.checked_add(days)).ok_or(Bad::Range)?;
        #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
        let seconds = seconds as i64;
        let micros = (i64::from(hours) * 3_600 + i64::from(mins) * 60) * SECOND;
        Ok(Self { months, days, micros: micros.checked_add(seconds).ok_or(Bad::Range)? })
    }
}

fn int(value: f64) -> Result<i32, Bad> {
    if value.is_nan() || value < f64::from(i32::MIN) || value > f64::from(i32::MAX) {
        return Err(Bad::Range);
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    Ok(value as i32)
}

#[cfg(test)]
mod tests {
    use super::Interval;

    #[test]
    fn as_postgresql_reads_and_prints() {
        for (text, shown) in [
            ("1 year 2 mons -3 days 04:05:06.5", "1 year 2 mons -3 days +04:05:06.5"),
            ("1.5 months", "1 mon 15 days"),
            ("1-2", "1 year 2 mons"),
            ("3 04:05:06", "3 days 04:05:06"),
            ("@ 1 day ago", "-1 days"),
            ("P1Y2M3DT4H5M6S", "1 year 2 mons 3 days 04:05:06"),
            ("90", "00:01:30"),
            ("1.5 weeks", "10 days 12:00:00"),
            ("0", "00:00:00"),
        ] {
            assert_eq!(Interval::read(text).map(Interval::print).as_deref(), Ok(shown), "{text}");
        }
    }
}
