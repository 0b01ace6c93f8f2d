//! Owns one mapping as it is compared: its values, as an outcome has them and as the server gives them.
//! Must not know: which mappings there should be.

use arrow::array::{Array, ArrayRef, AsArray, FixedSizeBinaryArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use uuid::Uuid;

use super::canon::{null, value};
use super::hash;
use super::hashed::Record;
use crate::error::{Error, Result};
use crate::target::Table;

/// What is compared, in the order of [`Values`].
pub(super) const COLUMNS: [&str; 4] = ["legacy_id", "legacy_key", "entity_uuid", "entity_id"];
/// The run that wrote a mapping.
pub(super) const RUN: &str = "run_id";

/// The values of a mapping, in the order of [`COLUMNS`].
pub(super) type Values = [Option<String>; 4];

/// A mapping, whoever has it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mapping<'a> {
    pub legacy_id: Option<&'a [u8]>,
    pub legacy_key: Option<&'a [u8]>,
    pub uuid: Option<Id<'a>>,
    pub other: Option<&'a [u8]>,
}

/// A UUID, or a text that is none as PostgreSQL prints them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Id<'a> {
    Uuid(Uuid),
    Text(&'a [u8]),
}

impl<'a> Id<'a> {
    fn of_text(text: &'a [u8]) -> Self {
        let read = Uuid::try_parse_ascii(text).ok();
        match read.filter(|uuid| uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()).as_bytes() == text) {
            Some(uuid) => Self::Uuid(uuid),
            None => Self::Text(text),
        }
    }

    /// The UUID, in whichever form it is written.
    pub fn uuid(self) -> Option<Uuid> {
        match self {
            Self::Uuid(uuid) => Some(uuid),
            Self::Text(text) => Uuid::try_parse_ascii(text).ok(),
        }
    }

    fn shown(self) -> String {
        match self {
            Self::Uuid(uuid) => uuid.to_string(),
            Self::Text(text) => String::from_utf8_lossy(text).into_owned(),
        }
    }
}

impl Mapping<'_> {
    /// The key, as text.
    pub fn key(&self) -> &[u8] {
        self.legacy_key.or(self.legacy_id).unwrap_or_default()
    }

    /// A hash of the values; of a mapping that others wrote, of its id alone. `buffer` is used again.
    pub fn content(&self, foreign: bool, buffer: &mut Vec<u8>) -> u128 {
        buffer.clear();
        let mut put = |bytes: Option<&[u8]>| match bytes {
            None => null(buffer),
            Some(bytes) => value(buffer, |out| out.extend_from_slice(bytes)),
        };
        if !foreign {
            put(self.legacy_id);
            put(self.legacy_key);
        }
        match self.uuid {
            Some(Id::Uuid(uuid)) => put(Some(uuid.as_bytes())),
            Some(Id::Text(text)) => put(Some(text)),
            None => put(None),
        }
        put(self.other);
        hash::hash(buffer)
    }

    /// What the server makes of the mapping, by [`Forms::summed`], after `entity` and before the run; None where it cannot be had.
    pub fn record(&self, entity: Record, run: u64, seed: u64) -> Option<Record> {
        let number = |digits| std::str::from_utf8(digits).ok()?.parse::<i64>().ok();
        let id = self.legacy_id.map(|digits| number(digits).map(i64::to_be_bytes));
        let id = match id {
            Some(number) => Some(number?),
            None => None,
        };
        let uuid = match self.uuid {
            Some(Id::Uuid(uuid)) => Some(uuid),
            Some(Id::Text(_)) => return None,
            None => None,
        };
        let uuid = uuid.as_ref().map(|uuid| &uuid.as_bytes()[..]);
        let values = [id.as_ref().map(|id| &id[..]), self.legacy_key, uuid, self.other];
        Some(values.into_iter().fold(entity, |record, value| record.and(value, seed)).hashed(run))
    }

    /// The values as texts.
    pub fn values(&self) -> Values {
        let text = |bytes: Option<&[u8]>| bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        [text(self.legacy_id), text(self.legacy_key), self.uuid.map(Id::shown), text(self.other)]
    }
}

/// What tells mappings apart. `buffer` is used again.
pub(super) fn known_by(entity: &[u8], key: &[u8], buffer: &mut Vec<u8>) -> u128 {
    buffer.clear();
    buffer.extend_from_slice(entity);
    buffer.push(0);
    buffer.extend_from_slice(key);
    hash::hash(buffer)
}

/// The ids of a batch's rows: UUIDs, or others as text.
pub(super) enum Ids {
    Uuids(FixedSizeBinaryArray),
    Others(StringArray),
}

impl Ids {
    pub fn of(ids: &ArrayRef) -> Result<Self> {
        match ids.as_fixed_size_binary_opt().filter(|ids| ids.value_length() == 16) {
            Some(uuids) => Ok(Self::Uuids(uuids.clone())),
            None => cast(ids, &DataType::Utf8)
                .map(|texts| Self::Others(texts.as_string::<i32>().clone()))
                .map_err(|_| Error::unexpected("an id that has no text form")),
        }
    }

