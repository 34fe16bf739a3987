//! Verifying keys.

use super::{
    decode::{decode_g1_uncompressed, decode_g2_uncompressed, Check},
    G1Affine, G2Affine,
};
use crate::{
    curve::points::{G1_UNCOMPRESSED, G2_UNCOMPRESSED},
    pairing::{Curve, DefaultCurve},
    KeyError, KeyPoint,
};
use std::io::Read;

/// A verifying key. Its encoding is that of the crate `groth16` (C-VERIFIER): the points of [`VerifyingKey`] in the
/// order of its fields, uncompressed, with the number of `ic` as 32 bits big-endian before them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKey {
    /// `alpha` in G1.
    pub alpha_g1: G1Affine,
    /// `beta` in G1.
    pub beta_g1: G1Affine,
    /// `beta` in G2.
    pub beta_g2: G2Affine,
    /// `gamma` in G2.
    pub gamma_g2: G2Affine,
    /// `delta` in G1.
    pub delta_g1: G1Affine,
    /// `delta` in G2.
    pub delta_g2: G2Affine,
    /// `(beta · a_i(tau) + alpha · b_i(tau) + c_i(tau)) / gamma` of every input, the constant one first.
    pub ic: Vec<G1Affine>,
}

impl VerifyingKey {
    /// Public inputs of the circuit, without the constant one.
    pub fn inputs(&self) -> usize {
        self.ic.len().saturating_sub(1)
    }

    /// The bytes that [`VerifyingKey::from_bytes`] and the chain read (C-VERIFIER).
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity((3 + self.ic.len()) * G1_UNCOMPRESSED + 3 * G2_UNCOMPRESSED + 4);
        out.extend_from_slice(&DefaultCurve::encode_g1(&self.alpha_g1));
        out.extend_from_slice(&DefaultCurve::encode_g1(&self.beta_g1));
        out.extend_from_slice(&DefaultCurve::encode_g2(&self.beta_g2));
        out.extend_from_slice(&DefaultCurve::encode_g2(&self.gamma_g2));
        out.extend_from_slice(&DefaultCurve::encode_g1(&self.delta_g1));
        out.extend_from_slice(&DefaultCurve::encode_g2(&self.delta_g2));
        // A key has as many of these as its circuit has inputs; bellman counts them in memory that could not hold 2^32.
        out.extend_from_slice(&(self.ic.len() as u32).to_be_bytes());
        for point in &self.ic {
            out.extend_from_slice(&DefaultCurve::encode_g1(point));
        }
        out
    }

    /// Reads the encoding and checks every point: flags and range of the coordinates, not the identity, on the curve,
    /// in the subgroup of prime order.
    ///
    /// # Errors
    /// [`KeyError::Stream`] if there are too few bytes, [`KeyError::TrailingBytes`] if there are too many,
    /// [`KeyError::NoInputPoints`], [`KeyError::Point`] with the first point that may not be used.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let mut rest = bytes;
        let key = Self::read(&mut rest)?;
        if rest.is_empty() {
            Ok(key)
        } else {
            Err(KeyError::TrailingBytes)
        }
    }

    /// Reads the encoding from a stream and checks as [`VerifyingKey::from_bytes`] does; stops behind the last point.
    ///
    /// # Errors
    /// [`KeyError::Stream`] if the stream ends early or fails, [`KeyError::NoInputPoints`], [`KeyError::Point`] with
    /// the first point that may not be used.
    pub fn read<R: Read>(mut reader: R) -> Result<Self, KeyError> {
        let mut points = PointReader(&mut reader);
        let alpha_g1 = points.g1(KeyPoint::AlphaG1)?;
        let beta_g1 = points.g1(KeyPoint::BetaG1)?;
        let beta_g2 = points.g2(KeyPoint::BetaG2)?;
        let gamma_g2 = points.g2(KeyPoint::GammaG2)?;
        let delta_g1 = points.g1(KeyPoint::DeltaG1)?;
        let delta_g2 = points.g2(KeyPoint::DeltaG2)?;
        let count = u32::from_be_bytes(points.take()?);
        if count == 0 {
            return Err(KeyError::NoInputPoints);
        }
        // Not reserved at once: the count is the stream's word.
        let ic = (0..count)
            .map(|i| points.g1(KeyPoint::Input(i)))
            .collect::<Result<Vec<_>, _>>()?;
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
}

/// Takes single points off a stream.
struct PointReader<'a, R>(&'a mut R);

impl<R: Read> PointReader<'_, R> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], KeyError> {
        let mut bytes = [0; N];
        self.0.read_exact(&mut bytes).map_err(KeyError::Stream)?;
        Ok(bytes)
    }

    fn g1(&mut self, point: KeyPoint) -> Result<G1Affine, KeyError> {
        let bytes = self.take::<G1_UNCOMPRESSED>()?;
        decode_g1_uncompressed::<DefaultCurve>(&bytes, Check::Full).map_err(|error| KeyError::Point { point, error })
    }

    fn g2(&mut self, point: KeyPoint) -> Result<G2Affine, KeyError> {
        let bytes = self.take::<G2_UNCOMPRESSED>()?;
        decode_g2_uncompressed::<DefaultCurve>(&bytes, Check::Full).map_err(|error| KeyError::Point { point, error })
    }
}
