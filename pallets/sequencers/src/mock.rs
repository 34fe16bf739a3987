//! A runtime with the pallet, and a clock that tests set.
#![allow(missing_docs)]

use crate::{self as pallet_cloister_sequencers, Bonds, GenesisSequencers};
use cloister_crypto::{field::to_bytes, schnorr::SecretKey};
use polkadot_sdk::{
    frame_support::{
        self, derive_impl, ord_parameter_types, parameter_types,
        traits::{ConstU32, ConstU64, EitherOfDiverse, Time},
    },
    frame_system::{self, EnsureRoot, EnsureSignedBy},
    sp_io,
    sp_runtime::BuildStorage,
};

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
    pub type Sequencers = pallet_cloister_sequencers;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = Block;
}

parameter_types! {
    pub static Now: u64 = START;
    /// Who has not bonded what is asked.
    pub static Unbonded: Vec<(u32, u64)> = vec![];
    /// Whose removal was told.
    pub static Removed: Vec<(u32, u64)> = vec![];
}

ord_parameter_types! {
    /// May only narrow.
    pub const Narrows: u64 = NARROWS;
    /// May do what was announced.
    pub const Widens: u64 = WIDENS;
}

pub struct Clock;
impl Time for Clock {
    type Moment = u64;
    fn now() -> u64 {
        Now::get()
    }
}

/// Bonds of which tests say who has none.
pub struct Staked;
impl Bonds<u64> for Staked {
    fn is_bonded(group: u32, who: &u64) -> bool {
        !Unbonded::get().contains(&(group, *who))
    }

    fn note_removal(group: u32, who: &u64) {
        Removed::mutate(|removed| removed.push((group, *who)));
    }

    fn present_series(_: u32, _: &u64) -> u32 {
        0
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn make_bonded(_: u32, _: &u64) {}
}

impl pallet_cloister_sequencers::Config for Test {
    type AdminOrigin = EitherOfDiverse<EnsureRoot<u64>, EnsureSignedBy<Narrows, u64>>;
    type NoticeOrigin = EitherOfDiverse<EnsureRoot<u64>, EnsureSignedBy<Widens, u64>>;
    type Time = Clock;
    type MaxMembers = ConstU32<4>;
    type MaxEpoch = ConstU64<1_000>;
    type Bonds = Staked;
    type WeightInfo = crate::weights::SubstrateWeight<Test>;
}

pub const START: u64 = 1_700_000_000_000;
pub const GROUP: u32 = 1;
pub const OTHER: u32 = 2;
pub const NARROWS: u64 = 21;
pub const WIDENS: u64 = 22;
pub const STRANGER: u64 = 9;
/// The members of the group, in the order in which they lead.
pub const MEMBERS: [u64; 3] = [31, 32, 33];

/// A key from a seed, coordinates x and y.
pub fn key(seed: u8) -> ([u8; 32], [u8; 32]) {
    let key = SecretKey::from_seed(&[seed; 32]).public();
    (to_bytes(&key.x()), to_bytes(&key.y()))
}

pub fn genesis() -> RuntimeGenesisConfig {
    RuntimeGenesisConfig {
        sequencers: pallet_cloister_sequencers::GenesisConfig {
            groups: vec![GenesisSequencers {
                group: GROUP,
                members: MEMBERS.to_vec(),
                seal_key: Some(key(7)),
            }],
        },
        ..Default::default()
    }
}

/// The genesis state in block 1.
pub fn empty() -> sp_io::TestExternalities {
    let mut ext = sp_io::TestExternalities::new(genesis().build_storage().unwrap());
    ext.execute_with(|| {
        Now::set(START);
        Unbonded::set(vec![]);
        Removed::set(vec![]);
        System::set_block_number(1);
    });
    ext
}

/// Runs a test on the genesis state and checks the invariants after it.
pub fn on_genesis(test: impl FnOnce()) {
    empty().execute_with(|| {
        test();
        Sequencers::do_try_state().unwrap();
    });
}
