//! Income, credits and shares (C-PERIOD).

use crate::{
    mock::{
        solvency::{self, complete, gate_on, short_of, CLEAN, ROUND_AGE},
        *,
    },
    periods::credit_of,
    Beneficiary, ClosedPeriods, Credits, Error, Event, GroupTotals, Groups, HouseItems, PayoutTerms, PayoutTermsOf,
    Period, Shares, Totals, WithheldClaim,
};
use cloister_types::{AccountIndex, Amount};
use polkadot_sdk::{
    frame_support::{assert_noop, assert_ok, BoundedVec},
    sp_runtime::{AccountId32, DispatchError, DispatchResult},
};

/// The group closes a period with every sweep.
const TERMS: PayoutTerms = PayoutTerms {
    min_batches: 1,
    provers: 6_000,
    sequencer: 2_000,
    insurance: 1_500,
    treasury: 500,
};
/// What a batch of the tests' shape is worth: 500 + 2 · (136 + 68).
const BATCH: u128 = 908;
/// What a solvency statement of the tests' shape is worth: 500 + 8 · 42.
const STATEMENT: u128 = 836;

fn totals() -> GroupTotals {
    Totals::<Test>::get(GROUP)
}

fn period() -> Period {
    Execution::period(GROUP)
}

fn set_terms(terms: PayoutTerms) -> DispatchResult {
    Execution::set_payout_terms(RuntimeOrigin::root(), GROUP, terms)
}

/// Runs a test after Alice's account with 10,000 was opened by batch 0; period 0 has these terms.
fn on_terms(terms: PayoutTerms, test: impl FnOnce()) {
    on_genesis(|| {
        assert_ok!(set_terms(terms));
        Now::set(START - NOTICE);
        assert_ok!(open(&ALICE, 1, 10_000));
        Now::set(START);
        assert_ok!(submit(&proven(batch(vec![unit(0), unit(0)]))));
        System::reset_events();
        test();
    });
}

/// A batch that sweeps an amount and was proven by somebody.
fn sweeping(amount: u64, payee: &AccountId32) -> crate::Batch {
    let mut batch = batch(vec![unit(0), unit(0)]);
    batch.sweep = Amount(amount);
    batch.payee = payee.clone().into();
    proven(batch)
}

/// Settles a batch that sweeps an amount.
fn sweep(amount: u64) {
    assert_ok!(submit(&sweeping(amount, &SEQUENCER)));
}

fn claim(number: u32, payee: &AccountId32) -> DispatchResult {
    Execution::claim_credits(signed(&BOB), GROUP, number, payee.clone())
}

fn claim_share(beneficiary: Beneficiary) -> DispatchResult {
    Execution::claim_share(signed(&BOB), GROUP, beneficiary)
}

fn share(beneficiary: Beneficiary) -> u128 {
    Shares::<Test>::get(GROUP, beneficiary)
}

fn shares() -> [u128; 3] {
    [Beneficiary::Sequencer, Beneficiary::Insurance, Beneficiary::Treasury].map(share)
}

fn credits(number: u32, payee: &AccountId32) -> u128 {
    Credits::<Test>::get((GROUP, number, payee))
}

/// What the vault holds is what it owes, to the last unit.
fn assert_exact() {
    Execution::do_try_state().unwrap();
    assert_eq!(balance(&vault()), MIN_BALANCE + totals().sum().unwrap());
}

