//! The seal statement: the queued view key is the one sealed to the sequencers' key, and the trading key is valid
//! (V-STATEMENT). The trader proves it when queueing an open, so that no queued open is unusable.

use crate::account::{clears_cofactor, Key};
use alloc::vec::Vec;
use cloister_crypto::{
    constants::{domain, SEAL_STATEMENT_VERSION},
    field::{limbs, FieldError},
    jubjub::{self, AffinePoint, ExtendedPoint},
    poseidon2::sponge,
    schnorr::{generator, PublicKey, PublicKeyError},
    seal::{ephemeral_scalar, pad, SealPublicKey, Sealed},
    stream::{view_commitment, Scope},
    Fr,
};
use cloister_types::GroupId;

/// Everything public of a seal. The chain fills in genesis, group, owner and sealing key from its own storage and
/// origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealStatement {
    /// Genesis hash of the chain.
    pub genesis: [u8; 32],
    /// Margin group.
    pub group: GroupId,
    /// Account id of the owner who queues the open.
    pub owner: [u8; 32],
    /// The sequencers' sealing key `Q`.
    pub sealing_key: Key,
    /// The ephemeral point `E` of the sealed key.
    pub ephemeral: Key,
    /// The ciphertext `ct` of the sealed key.
    pub ciphertext: Fr,
    /// The trading key.
    pub key: Key,
    /// Commitment to the view key.
    pub view_commitment: Fr,
}

/// What only the trader knows of a seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealWitness {
    /// The view key.
    pub view_key: Fr,
    /// The ephemeral scalar `e`, little-endian.
    pub scalar: [u8; 32],
    /// `P'` with `key = 8·P'`.
    pub preimage: Key,
}

/// Why a seal does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealStatementError {
    /// V-SEALING-KEY: the sealing key is outside the prime-order subgroup, or is the identity.
    #[error("the sealing key is refused: {0}")]
    SealingKey(PublicKeyError),
    /// V-SCALAR: the ephemeral scalar is not below the order of the subgroup.
    #[error("the ephemeral scalar is not canonical")]
    NonCanonicalScalar,
    /// V-EPHEMERAL: the ephemeral scalar is zero.
    #[error("the ephemeral point is the identity")]
    IdentityEphemeral,
    /// V-EPHEMERAL: `E` is not `e·G`.
    #[error("the ephemeral point is not the scalar's")]
    Ephemeral,
    /// V-CIPHERTEXT: the ciphertext does not hold the key that is sealed.
    #[error("the ciphertext does not hold the sealed key")]
    Ciphertext,
    /// V-COMMITMENT: the commitment is not the view key's.
    #[error("the commitment is not the view key's")]
    Commitment,
    /// V-KEY: the trading key is not eight times the preimage, or the identity, or the preimage is off the curve.
    #[error("the trading key is not proven to be in the prime-order subgroup")]
    Key,
}

fn affine(point: ExtendedPoint) -> AffinePoint {
    AffinePoint::from(point)
}

pub(crate) fn coordinates(point: &AffinePoint) -> Key {
    Key {
        x: point.get_u(),
        y: point.get_v(),
    }
}

/// The ephemeral point, the ciphertext and the ephemeral scalar of a secret sealed with `entropy`.
pub(crate) fn seal_secret(secret: Fr, sealing_key: &SealPublicKey, entropy: &[u8; 64]) -> (Key, Fr, [u8; 32]) {
    let e = ephemeral_scalar(entropy);
    let ephemeral = affine(ExtendedPoint::from(generator() * e));
    let shared = affine(ExtendedPoint::from(sealing_key.point()) * e);
    (coordinates(&ephemeral), secret + pad(shared, ephemeral), e.to_bytes())
}

