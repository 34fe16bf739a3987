//! The oracle: one price of what operators feed, whatever a minority of them does (C-ORACLE).

use crate::genesis::state;
use cloister_runtime::{
    configs::{
        custody::Permitted,
        oracle::{middle, FeedValue, OperatorsInstance, Quorum, VALUE_LIFETIME},
    },
    genesis_presets::{feeds::BTC_INDEX, groups::BTC, OPERATOR, SEQUENCER, STAGING},
    Oracle, OracleOperators, Risk, Runtime, RuntimeCall, RuntimeOrigin, System,
};
use frame_support::{
    assert_noop, assert_ok,
    dispatch::DispatchResultWithPostInfo,
    traits::{Contains, SortedMembers},
    BoundedVec,
};
use pallet_cloister_risk::{Groups, RiskTables};
use pallet_oracle::TimestampedValue;
use polkadot_sdk::*;
use proptest::prelude::*;
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_keyring::Sr25519Keyring::{self, Alice, Bob, Charlie, Dave, Eve, Ferdie, One};
use sp_runtime::FixedU128;

/// Milliseconds of Unix time at which the tests begin.
const NOW: u64 = 1_000_000_000;
/// As many operators as are needed for two liars.
const SEVEN: [Sr25519Keyring; 7] = [Alice, Bob, Charlie, Dave, Eve, Ferdie, One];
/// What a liar may say.
const LIES: [FeedValue; 4] = [
    FeedValue::from_inner(1),
    FeedValue::from_u32(55_000),
    FeedValue::from_u32(66_000),
    FeedValue::from_inner(u128::MAX),
];

fn call(values: Vec<(u32, FeedValue)>) -> pallet_oracle::Call<Runtime> {
    pallet_oracle::Call::feed_values {
        values: BoundedVec::truncate_from(values),
    }
}

/// Feeds in a block of its own.
fn feed(operator: Sr25519Keyring, price: impl Into<FeedValue>) -> DispatchResultWithPostInfo {
    let values = BoundedVec::truncate_from(vec![(BTC_INDEX, price.into())]);
    let fed = Oracle::feed_values(RuntimeOrigin::signed(operator.to_account_id()), values);
    <Oracle as frame_support::traits::Hooks<u32>>::on_finalize(1);
    fed
}

fn usd(price: u32) -> FeedValue {
    FeedValue::from_u32(price)
}

fn at(time: u64) {
    pallet_timestamp::Now::<Runtime>::put(time);
}

fn price() -> Option<FeedValue> {
    Oracle::get(&BTC_INDEX).map(|value| value.value)
}

/// Runs on `local`, with these operators.
fn with(operators: &[Sr25519Keyring], test: impl FnOnce()) {
    state(STAGING).execute_with(|| {
        System::set_block_number(1);
        at(NOW);
        let mut members: Vec<_> = operators.iter().map(|key| key.to_account_id()).collect();
        members.sort();
        pallet_membership::Members::<Runtime, OperatorsInstance>::put(BoundedVec::truncate_from(members));
        test();
    });
}

#[test]
fn quorums_should_leave_room_for_fewer_than_a_third() {
    let of = |operators| {
        let quorum = Quorum::of(operators);
        (quorum.fresh, quorum.agreeing)
    };
    assert_eq!([1, 2, 3].map(of), [(1, 1), (2, 2), (3, 3)]);
    assert_eq!([4, 5, 6].map(of), [(3, 2), (4, 3), (5, 4)]);
    assert_eq!([7, 32].map(of), [(5, 3), (22, 12)]);
    assert_eq!(of(0), (0, 0));
    for operators in 1..=32 {
        let Quorum { fresh, agreeing } = Quorum::of(operators);
        let liars = operators - fresh;
        assert!(2 * liars < fresh, "liars are fewer than half of the least that counts");
        assert!(agreeing <= fresh - liars, "the honest ones of a quorum suffice");
        assert!(
            3 * (liars + 1) + 1 > operators,
            "one more liar would need more operators"
        );
    }
}

