//! Native code accepts a unit if and only if the circuit does, on thousands of random units, a good part invalid.

mod candidates;

use std::{collections::BTreeMap, ops::Range};

use cloister_circuits::{
    statements::batch::BatchCircuit,
    testing::{TestSystem, Values},
    Fr,
};
use cloister_ledger::{
    testing::{Random, World},
    BatchWitness, Shape, UnitError, UnitWitness,
};
use rayon::prelude::*;

use candidates::Market;

/// The units of a batch are judged one by one; more of them only share the table's hash.
const SHAPE: Shape = Shape { units: 16, orders: 1 };

/// Batches of candidates of one market.
const BATCHES: usize = 4;

/// What belongs to one unit of the recorded circuit.
struct Part {
    constraints: Range<usize>,
    wires: Range<usize>,
    /// The constraint that compares the opened root with the one before the unit.
    old_root: usize,
}

struct Judge {
    system: TestSystem,
    parts: Vec<Part>,
}

impl Judge {
    fn new() -> Self {
        let mut world = World::with_traders(1, 4, SHAPE);
        let request = world.random_batch(SHAPE);
        let (witness, effect) = world.apply(SHAPE, &request);
        let circuit = BatchCircuit::proving(SHAPE, witness, effect.statement.hash());
        let lengths: Vec<usize> = parts(&circuit).iter().map(Values::len).collect();
        let system = TestSystem::of(circuit).expect("the witness fits");
        assert!(system.is_satisfied());
        let names: Vec<String> = (0..system.num_constraints())
            .map(|k| system.constraint_name(k))
            .collect();
        // Wire 0 is the constant, the first part is what comes before the units.
        let mut at = 1 + lengths[0];
        let parts = (0..usize::from(SHAPE.units))
            .map(|unit| {
                let prefix = format!("unit {unit}/");
                let first = names
                    .iter()
                    .position(|n| n.starts_with(&prefix))
                    .expect("units have constraints");
                let count = names[first..].iter().take_while(|n| n.starts_with(&prefix)).count();
                let old_root = names.iter().position(|n| *n == format!("{prefix}B-OPENS/old root"));
                let wires = at..at + lengths[unit + 1];
                at = wires.end;
                Part {
                    constraints: first..first + count,
                    wires,
                    old_root: old_root.expect("units open the root"),
                }
            })
            .collect();
        Self { system, parts }
    }

    /// The first constraint that a unit breaks, if the root before it is `root`.
    fn refuses(&self, unit: usize, values: &[Fr], root: Fr) -> Option<String> {
        let part = &self.parts[unit];
        let opens = self.system.left_within(part.old_root, &part.wires, values) == root;
        let broken = |k: &usize| {
            if *k == part.old_root {
                !opens
            } else {
                !self.system.holds_under(*k, values)
            }
        };
        part.constraints
            .clone()
            .find(broken)
            .map(|k| self.system.constraint_name(k))
    }

    /// The root a unit leaves, as the next unit's comparison takes it.
    fn root_after(&self, unit: usize, values: &[Fr]) -> Option<Fr> {
        let next = self.parts.get(unit + 1)?;
        Some(-self.system.left_within(next.old_root, &self.parts[unit].wires, values))
    }
}

fn parts(circuit: &BatchCircuit) -> Vec<Values> {
    circuit
        .values_in_parts::<Values>()
        .expect("every witness of the shape has values")
}

/// How often each verdict was given.
#[derive(Default)]
struct Tally {
    accepted: usize,
    refused: BTreeMap<String, usize>,
}

/// All units are of the same state; none sees what another did.
fn judge(judge: &Judge, market: &Market, units: Vec<UnitWitness>, tally: &mut Tally) {
    let context = market.context.clone();
    let root = market.tree.root();
    let verdicts: Vec<_> = units
        .par_iter()
        .map(|unit| unit.check(&context, root, SHAPE.orders.into()))
        .collect();
    let witness = BatchWitness {
        context,
        old_root: root,
        house: market.house.clone(),
        house_key: root,
        sweep: 0,
        empty_mask: 0,
        units,
    };
    let circuit = BatchCircuit::proving(SHAPE, witness, Fr::zero());
    let values = Values::join(parts(&circuit));
    let broken: Vec<_> = (0..verdicts.len())
        .into_par_iter()
        .map(|unit| judge.refuses(unit, &values, root))
        .collect();
    for (number, (verdict, broken)) in verdicts.iter().zip(&broken).enumerate() {
        let unit = || &circuit.witness.as_ref().expect("proving").units[number];
        match (verdict, broken) {
            (Ok(effect), None) => {
                if let Some(after) = judge.root_after(number, &values) {
                    assert_eq!(after, effect.root, "{:?}", unit());
                }
                tally.accepted += 1;
            }
            (Err(error), Some(_)) => *tally.refused.entry(title(error)).or_default() += 1,
            (Ok(_), Some(name)) => panic!("native code accepts, {name} fails: {:#?}", unit()),
            (Err(error), None) => panic!("the circuit accepts, but {error:?}: {:#?}", unit()),
        }
    }
}

/// The innermost variant of an error.
fn title(error: &UnitError) -> String {
    let text = format!("{error:?}");
    let inner = text.trim_end_matches(')').rsplit(['(', ' ']).next().unwrap_or_default();
    inner.to_string()
}

/// Units in all; the variable asks for a longer run.
fn units() -> usize {
    let asked = std::env::var("CLOISTER_UNITS").ok().and_then(|n| n.parse().ok());
    asked.unwrap_or(4_096)
}

#[test]
fn native_code_and_circuit_should_judge_every_unit_alike() {
    let judging = Judge::new();
    let mut tally = Tally::default();
    let rounds = units().div_ceil(BATCHES * usize::from(SHAPE.units));
    for seed in 0..rounds as u64 {
        let mut market = Market::new(seed);
        let mut random = Random::new(seed ^ 0xA11CE);
        for _ in 0..BATCHES {
            let units = (0..SHAPE.units).map(|_| market.candidate(&mut random)).collect();
            judge(&judging, &market, units, &mut tally);
        }
    }
    let refused: usize = tally.refused.values().sum();
    println!("{} accepted, {refused} refused: {:#?}", tally.accepted, tally.refused);
    let all = tally.accepted + refused;
    assert!(tally.accepted * 4 > all && refused * 4 > all, "neither verdict is rare");
    for expected in candidates::REFUSALS {
        assert!(
            tally.refused.contains_key(*expected),
            "no unit was refused for {expected}"
        );
    }
}
