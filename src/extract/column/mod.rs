//! Owns how values in PostgreSQL's binary form become the Arrow column that a type travels as.
//! Must not know: tables, connections, or where the values were read.
//!
//! Nothing is rounded and nothing is guessed: a value that its column cannot hold is told, not bent.

mod fixed;
mod list;
mod number;
mod text;

use arrow::array::ArrayRef;
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type, Time64MicrosecondType,
    TimestampMicrosecondType, UInt32Type,
};
use postgres::types::Type;

use super::source::{Cells, Stop};
use super::types::Carry;
use crate::error::{Error, Result};

/// A column in the making.
pub(super) trait Column {
    /// Takes the next cell of a row. Gives the bytes it takes in memory, about.
    fn take(&mut self, cells: &mut Cells<'_>) -> Result<usize, Misfit>;
    /// Takes an element of a list, in the type's binary form.
    fn element(&mut self, bytes: Option<&[u8]>) -> Result<usize, Misfit>;
    /// Ends the array, and begins the next one.
    fn finish(&mut self) -> Result<ArrayRef>;
}

/// A value that its column cannot hold. The column has a NULL in its place, so that the row stays whole.
pub(super) enum Misfit {
    /// The exact type cannot hold it, its text can: the whole column must travel as text.
    Widen,
    /// It is no text at all (bytes that are no UTF-8): the row cannot travel.
    Refuse,
    Stop(Stop),
}

impl From<Stop> for Misfit {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

/// How the texts of a table are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Texts {
    /// As texts: what is no UTF-8 ends the read.
    Valid,
    /// As bytes, each looked at: what is no UTF-8 is refused alone.
    Doubted,
}

/// A column for values that travel as `carry`. In a column that `names` its rows (a key) a refused text is not
/// replaced by NULL, but kept with its foreign bytes escaped (`\xe4`), so that the row can still be told.
pub(super) fn column(carry: &Carry, texts: Texts, names: bool) -> Box<dyn Column> {
    match carry {
        Carry::Int16 => fixed::boxed::<Int16Type, i16>(Some),
        Carry::Int32 => fixed::boxed::<Int32Type, i32>(Some),
        Carry::Int64 => fixed::boxed::<Int64Type, i64>(Some),
        Carry::Oid => fixed::boxed::<UInt32Type, u32>(Some),
        Carry::Float32 => fixed::boxed::<Float32Type, f32>(Some),
        Carry::Float64 => fixed::boxed::<Float64Type, f64>(Some),
        Carry::Date => fixed::boxed::<Date32Type, i32>(fixed::date),
        Carry::Time => fixed::boxed::<Time64MicrosecondType, i64>(fixed::time),
        Carry::Timestamp { zoned } => fixed::typed::<TimestampMicrosecondType, i64>(
            fixed::timestamp,
            Carry::Timestamp { zoned: *zoned }.data_type(),
        ),
        Carry::Money { .. } => fixed::typed::<Decimal128Type, i64>(|cents| Some(i128::from(cents)), carry.data_type()),
        Carry::Decimal(_, scale) => Box::new(number::Numbers::new(carry.data_type(), *scale)),
        Carry::Bool => Box::<fixed::Bools>::default(),
        Carry::Uuid => Box::<fixed::Uuids>::default(),
        Carry::Bytes => Box::<fixed::Blobs>::default(),
        Carry::Char => Box::<text::Chars>::default(),
        Carry::Text(_) => Box::new(text::Strings::new(texts, names)),
        Carry::List(element) => Box::new(list::Lists::new(column(element, texts, false), &element.data_type())),
    }
}

/// The type as which the driver reads the binary form of a column: what it is made of, whatever it is called.
pub(super) fn wire(carry: &Carry, texts: Texts) -> Type {
    match carry {
        Carry::Int16 => Type::INT2,
        Carry::Int32 | Carry::Date => Type::INT4,
        Carry::Int64 | Carry::Time | Carry::Timestamp { .. } | Carry::Money { .. } => Type::INT8,
        Carry::Oid => Type::OID,
        Carry::Float32 => Type::FLOAT4,
        Carry::Float64 => Type::FLOAT8,
        Carry::Bool => Type::BOOL,
        Carry::Char => Type::CHAR,
        Carry::Uuid => Type::UUID,
        Carry::Text(_) if texts == Texts::Valid => Type::TEXT,
        Carry::Text(_) | Carry::Bytes | Carry::Decimal(..) | Carry::List(_) => Type::BYTEA,
    }
}

fn unforeseen() -> Misfit {
    Misfit::Stop(Stop::Failed(Error::unexpected("the server gave a value in a form that its type does not have")))
}

fn broken() -> Error {
    Error::unexpected("a column that was read cannot be ended")
}
