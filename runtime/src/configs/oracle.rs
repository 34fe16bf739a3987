//! Prices: the median of what a governed set of operators feeds.

use crate::{configs::notice::Announced, Moment, Oracle, OracleOperators, Runtime, RuntimeEvent, Timestamp};
use frame_support::{
    parameter_types,
    traits::{ConstU32, Get},
    PalletId,
};
use polkadot_sdk::*;
use sp_runtime::FixedU128;

/// Identifier of a price feed. The feeds of the presets are named in [`crate::genesis_presets::feeds`].
pub type FeedId = u32;
/// Price of one unit of the underlying in whole units of the settlement asset.
pub type FeedValue = FixedU128;

/// Maximum number of oracle operators.
pub const MAX_OPERATORS: u32 = 32;
/// Maximum number of feeds in one transaction of an operator: index and perpetual price of every instrument of a group.
pub const MAX_FEED_VALUES: u32 = 64;
/// Milliseconds for which the value of an operator counts in the median.
pub const VALUE_LIFETIME: Moment = 60_000;

/// Fresh values that make a median: more than half of the operators, so that a minority alone can never set a price.
pub struct Quorum;

impl Get<u32> for Quorum {
    fn get() -> u32 {
        let operators = pallet_membership::Members::<Runtime, OperatorsInstance>::decode_len().unwrap_or_default();
        // The set is bounded by `MAX_OPERATORS`.
        (operators / 2).saturating_add(1) as u32
    }
}

/// The membership pallet that holds the operators.
pub type OperatorsInstance = pallet_membership::Instance1;

impl pallet_membership::Config<OperatorsInstance> for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type AddOrigin = Announced;
    type RemoveOrigin = Announced;
    type SwapOrigin = Announced;
    type ResetOrigin = Announced;
    type PrimeOrigin = Announced;
    type MembershipInitialized = ();
    // A removed operator's values leave the median.
    type MembershipChanged = Oracle;
    type MaxMembers = ConstU32<MAX_OPERATORS>;
    type WeightInfo = pallet_membership::weights::SubstrateWeight<Runtime>;
}

parameter_types! {
    /// Account under which values fed by Root are kept.
    pub const OraclePalletId: PalletId = PalletId(*b"clo/orcl");
    /// [`VALUE_LIFETIME`].
    pub const ValueLifetime: Moment = VALUE_LIFETIME;
}

impl pallet_oracle::Config for Runtime {
    type OnNewData = ();
    type CombineData = pallet_oracle::DefaultCombineData<Runtime, Quorum, ValueLifetime>;
    type Time = Timestamp;
    type OracleKey = FeedId;
    type OracleValue = FeedValue;
    type PalletId = OraclePalletId;
    type Members = OracleOperators;
    type WeightInfo = pallet_oracle::weights::SubstrateWeight<Runtime>;
    // Every operator, and Root.
    type MaxHasDispatchedSize = ConstU32<{ MAX_OPERATORS + 1 }>;
    type MaxFeedValues = ConstU32<MAX_FEED_VALUES>;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = FeedSamples;
}

/// Values for the benchmarks of the oracle pallet.
#[cfg(feature = "runtime-benchmarks")]
pub struct FeedSamples;

#[cfg(feature = "runtime-benchmarks")]
impl pallet_oracle::BenchmarkHelper<FeedId, FeedValue, ConstU32<MAX_FEED_VALUES>> for FeedSamples {
    fn get_currency_id_value_pairs() -> frame_support::BoundedVec<(FeedId, FeedValue), ConstU32<MAX_FEED_VALUES>> {
        let values = (0..MAX_FEED_VALUES).map(|feed| (feed, FixedU128::from_u32(feed + 1)));
        frame_support::BoundedVec::truncate_from(values.collect())
    }
}