#[test]
fn terms_should_be_within_their_bounds_and_hold_from_the_next_period_on() {
    on_terms(TERMS, || {
        let with = |provers, sequencer, insurance, treasury, min_batches| PayoutTerms {
            min_batches,
            provers,
            sequencer,
            insurance,
            treasury,
        };
        for terms in [
            // Not the whole.
            with(6_000, 2_000, 1_500, 499, 1),
            with(6_000, 2_000, 1_500, 501, 1),
            with(u16::MAX, u16::MAX, u16::MAX, u16::MAX, 1),
            // The provers' share.
            with(999, 8_501, 500, 0, 1),
            with(9_001, 499, 500, 0, 1),
            // The insurance's and the treasury's.
            with(6_000, 3_501, 499, 0, 1),
            with(6_000, 499, 500, 3_001, 1),
            // The batches of a period.
            with(6_000, 2_000, 1_500, 500, 0),
            with(6_000, 2_000, 1_500, 500, 100_001),
        ] {
            assert_noop!(set_terms(terms), Error::<Test>::TermsOutOfBounds);
        }
        for terms in [
            with(1_000, 8_500, 500, 0, 1),
            with(9_000, 500, 500, 0, 1),
            with(6_500, 0, 500, 3_000, 100_000),
            PayoutTerms::default(),
        ] {
            assert_ok!(set_terms(terms));
        }
        let new = with(1_000, 8_500, 500, 0, 1);
        assert_ok!(set_terms(new));
        let set = Event::PayoutTermsSet {
            group: GROUP,
            before: PayoutTerms::default(),
            now: new,
        };
        assert_eq!(events().last(), Some(&set));
        assert_noop!(
            Execution::set_payout_terms(signed(&SEQUENCER), GROUP, TERMS),
            DispatchError::BadOrigin
        );
        assert_noop!(
            Execution::set_payout_terms(RuntimeOrigin::root(), 9, TERMS),
            Error::<Test>::UnknownGroup
        );
        // Nobody's share of what comes in this period is changed any more.
        sweep(1_000);
        assert_eq!(ClosedPeriods::<Test>::get(GROUP, 0).unwrap().provers, 600);
        sweep(1_000);
        assert_eq!(ClosedPeriods::<Test>::get(GROUP, 1).unwrap().provers, 100);
    });
}

#[test]
fn proof_should_be_worth_what_it_costs() {
    let batch = |units, places| credit_of(StatementKind::Batch { units, places });
    assert_eq!((batch(2, 1), batch(48, 4)), (BATCH, 500 + 48 * 408));
    assert_eq!(credit_of(StatementKind::Solvency { subtrees: 1 }), STATEMENT);
    for owners in [StatementKind::Seal, StatementKind::HouseRekey, StatementKind::Exit] {
        assert_eq!(credit_of(owners), 0);
    }
}

#[test]
fn copied_proof_should_pay_its_maker() {
    on_terms(TERMS, || {
        let both = BoundedVec::truncate_from(vec![SEQUENCER, BOB]);
        assert_ok!(Sequencers::set_members(RuntimeOrigin::root(), GROUP, both));
        assert_eq!(credits(0, &SEQUENCER), BATCH);
        // Bob has seen Alice's proof and sends it first, as it is or with himself in it.
        let mut copied = sweeping(1_000, &ALICE);
        let as_it_is = copied.clone();
        copied.payee = BOB.into();
        assert_noop!(submit_as(signed(&BOB), GROUP, &copied), Error::<Test>::InvalidProof);
        assert_ok!(submit_as(signed(&BOB), GROUP, &as_it_is));
        assert_eq!((credits(0, &ALICE), credits(0, &BOB)), (BATCH, 0));
        assert_noop!(claim(0, &BOB), Error::<Test>::NoClaim);
        let before = balance(&ALICE);
        assert_ok!(claim(0, &ALICE));
        assert_eq!(balance(&ALICE), before + 300);
    });
}

#[test]
fn round_should_credit_its_payee_when_it_counts() {
    on_terms(TERMS, || {
        let worth = || credits(0, &SEQUENCER) - BATCH;
        solvency::occupy(&[8, 20], 24);
        // A statement of three: what is under way is worth nothing yet.
        pass_with_table(1);
        let first = solvency::start(None).proven();
        assert_ok!(solvency::submit(&first));
        let second = solvency::at(&SEQUENCER, 8, first.after, None).proven();
        assert_ok!(solvency::submit(&second));
        assert_eq!(worth(), 0);
        let last = solvency::at(&SEQUENCER, 16, second.after, Some(CLEAN)).proven();
        assert_ok!(solvency::submit(&last));
        assert_eq!(worth(), 3 * STATEMENT);
        assert_eq!(period().credits, BATCH + 3 * STATEMENT);
    });
}

