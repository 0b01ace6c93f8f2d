//! Owns columns of text. Must not know: which type a text is of.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringBuilder};

use super::{Column, Misfit, Texts, unforeseen};
use crate::error::Result;
use crate::extract::source::{Cells, Wire};

/// Texts.
pub(super) struct Strings {
    builder: StringBuilder,
    texts: Texts,
    names: bool,
}

impl Strings {
    pub(super) fn new(texts: Texts, names: bool) -> Self {
        Self { builder: StringBuilder::new(), texts, names }
    }
}

impl Column for Strings {
    fn take(&mut self, cells: &mut Cells<'_>) -> Result<usize, Misfit> {
        if self.texts == Texts::Doubted {
            let value = cells.bytes()?;
            return self.element(value.as_deref());
        }
        let builder = &mut self.builder;
        let size = cells.text(|value| {
            builder.append_option(value);
            value.map_or(0, str::len)
        })?;
        Ok(size + 4)
    }

    fn element(&mut self, bytes: Option<&[u8]>) -> Result<usize, Misfit> {
        if let Ok(text) = bytes.map(std::str::from_utf8).transpose() {
            self.builder.append_option(text);
            return Ok(text.map_or(0, str::len) + 4);
        }
        self.builder.append_option(bytes.filter(|_| self.names).map(escaped));
        Err(Misfit::Refuse)
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        Ok(Arc::new(self.builder.finish()))
    }
}

/// The text with each byte that belongs to no character written as `\xe4`.
fn escaped(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// The type `"char"`: one byte. As text what PostgreSQL 16 prints: nothing for 0, `\344` for what is no ASCII.
#[derive(Default)]
pub(super) struct Chars(StringBuilder);

impl Chars {
    fn push(&mut self, value: Option<u8>) -> usize {
        match value {
            None => self.0.append_null(),
            Some(0) => self.0.append_value(""),
            Some(ascii @ 1..=127) => self.0.append_value(char::from(ascii).encode_utf8(&mut [0; 4])),
            Some(beyond) => self.0.append_value(format!("\\{beyond:03o}")),
        }
        8
    }
}

impl Column for Chars {
    fn take(&mut self, cells: &mut Cells<'_>) -> Result<usize, Misfit> {
        let value = i8::next(cells)?;
        Ok(self.push(value.map(i8::cast_unsigned)))
    }

    fn element(&mut self, bytes: Option<&[u8]>) -> Result<usize, Misfit> {
        let value = match bytes {
            Some([byte]) => Some(*byte),
            Some(_) => return Err(unforeseen()),
            None => None,
        };
        Ok(self.push(value))
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        Ok(Arc::new(self.0.finish()))
    }
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn foreign_bytes_are_escaped() {
        assert_eq!(escaped(b"M\xfcller \xc3\xa4 \xe2\x82"), "M\\xfcller ä \\xe2\\x82");
    }
}
