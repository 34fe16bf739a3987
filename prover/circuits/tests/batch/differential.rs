//! Native code and circuit agree on every batch, valid or not. Here whole batches are spoiled, for what transfers,
//! house and statement make of their units; `tests/properties` spoils the units one by one.

use cloister_types::{AccountIndex, Amount};
use std::collections::BTreeMap;

use cloister_circuits::{
    statements::batch::{BatchCircuit, PUBLIC_INPUT},
    Fr,
};
use cloister_circuits_testing::TestSystem;
use cloister_groth16::Assignment;
use cloister_ledger::{
    state::BatchRequest, BatchEffect, BatchError, BatchWitness, Fill, InstructionKind, Mode, Shape, UnitRequest,
};
use cloister_ledger_testing::{spoil, spoil_request, Random, World};

use crate::support::{
    closed, forced, giving, liquidated, rekeyed, settled, shedding, switched, system, taken_over, traded, transferred,
    Scene, SHORT, SMALL,
};

/// Records a valid batch under its native statement; everything must hold.
fn accept(shape: Shape, witness: BatchWitness, statement: Fr) {
    let system = TestSystem::of(BatchCircuit::proving(shape, witness, statement)).unwrap();
    assert_eq!(system.all_unsatisfied(), Vec::<String>::new());
}

/// How often everything that a batch can do was seen.
#[derive(Default)]
struct Seen(BTreeMap<String, usize>);

impl Seen {
    /// The modes, transfers, and the house's part.
    const ALL: usize = 14;

    /// Whether a batch does something that was not seen often enough yet; if so, counts all that it does.
    fn wants(&mut self, witness: &BatchWitness, effect: &BatchEffect, often: usize) -> bool {
        let mut does: Vec<String> = witness.units.iter().map(|unit| format!("{:?}", unit.mode)).collect();
        if effect.units.iter().any(|unit| unit.transfer.is_some()) {
            does.push("transfer".into());
        }
        if effect.house.positions != witness.house.positions {
            does.push("house".into());
        }
        let rare = does.iter().any(|what| self.0.get(what).is_none_or(|n| *n < often));
        if rare {
            for what in does {
                *self.0.entry(what).or_default() += 1;
            }
        }
        rare
    }

    fn is_enough(&self, often: usize) -> bool {
        self.0.len() == Self::ALL && self.0.values().all(|n| *n >= often)
    }
}

/// A valid batch with the market before it.
struct Batch {
    world: World,
    request: BatchRequest,
    witness: BatchWitness,
    statement: Fr,
}

/// Maximum number of markets that are run. The rarest of what a batch does, a takeover, is in one market of four.
const MARKETS: u64 = 400;

/// Runs markets of a shape natively, and hands batches to `look` until everything was seen often enough.
fn markets(shape: Shape, first_seed: u64, often: usize, mut look: impl FnMut(Batch)) {
    let mut seen = Seen::default();
    for seed in first_seed..first_seed + MARKETS {
        let mut world = World::with_traders(seed, 4, shape);
        for _ in 0..60 {
            let request = world.random_batch(shape);
            let before = world.clone();
            let (witness, effect) = world.apply(shape, &request);
            if seen.wants(&witness, &effect, often) {
                look(Batch {
                    world: before,
                    request,
                    witness,
                    statement: effect.statement.hash(),
                });
            }
        }
        if seen.is_enough(often) {
            return;
        }
    }
    panic!("not seen {often} times: {:?}", seen.0);
}

