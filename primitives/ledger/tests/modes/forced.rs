//! B-FORCED.

use super::{accept, insured, margin, poor, refuse_spoiled, POOR, SHAPE};
use cloister_ledger::{BatchError, RecordKind, Side, UnitError, UnitRequest, UnitWitness};
use cloister_ledger_testing::{Random, World};
use cloister_risk::{Assessment, MarginChoice, MarginError};
use cloister_types::{AccountIndex, Amount, Money};

/// Free of all 17 deficits, rounded down to money.
fn room(world: &World, trader: usize) -> i128 {
    let deficits = world.assess(trader).forced_deficits(&world.table).expect("in range");
    (-deficits.iter().max().expect("seventeen").get()).div_euclid(256)
}

#[test]
fn it_pays_what_was_requested_or_what_margin_leaves() {
    let mut world = insured();
    poor(&mut world, Side::Buy, 0);
    let free = u64::try_from(room(&world, POOR)).expect("free margin");
    assert!(free > 0);
    for (requested, paid) in [(0, 0), (5, 5), (free, free), (free + 1, free), (u64::MAX, free)] {
        let mut world = world.clone();
        let units = vec![world.force(POOR, requested)];
        let cash = world
            .state
            .account(AccountIndex(POOR as u32))
            .expect("open")
            .account
            .cash;
        let (_, effect) = accept(&mut world, units);
        let record = &effect.statement.units[0];
        assert_eq!(
            (record.kind, record.withdrawal),
            (
                RecordKind::Forced {
                    requested: Amount(requested)
                },
                Amount(paid)
            )
        );
        assert_eq!(effect.units[0].after.cash, Money(cash.get() - i128::from(paid)));
    }
}

#[test]
fn everything_is_paid_to_an_account_without_positions() {
    let mut world = World::with_traders(1, 1, SHAPE);
    let units = vec![world.force(0, u64::MAX)];
    let (_, effect) = accept(&mut world, units);
    assert_eq!(effect.statement.units[0].withdrawal, Amount(1_000_000_000_000));
    assert_eq!(effect.units[0].after.cash, Money::ZERO);
}

#[test]
fn nothing_is_paid_to_an_account_that_is_short_and_that_is_valid() {
    for percent in [-8, -13, -30] {
        let mut world = insured();
        poor(&mut world, Side::Buy, percent);
        assert!(room(&world, POOR) < 0);
        let units = vec![world.force(POOR, 1_000)];
        let (_, effect) = accept(&mut world.clone(), units.clone());
        assert_eq!(effect.statement.units[0].withdrawal, Amount::ZERO);
        let spoil = |w: &mut cloister_ledger::BatchWitness| w.units[0].paid = Amount(1);
        refuse_spoiled(&world, units, spoil, margin(0, MarginError::PaidWhileShort));
    }
}

#[test]
fn a_deposit_counts_before() {
    let mut world = insured();
    poor(&mut world, Side::Buy, -8);
    let missing = u64::try_from(-room(&world, POOR)).expect("short");
    let units = vec![UnitRequest::Forced {
        index: AccountIndex(POOR as u32),
        deposit: Amount(missing + 3),
        requested: Amount(10),
    }];
    let (_, effect) = accept(&mut world, units);
    assert_eq!(effect.statement.units[0].withdrawal, Amount(3));
}

#[test]
fn one_more_or_one_less_should_be_refused() {
    let mut world = insured();
    poor(&mut world, Side::Buy, 0);
    let free = u64::try_from(room(&world, POOR)).expect("free margin");
    let capped = || vec![world.force(POOR, u64::MAX)];
    type Change = fn(&mut UnitWitness);
    let cases: [(Change, MarginError); 6] = [
        (|u| u.paid.0 += 1, MarginError::PaidWhileShort),
        (|u| u.paid.0 -= 1, MarginError::PaidTooLittle),
        (|u| u.paid = Amount::ZERO, MarginError::PaidTooLittle),
        (|u| u.margin = MarginChoice::Initial, MarginError::PaidTooLittle),
        (|u| u.margin = MarginChoice::Tight(17), MarginError::Threshold),
        (|u| u.margin = MarginChoice::NotWorse(0), MarginError::Choice),
    ];
    for (change, error) in cases {
        refuse_spoiled(&world, capped(), |w| change(&mut w.units[0]), margin(0, error));
    }
    // Less than asked for, while there is room, whatever scenario is named.
    for scenario in 0..17 {
        let spoil = |w: &mut cloister_ledger::BatchWitness| {
            (w.units[0].paid, w.units[0].margin) = (Amount(free / 2 - 1), MarginChoice::Tight(scenario));
        };
        let units = vec![world.force(POOR, free / 2)];
        refuse_spoiled(&world, units, spoil, margin(0, MarginError::PaidTooLittle));
    }
    let spoil = |w: &mut cloister_ledger::BatchWitness| w.units[0].paid.0 += 1;
    let units = vec![world.force(POOR, free / 2)];
    refuse_spoiled(&world, units, spoil, margin(0, MarginError::AboveRequested));
    let spoil = |w: &mut cloister_ledger::BatchWitness| w.units[1].requested = Amount(1);
    refuse_spoiled(&world, capped(), spoil, BatchError::Unit(1, UnitError::ForcedInMode));
}

#[test]
fn the_amount_is_the_only_one_that_any_witness_can_prove() {
    let mut random = Random::new(3);
    let mut bounded = 0;
    for seed in 0..12 {
        let mut world = World::with_traders(seed, 3, SHAPE);
        for _ in 0..20 {
            let request = world.random_batch(SHAPE);
            world.apply(SHAPE, &request);
        }
        for trader in 0..world.state.accounts().count() {
            // Near the bound, so that few amounts are to be tried.
            let free = u64::try_from(room(&world, trader).max(0)).expect("small");
            let requested = free.saturating_sub(20) + random.below(40);
            let units = vec![world.force(trader, requested)];
            let (witness, effect) = accept(&mut world.clone(), units);
            let root = witness.old_root;
            let mut unit = witness.units[0].clone();
            let mut valid = Vec::new();
            let near = free.saturating_sub(60)..free + 60;
            for paid in near.chain([0, 1, requested, requested + 1]) {
                unit.paid = Amount(paid);
                let choices = (0..17).map(MarginChoice::Tight).chain([MarginChoice::Initial]);
                for choice in choices {
                    unit.margin = choice;
                    let entry = unit.entry().expect("small");
                    let cash = Money(entry.cash.get() - i128::from(paid));
                    let left = Assessment::new(&world.table, &entry.positions, cash);
                    let left = left.expect("in range");
                    if Assessment::check_forced(&left, &world.table, Amount(requested), Amount(paid), choice).is_ok() {
                        assert!(unit.check(&witness.context, root, 1).is_ok());
                        valid.push(paid);
                    }
                }
            }
            valid.dedup();
            valid.sort_unstable();
            valid.dedup();
            assert_eq!(valid, [effect.statement.units[0].withdrawal.get()]);
            bounded += usize::from(valid[0] < requested);
        }
    }
    assert!(bounded > 10, "{bounded}");
}