#[test]
fn round_beside_a_newer_one_or_of_nobody_should_be_worth_nothing() {
    on_terms(TERMS, || {
        let both = BoundedVec::truncate_from(vec![SEQUENCER, BOB]);
        assert_ok!(Sequencers::set_members(RuntimeOrigin::root(), GROUP, both));
        pass_with_table(1);
        // Both prove at the same table: the second one is no newer.
        let of = |payee: &AccountId32| solvency::at(payee, 0, cloister_settlement::no_sums(), Some(CLEAN)).proven();
        let (first, second) = (of(&SEQUENCER), of(&BOB));
        assert_ok!(solvency::submit_as(&SEQUENCER, &first));
        assert_ok!(solvency::submit_as(&BOB, &second));
        assert_eq!(credits(0, &SEQUENCER), BATCH + STATEMENT);
        assert_eq!(credits(0, &BOB), 0);
        // Subtrees in which no account is open need no proof.
        solvency::occupy(&[], 24);
        pass_with_table(1);
        let first = solvency::at(&SEQUENCER, 0, cloister_settlement::no_sums(), Some(CLEAN)).proven();
        assert_ok!(solvency::submit(&first));
        assert_eq!(credits(0, &SEQUENCER), BATCH + 2 * STATEMENT);
        assert_ok!(Execution::close(signed(&ALICE), GROUP));
        ready();
        assert_ok!(submit(&proven(batch(vec![unit(0), closing(0)]))));
        pass_with_table(1);
        let nobody = solvency::at(&SEQUENCER, 8, cloister_settlement::no_sums(), Some(CLEAN)).proven();
        assert_ok!(solvency::submit(&nobody));
        assert_eq!(credits(0, &SEQUENCER), 2 * BATCH + 2 * STATEMENT);
    });
}

#[test]
fn sweep_should_close_a_period_and_share_it() {
    on_terms(
        PayoutTerms {
            min_batches: 4,
            ..TERMS
        },
        || {
            sweep(1_000);
            assert_eq!(totals().provers, 600);
            sweep(0);
            assert_eq!((period().number, period().collected), (0, 1_000));
            assert_noop!(claim(0, &SEQUENCER), Error::<Test>::PeriodNotClosed);
            assert_noop!(claim_share(Beneficiary::Sequencer), Error::<Test>::NothingDue);
            // The fourth batch; nothing is swept, so nothing is closed. The fifth closes.
            sweep(0);
            assert_eq!(period().number, 0);
            System::reset_events();
            sweep(501);
            assert_eq!((period().number, period().from_batch, period().collected), (1, 5, 0));
            let closed = Event::PeriodClosed {
                group: GROUP,
                period: 0,
                collected: 1_501,
                provers: 900,
                credits: 5 * BATCH,
            };
            let swept = Event::FeesSwept {
                group: GROUP,
                amount: 501,
            };
            assert_eq!(events()[1..], [swept, closed]);
            // The insurance has what rounding leaves.
            assert_eq!(shares(), [300, 226, 75]);
            assert_eq!((totals().provers, totals().junior), (900, 601));
            assert_eq!(totals().settled, 10_000 - 1_501);
            assert_exact();
            assert_ok!(claim(0, &SEQUENCER));
            let claimed = Event::CreditsClaimed {
                group: GROUP,
                period: 0,
                payee: SEQUENCER,
                amount: 900,
            };
            assert_eq!(events().last(), Some(&claimed));
            for (beneficiary, to, amount) in [
                (Beneficiary::Sequencer, FEES, 300),
                (Beneficiary::Treasury, TREASURY, 75),
            ] {
                assert_ok!(claim_share(beneficiary));
                assert_eq!(balance(&to), amount);
                let paid = Event::ShareClaimed {
                    group: GROUP,
                    beneficiary,
                    amount: u64::try_from(amount).unwrap(),
                };
                assert_eq!(events().last(), Some(&paid));
                assert_noop!(claim_share(beneficiary), Error::<Test>::NothingDue);
            }
            assert_exact();
            assert_eq!(totals().sum(), Some(10_000 - 900 - 375));
        },
    );
}

