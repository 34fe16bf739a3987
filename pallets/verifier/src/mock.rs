//! A runtime with the pallet alone. Keys are good ones, of the trapdoor; proofs are verified where other pallets use
//! the registry.
#![allow(missing_docs)]

use crate::{self as pallet_cloister_verifier, trapdoor, ExitsNeeded, GenesisKey, KeyId, StatementKind};
use polkadot_sdk::{
    frame_support::{
        self, derive_impl, ord_parameter_types, parameter_types, traits::ConstU64, traits::EitherOfDiverse,
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
    pub type Verifier = pallet_cloister_verifier;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = Block;
}

parameter_types! {
    pub static AccountsOpen: bool = false;
}

ord_parameter_types! {
    /// May only narrow.
    pub const Narrows: u64 = NARROWS;
    /// May do what was announced.
    pub const Widens: u64 = WIDENS;
}

pub struct Exits;
impl ExitsNeeded for Exits {
    fn exits_needed() -> bool {
        AccountsOpen::get()
    }
}

impl pallet_cloister_verifier::Config for Test {
    type AdminOrigin = EitherOfDiverse<EnsureRoot<u64>, EnsureSignedBy<Narrows, u64>>;
    type NoticeOrigin = EitherOfDiverse<EnsureRoot<u64>, EnsureSignedBy<Widens, u64>>;
    type ActivationDelay = ConstU64<10>;
    type Exits = Exits;
    type WeightInfo = crate::weights::SubstrateWeight<Test>;
}

pub const NARROWS: u64 = 21;
pub const WIDENS: u64 = 22;
pub const STRANGER: u64 = 9;
pub const BATCH_KEY: KeyId = 3;
pub const SEAL_KEY: KeyId = 7;
pub const EXIT_KEY: KeyId = 61;
pub const SHAPE: StatementKind = StatementKind::Batch { units: 2, places: 1 };

pub fn genesis() -> RuntimeGenesisConfig {
    let keys = [
        (SEAL_KEY, StatementKind::Seal),
        (BATCH_KEY, SHAPE),
        (EXIT_KEY, StatementKind::Exit),
    ];
    let of = |(id, statement)| GenesisKey {
        id,
        statement,
        development: true,
        key: trapdoor::key(),
    };
    RuntimeGenesisConfig {
        verifier: pallet_cloister_verifier::GenesisConfig {
            development: true,
            verifying_keys: keys.map(of).to_vec(),
            ..Default::default()
        },
        ..Default::default()
    }
}

/// The genesis state in block 1.
pub fn empty() -> sp_io::TestExternalities {
    let mut ext = sp_io::TestExternalities::new(genesis().build_storage().unwrap());
    ext.execute_with(|| System::set_block_number(1));
    ext
}

/// Runs a test on the genesis state and checks the invariants after it.
pub fn on_genesis(test: impl FnOnce()) {
    empty().execute_with(|| {
        test();
        Verifier::do_try_state().unwrap();
    });
}
