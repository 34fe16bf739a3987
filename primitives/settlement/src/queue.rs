//! The chain's queue of opens, deposits, requests, and money for and from the insurance (C-QUEUE, C-DOORS).

use crate::{
    batch::{Field, KeyId, PROOF_BYTES},
    secrets::LedgerSecrets,
};
use cloister_crypto::{
    field::{from_bytes, to_bytes, FieldError},
    schnorr::PublicKey,
    seal::Sealed,
    Fr,
};
use cloister_ledger::{KeyRecord, RecordKind, SealStatement, Switches};
use cloister_types::{AccountIndex, Amount};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::ops::RangeInclusive;
use scale_info::TypeInfo;

/// The keys of an open or a re-key.
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

impl From<&SealStatement> for OpenKeys {
    /// The keys that a seal is about.
    fn from(statement: &SealStatement) -> Self {
        Self {
            pk_x: to_bytes(&statement.key.x),
            pk_y: to_bytes(&statement.key.y),
            view_commitment: to_bytes(&statement.view_commitment),
            sealed_view_key: statement.sealed().0,
        }
    }
}

impl OpenKeys {
    /// What the record of the open or the re-key shows.
    ///
    /// # Errors
    /// A coordinate or the commitment is not canonical.
    pub fn record(&self) -> Result<KeyRecord, FieldError> {
        Ok(KeyRecord {
            x: from_bytes(&self.pk_x)?,
            y: from_bytes(&self.pk_y)?,
            view_commitment: from_bytes(&self.view_commitment)?,
        })
    }

    /// Trading key and view key, or `None` if the view key was sealed to a key that is not among the secrets.
    pub fn unseal(&self, secrets: &impl LedgerSecrets) -> Option<(PublicKey, Fr)> {
        let shown = self.record().ok()?;
        let public_key = PublicKey::from_coordinates(shown.x, shown.y).ok()?;
        let view_key = secrets.unseal(&Sealed(self.sealed_view_key), shown.view_commitment)?;
        Some((public_key, view_key))
    }
}

/// The proof of the seal of an open or a re-key (V-STATEMENT), with the verifying key that it is for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct SealProof {
    /// The verifying key.
    pub key: KeyId,
    /// The proof (C-VERIFIER).
    pub proof: [u8; PROOF_BYTES],
}

/// What a queue item asks for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub enum ItemKind {
    /// Add the amount to an account.
    Deposit,
    /// Open the account with the amount as its first deposit.
    Open(OpenKeys),
    /// Set the flags of an account. The amount is 0.
    Switch(Switches),
    /// Close an account if it is empty. The amount is 0.
    Close,
    /// Pay the owner as much of what is asked for as initial margin leaves. The amount paid in is 0.
    ForcedWithdrawal {
        /// What is asked for, at least 1.
        amount: Amount,
    },
    /// Give an account other keys. The amount is 0.
    Rekey(OpenKeys),
    /// Add the amount to the insurance (B-DOORS). Of the house.
    #[codec(index = 6)]
    PayInsurance,
    /// Pay the owner out of the insurance, as far as B-DOORS allows. The item's own amount is 0. Of the house.
    #[codec(index = 7)]
    TakeInsurance {
        /// What is asked for.
        amount: Amount,
        /// What equity of the house must not fall below by it.
        keep: Amount,
    },
}

impl ItemKind {
    /// The keys of an open.
    pub fn open(&self) -> Option<&OpenKeys> {
        match self {
            Self::Open(keys) => Some(keys),
            Self::Deposit
            | Self::Switch(_)
            | Self::Close
            | Self::ForcedWithdrawal { .. }
            | Self::Rekey(_)
            | Self::PayInsurance
            | Self::TakeInsurance { .. } => None,
        }
    }

    /// The request, if it is one.
    pub fn request(&self) -> Option<Request> {
        match self {
            Self::Switch(switches) => Some(Request::Switch(*switches)),
            Self::Close => Some(Request::Close),
            Self::ForcedWithdrawal { amount } => Some(Request::ForcedWithdrawal { amount: *amount }),
            Self::Rekey(keys) => Some(Request::Rekey(keys.clone())),
            Self::Deposit | Self::Open(_) | Self::PayInsurance | Self::TakeInsurance { .. } => None,
        }
    }

    /// Whether it stands in the priority lane: what an owner must be able to ask for whatever others queue.
    pub fn has_priority(&self) -> bool {
        matches!(self, Self::ForcedWithdrawal { .. } | Self::Rekey(_))
    }

