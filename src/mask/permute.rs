//! Owns the permutation that masking rests on: rows of symbols, each of an alphabet of its own, become others of the same alphabets.
//! Must not know: what the symbols are.

use super::secret::Secret;

/// Of a Feistel network whose rounds are unpredictable functions: more than the ten of FF1 are of no use.
const ROUNDS: u8 = 10;

/// One place: a symbol, counted from 0, of an alphabet with so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Symbol {
    pub at: u32,
    pub of: u32,
}

/// Permutes in place: different rows of symbols over the same alphabets become different ones. `tweak` chooses the permutation.
pub(super) fn permute(secret: &Secret, tweak: &[u8], symbols: &mut [Symbol]) {
    if let [only] = symbols {
        *only = Symbol { at: shuffled(secret, tweak, *only), ..*only };
        return;
    }
    let (left, right) = symbols.split_at_mut(symbols.len() / 2);
    for round in 0..ROUNDS {
        let (from, to) = if round % 2 == 0 { (&*right, &mut *left) } else { (&*left, &mut *right) };
        add(secret, tweak, round, from, to);
    }
}

/// The same, again and again, until what comes is of the class of what went in: a permutation of each class.
pub(super) fn within<C: PartialEq>(
    secret: &Secret,
    tweak: &[u8],
    symbols: &mut [Symbol],
    class: impl Fn(&[Symbol]) -> C,
) {
    let wanted = class(symbols);
    loop {
        // It ends: a permutation leads back to where it began.
        permute(secret, tweak, symbols);
        if class(symbols) == wanted {
            return;
        }
    }
}

/// Adds to each symbol a number that follows from the other half.
fn add(secret: &Secret, tweak: &[u8], round: u8, from: &[Symbol], to: &mut [Symbol]) {
    let mut message = Vec::with_capacity(from.len() * 4);
    for symbol in from {
        message.extend(symbol.at.to_be_bytes());
    }
    let length = (to.len() as u64).to_be_bytes();
    for (block, places) in to.chunks_mut(8).enumerate() {
        let counter = (block as u64).to_be_bytes();
        let drawn = secret.of("round", &[tweak, &[round], &length, &counter, &message]);
        for (symbol, bytes) in places.iter_mut().zip(drawn.as_chunks::<4>().0) {
            let sum = u64::from(symbol.at) + u64::from(u32::from_be_bytes(*bytes));
            symbol.at = u32::try_from(sum % u64::from(symbol.of.max(1))).unwrap_or_default();
        }
    }
}

/// A symbol alone: where it stands in its alphabet when that is sorted by what the secret says of each.
fn shuffled(secret: &Secret, tweak: &[u8], symbol: Symbol) -> u32 {
    let of = symbol.of.to_be_bytes();
    let rank = |at: u32| (secret.of("alone", &[tweak, &of, &at.to_be_bytes()]), at);
    let own = rank(symbol.at);
    (0..symbol.of).filter(|other| rank(*other) < own).count().try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Symbol, permute, within};
    use crate::mask::Secret;

    fn secret() -> Secret {
        Secret::new(b"a salt for tests alone").unwrap()
    }

    #[test]
    fn nothing_is_lost_and_nothing_doubled() {
        for alphabets in [vec![10], vec![10, 10], vec![10, 26, 2], vec![3, 5, 7, 2], vec![1, 4]] {
            let all: u32 = alphabets.iter().product();
            let mut seen = BTreeSet::new();
            for mut number in 0..all {
                let mut row: Vec<Symbol> = Vec::new();
                for of in &alphabets {
                    row.push(Symbol { at: number % of, of: *of });
                    number /= of;
                }
                permute(&secret(), b"", &mut row);
                assert!(row.iter().all(|symbol| symbol.at < symbol.of));
                seen.insert(row.iter().map(|symbol| symbol.at).collect::<Vec<_>>());
            }
            assert_eq!(seen.len(), all as usize, "{alphabets:?}");
        }
    }

    #[test]
    fn a_class_is_not_left() {
        let class = |row: &[Symbol]| row[0].at < 3;
        let mut seen = BTreeSet::new();
        for number in 0..100 {
            let mut row = [Symbol { at: number / 10, of: 10 }, Symbol { at: number % 10, of: 10 }];
            let before = class(&row);
            within(&secret(), b"", &mut row, class);
            assert_eq!(class(&row), before);
            seen.insert(row.map(|symbol| symbol.at));
        }
        assert_eq!(seen.len(), 100);
    }

    #[test]
    fn another_tweak_or_another_secret_is_another_permutation() {
        let row = |secret: &Secret, tweak: &[u8]| {
            let mut row = [Symbol { at: 1, of: 10_000 }, Symbol { at: 2, of: 10_000 }];
            permute(secret, tweak, &mut row);
            row.map(|symbol| symbol.at)
        };
        let other = Secret::new(b"another salt for tests").unwrap();
        assert_eq!(row(&secret(), b"a"), row(&secret(), b"a"));
        assert_ne!(row(&secret(), b"a"), row(&secret(), b"b"));
        assert_ne!(row(&secret(), b"a"), row(&other, b"a"));
    }
}
