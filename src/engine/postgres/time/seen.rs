//! Owns what a text of a date and time has said so far, and whether that makes a date.
//! Must not know: how texts are taken apart.

use super::civil::{days_of, length_of_month};
use super::words::Unit;
use super::{Bad, Zone};
use crate::calendar::civil;

/// Which fields were seen, as bits.
pub mod mask {
    pub const YEAR: u32 = 1;
    pub const MONTH: u32 = 1 << 1;
    pub const DAY: u32 = 1 << 2;
    pub const DATE: u32 = YEAR | MONTH | DAY;
    pub const HOUR: u32 = 1 << 3;
    pub const MINUTE: u32 = 1 << 4;
    pub const SECOND: u32 = 1 << 5;
    pub const FRACTION: u32 = 1 << 6;
    pub const TIME: u32 = HOUR | MINUTE | SECOND | FRACTION;
    pub const ZONE: u32 = 1 << 7;
    /// A summer time's abbreviation, and `dst` after a zone.
    pub const SUMMER: u32 = 1 << 8;
    pub const SUMMER_WORD: u32 = 1 << 9;
    pub const DYNAMIC: u32 = 1 << 10;
    pub const DAY_OF_YEAR: u32 = 1 << 11;
    pub const WEEKDAY: u32 = 1 << 12;
    pub const HALF: u32 = 1 << 13;
    pub const ERA: u32 = 1 << 14;
    /// `epoch`, `infinity`.
    pub const RESERVED: u32 = 1 << 15;
}

/// What a text says besides a date and a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Special {
    Epoch,
    Infinite(bool),
}

/// The fields of a text.
#[derive(Debug, Default)]
pub struct Seen {
    pub mask: u32,
    pub year: i64,
    pub month: i64,
    pub day: i64,
    pub of_year: i64,
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
    pub micros: i64,
    /// Seconds east, and the zone where its offset hangs on the date.
    pub offset: i32,
    pub zone: Option<Zone>,
    pub special: Option<Special>,
    pub text_month: bool,
    pub two_digits: bool,
    pub julian: bool,
    pub before_christ: bool,
    pub afternoon: Option<bool>,
    /// What the next number is, by the label before it.
    pub label: Option<Label>,
}

/// What a number is announced as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    Unit(Unit),
    Time,
}

impl Seen {
    /// Notes which fields a piece of the text was.
    ///
    /// # Errors
    /// [`Bad::Syntax`] where one is there already.
    pub fn mark(&mut self, mask: u32) -> Result<(), Bad> {
        if self.mask & mask != 0 {
            return Err(Bad::Syntax);
        }
        self.mask |= mask;
        Ok(())
    }

    pub fn has(&self, mask: u32) -> bool {
        self.mask & mask == mask
    }

    pub fn set_clock(&mut self, (hour, minute, second, micros): (i64, i64, i64, i64)) {
        (self.hour, self.minute, self.second, self.micros) = (hour, minute, second, micros);
    }

    pub fn set_julian(&mut self, day: i64) -> Result<(), Bad> {
        if day < 0 {
            return Err(Bad::Range);
        }
        (self.year, self.month, self.day) = civil(day - super::JULIAN_OF_1970);
        self.julian = true;
        Ok(())
    }

    /// Microseconds since midnight, as the fields say it: 60 seconds are a minute more.
    pub fn clock(&self) -> i64 {
        ((self.hour * 60 + self.minute) * 60 + self.second) * 1_000_000 + self.micros
    }

    /// Do the fields of the time make one of a day's?
    pub fn checked_clock(&self) -> Result<i64, Bad> {
        let fits = (0..=24).contains(&self.hour)
            && (0..60).contains(&self.minute)
            && (0..=60).contains(&self.second)
            && (0..=1_000_000).contains(&self.micros)
            && self.clock() <= super::DAY;
        if fits { Ok(self.clock()) } else { Err(Bad::Range) }
    }

    /// Settles year, month and day, and `am` or `pm`.
    ///
    /// # Errors
    /// [`Bad::Range`] for days that do not exist.
    pub fn settle(&mut self) -> Result<(), Bad> {
        if self.has(mask::YEAR) && !self.julian {
            self.settle_year()?;
        }
        if self.has(mask::DAY_OF_YEAR) {
            (self.year, self.month, self.day) = civil(days_of(self.year, 1, 1) + self.of_year - 1);
        }
        if self.has(mask::MONTH) && !(1..=12).contains(&self.month) {
            return Err(Bad::Range);
        }
        if self.has(mask::DAY) && !(1..=31).contains(&self.day) {
            return Err(Bad::Range);
        }
        if self.has(mask::DATE) && self.day > length_of_month(self.year, self.month) {
            return Err(Bad::Range);
        }
        let Some(afternoon) = self.afternoon else { return Ok(()) };
        match (self.hour, afternoon) {
            (13.., _) => return Err(Bad::Range),
            (12, false) => self.hour = 0,
            (12, true) | (_, false) => {}
            (_, true) => self.hour += 12,
        }
        Ok(())
    }

    fn settle_year(&mut self) -> Result<(), Bad> {
        match (self.before_christ, self.two_digits) {
            // There is no year 0: the year before 1 is 1 BC.
            (true, _) if self.year > 0 => self.year = 1 - self.year,
            (false, false) if self.year > 0 => {}
            // Two digits mean the years 1970 to 2069.
            (false, true) if (0..70).contains(&self.year) => self.year += 2_000,
            (false, true) if (70..100).contains(&self.year) => self.year += 1_900,
            (false, true) if self.year >= 100 => {}
            _ => return Err(Bad::Range),
        }
        Ok(())
    }

    /// Days since 1970 of year, month and day.
    pub fn days(&self) -> i64 {
        days_of(self.year, self.month, self.day)
    }
}
