//! The gate before payouts, and the claims of what was withheld.

use crate::{
    claims::Gate,
    mock::{
        solvency::{blocks, complete, gate_on, short_of, CLEAN, ROUND_AGE},
        *,
    },
    Error, Event, GroupTotals, SolvencyTerms, Totals, WithheldClaim, WithheldClaims,
};
use cloister_types::Amount;
use polkadot_sdk::frame_support::{assert_noop, assert_ok};
use proptest::prelude::*;

fn totals() -> GroupTotals {
    Totals::<Test>::get(GROUP)
}

/// Withdraws from Alice's account.
fn withdraw(amount: u64) {
    assert_ok!(submit(&proven(batch(vec![withdrawing(0, amount), unit(0)]))));
}

fn pay() -> polkadot_sdk::sp_runtime::DispatchResult {
    Execution::pay_claim(signed(&BOB), GROUP, ALICE)
}

fn claim() -> Option<WithheldClaim> {
    Execution::withheld_of(GROUP, &ALICE)
}

#[test]
fn payout_without_a_fresh_round_should_be_withheld() {
    on_open(|| {
        gate_on();
        let before = balance(&ALICE);
        withdraw(400);
        assert_eq!(balance(&ALICE), before);
        assert_eq!(claim(), Some(WithheldClaim { gross: 400, paid: 0 }));
        let owed = GroupTotals {
            settled: 9_600,
            withheld: 400,
            ..Default::default()
        };
        assert_eq!((totals(), totals().sum()), (owed, Some(10_000)));
        let withheld = Event::PayoutWithheld {
            group: GROUP,
            owner: ALICE,
            amount: 400,
        };
        assert_eq!(events().last(), Some(&withheld));
        assert_noop!(pay(), Error::<Test>::NoFreshRound);
        // A clean round lets it go, and what comes after it goes at once.
        complete(CLEAN);
        assert_ok!(pay());
        assert_eq!((balance(&ALICE), claim()), (before + 400, None));
        assert_eq!((totals().withheld, totals().withheld_paid), (0, 0));
        let paid = Event::WithheldPaid {
            group: GROUP,
            owner: ALICE,
            amount: 400,
            left: 0,
        };
        assert_eq!(events().last(), Some(&paid));
        assert_noop!(pay(), Error::<Test>::NoClaim);
        withdraw(50);
        assert_eq!((balance(&ALICE), claim()), (before + 450, None));
    });
}

#[test]
fn group_without_terms_should_pay() {
    on_open(|| {
        let before = balance(&ALICE);
        withdraw(400);
        assert_eq!(balance(&ALICE), before + 400);
        // Switched off while something is withheld: it is paid.
        gate_on();
        withdraw(300);
        assert_noop!(pay(), Error::<Test>::NoFreshRound);
        assert_ok!(Execution::set_solvency_terms(RuntimeOrigin::root(), GROUP, None));
        assert_ok!(pay());
        assert_eq!(balance(&ALICE), before + 700);
    });
}

#[test]
fn round_should_lapse_with_batches_in_flight() {
    on_open(|| {
        gate_on();
        complete(CLEAN);
        let proof_of = || proven(batch(vec![withdrawing(0, 100), unit(0)]));
        let before = balance(&ALICE);
        pass_with_table(ROUND_AGE);
        assert_ok!(submit(&proof_of()));
        assert_eq!(balance(&ALICE), before + 100);
        // The batch was made while the round was fresh. It settles, and only the payout waits.
        let in_flight = proof_of();
        pass(1);
        assert_ok!(submit(&in_flight));
        assert_eq!((balance(&ALICE), claim().unwrap().gross), (before + 100, 100));
        assert!(!Execution::solvency(GROUP).open);
        complete(CLEAN);
        assert!(Execution::solvency(GROUP).open);
        assert_ok!(pay());
        assert_eq!(balance(&ALICE), before + 200);
    });
}

#[test]
fn dead_prover_should_withhold_everything_and_stop_no_batch() {
    on_open(|| {
        gate_on();
        complete(CLEAN);
        blocks(3, ROUND_AGE / 2);
        withdraw(100);
        let mut swept = batch(vec![withdrawing(0, 200), unit(0)]);
        swept.sweep = Amount(30);
        assert_ok!(submit(&proven(swept)));
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 500));
        assert_eq!(claim(), Some(WithheldClaim { gross: 300, paid: 0 }));
        // Of the fees the provers' half is apart, and the rest waits behind the withdrawals.
        assert_eq!((totals().provers, totals().junior, balance(&FEES)), (15, 15, 0));
        assert_eq!(totals().withheld, 300);
    });
}

