//! Packing of positions and open interests into field elements (S-ACCOUNT, S-HOUSE).

use cloister_crypto::{
    constants::{
        INSTRUMENTS, OPEN_INTERESTS_PER_WORD, OPEN_INTEREST_BITS, OPEN_INTEREST_WORDS, POSITIONS_PER_WORD,
        POSITION_BITS, POSITION_WORDS,
    },
    Fr,
};
use cloister_risk::Positions;
use cloister_types::Position;

/// Added to a position so that it packs as an unsigned number.
pub const POSITION_OFFSET: i64 = 1 << (POSITION_BITS - 1);

/// Open interest of both sides, `Σ |q_j|` over all accounts, by instrument in lots.
pub type OpenInterest = [u64; INSTRUMENTS];

/// True if a position lies in `[-2^40, 2^40)`.
pub fn position_fits(position: Position) -> bool {
    (-POSITION_OFFSET..POSITION_OFFSET).contains(&position.get())
}

/// True if every position fits its width.
pub fn positions_fit(positions: &Positions) -> bool {
    positions.iter().all(|q| position_fits(*q))
}

/// `2^bits` in the field, for `bits < 256`.
pub fn power_of_two(bits: usize) -> Fr {
    pack(&[(0, bits), (1, 1)])
}

/// Fields with their widths, one above the other: `Σ value_i·2^(widths before i)` in the field. No field begins above
/// bit 255. Whether values fit their widths is for the caller to check; one that does not reaches into the next.
pub fn pack(fields: &[(u64, usize)]) -> Fr {
    let mut limbs = [0u64; 5];
    let mut offset = 0;
    for (value, width) in fields {
        let (first, wide) = (offset / 64, u128::from(*value) << (offset % 64));
        let parts = [wide as u64, (wide >> 64) as u64]
            .into_iter()
            .chain(core::iter::repeat(0));
        let mut carry = false;
        for (limb, part) in limbs.iter_mut().skip(first).zip(parts) {
            let (sum, over) = limb.overflowing_add(part);
            let (sum, again) = sum.overflowing_add(carry.into());
            (*limb, carry) = (sum, over | again);
        }
        offset += width;
    }
    let [a, b, c, d, high] = limbs;
    let low = Fr::from_raw([a, b, c, d]);
    if high == 0 {
        return low;
    }
    // Only a value that does not fit its width comes here.
    low + Fr::from(high) * Fr::from_raw([0, 0, 0, 1 << 63]).double()
}

/// A signed number in the field.
fn signed(x: i64) -> Fr {
    cloister_crypto::field::from_i128(x.into())
}

/// `P_k = Σ (q_{6k+i} + 2^40)·2^{41·i}`.
pub fn pack_positions(positions: &Positions) -> [Fr; POSITION_WORDS] {
    let mut words = [Fr::zero(); POSITION_WORDS];
    let step = power_of_two(POSITION_BITS);
    for (word, chunk) in words.iter_mut().zip(positions.chunks(POSITIONS_PER_WORD)) {
        for q in chunk.iter().rev() {
            *word = *word * step + signed(q.get()) + signed(POSITION_OFFSET);
        }
    }
    words
}

/// `O_k = Σ o_{5k+i}·2^{50·i}`.
pub fn pack_open_interest(open: &OpenInterest) -> [Fr; OPEN_INTEREST_WORDS] {
    let mut words = [Fr::zero(); OPEN_INTEREST_WORDS];
    let step = power_of_two(OPEN_INTEREST_BITS);
    for (word, chunk) in words.iter_mut().zip(open.chunks(OPEN_INTERESTS_PER_WORD)) {
        for o in chunk.iter().rev() {
            *word = *word * step + Fr::from(*o);
        }
    }
    words
}

/// Takes `count` numbers of `bits` bits (64 or fewer) out of an element, or `None` if something is left over.
fn unpack(word: &Fr, bits: usize, count: usize, out: &mut [u64]) -> Option<()> {
    let bytes = cloister_crypto::field::to_bytes(word);
    let bit = |i: usize| bytes.get(i / 8).is_some_and(|b| (b >> (i % 8)) & 1 == 1);
    for (k, slot) in out.iter_mut().enumerate().take(count) {
        *slot = (0..bits).fold(0u64, |x, i| x | (u64::from(bit(k * bits + i)) << i));
    }
    if (count * bits..256).any(bit) {
        None
    } else {
        Some(())
    }
}

/// Inverse of [`pack_positions`]; `None` if a word does not unpack.
pub fn unpack_positions(words: &[Fr; POSITION_WORDS]) -> Option<Positions> {
    let mut out = Positions::default();
    for (word, chunk) in words.iter().zip(out.chunks_mut(POSITIONS_PER_WORD)) {
        let mut raw = [0u64; POSITIONS_PER_WORD];
        unpack(word, POSITION_BITS, chunk.len(), &mut raw)?;
        for (q, r) in chunk.iter_mut().zip(raw) {
            *q = Position(i64::try_from(r).ok()?.checked_sub(POSITION_OFFSET)?);
        }
    }
    Some(out)
}

/// Inverse of [`pack_open_interest`]; `None` if a word does not unpack.
pub fn unpack_open_interest(words: &[Fr; OPEN_INTEREST_WORDS]) -> Option<OpenInterest> {
    let mut out = [0u64; INSTRUMENTS];
    for (word, chunk) in words.iter().zip(out.chunks_mut(OPEN_INTERESTS_PER_WORD)) {
        let count = chunk.len();
        unpack(word, OPEN_INTEREST_BITS, count, chunk)?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What [`pack`] says, by the field's own arithmetic.
    fn folded(fields: &[(u64, usize)]) -> Fr {
        let power = |bits: usize| (0..bits).fold(Fr::one(), |x, _| x.double());
        fields
            .iter()
            .rev()
            .fold(Fr::zero(), |x, (value, width)| x * power(*width) + Fr::from(*value))
    }

    #[test]
    fn powers_of_two_should_be_repeated_doublings() {
        let mut power = Fr::one();
        for bits in 0..256 {
            assert_eq!(power_of_two(bits), power, "{bits}");
            power = power.double();
        }
    }

    #[test]
    fn values_at_the_edges_should_reach_into_the_next_field_and_beyond_the_last() {
        let all = [(u64::MAX, 63); 4];
        assert_eq!(pack(&all), folded(&all));
        let most = [
            (u64::MAX, 64),
            (u64::MAX, 64),
            (u64::MAX, 64),
            (u64::MAX, 63),
            (u64::MAX, 1),
        ];
        assert_eq!(pack(&most), folded(&most));
        let carried = [(1, 0), (u64::MAX, 64), (u64::MAX, 64), (u64::MAX, 64), (u64::MAX, 64)];
        assert_eq!(pack(&carried), folded(&carried));
        assert_eq!(pack(&[]), Fr::zero());
    }

    proptest! {
        #[test]
        fn fields_should_stand_one_above_the_other(fields in prop::collection::vec((any::<u64>(), 0usize..50), 0..6)) {
            prop_assert_eq!(pack(&fields), folded(&fields));
        }
    }
}
