//! The exchange: the pallets `verifier`, `sequencers`, `bonds`, `risk` and `execution`.

use crate::{
    configs::{
        development::is_development,
        governance::authority::{Narrowing, OverListings, OverRisk},
        notice::Announced,
        oracle::FeedId,
    },
    constants::{money::UNIT, time},
    AccountId, AssetId, Assets, Balance, Balances, BlockNumber, Bonds, Execution, Moment, Oracle, OracleOperators,
    Risk, Runtime, RuntimeCall, Sequencers, Timestamp, Verifier,
};
use frame_support::{
    parameter_types,
    traits::{tokens::imbalance::ResolveTo, ConstU128, ConstU32, ConstU64, Contains, Get, TypedGet},
    PalletId,
};
use pallet_cloister_execution::{
    exit::{DEVELOPMENT_EXIT_PERIOD, EXIT_PERIOD},
    EssentialCalls,
};
use pallet_cloister_risk::{BatchShapes, Price, PriceSource};
use pallet_cloister_verifier::VerifyingKeyRegistry;
use polkadot_sdk::*;

/// Maximum number of margin groups: one for each underlying.
const MAX_GROUPS: u32 = 64;
/// Number of risk tables that are kept per group: with a table every few seconds they reach back further than
/// [`MaxRiskAge`].
const TABLES_KEPT: u32 = 64;
/// Number of groups that have their turn to get a table in a block.
const TURNS_PER_BLOCK: u32 = 8;
/// Maximum number of members of a group's sequencers.
const MAX_MEMBERS: u32 = 16;
/// Maximum number of blocks for which a member leads: as many members as there may be lead within a day.
const MAX_EPOCH: BlockNumber = 24 * time::HOURS / MAX_MEMBERS;
/// Least bond of a sequencer, so that a report pays for itself and an entry of one costs something.
const MIN_BOND: Balance = 1_000 * UNIT;
/// Most that a group may ask as a bond.
const MAX_BOND: Balance = 10_000_000 * UNIT;
/// Fewest blocks for which a bond that is given up can still be slashed: a week, in which traders compare receipts.
const MIN_UNBONDING: BlockNumber = 7 * 24 * time::HOURS;
/// Most blocks of that: a quarter of a year.
const MAX_UNBONDING: BlockNumber = 90 * 24 * time::HOURS;
/// Blocks from setting a verifying key until it is good: a day, in which traders who distrust it can leave.
const ACTIVATION_DELAY: BlockNumber = 24 * time::HOURS;

parameter_types! {
    /// The vaults' accounts derive from it.
    pub const VaultPalletId: PalletId = PalletId(*b"clo/valt");
    /// Smallest deposit: one unit of the settlement asset, so that queues are not filled for nothing.
    pub const MinDeposit: u64 = 1_000_000;
    /// What an open costs: one unit of the settlement asset, so that a million accounts of dust, which would lengthen
    /// every solvency round by some hours, cost a million.
    pub const OpenFee: u64 = 1_000_000;
    /// What a queue item costs while the queue is short: a hundredth of a unit of the settlement asset. It doubles with
    /// every 5,000 items that wait, so the last of 100,000 costs 5,243 units, and all of them together 50 million.
    pub const QueueFee: u64 = 10_000;
    /// How long the item overdue for longest waits while its group could take a batch, milliseconds, until anyone may
    /// freeze the group: a day.
    pub const QueuePatience: Moment = 86_400_000;
    /// Milliseconds between the deadlines of two items of a lane, at least: 20 items a second fall due.
    pub const DeadlineSpacing: Moment = 50;
    /// What a take of insurance leaves at least: 10,000 units of the settlement asset. Governance may leave more; this
    /// much not even a referendum takes from a group.
    pub const InsuranceFloor: u64 = 10_000_000_000;
    /// Maximum of the deposits less withdrawals of one account: 10 million units of the settlement asset.
    pub const MaxUserDeposits: u128 = 10_000_000_000_000;
    /// Maximum that a vault may owe: a billion units of the settlement asset.
    pub const MaxVault: u128 = 1_000_000_000_000_000;
    /// A batch names a risk table no older than this, milliseconds: a margin rule is as good as its prices. Proving
    /// takes seconds; a batch that waited longer is made again with a newer table. How long a table may be named after
    /// the next one was built is governed ([`pallet_cloister_risk::TableGrace`]).
    pub const MaxRiskAge: Moment = 120_000;
    /// A batch's time may be this much before the block's, milliseconds: what it takes to prove a batch and to include
    /// it, twice. An order that has expired since then may still be in it.
    pub const MaxTimeBehind: Moment = 60_000;
    /// A batch's time may be this much after the block's, milliseconds: clocks differ a little, and a block's time is
    /// that of its slot.
    pub const MaxTimeAhead: Moment = 30_000;
    /// Batches must take a queued deposit or open after this time, milliseconds, within the group's share. They may
    /// take it as soon as it is ready.
    pub const SoftDeadline: Moment = 1_800_000;
}

/// Feeds of the oracle's operators, without which no risk table is built.
pub struct Feeds;

impl EssentialCalls<RuntimeCall, AccountId> for Feeds {
    fn is_essential(call: &RuntimeCall, signer: &AccountId) -> bool {
        matches!(call, RuntimeCall::Oracle(pallet_oracle::Call::feed_values { .. }))
            && <OracleOperators as Contains<AccountId>>::contains(signer)
    }
}

/// The oracle's medians as prices of risk tables.
pub struct OraclePrices;

