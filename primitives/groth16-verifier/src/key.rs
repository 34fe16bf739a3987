//! Verifying keys.

use crate::{
    encoding::{g1_uncompressed, g2_uncompressed, G1_UNCOMPRESSED, G2_UNCOMPRESSED},
    error::{KeyPoint, VerifyingKeyError},
};
use alloc::vec::Vec;
use bls12_381::{G1Affine, G2Affine};

/// Maximum number of public inputs of a key. The project's statements have one each; the bound limits parsing.
pub const MAX_INPUTS: u32 = 64;

/// A verifying key whose points are in their prime-order subgroups and not the identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKey {
    pub(crate) alpha_g1: G1Affine,
    beta_g1: G1Affine,
    pub(crate) beta_g2: G2Affine,
    pub(crate) gamma_g2: G2Affine,
    delta_g1: G1Affine,
    pub(crate) delta_g2: G2Affine,
    pub(crate) ic: Vec<G1Affine>,
}

/// Takes points off the front of a slice.
struct Reader<'a> {
    rest: &'a [u8],
    full: bool,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], VerifyingKeyError> {
        if self.rest.len() < N {
            return Err(VerifyingKeyError::Length);
        }
        let (head, rest) = self.rest.split_at(N);
        let mut out = [0; N];
        out.copy_from_slice(head);
        self.rest = rest;
        Ok(out)
    }

    fn g1(&mut self, point: KeyPoint) -> Result<G1Affine, VerifyingKeyError> {
        let bytes = self.take::<G1_UNCOMPRESSED>()?;
        g1_uncompressed(&bytes, self.full).map_err(|error| VerifyingKeyError::Point { point, error })
    }

    fn g2(&mut self, point: KeyPoint) -> Result<G2Affine, VerifyingKeyError> {
        let bytes = self.take::<G2_UNCOMPRESSED>()?;
        g2_uncompressed(&bytes, self.full).map_err(|error| VerifyingKeyError::Point { point, error })
    }
}

impl VerifyingKey {
    /// Reads and checks the bytes of `groth16::VerifyingKey::write`.
    ///
    /// # Errors
    /// [`VerifyingKeyError`]: the length, the number of inputs, or the first point that may not be used.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, VerifyingKeyError> {
        Self::read(bytes, true)
    }

    /// Reads bytes that [`VerifyingKey::from_bytes`] has accepted before (the chain's storage): curve and subgroup are
    /// not checked again, which is most of the work. Never call it on bytes from outside.
    ///
    /// # Errors
    /// [`VerifyingKeyError`]: the length, the number of inputs, or an encoding.
    pub fn from_checked_bytes(bytes: &[u8]) -> Result<Self, VerifyingKeyError> {
        Self::read(bytes, false)
    }

    fn read(bytes: &[u8], full: bool) -> Result<Self, VerifyingKeyError> {
        let mut reader = Reader { rest: bytes, full };
        let alpha_g1 = reader.g1(KeyPoint::AlphaG1)?;
        let beta_g1 = reader.g1(KeyPoint::BetaG1)?;
        let beta_g2 = reader.g2(KeyPoint::BetaG2)?;
        let gamma_g2 = reader.g2(KeyPoint::GammaG2)?;
        let delta_g1 = reader.g1(KeyPoint::DeltaG1)?;
        let delta_g2 = reader.g2(KeyPoint::DeltaG2)?;
        let count = u32::from_be_bytes(reader.take()?);
        if count == 0 || count > MAX_INPUTS + 1 {
            return Err(VerifyingKeyError::InputCount(count));
        }
        let ic = (0..count)
            .map(|i| reader.g1(KeyPoint::Input(i)))
            .collect::<Result<Vec<_>, _>>()?;
        if !reader.rest.is_empty() {
            return Err(VerifyingKeyError::Length);
        }
        Ok(Self {
            alpha_g1,
            beta_g1,
            beta_g2,
            gamma_g2,
            delta_g1,
            delta_g2,
            ic,
        })
    }

    /// The bytes [`VerifyingKey::from_bytes`] reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity((3 + self.ic.len()) * G1_UNCOMPRESSED + 3 * G2_UNCOMPRESSED + 4);
        out.extend_from_slice(&self.alpha_g1.to_uncompressed());
        out.extend_from_slice(&self.beta_g1.to_uncompressed());
        out.extend_from_slice(&self.beta_g2.to_uncompressed());
        out.extend_from_slice(&self.gamma_g2.to_uncompressed());
        out.extend_from_slice(&self.delta_g1.to_uncompressed());
        out.extend_from_slice(&self.delta_g2.to_uncompressed());
        out.extend_from_slice(&(self.ic.len() as u32).to_be_bytes());
        for point in &self.ic {
            out.extend_from_slice(&point.to_uncompressed());
        }
        out
    }

    /// Number of public inputs.
    pub fn inputs(&self) -> usize {
        self.ic.len().saturating_sub(1)
    }
}
