//! Owns how a row of the target, as COPY gives it in binary, becomes canonical bytes.
//! Must not know: connections, or what was expected.

use super::canon::{Canon, null, unreadable, value};
use super::number;
use crate::error::{Error, Result};

pub(super) const DAYS_TO_2000: i32 = 10_957;
pub(super) const MICROS_TO_2000: i64 = 946_684_800_000_000;
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";

/// Reads a COPY stream row by row, however it is cut.
pub(super) struct Rows {
    left: Vec<u8>,
    begun: bool,
    ended: bool,
}

impl Rows {
    pub fn new() -> Self {
        Self { left: Vec::new(), begun: false, ended: false }
    }

    /// Takes some bytes of the stream and gives each whole row's fields to `each`.
    pub fn take(&mut self, bytes: &[u8], mut each: impl FnMut(Fields<'_>) -> Result<()>) -> Result<()> {
        // The server sends a message a row: nothing is copied unless something is left over.
        let joined;
        let mut rest = if self.left.is_empty() {
            bytes
        } else {
            self.left.extend_from_slice(bytes);
            joined = std::mem::take(&mut self.left);
            &joined[..]
        };
        if !self.begun && rest.len() >= SIGNATURE.len() + 8 {
            if !rest.starts_with(SIGNATURE) {
                return Err(broken());
            }
            rest = &rest[SIGNATURE.len() + 8..];
            self.begun = true;
        }
        while self.begun && !self.ended {
            let Some(count) = rest.get(..2) else { break };
            let count = i16::from_be_bytes([count[0], count[1]]);
            if count < 0 {
                self.ended = true;
                return Ok(());
            }
            let Some(length) = length_of(&rest[2..], count) else { break };
            each(Fields(&rest[2..2 + length]))?;
            rest = &rest[2 + length..];
        }
        self.left = rest.to_vec();
        Ok(())
    }

    /// # Errors
    /// When the stream ended too early.
    pub fn end(self) -> Result<()> {
        if self.ended { Ok(()) } else { Err(broken()) }
    }
}

fn broken() -> Error {
    Error::unexpected("the server's answer to COPY is no binary stream")
}

/// Bytes of `count` fields, if they are all there.
fn length_of(bytes: &[u8], count: i16) -> Option<usize> {
    let mut at = 0;
    for _ in 0..count {
        let length = i32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?);
        at += 4 + usize::try_from(length).unwrap_or(0);
    }
    (at <= bytes.len()).then_some(at)
}

/// The fields of a row, one after the other; None is NULL.
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Option<&'a [u8]>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        match usize::try_from(i32::from_be_bytes(*length)) {
            Err(_) => {
                self.0 = rest;
                Some(None)
            }
            Ok(length) => {
                let (field, rest) = rest.split_at_checked(length)?;
                self.0 = rest;
                Some(Some(field))
            }
        }
    }
}

/// Appends a field to a row's canonical bytes.
#[inline]
pub(super) fn field(canon: &Canon, bytes: Option<&[u8]>, out: &mut Vec<u8>) {
    match bytes {
        None => null(out),
        Some(bytes) => value(out, |out| {
            if plain(canon, bytes, out).is_none() {
                unreadable("target", out);
            }
        }),
    }
}

fn plain(canon: &Canon, bytes: &[u8], out: &mut Vec<u8>) -> Option<()> {
    match canon {
        Canon::Bool => out.push(*bytes.first()?),
        Canon::Int => {
            let number = match bytes.len() {
                2 => i128::from(i16::from_be_bytes(bytes.try_into().ok()?)),
                4 => i128::from(i32::from_be_bytes(bytes.try_into().ok()?)),
                _ => i128::from(i64::from_be_bytes(bytes.try_into().ok()?)),
            };
            out.extend_from_slice(&number.to_le_bytes());
        }
        Canon::Oid => {
            let number = i128::from(u32::from_be_bytes(bytes.try_into().ok()?));
            out.extend_from_slice(&number.to_le_bytes());
        }
        Canon::Money { .. } => {
            out.extend_from_slice(&i128::from(i64::from_be_bytes(bytes.try_into().ok()?)).to_le_bytes());
        }
        Canon::Float => {
            let number = match bytes.len() {
                4 => f64::from(f32::from_be_bytes(bytes.try_into().ok()?)),
                _ => f64::from_be_bytes(bytes.try_into().ok()?),
            };
            out.extend_from_slice(&float(number).to_le_bytes());
        }
        Canon::Text { padded: false } | Canon::Uuid | Canon::Bytes | Canon::Byte | Canon::Server { .. } => {
            out.extend_from_slice(bytes);
        }
        Canon::Text { padded: true } => out.extend_from_slice(unpadded(bytes)),
        Canon::Date => {
            let days = match i32::from_be_bytes(bytes.try_into().ok()?) {
                infinite @ (i32::MIN | i32::MAX) => infinite,
                days => days.checked_add(DAYS_TO_2000)?,
            };
            out.extend_from_slice(&days.to_le_bytes());
        }
        Canon::Timestamp => {
            let micros = match i64::from_be_bytes(bytes.try_into().ok()?) {
                infinite @ (i64::MIN | i64::MAX) => infinite,
                micros => micros.checked_add(MICROS_TO_2000)?,
            };
            out.extend_from_slice(&micros.to_le_bytes());
        }
        Canon::Time => out.extend_from_slice(&i64::from_be_bytes(bytes.try_into().ok()?).to_le_bytes()),
        Canon::Numeric { trim } => return number::from_binary(bytes, *trim, out).then_some(()),
        Canon::Jsonb => out.extend_from_slice(bytes.strip_prefix(&[1])?),
        Canon::Array(of) => return array(of, bytes, out),
    }
    Some(())
}

/// All NaNs are one.
pub(super) fn float(number: f64) -> u64 {
    if number.is_nan() { f64::NAN.to_bits() } else { number.to_bits() }
}

pub(super) fn unpadded(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
    &bytes[..end]
}

fn array(of: &Canon, bytes: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let word = |at: usize| -> Option<i32> { Some(i32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?)) };
    let count = match word(0)? {
        0 => 0,
        1 if word(16)? == 1 => word(12)?,
        // Several dimensions, or counted from elsewhere than one: no flow gives that.
        _ => return None,
    };
    out.extend_from_slice(&i64::from(count).to_le_bytes());
    if count > 0 {
        for element in Fields(bytes.get(20..)?) {
            field(of, element, out);
        }
    }
    Some(())
}
