//! Owns the hashes that PostgreSQL computes over texts, bytes, UUIDs and records, computed here as well: two sides that hash alike
//! can compare rows without sending them. Must not know: rows, columns, or how the server is asked.

/// What PostgreSQL's `hash_record_extended` gives, value by value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Record(u64);

impl Record {
    /// The next value, of which only the bytes count; None is NULL.
    #[inline]
    #[must_use]
    pub fn and(self, value: Option<&[u8]>, seed: u64) -> Self {
        self.hashed(value.map_or(0, |bytes| hash(bytes, seed)))
    }

    /// The next value, of which the hash is known.
    #[inline]
    #[must_use]
    pub fn hashed(self, hash: u64) -> Self {
        Self((self.0 << 5).wrapping_sub(self.0).wrapping_add(hash))
    }

    /// The hash of the record as the server gives it, a signed number.
    pub fn hash(self) -> i64 {
        self.0.cast_signed()
    }
}

/// PostgreSQL's `hash_bytes_extended` on a processor of the usual order of bytes: Bob Jenkins' lookup3, 64 bits wide.
#[must_use]
pub(super) fn hash(bytes: &[u8], seed: u64) -> u64 {
    // The length counts modulo 2^32, as there.
    #[allow(clippy::cast_possible_truncation)]
    let start = 0x9e37_79b9_u32.wrapping_add(bytes.len() as u32).wrapping_add(3_923_095);
    let mut lanes = [start; 3];
    if seed != 0 {
        let [high, low] = [seed >> 32, seed & u64::from(u32::MAX)].map(|half| u32::try_from(half).unwrap_or(0));
        lanes[0] = lanes[0].wrapping_add(high);
        lanes[1] = lanes[1].wrapping_add(low);
        mix(&mut lanes);
    }
    let mut triples = bytes.chunks_exact(12);
    for triple in &mut triples {
        for (lane, word) in lanes.iter_mut().zip(triple.chunks_exact(4)) {
            *lane = lane.wrapping_add(word.try_into().map_or(0, u32::from_le_bytes));
        }
        mix(&mut lanes);
    }
    // The lowest byte of the last lane is left to the length.
    for (at, byte) in triples.remainder().iter().enumerate() {
        let place = if at < 8 { at % 4 } else { at % 4 + 1 };
        lanes[at / 4] = lanes[at / 4].wrapping_add(u32::from(*byte) << (8 * place));
    }
    finish(&mut lanes);
    u64::from(lanes[1]) << 32 | u64::from(lanes[2])
}

#[inline]
fn mix([a, b, c]: &mut [u32; 3]) {
    let step = |x: &mut u32, y: &mut u32, z: u32, bits: u32| {
        *x = x.wrapping_sub(*y) ^ y.rotate_left(bits);
        *y = y.wrapping_add(z);
    };
    step(a, c, *b, 4);
    step(b, a, *c, 6);
    step(c, b, *a, 8);
    step(a, c, *b, 16);
    step(b, a, *c, 19);
    step(c, b, *a, 4);
}

#[inline]
fn finish([a, b, c]: &mut [u32; 3]) {
    let step = |x: &mut u32, y: u32, bits: u32| *x = (*x ^ y).wrapping_sub(y.rotate_left(bits));
    step(c, *b, 14);
    step(a, *c, 11);
    step(b, *a, 25);
    step(c, *b, 16);
    step(a, *c, 4);
    step(b, *a, 14);
    step(c, *b, 24);
}

#[cfg(test)]
mod tests {
    use super::{Record, hash};

    /// As PostgreSQL 15 gives them: `select hashtextextended(text, seed)`.
    #[test]
    fn bytes_hash_as_the_server_hashes_them() {
        let long = "The quick brown fox jumps over the lazy dog, twice; and zwölf Boxkämpfer.";
        for (text, seed, expected) in [
            ("", 0, -6_939_563_903_564_495_251),
            ("a", 0, 3_591_986_179_850_072_241),
            ("twelve bytes", 7, 5_524_862_673_995_121_598),
            (long, -3, 7_125_253_755_129_296_745),
        ] {
            assert_eq!(hash(text.as_bytes(), i64::cast_unsigned(seed)).cast_signed(), expected, "{text:?}");
        }
    }

    /// `select hash_record_extended(row('a'::text, null::text, '\x00ff'::bytea), 5)`
    #[test]
    fn records_hash_as_the_server_hashes_them() {
        let record = Record::default().and(Some(b"a"), 5).and(None, 5).and(Some(&[0, 255]), 5);
        assert_eq!(record.hash(), 4_056_890_755_918_586_395);
    }
}
