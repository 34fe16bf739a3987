//! One wire changed and everything that follows from it computed anew, as a cheating prover would.

use std::{
    collections::BTreeMap,
    sync::{
        atomic::{AtomicU64, Ordering},
        Mutex,
    },
};

use cloister_circuits::{
    testing::{Outcome, Sheet},
    Fr,
};
use cloister_ledger::testing::Random;
use rayon::prelude::*;

use crate::{
    scenes::{batch_of, Recorded, Standing, OF_PLACES, OF_SMALL},
    table::{always, margin_is_not_asked, matches, number_is_zero, place_is_empty, Free, Table},
};

const FREE: &[Free] = &[
    Free {
        pattern: "unit */place */B-SLOT/slot holds this id/inverse",
        when: number_is_zero,
        reason: "the inverse of a zero test that finds zero multiplies zero",
        rare: false,
    },
    Free {
        pattern: "unit */place */B-SIG/challenge is the low half of the hash/canonical/*/run/inverse",
        when: number_is_zero,
        reason: "the inverse of a zero test that finds zero multiplies zero",
        rare: true,
    },
    Free {
        pattern: "unit */place *",
        when: place_is_empty,
        reason: "an empty place moves nothing: what stands in it is not signed, not recorded and not applied",
        rare: false,
    },
    Free {
        pattern: "unit */place */B-LIMIT/bound is the limit",
        when: always,
        reason: "the position is within both bounds, either may be named",
        rare: false,
    },
    Free {
        pattern: "unit */B-MARGIN/meets initial margin",
        when: margin_is_not_asked,
        reason: "only mode normal asks for margin",
        rare: false,
    },
];

/// Wires of which one in so many does: each leads through many hashes, and all of a pattern are bound alike.
const SAMPLED: &[(&str, u64)] = &[
    ("context/risk table/*", 256),
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

fn changes(sheet: &Sheet<'_>, wire: usize, random: &mut Random) -> Vec<Fr> {
    let old = sheet.value(wire);
    if old == Fr::zero() || old == Fr::one() {
        vec![Fr::one() - old]
    } else {
        vec![if random.once_in(2) {
            old + Fr::one()
        } else {
            old - Fr::one()
        }]
    }
}

fn run(recorded: &Recorded, sheet: &Sheet<'_>, table: &Table, found: &Found, seed: u64) {
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
                let name = system.wire_name(*wire);
                let sample = SAMPLED.iter().find(|(pattern, _)| matches(pattern, &name));
                if sample.is_some_and(|(_, n)| !random.once_in(*n)) {
                    continue;
                }
                for value in changes(sheet, *wire, &mut random) {
                    found.tried.fetch_add(1, Ordering::Relaxed);
                    match cheater.attempt(&[(*wire, value)]) {
                        Outcome::Refused(k) => *refusals.entry(k).or_default() += 1,
                        Outcome::Accepted(_) if table.excuses(sheet, *wire) => {}
                        Outcome::Accepted(n) => {
                            let text = format!("{name} ({n} wires)");
                            found.loose.lock().expect("no panic").push(text);
                        }
                    }
                }
            }
            let mut all = found.refusals.lock().expect("no panic");
            for (k, n) in refusals {
                *all.entry(summary(&system.constraint_name(k))).or_default() += n;
            }
        });
}

#[test]
fn no_changed_wire_should_lead_to_another_witness_of_the_statement() {
    let table = Table::new(FREE);
    let found = Found::default();
    let batches: [(&Recorded, Standing, u64); 5] = [
        (&OF_SMALL, Standing::Full, 41),
        (&OF_SMALL, Standing::Short, 42),
        (&OF_SMALL, Standing::Traded, 43),
        (&OF_SMALL, Standing::Empty, 44),
        (&OF_PLACES, Standing::Traded, 45),
    ];
    for (recorded, standing, seed) in batches {
        let sheet = recorded.sheet(batch_of(standing, seed, recorded.shape));
        run(recorded, &sheet, &table, &found, seed);
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
