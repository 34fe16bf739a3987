//! Proofs.

use crate::{
    curve::points::{G1_COMPRESSED, G2_COMPRESSED},
    key::{decode_g1_compressed, decode_g2_compressed},
    pairing::{Curve, DefaultCurve},
    G1Affine, G2Affine, PointError, ProofPoint, VerifyError,
};
use std::fmt;

/// Bytes of a proof: `A(48) ‖ B(96) ‖ C(48)`.
pub const PROOF_LENGTH: usize = 2 * G1_COMPRESSED + G2_COMPRESSED;

/// An encoded proof: `A ‖ B ‖ C`, compressed (C-VERIFIER).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Proof(pub [u8; PROOF_LENGTH]);

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proof({})", hex::encode(self.0))
    }
}

/// The points of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProofPoints {
    /// `A`.
    pub a: G1Affine,
    /// `B`.
    pub b: G2Affine,
    /// `C`.
    pub c: G1Affine,
}

impl Proof {
    /// Encodes points; they are the caller's own and not checked.
    pub fn from_points(points: &ProofPoints) -> Self {
        Self::encode::<DefaultCurve>(points)
    }

    pub(crate) fn encode<C: Curve>(points: &ProofPoints) -> Self {
        let mut out = [0; PROOF_LENGTH];
        let (head, tail) = out.split_at_mut(G1_COMPRESSED);
        let (middle, tail) = tail.split_at_mut(G2_COMPRESSED);
        head.copy_from_slice(&C::compress_g1(&points.a));
        middle.copy_from_slice(&C::compress_g2(&points.b));
        tail.copy_from_slice(&C::compress_g1(&points.c));
        Self(out)
    }

    /// Decodes and checks the points, as C-VERIFIER prescribes: flags and range of the coordinates, not the identity,
    /// on the curve, in the subgroup of prime order.
    ///
    /// # Errors
    /// [`VerifyError::Proof`] with the first point that may not be used.
    pub fn points(&self) -> Result<ProofPoints, VerifyError> {
        self.decode::<DefaultCurve>()
    }

    pub(crate) fn decode<C: Curve>(&self) -> Result<ProofPoints, VerifyError> {
        let (mut a, mut b, mut c) = ([0; G1_COMPRESSED], [0; G2_COMPRESSED], [0; G1_COMPRESSED]);
        let (head, tail) = self.0.split_at(G1_COMPRESSED);
        let (middle, tail) = tail.split_at(G2_COMPRESSED);
        a.copy_from_slice(head);
        b.copy_from_slice(middle);
        c.copy_from_slice(tail);
        let at = |point| move |error: PointError| VerifyError::Proof { point, error };
        Ok(ProofPoints {
            a: decode_g1_compressed::<C>(&a).map_err(at(ProofPoint::A))?,
            b: decode_g2_compressed::<C>(&b).map_err(at(ProofPoint::B))?,
            c: decode_g1_compressed::<C>(&c).map_err(at(ProofPoint::C))?,
        })
    }
}