#[test]
fn sweeps_of_one_unit_should_close_nothing_early_and_lose_nothing() {
    on_terms(
        PayoutTerms {
            min_batches: 9,
            ..TERMS
        },
        || {
            for swept in 1..8u128 {
                sweep(1);
                assert_eq!((period().number, period().collected), (0, swept));
                // One unit at a time, and still six of ten.
                assert_eq!(
                    (totals().provers, totals().junior),
                    (swept * 6 / 10, swept - swept * 6 / 10)
                );
                assert_exact();
            }
            sweep(1);
            assert_eq!(period().number, 1);
            assert_eq!(ClosedPeriods::<Test>::get(GROUP, 0).unwrap().provers, 4);
            assert_eq!(shares(), [1, 3, 0]);
            assert_eq!(totals().settled, 10_000 - 8);
            assert_exact();
        },
    );
}

#[test]
fn payees_should_share_by_credits_once_each_and_leave_no_unit_behind() {
    on_terms(
        PayoutTerms {
            min_batches: 4,
            ..TERMS
        },
        || {
            for payee in [ALICE, BOB, BOB] {
                assert_ok!(submit(&sweeping(0, &payee)));
            }
            // Five batches of three payees; 103 do not go into five parts.
            assert_ok!(submit(&sweeping(173, &ALICE)));
            let closed = ClosedPeriods::<Test>::get(GROUP, 0).unwrap();
            assert_eq!((closed.provers, closed.credits), (103, 5 * BATCH));
            let before = [ALICE, BOB, SEQUENCER].map(|who| balance(&who));
            assert_noop!(claim(0, &FEES), Error::<Test>::NoClaim);
            assert_noop!(claim(1, &BOB), Error::<Test>::NoClaim);
            assert_noop!(
                Execution::claim_credits(signed(&BOB), 9, 0, BOB),
                Error::<Test>::UnknownGroup
            );
            assert_ok!(claim(0, &BOB));
            assert_noop!(claim(0, &BOB), Error::<Test>::NoClaim);
            assert_ok!(claim(0, &ALICE));
            assert_exact();
            assert_ok!(claim(0, &SEQUENCER));
            let got = [ALICE, BOB, SEQUENCER].map(|who| balance(&who));
            assert_eq!([0, 1, 2].map(|n| got[n] - before[n]), [41, 41, 20]);
            // What rounding left is the next provers', and nothing is kept of what is paid.
            assert!(!ClosedPeriods::<Test>::contains_key(GROUP, 0));
            assert_eq!((period().carried, totals().provers), (1, 1));
            assert_noop!(claim(0, &BOB), Error::<Test>::NoClaim);
            assert_exact();
            for _ in 0..4 {
                sweep(10);
            }
            assert_eq!(ClosedPeriods::<Test>::get(GROUP, 1).unwrap().provers, 25);
            assert_exact();
        },
    );
}

