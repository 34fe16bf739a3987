//! The ratio: the same for everybody, whatever the order, and to the last unit.

use super::*;
use crate::{exit::SCAN_PAGE, Beneficiary, Shares};
use proptest::prelude::*;

/// Withholds from an owner, who was paid a part of it before the freeze. What is there stays.
fn withhold(who: &AccountId32, gross: u128, paid: u128) {
    WithheldClaims::<Test>::insert(GROUP, who, WithheldClaim { gross, paid });
    Totals::<Test>::mutate(GROUP, |totals| {
        totals.withheld += gross;
        totals.withheld_paid += paid;
        totals.settled -= i128::try_from(gross - paid).unwrap();
    });
}

fn pay_withheld(who: &AccountId32) -> DispatchResult {
    Execution::pay_claim(signed(&BOB), GROUP, who.clone())
}

/// What each claim has in the end, computed from the definition: the claims that have more than the ratio keep it, the
/// others share the rest. `claims` are gross and paid.
fn expected(claims: &[(u128, u128)], there: u128) -> Vec<u128> {
    let mut counts = vec![true; claims.len()];
    loop {
        let sum = |of: fn(&(u128, u128)) -> u128| -> u128 {
            claims
                .iter()
                .zip(&counts)
                .filter(|(_, c)| **c)
                .map(|(claim, _)| of(claim))
                .sum()
        };
        let (part, of) = (there + sum(|c| c.1), sum(|c| c.0));
        let (part, of) = if part >= of { (1, 1) } else { (part, of) };
        // The one that is furthest above goes first: another order than the pallet's.
        let above = (0..claims.len())
            .filter(|i| counts[*i] && claims[*i].1 * of > claims[*i].0 * part)
            .max_by(|a, b| (claims[*a].1 * claims[*b].0).cmp(&(claims[*b].1 * claims[*a].0)));
        match above {
            Some(above) => counts[above] = false,
            None => {
                let right =
                    |(claim, counts): (&(u128, u128), &bool)| if *counts { claim.0 * part / of } else { claim.1 };
                return claims.iter().zip(&counts).map(right).collect();
            }
        }
    }
}

/// Settles in as many steps as it takes; returns their number.
fn settle_all() -> u32 {
    for step in 1..1_000 {
        assert_ok!(settle());
        Execution::do_try_state().unwrap();
        if ExitTotals::<Test>::get(GROUP).unwrap().ratio.is_some() {
            return step;
        }
        // Nothing moves while it is searched for.
        assert_noop!(pay(0), Error::<Test>::ExitsNotSettled);
        let late = Groups::<Test>::get(GROUP).unwrap().next_index - 1;
        assert_noop!(exit(late, 1), Error::<Test>::ExitsNotSettled);
        assert_noop!(pay_withheld(&owner(late)), Error::<Test>::ExitsNotSettled);
    }
    panic!("no ratio");
}

#[test]
fn withheld_claims_should_rank_with_exits_and_what_they_got_count() {
    on_genesis(|| {
        with_accounts(3, 600);
        // Paid half before, and not at all: both are due the same.
        withhold(&owner(1), 400, 200);
        withhold(&owner(2), 400, 0);
        frozen();
        assert_ok!(exit(0, 800));
        assert_noop!(pay_withheld(&owner(1)), Error::<Test>::ExitsNotSettled);
        pass(PERIOD);
        settle_all();
        // 600 and the 200 paid, for 1,600: a half. The first has it already.
        assert_noop!(pay_withheld(&owner(1)), Error::<Test>::NothingDue);
        assert_ok!(pay_withheld(&owner(2)));
        assert_noop!(pay_withheld(&owner(2)), Error::<Test>::NothingDue);
        assert_ok!(pay(0));
        assert_eq!([0, 1, 2].map(received), [400, 0, 200]);
        assert_eq!(held(), 0);
        assert_noop!(pay_withheld(&owner(0)), Error::<Test>::NoClaim);
    });
}

