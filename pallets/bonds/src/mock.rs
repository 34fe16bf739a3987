//! A runtime with the pallet and the native token; accounts are sr25519 keys.
#![allow(missing_docs)]

use crate as pallet_cloister_bonds;
use pallet_cloister_sequencers::{SettledBatch, SettledBatches};
use polkadot_sdk::{
    frame_support::{
        self, derive_impl, ord_parameter_types, parameter_types,
        traits::{tokens::imbalance::ResolveTo, ConstU64, Get, TypedGet},
    },
    frame_system::{self, EnsureSignedBy},
    pallet_balances,
    sp_core::{sr25519, Pair, H256},
    sp_io,
    sp_runtime::{traits::IdentityLookup, AccountId32, BuildStorage},
};
use std::collections::BTreeMap;

type Block = frame_system::mocking::MockBlock<Test>;

#[frame_support::runtime]
mod runtime {
    #[runtime::runtime]
    #[runtime::derive(
        RuntimeCall,
        RuntimeEvent,
        RuntimeError,
        RuntimeOrigin,
        RuntimeFreezeReason,
        RuntimeHoldReason,
        RuntimeSlashReason,
        RuntimeLockId,
        RuntimeTask
    )]
    pub struct Test;

    #[runtime::pallet_index(0)]
    pub type System = frame_system;
    #[runtime::pallet_index(1)]
    pub type Balances = pallet_balances;
    #[runtime::pallet_index(2)]
    pub type Bonds = pallet_cloister_bonds;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = Block;
    type AccountId = AccountId32;
    type Lookup = IdentityLookup<AccountId32>;
    type AccountData = pallet_balances::AccountData<u64>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
    type AccountStore = System;
    type ExistentialDeposit = ConstU64<EXISTENTIAL>;
    type RuntimeHoldReason = RuntimeHoldReason;
}

ord_parameter_types! {
    pub const Governs: AccountId32 = AccountId32::new([0xee; 32]);
}

parameter_types! {
    pub static Batches: BTreeMap<(u32, u64), SettledBatch<AccountId32>> = BTreeMap::new();
}

/// Where what is slashed goes.
pub struct Treasury;
impl TypedGet for Treasury {
    type Type = AccountId32;
    fn get() -> AccountId32 {
        AccountId32::new([0xdd; 32])
    }
}

impl pallet_cloister_bonds::Config for Test {
    type NoticeOrigin = EnsureSignedBy<Governs, AccountId32>;
    type Currency = Balances;
    type RuntimeHoldReason = RuntimeHoldReason;
    type Beneficiary = ResolveTo<Treasury, Balances>;
    type MinBond = ConstU64<MIN_BOND>;
    type MaxBond = ConstU64<MAX_BOND>;
    type MinUnbonding = ConstU64<MIN_UNBONDING>;
    type MaxUnbonding = ConstU64<MAX_UNBONDING>;
    type Batches = Kept;
    type WeightInfo = crate::weights::SubstrateWeight<Test>;
}

/// Batches that tests have settled.
pub struct Kept;

impl Kept {
    pub fn keep(group: u32, batch_no: u64, batch: SettledBatch<AccountId32>) {
        Batches::mutate(|batches| _ = batches.insert((group, batch_no), batch));
    }
}

impl SettledBatches<AccountId32> for Kept {
    fn settled(group: u32, batch_no: u64) -> Option<SettledBatch<AccountId32>> {
        Batches::get().get(&(group, batch_no)).cloned()
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn make_settled(group: u32, batch_no: u64, batch: SettledBatch<AccountId32>) {
        Self::keep(group, batch_no, batch);
    }
}

pub const EXISTENTIAL: u64 = 10;
pub const MIN_BOND: u64 = 100;
pub const MAX_BOND: u64 = 100_000;
pub const MIN_UNBONDING: u64 = 50;
pub const MAX_UNBONDING: u64 = 5_000;
pub const GROUP: u32 = 1;
pub const OTHER: u32 = 2;
pub const GENESIS: [u8; 32] = cloister_ledger_testing::GENESIS;
/// What everybody has at first.
pub const RICH: u64 = 1_000_000;

/// Somebody's key, by its seed.
pub fn pair(seed: u8) -> sr25519::Pair {
    sr25519::Pair::from_seed(&[seed; 32])
}

/// The account of a key.
pub fn account(seed: u8) -> AccountId32 {
    AccountId32::new(pair(seed).public().0)
}

pub fn treasury() -> AccountId32 {
    <Treasury as TypedGet>::get()
}

pub fn governs() -> RuntimeOrigin {
    RuntimeOrigin::signed(<Governs as Get<AccountId32>>::get())
}

/// The genesis state in block 1: accounts 1 to 5 and the treasury have money.
pub fn empty() -> sp_io::TestExternalities {
    let somebody = (1..=5).map(account).chain([treasury()]);
    let config = RuntimeGenesisConfig {
        balances: pallet_balances::GenesisConfig {
            balances: somebody.map(|who| (who, RICH)).collect(),
            ..Default::default()
        },
        ..Default::default()
    };
    let mut ext = sp_io::TestExternalities::new(config.build_storage().unwrap());
    ext.execute_with(|| {
        System::set_block_number(1);
        Batches::set(BTreeMap::new());
        frame_system::BlockHash::<Test>::insert(0, H256(GENESIS));
    });
    ext
}

/// Runs a test on the genesis state and checks the invariants after it.
pub fn on_genesis(test: impl FnOnce()) {
    empty().execute_with(|| {
        test();
        Bonds::do_try_state().unwrap();
    });
}