#[test]
fn claim_should_not_reach_another_period() {
    on_terms(TERMS, || {
        sweep(1_000);
        assert_ok!(submit(&sweeping(5_000, &ALICE)));
        // Each period's money is its own provers'.
        assert_noop!(claim(1, &SEQUENCER), Error::<Test>::NoClaim);
        assert_noop!(claim(0, &ALICE), Error::<Test>::NoClaim);
        assert_noop!(claim(7, &ALICE), Error::<Test>::NoClaim);
        assert_ok!(claim(0, &SEQUENCER));
        assert_eq!(balance(&SEQUENCER), 600);
        let before = balance(&ALICE);
        assert_ok!(claim(1, &ALICE));
        assert_eq!(balance(&ALICE), before + 3_000);
    });
}

#[test]
fn period_without_credits_should_leave_its_part_to_the_next() {
    on_terms(TERMS, || {
        // Every batch credits its payee, so none was found in storage that a batch leaves.
        Credits::<Test>::remove((GROUP, 0, SEQUENCER));
        crate::PeriodOf::<Test>::mutate(GROUP, |period| period.as_mut().unwrap().credits = 0);
        let mut all = totals();
        assert_ok!(Execution::collect(GROUP, 1, Amount(1_000), &mut all));
        Totals::<Test>::insert(GROUP, all);
        assert!(!ClosedPeriods::<Test>::contains_key(GROUP, 0));
        assert_eq!((period().number, period().carried), (1, 600));
        assert_eq!(shares(), [200, 150, 50]);
        // The next batch is number 1 still.
        crate::PeriodOf::<Test>::mutate(GROUP, |period| period.as_mut().unwrap().from_batch = 1);
        assert_exact();
        sweep(100);
        assert_eq!(ClosedPeriods::<Test>::get(GROUP, 1).unwrap().provers, 660);
        assert_ok!(claim(1, &SEQUENCER));
        assert_eq!(balance(&SEQUENCER), 660);
        assert_exact();
    });
}

#[test]
fn sequencer_should_not_get_what_is_the_provers() {
    on_terms(TERMS, || {
        let proven_by_alice = sweeping(1_000, &ALICE);
        assert_ok!(submit(&proven_by_alice));
        // Whatever it asks for, the fee account gets its share.
        assert_ok!(Execution::claim_share(signed(&FEES), GROUP, Beneficiary::Sequencer));
        assert_eq!(balance(&FEES), 200);
        assert_noop!(
            Execution::claim_share(signed(&FEES), GROUP, Beneficiary::Sequencer),
            Error::<Test>::NothingDue
        );
        assert_noop!(claim(0, &FEES), Error::<Test>::NoClaim);
        assert_noop!(Execution::claim(signed(&FEES), GROUP), Error::<Test>::NoClaim);
        assert_noop!(Execution::pay_claim(signed(&FEES), GROUP, FEES), Error::<Test>::NoClaim);
        // Leaving sweeps out delays the provers' part, and redirects none of it.
        for _ in 0..3 {
            assert_ok!(submit(&sweeping(0, &ALICE)));
        }
        assert_eq!(period().credits, 3 * BATCH);
        sweep(400);
        assert_eq!(ClosedPeriods::<Test>::get(GROUP, 1).unwrap().provers, 240);
        assert_ok!(claim(1, &ALICE));
        assert_ok!(claim(1, &SEQUENCER));
        assert_eq!(balance(&SEQUENCER), 60);
        assert_exact();
    });
}

#[test]
fn shut_gate_should_let_only_the_provers_part_leave() {
    on_terms(TERMS, || {
        gate_on();
        sweep(1_000);
        assert_eq!((totals().provers, totals().junior, totals().withheld), (600, 400, 0));
        assert_ok!(claim(0, &SEQUENCER));
        assert_eq!(balance(&SEQUENCER), 600);
        for beneficiary in [Beneficiary::Sequencer, Beneficiary::Insurance, Beneficiary::Treasury] {
            assert_noop!(claim_share(beneficiary), Error::<Test>::NoFreshRound);
        }
        // A round with a shortfall opens it for nobody who ranks behind traders.
        complete(short_of(0, 1));
        for beneficiary in [Beneficiary::Sequencer, Beneficiary::Insurance, Beneficiary::Treasury] {
            assert_noop!(claim_share(beneficiary), Error::<Test>::ShortfallFound);
        }
        complete(CLEAN);
        pass_with_table(ROUND_AGE + 1);
        assert_noop!(claim_share(Beneficiary::Treasury), Error::<Test>::NoFreshRound);
        complete(CLEAN);
        assert_ok!(claim_share(Beneficiary::Sequencer));
        assert_ok!(claim_share(Beneficiary::Treasury));
        assert_eq!((balance(&FEES), balance(&TREASURY)), (200, 50));
        assert_exact();
    });
}