#[test]
fn the_presets_should_have_a_quorum() {
    state(STAGING).execute_with(|| {
        at(NOW);
        for operator in [Alice, Bob] {
            assert_ok!(feed(operator, usd(60_000)));
            assert_eq!(price(), None);
        }
        assert_ok!(feed(Charlie, usd(60_010)));
        assert_eq!(price(), Some(usd(60_000)));
        assert_noop!(feed(Eve, usd(60_000)), pallet_oracle::Error::<Runtime>::NoPermission);
    });
    state(DEV_RUNTIME_PRESET).execute_with(|| {
        at(NOW);
        assert_noop!(feed(Alice, usd(100)), pallet_oracle::Error::<Runtime>::NoPermission);
        assert_ok!(feed(OPERATOR, usd(100)));
        assert_eq!(price(), Some(usd(100)));
    });
}

#[test]
fn one_key_should_have_one_part_on_a_development_chain() {
    state(DEV_RUNTIME_PRESET).execute_with(|| {
        // Transactions of one key wait for each other, and two of one number drive each other out of the pool.
        let sudo = pallet_sudo::Key::<Runtime>::get().expect("a sudo key");
        let operators = OracleOperators::sorted_members();
        let sequencer = SEQUENCER.to_account_id();
        assert_eq!(operators, [OPERATOR.to_account_id()]);
        assert!(!operators.contains(&sudo) && !operators.contains(&sequencer) && sudo != sequencer);
    });
}

#[test]
fn the_price_should_be_the_mean_of_the_two_medians() {
    with(&[Alice, Bob], || {
        assert_ok!(feed(Alice, usd(60_010)));
        at(NOW + 6_000);
        assert_ok!(feed(Bob, usd(60_000)));
        let found = Oracle::get(&BTC_INDEX).expect("a price");
        assert_eq!((found.value, found.timestamp), (usd(60_005), NOW));
    });
    // The last place is rounded down, and no sum is too large.
    let fed = |inner| TimestampedValue {
        value: FixedU128::from_inner(inner),
        timestamp: NOW,
    };
    let two = Quorum::of(2);
    assert_eq!(middle(vec![fed(1_000), fed(1_003)], two), Some(fed(1_001)));
    assert_eq!(
        middle(vec![fed(u128::MAX), fed(u128::MAX - 1)], two),
        Some(fed(u128::MAX - 1))
    );
}

#[test]
fn one_liar_of_four_should_change_nothing() {
    let four = [Alice, Bob, Charlie, Dave];
    with(&four, || {
        for (liar, lie) in (0..4).flat_map(|liar| LIES.map(|lie| (liar, lie))) {
            for (place, operator) in four.into_iter().enumerate() {
                let value = if place == liar { lie } else { usd(60_000) };
                assert_ok!(feed(operator, value));
            }
            assert_eq!(price(), Some(usd(60_000)), "{liar} says {lie:?}");
        }
    });
}

#[test]
fn two_liars_of_seven_should_change_nothing() {
    let pairs = (0..7).flat_map(|first| (0..first).map(move |second| (first, second)));
    let lies = || LIES.into_iter().flat_map(|one| LIES.map(|other| (one, other)));
    with(&SEVEN, || {
        for ((first, second), (one, other)) in pairs.flat_map(|pair| lies().map(move |lies| (pair, lies))) {
            for (place, operator) in SEVEN.into_iter().enumerate() {
                let value = match place {
                    _ if place == first => one,
                    _ if place == second => other,
                    _ => usd(60_000),
                };
                assert_ok!(feed(operator, value));
            }
            assert_eq!(
                price(),
                Some(usd(60_000)),
                "{first} says {one:?}, {second} says {other:?}"
            );
        }
    });
}