    /// Whether the house's part of a batch takes it, and no unit.
    pub fn is_of_house(&self) -> bool {
        matches!(self, Self::PayInsurance | Self::TakeInsurance { .. })
    }
}

impl From<Request> for ItemKind {
    fn from(request: Request) -> Self {
        match request {
            Request::Switch(switches) => Self::Switch(switches),
            Request::Close => Self::Close,
            Request::ForcedWithdrawal { amount } => Self::ForcedWithdrawal { amount },
            Request::Rekey(keys) => Self::Rekey(keys),
        }
    }
}

/// What an owner asks for that is taken by a unit of its mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Set the flags of the account (B-SWITCH).
    Switch(Switches),
    /// Close the account if it is empty (B-CLOSE).
    Close,
    /// Pay the owner (B-FORCED).
    ForcedWithdrawal {
        /// What is asked for.
        amount: Amount,
    },
    /// Give the account other keys.
    Rekey(OpenKeys),
}

impl Request {
    /// What the record of its unit shows.
    ///
    /// # Errors
    /// A coordinate or the commitment of a re-key is not canonical.
    pub fn record(&self) -> Result<RecordKind, FieldError> {
        Ok(match self {
            Self::Switch(switches) => RecordKind::Switch { switches: *switches },
            Self::Close => RecordKind::Close,
            Self::ForcedWithdrawal { amount } => RecordKind::Forced { requested: *amount },
            Self::Rekey(keys) => RecordKind::Rekey(keys.record()?),
        })
    }
}

/// A queue item.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct QueueItem<AccountId> {
    /// Paid the amount, or is paid by a take of insurance.
    pub owner: AccountId,
    /// The account; [`AccountIndex::HOUSE`] for what the house's part of a batch takes.
    pub index: AccountIndex,
    /// What was paid.
    pub amount: Amount,
    /// Block time at which it was queued, milliseconds of Unix time.
    pub queued_at: u64,
    /// A batch counts the item if its table is of this time or later, milliseconds of Unix time.
    pub ready_at: u64,
    /// A batch must take the item, within the group's share, if its table is of this time or later, milliseconds of
    /// Unix time. Not before `ready_at`.
    pub deadline: u64,
    /// What it asks for.
    pub kind: ItemKind,
    /// The owner takes it back: no batch counts it whose table is of this time or later, milliseconds of Unix time
    /// (C-TAKE-BACK).
    pub until: Option<u64>,
}

impl<AccountId> QueueItem<AccountId> {
    /// Whether a batch counts the item at the time of its table.
    pub fn is_ready(&self, table_time: u64) -> bool {
        self.ready_at <= table_time && !self.is_gone(table_time)
    }

    /// Whether its owner has taken it back, at the time of a table.
    pub fn is_gone(&self, table_time: u64) -> bool {
        self.until.is_some_and(|until| until <= table_time)
    }
}

/// Maximum number of items of a lane that were taken back and that a walk along its overdue items passes over; what is
/// behind them claims nothing until they are paid back.
pub const MAX_PASSED_OVER: usize = 64;

/// How a group's queue is taken, as governance has set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct Terms {
    /// Milliseconds from queueing an item until it is ready.
    pub notice: u64,
    /// Part of a batch's units that overdue items may claim, in percent.
    pub share: u8,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            notice: 18_000,
            share: 50,
        }
    }
}

impl Terms {
    /// Bounds of `notice`, milliseconds.
    pub const NOTICE: RangeInclusive<u64> = 1_000..=120_000;
    /// Bounds of `share`, percent.
    pub const SHARE: RangeInclusive<u8> = 10..=90;

    /// True if both terms are within their bounds.
    pub fn are_within_bounds(&self) -> bool {
        Self::NOTICE.contains(&self.notice) && Self::SHARE.contains(&self.share)
    }

    /// Number of units that overdue items may claim of a batch: `share` of its units, rounded down, but two less than
    /// it has, so that a fill has room, and never none. Of these the priority lane comes first in
    /// [`Self::priority_units`].
    pub fn claimed_units(share: u8, units: usize) -> usize {
        let share = units.saturating_mul(share.into()) / 100;
        share.min(units.saturating_sub(2)).max(1)
    }

    /// Number of the claimed units that overdue items of the priority lane get before others: half of them, rounded up.
    pub fn priority_units(claimed: usize) -> usize {
        claimed.div_ceil(2)
    }
}
