//! The oracle: the median of a quorum of operators.

use crate::genesis::state;
use cloister_runtime::{
    configs::oracle::{FeedValue, Quorum, VALUE_LIFETIME},
    genesis_presets::feeds::BTC_INDEX,
    Oracle, Runtime, RuntimeOrigin, System,
};
use frame_support::{assert_noop, assert_ok, traits::Get, BoundedVec};
use polkadot_sdk::*;
use sp_genesis_builder::{DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use sp_keyring::Sr25519Keyring::{self, Alice, Bob, Charlie, Dave};

/// Milliseconds of Unix time at which the tests begin.
const NOW: u64 = 1_000_000_000;

fn feed(operator: Sr25519Keyring, price: u32) -> frame_support::dispatch::DispatchResultWithPostInfo {
    let values = BoundedVec::truncate_from(vec![(BTC_INDEX, FeedValue::from_u32(price))]);
    Oracle::feed_values(RuntimeOrigin::signed(operator.to_account_id()), values)
}

fn price() -> Option<FeedValue> {
    Oracle::get(&BTC_INDEX).map(|value| value.value)
}

#[test]
fn the_price_should_be_the_median_of_a_quorum() {
    state(LOCAL_TESTNET_RUNTIME_PRESET).execute_with(|| {
        System::set_block_number(1);
        pallet_timestamp::Now::<Runtime>::put(NOW);
        assert_eq!(<Quorum as Get<u32>>::get(), 2);
        assert_ok!(feed(Alice, 100));
        assert_eq!(price(), None);
        assert_ok!(feed(Bob, 300));
        assert_ok!(feed(Charlie, 200));
        assert_eq!(price(), Some(FeedValue::from_u32(200)));
    });
}

#[test]
fn old_values_should_not_count_in_the_median() {
    state(LOCAL_TESTNET_RUNTIME_PRESET).execute_with(|| {
        System::set_block_number(1);
        pallet_timestamp::Now::<Runtime>::put(NOW);
        assert_ok!(feed(Alice, 100));
        pallet_timestamp::Now::<Runtime>::put(NOW + VALUE_LIFETIME);
        assert_ok!(feed(Bob, 300));
        assert_eq!(price(), None);
    });
}

#[test]
fn a_feed_should_fail_when_the_sender_is_no_operator() {
    state(LOCAL_TESTNET_RUNTIME_PRESET).execute_with(|| {
        System::set_block_number(1);
        assert_noop!(feed(Dave, 100), pallet_oracle::Error::<Runtime>::NoPermission);
    });
}

#[test]
fn one_operator_should_be_a_quorum_of_one() {
    state(DEV_RUNTIME_PRESET).execute_with(|| {
        System::set_block_number(1);
        pallet_timestamp::Now::<Runtime>::put(NOW);
        assert_ok!(feed(Alice, 100));
        assert_eq!(price(), Some(FeedValue::from_u32(100)));
    });
}
