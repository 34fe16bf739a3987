//! B-DOORS: what goes in and out of the insurance.

use super::{insured, mark, poor, refuse_spoiled, POOR, SHAPE};
use cloister_ledger::{BatchEffect, BatchError, BatchWitness, Doors, House, Side, Statement};
use cloister_ledger_testing::{Random, World};
use cloister_risk::{Assessment, DoorsError, MarginChoice};
use cloister_types::{Amount, Money, Position};

/// A house that holds 100 lots of row 0, from a liquidation.
fn holding() -> World {
    let mut world = insured();
    poor(&mut world, Side::Buy, -20);
    let units = vec![world.liquidate(POOR, 0, 100, mark(&world, 0))];
    super::accept(&mut world, units);
    assert_eq!(world.state.house().positions[0], Position(100));
    world
}

/// Value and losses of the house.
fn assess(world: &World) -> Assessment {
    let house = world.state.house();
    Assessment::new(&world.table, &house.positions, house.insurance).expect("in range")
}

/// What initial margin leaves of the house's money.
fn free(world: &World) -> u64 {
    let (_, worst) = assess(world).worst(world.table.header.initial).expect("in range");
    u64::try_from((-worst.get()).div_euclid(256)).expect("something is free")
}

fn moved(world: &mut World, doors: Doors) -> (BatchWitness, BatchEffect) {
    let mut request = world.padded(SHAPE, Vec::new());
    request.doors = doors;
    world.apply(SHAPE, &request)
}

/// A batch that asks for this much must be refused once it is spoiled.
fn refuse(world: &World, doors: Doors, spoil: impl FnOnce(&mut BatchWitness), error: DoorsError) {
    let mut world = world.clone();
    let (mut witness, effect) = moved(&mut world, doors);
    assert_eq!(witness.check(SHAPE), Ok(effect));
    spoil(&mut witness);
    assert_eq!(witness.check(SHAPE).map(|_| ()), Err(BatchError::Doors(error)));
}

fn asking(asked: u64, keep: u64) -> Doors {
    Doors {
        paid_in: Amount::ZERO,
        asked: Amount(asked),
        keep: Amount(keep),
    }
}

#[test]
fn what_is_paid_in_belongs_to_the_insurance() {
    let mut world = holding();
    let before = world.state.house().insurance;
    let doors = Doors {
        paid_in: Amount(u64::MAX),
        ..Doors::default()
    };
    let (_, effect) = moved(&mut world, doors);
    assert_eq!(effect.statement.doors, doors);
    let after = before.checked_add(Amount(u64::MAX).into());
    assert_eq!(Some(world.state.house().insurance), after);
}

#[test]
fn what_is_paid_out_is_what_was_asked_for_or_what_margin_and_keep_leave() {
    let world = holding();
    let (free, equity) = (free(&world), assess(&world).equity.get() as u64);
    assert!(free < equity);
    let keep = equity - free / 2;
    let by_keep = equity - keep;
    for (asked, keep, paid) in [
        (0, 0, 0),
        (5, 0, 5),
        (free, 0, free),
        (free + 1, 0, free),
        (u64::MAX, 0, free),
        (free, equity - free, free),
        (free, keep, by_keep),
        (by_keep, keep, by_keep),
        (1, equity, 0),
        (1, equity + 1, 0),
        (u64::MAX, u64::MAX, 0),
    ] {
        let mut world = world.clone();
        let before = world.state.house().insurance.get();
        let (witness, effect) = moved(&mut world, asking(asked, keep));
        assert_eq!(
            effect.statement.insurance_out,
            Amount(paid),
            "{asked} asked, {keep} kept"
        );
        assert_eq!(world.state.house().insurance, Money(before - i128::from(paid)));
        assert_eq!(witness.check(SHAPE), Ok(effect));
    }
    // What comes in can go out in the same batch.
    let mut both = world.clone();
    let doors = Doors {
        paid_in: Amount(1_000),
        ..asking(u64::MAX, 0)
    };
    let (_, effect) = moved(&mut both, doors);
    assert_eq!(effect.statement.insurance_out, Amount(free + 1_000));
}

#[test]
fn a_house_that_is_short_pays_nothing_and_that_is_valid() {
    let mut world = holding();
    let ruined = House {
        insurance: Money(world.state.house().insurance.get() - 8_000_000_000),
        ..world.state.house().clone()
    };
    world.state.restore_house(ruined, world.state.batch_no());
    world.set_mark(0, 30_000_000);
    let (witness, effect) = moved(&mut world.clone(), asking(1, 0));
    assert!(matches!(witness.house_margin, MarginChoice::NotWorse(_)));
    assert_eq!(effect.statement.insurance_out, Amount::ZERO);
    // What is paid in is its own, to the last unit.
    let doors = Doors {
        paid_in: Amount(1),
        ..asking(1, 0)
    };
    let (_, helped) = moved(&mut world, doors);
    let one_more = effect.house.insurance.checked_add(Money(1));
    assert_eq!(Some(helped.house.insurance), one_more);
    assert_eq!(helped.statement.insurance_out, Amount::ZERO);
}