/// The rules V-SEALING-KEY, V-SCALAR, V-EPHEMERAL and V-CIPHERTEXT: whoever has the secret of the sealing key opens the
/// seal to `secret`. The statement of a house re-key shares them (H-SEAL).
pub(crate) fn check_sealed(
    sealing_key: &Key,
    ephemeral: &Key,
    ciphertext: Fr,
    secret: Fr,
    scalar: &[u8; 32],
) -> Result<(), SealStatementError> {
    let sealing_key =
        SealPublicKey::from_coordinates(sealing_key.x, sealing_key.y).map_err(SealStatementError::SealingKey)?;
    let e = Option::<jubjub::Fr>::from(jubjub::Fr::from_bytes(scalar)).ok_or(SealStatementError::NonCanonicalScalar)?;
    if e == jubjub::Fr::zero() {
        return Err(SealStatementError::IdentityEphemeral);
    }
    let computed = affine(ExtendedPoint::from(generator() * e));
    if coordinates(&computed) != *ephemeral {
        return Err(SealStatementError::Ephemeral);
    }
    let shared = affine(ExtendedPoint::from(sealing_key.point()) * e);
    if ciphertext == secret + pad(shared, computed) {
        Ok(())
    } else {
        Err(SealStatementError::Ciphertext)
    }
}

impl SealStatement {
    /// The statement about an open as it is queued.
    ///
    /// # Errors
    /// [`FieldError::NonCanonical`] if an element of the sealed key is not below the order of the field.
    pub fn new(
        genesis: [u8; 32],
        group: GroupId,
        owner: [u8; 32],
        sealing_key: Key,
        sealed: &Sealed,
        key: Key,
        view_commitment: Fr,
    ) -> Result<Self, FieldError> {
        let [x, y, ciphertext] = sealed.elements()?;
        Ok(Self {
            genesis,
            group,
            owner,
            sealing_key,
            ephemeral: Key { x, y },
            ciphertext,
            key,
            view_commitment,
        })
    }

    /// Seals a view key and states it. `entropy` is secret, uniformly random and used once.
    pub fn seal(
        genesis: [u8; 32],
        group: GroupId,
        owner: [u8; 32],
        sealing_key: &SealPublicKey,
        key: &PublicKey,
        view_key: Fr,
        entropy: &[u8; 64],
    ) -> (Self, SealWitness) {
        let (ephemeral, ciphertext, scalar) = seal_secret(view_key, sealing_key, entropy);
        let (x, y) = key.preimage();
        let scope = Scope {
            genesis,
            group: group.get(),
        };
        let statement = Self {
            genesis,
            group,
            owner,
            sealing_key: coordinates(&sealing_key.point()),
            ephemeral,
            ciphertext,
            key: Key::from(key),
            view_commitment: view_commitment(&scope, view_key),
        };
        let witness = SealWitness {
            view_key,
            scalar,
            preimage: Key { x, y },
        };
        (statement, witness)
    }

    /// Chain and group, which the view key is of.
    pub fn scope(&self) -> Scope {
        Scope {
            genesis: self.genesis,
            group: self.group.get(),
        }
    }

    /// The sealed view key, as an open carries it.
    pub fn sealed(&self) -> Sealed {
        Sealed::from_elements(&[self.ephemeral.x, self.ephemeral.y, self.ciphertext])
    }

    /// The statement's elements in the order they are hashed.
    pub fn elements(&self) -> Vec<Fr> {
        let (genesis_lo, genesis_hi) = limbs(&self.genesis);
        let (owner_lo, owner_hi) = limbs(&self.owner);
        Vec::from([
            Fr::from(SEAL_STATEMENT_VERSION),
            genesis_lo,
            genesis_hi,
            Fr::from(u64::from(self.group.get())),
            owner_lo,
            owner_hi,
            self.sealing_key.x,
            self.sealing_key.y,
            self.ephemeral.x,
            self.ephemeral.y,
            self.ciphertext,
            self.key.x,
            self.key.y,
            self.view_commitment,
        ])
    }

    /// The public input.
    pub fn hash(&self) -> Fr {
        sponge(domain::SEAL_STATEMENT, &self.elements())
    }

    /// Checks the statement as the circuit does.
    ///
    /// # Errors
    /// The first rule that does not hold.
    pub fn check(&self, witness: &SealWitness) -> Result<(), SealStatementError> {
        check_sealed(
            &self.sealing_key,
            &self.ephemeral,
            self.ciphertext,
            witness.view_key,
            &witness.scalar,
        )?;
        if self.view_commitment != view_commitment(&self.scope(), witness.view_key) {
            return Err(SealStatementError::Commitment);
        }
        if clears_cofactor(&self.key, &witness.preimage) {
            Ok(())
        } else {
            Err(SealStatementError::Key)
        }
    }
}
