//! Owns masked texts: a token of one length, or a text of the same form. Must not know: which type a text is of.
//! What is empty stays empty, blanks at the end stay, and a text that is a UUID or a whole number is masked as that.

use uuid::Uuid;

use super::permute::{Symbol, permute};
use super::secret::Secret;
use super::{Manner, number};

/// Characters of a token: 130 bits, so that no two texts meet.
const TOKEN: usize = super::HASHED as usize;
const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// Letters beyond ASCII are exchanged for those of the same case in the same block of so many characters.
const BLOCK: u32 = 256;

/// Masks a text. With `folded`, texts that differ in case alone stay so.
pub(super) fn masked(secret: &Secret, manner: Manner, value: &str, folded: bool) -> String {
    let body = value.trim_end_matches(' ');
    if body.is_empty() {
        return value.to_owned();
    }
    let masked = uuid_like(secret, body).unwrap_or_else(|| match manner {
        Manner::Hash if folded => token(secret, &body.to_lowercase()),
        Manner::Hash => token(secret, body),
        Manner::Format => same_form(secret, body),
    });
    // What fills a char(n) fills it again.
    let width = value.chars().count();
    format!("{masked:width$}", width = if manner == Manner::Hash && width > body.chars().count() { width } else { 0 })
        + if manner == Manner::Format { &value[body.len()..] } else { "" }
}

/// The token of a text.
pub(super) fn token(secret: &Secret, text: &str) -> String {
    let drawn = secret.of("text", &[text.as_bytes()]);
    let bits = |place: usize| {
        let (byte, shift) = (place * 5 / 8, place * 5 % 8);
        let two = u16::from_be_bytes([drawn[byte], drawn[byte + 1]]);
        usize::from(two >> (11 - shift)) & 31
    };
    (0..TOKEN).map(|place| char::from(LETTERS[bits(place)])).collect()
}

/// Another UUID of the same version; the one of zeros stays.
pub(super) fn uuid(secret: &Secret, value: [u8; 16]) -> [u8; 16] {
    if value == [0; 16] {
        return value;
    }
    let mut masked = [0; 16];
    masked.copy_from_slice(&secret.of("uuid", &[&value])[..16]);
    masked[6] = (masked[6] & 0x0f) | (value[6] & 0xf0);
    masked[8] = (masked[8] & 0x3f) | (value[8] & 0xc0);
    masked
}

/// A text that is a UUID as PostgreSQL prints it, or the same in capitals, becomes another such text.
pub(super) fn uuid_like(secret: &Secret, text: &str) -> Option<String> {
    let parsed = Uuid::try_parse(text).ok().filter(|_| text.len() == 36)?;
    let masked = Uuid::from_bytes(uuid(secret, parsed.into_bytes()));
    if parsed.to_string() == text {
        return Some(masked.to_string());
    }
    (parsed.to_string().to_uppercase() == text).then(|| masked.to_string().to_uppercase())
}

/// One character's place in its alphabet.
struct Letter {
    symbol: Symbol,
    alphabet: Alphabet,
}

enum Alphabet {
    Digit,
    /// Of ASCII; equal but for case are masked equal but for case.
    Latin {
        capital: bool,
    },
    Other(Vec<char>),
}

fn letter(char: char) -> Option<Letter> {
    let code = u32::from(char);
    let (symbol, alphabet) = match char {
        '0'..='9' => (Symbol { at: code - u32::from('0'), of: 10 }, Alphabet::Digit),
        'a'..='z' => (Symbol { at: code - u32::from('a'), of: 26 }, Alphabet::Latin { capital: false }),
        'A'..='Z' => (Symbol { at: code - u32::from('A'), of: 26 }, Alphabet::Latin { capital: true }),
        other if other.is_ascii() || !other.is_alphanumeric() => return None,
        other => {
            let sort = |char: &char| (char.is_alphabetic(), char.is_lowercase(), char.is_uppercase(), char.is_ascii());
            let first = code / BLOCK * BLOCK;
            let block: Vec<char> = (first..first + BLOCK)
                .filter_map(char::from_u32)
                .filter(|near| near.is_alphanumeric() && sort(near) == sort(&other))
                .collect();
            let at = block.iter().position(|near| *near == other)?;
            let (at, of) = (u32::try_from(at).ok()?, u32::try_from(block.len()).ok()?);
            (Symbol { at, of }, Alphabet::Other(block))
        }
    };
    Some(Letter { symbol, alphabet })
}

