//! Keys and Schnorr signatures on Jubjub (P-SCHNORR).

use blake2::{Blake2b512, Digest};
use core::fmt;
use jubjub::{AffinePoint, ExtendedPoint, SubgroupPoint};

use crate::{constants::domain, poseidon2::sponge, Fr};

/// Curve coefficient `d` of Jubjub, `-x² + y² = 1 + d·x²·y²`.
pub const EDWARDS_D: Fr = Fr::from_raw([
    0x0106_5fd6_d634_3eb1,
    0x292d_7f6d_3757_9d26,
    0xf5fd_9207_e6bd_7fd4,
    0x2a93_18e7_4bfa_2b48,
]);

/// Coordinates of the generator `G`: the hash of [`crate::constants::GENERATOR_TAG`] to the curve, times eight. A test
/// repeats the derivation.
const GENERATOR_X: Fr = Fr::from_raw([
    0x98f2_b228_7015_c875,
    0xd97e_f2dd_0535_3dc9,
    0xff79_540b_dfee_692e,
    0x458f_58da_424d_c1d6,
]);
const GENERATOR_Y: Fr = Fr::from_raw([
    0xb20d_8fcd_a6c8_ddb6,
    0xc493_4a94_950b_b517,
    0x4a8b_c8f0_6454_5e8f,
    0x1a59_9927_15e2_a585,
]);

const SECRET_PERSONALISATION: &[u8] = b"cloister/schnorr/secret/v1";
const NONCE_PERSONALISATION: &[u8] = b"cloister/schnorr/nonce/v1";

/// The generator `G` of the prime-order subgroup.
pub const fn generator() -> SubgroupPoint {
    SubgroupPoint::from_raw_unchecked(GENERATOR_X, GENERATOR_Y)
}

/// The generator in affine coordinates.
pub const fn generator_affine() -> AffinePoint {
    AffinePoint::from_raw_unchecked(GENERATOR_X, GENERATOR_Y)
}

/// Whether `(x, y)` satisfies the curve equation.
pub fn is_on_curve(x: &Fr, y: &Fr) -> bool {
    let (x2, y2) = (x.square(), y.square());
    y2 - x2 == Fr::one() + EDWARDS_D * x2 * y2
}

/// Why coordinates are not a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublicKeyError {
    /// The coordinates do not satisfy the curve equation.
    #[error("the key is not on the curve")]
    NotOnCurve,
    /// The point is the identity, under which anybody could sign.
    #[error("the key is the identity")]
    Identity,
    /// The point has a component of small order.
    #[error("the key is outside the prime-order subgroup")]
    NotPrimeOrder,
}

/// Why a signature is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The response is not below the order of the subgroup.
    #[error("the response is not canonical")]
    NonCanonicalResponse,
    /// The signature does not belong to this key and message.
    #[error("the signature does not match the key and the message")]
    Mismatch,
}

/// Hash to a Jubjub scalar; 512 bits make the bias negligible.
fn hash_to_scalar(personalisation: &[u8], parts: &[&[u8]]) -> jubjub::Fr {
    let mut hasher = Blake2b512::new();
    hasher.update(personalisation);
    for part in parts {
        hasher.update(part);
    }
    let mut wide = [0; 64];
    wide.copy_from_slice(&hasher.finalize());
    jubjub::Fr::from_bytes_wide(&wide)
}

/// `c = low128(sponge(SIG, [R.x, R.y, P.x, P.y, m]))`.
fn challenge(commitment: &AffinePoint, key: &PublicKey, message: Fr) -> u128 {
    let hash = sponge(
        domain::SIG,
        &[commitment.get_u(), commitment.get_v(), key.x(), key.y(), message],
    );
    let mut low = [0; 16];
    low.copy_from_slice(&hash.to_bytes()[..16]);
    u128::from_le_bytes(low)
}

fn challenge_scalar(challenge: u128) -> jubjub::Fr {
    jubjub::Fr::from_raw([challenge as u64, (challenge >> 64) as u64, 0, 0])
}

/// A secret key: a Jubjub scalar, never zero.
#[derive(Clone)]
pub struct SecretKey {
    scalar: jubjub::Fr,
    public: PublicKey,
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The scalar must not reach a log.
        f.debug_struct("SecretKey")
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

impl SecretKey {
    /// The key of a 32-byte secret seed.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let mut counter = 0u8;
        loop {
            let scalar = hash_to_scalar(SECRET_PERSONALISATION, &[seed, &[counter]]);
            if scalar != jubjub::Fr::zero() {
                let public = PublicKey(AffinePoint::from(ExtendedPoint::from(generator() * scalar)));
                return Self { scalar, public };
            }
            // No seed is known to come here; the chance is 2^-252.
            counter = counter.wrapping_add(1);
        }
    }

