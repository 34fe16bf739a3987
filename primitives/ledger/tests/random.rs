//! Random batches of every mode: what their records say, and what refuses them when they are spoiled. What they
//! conserve is in `tests/properties`.

use std::collections::{BTreeMap, BTreeSet};

use cloister_crypto::Fr;
use cloister_ledger::{state::BatchRequest, BatchEffect, BatchError, BatchWitness, Mode, PlaceError, Shape, UnitError};
use cloister_ledger_testing::{spoil, spoil_request, Random, World};

const SHAPE: Shape = Shape { units: 4, places: 1 };
const WIDE: Shape = Shape { units: 5, places: 3 };

/// Runs random batches and hands each one with the world before and after to `look`.
fn run(
    seed: u64,
    shape: Shape,
    batches: usize,
    mut look: impl FnMut(&World, &BatchRequest, &World, &BatchWitness, &BatchEffect),
) {
    let mut world = World::with_traders(seed, 4, shape);
    for _ in 0..batches {
        let request = world.random_batch(shape);
        let before = world.clone();
        let (witness, effect) = world.apply(shape, &request);
        look(&before, &request, &world, &witness, &effect);
    }
}

#[test]
fn records_decrypt_to_the_accounts_and_chain_roots_follow() {
    let mut kinds = BTreeSet::new();
    for (seed, shape) in [(0, SHAPE), (1, SHAPE), (2, SHAPE), (3, WIDE)] {
        run(seed, shape, 20, |before, _, after, witness, effect| {
            let statement = &effect.statement;
            assert_eq!(statement.old_root, before.state.root());
            assert_eq!(statement.new_root, after.state.root());
            assert_eq!(statement.old_house, before.state.house().commitment());
            assert_eq!(statement.new_house, after.state.house().commitment());
            for (unit, done) in witness.units.iter().zip(&effect.units) {
                let (record, account) = (&done.record, &done.after);
                let expected = match unit.mode {
                    Mode::Open => 1,
                    Mode::Rekey => 2,
                    Mode::Forced => 3,
                    Mode::Switch => 4,
                    Mode::Close => 5,
                    _ => 0,
                };
                assert_eq!(record.kind.code(), expected);
                assert_eq!(record.kind.keys().is_some(), expected == 1 || expected == 2);
                kinds.insert(expected);
                let plain = record
                    .decrypt(account.view_key, account.nonce, statement.stream_salt())
                    .expect("own record");
                assert_eq!((plain.cash, plain.min_id), (account.cash, account.min_id));
                assert_eq!(
                    (plain.positions, plain.orders_root),
                    (account.positions, account.orders_root)
                );
                let signed: Vec<bool> = unit.places.iter().map(|p| p.is_signed()).collect();
                assert_eq!(plain.slots.iter().map(Option::is_some).collect::<Vec<_>>(), signed);
                let wrong = record.decrypt(account.view_key + Fr::one(), account.nonce, statement.stream_salt());
                assert!(wrong.is_err());
            }
            let house = statement
                .house
                .decrypt(effect.house.key, effect.house.nonce, statement.stream_salt())
                .expect("own record");
            assert_eq!(
                (house.insurance, house.fee_pool),
                (effect.house.insurance, effect.house.fee_pool)
            );
            assert_eq!(
                (house.positions, house.open_interest),
                (effect.house.positions, effect.house.open_interest)
            );
        });
    }
    assert_eq!(kinds.len(), 6);
}

/// The first word or two of an error that name its rule.
fn name(error: BatchError) -> String {
    let text = match error {
        BatchError::Unit(_, UnitError::Place(_, PlaceError::Fill(e))) => format!("Fill::{e:?}"),
        BatchError::Unit(_, UnitError::Place(_, e)) => format!("Place::{e:?}"),
        BatchError::Unit(_, UnitError::Margin(e)) => format!("Margin::{e:?}"),
        BatchError::Unit(_, e) => format!("Unit::{e:?}"),
        BatchError::Doors(e) => format!("Doors::{e:?}"),
        BatchError::HouseMargin(e) => format!("HouseMargin::{e:?}"),
        e => format!("{e:?}"),
    };
    text.split('(').next().unwrap_or_default().to_owned()
}

