//! A proof, its points checked.

use crate::{
    encoding::{g1_compressed, g2_compressed, G1_COMPRESSED, G2_COMPRESSED},
    error::{PointError, ProofPoint, VerifyError},
};
use bls12_381::{G1Affine, G2Affine};

/// Bytes of a proof: compressed A, B, C.
pub const PROOF_BYTES: usize = 2 * G1_COMPRESSED + G2_COMPRESSED;

/// A proof whose points are in their prime-order subgroups and not the identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    pub(crate) a: G1Affine,
    pub(crate) b: G2Affine,
    pub(crate) c: G1Affine,
}

impl Proof {
    /// Reads and checks `A(48) ‖ B(96) ‖ C(48)`, the bytes of `groth16::Proof::write`.
    ///
    /// # Errors
    /// [`VerifyError::Proof`] with the first point that may not be used.
    pub fn from_bytes(bytes: &[u8; PROOF_BYTES]) -> Result<Self, VerifyError> {
        let (mut a, mut b, mut c) = ([0; G1_COMPRESSED], [0; G2_COMPRESSED], [0; G1_COMPRESSED]);
        let (head, tail) = bytes.split_at(G1_COMPRESSED);
        let (middle, tail) = tail.split_at(G2_COMPRESSED);
        a.copy_from_slice(head);
        b.copy_from_slice(middle);
        c.copy_from_slice(tail);
        let at = |point| move |error: PointError| VerifyError::Proof { point, error };
        Ok(Self {
            a: g1_compressed(&a).map_err(at(ProofPoint::A))?,
            b: g2_compressed(&b).map_err(at(ProofPoint::B))?,
            c: g1_compressed(&c).map_err(at(ProofPoint::C))?,
        })
    }

    /// The bytes [`Proof::from_bytes`] reads.
    pub fn to_bytes(&self) -> [u8; PROOF_BYTES] {
        let mut out = [0; PROOF_BYTES];
        let (head, tail) = out.split_at_mut(G1_COMPRESSED);
        let (middle, tail) = tail.split_at_mut(G2_COMPRESSED);
        head.copy_from_slice(&self.a.to_compressed());
        middle.copy_from_slice(&self.b.to_compressed());
        tail.copy_from_slice(&self.c.to_compressed());
        out
    }
}
