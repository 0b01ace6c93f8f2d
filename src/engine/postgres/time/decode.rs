//! Owns how the fields of a text become a date and time: word by word, in PostgreSQL's order.
//! Must not know: texts as a whole, or what is made of the fields.

use super::abbreviation::{Abbreviation, abbreviation};
use super::fields::{Field, Sort, clock, leading_int, offset};
use super::seen::{Label, Seen, Special, mask};
use super::words::{Word, word};
use super::{Bad, Zone};

/// What a text is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum As {
    Date,
    Time,
}

/// Reads a date, with a time perhaps.
///
/// # Errors
/// [`Bad`] for what is none.
pub fn date_and_time(fields: &[Field]) -> Result<Seen, Bad> {
    let mut seen = Seen::default();
    for (at, field) in fields.iter().enumerate() {
        match field.sort {
            Sort::Date => seen.date_field(&field.text)?,
            Sort::Clock => {
                // The label can be the `t` of ISO 8601 alone.
                if seen.label.take().is_some_and(|label| label != Label::Time) {
                    return Err(Bad::Syntax);
                }
                seen.clock_field(&field.text)?;
                seen.checked_clock()?;
            }
            Sort::Signed => seen.zone_field(&field.text)?,
            Sort::Number => seen.number_field(&field.text)?,
            Sort::Word => seen.word(&field.text, fields.get(at + 1), As::Date)?,
        }
    }
    seen.settle()?;
    if seen.special.is_some() {
        return Ok(seen);
    }
    if !seen.has(mask::DATE) {
        return Err(Bad::Syntax);
    }
    seen.check_summer()?;
    Ok(seen)
}

/// Reads a time of day.
///
/// # Errors
/// [`Bad`] for what is none.
pub fn time_alone(fields: &[Field]) -> Result<Seen, Bad> {
    let mut seen = Seen::default();
    for (at, field) in fields.iter().enumerate() {
        let is_first_of_more = at == 0 && fields.len() >= 2;
        let ends_in_date = fields.last().is_some_and(|last| last.sort == Sort::Date);
        match field.sort {
            Sort::Date => {
                let then_clock = fields.get(1).is_some_and(|second| second.sort == Sort::Clock);
                if is_first_of_more && (ends_in_date || then_clock) {
                    seen.date(&field.text)?;
                } else {
                    seen.time_or_zone(&field.text)?;
                }
            }
            Sort::Clock => seen.clock_field(&field.text)?,
            Sort::Signed => seen.zone_field(&field.text)?,
            Sort::Number => seen.number_of_time(&field.text, is_first_of_more && ends_in_date)?,
            Sort::Word => seen.word(&field.text, fields.get(at + 1), As::Time)?,
        }
    }
    seen.settle()?;
    seen.checked_clock()?;
    if !seen.has(mask::TIME) {
        return Err(Bad::Syntax);
    }
    // Half a date is none. A zone whose offset changes has none without a date, though a time does not keep it.
    let date = seen.mask & mask::DATE;
    let half = date != 0 && (seen.has(mask::DYNAMIC) || !seen.has(mask::ZONE));
    if date != mask::DATE && (half || seen.zone.as_ref().is_some_and(Zone::changes)) {
        return Err(Bad::Syntax);
    }
    seen.check_summer()?;
    Ok(seen)
}

impl Seen {
    /// `dst` stands after a zone of one offset alone.
    fn check_summer(&self) -> Result<(), Bad> {
        let with_zone = self.zone.is_some() || self.has(mask::DYNAMIC) || !self.has(mask::ZONE);
        if self.has(mask::SUMMER_WORD) && with_zone { Err(Bad::Syntax) } else { Ok(()) }
    }

    fn date_field(&mut self, text: &str) -> Result<(), Bad> {
        if self.label == Some(Label::Unit(super::words::Unit::Julian)) {
            // A day's number with an offset: `j2451187-05`.
            let (day, rest) = leading_int(text)?;
            self.set_julian(day)?;
            self.offset = offset(rest)?;
            self.label = None;
            return self.mark(mask::DATE | mask::TIME | mask::ZONE);
        }
        if self.label.is_none() && !self.has(mask::MONTH | mask::DAY) {
            return self.date(text);
        }
        if self.label.is_none() && !text.starts_with(|char: char| char.is_ascii_digit()) {
            return self.named_zone(text);
        }
        match self.label.take() {
            None | Some(Label::Time) => self.time_with_offset(text, false),
            Some(Label::Unit(_)) => Err(Bad::Syntax),
        }
    }

    fn time_or_zone(&mut self, text: &str) -> Result<(), Bad> {
        if text.starts_with(|char: char| char.is_ascii_digit()) {
            self.time_with_offset(text, true)
        } else {
            self.named_zone(text)
        }
    }