#[test]
fn withheld_claims_should_come_before_shares() {
    // What is settled goes to withdrawals in the same batch or behind it, however little of it there is.
    on_terms(TERMS, || {
        gate_on();
        sweep(1_000);
        assert_ok!(submit(&proven(batch(vec![withdrawing(0, 9_100), unit(0)]))));
        // 600 went to provers: for 9,100 there are 9,400, 400 of which are shares.
        assert_eq!((totals().settled, totals().junior), (-100, 400));
        complete(CLEAN);
        // The claim waits; 300 is what it leaves.
        assert_ok!(claim_share(Beneficiary::Sequencer));
        assert_ok!(claim_share(Beneficiary::Insurance));
        assert_eq!((share(Beneficiary::Insurance), share(Beneficiary::Treasury)), (50, 50));
        assert_noop!(claim_share(Beneficiary::Treasury), Error::<Test>::NothingDue);
        let before = balance(&ALICE);
        assert_ok!(Execution::pay_claim(signed(&BOB), GROUP, ALICE));
        assert_eq!(balance(&ALICE), before + 9_100);
        assert_eq!(totals().available(), Some(0));
        assert_exact();
    });
}

#[test]
fn shares_should_cover_a_shortfall_before_traders_bear_it() {
    on_terms(TERMS, || {
        gate_on();
        sweep(1_000);
        let before = balance(&ALICE);
        let claim = || Execution::withheld_of(GROUP, &ALICE);
        assert_ok!(submit(&proven(batch(vec![withdrawing(0, 4_000), unit(0)]))));
        // 9,000 are settled or withheld and 400 rank behind: 400 that are missing cost nobody anything.
        complete(short_of(0, 400));
        assert_ok!(Execution::pay_claim(signed(&BOB), GROUP, ALICE));
        assert_eq!((balance(&ALICE), claim()), (before + 4_000, None));
        // 5,000 now, and 1,000 are missing: 5,400 of 6,000.
        complete(short_of(0, 1_000));
        assert_ok!(submit(&proven(batch(vec![withdrawing(0, 1_000), unit(0)]))));
        assert_eq!(balance(&ALICE), before + 4_900);
        assert_eq!(
            claim(),
            Some(WithheldClaim {
                gross: 1_000,
                paid: 900
            })
        );
        assert_ok!(submit(&proven(batch(vec![withdrawing(0, 5_000), unit(0)]))));
        assert_eq!(balance(&ALICE), before + 9_400);
        assert_eq!((totals().available(), totals().backing()), (Some(0), Some(5_000)));
        assert_exact();
    });
}

#[test]
fn used_up_shares_should_stop_no_round_and_no_batch() {
    on_terms(TERMS, || {
        gate_on();
        sweep(1_000);
        complete(short_of(0, 400));
        assert_ok!(submit(&proven(batch(vec![withdrawing(0, 9_400), unit(0)]))));
        // All that traders own is out, and 400 of it were the shares'.
        assert_eq!(
            (totals().settled, totals().junior, totals().available()),
            (-400, 400, Some(0))
        );
        assert_eq!(totals().backing(), Some(0));
        complete(CLEAN);
        for beneficiary in [Beneficiary::Sequencer, Beneficiary::Insurance, Beneficiary::Treasury] {
            assert_noop!(claim_share(beneficiary), Error::<Test>::NothingDue);
        }
        // What is swept now is not there.
        sweep(50);
        assert_eq!((period().owed, totals().provers), (30, 600));
        assert_exact();
        // Insurance comes in, and both get what is theirs.
        assert_ok!(Execution::pay_insurance(signed(&BOB), GROUP, 450));
        ready();
        sweep(10);
        complete(CLEAN);
        assert_eq!((period().owed, totals().provers), (0, 636));
        assert_ok!(claim_share(Beneficiary::Sequencer));
        assert_exact();
    });
}

