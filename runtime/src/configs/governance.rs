//! Government by referenda (C-GOVERN): whoever holds the token votes, each track gives one office, and an office
//! announces or narrows. Nothing here gives Root.

pub mod authority;
pub mod pausing;
pub mod proxies;
pub mod tracks;
pub mod treasury;

use crate::{
    configs::{
        development::Blocks,
        governance::{authority::Governance, tracks::Tracks},
        notice::DAYS,
        system::RuntimeBlockWeights,
    },
    constants::{
        money::{deposit, UNIT},
        time::HOURS,
    },
    AccountId, Balance, Balances, OriginCaller, Preimage, Referenda, Runtime, RuntimeCall, RuntimeEvent,
    RuntimeHoldReason, RuntimeOrigin, Scheduler, System, Treasury,
};
use frame_support::{
    parameter_types,
    traits::{
        fungible::HoldConsideration, tokens::currency::ActiveIssuanceOf, AsEnsureOriginWithArg, ConstU128, ConstU32,
        EqualPrivilegeOnly, LinearStoragePrice,
    },
    weights::Weight,
};
use frame_system::{EnsureRoot, EnsureSigned};
use polkadot_sdk::*;
use sp_runtime::Perbill;

/// Share of a block that scheduled calls may take: what referenda decide and what closes them. Batches have the rest.
const SCHEDULED_SHARE: Perbill = Perbill::from_percent(20);
/// Scheduled calls of one block. Benchmarks fill an agenda further.
const SCHEDULED: u32 = if cfg!(feature = "runtime-benchmarks") { 512 } else { 50 };
/// Votes and delegations of an account that stand at once.
const MAX_VOTES: u32 = 512;
/// Referenda of a track that wait to be decided.
const MAX_QUEUED: u32 = 100;
/// Deposit for a referendum.
pub const SUBMISSION_DEPOSIT: Balance = 10 * UNIT;

parameter_types! {
    /// [`SCHEDULED_SHARE`] of a block.
    pub MaximumSchedulerWeight: Weight = SCHEDULED_SHARE * RuntimeBlockWeights::get().max_block;
    /// Why the deposit of a preimage is held.
    pub const PreimageHold: RuntimeHoldReason = RuntimeHoldReason::Preimage(pallet_preimage::HoldReason::Preimage);
    /// Deposit for a preimage.
    pub const PreimageBase: Balance = deposit(2, 64);
    /// Deposit for each of its bytes.
    pub const PreimageByte: Balance = deposit(0, 1);
}

/// Two weeks, until a referendum that nobody has paid the decision of is closed.
pub type UndecidingTimeout = Blocks<{ 14 * DAYS }, 300>;
/// A week for each step of conviction: longer than any call of an office waits for its schedule.
pub type VoteLockingPeriod = Blocks<{ 7 * DAYS }, 10>;
/// A week, after which the pause of a call ends by itself.
pub type LongestPause = Blocks<{ 7 * DAYS }, 30>;
/// An hour between two looks at the pauses.
pub type LookEvery = Blocks<HOURS, 5>;

impl crate::offices::Config for Runtime {
    type LongestPause = LongestPause;
    type LookEvery = LookEvery;
}

impl pallet_preimage::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type WeightInfo = pallet_preimage::weights::SubstrateWeight<Runtime>;
    type Currency = Balances;
    // Nobody has one without a deposit: only a development chain has Root.
    type ManagerOrigin = EnsureRoot<AccountId>;
    type Consideration =
        HoldConsideration<AccountId, Balances, PreimageHold, LinearStoragePrice<PreimageBase, PreimageByte, Balance>>;
}

impl pallet_scheduler::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeOrigin = RuntimeOrigin;
    type PalletsOrigin = OriginCaller;
    type RuntimeCall = RuntimeCall;
    type MaximumWeight = MaximumSchedulerWeight;
    // Referenda schedule what they decide; nobody else schedules anything.
    type ScheduleOrigin = EnsureRoot<AccountId>;
    type OriginPrivilegeCmp = EqualPrivilegeOnly;
    type MaxScheduledPerBlock = ConstU32<SCHEDULED>;
    type WeightInfo = pallet_scheduler::weights::SubstrateWeight<Runtime>;
    type Preimages = Preimage;
    type BlockNumberProvider = System;
}

impl pallet_conviction_voting::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type WeightInfo = pallet_conviction_voting::weights::SubstrateWeight<Runtime>;
    type Currency = Balances;
    type Polls = Referenda;
    type MaxTurnout = ActiveIssuanceOf<Balances, AccountId>;
    type MaxVotes = ConstU32<MAX_VOTES>;
    type VoteLockingPeriod = VoteLockingPeriod;
    type BlockNumberProvider = System;
    type VotingHooks = ();
}

impl pallet_referenda::Config for Runtime {
    type RuntimeCall = RuntimeCall;
    type RuntimeEvent = RuntimeEvent;
    type WeightInfo = pallet_referenda::weights::SubstrateWeight<Runtime>;
    type Scheduler = Scheduler;
    type Currency = Balances;
    type SubmitOrigin = AsEnsureOriginWithArg<EnsureSigned<AccountId>>;
    type CancelOrigin = Governance;
    type KillOrigin = Governance;
    type Slash = Treasury;
    type Votes = Balance;
    type Tally = pallet_conviction_voting::TallyOf<Runtime>;
    type SubmissionDeposit = ConstU128<SUBMISSION_DEPOSIT>;
    type MaxQueued = ConstU32<MAX_QUEUED>;
    type UndecidingTimeout = UndecidingTimeout;
    type AlarmInterval = ConstU32<1>;
    type Tracks = Tracks;
    type Preimages = Preimage;
    type BlockNumberProvider = System;
}
