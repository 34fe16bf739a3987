//! The batch as it is submitted (C-SUBMIT).

use alloc::vec::Vec;
use bounded_collections::{BoundedVec, ConstU32};
use cloister_crypto::{
    constants::{HOUSE_RECORD, RECORD_FIXED, RECORD_PUBLIC},
    field::to_bytes,
};
use cloister_ledger::{RecordKind, Statement, UnitRecord};
use cloister_types::{AccountIndex, Amount};
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

pub use cloister_groth16_verifier::PROOF_BYTES;
pub use cloister_ledger::wire::{MAX_PLACES, MAX_UNITS};

/// A field element, 32 bytes little-endian (P-FIELD). Canonical where the chain stores it.
pub type Field = [u8; 32];
/// Number of a verifying key in the chain's registry.
pub type KeyId = u16;

/// Encrypted elements of a unit record besides the slots.
pub const CIPHERTEXT_FIXED: u32 = (RECORD_FIXED - RECORD_PUBLIC) as u32;
/// Maximum number of encrypted elements in a unit record.
pub const MAX_CIPHERTEXT: u32 = CIPHERTEXT_FIXED + MAX_PLACES;

/// One unit of a submitted batch. What the chain knows (kind, keys, what it takes from the queue) is not in it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct UnitSubmission {
    /// Account index.
    pub index: AccountIndex,
    /// The unit takes the oldest request of its account that waits and is ready.
    pub request: bool,
    /// Amount paid to the owner.
    pub withdrawal: Amount,
    /// The account's new leaf.
    pub new_leaf: Field,
    /// The encrypted part of the record, `8 + J` elements (B-RECORD).
    pub ciphertext: BoundedVec<Field, ConstU32<MAX_CIPHERTEXT>>,
}

/// A proven batch (C-SUBMIT).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Batch {
    /// The verifying key of its proof, which also gives its shape.
    pub key: KeyId,
    /// Must be the group's next.
    pub batch_no: u64,
    /// The risk table it was made with.
    pub risk_version: u64,
    /// Its time, milliseconds of Unix time.
    pub time: u64,
    /// Account id that the prover's reward goes to. The proof names it, so a copy of the batch pays its maker.
    pub payee: [u8; 32],
    /// Salt of the keystreams.
    pub salt: Field,
    /// Root after the batch.
    pub new_root: Field,
    /// House commitment after the batch.
    pub new_house: Field,
    /// Fees that leave the house's pool and are the income of the group (C-PERIOD).
    pub sweep: Amount,
    /// Paid out of the insurance, if the batch takes the oldest take of it that waits and is ready.
    pub take_insurance: Option<Amount>,
    /// Bit j: row j's open interest is proven to be 0.
    pub empty_mask: u32,
    /// The units in order; as many as the shape has.
    pub units: BoundedVec<UnitSubmission, ConstU32<MAX_UNITS>>,
    /// The house's record.
    pub house_record: [Field; HOUSE_RECORD],
    /// The proof (C-VERIFIER).
    pub proof: [u8; PROOF_BYTES],
}

/// Why a statement cannot be submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// The batch has more units than the chain takes.
    #[error("the batch has {0} units, the chain takes {MAX_UNITS}")]
    TooManyUnits(usize),
    /// A unit's record is longer than the chain takes.
    #[error("the record of unit {unit} has {length} encrypted elements, the chain takes {MAX_CIPHERTEXT}")]
    RecordTooLong {
        /// The unit.
        unit: usize,
        /// Its encrypted elements.
        length: usize,
    },
}

impl Batch {
    /// The submission of a proven statement.
    ///
    /// # Errors
    /// [`FormError`]: the chain has no room for it.
    pub fn new(
        key: KeyId,
        risk_version: u64,
        statement: &Statement,
        proof: [u8; PROOF_BYTES],
    ) -> Result<Self, FormError> {
        let count = statement.units.len();
        let units = statement
            .units
            .iter()
            .enumerate()
            .map(|(unit, record)| {
                submission(record).ok_or(FormError::RecordTooLong {
                    unit,
                    length: record.ciphertext.len(),
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            key,
            batch_no: statement.batch_no,
            risk_version,
            time: statement.time,
            payee: statement.payee,
            salt: to_bytes(&statement.salt),
            new_root: to_bytes(&statement.new_root),
            new_house: to_bytes(&statement.new_house),
            sweep: statement.sweep,
            // Nobody asks for nothing.
            take_insurance: (!statement.doors.asked.is_zero()).then_some(statement.insurance_out),
            empty_mask: statement.empty_mask,
            units: BoundedVec::try_from(units).map_err(|_| FormError::TooManyUnits(count))?,
            house_record: statement.house.ciphertext.map(|element| to_bytes(&element)),
            proof,
        })
    }

    /// What its units take from the queue, as [`take`](crate::take) asks for it: for each its account, and whether it
    /// takes a request.
    pub fn asks(&self) -> impl Iterator<Item = (AccountIndex, bool)> + '_ {
        self.units.iter().map(|unit| (unit.index, unit.request))
    }

    /// The accounts of its units and the leaves that these leave, in order.
    pub fn leaves(&self) -> impl Iterator<Item = (AccountIndex, Field)> + '_ {
        self.units.iter().map(|unit| (unit.index, unit.new_leaf))
    }

    /// The accounts of its units, in order.
    pub fn accounts(&self) -> impl Iterator<Item = AccountIndex> + '_ {
        self.units.iter().map(|unit| unit.index)
    }
}

/// The unit of a record; `None` if the record is too long.
fn submission(record: &UnitRecord) -> Option<UnitSubmission> {
    let ciphertext = record.ciphertext.iter().map(to_bytes).collect::<Vec<_>>();
    Some(UnitSubmission {
        index: record.index,
        request: match record.kind {
            RecordKind::Update | RecordKind::Open(_) => false,
            RecordKind::Rekey(_) | RecordKind::Forced { .. } | RecordKind::Switch { .. } | RecordKind::Close => true,
        },
        withdrawal: record.withdrawal,
        new_leaf: to_bytes(&record.new_leaf),
        ciphertext: BoundedVec::try_from(ciphertext).ok()?,
    })
}
