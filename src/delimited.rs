//! Owns CSV as PostgreSQL's COPY writes and reads it: NULL is nothing at all, an empty text stands in quotes.
//! Must not know: what the fields are, or where the bytes go.

use std::io::BufRead;

/// Appends a row. `alone`: it has one field only, which must not look like COPY's end of data.
pub fn write_row<'a>(fields: impl Iterator<Item = Option<&'a str>>, alone: bool, out: &mut Vec<u8>) {
    for (at, field) in fields.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        let Some(text) = field else { continue };
        let special = |byte: u8| matches!(byte, b',' | b'"' | b'\n' | b'\r');
        if text.is_empty() || (alone && text == "\\.") || text.bytes().any(special) {
            out.push(b'"');
            for byte in text.bytes() {
                if byte == b'"' {
                    out.push(b'"');
                }
                out.push(byte);
            }
            out.push(b'"');
        } else {
            out.extend_from_slice(text.as_bytes());
        }
    }
    out.push(b'\n');
}

/// Reads rows, whatever their line ends: as COPY writes them, and as a spreadsheet does that has edited them.
pub struct Reader<R> {
    from: R,
    delimiter: u8,
    /// The line at which the next row begins, from 1.
    line: usize,
    begun: bool,
}

/// A field: its text, and whether it stood in quotes. One that is empty and did not is NULL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub text: String,
    pub quoted: bool,
}

impl Field {
    /// The text; None for NULL.
    #[must_use]
    pub fn value(self) -> Option<String> {
        (self.quoted || !self.text.is_empty()).then_some(self.text)
    }
}

/// What keeps a text from being read.
#[derive(Debug)]
pub enum Fault {
    Io(std::io::Error),
    /// At this line, a quote that is not closed, or bytes that are no UTF-8.
    Broken(usize),
}

impl<R: BufRead> Reader<R> {
    pub fn new(from: R, delimiter: u8) -> Self {
        Self { from, delimiter, line: 1, begun: false }
    }

    /// The next row, and the line at which it begins; None at the end. Empty lines are no rows.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn row(&mut self) -> Result<Option<(usize, Vec<Field>)>, Fault> {
        loop {
            let mut bytes = Vec::new();
            let begins = self.line;
            let mut within = false;
            // A row ends with a line, unless that is within quotes: then there is an odd number of them so far.
            loop {
                let from = bytes.len();
                let read = self.from.read_until(b'\n', &mut bytes).map_err(Fault::Io)?;
                self.line += usize::from(read > 0);
                // One piece more than there are quotes.
                within ^= bytes[from..].split(|byte| *byte == b'"').count().is_multiple_of(2);
                if !within {
                    break;
                }
                if read == 0 {
                    return Err(Fault::Broken(begins));
                }
            }
            if bytes.is_empty() {
                return Ok(None);
            }
            if !self.begun && bytes.starts_with(b"\xef\xbb\xbf") {
                bytes.drain(..3);
            }
            self.begun = true;
            let text = String::from_utf8(bytes).map_err(|_| Fault::Broken(begins))?;
            let text = text.strip_suffix('\n').unwrap_or(&text);
            let text = text.strip_suffix('\r').unwrap_or(text);
            if !text.is_empty() {
                return Ok(Some((begins, fields(text, char::from(self.delimiter)))));
            }
        }
    }
}

fn fields(row: &str, delimiter: char) -> Vec<Field> {
    let mut all = Vec::new();
    let mut field = Field { text: String::new(), quoted: false };
    let mut within = false;
    let mut chars = row.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '"' if within && chars.peek() == Some(&'"') => {
                chars.next();
                field.text.push('"');
            }
            '"' => {
                within = !within;
                field.quoted = true;
            }
            char if char == delimiter && !within => {
                all.push(std::mem::replace(&mut field, Field { text: String::new(), quoted: false }));
            }
            char => field.text.push(char),
        }
    }
    all.push(field);
    all
}

#[cfg(test)]
mod tests {
    use super::{Reader, write_row};

    #[test]
    fn what_is_written_is_read() {
        let rows: [Vec<Option<&str>>; 4] = [
            vec![Some("a"), Some("b,\"c\"\nd\r\n"), None],
            vec![Some(""), None, Some("é ; \\. ")],
            vec![None, None, None],
            vec![Some("\"\""), Some("\n"), Some(" ")],
        ];
        let mut text = Vec::new();
        for row in &rows {
            write_row(row.iter().copied(), false, &mut text);
        }
        for text in [text.clone(), [b"\xef\xbb\xbf".to_vec(), text].concat()] {
            let mut reader = Reader::new(text.as_slice(), b',');
            for row in &rows {
                let (_, read) = reader.row().ok().flatten().unwrap_or_default();
                let read: Vec<Option<String>> = read.into_iter().map(super::Field::value).collect();
                assert_eq!(read.iter().map(Option::as_deref).collect::<Vec<_>>(), *row);
            }
            assert!(matches!(reader.row(), Ok(None)));
        }
    }

    #[test]
    fn a_spreadsheets_lines_are_read_too() {
        let mut reader = Reader::new("a;b\r\n1;\"x\r\ny\"\r\n\r\n2;\r\n\"".as_bytes(), b';');
        let mut row = || {
            reader.row().map(|row| {
                row.map(|(line, fields)| {
                    (line, fields.into_iter().map(|field| field.text).collect::<Vec<_>>().join("|"))
                })
            })
        };
        assert_eq!(row().ok().flatten(), Some((1, "a|b".to_owned())));
        assert_eq!(row().ok().flatten(), Some((2, "1|x\r\ny".to_owned())));
        assert_eq!(row().ok().flatten(), Some((5, "2|".to_owned())));
        assert!(row().is_err());
    }
}