#[test]
fn a_liar_should_gain_nothing_while_another_is_silent() {
    for lie in LIES {
        with(&[Alice, Bob, Charlie, Dave], || {
            // Dave is silent from the beginning.
            assert_ok!(feed(Alice, usd(60_000)));
            assert_ok!(feed(Bob, usd(60_060)));
            assert_eq!(price(), None);
            assert_ok!(feed(Charlie, lie));
            let found = price().expect("two agree, and three are there");
            assert!((usd(60_000)..=usd(60_060)).contains(&found), "{lie:?}: {found:?}");
            // Bob falls silent, too: a minority makes no price, and the one before grows old.
            at(NOW + VALUE_LIFETIME);
            assert_ok!(feed(Charlie, lie));
            assert_ok!(feed(Alice, usd(61_000)));
            assert_eq!(price(), Some(found));
            assert_eq!(Oracle::get(&BTC_INDEX).map(|value| value.timestamp), Some(NOW));
        });
    }
}

#[test]
fn an_operator_that_repeats_an_old_value_should_change_nothing() {
    with(&[Alice, Bob, Charlie, Dave], || {
        for step in 0..30 {
            at(NOW + u64::from(step) * 6_000);
            assert_ok!(feed(Alice, usd(60_000)));
            for operator in [Bob, Charlie, Dave] {
                assert_ok!(feed(operator, usd(60_000 - 300 * step)));
            }
            assert_eq!(price(), Some(usd(60_000 - 300 * step)));
            assert_eq!(
                Oracle::get(&BTC_INDEX).map(|value| value.timestamp),
                Some(NOW + u64::from(step) * 6_000)
            );
        }
    });
}

#[test]
fn a_value_should_count_for_its_lifetime() {
    with(&[Alice, Bob], || {
        assert_ok!(feed(Alice, usd(100)));
        at(NOW + VALUE_LIFETIME);
        assert_ok!(feed(Bob, usd(100)));
        assert_eq!(price(), None);
        at(NOW + VALUE_LIFETIME + 1);
        assert_ok!(feed(Alice, usd(100)));
        assert_eq!(price(), Some(usd(100)));
    });
}

#[test]
fn operators_that_do_not_agree_should_make_no_price() {
    with(&[Alice, Bob, Charlie, Dave], || {
        for (operator, value) in [(Alice, 50_000), (Bob, 55_000), (Charlie, 60_000), (Dave, 65_000)] {
            assert_ok!(feed(operator, usd(value)));
        }
        // 55,000 of the first three agrees with nothing but itself, and 57,500 of all four with nothing.
        assert_eq!(price(), None);
        assert_ok!(feed(Alice, usd(56_000)));
        // The medians are 56,000 and 60,000.
        assert_eq!(price(), None);
        assert_ok!(feed(Charlie, usd(56_500)));
        assert_eq!(price(), Some(usd(56_250)));
    });
}

#[test]
fn time_should_be_that_of_the_oldest_value_that_is_needed() {
    // Of three operators all are needed, of four one may be older.
    for (operators, time) in [(&SEVEN[..3], 0), (&SEVEN[..4], 6_000), (&SEVEN, 12_000)] {
        with(operators, || {
            for (place, operator) in (0..).zip(operators) {
                at(NOW + place * 6_000);
                assert_ok!(feed(*operator, usd(60_000)));
            }
            assert_eq!(Oracle::get(&BTC_INDEX).map(|value| value.timestamp), Some(NOW + time));
        });
    }
}

#[test]
fn values_that_are_older_than_the_price_should_not_count() {
    let fed = |price: u32, seconds: u64| TimestampedValue {
        value: usd(price),
        timestamp: NOW + seconds,
    };
    let four = Quorum::of(4);
    // With the old value the medians would be 60,000 and 50,000, and nothing would agree with their mean.
    let values = vec![fed(60_000, 0), fed(50_000, 30), fed(50_000, 36), fed(90_000, 36)];
    assert_eq!(middle(values, four), Some(fed(50_000, 30)));
    // One that is as old as the oldest that is needed counts.
    let values = vec![fed(50_000, 30), fed(50_100, 30), fed(50_200, 36), fed(50_300, 36)];
    assert_eq!(middle(values, four), Some(fed(50_150, 30)));
    assert_eq!(middle(vec![fed(50_000, 30), fed(50_000, 36)], four), None);
}

