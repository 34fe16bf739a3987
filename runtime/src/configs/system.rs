//! The frame itself, and the small pallets that every chain has.

use crate::{
    configs::{custody::Permitted, governance::pausing::Unpaused},
    constants::money,
    AccountId, Balance, Block, Hash, Nonce, OriginCaller, PalletInfo, Runtime, RuntimeCall, RuntimeEvent,
    RuntimeOrigin, RuntimeTask, System, VERSION,
};
use frame_support::{
    derive_impl, parameter_types,
    traits::{ConstU32, InsideBoth},
    weights::{
        constants::{ParityDbWeight, WEIGHT_REF_TIME_PER_SECOND},
        Weight,
    },
};
use frame_system::limits::{BlockLength, BlockWeights};
use polkadot_sdk::*;
use sp_runtime::Perbill;
use sp_version::RuntimeVersion;

/// Share of a block that ordinary transactions may fill; the rest is for operational ones.
const NORMAL_SHARE: Perbill = Perbill::from_percent(75);
/// Computation in a block: 2 s of reference time, a third of a slot of 6 s, so that a slower validator keeps up.
/// A solochain ships no storage proofs, so their size is not bounded.
const MAXIMUM_BLOCK_WEIGHT: Weight = Weight::from_parts(2 * WEIGHT_REF_TIME_PER_SECOND, u64::MAX);
/// Bytes of transactions in a block.
const MAXIMUM_BLOCK_BYTES: u32 = 5 * 1024 * 1024;

parameter_types! {
    /// Blocks whose hash the chain remembers, and so the longest life of a mortal transaction: 4 hours at 6 s.
    pub const BlockHashCount: u32 = 4 * crate::constants::time::HOURS;
    /// Version of the runtime.
    pub const Version: RuntimeVersion = VERSION;
    /// Limits of computation.
    pub RuntimeBlockWeights: BlockWeights = BlockWeights::with_sensible_defaults(MAXIMUM_BLOCK_WEIGHT, NORMAL_SHARE);
    /// Limits of size.
    pub RuntimeBlockLength: BlockLength =
        BlockLength::builder()
            .max_length(MAXIMUM_BLOCK_BYTES)
            .modify_max_length_for_class(frame_support::dispatch::DispatchClass::Normal, |length| {
                *length = NORMAL_SHARE * MAXIMUM_BLOCK_BYTES
            })
            .build();
    /// The generic address prefix of Substrate chains.
    pub const SS58Prefix: u16 = 42;
}

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Runtime {
    type Block = Block;
    type BlockWeights = RuntimeBlockWeights;
    type BlockLength = RuntimeBlockLength;
    type BlockHashCount = BlockHashCount;
    type AccountId = AccountId;
    type Nonce = Nonce;
    type Hash = Hash;
    type DbWeight = ParityDbWeight;
    type Version = Version;
    type AccountData = pallet_balances::AccountData<Balance>;
    type SystemWeightInfo = frame_system::weights::SubstrateWeight<Runtime>;
    type ExtensionsWeightInfo = frame_system::SubstrateExtensionsWeight<Runtime>;
    type SS58Prefix = SS58Prefix;
    type MaxConsumers = ConstU32<16>;
    type BaseCallFilter = InsideBoth<Permitted, Unpaused>;
    type SingleBlockMigrations = crate::migrations::Migrations;
    #[cfg(not(feature = "runtime-benchmarks"))]
    type OnSetCode = pallet_cloister_timelock::EnactedCode<Runtime, ()>;
    // Benchmarks of upgrades announce nothing.
    #[cfg(feature = "runtime-benchmarks")]
    type OnSetCode = ();
}

parameter_types! {
    /// Smallest balance of the native token that an account may hold.
    pub const ExistentialDeposit: Balance = money::EXISTENTIAL_DEPOSIT;
}

impl pallet_balances::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeHoldReason = crate::RuntimeHoldReason;
    type RuntimeFreezeReason = crate::RuntimeFreezeReason;
    type WeightInfo = pallet_balances::weights::SubstrateWeight<Runtime>;
    type Balance = Balance;
    // Dust is burned.
    type DustRemoval = ();
    type ExistentialDeposit = ExistentialDeposit;
    type AccountStore = System;
    type ReserveIdentifier = [u8; 8];
    type FreezeIdentifier = crate::RuntimeFreezeReason;
    type MaxLocks = ConstU32<50>;
    type MaxReserves = ConstU32<50>;
    type MaxFreezes = ConstU32<50>;
    type DoneSlashHandler = ();
}

impl pallet_utility::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeCall = RuntimeCall;
    type PalletsOrigin = OriginCaller;
    type WeightInfo = pallet_utility::weights::SubstrateWeight<Runtime>;
}

impl pallet_sudo::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeCall = RuntimeCall;
    type WeightInfo = pallet_sudo::weights::SubstrateWeight<Runtime>;
}
