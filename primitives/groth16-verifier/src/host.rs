//! The SDK's host calls. Their wire format is arkworks' uncompressed serialisation: a `u64` little-endian count before
//! a list, points in the zcash encoding (the same as `bls12_381`'s), field elements little-endian.

use crate::{
    backend::Backend,
    encoding::{G1_UNCOMPRESSED, G2_UNCOMPRESSED},
    error::VerifyError,
};
use alloc::{vec, vec::Vec};
use bls12_381::{G1Affine, G2Affine, Scalar as Fr};
use sp_crypto_ec_utils::bls12_381::host_calls;

/// Bytes of an element of the pairing's target field: twelve coordinates.
const TARGET: usize = 12 * 48;

/// The node's native code, called from the runtime. Natively the same functions are called directly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostCalls;

fn list<const N: usize>(items: impl ExactSizeIterator<Item = [u8; N]>) -> Vec<u8> {
    let mut out = Vec::with_capacity(8 + items.len() * N);
    out.extend_from_slice(&(items.len() as u64).to_le_bytes());
    items.for_each(|item| out.extend_from_slice(&item));
    out
}

impl Backend for HostCalls {
    fn linear_combination(bases: &[G1Affine], scalars: &[Fr]) -> Result<G1Affine, VerifyError> {
        let mut out = [0u8; G1_UNCOMPRESSED];
        let bases = list(bases.iter().map(G1Affine::to_uncompressed));
        let scalars = list(scalars.iter().map(Fr::to_bytes));
        host_calls::bls12_381_msm_g1(&bases, &scalars, &mut out).map_err(|_| VerifyError::HostCall)?;
        // The sum of subgroup points is one; only the encoding is looked at.
        Option::from(G1Affine::from_uncompressed_unchecked(&out)).ok_or(VerifyError::HostCall)
    }

    fn pairing_product_is_one(pairs: &[(G1Affine, G2Affine)]) -> Result<bool, VerifyError> {
        let left = list::<G1_UNCOMPRESSED>(pairs.iter().map(|(p, _)| p.to_uncompressed()));
        let right = list::<G2_UNCOMPRESSED>(pairs.iter().map(|(_, q)| q.to_uncompressed()));
        let mut target = vec![0u8; TARGET];
        host_calls::bls12_381_multi_miller_loop(&left, &right, &mut target).map_err(|_| VerifyError::HostCall)?;
        host_calls::bls12_381_final_exponentiation(&mut target).map_err(|_| VerifyError::HostCall)?;
        // One is its first coordinate 1, all others 0.
        Ok(target.first() == Some(&1) && target.iter().skip(1).all(|b| *b == 0))
    }
}
