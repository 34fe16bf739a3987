//! Native code and circuit agree on every batch, valid or not.

use std::collections::BTreeMap;

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

/// How often every mode was seen.
#[derive(Default)]
struct Seen(BTreeMap<String, usize>);

impl Seen {
    /// Whether a batch has a mode that was not seen so often yet; counts its modes then.
    fn wants(&mut self, witness: &BatchWitness, often: usize) -> bool {
        let modes: Vec<String> = witness.units.iter().map(|unit| format!("{:?}", unit.mode)).collect();
        let rare = modes.iter().any(|mode| self.0.get(mode).is_none_or(|n| *n < often));
        if rare {
            for mode in modes {
                *self.0.entry(mode).or_default() += 1;
            }
        }
        rare
    }

    fn assert_all(&self, often: usize) {
        assert!(
            self.0.len() == 8 && self.0.values().all(|n| *n >= often),
            "{:?}",
            self.0
        );
    }
}

/// Runs markets of a shape natively, and hands batches to `look` until every mode was seen often enough.
fn markets(shape: Shape, first_seed: u64, often: usize, mut look: impl FnMut(BatchWitness, Fr)) {
    let mut seen = Seen::default();
    for seed in first_seed..first_seed + 40 {
        let mut world = World::with_traders(seed, 4, shape);
        for _ in 0..60 {
            let request = world.random_batch(shape);
            let (witness, effect) = world.apply(shape, &request);
            if seen.wants(&witness, often) {
                look(witness, effect.statement.hash());
            }
        }
    }
    seen.assert_all(often);
}

#[test]
fn valid_batches_should_hold_under_their_native_statement() {
    for (shape, often) in [
        (SMALL, 4),
        (Shape { units: 4, orders: 1 }, 2),
        (Shape { units: 4, orders: 3 }, 2),
    ] {
        markets(shape, 0, often, |witness, statement| accept(shape, witness, statement));
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

/// Spoils batches of every mode and compares the judgements; returns how many were valid and how many were refused.
fn judge(shape: Shape, first_seed: u64, often: usize, times: usize) -> (usize, usize) {
    let mut random = Random::new(2024 + first_seed);
    let (mut valid, mut refused) = (0, 0);
    markets(shape, first_seed, often, |witness, _| {
        for _ in 0..times {
            let mut spoiled = witness.clone();
            let what = spoil(&mut spoiled, &mut random);
            if is_only_form(what) {
                continue;
            }
            let native = spoiled.check(shape);
            let system = system(shape, &spoiled);
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
    });
    (valid, refused)
}

#[test]
fn spoiled_batches_should_be_judged_alike() {
    let (valid, refused) = judge(SMALL, 100, 5, 5);
    assert!(valid > 10 && refused > 60, "{valid} valid, {refused} refused");
}

#[test]
fn spoiled_batches_of_several_places_should_be_judged_alike() {
    let (valid, refused) = judge(Shape { units: 2, orders: 2 }, 200, 1, 5);
    assert!(valid > 2 && refused > 15, "{valid} valid, {refused} refused");
}

#[test]
#[ignore = "ten minutes"]
fn many_spoiled_batches_should_be_judged_alike() {
    let (valid, refused) = judge(SMALL, 1_000, 40, 12);
    println!("{valid} valid, {refused} refused");
    assert!(valid > 100 && refused > 1_000, "{valid} valid, {refused} refused");
}