#[test]
fn an_old_value_should_not_keep_a_group_of_short_patience_from_its_tables() {
    with(&[Alice, Bob, Charlie, Dave], || {
        let others = [Alice, Bob, Charlie];
        Groups::<Runtime>::mutate(BTC, |group| {
            let params = &mut group.as_mut().expect("the group of the presets").params;
            (params.max_price_age, params.table_interval) = (6_000, 1_000);
        });
        // A value among those of the others, once.
        assert_ok!(feed(Dave, usd(60_000)));
        for step in 1..=9 {
            at(NOW + step * 6_000);
            for (operator, price) in others.into_iter().zip([59_999, 60_000, 60_001]) {
                assert_ok!(feed(operator, usd(price)));
            }
            assert_ok!(Risk::refresh_table(RuntimeOrigin::signed(Eve.to_account_id()), BTC));
            let table = Risk::table(BTC, step).expect("a table for each step");
            assert!(table.rows[0].is_priced(), "stale at step {step}");
        }
        // Two that are silent are too many.
        at(NOW + 60_001);
        for operator in [Alice, Bob] {
            assert_ok!(feed(operator, usd(60_000)));
        }
        assert_ok!(Risk::refresh_table(RuntimeOrigin::signed(Eve.to_account_id()), BTC));
        assert!(Risk::table(BTC, 10).expect("the last table").rows[0].stale);
    });
}

#[test]
fn a_value_of_zero_should_be_refused_and_not_count() {
    let zero = RuntimeCall::Oracle(call(vec![(BTC_INDEX, usd(60_000)), (BTC_INDEX, usd(0))]));
    assert!(!Permitted::contains(&zero));
    assert!(Permitted::contains(&RuntimeCall::Oracle(call(vec![(
        BTC_INDEX,
        usd(1)
    )]))));
    with(&[Alice, Bob], || {
        assert_ok!(feed(Alice, usd(0)));
        assert_ok!(feed(Bob, usd(0)));
        assert_eq!(price(), None);
    });
}

/// The mean of the medians by another way: the honest middle of a sorted list, found by taking away from both ends.
fn model(mut values: Vec<u128>, fresh: usize, agreeing: usize) -> Option<u128> {
    if values.len() < fresh || values.is_empty() {
        return None;
    }
    values.sort_unstable();
    while values.len() > 2 {
        values.pop();
        values.remove(0);
    }
    let sum: u128 = values.iter().sum();
    let found = sum / values.len() as u128;
    (agreeing > 0).then_some(found)
}

proptest! {
    /// Any number of operators, any of them silent, as many liars as are allowed.
    #[test]
    fn liars_should_neither_set_a_price_nor_hold_it_up(
        honest in prop::collection::vec(99_000_u32..=100_900, 1..=22),
        lies in prop::collection::vec(1_u128..=u128::MAX / 2, 0..=10),
        operators in 1_usize..=32,
    ) {
        let quorum = Quorum::of(operators);
        let liars = operators - quorum.fresh;
        let lies = &lies[..lies.len().min(liars)];
        let honest = &honest[..honest.len().min(operators - lies.len())];
        let said: Vec<u128> = honest.iter().map(|value| usd(*value).into_inner()).chain(lies.iter().copied()).collect();
        let fed = said.iter().map(|inner| TimestampedValue { value: FixedU128::from_inner(*inner), timestamp: NOW });
        let found = middle(fed.collect(), quorum).map(|found| found.value);
        let enough = honest.len() + lies.len() >= quorum.fresh;
        // The honest ones are within 2 % of each other.
        prop_assert_eq!(found.is_some(), enough);
        if let Some(found) = found {
            let (low, high) = (honest.iter().min().unwrap(), honest.iter().max().unwrap());
            prop_assert!((usd(*low)..=usd(*high)).contains(&found));
            prop_assert_eq!(Some(found.into_inner()), model(said, quorum.fresh, quorum.agreeing));
        }
    }
}
