//! A runtime with the pallet, pallet utility, and classes of its own.
#![allow(missing_docs)]

use crate::{self as pallet_cloister_timelock, Class, Classify, Delays, EnactedCode, EnsureEnacted};
use polkadot_sdk::{
    frame_support::{
        self, derive_impl, ord_parameter_types, parameter_types,
        traits::{Contains, EitherOfDiverse, EnsureOrigin, EnsureOriginWithArg},
    },
    frame_system::{self, EnsureRoot, EnsureSignedBy, SetCode},
    pallet_utility,
    sp_core::H256,
    sp_io,
    sp_runtime::{BuildStorage, DispatchResult},
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
    pub type Utility = pallet_utility;
    #[runtime::pallet_index(2)]
    pub type Timelock = pallet_cloister_timelock;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = Block;
    type BaseCallFilter = Filter;
    type OnSetCode = EnactedCode<Test, Recorder>;
}

/// Nobody asks for other heap pages.
pub struct Filter;
impl Contains<RuntimeCall> for Filter {
    fn contains(call: &RuntimeCall) -> bool {
        !matches!(call, RuntimeCall::System(frame_system::Call::set_heap_pages { .. }))
    }
}

/// Takes the code that the guard lets through.
pub struct Recorder;
impl SetCode<Test> for Recorder {
    fn set_code(code: Vec<u8>) -> DispatchResult {
        Code::set(code);
        Ok(())
    }
}

impl pallet_utility::Config for Test {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeCall = RuntimeCall;
    type PalletsOrigin = OriginCaller;
    type WeightInfo = ();
}

parameter_types! {
    pub static Code: Vec<u8> = Vec::new();
    pub static Development: bool = false;
    pub static Bypass: bool = false;
    /// Whether remarks are of the longest class.
    pub static Graver: bool = false;
    pub const LeastDelays: Delays<u64> = LEAST;
    pub const MostDelay: u64 = 100;
    pub const Lifetime: u64 = 30;
}

ord_parameter_types! {
    pub const Announcer: u64 = ANNOUNCER;
    pub const OfTerms: u64 = OF_TERMS;
}

pub struct Classes;
impl Classify<RuntimeCall, H256> for Classes {
    fn class_of(call: &RuntimeCall) -> Option<Class> {
        match call {
            RuntimeCall::System(frame_system::Call::remark_with_event { .. }) if Graver::get() => Some(Class::Keys),
            RuntimeCall::System(frame_system::Call::remark_with_event { .. }) => Some(Class::Terms),
            RuntimeCall::System(frame_system::Call::remark { .. }) => Some(Class::Members),
            RuntimeCall::Timelock(crate::Call::announce { .. } | crate::Call::enact { .. }) => None,
            _ => Some(Class::Keys),
        }
    }

    fn upgrade_of(call: &RuntimeCall) -> Option<H256> {
        match call {
            RuntimeCall::System(frame_system::Call::authorize_upgrade { code_hash }) => Some(*code_hash),
            _ => None,
        }
    }
}

/// Root and the announcer announce and withdraw any call, [`OF_TERMS`] only those that are terms.
pub struct Fields;
impl EnsureOriginWithArg<RuntimeOrigin, RuntimeCall> for Fields {
    type Success = ();

    fn try_origin(origin: RuntimeOrigin, call: &RuntimeCall) -> Result<(), RuntimeOrigin> {
        type All = EitherOfDiverse<EnsureRoot<u64>, EnsureSignedBy<Announcer, u64>>;
        let terms = <Classes as Classify<RuntimeCall, H256>>::class_of(call) == Some(Class::Terms);
        match <All as EnsureOrigin<RuntimeOrigin>>::try_origin(origin) {
            Ok(_) => Ok(()),
            Err(origin) if terms => {
                <EnsureSignedBy<OfTerms, u64> as EnsureOrigin<RuntimeOrigin>>::try_origin(origin).map(drop)
            }
            Err(origin) => Err(origin),
        }
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn try_successful_origin(_: &RuntimeCall) -> Result<RuntimeOrigin, ()> {
        Ok(RuntimeOrigin::root())
    }
}

impl pallet_cloister_timelock::Config for Test {
    type RuntimeCall = RuntimeCall;
    type AnnounceOrigin = Fields;
    type WithdrawOrigin = Fields;
    type NoticeOrigin = EnsureEnacted;
    type Classes = Classes;
    type Development = Development;
    type Bypass = Bypass;
    type LeastDelays = LeastDelays;
    type MostDelay = MostDelay;
    type Lifetime = Lifetime;
    type WeightInfo = crate::weights::SubstrateWeight<Test>;
}

pub const LEAST: Delays<u64> = Delays {
    terms: 10,
    members: 30,
    keys_and_code: 70,
};
/// Announces and withdraws.
pub const ANNOUNCER: u64 = 1;
/// Announces and withdraws terms.
pub const OF_TERMS: u64 = 3;
/// Anybody.
pub const BOB: u64 = 2;

pub fn genesis(delays: Option<Delays<u64>>) -> RuntimeGenesisConfig {
    RuntimeGenesisConfig {
        timelock: pallet_cloister_timelock::GenesisConfig { delays },
        ..Default::default()
    }
}

pub fn empty() -> sp_io::TestExternalities {
    let mut ext = sp_io::TestExternalities::new(genesis(None).build_storage().unwrap());
    ext.execute_with(|| System::set_block_number(1));
    ext
}

/// Runs a test on the genesis state and checks the invariants after it.
pub fn on_genesis(test: impl FnOnce()) {
    empty().execute_with(|| {
        test();
        Timelock::do_try_state().unwrap();
    });
}

/// Lets blocks pass.
pub fn pass(blocks: u64) {
    System::set_block_number(System::block_number() + blocks);
}

/// The events of the pallet so far, in order.
pub fn events() -> Vec<crate::Event<Test>> {
    System::events()
        .into_iter()
        .filter_map(|record| match record.event {
            RuntimeEvent::Timelock(event) => Some(event),
            _ => None,
        })
        .collect()
}
