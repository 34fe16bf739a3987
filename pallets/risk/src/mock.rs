//! A runtime with the pallet, a clock and an oracle that tests set.
#![allow(missing_docs)]

use crate::{self as pallet_cloister_risk, BatchShapes, GroupParams, InstrumentParams, Price, PriceSource};
use polkadot_sdk::{
    frame_support::{
        self, derive_impl, ord_parameter_types, parameter_types,
        traits::{ConstU32, ConstU64, EitherOfDiverse, Time},
    },
    frame_system::{self, EnsureRoot, EnsureSignedBy},
    sp_io,
    sp_runtime::{BuildStorage, FixedU128},
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
    pub type Risk = pallet_cloister_risk;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = Block;
}

parameter_types! {
    pub static Now: u64 = 1_700_000_000_000;
    /// Places of the widest shape.
    pub static Places: u16 = 8;
    pub static TurnsPerBlock: u32 = 1;
    pub static TableAge: u64 = 120_000;
    pub static Prices: BTreeMap<u32, (FixedU128, u64)> = BTreeMap::new();
}

ord_parameter_types! {
    /// May only narrow.
    pub const Narrows: u64 = 101;
    /// May do what was announced.
    pub const Widens: u64 = 102;
}

pub struct Clock;
impl Time for Clock {
    type Moment = u64;
    fn now() -> u64 {
        Now::get()
    }
}

pub struct Oracle;
impl PriceSource for Oracle {
    type FeedId = u32;
    fn price(feed: &u32) -> Option<Price> {
        Prices::get().get(feed).map(|(value, timestamp)| Price {
            value: *value,
            timestamp: *timestamp,
        })
    }
}

pub struct Keys;
impl BatchShapes for Keys {
    fn most_places() -> u16 {
        Places::get()
    }
}

impl pallet_cloister_risk::Config for Test {
    type AdminOrigin = EitherOfDiverse<EnsureRoot<u64>, EnsureSignedBy<Narrows, u64>>;
    type NoticeOrigin = EitherOfDiverse<EnsureRoot<u64>, EnsureSignedBy<Widens, u64>>;
    type FeedId = u32;
    type Prices = Oracle;
    type Time = Clock;
    type Shapes = Keys;
    type MaxGroups = ConstU32<4>;
    type TablesKept = ConstU32<3>;
    type TurnsPerBlock = TurnsPerBlock;
    type BlockTime = ConstU64<6_000>;
    type TableAge = TableAge;
    type WeightInfo = crate::weights::SubstrateWeight<Test>;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = Helper;
}

#[cfg(feature = "runtime-benchmarks")]
pub struct Helper;
#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<u32> for Helper {
    fn set_time(now: u64) {
        Now::set(now);
    }
    fn feed(number: u32) -> u32 {
        FEED + number
    }
    fn widen() {
        Places::set(8);
    }
    fn set_price(feed: &u32, price: FixedU128, now: u64) {
        let mut prices = Prices::get();
        prices.insert(*feed, (price, now));
        Prices::set(prices);
    }
}

pub const GROUP: u32 = 7;
pub const FEED: u32 = 1;
pub const PREMIUM: u32 = 2;

pub fn group_params() -> GroupParams {
    GroupParams {
        initial: 384,
        maintenance: 256,
        penalty: 16,
        max_discount: 5,
        fee_cap: 1_000,
        max_price_age: 60_000,
        table_interval: 10_000,
    }
}

/// A thousandth of the underlying per lot, scan range 10 %.
pub fn instrument_params() -> InstrumentParams {
    InstrumentParams {
        lot_size: 1_000_000,
        scan_range: 100_000,
        extreme_multiple: 3_000_000,
        extreme_cover: 330_000,
        floor_long: 1_000,
        floor_short: 2_000,
        band: 20_000,
        max_premium: 10_000,
        max_funding_rate: 1_000,
        limit: 1_000_000,
        chunk: 100_000,
    }
}

/// Sets a price as of now.
pub fn set_price(feed: u32, value: FixedU128) {
    let mut prices = Prices::get();
    prices.insert(feed, (value, Now::get()));
    Prices::set(prices);
}

/// A feed that has never had a price.
pub fn silence(feed: u32) {
    let mut prices = Prices::get();
    prices.remove(&feed);
    Prices::set(prices);
}

/// Lets the clock run.
pub fn pass(ms: u64) {
    Now::set(Now::get() + ms);
}

pub fn empty() -> sp_io::TestExternalities {
    let storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
    let mut ext = sp_io::TestExternalities::new(storage);
    ext.execute_with(|| System::set_block_number(1));
    ext
}

/// Runs a test on an empty chain and checks the invariants after it.
pub fn on_empty(test: impl FnOnce()) {
    empty().execute_with(|| {
        test();
        Risk::do_try_state().unwrap();
    });
}

/// Runs a test on a chain with one group with one instrument, index at 50,000, without a price of the perpetual; checks
/// the invariants after it.
pub fn on_listed(test: impl FnOnce()) {
    on_empty(|| {
        Risk::create_group(RuntimeOrigin::root(), GROUP, group_params()).unwrap();
        for feed in [FEED, PREMIUM] {
            set_price(feed, FixedU128::from_u32(50_000));
        }
        Risk::list_instrument(RuntimeOrigin::root(), GROUP, FEED, Some(PREMIUM), instrument_params()).unwrap();
        silence(PREMIUM);
        test();
    });
}

/// The events of the pallet so far, in order.
pub fn events() -> Vec<crate::Event<Test>> {
    System::events()
        .into_iter()
        .filter_map(|record| match record.event {
            RuntimeEvent::Risk(event) => Some(event),
            _ => None,
        })
        .collect()
}