#[test]
fn provers_part_that_is_not_there_should_be_owed() {
    on_terms(TERMS, || {
        // Somebody owes what Alice won, so the vault is empty before the fees are out.
        assert_ok!(submit(&proven(batch(vec![withdrawing(0, 9_990), unit(0)]))));
        sweep(100);
        assert_eq!((totals().provers, totals().junior), (10, 90));
        assert_eq!((period().owed, totals().settled), (50, -90));
        assert_exact();
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 500));
        ready();
        sweep(5);
        assert_eq!((totals().provers, period().owed), (63, 0));
        assert_eq!(ClosedPeriods::<Test>::get(GROUP, 1).unwrap().provers, 53);
        assert_exact();
    });
}

#[test]
fn largest_sweeps_should_stop_nothing_and_pay_no_more_than_there_is() {
    // Even under a proof: the small circuit of these tests proves anything.
    on_terms(TERMS, || {
        assert_ok!(open(&BOB, 2, 1_000));
        for _ in 0..3 {
            sweep(u64::MAX);
            assert_exact();
        }
        assert_eq!((totals().provers, totals().available()), (10_000, Some(0)));
        assert_ok!(claim(0, &SEQUENCER));
        assert_eq!(balance(&SEQUENCER), 10_000);
        assert_noop!(claim_share(Beneficiary::Sequencer), Error::<Test>::NothingDue);
        assert_eq!((totals().queued, totals().sum()), (1_000, Some(1_000)));
        let big = 3 * u128::from(u64::MAX);
        assert_eq!(
            shares().iter().sum::<u128>() + period().unshared().unwrap(),
            big - 10_000
        );
    });
}

#[test]
fn insurance_should_get_its_share_through_the_door() {
    on_terms(TERMS, || {
        sweep(1_000);
        assert_ok!(Execution::set_group_enabled(RuntimeOrigin::root(), GROUP, false));
        assert_noop!(claim_share(Beneficiary::Insurance), Error::<Test>::GroupDisabled);
        assert_ok!(Execution::set_group_enabled(RuntimeOrigin::root(), GROUP, true));
        let held = balance(&vault());
        assert_ok!(claim_share(Beneficiary::Insurance));
        // The money was in the vault and stays there.
        assert_eq!(balance(&vault()), held);
        assert_eq!((totals().queued, totals().junior), (150, 250));
        let item = Execution::waiting(GROUP, vec![AccountIndex::HOUSE.get()]).remove(0).1;
        assert_eq!((item.owner, item.amount), (vault(), Amount(150)));
        assert_exact();
        ready();
        // The statement has it as paid in, or the proof would not hold.
        let with_it = proven(batch(vec![unit(0), unit(0)]));
        assert_ok!(submit(&with_it));
        assert_eq!((totals().queued, totals().settled), (0, 9_150));
        assert!(events().contains(&Event::InsurancePaid {
            group: GROUP,
            amount: 150
        }));
        assert_exact();
        // Too little for an item: it waits for more.
        sweep(100);
        assert_noop!(claim_share(Beneficiary::Insurance), Error::<Test>::DepositTooSmall);
        for _ in 0..crate::types::MAX_INSURANCE_PAYMENTS {
            assert_ok!(Execution::pay_insurance(signed(&BOB), GROUP, 100));
        }
        sweep(1_000);
        assert_noop!(
            claim_share(Beneficiary::Insurance),
            Error::<Test>::TooManyInsurancePayments
        );
        ready();
        sweep(0);
        assert_ok!(claim_share(Beneficiary::Insurance));
        assert_eq!(totals().queued, 165);
    });
}