#[test]
fn live_debt_should_shut_the_gate_above_its_share() {
    on_open(|| {
        gate_on();
        // 10,000 are settled, so one may be owed.
        complete(short_of(1, 0));
        assert!(Execution::solvency(GROUP).open);
        complete(short_of(2, 0));
        assert!(!Execution::solvency(GROUP).open);
        withdraw(100);
        assert_noop!(pay(), Error::<Test>::NoFreshRound);
        complete(short_of(u128::MAX, 0));
        assert_noop!(pay(), Error::<Test>::NoFreshRound);
        complete(short_of(0, 0));
        assert_ok!(pay());
    });
}

#[test]
fn payout_should_not_shut_the_gate_before_another() {
    on_open(|| {
        gate_on();
        // Of 10,000 one may be owed; of what the first withdrawal leaves, none.
        complete(short_of(1, 0));
        let before = balance(&ALICE);
        for amount in [9_000, 900, 100] {
            withdraw(amount);
        }
        assert_eq!((balance(&ALICE), claim()), (before + 10_000, None));
        // Withheld money is owed like any other, whatever of it is paid.
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 20_000));
        ready();
        assert_ok!(submit(&proven(batch(vec![unit(0), unit(0)]))));
        blocks(2, ROUND_AGE);
        withdraw(15_000);
        complete(short_of(2, 0));
        assert!(Execution::solvency(GROUP).open);
        complete(short_of(3, 0));
        assert!(!Execution::solvency(GROUP).open);
    });
}

#[test]
fn winner_should_not_leave_before_the_loser_is_found() {
    on_open(|| {
        gate_on();
        complete(CLEAN);
        // The sequencer spares its friend's counterparty, and makes no round. The winner takes all, by order or by
        // force: a payout is a payout.
        blocks(2, ROUND_AGE);
        let before = balance(&ALICE);
        withdraw(9_000);
        assert_eq!(balance(&ALICE), before);
        // A round tells the truth: a quarter is missing.
        complete(short_of(0, 2_500));
        assert_ok!(pay());
        assert_eq!(balance(&ALICE), before + 7_200);
        assert_eq!(
            claim(),
            Some(WithheldClaim {
                gross: 9_000,
                paid: 7_200
            })
        );
        assert_eq!((totals().withheld, totals().withheld_paid), (9_000, 7_200));
        assert_noop!(pay(), Error::<Test>::NothingDue);
        // The rest of the account gets the same part.
        withdraw(1_000);
        assert_eq!(balance(&ALICE), before + 8_000);
        // A worse round takes nothing back, and the insurance's next deposit heals the claim.
        complete(short_of(0, 10_000));
        assert_noop!(pay(), Error::<Test>::NothingDue);
        complete(CLEAN);
        assert_ok!(pay());
        assert_eq!((balance(&ALICE), claim()), (before + 10_000, None));
        assert_eq!(totals(), GroupTotals::default());
    });
}

#[test]
fn debt_of_one_unit_with_an_empty_insurance_should_cost_one_unit() {
    on_open(|| {
        gate_on();
        complete(short_of(1, 1));
        let before = balance(&ALICE);
        withdraw(400);
        // floor(400 · 10,000 / 10,001).
        assert_eq!(balance(&ALICE), before + 399);
        assert_eq!(claim(), Some(WithheldClaim { gross: 400, paid: 399 }));
        // 9,600 are settled now. What the round found was tolerable when it was complete, and no withdrawal shuts the
        // gate behind itself.
        assert_noop!(pay(), Error::<Test>::NothingDue);
        complete(short_of(0, 1));
        assert_noop!(pay(), Error::<Test>::NothingDue);
        withdraw(100);
        assert_eq!(balance(&ALICE), before + 499);
    });
}

