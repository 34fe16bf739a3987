//! Terms and bonds.

use cloister_crypto::{
    constants::{HOUSE_RECORD, RECORD_FIXED},
    field::{from_bytes, FieldError},
};
use cloister_ledger::{
    statement::STATEMENT_HEAD,
    wire::{MAX_PLACES, MAX_UNITS},
    Key, Opening, Switches,
};
use cloister_receipt::SignedReceipt;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use pallet_cloister_sequencers::Field;
use polkadot_sdk::{
    frame_support::{traits::ConstU32, BoundedVec},
    sp_runtime::{traits::Zero, Permill},
};
use scale_info::TypeInfo;

/// The whole of a bond, in the unit of [`BondTerms::reporter_share`]: 10^4 basis points.
pub const WHOLE: u16 = 10_000;
/// Largest share of a reporter: half. Whoever reports itself loses the other half.
pub const MAX_REPORTER_SHARE: u16 = 5_000;

/// Maximum number of bytes of a signed instruction; it has 115.
pub const MAX_INSTRUCTION: u32 = 128;
/// Maximum number of elements of a batch's statement.
pub const MAX_ELEMENTS: u32 = (STATEMENT_HEAD + HOUSE_RECORD) as u32 + MAX_UNITS * (RECORD_FIXED as u32 + MAX_PLACES);

/// What a group asks of its sequencers (C-BOND).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen,
)]
pub struct BondTerms<Balance, BlockNumber> {
    /// What a member must hold before it submits, in the smallest unit of the native token. 0: nothing is asked.
    pub amount: Balance,
    /// Blocks from the end of a bond until it can be withdrawn.
    pub unbonding: BlockNumber,
    /// What a reporter gets of what is slashed, in basis points.
    pub reporter_share: u16,
}

/// Least and most of what governance may set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds<Balance, BlockNumber> {
    /// Of [`BondTerms::amount`], where it is not 0.
    pub amount: (Balance, Balance),
    /// Of [`BondTerms::unbonding`].
    pub unbonding: (BlockNumber, BlockNumber),
}

impl<Balance: Copy + PartialOrd + Zero, BlockNumber: Copy + PartialOrd> BondTerms<Balance, BlockNumber> {
    /// Whether governance may set them.
    pub fn are_within(&self, bounds: &Bounds<Balance, BlockNumber>) -> bool {
        let within_amount = bounds.amount.0 <= self.amount && self.amount <= bounds.amount.1;
        (self.amount.is_zero() || within_amount)
            && bounds.unbonding.0 <= self.unbonding
            && self.unbonding <= bounds.unbonding.1
            && self.reporter_share <= MAX_REPORTER_SHARE
    }

    /// [`Self::reporter_share`] as a part of the whole.
    pub fn share(&self) -> Permill {
        Permill::from_rational(u32::from(self.reporter_share), u32::from(WHOLE))
    }
}

/// The series of receipts that somebody gives for a group, and the journal that counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct Series {
    /// Its number, from 1 on.
    pub number: u32,
    /// What the journal is known by. No other one gives receipts of this series.
    pub journal: [u8; 32],
}

/// What somebody has staked on its receipts of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct Bond<Balance, BlockNumber> {
    /// What is held, in the smallest unit of the native token.
    pub held: Balance,
    /// First block in which it can be withdrawn; none while it is good. It can be slashed until it is withdrawn.
    pub free_at: Option<BlockNumber>,
}

/// That a batch has a fill above what the receipt of a cancel states (C-OVERFILL).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct CancelReport {
    /// The receipt of the cancel.
    pub receipt: SignedReceipt,
    /// The cancel, as it was signed: the SCALE of a [`cloister_ledger::SignedInstruction`].
    pub instruction: BoundedVec<u8, ConstU32<MAX_INSTRUCTION>>,
    /// Number of the batch.
    pub batch_no: u64,
    /// The elements of its statement (B-STATEMENT).
    pub elements: BoundedVec<Field, ConstU32<MAX_ELEMENTS>>,
    /// The unit, from 0.
    pub unit: u16,
    /// The place in the unit, from 0.
    pub place: u8,
    /// Opens the unit's record.
    pub opening: ShownOpening,
}

/// What opens the record of a unit: of its account after the unit what the record does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct ShownOpening {
    /// Trading key, coordinates x and y.
    pub key: (Field, Field),
    /// View key.
    pub view_key: Field,
    /// Nonce.
    pub nonce: u64,
    /// What the owner has switched on.
    pub switches: Switches,
}

impl ShownOpening {
    /// The same in elements of the field.
    ///
    /// # Errors
    /// [`FieldError`].
    pub fn read(&self) -> Result<Opening, FieldError> {
        let (x, y) = &self.key;
        Ok(Opening {
            key: Key {
                x: from_bytes(x)?,
                y: from_bytes(y)?,
            },
            view_key: from_bytes(&self.view_key)?,
            nonce: self.nonce,
            switches: self.switches,
        })
    }
}
