//! One wire changed and everything that follows from it computed anew, as a cheating prover would.

use std::{
    collections::BTreeMap,
    sync::{
        atomic::{AtomicU64, Ordering},
        Mutex,
    },
};

use cloister_circuits::Fr;
use cloister_circuits_testing::{Sheet, TestSystem};
use cloister_ledger_testing::Random;
use rayon::prelude::*;

use crate::{
    scenes::{batch, Indexed, Scene, OF_PLACES, OF_SMALL, SCENES},
    table::{
        always, changes_nothing, matches, may_owe, no_insurance_is_paid, nothing_is_signed, pays_nothing,
        place_is_empty, Free, Table, CHALLENGE_INVERSE, CLOSE_INVERSE, SLOT_INVERSE, TRIGGER_INVERSE,
    },
};

/// Nothing is signed in the place: the field is not bound to anybody, and nothing asks for it.
const UNSIGNED: &str = "what is not signed is not asked for, recorded or applied";

/// A field that only a signature gives a meaning.
const fn unsigned(pattern: &'static str) -> Free {
    Free {
        pattern,
        when: nothing_is_signed,
        reason: UNSIGNED,
        rare: false,
    }
}

const FREE: &[Free] = &[
    SLOT_INVERSE,
    TRIGGER_INVERSE,
    Free {
        rare: true,
        ..CLOSE_INVERSE
    },
    CHALLENGE_INVERSE,
    unsigned("unit */place */S-INSTRUCTION/id"),
    unsigned("unit */place */S-INSTRUCTION/instrument id"),
    unsigned("unit */place */S-INSTRUCTION/flags/bit *"),
    unsigned("unit */place */S-INSTRUCTION/limit"),
    unsigned("unit */place */S-INSTRUCTION/quantity"),
    unsigned("unit */place */S-INSTRUCTION/expiry"),
    unsigned("unit */place */S-INSTRUCTION/max fee"),
    unsigned("unit */place */B-SIG/*"),
    unsigned("unit */place */B-SLOT/*"),
    Free {
        pattern: "unit */place */S-INSTRUCTION/sell",
        when: place_is_empty,
        reason: "nothing is bought or sold",
        rare: false,
    },
    Free {
        pattern: "unit */place */B-REDUCE, B-LIMIT/reduces",
        when: always,
        reason: "the fill reduces and stays within the limit, either may be named",
        rare: false,
    },
    Free {
        pattern: "unit */B-UNIT/mode *",
        when: changes_nothing,
        reason: "padding, and an expiry or a normal unit without places, do the same; what a mode asks for was met",
        rare: false,
    },
    Free {
        pattern: "unit */B-FORCED/pays",
        when: pays_nothing,
        reason: "nothing is paid, and the margin that a payment asks for is there",
        rare: false,
    },
    Free {
        pattern: "B-HOUSE/B-DOORS/pays",
        when: no_insurance_is_paid,
        reason: "nothing is paid, and the margin and the money that a payment asks for are there",
        rare: false,
    },
    Free {
        pattern: "unit */B-EQUITY/owes money",
        when: may_owe,
        reason: "equity has not fallen in the unit, so it may be compared with the one before instead of zero",
        rare: true,
    },
];

/// Where a change may never lead: to what the statement is made of, and out of its unit.
fn is_out_of_reach(name: &str, unit: &str) -> bool {
    let inside = name.strip_prefix(unit).and_then(|rest| rest.strip_prefix('/'));
    inside.is_none_or(|rest| {
        ["new leaf", "B-OPENS", "B-RECORD"]
            .iter()
            .any(|space| rest.starts_with(space))
    })
}

/// Wires of which a sample is enough, one in the given number: each leads through many hashes, and all of a pattern are
/// bound alike.
const SAMPLED: &[(&str, u64)] = &[
    ("context/S-RISK/*", 512),
    ("*/account tree/level */child *", 32),
    ("*/order tree/level */child *", 32),
    ("unit */old account/B-RANGE/position */q", 8),
    ("*/B-SIG/challenge/bit *", 12),
    ("*/B-SIG/response times generator/window */size *", 16),
    ("*/B-SIG/response times generator/window */positive", 16),
    ("B-HOUSE/open interest/empty mask/bit *", 8),
];

#[derive(Default)]
struct Found {
    tried: AtomicU64,
    refusals: Mutex<BTreeMap<String, u64>>,
    loose: Mutex<Vec<String>>,
}

/// The rule and the kind of constraint of a name: numbers left out.
fn summary(name: &str) -> String {
    name.replace(|c: char| c.is_ascii_digit(), "#")
}