/// Rules that spoiling a witness must break now and then. A path that still opens is needed for the rest; `tests/modes`
/// and `tests/batches.rs` have them.
const REACHED: [&str; 67] = [
    "DeleveragedLots",
    "DeleveragedWithoutNeed",
    "Doors::AboveAsked",
    "Doors::BelowKeep",
    "Doors::Choice",
    "Doors::MarginShort",
    "Doors::PaidTooLittle",
    "Doors::Relaxed",
    "Fill::Band",
    "Fill::Chunk",
    "Fill::AboveDiscount",
    "Fill::FeeAboveCap",
    "Fill::FeeAboveMaximum",
    "Fill::AbovePenalty",
    "Fill::FeeOfDeleveraging",
    "Fill::FeeOfExpiry",
    "Fill::Instrument",
    "Fill::NotAtMark",
    "Fill::NotExpired",
    "Fill::NotReducing",
    "Fill::NotTrading",
    "Fill::NotWhole",
    "Fill::Nothing",
    "Fill::PositionLimit",
    "Fill::Price",
    "Fill::Stale",
    "Fill::Width",
    "HouseEquity",
    "HouseGrowth",
    "HouseMargin::Choice",
    "HouseMargin::InitialMarginShort",
    "HouseMargin::RiskIncreased",
    "HouseMargin::Threshold",
    "HousePosition",
    "Margin::AboveRequested",
    "Margin::Choice",
    "Margin::Conceded",
    "Margin::InitialMarginShort",
    "Margin::NegativeEquity",
    "Margin::NotNeeded",
    "Margin::NotShort",
    "Margin::PaidTooLittle",
    "Margin::PaidWhileShort",
    "Margin::RiskIncreased",
    "Margin::Solvent",
    "Margin::Threshold",
    "Margin::WithdrawalWhileShort",
    "NotEmpty",
    "OpenInterest",
    "Place::BeyondQuantity",
    "Place::Expired",
    "Place::FillWithoutOrder",
    "Place::NotTriggered",
    "Place::Signature",
    "Place::SlotPath",
    "Place::TriggerForm",
    "Sweep",
    "TransferAmount",
    "TransferIndex",
    "TransferLast",
    "Unit::FillInMode",
    "Unit::ForcedInMode",
    "Unit::InstructionInMode",
    "Unit::KeyPreimage",
    "Unit::KeysChanged",
    "Unit::Path",
    "Unit::SwitchesChanged",
];

/// Spoils the batches of one market; how many were spoiled, and which rules refused them.
fn refusals(seed: u64) -> (usize, BTreeMap<String, usize>) {
    let (mut spoiled, mut refused) = (0, BTreeMap::new());
    let mut random = Random::new(7 + seed);
    run(seed, SHAPE, 30, |before, request, _, witness, _| {
        let drafts = (0..4).filter_map(|_| {
            let mut request = request.clone();
            spoil_request(&mut request, &mut random);
            before.draft(SHAPE, &request)
        });
        let mut bad: Vec<_> = drafts.collect();
        for _ in 0..20 {
            let mut spoiled = witness.clone();
            spoil(&mut spoiled, &mut random);
            bad.push(spoiled);
        }
        for bad in bad {
            spoiled += 1;
            if let Err(error) = bad.check(SHAPE) {
                *refused.entry(name(error)).or_default() += 1;
            }
        }
    });
    (spoiled, refused)
}

#[test]
fn spoiled_witnesses_never_panic_and_break_every_rule_now_and_then() {
    let (mut spoiled, mut refused) = (0, BTreeMap::<String, usize>::new());
    std::thread::scope(|scope| {
        let halves = [0..10, 10..20].map(|seeds| scope.spawn(move || seeds.map(refusals).collect::<Vec<_>>()));
        for (n, rules) in halves.into_iter().flat_map(|half| half.join().expect("nothing panics")) {
            spoiled += n;
            for (rule, n) in rules {
                *refused.entry(rule).or_default() += n;
            }
        }
    });
    let missing: Vec<_> = REACHED.iter().filter(|rule| !refused.contains_key(**rule)).collect();
    println!("{refused:?}");
    assert!(missing.is_empty(), "{missing:?} were never broken");
    let refusals: usize = refused.values().sum();
    assert!(2 * refusals > spoiled, "{refusals} of {spoiled} refused");
}
