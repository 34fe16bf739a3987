//! The node's functions (C-CURVE-HOST).

use crate::{
    backend::Backend,
    encoding::{G1_COMPRESSED, G1_UNCOMPRESSED, G2_COMPRESSED, G2_UNCOMPRESSED},
    error::{PointError, ProofPoint, VerifyError},
};
use alloc::vec::Vec;
use bls12_381::{G1Affine, G2Affine, Scalar as Fr};
use cloister_curve_host::{curve_host, Code};

/// The node's native code, called from the runtime. Natively the same functions run directly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostCalls;

fn decoded(answer: u32, point: ProofPoint) -> Result<(), VerifyError> {
    let error = match Code::check(answer) {
        Ok(()) => return Ok(()),
        Err(Code::Encoding) => PointError::Encoding,
        Err(Code::Infinity) => PointError::Infinity,
        Err(Code::NotOnCurve) => PointError::NotOnCurve,
        Err(Code::NotInSubgroup) => PointError::NotInSubgroup,
        Err(Code::NotOne | Code::Arguments) => return Err(VerifyError::HostCall),
    };
    Err(VerifyError::Proof { point, error })
}

impl Backend for HostCalls {
    fn decode_g1(bytes: &[u8; G1_COMPRESSED], point: ProofPoint) -> Result<G1Affine, VerifyError> {
        let mut out = [0; G1_UNCOMPRESSED];
        decoded(curve_host::decode_g1(bytes, &mut out), point)?;
        Option::from(G1Affine::from_uncompressed_unchecked(&out)).ok_or(VerifyError::HostCall)
    }

    fn decode_g2(bytes: &[u8; G2_COMPRESSED], point: ProofPoint) -> Result<G2Affine, VerifyError> {
        let mut out = [0; G2_UNCOMPRESSED];
        decoded(curve_host::decode_g2(bytes, &mut out), point)?;
        Option::from(G2Affine::from_uncompressed_unchecked(&out)).ok_or(VerifyError::HostCall)
    }

    fn linear_combination(bases: &[G1Affine], scalars: &[Fr]) -> Result<G1Affine, VerifyError> {
        let bases: Vec<u8> = bases.iter().flat_map(G1Affine::to_uncompressed).collect();
        let scalars: Vec<u8> = scalars.iter().flat_map(Fr::to_bytes).collect();
        let mut out = [0; G1_UNCOMPRESSED];
        let answer = curve_host::sum_of_multiples(&bases, &scalars, &mut out);
        Code::check(answer).map_err(|_| VerifyError::HostCall)?;
        // The sum of subgroup points is one; only the encoding is looked at.
        Option::from(G1Affine::from_uncompressed_unchecked(&out)).ok_or(VerifyError::HostCall)
    }

    fn pairing_product_is_one(pairs: &[(G1Affine, G2Affine)]) -> Result<bool, VerifyError> {
        let left: Vec<u8> = pairs.iter().flat_map(|(p, _)| p.to_uncompressed()).collect();
        let right: Vec<u8> = pairs.iter().flat_map(|(_, q)| q.to_uncompressed()).collect();
        match Code::check(curve_host::pairing_product(&left, &right)) {
            Ok(()) => Ok(true),
            Err(Code::NotOne) => Ok(false),
            Err(_) => Err(VerifyError::HostCall),
        }
    }
}