impl Letter {
    fn shown(&self, at: u32) -> char {
        let plain = |first: u8| u8::try_from(at).map_or('?', |at| char::from(first + at));
        match &self.alphabet {
            Alphabet::Digit => plain(b'0'),
            Alphabet::Latin { capital: false } => plain(b'a'),
            Alphabet::Latin { capital: true } => plain(b'A'),
            Alphabet::Other(block) => block.get(at as usize).copied().unwrap_or('?'),
        }
    }
}

/// Letters for letters, digits for digits, and everything else as it is.
fn same_form(secret: &Secret, text: &str) -> String {
    let letters: Vec<Option<Letter>> = text.chars().map(letter).collect();
    let mut symbols: Vec<Symbol> = letters.iter().flatten().map(|letter| letter.symbol).collect();
    if letters.iter().flatten().all(|letter| matches!(letter.alphabet, Alphabet::Digit)) {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).collect();
        let negative = text.strip_prefix('-').is_some_and(|rest| rest.len() == digits.len());
        if !digits.is_empty() && digits != b"0" {
            let masked = number::digits(secret, &digits, negative, false);
            symbols.iter_mut().zip(masked).for_each(|(symbol, digit)| symbol.at = u32::from(digit - b'0'));
        }
    } else {
        permute(secret, b"", &mut symbols);
    }
    let mut masked = symbols.into_iter();
    text.chars()
        .zip(&letters)
        .map(|(char, letter)| match letter {
            Some(letter) => masked.next().map_or(char, |symbol| letter.shown(symbol.at)),
            None => char,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{masked, same_form};
    use crate::mask::{Manner, Secret, number};

    fn secret() -> Secret {
        Secret::new(b"a salt for tests alone").unwrap()
    }

    fn hash(text: &str) -> String {
        masked(&secret(), Manner::Hash, text, false)
    }

    #[test]
    fn tokens() {
        assert_eq!(hash("Anna").len(), 26);
        assert_ne!(hash("Anna"), hash("anna"));
        assert_eq!(hash(""), "");
        assert_eq!(hash("Anna    "), hash("Anna"), "shorter than the token: nothing to fill");
        let wide = format!("{:40}", "Anna");
        assert_eq!(hash(&wide), format!("{:40}", hash("Anna")));
        assert_eq!(masked(&secret(), Manner::Hash, "ANNA", true), masked(&secret(), Manner::Hash, "anna", true));
        let all: BTreeSet<String> = (0..5000).map(|number| hash(&number.to_string())).collect();
        assert_eq!(all.len(), 5000);
    }

    #[test]
    fn a_uuid_is_one_afterwards_too() {
        let (small, large) = ("0f8fad5b-d9cb-469f-a165-70867728950e", "0F8FAD5B-D9CB-469F-A165-70867728950E");
        for manner in [Manner::Hash, Manner::Format] {
            let masked = |text| masked(&secret(), manner, text, false);
            assert_eq!(masked(small).to_uppercase(), masked(large));
            assert_eq!(uuid::Uuid::try_parse(&masked(small)).unwrap().get_version_num(), 4);
            assert_ne!(masked(small), small);
        }
    }

    #[test]
    fn forms_stay() {
        let form = |text: &str| same_form(&secret(), text);
        let masked = form("Anna-Lena O'Neill, +49 (0)30/1234");
        for (before, after) in "Anna-Lena O'Neill, +49 (0)30/1234".chars().zip(masked.chars()) {
            assert_eq!(before.is_ascii_digit(), after.is_ascii_digit());
            assert_eq!(before.is_ascii_uppercase(), after.is_ascii_uppercase());
            assert!(before.is_alphanumeric() || before == after);
        }
        assert_eq!(form("Müller").chars().count(), 6);
        assert_eq!(form("Müller").len(), "Müller".len());
        assert_eq!(form("ANNA@x.com").to_lowercase(), form("anna@x.com"));
        assert_eq!(form("030-1234"), {
            let all = form("0301234");
            format!("{}-{}", &all[..3], &all[3..])
        });
        assert_eq!(form("…!"), "…!");
        assert_eq!(form("王小明").chars().count(), 3);
        assert_ne!(form("王小明"), "王小明");
    }

    #[test]
    fn a_text_that_is_a_number_is_masked_as_the_number() {
        for number in ["1", "42", "32767", "2147483647", "-7", "-32768", "0"] {
            assert_eq!(same_form(&secret(), number), number::printed(&secret(), number));
        }
        let all: BTreeSet<String> = (0..1000).map(|number| same_form(&secret(), &format!("{number:03}"))).collect();
        assert_eq!(all.len(), 1000);
    }
}