    /// The UUID of a row, or what it has instead.
    pub fn at(&self, row: usize) -> (Option<Id<'_>>, Option<&[u8]>) {
        match self {
            Self::Uuids(ids) => {
                let id = ids.is_valid(row).then(|| Uuid::from_slice(ids.value(row)).ok()).flatten();
                (id.map(Id::Uuid), None)
            }
            Self::Others(ids) => (None, ids.is_valid(row).then(|| ids.value(row).as_bytes())),
        }
    }
}

/// In which form the server gives the columns of a mappings table: as they are, where that is a form that we read; else as texts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Forms {
    integers: bool,
    uuids: bool,
    runs: bool,
    /// Keys of any sort stand in `legacy_id`, as text.
    text_ids: bool,
}

impl Forms {
    pub fn of(table: &Table, text_ids: bool) -> Self {
        let is = |name: &str, types: &[&str]| {
            table.column(name).is_some_and(|column| types.contains(&column.ty.base().name.as_str()))
        };
        Self {
            integers: is(COLUMNS[0], &["int2", "int4", "int8"]),
            uuids: is(COLUMNS[2], &["uuid"]),
            runs: is(RUN, &["uuid"]),
            text_ids,
        }
    }

    /// What is selected of a column of the table `m`.
    pub fn selected(self, name: &str, table: &Table) -> String {
        let as_it_is = match name {
            "legacy_id" => self.integers,
            "entity_uuid" => self.uuids,
            RUN => self.runs,
            _ => false,
        };
        match table.column(name) {
            None => "null::text".to_owned(),
            Some(_) if as_it_is => format!("m.{name}"),
            Some(_) => format!("m.{name}::text"),
        }
    }

    /// What the server adds up of each mapping, from its entity to its run; None where its columns are of other types.
    pub fn summed(self, table: &Table) -> Option<[String; 6]> {
        let is_plain = self.integers && self.uuids && self.runs && !self.text_ids;
        let text = |name: &str| match table.column(name) {
            None => "null::text".to_owned(),
            Some(_) => format!("m.{name}::text collate \"C\""),
        };
        let [id, key, uuid, other] = COLUMNS;
        is_plain.then(|| {
            let id = format!("pg_catalog.int8send(m.{id}::int8)");
            [text("entity_type"), id, text(key), format!("m.{uuid}::uuid"), text(other), format!("m.{RUN}::uuid")]
        })
    }

    /// Gives what a row says: its entity, the mapping and its run.
    ///
    /// # Errors
    /// [`crate::error::Kind::Unexpected`] for a row of another form.
    pub fn read<'f, T>(
        self,
        mut fields: impl Iterator<Item = Option<&'f [u8]>>,
        see: impl FnOnce(&[u8], Mapping<'_>, Option<Uuid>) -> T,
    ) -> Result<T> {
        let broken = || Error::unexpected("a mapping without an entity");
        let mut next = || fields.next().ok_or_else(broken);
        let (entity, legacy_id, legacy_key) = (next()?.ok_or_else(broken)?, next()?, next()?);
        let (uuid, other, run) = (next()?, next()?, next()?);
        let digits = legacy_id.filter(|_| self.integers).map(integer).transpose()?;
        let legacy_id = match &digits {
            Some(digits) => Some(digits.as_bytes()),
            None if self.text_ids => legacy_id,
            None => legacy_id.map(whole),
        };
        let uuid = match uuid {
            Some(bytes) if self.uuids => Some(Id::Uuid(Uuid::from_slice(bytes).map_err(|_| broken())?)),
            other => other.map(Id::of_text),
        };
        let run = match run {
            Some(bytes) if self.runs => Uuid::from_slice(bytes).ok(),
            other => other.and_then(|run| Uuid::try_parse_ascii(run).ok()),
        };
        Ok(see(entity, Mapping { legacy_id, legacy_key, uuid, other }, run))
    }
}

/// The digits of an integer in its binary form.
fn integer(bytes: &[u8]) -> Result<String> {
    let number = match *bytes {
        [a, b] => i64::from(i16::from_be_bytes([a, b])),
        [a, b, c, d] => i64::from(i32::from_be_bytes([a, b, c, d])),
        _ => i64::from_be_bytes(bytes.try_into().map_err(|_| Error::unexpected("an integer of another length"))?),
    };
    Ok(number.to_string())
}

/// An integer as numeric prints it, without what stands behind its point.
fn whole(digits: &[u8]) -> &[u8] {
    match digits.iter().position(|byte| *byte == b'.') {
        Some(point) if digits[point + 1..].iter().all(|byte| *byte == b'0') && point > 0 => &digits[..point],
        _ => digits,
    }
}