/// The other truth value, or a number beside the wire's own.
fn changed(sheet: &Sheet<'_>, wire: usize, random: &mut Random) -> Fr {
    let (old, one) = (sheet.value(wire), Fr::one());
    match random.once_in(2) {
        _ if old == Fr::zero() || old == one => one - old,
        true => old + one,
        false => old - one,
    }
}

/// How rarely each wire is tried: one in `thin`, but always what may be free, unless its pattern is a wide one.
fn rates(system: &TestSystem, thin: u64) -> Vec<u64> {
    let rate = |wire| {
        let name = system.wire_name(wire);
        let fits = |entry: &Free| !entry.pattern.ends_with("/*") && matches(entry.pattern, &name);
        let sample = SAMPLED.iter().find(|(pattern, _)| matches(pattern, &name));
        let rate = if FREE.iter().any(fits) { 1 } else { thin };
        sample.map_or(rate, |(_, n)| n * rate)
    };
    (0..system.num_wires()).into_par_iter().map(rate).collect()
}

fn run(recorded: &Indexed, sheet: &Sheet<'_>, table: &Table, found: &Found, rates: &[u64], seed: u64) {
    let system = sheet.system();
    let wires: Vec<usize> = (1..system.num_wires())
        .filter(|wire| system.is_private(*wire))
        .collect();
    wires
        .par_chunks(wires.len() / 32)
        .enumerate()
        .for_each(|(chunk, wires)| {
            let mut random = Random::new(seed << 20 | chunk as u64);
            let mut refusals: BTreeMap<usize, u64> = BTreeMap::new();
            let mut cheater = recorded.repair.at(sheet);
            for wire in wires {
                if !random.once_in(rates[*wire]) {
                    continue;
                }
                let value = changed(sheet, *wire, &mut random);
                found.tried.fetch_add(1, Ordering::Relaxed);
                match cheater.follow(&[(*wire, value)]) {
                    Err(k) => *refusals.entry(k).or_default() += 1,
                    Ok(changed) if table.excuses(sheet, *wire) => {
                        let name = system.wire_name(*wire);
                        let unit = name.split('/').next().unwrap_or_default();
                        let reached = changed.iter().map(|(w, _)| system.wire_name(*w));
                        let far: Vec<String> = reached.filter(|w| is_out_of_reach(w, unit)).collect();
                        assert!(far.is_empty(), "{name} leads to {far:?}");
                    }
                    Ok(changed) => {
                        let (name, n) = (system.wire_name(*wire), changed.len());
                        let text = format!("{name} {:?} -> {value:?} ({n} wires) seed {seed}", sheet.value(*wire));
                        found.loose.lock().expect("no panic").push(text);
                    }
                }
            }
            let mut all = found.refusals.lock().expect("no panic");
            for (k, n) in refusals {
                *all.entry(summary(&system.constraint_name(k))).or_default() += n;
            }
        });
}

/// Rounds of every scene in the smallest shape, in the order of the seeds, and of some in one of several places; one
/// wire in `thin` of each. All rounds together must meet what may be free.
fn all(thin: u64, seeds: &[u64]) {
    let table = Table::new(FREE);
    let found = Found::default();
    for seed in seeds {
        round(thin, *seed, &table, &found);
    }
    let loose = found.loose.into_inner().expect("no panic");
    assert!(loose.is_empty(), "{} accepted: {loose:#?}", loose.len());
    table.finish();
    let refusals = found.refusals.into_inner().expect("no panic");
    println!(
        "{} changes, refused by {} kinds of constraints",
        found.tried.into_inner(),
        refusals.len()
    );
    for (name, n) in &refusals {
        println!("{n:>8} {name}");
    }
}

fn round(thin: u64, seed: u64, table: &Table, found: &Found) {
    let small = (seed..).zip(SCENES).map(|(seed, scene)| (&*OF_SMALL, scene, seed));
    let places = [Scene::Traded, Scene::Liquidated, Scene::Settled, Scene::Sent];
    let places = (seed + 100..)
        .zip(places)
        .map(|(seed, scene)| (&*OF_PLACES, scene, seed));
    let of_small = rates(&OF_SMALL.system, thin);
    let of_places = rates(&OF_PLACES.system, thin);
    let small = small.map(|of| (of, &of_small));
    let places = places.map(|of| (of, &of_places));
    for ((recorded, scene, seed), rates) in small.chain(places) {
        let sheet = recorded.sheet(batch(scene, seed, recorded.shape));
        run(recorded, &sheet, table, found, rates, seed);
    }
}

#[test]
fn no_changed_wire_should_lead_to_another_witness_of_the_statement() {
    all(6, &[330]);
}

/// The long run: three rounds of every wire.
#[test]
#[ignore = "minutes"]
fn no_changed_wire_at_all_should_lead_to_another_witness_of_the_statement() {
    all(1, &[600, 645, 690]);
}