    /// `123045-05`.
    fn time_with_offset(&mut self, text: &str, as_after_date: bool) -> Result<(), Bad> {
        if self.has(mask::TIME) {
            return Err(Bad::Syntax);
        }
        let (time, zone) = text.find('-').map(|at| text.split_at(at)).ok_or(Bad::Syntax)?;
        self.offset = offset(zone)?;
        let before = self.mask;
        if as_after_date {
            self.mask |= mask::DATE;
        }
        let seen = self.run_together(time);
        self.mask = before;
        self.mark(seen? | mask::ZONE)
    }

    fn named_zone(&mut self, name: &str) -> Result<(), Bad> {
        self.zone = Some(Zone::place(name)?);
        self.mark(mask::ZONE)
    }

    fn clock_field(&mut self, text: &str) -> Result<(), Bad> {
        let parts = clock(text)?;
        i32::try_from(parts.0).map_err(|_| Bad::Range)?;
        self.set_clock(parts);
        self.mark(mask::TIME)
    }

    fn zone_field(&mut self, text: &str) -> Result<(), Bad> {
        self.offset = offset(text)?;
        self.mark(mask::ZONE)
    }

    fn number_field(&mut self, text: &str) -> Result<(), Bad> {
        if let Some(label) = self.label {
            return self.labelled(label, text);
        }
        let point = text.find('.');
        if point.is_some() && self.mask & mask::DATE == 0 {
            return self.date(text);
        }
        let is_long = text.len() >= 6 && !(self.has_any(mask::DATE) && self.has_any(mask::TIME));
        if point.is_some_and(|at| at > 2) || is_long {
            let seen = self.run_together(text)?;
            return self.mark(seen);
        }
        self.number(text)
    }

    fn has_any(&self, mask: u32) -> bool {
        self.mask & mask != 0
    }

    fn number_of_time(&mut self, text: &str, as_date: bool) -> Result<(), Bad> {
        if let Some(label) = self.label {
            return self.labelled(label, text);
        }
        let point = text.find('.');
        if point.is_some() && as_date {
            return self.date(text);
        }
        let before = self.mask;
        self.mask |= mask::DATE;
        let seen = if point.is_some_and(|at| at <= 2) { Err(Bad::Syntax) } else { self.run_together(text) };
        self.mask = before;
        self.mark(seen?)
    }

    fn word(&mut self, text: &str, next: Option<&Field>, kind: As) -> Result<(), Bad> {
        match abbreviation(text) {
            Some(Abbreviation::Fixed(offset, is_summer)) => {
                self.offset = offset;
                return self.mark(if is_summer { mask::SUMMER | mask::ZONE } else { mask::ZONE });
            }
            Some(Abbreviation::Dynamic) => return self.mark(mask::DYNAMIC | mask::ZONE),
            None => {}
        }
        let Some(word) = word(text) else { return self.named_zone(text) };
        match word {
            Word::Filler => Ok(()),
            Word::Midnight => {
                self.set_clock((0, 0, 0, 0));
                self.offset = 0;
                self.mark(mask::TIME | mask::ZONE | mask::RESERVED)
            }
            Word::Clock => Err(Bad::Unsupported),
            Word::Epoch | Word::Infinite(_) if kind == As::Time => Err(Bad::Syntax),
            Word::Epoch => self.whole(Special::Epoch),
            Word::Infinite(is_low) => self.whole(Special::Infinite(is_low)),
            Word::Month(_) if kind == As::Time => Err(Bad::Syntax),
            Word::Month(month) => self.month(month),
            Word::Summer => {
                self.offset += 3_600;
                self.mark(mask::SUMMER_WORD | mask::SUMMER)
            }
            Word::Afternoon(afternoon) => {
                self.afternoon = Some(afternoon);
                self.mark(mask::HALF)
            }
            Word::BeforeChrist(before) => {
                self.before_christ = before;
                self.mark(mask::ERA)
            }
            Word::Weekday if kind == As::Time => Err(Bad::Syntax),
            Word::Weekday => self.mark(mask::WEEKDAY),
            Word::Label(unit) | Word::Other(unit) => {
                self.label = Some(Label::Unit(unit));
                Ok(())
            }
            Word::Time => self.time_follows(next, kind),
        }
    }

    fn time_follows(&mut self, next: Option<&Field>, kind: As) -> Result<(), Bad> {
        let fits = next.is_some_and(|next| matches!(next.sort, Sort::Number | Sort::Clock | Sort::Date));
        if !fits || kind == As::Date && !self.has(mask::DATE) {
            return Err(Bad::Syntax);
        }
        self.label = Some(Label::Time);
        Ok(())
    }

    fn whole(&mut self, special: Special) -> Result<(), Bad> {
        self.special = Some(special);
        self.mark(mask::RESERVED)
    }

    /// A month's name. Where a number was taken for the month, that is the day: `5 mar 2024`.
    fn month(&mut self, month: i64) -> Result<(), Bad> {
        let turns = self.has(mask::MONTH) && !self.text_month && !self.has(mask::DAY) && (1..=31).contains(&self.month);
        if turns {
            self.day = self.month;
        }
        self.text_month = true;
        self.month = month;
        self.mark(if turns { mask::DAY } else { mask::MONTH })
    }
}
