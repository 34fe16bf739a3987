//! Prices: what a governed set of operators feeds, combined so that no minority sets one (C-ORACLE).

use crate::{configs::notice::Announced, Moment, Oracle, OracleOperators, Runtime, RuntimeEvent, Timestamp};
use alloc::vec::Vec;
use frame_support::{parameter_types, traits::ConstU32, PalletId};
use pallet_oracle::{CombineData, TimestampedValue};
use polkadot_sdk::*;
use sp_runtime::{traits::Zero, FixedU128, Perbill};

/// Identifier of a price feed. The feeds of the presets are named in [`crate::genesis_presets::feeds`].
pub type FeedId = u32;
/// Price of one unit of the underlying in whole units of the settlement asset.
pub type FeedValue = FixedU128;

/// Maximum number of oracle operators.
pub const MAX_OPERATORS: u32 = 32;
/// Maximum number of feeds in one transaction of an operator: index and perpetual price of every instrument of a group.
pub const MAX_FEED_VALUES: u32 = 64;
/// Milliseconds for which the value of an operator counts.
pub const VALUE_LIFETIME: Moment = 60_000;
/// How far from the middle the values may be that agree with it.
pub const AGREEMENT: Perbill = Perbill::from_percent(2);

/// A value and when it was fed.
type Fed = TimestampedValue<FeedValue, Moment>;

/// How many values of `operators` are needed, so that up to `f` of them may lie or be silent, where `operators` are at
/// least `3f + 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// Fresh values: `operators - f`.
    pub fresh: usize,
    /// Fresh values that agree: `operators - 2f`, what is left of the honest ones when `f` others are silent.
    pub agreeing: usize,
}

impl Quorum {
    /// The quorum of a number of operators.
    pub const fn of(operators: usize) -> Self {
        let liars = operators.saturating_sub(1) / 3;
        let fresh = operators.saturating_sub(liars);
        Self {
            fresh,
            agreeing: fresh.saturating_sub(liars),
        }
    }
}

/// Makes one price of the operators' values (C-ORACLE).
pub struct Combine;

impl CombineData<FeedId, Fed> for Combine {
    fn combine_data(_: &FeedId, mut values: Vec<Fed>, previous: Option<Fed>) -> Option<Fed> {
        let operators = pallet_membership::Members::<Runtime, OperatorsInstance>::decode_len().unwrap_or_default();
        let now = pallet_timestamp::Pallet::<Runtime>::get();
        values.retain(|fed| !fed.value.is_zero() && fed.timestamp.saturating_add(VALUE_LIFETIME) > now);
        middle(values, Quorum::of(operators)).or(previous)
    }
}

/// The mean of lower and upper median of the newest values, as many as are needed, and when the oldest of these was
/// fed; none if too few values are there, or agree with it.
///
/// What was fed before that moment does not count: a price is not older than its time says, and a value that is fed
/// once among those of others neither moves it nor makes it look old.
pub fn middle(mut values: Vec<Fed>, quorum: Quorum) -> Option<Fed> {
    // A chain without operators has no prices but what Root feeds.
    let needed = quorum.fresh.max(1);
    values.sort_unstable_by_key(|fed| core::cmp::Reverse(fed.timestamp));
    let timestamp = values.get(needed.saturating_sub(1))?.timestamp;
    values.retain(|fed| fed.timestamp >= timestamp);
    values.sort_unstable_by_key(|fed| fed.value);
    let lower = values.get(values.len().saturating_sub(1) / 2)?.value;
    let upper = values.get(values.len() / 2)?.value;
    // The sum of two values may be too large for one.
    let half = upper.into_inner().saturating_sub(lower.into_inner()) / 2;
    let value = FixedU128::from_inner(lower.into_inner().saturating_add(half));
    let room = AGREEMENT * value.into_inner();
    let agrees = |fed: &&Fed| fed.value.into_inner().abs_diff(value.into_inner()) <= room;
    if values.iter().filter(agrees).count() < quorum.agreeing.max(1) {
        return None;
    }
    Some(TimestampedValue { value, timestamp })
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
    // A removed operator's values count no longer.
    type MembershipChanged = Oracle;
    type MaxMembers = ConstU32<MAX_OPERATORS>;
    type WeightInfo = pallet_membership::weights::SubstrateWeight<Runtime>;
}

parameter_types! {
    /// Account under which values fed by Root are kept.
    pub const OraclePalletId: PalletId = PalletId(*b"clo/orcl");
}

impl pallet_oracle::Config for Runtime {
    type OnNewData = ();
    type CombineData = Combine;
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