#[test]
fn each_cheat_is_refused_with_its_error() {
    let world = holding();
    let (free, equity) = (free(&world), assess(&world).equity.get() as u64);
    let out = |amount: u64| move |w: &mut BatchWitness| w.insurance_out = Amount(amount);
    refuse(&world, asking(100, 0), out(101), DoorsError::AboveAsked);
    refuse(&world, asking(100, 0), out(99), DoorsError::PaidTooLittle);
    refuse(&world, asking(u64::MAX, 0), out(free + 1), DoorsError::MarginShort);
    refuse(&world, asking(u64::MAX, 0), out(free - 1), DoorsError::PaidTooLittle);
    refuse(&world, asking(u64::MAX, 0), out(0), DoorsError::PaidTooLittle);
    refuse(&world, asking(free, equity - 50), out(51), DoorsError::BelowKeep);
    refuse(&world, asking(free, equity - 50), out(49), DoorsError::PaidTooLittle);
    refuse(&world, asking(1, equity), out(1), DoorsError::BelowKeep);
    // A deficit that has room is no reason to pay less.
    let loose = |w: &mut BatchWitness| w.doors_choice = MarginChoice::Tight(10);
    refuse(&world, asking(u64::MAX, 0), loose, DoorsError::PaidTooLittle);
    let all = |w: &mut BatchWitness| w.doors_choice = MarginChoice::Initial;
    refuse(&world, asking(u64::MAX, 0), all, DoorsError::PaidTooLittle);
    for choice in [MarginChoice::Tight(17), MarginChoice::NotWorse(0)] {
        let name = |w: &mut BatchWitness| w.doors_choice = choice;
        refuse(&world, asking(1, 0), name, DoorsError::Choice);
    }
    let relaxed = |w: &mut BatchWitness| w.house_margin = MarginChoice::NotWorse(0);
    refuse(&world, asking(1, 0), relaxed, DoorsError::Relaxed);
}

#[test]
fn what_is_paid_in_pays_for_nothing_else() {
    // A house that loses a unit to a trader, in a batch that pays it a unit.
    let world = insured();
    let at = mark(&world, 1);
    let mut spoilt = world.clone();
    let mut units = spoilt.padded(SHAPE, Vec::new()).units.split_off(2);
    units.push(spoilt.fill_order(0, 1, Side::Buy, 10, at));
    units.push(spoilt.fill_order(1, 1, Side::Sell, 10, at));
    let spoil = |w: &mut BatchWitness| {
        w.doors.paid_in = Amount(100);
        w.units[3].places[0].fill.cost.0 += 1;
    };
    refuse_spoiled(&world, units, spoil, BatchError::HouseEquity);
}

#[test]
fn each_number_has_a_place_of_its_own_in_the_statement() {
    let (_, effect) = moved(&mut holding(), asking(3, 1));
    let changes: [fn(&mut Statement); 4] = [
        |s| s.doors.paid_in.0 += 1,
        |s| s.doors.asked.0 += 1,
        |s| s.doors.keep.0 += 1,
        |s| s.insurance_out.0 += 1,
    ];
    for (place, change) in [15, 16, 18, 17].into_iter().zip(changes) {
        let mut other = effect.statement.clone();
        change(&mut other);
        let (before, after) = (effect.statement.elements(), other.elements());
        let differ: Vec<_> = (0..before.len()).filter(|i| before[*i] != after[*i]).collect();
        assert_eq!(differ, [place]);
    }
}

#[test]
fn whatever_the_house_holds_there_is_exactly_one_amount() {
    let world = insured();
    let mut random = Random::new(17);
    let mut counts = [0; 3];
    for _ in 0..1_000 {
        let mut table = world.table.clone();
        table.header.initial = random.below(4096) as u16;
        let wide = random.once_in(4);
        let mut house = House::default();
        for (row, q) in table.rows.iter_mut().zip(&mut house.positions) {
            let bits = if wide { 40 } else { 12 };
            q.0 = random.below(1 << (bits + 1)) as i64 - (1 << bits);
            if wide && random.once_in(2) {
                // As far as the widths go.
                row.value.0 = (1 << 55) - 1;
                row.scenarios.iter_mut().for_each(|r| r.0 = -(1 << 55) + 1);
            }
        }
        let bits = random.between(20, 79);
        house.insurance = Money((i128::from(random.word()) << 64 | i128::from(random.word())) >> (127 - bits));
        let before = Assessment::new(&table, &house.positions, house.insurance).expect("in range");
        let (asked, keep) = (random.word() >> random.below(64), random.word() >> random.below(64));
        let asks = (Amount(asked), Amount(keep));
        let (paid, choice) = Assessment::doors_amount(&before, &table, asks).expect("in range");
        let accepts = |paid: Amount, choice| {
            let after = before.without(paid).expect("in range");
            Assessment::check_doors(&after, &table, asks, paid, choice).is_ok()
        };
        assert!(accepts(paid, choice));
        let names: Vec<_> = (0..18)
            .map(MarginChoice::Tight)
            .chain([MarginChoice::Initial])
            .collect();
        let others = [
            0,
            1,
            paid.get() / 2,
            paid.get().wrapping_sub(1),
            paid.get().wrapping_add(1),
            asked,
            u64::MAX,
        ];
        for other in others.into_iter().map(Amount).filter(|other| *other != paid) {
            assert!(!names.iter().any(|name| accepts(other, *name)), "{paid} or {other}");
        }
        counts[if paid.is_zero() {
            0
        } else {
            1 + usize::from(paid == Amount(asked))
        }] += 1;
    }
    assert!(counts.iter().all(|n| *n > 20), "{counts:?}");
}
