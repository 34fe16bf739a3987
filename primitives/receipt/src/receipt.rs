//! What a receipt says.

use alloc::vec::Vec;
use blake2::{digest::consts::U32, Blake2b, Digest};
use cloister_ledger::{SignedControl, SignedInstruction};
use cloister_types::{Amount, GroupId, Lots};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// A blake2-256 hash.
pub type Hash = [u8; 32];

/// What the hash of a receipt begins with, so that it is the hash of nothing else.
const RECEIPT: &[u8] = b"cloister/receipt/v1";
/// What the hash of an instruction begins with.
const INSTRUCTION: &[u8] = b"cloister/receipt/instruction/v1";
/// What the hash of a control begins with.
const CONTROL: &[u8] = b"cloister/receipt/control/v1";
/// What a signed message begins with. With the hash behind it, it is shorter than anything else that the key signs.
const MESSAGE: &[u8] = b"cloister/receipt";

fn hash(tag: &[u8], bytes: &[u8]) -> Hash {
    let mut hasher = Blake2b::<U32>::new();
    hasher.update(tag);
    hasher.update(bytes);
    hasher.finalize().into()
}

/// The hash of an instruction as it was signed: of its encoding with the signature.
pub fn instruction_hash(signed: &SignedInstruction) -> Hash {
    hash(INSTRUCTION, &signed.encode())
}

/// The hash of a control as it was signed.
pub fn control_hash(signed: &SignedControl) -> Hash {
    hash(CONTROL, &signed.encode())
}

/// Whose receipts they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Scope {
    /// Genesis hash of the chain.
    pub genesis: [u8; 32],
    /// Margin group.
    pub group: GroupId,
}

/// Why lots of an order neither traded nor came to rest. The names are those of the JSON-RPC (Q-RPC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Dropped {
    /// `cancelled`.
    #[codec(index = 0)]
    Cancelled,
    /// `expired`.
    #[codec(index = 1)]
    Expired,
    /// `overtaken`.
    #[codec(index = 2)]
    Overtaken,
    /// `selfTrade`.
    #[codec(index = 3)]
    SelfTrade,
    /// `immediate`.
    #[codec(index = 4)]
    Immediate,
    /// `nothingToReduce`.
    #[codec(index = 5)]
    NothingToReduce,
    /// `notTrading`.
    #[codec(index = 6)]
    NotTrading,
    /// A rule of the proof.
    #[codec(index = 7)]
    Rule,
    /// `amended`.
    #[codec(index = 8)]
    Amended,
    /// It fired and was refused then: `wouldCross`, `notFilledInFull`, `insufficientMargin` or `maxFeeTooLow`.
    #[codec(index = 9)]
    Fired,
    /// `protected`.
    #[codec(index = 10)]
    Protected,
    /// `deadMan` or `disconnected`.
    #[codec(index = 11)]
    Gone,
}

/// What became of an instruction at once. It is provisional until it settles (Q-BATCH).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Outcome {
    /// An order.
    #[codec(index = 0)]
    Order {
        /// Lots filled at once.
        filled: Lots,
        /// Lots that rest in the book.
        resting: Lots,
        /// It waits for a mark.
        waits: bool,
        /// Why the other lots were dropped, if there are any.
        dropped: Option<Dropped>,
    },
    /// A cancel: nothing more of the order is filled.
    #[codec(index = 1)]
    Cancel {
        /// Lots of the order that were filled until then.
        filled: Lots,
    },
    /// A cancel-all: nothing more of any order with a lower id is filled.
    #[codec(index = 2)]
    CancelAll,
    /// A withdrawal.
    #[codec(index = 3)]
    Withdrawal {
        /// What it pays.
        amount: Amount,
    },
    /// A control.
    #[codec(index = 4)]
    Control,
}

/// The sequencer has taken an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Receipt {
    /// Chain and group.
    pub scope: Scope,
    /// Number, counted by the group's sequencer from 0 without gaps.
    pub number: u64,
    /// Hash of the receipt with the number before; zeros for the first.
    pub previous: Hash,
    /// [`instruction_hash`] of what was taken.
    pub instruction: Hash,
    /// When it was taken, milliseconds of Unix time.
    pub received_at: u64,
    /// What became of it at once.
    pub outcome: Outcome,
}

impl Receipt {
    /// Its hash, which the next one holds.
    pub fn hash(&self) -> Hash {
        hash(RECEIPT, &self.encode())
    }

    /// What is signed.
    pub fn message(&self) -> Vec<u8> {
        [MESSAGE, &self.hash()[..]].concat()
    }

    /// Whether it is of this instruction.
    pub fn is_of(&self, signed: &SignedInstruction) -> bool {
        self.instruction == instruction_hash(signed)
    }
}
