//! What the pallet stores and what other pallets ask of it.

use cloister_settlement::batch::Field;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::sp_runtime::traits::{UniqueSaturatedInto, Zero};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Longest time from a leader's last batch until every member may submit, milliseconds: an hour. The second delay,
/// after which anyone may freeze the group, is a day (C-FREEZE), and the others must have had their turn by then.
pub const MAX_FIRST_DELAY: u64 = 3_600_000;
/// Shortest first delay of a group whose members lead in turn, milliseconds: what a batch takes to be proven and
/// included, twice.
pub const MIN_FIRST_DELAY: u64 = 60_000;

/// When a member of a group submits batches, and when the others may (C-TAKE-OVER).
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
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
pub struct TakeOver<BlockNumber> {
    /// Number of blocks for which a member leads, in the order of the list. 0: there is no leader, and every member may
    /// submit at any time.
    pub epoch: BlockNumber,
    /// Milliseconds from the last batch of a leader until every member may submit.
    pub first_delay: u64,
}

impl<BlockNumber: Copy + Zero + UniqueSaturatedInto<u64>> TakeOver<BlockNumber> {
    /// Whether governance may set them.
    pub fn are_within_bounds(&self, max_epoch: BlockNumber) -> bool
    where
        BlockNumber: PartialOrd,
    {
        if self.epoch.is_zero() {
            return self.first_delay == 0;
        }
        self.epoch <= max_epoch && (MIN_FIRST_DELAY..=MAX_FIRST_DELAY).contains(&self.first_delay)
    }

    /// Place in a list of `members` of who leads in a block; none if nobody leads.
    pub fn leader(&self, block: BlockNumber, members: usize) -> Option<usize> {
        let (block, epoch): (u64, u64) = (block.unique_saturated_into(), self.epoch.unique_saturated_into());
        let turn = block.checked_div(epoch)?;
        let place = turn.checked_rem(u64::try_from(members).ok()?)?;
        usize::try_from(place).ok()
    }
}

/// Why somebody may not submit a batch now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRight {
    /// It is no member.
    NotMember,
    /// Another member leads, and the first delay has not passed.
    NotLeader,
    /// It has not bonded what the group asks (C-BOND).
    NotBonded,
}

/// What members have staked (C-BOND), as far as this pallet asks.
pub trait Bonds<AccountId> {
    /// Whether somebody has bonded what a group asks, if it asks anything.
    fn is_bonded(group: u32, who: &AccountId) -> bool;
    /// Notes that somebody is no longer a member of a group.
    fn note_removal(group: u32, who: &AccountId);
    /// Makes a group ask for a bond, and somebody have it.
    #[cfg(feature = "runtime-benchmarks")]
    fn make_bonded(group: u32, who: &AccountId);
}

/// No bonds are asked.
impl<AccountId> Bonds<AccountId> for () {
    fn is_bonded(_: u32, _: &AccountId) -> bool {
        true
    }

    fn note_removal(_: u32, _: &AccountId) {}

    #[cfg(feature = "runtime-benchmarks")]
    fn make_bonded(_: u32, _: &AccountId) {}
}

/// What other pallets ask of the members.
pub trait Sequencers<AccountId> {
    /// Whether somebody is a member of a group.
    fn is_member(group: u32, who: &AccountId) -> bool;
    /// Whether somebody may submit a batch of a group now.
    fn may_submit(group: u32, who: &AccountId) -> Result<(), NoRight>;
    /// Notes that a group has taken batches of somebody now.
    fn note_batch(group: u32, who: &AccountId);
    /// A group's sealing key, coordinates x and y (P-SEAL).
    fn seal_key(group: u32) -> Option<(Field, Field)>;
}

/// The sequencers of a group at genesis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenesisSequencers<AccountId> {
    /// The group.
    pub group: u32,
    /// Its members.
    pub members: alloc::vec::Vec<AccountId>,
    /// Its sealing key, coordinates x and y; none if it is set later.
    pub seal_key: Option<(Field, Field)>,
}