#[test]
fn last_owner_of_an_insolvent_group_should_get_what_is_there() {
    // Somebody owes 30 of what is settled, so those who own are due 10,030. No gate, an open one, and one that a
    // round opened before the debt was: the batch is taken, and what is missing is withheld.
    for gated in [false, true] {
        on_open(|| {
            if gated {
                gate_on();
                complete(CLEAN);
            }
            let before = balance(&ALICE);
            withdraw(9_000);
            assert_ok!(Execution::force_withdrawal(signed(&ALICE), GROUP, 1_030));
            ready();
            let mut last = batch(vec![withdrawing(0, 1_030), unit(0)]);
            last.units[0].request = true;
            assert_ok!(submit(&proven(last)));
            let claim_left = WithheldClaim {
                gross: 1_030,
                paid: 1_000,
            };
            assert_eq!((balance(&ALICE), claim()), (before + 10_000, Some(claim_left)));
            assert_eq!((totals().settled, totals().sum()), (-30, Some(0)));
            assert_noop!(pay(), Error::<Test>::NothingDue);
            // What waits in the queue is not there for it; what comes in is.
            assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 500));
            assert_noop!(pay(), Error::<Test>::NothingDue);
            ready();
            assert_ok!(submit(&proven(batch(vec![unit(0), unit(0)]))));
            assert_ok!(pay());
            assert_eq!((balance(&ALICE), claim()), (before + 10_000 - 500 + 30, None));
            assert_eq!((totals().settled, totals().sum()), (470, Some(470)));
        });
    }
}

#[test]
fn refused_payout_of_a_claim_should_stay() {
    on_open(|| {
        gate_on();
        withdraw(400);
        assert_ok!(Assets::block(signed(&ADMIN), ASSET, ALICE));
        complete(CLEAN);
        assert_noop!(pay(), Error::<Test>::PayoutRefused);
        complete(short_of(0, 100));
        // At a ratio, the batch is not stopped either.
        withdraw(100);
        assert_eq!(claim(), Some(WithheldClaim { gross: 500, paid: 0 }));
        assert_ok!(Assets::thaw(signed(&ADMIN), ASSET, ALICE));
        assert_ok!(pay());
        assert_eq!(claim().unwrap().paid, 495);
    });
}

#[test]
fn claim_should_be_paid_in_a_disabled_group() {
    on_open(|| {
        gate_on();
        withdraw(400);
        complete(CLEAN);
        assert_ok!(Execution::set_group_enabled(RuntimeOrigin::root(), GROUP, false));
        assert_ok!(pay());
        assert_noop!(
            Execution::pay_claim(signed(&BOB), 9, ALICE),
            Error::<Test>::UnknownGroup
        );
    });
}

#[test]
fn terms_should_be_within_their_bounds() {
    on_genesis(|| {
        let set = |max_round_age, freeze_after| {
            let terms = SolvencyTerms {
                max_round_age,
                freeze_after,
            };
            Execution::set_solvency_terms(RuntimeOrigin::root(), GROUP, Some(terms))
        };
        let hour = 3_600_000;
        assert_ok!(set(60_000, 60_000));
        assert_ok!(set(12 * hour, 24 * hour));
        let new = Some(SolvencyTerms {
            max_round_age: 12 * hour,
            freeze_after: 24 * hour,
        });
        let old = Some(SolvencyTerms {
            max_round_age: 60_000,
            freeze_after: 60_000,
        });
        assert_eq!(
            events().last(),
            Some(&Event::SolvencyTermsSet {
                group: GROUP,
                before: old,
                now: new
            })
        );
        for (age, freeze) in [
            (59_999, hour),
            (12 * hour + 1, 24 * hour),
            (hour, hour - 1),
            (hour, 24 * hour + 1),
        ] {
            assert_noop!(set(age, freeze), Error::<Test>::TermsOutOfBounds);
        }
        assert_noop!(
            Execution::set_solvency_terms(RuntimeOrigin::root(), 9, None),
            Error::<Test>::UnknownGroup
        );
        assert!(Execution::set_solvency_terms(signed(&ALICE), GROUP, None).is_err());
        // Without a key nobody could prove anything.
        assert_ok!(Execution::set_solvency_terms(RuntimeOrigin::root(), GROUP, None));
        assert_ok!(Verifier::remove_verifying_key(RuntimeOrigin::root(), SOLVENCY_KEY));
        assert_noop!(set(hour, hour), Error::<Test>::NoSolvencyKey);
    });
}

