//! What the pallet stores and what other pallets ask of it.

use cloister_settlement::batch::Field;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::{
    frame_support::{
        traits::{ConstU32, Get},
        BoundedVec, CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound,
    },
    sp_runtime::traits::{UniqueSaturatedInto, Zero},
};
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

/// Length of one secret that is sealed to a transport key (C-HAND-OVER), bytes: a point, the secret and a tag.
pub const SEALED_SECRET: u32 = 80;
/// Maximum length of a hand-over, bytes: the secret of the present sealing key, and seven former ones.
pub const MAX_HAND_OVER: u32 = SEALED_SECRET + 7 * 32;

/// Secrets that a member has sealed to another one.
pub type Ciphertext = BoundedVec<u8, ConstU32<MAX_HAND_OVER>>;

/// Secrets that a member has handed over to another one.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct HandOver<AccountId> {
    /// Who has sealed them.
    pub from: AccountId,
    /// The secret of the present sealing key and former ones, sealed to the transport key of the other.
    pub ciphertext: Ciphertext,
}

/// The secret of a proposed sealing key, sealed to a member.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct SealedSecret<AccountId> {
    /// The member.
    pub to: AccountId,
    /// The member's transport key to which it is sealed.
    pub transport: Field,
    /// The secret, sealed.
    pub ciphertext: [u8; SEALED_SECRET as usize],
}

/// A member's proposal of another sealing key (C-ROTATION).
#[derive(
    CloneNoBound,
    DebugNoBound,
    PartialEqNoBound,
    EqNoBound,
    Encode,
    Decode,
    DecodeWithMemTracking,
    TypeInfo,
    MaxEncodedLen,
)]
#[scale_info(skip_type_params(MaxMembers))]
#[codec(mel_bound(AccountId: MaxEncodedLen))]
pub struct Rotation<AccountId: Clone + core::fmt::Debug + PartialEq + Eq, MaxMembers: Get<u32>> {
    /// Coordinates x and y of the key.
    pub key: (Field, Field),
    /// Its secret, sealed to each other member in the order of the list.
    pub sealed: BoundedVec<SealedSecret<AccountId>, MaxMembers>,
    /// Who has its secret: whoever proposes it, and those who have confirmed it.
    pub confirmed: BoundedVec<AccountId, MaxMembers>,
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
    /// The series of somebody's receipts; 0 if it has never begun one.
    fn present_series(group: u32, who: &AccountId) -> u32;
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

    fn present_series(_: u32, _: &AccountId) -> u32 {
        0
    }

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
    /// The series of somebody's receipts; 0 if it has never begun one.
    fn present_series(group: u32, who: &AccountId) -> u32;
}

/// Who answers for a batch that was settled, and what it says (C-SETTLED).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct SettledBatch<AccountId> {
    /// Hash of its statement (B-STATEMENT).
    pub statement: Field,
    /// Number of its units. The statement does not name its shape.
    pub units: u16,
    /// Who submitted it.
    pub submitter: AccountId,
    /// The series of that one's receipts then; never 0.
    pub series: u32,
    /// Number of the block.
    pub block: u32,
}

/// The batches that were settled not long ago.
pub trait SettledBatches<AccountId> {
    /// A batch of a group; none if it is not kept, or nobody answers for it.
    fn settled(group: u32, batch_no: u64) -> Option<SettledBatch<AccountId>>;
    /// Keeps a batch that there never was.
    #[cfg(feature = "runtime-benchmarks")]
    fn make_settled(group: u32, batch_no: u64, batch: SettledBatch<AccountId>);
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