    /// The public key `x·G`.
    pub fn public(&self) -> PublicKey {
        self.public
    }

    /// Signs a message. The nonce is a hash of the secret key and the message, so the same message always gets the
    /// same signature and a bad random generator cannot reveal the key.
    pub fn sign(&self, message: Fr) -> Signature {
        let nonce = hash_to_scalar(NONCE_PERSONALISATION, &[&self.scalar.to_bytes(), &message.to_bytes()]);
        let commitment = AffinePoint::from(ExtendedPoint::from(generator() * nonce));
        let challenge = challenge(&commitment, &self.public, message);
        let response = nonce + challenge_scalar(challenge) * self.scalar;
        Signature {
            challenge,
            response: response.to_bytes(),
        }
    }
}

/// A public key: a point of the prime-order subgroup other than the identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey(AffinePoint);

impl PublicKey {
    /// A key from affine coordinates. Errors: [`PublicKeyError::NotOnCurve`], [`PublicKeyError::Identity`],
    /// [`PublicKeyError::NotPrimeOrder`].
    pub fn from_coordinates(x: Fr, y: Fr) -> Result<Self, PublicKeyError> {
        if !is_on_curve(&x, &y) {
            return Err(PublicKeyError::NotOnCurve);
        }
        let point = AffinePoint::from_raw_unchecked(x, y);
        if point.is_identity().into() {
            return Err(PublicKeyError::Identity);
        }
        if !bool::from(point.is_torsion_free()) {
            return Err(PublicKeyError::NotPrimeOrder);
        }
        Ok(Self(point))
    }

    /// First affine coordinate.
    pub fn x(&self) -> Fr {
        self.0.get_u()
    }

    /// Second affine coordinate.
    pub fn y(&self) -> Fr {
        self.0.get_v()
    }

    /// The point.
    pub fn point(&self) -> AffinePoint {
        self.0
    }

    /// Coordinates of `P' = 8^-1·P`, the witness with which an open proves that the key is in the subgroup (B-OPEN).
    pub fn preimage(&self) -> (Fr, Fr) {
        // 8 is invertible: the order is an odd prime.
        let eighth = jubjub::Fr::from(8).invert().unwrap_or(jubjub::Fr::zero());
        let point = AffinePoint::from(ExtendedPoint::from(self.0) * eighth);
        (point.get_u(), point.get_v())
    }

    /// Verifies a signature. Errors: [`SignatureError::NonCanonicalResponse`], [`SignatureError::Mismatch`].
    pub fn verify(&self, message: Fr, signature: &Signature) -> Result<(), SignatureError> {
        let response = Option::<jubjub::Fr>::from(jubjub::Fr::from_bytes(&signature.response))
            .ok_or(SignatureError::NonCanonicalResponse)?;
        let commitment = ExtendedPoint::from(generator() * response)
            - ExtendedPoint::from(self.0) * challenge_scalar(signature.challenge);
        if challenge(&AffinePoint::from(commitment), self, message) == signature.challenge {
            Ok(())
        } else {
            Err(SignatureError::Mismatch)
        }
    }
}

/// A signature `(c, s)`.
#[derive(Default, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The challenge `c`.
    pub challenge: u128,
    /// The response `s`, little-endian; canonical in a valid signature.
    pub response: [u8; 32],
}

impl Signature {
    /// Length of the encoding.
    pub const LENGTH: usize = 48;

    /// `c ‖ s`, little-endian.
    pub fn to_bytes(&self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        bytes[..16].copy_from_slice(&self.challenge.to_le_bytes());
        bytes[16..].copy_from_slice(&self.response);
        bytes
    }

    /// Decodes `c ‖ s`. [`SignatureError::NonCanonicalResponse`] if `s` is not below the order.
    pub fn from_bytes(bytes: &[u8; Self::LENGTH]) -> Result<Self, SignatureError> {
        let mut challenge = [0; 16];
        let mut response = [0; 32];
        challenge.copy_from_slice(&bytes[..16]);
        response.copy_from_slice(&bytes[16..]);
        if bool::from(jubjub::Fr::from_bytes(&response).is_none()) {
            return Err(SignatureError::NonCanonicalResponse);
        }
        Ok(Self {
            challenge: u128::from_le_bytes(challenge),
            response,
        })
    }
}