#[test]
fn claim_that_got_more_than_the_ratio_should_keep_it_and_cost_all_others_alike() {
    on_genesis(|| {
        with_accounts(3, 100);
        withhold(&owner(1), 100, 90);
        withhold(&owner(2), 100, 0);
        frozen();
        assert_ok!(exit(0, 100));
        pass(PERIOD);
        // One pass finds the claim above, one sees that there is no other.
        assert_eq!(settle_all(), 2);
        let ratio = ExitTotals::<Test>::get(GROUP).unwrap().ratio.unwrap();
        assert_eq!((ratio.part, ratio.of), (100, 200));
        assert_ok!(pay(0));
        assert_ok!(pay_withheld(&owner(2)));
        assert_eq!([0, 1, 2].map(received), [50, 0, 50]);
        assert_eq!(held(), 0);
    });
}

#[test]
fn fees_should_be_junior_to_what_traders_own() {
    // With a shortfall, and without.
    for (there, right, rest) in [(600, [450, 150], 0), (1_500, [600, 200], 750)] {
        on_genesis(|| {
            with_accounts(2, there);
            assert_ok!(Assets::mint(signed(&ADMIN), ASSET, FEES, MIN_BALANCE));
            // Shares of what was swept before.
            Shares::<Test>::insert(GROUP, Beneficiary::Sequencer, 500);
            Totals::<Test>::mutate(GROUP, |totals| {
                totals.settled -= 500;
                totals.junior += 500;
            });
            withhold(&owner(1), 200, 50);
            frozen();
            assert_ok!(exit(0, 600));
            pass(PERIOD);
            settle_all();
            let ratio = ExitTotals::<Test>::get(GROUP).unwrap().ratio.unwrap();
            // Fees are there for the 800 of traders.
            assert_eq!(ratio.share(800), Some((there + 50).min(800)));
            let share = Execution::claim_share(signed(&FEES), GROUP, Beneficiary::Sequencer);
            assert_eq!(share, Err(Error::<Test>::GroupFrozen.into()));
            assert_ok!(pay(0));
            assert_ok!(pay_withheld(&owner(1)));
            let share = |gross| ratio.share(gross).unwrap();
            assert_eq!([0, 1].map(received), [share(600), share(200) - 50]);
            assert!(share(600) >= right[0] && share(200) >= right[1]);
            let left = there - share(600) - (share(200) - 50);
            assert_eq!(held(), left);
            pass(JUNIOR_AFTER);
            let released = Execution::release_rest(RuntimeOrigin::root(), GROUP);
            assert_eq!(released.is_ok(), rest > 0);
            assert_eq!(balance(&FEES), MIN_BALANCE + rest);
        });
    }
}

#[test]
fn whole_claims_should_be_paid_in_full_and_leave_the_rest() {
    on_genesis(|| {
        with_accounts(2, 1_000);
        withhold(&owner(1), 400, 300);
        frozen();
        assert_ok!(exit(0, 500));
        pass(PERIOD);
        assert_eq!(settle_all(), 1);
        assert_ok!(pay_withheld(&owner(1)));
        assert_eq!(Execution::withheld_of(GROUP, &owner(1)), None);
        assert_ok!(pay(0));
        assert_eq!(([0, 1].map(received), held()), ([500, 100], 400));
    });
}

#[test]
fn group_without_a_claim_should_settle() {
    on_genesis(|| {
        with_accounts(1, 1_000);
        frozen();
        pass(PERIOD);
        assert_eq!(settle_all(), 1);
        assert_ok!(exit(0, 1_000));
        assert_ok!(pay(0));
        assert_eq!((received(0), held()), (1_000, 0));
    });
}

