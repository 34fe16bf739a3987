//! Coefficients of random linear combinations.

use crate::curve::{affine, Curve, COEFFICIENT_BITS, COEFFICIENT_BYTES};
use blake2::{Blake2b512, Digest};
use rayon::prelude::*;

/// Coefficients in one hash.
const IN_A_HASH: usize = 64 / COEFFICIENT_BYTES;

/// Expands a seed to `count` coefficients of 128 bits each, one after the other.
pub(crate) fn expand(seed: &[u8], label: &[u8], count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count * COEFFICIENT_BYTES];
    bytes
        .par_chunks_mut(IN_A_HASH * COEFFICIENT_BYTES)
        .enumerate()
        .for_each(|(i, out)| {
            let mut hash = Blake2b512::new();
            hash.update((label.len() as u64).to_le_bytes());
            hash.update(label);
            hash.update((i as u64).to_le_bytes());
            hash.update(seed);
            out.copy_from_slice(&hash.finalize()[..out.len()]);
        });
    bytes
}

/// Bytes of the operating system's generator.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// The combination of some points with coefficients of [`expand`], of which there must be enough.
pub(crate) fn combine<C: Curve>(points: &[C::Affine], coefficients: &[u8]) -> C::Affine {
    /// Below this many points, spreading them over threads costs more than it gains.
    const FEW: usize = 256;
    if points.len() >= FEW {
        return C::combine_all(points, coefficients, COEFFICIENT_BITS);
    }
    let points: Vec<&C::Affine> = points.iter().collect();
    let coefficients = &coefficients[..points.len() * COEFFICIENT_BYTES];
    affine::<C>(C::combine(&points, coefficients, COEFFICIENT_BITS))
}
