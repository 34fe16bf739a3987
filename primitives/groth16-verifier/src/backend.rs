//! Who does the curve arithmetic.

use crate::{
    encoding::{g1_compressed, g2_compressed, G1_COMPRESSED, G2_COMPRESSED},
    error::{ProofPoint, VerifyError},
};
use alloc::vec::Vec;
use bls12_381::{multi_miller_loop, G1Affine, G1Projective, G2Affine, G2Prepared, Gt, Scalar as Fr};

/// The operations a verification is made of. Points that are not decoded by a backend have been checked.
pub trait Backend {
    /// A point of G1 from its compressed form, checked; `point` says which of the proof it is.
    ///
    /// # Errors
    /// [`VerifyError::Proof`] with what is wrong; [`VerifyError::HostCall`] if the node decodes and does not answer.
    fn decode_g1(bytes: &[u8; G1_COMPRESSED], point: ProofPoint) -> Result<G1Affine, VerifyError>;

    /// The same in G2.
    ///
    /// # Errors
    /// As [`Backend::decode_g1`].
    fn decode_g2(bytes: &[u8; G2_COMPRESSED], point: ProofPoint) -> Result<G2Affine, VerifyError>;

    /// `Σ scalars_i · bases_i`; the slices are equally long.
    ///
    /// # Errors
    /// [`VerifyError::HostCall`] if the node does the arithmetic and refuses.
    fn linear_combination(bases: &[G1Affine], scalars: &[Fr]) -> Result<G1Affine, VerifyError>;

    /// True if the product of the pairings of all pairs is one.
    ///
    /// # Errors
    /// [`VerifyError::HostCall`] if the node does the arithmetic and refuses.
    fn pairing_product_is_one(pairs: &[(G1Affine, G2Affine)]) -> Result<bool, VerifyError>;
}

/// Everything in `bls12_381`, natively or in Wasm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pure;

impl Backend for Pure {
    fn decode_g1(bytes: &[u8; G1_COMPRESSED], point: ProofPoint) -> Result<G1Affine, VerifyError> {
        g1_compressed(bytes).map_err(|error| VerifyError::Proof { point, error })
    }

    fn decode_g2(bytes: &[u8; G2_COMPRESSED], point: ProofPoint) -> Result<G2Affine, VerifyError> {
        g2_compressed(bytes).map_err(|error| VerifyError::Proof { point, error })
    }

    fn linear_combination(bases: &[G1Affine], scalars: &[Fr]) -> Result<G1Affine, VerifyError> {
        let one = Fr::one();
        let sum = bases
            .iter()
            .zip(scalars)
            .fold(G1Projective::identity(), |sum, (base, scalar)| {
                // The constant's point comes with the scalar one: an addition, not a multiplication.
                if *scalar == one {
                    sum + base
                } else {
                    sum + base * scalar
                }
            });
        Ok(G1Affine::from(sum))
    }

    fn pairing_product_is_one(pairs: &[(G1Affine, G2Affine)]) -> Result<bool, VerifyError> {
        let prepared: Vec<(G1Affine, G2Prepared)> = pairs.iter().map(|(p, q)| (*p, G2Prepared::from(*q))).collect();
        let terms: Vec<(&G1Affine, &G2Prepared)> = prepared.iter().map(|(p, q)| (p, q)).collect();
        Ok(multi_miller_loop(&terms).final_exponentiation() == Gt::identity())
    }
}