impl PriceSource for OraclePrices {
    type FeedId = FeedId;

    fn price(feed: &FeedId) -> Option<Price> {
        Oracle::get(feed).map(|median| Price {
            value: median.value,
            timestamp: median.timestamp,
        })
    }
}

/// The shapes of batches, by their verifying keys.
pub struct Shapes;

impl BatchShapes for Shapes {
    fn most_places() -> u16 {
        <Verifier as VerifyingKeyRegistry>::most_places()
    }
}

impl pallet_cloister_verifier::Config for Runtime {
    type AdminOrigin = OverRisk;
    type NoticeOrigin = Announced;
    type ActivationDelay = ActivationDelay;
    type Exits = Execution;
    type WeightInfo = pallet_cloister_verifier::weights::SubstrateWeight<Runtime>;
}

impl pallet_cloister_sequencers::Config for Runtime {
    type AdminOrigin = OverListings;
    type NoticeOrigin = Announced;
    type Time = Timestamp;
    type MaxMembers = ConstU32<MAX_MEMBERS>;
    type MaxEpoch = ConstU32<MAX_EPOCH>;
    type Bonds = Bonds;
    type WeightInfo = pallet_cloister_sequencers::weights::SubstrateWeight<Runtime>;
}

impl pallet_cloister_bonds::Config for Runtime {
    type NoticeOrigin = Announced;
    type Currency = Balances;
    type RuntimeHoldReason = crate::RuntimeHoldReason;
    type Beneficiary = ResolveTo<Treasury, Balances>;
    type MinBond = ConstU128<MIN_BOND>;
    type MaxBond = ConstU128<MAX_BOND>;
    type MinUnbonding = MinUnbonding;
    type MaxUnbonding = ConstU32<MAX_UNBONDING>;
    type Batches = Execution;
    type WeightInfo = pallet_cloister_bonds::weights::SubstrateWeight<Runtime>;
}

impl pallet_cloister_risk::Config for Runtime {
    type AdminOrigin = Narrowing;
    type NoticeOrigin = Announced;
    type FeedId = FeedId;
    type Prices = OraclePrices;
    type Time = Timestamp;
    type Shapes = Shapes;
    type MaxGroups = ConstU32<MAX_GROUPS>;
    type TablesKept = ConstU32<TABLES_KEPT>;
    type TurnsPerBlock = ConstU32<TURNS_PER_BLOCK>;
    type BlockTime = ConstU64<{ time::SLOT_MILLISECONDS }>;
    type TableAge = MaxRiskAge;
    type WeightInfo = pallet_cloister_risk::weights::SubstrateWeight<Runtime>;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = crate::configs::benchmarks::Stage;
}

/// [`ACTIVATION_DELAY`]; one block on a development chain, whose keys are worth nothing.
pub struct ActivationDelay;

impl Get<BlockNumber> for ActivationDelay {
    fn get() -> BlockNumber {
        if is_development() {
            1
        } else {
            ACTIVATION_DELAY
        }
    }
}

/// [`EXIT_PERIOD`]; a minute on a development chain, whose money is worth nothing.
pub struct ExitPeriod;

impl Get<Moment> for ExitPeriod {
    fn get() -> Moment {
        if is_development() {
            DEVELOPMENT_EXIT_PERIOD
        } else {
            EXIT_PERIOD
        }
    }
}

/// The treasury's account: nobody has its key, and governance spends from it.
pub struct Treasury;

impl Get<AccountId> for Treasury {
    fn get() -> AccountId {
        crate::Treasury::account_id()
    }
}

impl TypedGet for Treasury {
    type Type = AccountId;

    fn get() -> AccountId {
        <Self as Get<AccountId>>::get()
    }
}

/// [`MIN_UNBONDING`]; one block on a development chain.
pub struct MinUnbonding;

impl Get<BlockNumber> for MinUnbonding {
    fn get() -> BlockNumber {
        if is_development() {
            1
        } else {
            MIN_UNBONDING
        }
    }
}

impl pallet_cloister_execution::Config for Runtime {
    type AdminOrigin = OverRisk;
    type PauseOrigin = Narrowing;
    type NoticeOrigin = Announced;
    type AssetId = AssetId;
    type Assets = Assets;
    type Risk = Risk;
    type Keys = Verifier;
    type Sequencers = Sequencers;
    type Time = Timestamp;
    type OtherEssentialCalls = Feeds;
    type PalletId = VaultPalletId;
    type MaxQueue = ConstU32<100_000>;
    type MaxItemsPerUser = ConstU32<8>;
    type MaxRounds = ConstU32<MAX_MEMBERS>;
    type MinDeposit = MinDeposit;
    type OpenFee = OpenFee;
    type QueueFee = QueueFee;
    type QueueFeeStep = ConstU32<5_000>;
    type QueuePatience = QueuePatience;
    type DeadlineSpacing = DeadlineSpacing;
    type InsuranceFloor = InsuranceFloor;
    type MaxUserDeposits = MaxUserDeposits;
    type MaxVault = MaxVault;
    type SoftDeadline = SoftDeadline;
    type MaxRiskAge = MaxRiskAge;
    type MaxTimeBehind = MaxTimeBehind;
    type MaxTimeAhead = MaxTimeAhead;
    type SettledFor = ConstU32<MAX_UNBONDING>;
    type ExitPeriod = ExitPeriod;
    type Treasury = Treasury;
    type WeightInfo = pallet_cloister_execution::weights::SubstrateWeight<Runtime>;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = crate::configs::benchmarks::Stage;
}