#[test]
fn valid_batches_should_hold_under_their_native_statement() {
    for (shape, often) in [
        (SMALL, 4),
        (Shape { units: 4, places: 1 }, 2),
        (Shape { units: 4, places: 3 }, 2),
    ] {
        markets(shape, 0, often, |batch| accept(shape, batch.witness, batch.statement));
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
    let shape = Shape { units: 2, places: 2 };
    for seed in 0..3 {
        let mut world = World::with_traders(seed, 2, shape);
        // Two trades between the same two accounts, and in the second round a trade followed by a withdrawal.
        let [a, b] = [world.trade(0, 1), world.trade(0, 1)];
        let units = a.into_iter().zip(b).map(|(a, b)| join(a, b)).collect();
        let request = world.request(units);
        let (witness, effect) = world.apply(shape, &request);
        accept(shape, witness, effect.statement.hash());

        let [bought, sold] = world.trade(1, 0);
        let withdrawal = world.instruct(1, InstructionKind::Withdrawal, 5_000);
        let withdraw = UnitRequest::Normal {
            index: AccountIndex(1),
            deposit: Amount(3),
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
                deposit: Amount(d1.get() + d2.get()),
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

/// Spoils what no unit by itself can: the house, the table, the order of units, the mask, the sweep, amounts that come
/// in, and the prices at which the house closes positions.
fn spoil_whole(witness: &mut BatchWitness, random: &mut Random) {
    loop {
        let mut spoiled = witness.clone();
        let what = spoil(&mut spoiled, random);
        let whole = match (what.unit, what.case) {
            (None, _) => true,
            // Incoming.
            (Some(_), 18 | 19) => true,
            // Cost and fee of what nobody signs.
            (Some(unit), 48..=51 | 60) => matches!(
                witness.units[unit].mode,
                Mode::Liquidation | Mode::Expiry | Mode::Deleveraging(_)
            ),
            (Some(_), _) => false,
        };
        if whole {
            *witness = spoiled;
            return;
        }
    }
}

/// A batch with a thing or two of it spoiled, or one of units that are valid one by one and were put together wrongly.
fn spoiled(batch: &Batch, shape: Shape, random: &mut Random) -> BatchWitness {
    if random.once_in(3) {
        let mut request = batch.request.clone();
        spoil_request(&mut request, random);
        if let Some(witness) = batch.world.draft(shape, &request) {
            return witness;
        }
    }
    let mut witness = batch.witness.clone();
    for _ in 0..1 + random.below(2) {
        spoil_whole(&mut witness, random);
    }
    witness
}

/// How often each verdict was given.
#[derive(Debug, Default)]
struct Verdicts {
    accepted: usize,
    /// Refused, by rule.
    refused: BTreeMap<String, usize>,
}

impl Verdicts {
    fn refusals(&self) -> usize {
        self.refused.values().sum()
    }
}

/// Spoils batches of every mode and compares the verdicts.
fn judge(shape: Shape, first_seed: u64, often: usize, times: usize) -> Verdicts {
    let mut random = Random::new(2024 + first_seed);
    let mut verdicts = Verdicts::default();
    markets(shape, first_seed, often, |batch| {
        for _ in 0..times {
            let witness = spoiled(&batch, shape, &mut random);
            let native = witness.check(shape);
            let system = system(shape, &witness);
            // The prover has the units' values computed at the same time.
            let circuit = BatchCircuit::proving(shape, witness, Fr::zero());
            let joined = Assignment::from_parts(circuit.values_in_parts().expect("the witness fits"));
            assert!(joined.aux == system.values()[2..]);
            let broken = system.all_unsatisfied();
            match native {
                Ok(effect) => {
                    assert_eq!(broken, Vec::<String>::new(), "native code accepts");
                    assert_eq!(system.input(0), effect.statement.hash());
                    verdicts.accepted += 1;
                }
                Err(error) => {
                    assert!(!broken.is_empty(), "the circuit accepts, but {error:?}");
                    *verdicts.refused.entry(title(&error)).or_default() += 1;
                }
            }
        }
    });
    println!(
        "{} accepted, {} refused: {:?}",
        verdicts.accepted,
        verdicts.refusals(),
        verdicts.refused
    );
    verdicts
}

/// The outer variant of an error.
fn title(error: &BatchError) -> String {
    let text = format!("{error:?}");
    text.split('(').next().unwrap_or_default().to_owned()
}

/// The rules of whole batches: those that a few spoiled batches break, then those that many do. `Unbalanced` and
/// `Width` need states that spoiling does not make.
const RULES: [&str; 13] = [
    "Doors",
    "TransferAmount",
    "TransferLast",
    "HousePosition",
    "HouseGrowth",
    "HouseMargin",
    "Sweep",
    "NotEmpty",
    "DeleveragedLots",
    "DeleveragedWithoutNeed",
    "TransferIndex",
    "HouseEquity",
    "OpenInterest",
];

fn assert_refused_for(verdicts: &Verdicts, rules: &[&str]) {
    let missing: Vec<_> = rules
        .iter()
        .filter(|rule| !verdicts.refused.contains_key(**rule))
        .collect();
    assert!(missing.is_empty(), "nothing was refused for {missing:?}");
}

#[test]
fn spoiled_batches_should_be_judged_alike() {
    let verdicts = judge(SMALL, 100, 9, 4);
    assert!(verdicts.accepted > 30 && verdicts.refusals() > 50, "{verdicts:?}");
    assert_refused_for(&verdicts, &RULES[..10]);
}

#[test]
fn spoiled_batches_of_several_places_should_be_judged_alike() {
    let verdicts = judge(Shape { units: 3, places: 2 }, 201, 1, 8);
    assert!(verdicts.accepted > 5 && verdicts.refusals() > 15, "{verdicts:?}");
}

#[test]
#[ignore = "some minutes"]
fn many_spoiled_batches_should_be_judged_alike() {
    let verdicts = judge(SMALL, 1_000, 40, 12);
    assert!(verdicts.accepted > 400 && verdicts.refusals() > 400, "{verdicts:?}");
    assert_refused_for(&verdicts, &RULES);
}

#[test]
fn every_mode_should_carry_a_deposit() {
    // The first unit of an account takes what the queue has for it, whatever the unit does (C-QUEUE).
    let scenes = [
        traded(),
        transferred(),
        rekeyed(),
        switched(true),
        forced(1_000),
        liquidated(SHORT),
        settled(),
        taken_over(),
        shedding(),
        giving(),
        // It holds something, so it stays as it is.
        closed(7, 0),
    ];
    let mut modes = Vec::new();
    for mut scene in scenes {
        let mode = scene.unit().mode;
        let cash = |scene: &Scene| {
            let effect = scene.witness.check(SMALL).expect("the batch follows the rules");
            assert_eq!(system(SMALL, &scene.witness).which_is_unsatisfied(), None, "{mode:?}");
            let unit = effect.units.last().expect("a batch has units");
            (unit.after.cash, effect.house.insurance)
        };
        let (before, insurance) = cash(&scene);
        scene.unit().deposit = Amount(1_000);
        let (after, insured) = cash(&scene);
        // The deposit stays with the account, unless the house takes the account over.
        let kept = after.checked_sub(before).map(|money| money.get());
        let house = insured.checked_sub(insurance).map(|money| money.get());
        let expected = if mode == Mode::Takeover { (0, 1_000) } else { (1_000, 0) };
        assert_eq!((kept, house), (Some(expected.0), Some(expected.1)), "{mode:?}");
        modes.push(mode);
    }
    modes.dedup();
    // Every mode but the open, whose deposit is its cash.
    assert_eq!(modes.len(), 11, "{modes:?}");
}
