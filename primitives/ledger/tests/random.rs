//! Random batches of every mode: accepted, conserving, and refused when spoiled.

#![cfg(feature = "testing")]

use std::collections::{BTreeMap, BTreeSet};

use cloister_crypto::Fr;
use cloister_ledger::{
    testing::{spoil, Random, World},
    BatchEffect, BatchWitness, Mode, RecordKind, Shape,
};
use cloister_risk::{Assessment, Status};

const SHAPE: Shape = Shape { units: 4, orders: 1 };
const WIDE: Shape = Shape { units: 5, orders: 3 };

/// What accounts and house own together at a table, expired positions included: what only deposits, withdrawals and sweeps
/// may change as long as prices stand still.
fn wealth(world: &World, table: &cloister_risk::RiskTable) -> i128 {
    let equity = |positions, cash| Assessment::new(table, positions, cash).expect("in range").equity;
    let house = world.state.house();
    let accounts: i128 = world.state.accounts().map(|(_, a)| equity(&a.account.positions, a.account.cash)).sum();
    accounts + equity(&house.positions, house.insurance) + house.fee_pool as i128
}

/// Runs random batches and hands each one with the world before and after to `look`.
fn run(seed: u64, shape: Shape, batches: usize, mut look: impl FnMut(&World, &World, &BatchWitness, &BatchEffect)) {
    let mut world = World::with_traders(seed, 4, shape);
    for _ in 0..batches {
        let request = world.random_batch(shape);
        let before = world.clone();
        let (witness, effect) = world.apply(shape, &request);
        look(&before, &world, &witness, &effect);
    }
}

#[test]
fn random_batches_are_accepted_and_conserve_money_and_positions() {
    let mut modes: BTreeMap<String, usize> = BTreeMap::new();
    let mut house_traded = 0;
    for (shape, seeds) in [(SHAPE, 0..30u64), (WIDE, 100..110)] {
        for seed in seeds {
            run(seed, shape, 60, |before, after, witness, effect| {
                assert_eq!(witness.check(shape).as_ref(), Ok(effect));
                for unit in &witness.units {
                    *modes.entry(format!("{:?}", unit.mode)).or_default() += 1;
                }
                let table = &witness.context.table;
                let deposits: i128 = effect.statement.units.iter().map(|u| i128::from(u.deposit)).sum();
                let withdrawals: i128 = effect.statement.units.iter().map(|u| i128::from(u.withdrawal)).sum();
                assert_eq!(
                    wealth(after, table),
                    wealth(before, table) + deposits - withdrawals - i128::from(witness.sweep)
                );
                let house = after.state.house();
                house_traded += usize::from(house.positions != before.state.house().positions);
                for row in 0..32 {
                    let held = || after.state.accounts().map(|(_, a)| a.account.positions[row]);
                    assert_eq!(house.open_interest[row], held().map(i64::unsigned_abs).sum::<u64>());
                    if table.rows[row].status == Status::Expired {
                        assert_eq!(house.positions[row], 0);
                    } else {
                        assert_eq!(held().sum::<i64>() + house.positions[row], 0, "row {row}");
                    }
                    if witness.empty_mask >> row & 1 == 1 {
                        assert_eq!((house.open_interest[row], house.positions[row]), (0, 0));
                    }
                }
            });
        }
    }
    println!("{modes:?}, {house_traded} batches moved the house");
    assert_eq!(modes.len(), 8, "{modes:?}");
    assert!(modes.values().all(|n| *n >= 40), "{modes:?}");
    assert!(house_traded >= 100, "{house_traded}");
}