#[test]
fn frozen_group_should_pay_its_provers_and_keep_the_rest_for_traders() {
    on_terms(TERMS, || {
        gate_on();
        sweep(1_000);
        assert_ok!(set_terms(PayoutTerms {
            min_batches: 100,
            ..TERMS
        }));
        sweep(400);
        complete(CLEAN);
        assert_ok!(claim_share(Beneficiary::Insurance));
        // In the last period are a batch, a round, and what is swept in it.
        assert_ok!(submit(&sweeping(200, &ALICE)));
        assert_eq!(totals().queued, 150 + 60);
        let before = totals();
        for _ in 0..2 {
            pass_with_table(1);
        }
        Execution::freeze_now(GROUP);
        // The insurance's share goes back at once, so that nobody chooses whether it is there for traders.
        assert_eq!(totals().queued, 0);
        assert_eq!(totals().settled, before.settled + 210);
        assert_eq!(HouseItems::<Test>::get(GROUP).len(), 0);
        assert_exact();
        for (number, payee, amount) in [(0, SEQUENCER, 600), (1, SEQUENCER, 240)] {
            let had = balance(&payee);
            assert_ok!(claim(number, &payee));
            assert_eq!(balance(&payee), had + amount);
        }
        // The last period is closed, too: 120 for a batch and a round.
        let had = balance(&ALICE);
        let last = ClosedPeriods::<Test>::get(GROUP, 2).unwrap();
        assert_eq!((last.provers, last.credits), (120, BATCH + STATEMENT));
        assert_ok!(claim(2, &ALICE));
        assert_ok!(claim(2, &SEQUENCER));
        assert_eq!(balance(&ALICE) - had, 120 * BATCH / (BATCH + STATEMENT));
        // What rounding leaves is there for traders.
        assert_eq!(totals().provers, 0);
        assert_exact();
        for beneficiary in [Beneficiary::Sequencer, Beneficiary::Insurance, Beneficiary::Treasury] {
            assert_noop!(claim_share(beneficiary), Error::<Test>::GroupFrozen);
        }
        // Nobody earns anything any more.
        complete(CLEAN);
        assert_eq!(period().credits, 0);
        assert_eq!(PayoutTermsOf::<Test>::get(GROUP).min_batches, 100);
    });
}

#[test]
fn refused_payout_of_a_prover_should_stay_due() {
    on_terms(TERMS, || {
        assert_ok!(submit(&sweeping(1_000, &ALICE)));
        assert_ok!(Assets::block(signed(&ADMIN), ASSET, ALICE));
        assert_noop!(claim(0, &ALICE), Error::<Test>::PayoutRefused);
        // Below the asset's minimum balance no account can be made of a share.
        sweep(10);
        assert_noop!(claim(1, &SEQUENCER), Error::<Test>::PayoutRefused);
        assert_ok!(Assets::mint(signed(&ADMIN), ASSET, TREASURY, MIN_BALANCE));
        assert_ok!(Assets::block(signed(&ADMIN), ASSET, TREASURY));
        assert_noop!(claim_share(Beneficiary::Treasury), Error::<Test>::PayoutRefused);
        assert_noop!(
            Execution::claim_share(signed(&BOB), 9, Beneficiary::Treasury),
            Error::<Test>::UnknownGroup
        );
        assert_exact();
        assert_ok!(Assets::thaw(signed(&ADMIN), ASSET, ALICE));
        assert_ok!(claim(0, &ALICE));
        assert_eq!(Groups::<Test>::get(GROUP).unwrap().batch_no, 3);
    });
}
