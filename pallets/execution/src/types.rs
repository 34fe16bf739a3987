//! What the pallet stores and what its calls take.

use alloc::vec::Vec;
use cloister_crypto::constants::{HOUSE_RECORD, RECORD_FIXED, RECORD_PUBLIC};
use cloister_groth16_verifier::PROOF_BYTES;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::{
    frame_support::{traits::ConstU32, BoundedVec},
    sp_core,
};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// A field element, 32 bytes little-endian (P-FIELD). Canonical where the chain stores it.
pub type Field = [u8; 32];

/// Units of a batch at most, whatever the shape.
pub const MAX_UNITS: u32 = 128;
/// Orders of a unit at most (J), whatever the shape.
pub const MAX_ORDERS: u32 = 8;
/// Encrypted elements of a unit record besides the slots.
pub const CIPHERTEXT_FIXED: u32 = (RECORD_FIXED - RECORD_PUBLIC) as u32;
/// Encrypted elements of a unit record at most.
pub const MAX_CIPHERTEXT: u32 = CIPHERTEXT_FIXED + MAX_ORDERS;
/// Bytes of a verifying key with one public input (C-VERIFIER).
pub const KEY_BYTES: u32 = 1060;
/// Items that one call of the runtime API's `queue` returns at most.
pub const MAX_QUEUE_PAGE: u32 = 256;
/// Decimals of a settlement asset.
pub const ASSET_DECIMALS: u8 = 6;

/// A batch shape and its verifying key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct Shape<BlockNumber> {
    /// Units of a batch (N).
    pub units: u16,
    /// Instructions of a unit (J).
    pub orders: u8,
    /// The parameters come from a public seed: only a development chain takes it.
    pub development: bool,
    /// First block in which batches of the shape are accepted.
    pub active_at: BlockNumber,
    /// Blake2-256 of the key.
    pub hash: [u8; 32],
    /// The verifying key (C-VERIFIER), checked when it was set.
    pub key: BoundedVec<u8, ConstU32<KEY_BYTES>>,
}

/// A verifying key that was checked when it was set.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct CheckedKey {
    /// The parameters come from a public seed: only a development chain takes it.
    pub development: bool,
    /// Blake2-256 of the key.
    pub hash: [u8; 32],
    /// The key (C-VERIFIER).
    pub key: BoundedVec<u8, ConstU32<KEY_BYTES>>,
}

/// A margin group on the chain.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct GroupState<AccountId, AssetId> {
    /// Whether opens, deposits and batches are taken.
    pub enabled: bool,
    /// The settlement asset.
    pub asset: AssetId,
    /// Receives the sweeps.
    pub fee_account: AccountId,
    /// Root of the account tree.
    pub root: Field,
    /// The house's commitment.
    pub house: Field,
    /// Number of the next batch.
    pub batch_no: u64,
    /// Time of the last batch, milliseconds; 0 before the first.
    pub time: u64,
    /// Risk table of the last batch; 0 before the first.
    pub risk_version: u64,
    /// The index the next open gets.
    pub next_index: u32,
    /// Queue ids below are done.
    pub queue_first: u64,
    /// The id the next item gets.
    pub queue_next: u64,
}

/// What a group's vault owes, 10^-6.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen,
)]
pub struct GroupTotals {
    /// To owners of queue items not consumed yet.
    pub queued: u128,
    /// To owners of claims.
    pub claims: u128,
    /// To the accounts and the house behind root and commitment together.
    pub settled: u128,
}

/// Whose an index is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct Account<AccountId> {
    /// Deposits and receives.
    pub owner: AccountId,
    /// A batch has consumed the open: the index has a leaf.
    pub opened: bool,
    /// Deposits less withdrawals, not below 0, 10^-6; it is capped.
    pub deposited: u128,
}

/// The keys of an open.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct OpenKeys {
    /// Trading key, first coordinate.
    pub pk_x: Field,
    /// Trading key, second coordinate.
    pub pk_y: Field,
    /// Commitment to the view key (P-STREAM).
    pub view_commitment: Field,
    /// The view key sealed to the sequencers (P-SEAL).
    pub sealed_view_key: [u8; 96],
}

/// What a queue item asks.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub enum ItemKind {
    /// Add the amount to an account.
    Deposit,
    /// Open the account with the amount as its first deposit.
    Open(OpenKeys),
}

/// A queue item.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct QueueItem<AccountId> {
    /// Paid the amount.
    pub owner: AccountId,
    /// The account.
    pub index: u32,
    /// 10^-6.
    pub amount: u64,
    /// Block time of queueing, milliseconds.
    pub queued_at: u64,
    /// What it asks.
    pub kind: ItemKind,
}

/// One unit of a submitted batch. What the chain knows (kind, keys, deposit) is not in it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct UnitSubmission {
    /// Account index.
    pub index: u32,
    /// The unit consumes the next queue item, whose index this must be.
    pub queued: bool,
    /// Amount paid to the owner, 10^-6.
    pub withdrawal: u64,
    /// The account's new leaf.
    pub new_leaf: Field,
    /// The encrypted part of the record, `8 + J` elements (B-RECORD).
    pub ciphertext: BoundedVec<Field, ConstU32<MAX_CIPHERTEXT>>,
}

/// A proven batch (C-SUBMIT).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Batch {
    /// Its shape.
    pub shape: u16,
    /// Must be the group's next.
    pub batch_no: u64,
    /// The risk table it was made with.
    pub risk_version: u64,
    /// Its time, milliseconds of Unix time.
    pub time: u64,
    /// Salt of the keystreams.
    pub salt: Field,
    /// Root after the batch.
    pub new_root: Field,
    /// House commitment after the batch.
    pub new_house: Field,
    /// Fees paid out to the fee account, 10^-6.
    pub sweep: u64,
    /// Bit j: row j's open interest is proven to be 0.
    pub empty_mask: u32,
    /// The units in order; as many as the shape has.
    pub units: BoundedVec<UnitSubmission, ConstU32<MAX_UNITS>>,
    /// The house's record.
    pub house_record: [Field; HOUSE_RECORD],
    /// The proof (C-VERIFIER).
    pub proof: [u8; PROOF_BYTES],
}

/// A verifying key of the genesis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenesisKey {
    /// Refused unless the chain is a development chain.
    pub development: bool,
    /// The key, hexadecimal.
    #[serde(with = "sp_core::bytes")]
    pub key: Vec<u8>,
}

/// A batch shape of the genesis, active from the first block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenesisShape {
    /// Its id.
    pub shape: u16,
    /// Units of a batch (N).
    pub units: u16,
    /// Instructions of a unit (J).
    pub orders: u8,
    /// Refused unless the chain is a development chain.
    pub development: bool,
    /// The verifying key, hexadecimal.
    #[serde(with = "sp_core::bytes")]
    pub key: Vec<u8>,
}
