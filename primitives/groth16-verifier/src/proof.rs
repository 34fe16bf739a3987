//! A proof, its points checked.

use crate::{
    backend::Backend,
    default::DefaultBackend,
    encoding::{G1_COMPRESSED, G2_COMPRESSED},
    error::{ProofPoint, VerifyError},
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
    /// Reads and checks `A(48) ‖ B(96) ‖ C(48)`, the bytes of `groth16::Proof::write`, with [`DefaultBackend`].
    ///
    /// # Errors
    /// [`VerifyError::Proof`] with the first point that may not be used; [`VerifyError::HostCall`].
    pub fn from_bytes(bytes: &[u8; PROOF_BYTES]) -> Result<Self, VerifyError> {
        Self::from_bytes_with::<DefaultBackend>(bytes)
    }

    /// [`Proof::from_bytes`] with a backend of the caller's choice.
    ///
    /// # Errors
    /// As [`Proof::from_bytes`].
    pub fn from_bytes_with<B: Backend>(bytes: &[u8; PROOF_BYTES]) -> Result<Self, VerifyError> {
        let (mut a, mut b, mut c) = ([0; G1_COMPRESSED], [0; G2_COMPRESSED], [0; G1_COMPRESSED]);
        let (head, tail) = bytes.split_at(G1_COMPRESSED);
        let (middle, tail) = tail.split_at(G2_COMPRESSED);
        a.copy_from_slice(head);
        b.copy_from_slice(middle);
        c.copy_from_slice(tail);
        Ok(Self {
            a: B::decode_g1(&a, ProofPoint::A)?,
            b: B::decode_g2(&b, ProofPoint::B)?,
            c: B::decode_g1(&c, ProofPoint::C)?,
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
