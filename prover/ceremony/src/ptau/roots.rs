//! Roots of unity of both worlds (Y-ROOTS).
//!
//! snarkjs takes the smallest non-residue of the scalar field, 5, to the power `t`, the crate `bls12_381` takes 7 to
//! the power `t`, where the field has `2^32 · t + 1` elements. Both generate the same group, so the one is a power of
//! the other and their Lagrange polynomials are the same points in another order.

use bls12_381::Scalar;

/// The field has `2^TWO_ADICITY` roots of unity of that order.
const TWO_ADICITY: u32 = 32;
/// `t`: the odd part of the field's size less one.
const ODD_PART: [u64; 4] = [
    0xfffe_5bfe_ffff_ffff,
    0x09a1_d805_53bd_a402,
    0x299d_7d48_3339_d808,
    0x0000_0000_73ed_a753,
];
/// What snarkjs takes the power of.
const SNARKJS_NON_RESIDUE: u64 = 5;
/// What the crate `bls12_381`, and with it the prover, takes the power of.
const PROVER_NON_RESIDUE: u64 = 7;

/// The generator of all roots of unity of order `2^32`.
fn generator(non_residue: u64) -> Scalar {
    Scalar::from(non_residue).pow_vartime(&ODD_PART)
}

fn square_times(mut x: Scalar, times: u32) -> Scalar {
    for _ in 0..times {
        x = x.square();
    }
    x
}

/// The root of order `2^log2` that snarkjs uses.
pub(crate) fn snarkjs_root(log2: u32) -> Scalar {
    square_times(generator(SNARKJS_NON_RESIDUE), TWO_ADICITY.saturating_sub(log2))
}

/// The `k` below `2^log2` for which the prover's root of that order is the `k`-th power of snarkjs's.
pub(crate) fn exponent(log2: u32) -> usize {
    let from = snarkjs_root(log2);
    let to = square_times(generator(PROVER_NON_RESIDUE), TWO_ADICITY.saturating_sub(log2));
    // Bit after bit, lowest first: what is left over is raised to the power in which only the next bit counts.
    let inverse = from.invert().unwrap_or(Scalar::one());
    let mut rest = to;
    let mut exponent = 0;
    for bit in 0..log2 {
        if square_times(rest, log2 - 1 - bit) != Scalar::one() {
            exponent |= 1usize << bit;
            rest *= square_times(inverse, bit);
        }
    }
    exponent
}

/// Brings the polynomials from snarkjs's order into the prover's.
pub(super) fn reorder<T: Copy>(points: &[T], log2: u32) -> Vec<T> {
    let mask = points.len() - 1;
    let step = exponent(log2);
    (0..points.len()).map(|i| points[i.wrapping_mul(step) & mask]).collect()
}