/// What an owner does.
#[derive(Clone, Copy, Debug)]
enum Act {
    Withdraw(u8, u64),
    Pay(u8),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0u8..3, 1u64..2_000).prop_map(|(who, amount)| Act::Withdraw(who, amount)),
        2 => (0u8..3).prop_map(Act::Pay),
    ]
}

fn owner(n: u8) -> polkadot_sdk::sp_runtime::AccountId32 {
    [ALICE, BOB, FEES][usize::from(n)].clone()
}

/// Lets owners act behind the pallet's own gate; returns what each withdrew and received.
fn run(acts: &[Act], gate: Gate, settled: u64) -> [(u128, u128); 3] {
    let mut all = [(0u128, 0u128); 3];
    empty().execute_with(|| {
        // The vault holds everything that it owes, and no more.
        assert_ok!(Assets::mint(signed(&ADMIN), ASSET, vault(), settled.into()));
        let mut totals = GroupTotals {
            settled: settled.into(),
            ..Default::default()
        };
        let backing = totals.backing();
        let before: Vec<u128> = (0..3).map(|n| balance(&owner(n))).collect();
        let last = [Act::Pay(0), Act::Pay(1), Act::Pay(2)];
        for act in acts.iter().chain(&last) {
            match *act {
                Act::Withdraw(n, amount) => {
                    let amount = amount.min(u64::try_from(totals.settled).unwrap());
                    if amount > 0 {
                        all[usize::from(n)].0 += u128::from(amount);
                        Execution::pay_through(gate, GROUP, &ASSET, &owner(n), amount, &mut totals).unwrap();
                    }
                }
                Act::Pay(n) => drop(Execution::pay_due(gate, GROUP, &ASSET, &owner(n), &mut totals)),
            }
            // Neither withholding nor paying changes the ratio.
            assert_eq!(totals.backing(), backing);
            let owed = totals.sum().unwrap();
            assert_eq!(balance(&vault()), owed + MIN_BALANCE);
        }
        for n in 0..3u8 {
            all[usize::from(n)].1 = balance(&owner(n)) - before[usize::from(n)];
            let claim = WithheldClaims::<Test>::get(GROUP, owner(n)).unwrap_or_default();
            assert_eq!(claim.paid, all[usize::from(n)].1);
        }
    });
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However owners split, order and repeat their withdrawals, each has received `floor(r · gross)`.
    #[test]
    fn order_splitting_and_repetition_should_gain_nothing(
        acts in prop::collection::vec(act(), 1..24),
        shortfall in prop_oneof![1u128..20_000, Just(1u128), Just(1u128 << 126)],
        settled in 1u64..20_000,
    ) {
        // One payment of the fee account must not be below the asset's minimum; that refusal is tested elsewhere.
        let acts: Vec<Act> = acts
            .into_iter()
            .map(|act| match act {
                Act::Withdraw(2, amount) => Act::Withdraw(0, amount),
                other => other,
            })
            .collect();
        let all = run(&acts, Gate::Short(shortfall), settled);
        let backing = u128::from(settled);
        for (gross, received) in all {
            prop_assert_eq!(received, gross * backing / (backing + shortfall));
        }
        // In one piece, in the opposite order.
        let once: Vec<Act> = (0..2u8)
            .rev()
            .map(|n| Act::Withdraw(n, u64::try_from(all[usize::from(n)].0).unwrap()))
            .collect();
        prop_assert_eq!(run(&once, Gate::Short(shortfall), settled), all);
    }

    /// The part is exact, whatever the sizes, and never more than the whole.
    #[test]
    fn part_should_be_exact(gross in 0u128..1 << 72, other in 0u128..1 << 72, shortfall in 1u128..1 << 126) {
        let backing = gross + other;
        let part = Gate::Short(shortfall).entitled(gross, backing).unwrap();
        prop_assert!(part <= gross);
        // part <= gross · backing / whole < part + 1, in whole numbers of 256 bits.
        let wide = |a: u128, b: u128| polkadot_sdk::sp_core::U256::from(a) * polkadot_sdk::sp_core::U256::from(b);
        let whole = backing + shortfall;
        prop_assert!(wide(part, whole) <= wide(gross, backing));
        prop_assert!(wide(gross, backing) < wide(part + 1, whole));
    }
}
