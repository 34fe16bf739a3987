//! A view key sealed to the sequencers' key (P-SEAL).

use blake2::{Blake2b512, Digest};
use core::fmt;
use jubjub::{AffinePoint, ExtendedPoint};

use crate::{
    constants::domain,
    field::{self, FieldError},
    poseidon2::sponge,
    schnorr::{generator, PublicKey, PublicKeyError},
    Fr,
};

const KEY_PERSONALISATION: &[u8] = b"cloister/seal/secret/v1";
const EPHEMERAL_PERSONALISATION: &[u8] = b"cloister/seal/ephemeral/v1";

/// Why a sealed key does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// A field element of the encoding is not canonical.
    #[error("the sealed key is not canonical")]
    NonCanonical,
    /// The ephemeral point is outside the prime-order subgroup, or is the identity.
    #[error("the ephemeral point is refused: {0}")]
    Ephemeral(PublicKeyError),
}

impl From<FieldError> for SealError {
    fn from(error: FieldError) -> Self {
        match error {
            FieldError::NonCanonical => Self::NonCanonical,
        }
    }
}

fn scalar(personalisation: &[u8], secret: &[u8]) -> jubjub::Fr {
    let mut hasher = Blake2b512::new();
    hasher.update(personalisation);
    hasher.update(secret);
    let mut wide = [0; 64];
    wide.copy_from_slice(&hasher.finalize());
    jubjub::Fr::from_bytes_wide(&wide)
}

/// The scalar `e` that [`seal`] draws from its entropy: what a trader must know to prove a seal (V-SCALAR).
pub fn ephemeral_scalar(entropy: &[u8; 64]) -> jubjub::Fr {
    scalar(EPHEMERAL_PERSONALISATION, entropy)
}

/// The pad `sponge(SEAL, [S.x, S.y, E.x, E.y])` of a shared point `S` and an ephemeral point `E`.
pub fn pad(shared: AffinePoint, ephemeral: AffinePoint) -> Fr {
    sponge(
        domain::SEAL,
        &[shared.get_u(), shared.get_v(), ephemeral.get_u(), ephemeral.get_v()],
    )
}

/// The sequencers' public sealing key `Q = z·G`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealPublicKey(PublicKey);

impl SealPublicKey {
    /// A key from affine coordinates; the errors are those of [`PublicKey::from_coordinates`].
    pub fn from_coordinates(x: Fr, y: Fr) -> Result<Self, PublicKeyError> {
        PublicKey::from_coordinates(x, y).map(Self)
    }

    /// First affine coordinate.
    pub fn x(&self) -> Fr {
        self.0.x()
    }

    /// Second affine coordinate.
    pub fn y(&self) -> Fr {
        self.0.y()
    }

    /// The point.
    pub fn point(&self) -> AffinePoint {
        self.0.point()
    }
}

/// The sequencers' secret sealing key `z`.
#[derive(Clone)]
pub struct SealKey(jubjub::Fr);

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The scalar must not reach a log.
        f.debug_struct("SealKey").finish_non_exhaustive()
    }
}

impl SealKey {
    /// The key of a 32-byte secret seed.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(scalar(KEY_PERSONALISATION, seed))
    }

    /// The public key. [`PublicKeyError::Identity`] for the one seed in 2^252 whose scalar is zero.
    pub fn public(&self) -> Result<SealPublicKey, PublicKeyError> {
        let point = AffinePoint::from(ExtendedPoint::from(generator() * self.0));
        SealPublicKey::from_coordinates(point.get_u(), point.get_v())
    }

    /// Opens a sealed view key. Errors: [`SealError::NonCanonical`], [`SealError::Ephemeral`]. Any well-formed
    /// ciphertext opens to something: compare [`crate::stream::view_commitment`] of the result with the queued one.
    pub fn open(&self, sealed: &Sealed) -> Result<Fr, SealError> {
        let ephemeral =
            PublicKey::from_coordinates(sealed.element(0)?, sealed.element(1)?).map_err(SealError::Ephemeral)?;
        let shared = AffinePoint::from(ExtendedPoint::from(ephemeral.point()) * self.0);
        Ok(sealed.element(2)? - pad(shared, ephemeral.point()))
    }
}

/// A sealed view key `E.x ‖ E.y ‖ ct`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed(pub [u8; Sealed::LENGTH]);

impl Sealed {
    /// Length of the encoding.
    pub const LENGTH: usize = 96;

    /// Encodes `E.x`, `E.y`, `ct`.
    pub fn from_elements(elements: &[Fr; 3]) -> Self {
        let mut bytes = [0; Self::LENGTH];
        for (chunk, element) in bytes.chunks_exact_mut(32).zip(elements) {
            chunk.copy_from_slice(&element.to_bytes());
        }
        Self(bytes)
    }

    /// `E.x`, `E.y`, `ct`. [`FieldError::NonCanonical`] if one of them is not below the order of the field.
    pub fn elements(&self) -> Result<[Fr; 3], FieldError> {
        Ok([self.element(0)?, self.element(1)?, self.element(2)?])
    }

    fn element(&self, i: usize) -> Result<Fr, FieldError> {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(&self.0[32 * i..32 * (i + 1)]);
        field::from_bytes(&bytes)
    }
}

/// Seals a view key. `entropy` is secret, uniformly random and used once: whoever learns it opens the seal.
pub fn seal(view_key: Fr, key: &SealPublicKey, entropy: &[u8; 64]) -> Sealed {
    let e = ephemeral_scalar(entropy);
    let ephemeral = AffinePoint::from(ExtendedPoint::from(generator() * e));
    let shared = AffinePoint::from(ExtendedPoint::from(key.point()) * e);
    Sealed::from_elements(&[ephemeral.get_u(), ephemeral.get_v(), view_key + pad(shared, ephemeral)])
}
