//! The secret of a contribution, and of a beacon.

use crate::{
    contribution::TranscriptHash,
    curve::{invert, scalar_from_wide},
    error::CeremonyError,
};
use blake2::{Blake2b512, Digest};
use blst::blst_scalar;
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

const SECRET_TAG: &[u8] = b"cloister ceremony v1 secret";
const BEACON_TAG: &[u8] = b"cloister ceremony v1 beacon";

/// What a contributor must forget: `x`, and the logarithm of the point `s` of the proof. Wiped when dropped.
pub(crate) struct Secret {
    pub(crate) x: blst_scalar,
    pub(crate) s: blst_scalar,
}

/// Hashes to a scalar other than zero.
fn scalar(tag: &[u8], which: u8, parts: &[&[u8]]) -> Option<blst_scalar> {
    let mut hash = Blake2b512::new();
    hash.update(tag);
    hash.update([which]);
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let mut wide = Zeroizing::new([0; 64]);
    hash.finalize_into((&mut *wide).into());
    scalar_from_wide(&wide)
}

impl Secret {
    /// From the operating system and whatever else the contributor offers, which can only make the secret better.
    pub(crate) fn random(entropy: &[u8]) -> Result<Self, CeremonyError> {
        let mut system = Zeroizing::new([0; 64]);
        loop {
            getrandom::fill(&mut *system).map_err(CeremonyError::Randomness)?;
            let draw = |which| scalar(SECRET_TAG, which, &[&*system, entropy]);
            if let (Some(x), Some(s)) = (draw(0), draw(1)) {
                return Ok(Self { x, s });
            }
            system.zeroize();
        }
    }

    /// From a beacon: nothing here is secret. None if a hash is zero, which nobody will ever see.
    pub(crate) fn beacon(value: &[u8], log2: u32, previous: &TranscriptHash) -> Option<Self> {
        let digest = beacon_digest(value, log2);
        let draw = |which| scalar(BEACON_TAG, which, &[&digest, &previous.0]);
        Some(Self {
            x: draw(0)?,
            s: draw(1)?,
        })
    }

    /// `1 / x`.
    pub(crate) fn inverse(&self) -> blst_scalar {
        invert(&self.x)
    }

    #[cfg(test)]
    pub(crate) fn known(x: u64) -> Self {
        let scalar = |value: u64| {
            let mut scalar = blst_scalar::default();
            scalar.b[..8].copy_from_slice(&value.to_le_bytes());
            scalar
        };
        Self {
            x: scalar(x),
            s: scalar(x.wrapping_add(1)),
        }
    }
}

/// SHA-256, applied `2^log2` times (Y-BEACON).
pub(crate) fn beacon_digest(value: &[u8], log2: u32) -> [u8; 32] {
    let mut digest: [u8; 32] = Sha256::digest(value).into();
    for _ in 1..1u64 << log2 {
        digest = Sha256::digest(digest).into();
    }
    digest
}
