//! What the pallet stores and what its calls take.

use alloc::vec::Vec;
use cloister_groth16_verifier::VerifyingKey;
use cloister_ledger::{solvency::BLOCK_SUBTREES, Shape, SolvencyShape};
use cloister_settlement::batch::{KeyId, MAX_PLACES, MAX_UNITS};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::{
    frame_support::{traits::ConstU32, BoundedVec},
    sp_core,
};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Bytes of a verifying key with one public input (C-VERIFIER).
pub const KEY_BYTES: u32 = 1060;

/// What a verifying key's proofs say.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    TypeInfo,
    MaxEncodedLen,
    Serialize,
    Deserialize,
)]
pub enum StatementKind {
    /// Batches of one shape (B-STATEMENT).
    Batch {
        /// Units per batch (N).
        units: u16,
        /// Places per unit (J).
        places: u8,
    },
    /// Seals of opens (V-STATEMENT).
    Seal,
    /// Re-keys of a group's house (H-STATEMENT).
    HouseRekey,
    /// Solvency statements of one shape (D-STATEMENT).
    Solvency {
        /// Maximum number of subtrees that a statement covers.
        subtrees: u16,
    },
    /// Exits from frozen groups (X-STATEMENT).
    Exit,
}

impl StatementKind {
    /// Shape of the batches; `None` if the statement is not of batches.
    pub fn shape(&self) -> Option<Shape> {
        match *self {
            Self::Batch { units, places } => Some(Shape {
                units,
                places: places.into(),
            }),
            Self::Seal | Self::HouseRekey | Self::Solvency { .. } | Self::Exit => None,
        }
    }

    /// Shape of the solvency statements; `None` if the statement is another one.
    pub fn solvency_shape(&self) -> Option<SolvencyShape> {
        match *self {
            Self::Solvency { subtrees } => Some(SolvencyShape { subtrees }),
            Self::Batch { .. } | Self::Seal | Self::HouseRekey | Self::Exit => None,
        }
    }

    /// Whether the chain takes statements of this shape.
    pub(crate) fn fits(&self) -> bool {
        match *self {
            Self::Batch { units, places } => {
                units > 0 && u32::from(units) <= MAX_UNITS && places > 0 && u32::from(places) <= MAX_PLACES
            }
            Self::Solvency { subtrees } => subtrees > 0 && usize::from(subtrees) <= BLOCK_SUBTREES,
            Self::Seal | Self::HouseRekey | Self::Exit => true,
        }
    }
}

/// A verifying key in the registry. It is never replaced under its id.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct RegisteredKey<BlockNumber> {
    /// What its proofs say.
    pub statement: StatementKind,
    /// The parameters come from a public seed: only a development chain takes it.
    pub development: bool,
    /// First block in which proofs are verified with it.
    pub active_at: BlockNumber,
    /// Blake2-256 of the key.
    pub key_hash: [u8; 32],
    /// The verifying key (C-VERIFIER), checked when it was set.
    pub key: BoundedVec<u8, ConstU32<KEY_BYTES>>,
}

/// A key with which proofs are verified now.
#[derive(Clone, Debug)]
pub struct ActiveKey {
    /// What its proofs say.
    pub statement: StatementKind,
    /// The key, ready for use.
    pub key: VerifyingKey,
}

/// Why no proof is verified with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// No verifying key has this id.
    Unknown,
    /// The activation delay of the key has not passed.
    NotActive,
    /// What is stored is no key: it was checked when it was set, so storage is damaged.
    Damaged,
}

/// What other pallets ask of the registry.
pub trait VerifyingKeyRegistry {
    /// A key with which proofs are verified now.
    fn active(id: KeyId) -> Result<ActiveKey, KeyError>;
    /// Whether any key is active of a statement that is wanted. It looks at all keys.
    fn any_active(wanted: impl Fn(StatementKind) -> bool) -> bool;
    /// Number of places per unit of the widest active key of batches; 0 if there is none. It looks at all keys.
    fn most_places() -> u16;
}

/// Whether traders are in groups that they must be able to leave by proof.
pub trait ExitsNeeded {
    /// Whether any account is open.
    fn exits_needed() -> bool;
}

impl ExitsNeeded for () {
    fn exits_needed() -> bool {
        false
    }
}

/// A verifying key of the genesis, active from the first block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenesisKey {
    /// Its id.
    pub id: KeyId,
    /// What its proofs say.
    pub statement: StatementKind,
    /// The parameters come from a public seed: refused unless the chain is a development chain.
    pub development: bool,
    /// The verifying key, hexadecimal.
    #[serde(with = "sp_core::bytes")]
    pub key: Vec<u8>,
}