#[test]
fn search_should_go_on_over_many_calls() {
    on_genesis(|| {
        let claims = 2 * SCAN_PAGE + 40;
        with_accounts(2, 20_000);
        // Everybody was paid another part, so that the ratio falls from pass to pass.
        let mut all = vec![(30_000, 0)];
        for n in 0..claims {
            let (gross, paid) = (1_000, u128::from(n) * 3);
            withhold(&owner(1 + n), gross, paid);
            all.push((gross, paid));
        }
        frozen();
        assert_ok!(exit(0, 30_000));
        pass(PERIOD);
        let steps = settle_all();
        // Three calls a pass, and more than two passes.
        assert!(steps > 6 && steps.is_multiple_of(3), "{steps}");
        let sums = ExitTotals::<Test>::get(GROUP).unwrap();
        let right = expected(&all, 20_000);
        assert_eq!(sums.ratio.unwrap().share(30_000), Some(right[0]));
        let due: u128 = right.iter().zip(&all).map(|(right, (_, paid))| right - paid).sum();
        assert!(due <= 20_000 && 20_000 - due < u128::from(claims));
    });
}

/// What happens in the first phase and after it: an order of exits, and an order of payments with repetitions.
type Orders = (Vec<usize>, Vec<usize>);

/// Plays it; returns what each exit and each withheld claim got in all, and what is left.
fn play(exits: &[u128], withheld: &[(u128, u128)], there: u128, orders: &Orders) -> (Vec<u128>, u128) {
    let mut got = Vec::new();
    let mut left = 0;
    empty().execute_with(|| {
        let accounts = u32::try_from(exits.len() + withheld.len()).unwrap();
        with_accounts(accounts, there);
        for (n, (gross, paid)) in withheld.iter().enumerate() {
            withhold(&owner(u32::try_from(exits.len() + n).unwrap()), *gross, *paid);
        }
        frozen();
        let mut order: Vec<usize> = (0..exits.len()).collect();
        order.sort_by_key(|n| orders.0[*n]);
        for n in order {
            assert_ok!(exit(u32::try_from(n).unwrap(), exits[n]));
            Execution::do_try_state().unwrap();
        }
        pass(PERIOD);
        settle_all();
        let all = 0..exits.len() + withheld.len();
        for n in orders.1.iter().map(|n| n % all.len()).chain(all.clone()) {
            let index = u32::try_from(n).unwrap();
            let _ = if n < exits.len() {
                pay(index)
            } else {
                pay_withheld(&owner(index))
            };
            Execution::do_try_state().unwrap();
            // What the vault holds is exactly what it owes.
            assert_eq!(held(), Totals::<Test>::get(GROUP).sum().unwrap());
        }
        got = all
            .map(|n| {
                let before = n.checked_sub(exits.len()).map_or(0, |n| withheld[n].1);
                before + received(u32::try_from(n).unwrap())
            })
            .collect();
        left = held();
    });
    (got, left)
}

fn withheld_claim() -> impl Strategy<Value = (u128, u128)> {
    (1u128..20_000, 0u128..1_000).prop_map(|(gross, part)| (gross, gross * part / 1_000))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whoever exits and whoever is paid first, and however often, each has what the definition gives, and no more is
    /// left than rounding leaves.
    #[test]
    fn order_and_repetition_should_gain_nothing_and_the_last_unit_be_paid(
        exits in prop::collection::vec(0u128..20_000, 1..5),
        withheld in prop::collection::vec(withheld_claim(), 0..4),
        there in 0u128..60_000,
        first in prop::collection::vec(0usize..100, 5),
        second in prop::collection::vec(0usize..100, 0..12),
    ) {
        let claims: Vec<(u128, u128)> = exits.iter().map(|gross| (*gross, 0)).chain(withheld.clone()).collect();
        let right = expected(&claims, there);
        let (got, left) = play(&exits, &withheld, there, &(first, second));
        prop_assert_eq!(&got, &right);
        let paid: u128 = right.iter().zip(&claims).map(|(right, claim)| right - claim.1).sum();
        prop_assert_eq!(left, there - paid);
        let whole = right.iter().zip(&claims).all(|(right, claim)| *right == claim.0);
        prop_assert!(whole || left < claims.len() as u128);
    }
}
