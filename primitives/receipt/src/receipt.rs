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

/// Bits of a number below its series.
const SERIES_BITS: u32 = 40;
/// The last series that there can be.
pub const MAX_SERIES: u32 = (1 << (u64::BITS - SERIES_BITS)) - 1;

/// Number of the first receipt of a series, which is at most [`MAX_SERIES`].
pub const fn first_of(series: u32) -> u64 {
    (series as u64) << SERIES_BITS
}

/// The series that a number is of. The chain has its sequencer's word for each but 0 (C-BOND).
pub const fn series_of(number: u64) -> u32 {
    (number >> SERIES_BITS) as u32
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
        /// The most lots of the order that were filled until then, those of void fills included.
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
    /// Number, counted by the group's sequencer without gaps from the first of a series on ([`first_of`]).
    pub number: u64,
    /// Hash of the receipt that its journal gave before; zeros for the journal's first.
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

    /// The series that it is of.
    pub fn series(&self) -> u32 {
        series_of(self.number)
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
