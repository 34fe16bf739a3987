//! What the pallet stores and what its calls take.

use crate::stops::Stops;
pub use cloister_settlement::{
    batch::{Batch, Field, KeyId, UnitSubmission, CIPHERTEXT_FIXED, MAX_CIPHERTEXT, MAX_PLACES, MAX_UNITS},
    house::{HouseRekey, HouseRekeyed},
    last_record::LastRecord,
    queue::{ItemKind, OpenKeys, QueueItem, Request, SealProof, Terms},
    solvency::{Findings, SolvencySubmission},
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Maximum number of items that one call of the runtime API's `queue` returns.
pub const MAX_QUEUE_PAGE: u32 = 256;
/// Maximum number of leaves that one call of the runtime API's `leaves` returns.
pub const MAX_LEAF_PAGE: u32 = 2_048;
/// Maximum number of re-keys that one call of the runtime API's `house_rekeys` returns.
pub const MAX_REKEY_PAGE: u32 = 256;
/// Maximum number of payments into a group's insurance that wait.
pub const MAX_INSURANCE_PAYMENTS: u32 = 32;
/// Maximum number of items that wait for a group's house: the payments, and one take.
pub const MAX_HOUSE_ITEMS: u32 = MAX_INSURANCE_PAYMENTS + 1;
/// Decimals of a settlement asset.
pub const ASSET_DECIMALS: u8 = 6;

/// A margin group on the chain.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct GroupState<AccountId, AssetId> {
    /// Whether opens, deposits and batches are taken.
    pub enabled: bool,
    /// The settlement asset.
    pub asset: AssetId,
    /// Receives what queue items cost, and the sequencer's share of the sweeps.
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
    /// Queue items but those of the priority lane.
    pub queue: Lane,
    /// Forced withdrawals and re-keys that wait.
    pub priority: Lane,
    /// The id the next item gets.
    pub queue_next: u64,
    /// How the queue is taken.
    pub queue_terms: Terms,
    /// How many re-keys of the house there were (C-HOUSE).
    pub house_rekeys: u32,
}

/// The ends of one lane of a queue.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen,
)]
pub struct Lane {
    /// The item that has waited longest; `None` if none waits.
    pub first: Option<u64>,
    /// The newest item; `None` if none waits.
    pub last: Option<u64>,
    /// How many items wait.
    pub length: u32,
}

impl<AccountId, AssetId> GroupState<AccountId, AssetId> {
    /// The lane of items of a kind.
    pub(crate) fn lane(&mut self, kind: &ItemKind) -> &mut Lane {
        if kind.has_priority() {
            &mut self.priority
        } else {
            &mut self.queue
        }
    }

    /// The item of either lane that has waited longest; `None` if none waits.
    pub fn first_item(&self) -> Option<u64> {
        [self.queue.first, self.priority.first].into_iter().flatten().min()
    }

    /// Number of items that wait.
    pub fn queue_length(&self) -> u32 {
        self.queue.length.saturating_add(self.priority.length)
    }
}

/// A queue item between its neighbours of its lane. Items leave the queue from anywhere, so a lane is a list.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct WaitingItem<AccountId> {
    /// The item.
    pub item: QueueItem<AccountId>,
    /// The item of its lane before it; `None` for the first.
    pub previous: Option<u64>,
    /// The item of its lane behind it; `None` for the last.
    pub next: Option<u64>,
}

/// How long a group's queue has waited for a batch (C-FREEZE).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen,
)]
pub struct QueueClock {
    /// The item that is overdue for longest; `None` if none is overdue.
    pub item: Option<u64>,
    /// Milliseconds that it has been overdue while the group could take a batch, or while the clock could stand no
    /// longer.
    pub waited: u64,
    /// Milliseconds likewise since this item and those before it are overdue without a break, as far as the clock
    /// knows: another item does not set it back beyond its own deadline.
    pub lag: u64,
    /// Until when it has been counted, milliseconds of Unix time.
    pub counted_at: u64,
    /// How long it may stand still.
    pub stops: Stops,
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
    /// To the accounts and the house behind root and commitment together: what the ones own less what others owe. Below
    /// 0 once more was withheld than was there.
    pub settled: i128,
    /// Gross amount of the withheld claims (C-GATE).
    pub withheld: u128,
    /// What was paid of them.
    pub withheld_paid: u128,
    /// To provers, of sweeps: paid whatever the gate (C-PERIOD).
    pub provers: u128,
    /// Of sweeps, what ranks behind traders: the shares of sequencer, insurance and treasury, and what provers lack.
    pub junior: u128,
}

/// The account of an index.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct RegisteredAccount<AccountId> {
    /// Deposits and receives.
    pub owner: AccountId,
    /// A batch has consumed the open: the index has a leaf.
    pub opened: bool,
    /// Deposits less withdrawals, not below 0, 10^-6; it is capped.
    pub deposited: u128,
    /// Where its owner finds its last record (C-RECORD); none before a batch has opened it.
    pub record: Option<LastRecord>,
}
