//! Owns the file that a bundle is: a ZIP archive with stored entries, in one form alone, so that each of its bytes can be told from
//! any other. Must not know: what the entries are.
//!
//! Written here, and not by a crate: what is read must be exactly what was written, to the last byte of each record, which readers of
//! other archives do not look at; and nothing is compressed.

use std::collections::BTreeMap;

use crate::error::{Error, Result};

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// To read it, version 2.0 is enough; names are UTF-8.
const NEEDED: u16 = 20;
const UTF8: u16 = 0x0800;
/// The first of January 1980, midnight: entries have no time.
const DAY: u16 = 0x0021;
/// A regular file that everybody may read, in the way of Unix.
const MADE_BY: u16 = 0x0300 | NEEDED;
const MODE: u32 = 0o100_644 << 16;
/// Bytes of a record before the name of its entry.
const LOCAL_LENGTH: usize = 30;

/// The bytes of an archive with these entries.
///
/// # Errors
/// [`crate::error::Kind::Resources`] for more than four gigabytes.
pub fn write(entries: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>> {
    let too_large = |_| Error::new(crate::error::Kind::Resources, "a bundle of evidence holds at most 4 GB");
    let (mut archive, mut central) = (Vec::new(), Vec::new());
    for (name, content) in entries {
        let at = u32::try_from(archive.len()).map_err(too_large)?;
        let size = u32::try_from(content.len()).map_err(too_large)?;
        let length = u16::try_from(name.len()).map_err(too_large)?;
        let record = record(checksum(content), size, length);
        archive.extend(LOCAL.to_le_bytes());
        archive.extend(&record);
        archive.extend(name.as_bytes());
        archive.extend(content);
        central.extend(CENTRAL.to_le_bytes());
        central.extend(MADE_BY.to_le_bytes());
        central.extend(&record);
        // No comment, the first disk, no attributes of its content.
        central.extend([0; 6]);
        central.extend(MODE.to_le_bytes());
        central.extend(at.to_le_bytes());
        central.extend(name.as_bytes());
    }
    let (at, size) =
        (u32::try_from(archive.len()).map_err(too_large)?, u32::try_from(central.len()).map_err(too_large)?);
    let count = u16::try_from(entries.len()).map_err(too_large)?;
    archive.extend(central);
    archive.extend(END.to_le_bytes());
    archive.extend([0; 4]);
    archive.extend(count.to_le_bytes());
    archive.extend(count.to_le_bytes());
    archive.extend(size.to_le_bytes());
    archive.extend(at.to_le_bytes());
    archive.extend([0; 2]);
    Ok(archive)
}

/// What both records of an entry say: how it is stored, its sum and size, and the length of its name.
fn record(checksum: u32, size: u32, name: u16) -> Vec<u8> {
    let mut record = Vec::with_capacity(LOCAL_LENGTH - 4);
    for word in [NEEDED, UTF8, 0, 0, DAY] {
        record.extend(word.to_le_bytes());
    }
    for long in [checksum, size, size] {
        record.extend(long.to_le_bytes());
    }
    record.extend(name.to_le_bytes());
    record.extend([0; 2]);
    record
}

/// What was read of an archive.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Opened {
    pub entries: BTreeMap<String, Vec<u8>>,
    /// The entries whose content has another checksum than their record.
    pub changed: Vec<String>,
    /// The first byte at which the archive is not what [`write()`] makes of these entries.
    pub differs_at: Option<usize>,
}

/// Reads an archive as far as it is one of ours.
pub fn read(bytes: &[u8]) -> Opened {
    let mut opened = Opened::default();
    let mut rest = bytes;
    while let Some((name, checksum_said, content, after)) = entry(rest) {
        if checksum(content) != checksum_said {
            opened.changed.push(name.clone());
        }
        opened.entries.insert(name, content.to_vec());
        rest = after;
    }
    let again = write(&opened.entries).unwrap_or_default();
    let same = bytes.iter().zip(&again).take_while(|(one, other)| one == other).count();
    opened.differs_at = (same < bytes.len() || same < again.len()).then_some(same);
    opened
}

/// The entry at the beginning, and what follows it.
fn entry(bytes: &[u8]) -> Option<(String, u32, &[u8], &[u8])> {
    let number = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    if number(0)? != LOCAL {
        return None;
    }
    let (checksum, size) = (number(14)?, usize::try_from(number(18)?).ok()?);
    let name = usize::from(u16::from_le_bytes(bytes.get(26..28)?.try_into().ok()?));
    let content = LOCAL_LENGTH.checked_add(name)?;
    let end = content.checked_add(size)?;
    let shown = std::str::from_utf8(bytes.get(LOCAL_LENGTH..content)?).ok()?;
    Some((shown.to_owned(), checksum, bytes.get(content..end)?, bytes.get(end..)?))
}

/// CRC-32, as ZIP has it.
fn checksum(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut at = 0;
        while at < 256 {
            // The table has 256 places: the number fits.
            #[expect(clippy::cast_possible_truncation)]
            let mut value = at as u32;
            let mut bit = 0;
            while bit < 8 {
                value = if value & 1 == 1 { 0xedb8_8320 ^ (value >> 1) } else { value >> 1 };
                bit += 1;
            }
            table[at] = value;
            at += 1;
        }
        table
    };
    !bytes.iter().fold(!0, |sum, byte| TABLE[((sum ^ u32::from(*byte)) & 0xff) as usize] ^ (sum >> 8))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{checksum, read, write};

    #[test]
    fn the_sum_is_the_usual_one() {
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn each_changed_byte_is_found() {
        let entry = |name: &str, content: &str| (name.to_owned(), content.as_bytes().to_vec());
        let entries = BTreeMap::from([entry("a/ä.txt", "some text"), entry("b", ""), entry("c", "other")]);
        let bytes = write(&entries).unwrap();
        let whole = read(&bytes);
        assert_eq!((whole.entries, whole.changed, whole.differs_at), (entries, vec![], None));
        for at in 0..bytes.len() {
            for bit in [1, 0x80] {
                let mut other = bytes.clone();
                other[at] ^= bit;
                let found = read(&other);
                assert!(found.differs_at.is_some(), "byte {at}: {found:?}");
            }
            assert!(read(&bytes[..at]).differs_at.is_some(), "cut at {at}");
        }
        assert!(read(&[&bytes[..], b"x"].concat()).differs_at.is_some());
    }
}
