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
    let (mut a, mut b, mut c) = (start, start, start);
    if seed != 0 {
        let [high, low] = [seed >> 32, seed & u64::from(u32::MAX)].map(|half| u32::try_from(half).unwrap_or(0));
        (a, b, c) = mix(a.wrapping_add(high), b.wrapping_add(low), c);
    }
    let (triples, rest) = bytes.as_chunks::<12>();
    for [a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3] in triples {
        (a, b, c) = mix(
            a.wrapping_add(u32::from_le_bytes([*a0, *a1, *a2, *a3])),
            b.wrapping_add(u32::from_le_bytes([*b0, *b1, *b2, *b3])),
            c.wrapping_add(u32::from_le_bytes([*c0, *c1, *c2, *c3])),
        );
    }
    // The lowest byte of the last lane is left to the length.
    let mut last = [0; 12];
    last[..rest.len()].copy_from_slice(rest);
    let [a0, a1, a2, a3, b0, b1, b2, b3, c1, c2, c3, _] = last;
    a = a.wrapping_add(u32::from_le_bytes([a0, a1, a2, a3]));
    b = b.wrapping_add(u32::from_le_bytes([b0, b1, b2, b3]));
    c = c.wrapping_add(u32::from_le_bytes([0, c1, c2, c3]));
    let (_, b, c) = finish(a, b, c);
    u64::from(b) << 32 | u64::from(c)
}

#[inline]
fn mix(mut a: u32, mut b: u32, mut c: u32) -> (u32, u32, u32) {
    a = a.wrapping_sub(c) ^ c.rotate_left(4);
    c = c.wrapping_add(b);
    b = b.wrapping_sub(a) ^ a.rotate_left(6);
    a = a.wrapping_add(c);
    c = c.wrapping_sub(b) ^ b.rotate_left(8);
    b = b.wrapping_add(a);
    a = a.wrapping_sub(c) ^ c.rotate_left(16);
    c = c.wrapping_add(b);
    b = b.wrapping_sub(a) ^ a.rotate_left(19);
    a = a.wrapping_add(c);
    c = c.wrapping_sub(b) ^ b.rotate_left(4);
    b = b.wrapping_add(a);
    (a, b, c)
}

#[inline]
fn finish(mut a: u32, mut b: u32, mut c: u32) -> (u32, u32, u32) {
    c = (c ^ b).wrapping_sub(b.rotate_left(14));
    a = (a ^ c).wrapping_sub(c.rotate_left(11));
    b = (b ^ a).wrapping_sub(a.rotate_left(25));
    c = (c ^ b).wrapping_sub(b.rotate_left(16));
    a = (a ^ c).wrapping_sub(c.rotate_left(4));
    b = (b ^ a).wrapping_sub(a.rotate_left(14));
    c = (c ^ b).wrapping_sub(b.rotate_left(24));
    (a, b, c)
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
