//! Shielded margin accounts (S-ACCOUNT).

use crate::{packing::pack_positions, tree::OrderTree};
use alloc::vec::Vec;
use cloister_crypto::{
    constants::{domain, CASH_BITS, EXT_BITS},
    field::from_i128,
    jubjub,
    poseidon2::sponge,
    schnorr::{is_on_curve, PublicKey, PublicKeyError},
    Fr,
};
use cloister_risk::Positions;
use cloister_types::{InstructionId, Money};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Affine coordinates of a trading key; [`Key::public`] checks them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Key {
    /// First coordinate.
    pub x: Fr,
    /// Second coordinate.
    pub y: Fr,
}

impl Key {
    /// The key as a point that can verify signatures.
    ///
    /// # Errors
    /// The coordinates are not on the curve, not of prime order, or the identity.
    pub fn public(&self) -> Result<PublicKey, PublicKeyError> {
        PublicKey::from_coordinates(self.x, self.y)
    }
}

impl From<&PublicKey> for Key {
    fn from(key: &PublicKey) -> Self {
        Self { x: key.x(), y: key.y() }
    }
}

/// What an account's owner has switched on, through the queue: the flags in `ext` (S-ACCOUNT).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen,
)]
pub struct Switches {
    /// Transfers to other accounts may leave this one (B-TRANSFER).
    pub transfers: bool,
}

impl Switches {
    /// The flags as a number of [`cloister_crypto::constants::EXT_BITS`] bits: `ext`.
    pub fn bits(self) -> u64 {
        u64::from(self.transfers)
    }

    /// Inverse of [`Self::bits`]; `None` if a bit is set that no switch has.
    pub fn from_bits(bits: u64) -> Option<Self> {
        (bits >> EXT_BITS == 0).then_some(Self {
            transfers: bits & 1 == 1,
        })
    }
}

/// The contents of one account leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Trading key: signs orders, cancels, withdrawals.
    pub key: Key,
    /// Secret of trader and sequencers; makes the leaf hiding and drives the keystream.
    pub view_key: Fr,
    /// Grows by one at every update.
    pub nonce: u64,
    /// Instructions with a lower id are void.
    pub min_id: InstructionId,
    /// Signed cash.
    pub cash: Money,
    /// Root of the order tree.
    pub orders_root: Fr,
    /// Positions in lots.
    pub positions: Positions,
    /// What the owner has switched on.
    pub switches: Switches,
}

/// True if cash fits its signed width.
pub fn cash_fits(cash: Money) -> bool {
    let half = 1i128 << (CASH_BITS - 1);
    (-half..half).contains(&cash.get())
}

impl Account {
    /// A fresh account, as an open finds it.
    pub fn fresh(key: Key, view_key: Fr) -> Self {
        Self {
            key,
            view_key,
            nonce: 0,
            min_id: InstructionId::ZERO,
            cash: Money::ZERO,
            orders_root: OrderTree::default().root(),
            positions: Positions::default(),
            switches: Switches::default(),
        }
    }

    /// True if the account holds neither money nor debt nor lots, so that it may be closed (B-CLOSE).
    pub fn is_empty(&self) -> bool {
        self.cash.is_zero() && self.positions.iter().all(|lots| lots.is_zero())
    }

    /// The leaf's elements in the order they are hashed; the last is `ext`.
    pub fn elements(&self) -> Vec<Fr> {
        let head = [
            self.key.x,
            self.key.y,
            self.view_key,
            Fr::from(self.nonce),
            Fr::from(self.min_id.get()),
            from_i128(self.cash.get()),
            self.orders_root,
        ];
        head.into_iter()
            .chain(pack_positions(&self.positions))
            .chain([Fr::from(self.switches.bits())])
            .collect()
    }

    /// The leaf.
    pub fn leaf(&self) -> Fr {
        sponge(domain::LEAF_V1, &self.elements())
    }
}

/// B-OPEN: `key = 8·preimage`, `preimage` on the curve, `key` not the identity.
pub fn clears_cofactor(key: &Key, preimage: &Key) -> bool {
    if !is_on_curve(&preimage.x, &preimage.y) {
        return false;
    }
    let point = jubjub::AffinePoint::from_raw_unchecked(preimage.x, preimage.y);
    let cleared = jubjub::AffinePoint::from(point.mul_by_cofactor());
    !bool::from(cleared.is_identity())
        && Key {
            x: cleared.get_u(),
            y: cleared.get_v(),
        } == *key
}
