//! Native code and circuit agree on every batch, valid or not.

use cloister_circuits::{
    statements::batch::{BatchCircuit, PUBLIC_INPUT},
    testing::TestSystem,
    Fr,
};
use cloister_ledger::{
    testing::{spoil, Random, Spoil, World},
    BatchWitness, Fill, Kind, Shape, UnitRequest,
};

use crate::support::{system, SMALL};

/// Records a valid batch under its native statement; everything must hold.
fn accept(shape: Shape, witness: BatchWitness, statement: Fr) {
    let system = TestSystem::of(BatchCircuit::proving(shape, witness, statement)).unwrap();
    assert_eq!(system.all_unsatisfied(), Vec::<String>::new());
}

#[test]
fn valid_batches_should_hold_under_their_native_statement() {
    for (shape, seeds) in [(SMALL, 0..6u64), (Shape { units: 4, orders: 1 }, 10..12)] {
        for seed in seeds {
            let mut world = World::with_traders(seed, 4, shape);
            for _ in 0..4 {
                let request = world.random_batch(shape);
                let (witness, effect) = world.apply(shape, &request);
                accept(shape, witness, effect.statement.hash());
            }
        }
    }
}

#[test]
fn opening_batches_should_hold_under_their_native_statement() {
    let mut world = World::new(5);
    let units = vec![world.open(1_000_000), world.open(0)];
    let request = world.request(units);
    let (witness, effect) = world.apply(SMALL, &request);
    accept(SMALL, witness, effect.statement.hash());
}

#[test]
fn several_places_should_hold_one_after_the_other() {
    let shape = Shape { units: 2, orders: 2 };
    for seed in 0..3 {
        let mut world = World::with_traders(seed, 2, shape);
        // Two trades between the same two accounts, and in the second round a trade followed by a withdrawal.
        let [a, b] = [world.trade(0, 1), world.trade(0, 1)];
        let units = a.into_iter().zip(b).map(|(a, b)| join(a, b)).collect();
        let request = world.request(units);
        let (witness, effect) = world.apply(shape, &request);
        accept(shape, witness, effect.statement.hash());

        let [bought, sold] = world.trade(1, 0);
        let withdrawal = world.instruct(1, Kind::Withdrawal, 5_000);
        let withdraw = UnitRequest::Normal {
            index: 1,
            deposit: 3,
            places: vec![(withdrawal, Fill::default())],
        };
        let request = world.request(vec![join(bought, withdraw), sold]);
        let (witness, effect) = world.apply(shape, &request);
        accept(shape, witness, effect.statement.hash());
    }
}

/// One unit with the places of two units of the same account.
fn join(a: UnitRequest, b: UnitRequest) -> UnitRequest {
    match (a, b) {
        (
            UnitRequest::Normal {
                index,
                deposit: d1,
                places: mut p1,
            },
            UnitRequest::Normal {
                deposit: d2,
                places: p2,
                ..
            },
        ) => {
            p1.extend(p2);
            UnitRequest::Normal {
                index,
                deposit: d1 + d2,
                places: p1,
            }
        }
        _ => unreachable!("trades are normal units"),
    }
}

#[test]
fn another_statement_should_fail() {
    let mut world = World::with_traders(1, 2, SMALL);
    let request = world.random_batch(SMALL);
    let (witness, effect) = world.apply(SMALL, &request);
    let statement = effect.statement.hash() + Fr::one();
    let system = TestSystem::of(BatchCircuit::proving(SMALL, witness, statement)).unwrap();
    assert_eq!(system.all_unsatisfied(), [PUBLIC_INPUT]);
}

/// Witness data for which the circuit has no wire: native code refuses it for its form, the circuit never reads it. It hashes the
/// group of the batch into the message.
fn is_only_form(found: Spoil) -> bool {
    matches!((found.unit, found.case), (Some(_), 58))
}

#[test]
fn spoiled_batches_should_be_judged_alike() {
    let mut random = Random::new(2024);
    let (mut valid, mut refused) = (0, 0);
    for seed in 0..8 {
        let mut world = World::with_traders(100 + seed, 3, SMALL);
        for _ in 0..2 {
            let request = world.random_batch(SMALL);
            let (witness, _) = world.apply(SMALL, &request);
            for _ in 0..9 {
                let mut spoiled = witness.clone();
                let what = spoil(&mut spoiled, &mut random);
                if is_only_form(what) {
                    continue;
                }
                let native = spoiled.check(SMALL);
                let system = system(SMALL, &spoiled);
                let failing = system.all_unsatisfied();
                assert_eq!(
                    native.is_ok(),
                    failing.is_empty(),
                    "{what:?}: {:?} but {failing:?}",
                    native.err()
                );
                match native {
                    Ok(effect) => {
                        assert_eq!(system.input(0), effect.statement.hash(), "{what:?}");
                        valid += 1;
                    }
                    Err(_) => refused += 1,
                }
            }
        }
    }
    assert!(valid > 5 && refused > 50, "{valid} valid, {refused} refused");
}
