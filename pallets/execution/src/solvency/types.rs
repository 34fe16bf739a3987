//! What the pallet stores of rounds, the gate, withheld claims and freezes.

use crate::{stops::Stops, Field};
use cloister_ledger::solvency::{BLOCK_SUBTREES, SUBTREE_LEAVES};
use cloister_settlement::{no_sums, Findings};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Number of a group's newest roots that a statement may name.
pub const ROOTS_KEPT: u64 = 64;
/// Maximum number of blocks (512 indices each) that one statement may skip.
pub const MAX_SKIPPED_BLOCKS: u32 = 64;
/// Indices of a block.
pub const BLOCK_LEAVES: u32 = (BLOCK_SUBTREES * SUBTREE_LEAVES) as u32;
/// Maximum number of groups with solvency terms.
pub const MAX_GATED_GROUPS: u32 = 64;
/// Shortest `max_round_age` and `freeze_after`, milliseconds.
pub const MIN_TERM: u64 = 60_000;
/// Longest `max_round_age`, milliseconds: 12 hours.
pub const MAX_ROUND_AGE: u64 = 12 * 3_600_000;
/// Longest `freeze_after`, milliseconds: 24 hours.
pub const MAX_FREEZE_AFTER: u64 = 24 * 3_600_000;
/// Live debt may be one in this many of what is settled.
pub const LIVE_DEBT_SHARE: u128 = 10_000;

/// What a group asks of solvency rounds. A group without terms has no gate and is frozen for its queue alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct SolvencyTerms {
    /// A round is fresh until its oldest table is older than this, milliseconds.
    pub max_round_age: u64,
    /// Without a complete round for this long anyone may freeze the group, milliseconds.
    pub freeze_after: u64,
}

impl SolvencyTerms {
    /// Whether the terms are within their hard bounds. While a round may still be fresh, no group is frozen.
    pub fn are_within_bounds(&self) -> bool {
        (MIN_TERM..=MAX_ROUND_AGE).contains(&self.max_round_age)
            && (self.max_round_age..=MAX_FREEZE_AFTER).contains(&self.freeze_after)
    }
}

/// A root that a batch left, and the house's commitment beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct RecentRoot {
    /// The root.
    pub root: Field,
    /// The house's commitment that the batch left.
    pub house: Field,
    /// Time of the block that took the batch, milliseconds. It was the newest from here until the next one.
    pub since: u64,
}

/// A round under way (D-ROUND).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct Round<AccountId> {
    /// Whose it is.
    pub payee: AccountId,
    /// All indices below it are covered.
    pub cursor: u32,
    /// The round covers the indices below this: the group's `next_index` at its start.
    pub end: u32,
    /// Commitment to the sums so far.
    pub sums: Field,
    /// Time of its oldest table, milliseconds.
    pub oldest_table: u64,
    /// Number of the newest batch whose root a statement of it named.
    pub newest_root: u64,
    /// What its statements are worth to the payee once it counts (C-PERIOD).
    pub credits: u128,
}

impl<AccountId> Round<AccountId> {
    /// A round in which nothing is covered yet.
    pub(crate) fn start(payee: AccountId, end: u32) -> Self {
        Self {
            payee,
            cursor: 0,
            end,
            sums: no_sums(),
            oldest_table: u64::MAX,
            newest_root: 0,
            credits: 0,
        }
    }
}

/// The complete round that counts.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct CompleteRound<AccountId> {
    /// Number of the rounds that have counted so far, this one included.
    pub number: u64,
    /// Whose it was.
    pub payee: AccountId,
    /// Time of its oldest table, milliseconds: its age counts from here.
    pub oldest_table: u64,
    /// Time of the block that completed it, milliseconds.
    pub completed_at: u64,
    /// What it showed.
    pub findings: Findings,
    /// Whether its live debt was small beside what the group owed when it was completed (C-GATE). Decided once, so that
    /// no payout shuts the gate before another.
    pub tolerable: bool,
}

/// Whether so much live debt is small beside what a group owes.
pub(crate) fn is_tolerable(live_debt: u128, owed: u128) -> bool {
    live_debt
        .checked_mul(LIVE_DEBT_SHARE)
        .is_some_and(|share| share <= owed)
}

impl<AccountId> CompleteRound<AccountId> {
    /// What the insurance lacks to cover the debts, 10^-6.
    pub fn shortfall(&self) -> u128 {
        if self.findings.surplus < 0 {
            self.findings.surplus.unsigned_abs()
        } else {
            0
        }
    }

    /// Whether payouts are allowed by it at `now` (C-GATE).
    pub fn is_fresh(&self, terms: &SolvencyTerms, now: u64) -> bool {
        self.tolerable && now.saturating_sub(self.oldest_table) <= terms.max_round_age
    }
}

/// How many accounts are open in each subtree of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct BlockCounts(pub [u8; BLOCK_SUBTREES]);

impl Default for BlockCounts {
    fn default() -> Self {
        Self([0; BLOCK_SUBTREES])
    }
}

/// Payouts of an owner that were withheld (C-CLAIM), 10^-6.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen,
)]
pub struct WithheldClaim {
    /// The sum of the payouts.
    pub gross: u128,
    /// What was paid of it.
    pub paid: u128,
}

/// How long a group has waited for a complete round (C-FREEZE).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen,
)]
pub struct FreezeClock {
    /// Milliseconds since the last complete round, or since the first account was opened, in which a statement could
    /// have been taken, or the clock could stand no longer.
    pub waited: u64,
    /// Until when it has been counted, milliseconds of Unix time.
    pub counted_at: u64,
    /// How long it may stand still.
    pub stops: Stops,
}

/// Everything that the chain says of a group's solvency.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct SolvencyView<AccountId> {
    /// The terms; none if the gate is off.
    pub terms: Option<SolvencyTerms>,
    /// Milliseconds that the queue item overdue for longest has waited for a batch (C-FREEZE).
    pub queue_waited: u64,
    /// The newest complete round.
    pub round: Option<CompleteRound<AccountId>>,
    /// Whether payouts are made now: the gate is off, or the round is fresh.
    pub open: bool,
    /// Milliseconds that count towards a freeze.
    pub waited: u64,
    /// Since when the group is frozen, milliseconds of Unix time.
    pub frozen: Option<u64>,
    /// The rounds under way.
    pub under_way: alloc::vec::Vec<Round<AccountId>>,
}
