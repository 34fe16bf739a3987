//! What is done with single points, outside of the inner loops: encodings, checks and pairings.
//!
//! [`Curve`] has two implementations: `assembly` is `blst` (feature `native`), `pure` the crate `bls12_381`, on every
//! target. Keys and verification use [`DefaultCurve`]; generation and proofs use the one that goes with their backend.

#[cfg(feature = "native")]
mod assembly;
mod pure;

use crate::{
    arithmetic::{self, Suite},
    curve::points::{G1Affine, G2Affine, G1_COMPRESSED, G1_UNCOMPRESSED, G2_COMPRESSED, G2_UNCOMPRESSED},
    error::PointError,
};
use core::fmt::Debug;

#[cfg(feature = "native")]
pub use assembly::Assembly;
pub use pure::Pure;

/// The curve's arithmetic of keys and verification.
#[cfg(feature = "native")]
pub type DefaultCurve = Assembly;
/// The curve's arithmetic of keys and verification.
#[cfg(not(feature = "native"))]
pub type DefaultCurve = Pure;

/// Encodings, checks and pairings: what is done with single points.
pub trait Curve: 'static {
    /// A product of Miller loops; the default is one.
    type Miller: Copy + Default + Send + Sync;
    /// A product of pairings; the default is one.
    type Target: Clone + Debug + Default + PartialEq + Send + Sync;

    /// A point on the curve from its uncompressed form. The flags have been checked, and it is not the identity.
    ///
    /// # Errors
    /// [`PointError::Encoding`] if a coordinate is not below the modulus, [`PointError::NotOnCurve`], and
    /// [`PointError::NotInSubgroup`] of the two points with the abscissa zero.
    fn decode_g1(bytes: &[u8; G1_UNCOMPRESSED]) -> Result<G1Affine, PointError>;
    /// The same in G2, which has no point with the abscissa zero.
    ///
    /// # Errors
    /// [`PointError::Encoding`], [`PointError::NotOnCurve`].
    fn decode_g2(bytes: &[u8; G2_UNCOMPRESSED]) -> Result<G2Affine, PointError>;
    /// A point of the subgroup from its compressed form. The flags have been checked, and it is not the identity.
    ///
    /// # Errors
    /// [`PointError::Encoding`], [`PointError::NotOnCurve`], [`PointError::NotInSubgroup`].
    fn decompress_g1(bytes: &[u8; G1_COMPRESSED]) -> Result<G1Affine, PointError>;
    /// The same in G2.
    ///
    /// # Errors
    /// As [`Curve::decompress_g1`].
    fn decompress_g2(bytes: &[u8; G2_COMPRESSED]) -> Result<G2Affine, PointError>;
    /// Whether a point of the curve is in the subgroup of prime order.
    fn is_in_g1(point: &G1Affine) -> bool;
    /// Whether a point of the curve is in the subgroup of prime order.
    fn is_in_g2(point: &G2Affine) -> bool;
    /// The uncompressed form.
    fn encode_g1(point: &G1Affine) -> [u8; G1_UNCOMPRESSED];
    /// The uncompressed form.
    fn encode_g2(point: &G2Affine) -> [u8; G2_UNCOMPRESSED];
    /// The compressed form.
    fn compress_g1(point: &G1Affine) -> [u8; G1_COMPRESSED];
    /// The compressed form.
    fn compress_g2(point: &G2Affine) -> [u8; G2_COMPRESSED];

    /// The inverse of a point.
    fn negate(point: G1Affine) -> G1Affine;
    /// The sum of two points, whatever they are.
    fn add(a: &G1Affine, b: &G1Affine) -> G1Affine;
    /// A point times a little-endian integer, of which `bits` count.
    fn multiply(point: &G1Affine, scalar: &[u8], bits: usize) -> G1Affine;
    /// `Σ scalars[i] · points[i]` over lists of the same length; of every scalar, `bits` bits count.
    fn sum_of_products<const N: usize>(points: &[G1Affine], scalars: &[[u8; N]], bits: usize) -> G1Affine;

    /// The product of the Miller loops of pairs, which share their squarings. A pair with an identity counts as one.
    fn miller(pairs: &[(G1Affine, G2Affine)]) -> Self::Miller;
    /// The product of two products.
    fn join(a: Self::Miller, b: Self::Miller) -> Self::Miller;
    /// The final exponentiation.
    fn target(product: &Self::Miller) -> Self::Target;
}

/// The fields of a backend with the arithmetic of single points that goes with them.
pub trait CurveSuite: Suite {
    /// That arithmetic.
    type Curve: Curve;
}

impl CurveSuite for arithmetic::Pure {
    type Curve = Pure;
}

#[cfg(feature = "native")]
impl CurveSuite for arithmetic::Portable {
    type Curve = Assembly;
}

#[cfg(all(feature = "native", target_arch = "x86_64"))]
impl CurveSuite for arithmetic::Floating {
    type Curve = Assembly;
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
impl CurveSuite for arithmetic::Floating {
    type Curve = Pure;
}

#[cfg(all(feature = "native", target_arch = "x86_64"))]
impl CurveSuite for arithmetic::Vector {
    type Curve = Assembly;
}

#[cfg(all(test, feature = "native"))]
mod tests;
