//! Sizes of a circuit's key, without the key.

use super::file::file_length;
use crate::{
    curve::points::{G1_UNCOMPRESSED, G2_UNCOMPRESSED},
    prove::density::KeyWires,
    KeyError, Matrices,
};
use bellman::SynthesisError;

/// How large the keys of a constraint system are. All that counts is which wires are in which matrix; no point is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySizes {
    /// Points of [`crate::KeyPoints::h`].
    pub h: usize,
    /// Points of [`crate::KeyPoints::l`].
    pub l: usize,
    /// Points of [`crate::KeyPoints::a`].
    pub a: usize,
    /// Points of [`crate::KeyPoints::b_g1`].
    pub b_g1: usize,
    /// Points of [`crate::KeyPoints::b_g2`].
    pub b_g2: usize,
    /// Bytes of the verifying key as the chain stores it (C-VERIFIER).
    pub verifying_bytes: usize,
    /// Bytes of the file of the proving key.
    pub proving_bytes: u64,
}

impl KeySizes {
    /// The sizes of the keys of a constraint system.
    ///
    /// # Errors
    /// [`KeyError::Synthesis`] if the system is too large for any key.
    pub fn of(matrices: &Matrices) -> Result<Self, KeyError> {
        let too_large = || SynthesisError::PolynomialDegreeTooLarge;
        let density = KeyWires::of(matrices);
        let size = 1usize.checked_shl(matrices.domain_log2()).ok_or_else(too_large)?;
        let [h, l, a, b] = [size - 1, matrices.aux, density.a.len(), density.b.len()];
        // Three points of each group, the number of input points, an input point for each input with the constant one.
        let verifying_bytes = (3 + matrices.inputs) * G1_UNCOMPRESSED + 3 * G2_UNCOMPRESSED + size_of::<u32>();
        let counts = [h, l, a, b, b, verifying_bytes].map(|count| count as u64);
        let proving_bytes = file_length(counts).ok_or_else(too_large)?;
        Ok(Self {
            h,
            l,
            a,
            b_g1: b,
            b_g2: b,
            verifying_bytes,
            proving_bytes,
        })
    }
}
