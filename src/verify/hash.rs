//! Owns the 128-bit hash by which rows are compared. Not cryptographic: nobody gains by a collision, and by chance two of
//! a billion rows collide once in 10^20 runs. Must not know: rows or columns.

const SECRET: [u64; 4] = [0x2d35_8dcc_aa6c_78a5, 0x8bb8_4b93_962e_acc9, 0x4b33_a62e_d433_d4a3, 0x4d5a_2da5_1de1_aa47];

/// Hashes some bytes in two independent lanes of folded multiplication.
#[must_use]
pub(super) fn hash(bytes: &[u8]) -> u128 {
    let mut left = SECRET[0] ^ bytes.len() as u64;
    let mut right = SECRET[1] ^ (bytes.len() as u64).rotate_left(32);
    let mut pairs = bytes.chunks_exact(16);
    for pair in &mut pairs {
        let (a, b) = (word(&pair[..8]), word(&pair[8..]));
        left = fold(a ^ SECRET[1] ^ left.rotate_left(29), b ^ left);
        right = fold(a ^ right, b ^ SECRET[2] ^ right.rotate_left(31));
    }
    let mut rest = [0; 16];
    rest[..pairs.remainder().len()].copy_from_slice(pairs.remainder());
    let (a, b) = (word(&rest[..8]), word(&rest[8..]));
    left = fold(a ^ SECRET[3] ^ left.rotate_left(29), b ^ left);
    right = fold(a ^ right, b ^ SECRET[0] ^ right.rotate_left(31));
    left = fold(left ^ SECRET[2], SECRET[3]);
    right = fold(right ^ SECRET[3], SECRET[1]);
    u128::from(left) << 64 | u128::from(right)
}

#[inline]
fn word(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

/// Both halves of the product, and the first factor once more: a factor that is zero by chance loses nothing.
#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a).wrapping_mul(u128::from(b));
    #[allow(clippy::cast_possible_truncation)]
    let folded = product as u64 ^ (product >> 64) as u64;
    folded.wrapping_add(a.rotate_left(17)) ^ b.rotate_left(41)
}

#[cfg(test)]
mod tests {
    use super::hash;

    #[test]
    fn every_bit_matters() {
        let text = b"The quick brown fox jumps over the lazy dog, twice.".to_vec();
        let whole = hash(&text);
        let mut seen = std::collections::HashSet::from([whole, hash(b""), hash(&[0])]);
        for bit in 0..text.len() * 8 {
            let mut other = text.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(seen.insert(hash(&other)));
            assert!((hash(&other) ^ whole).count_ones() > 30);
        }
        assert!(seen.insert(hash(&text[..text.len() - 1])));
        assert!(seen.insert(hash(&[0, 0])));
    }
}
