//! One wire at a time: whatever it is changed to, a constraint that uses it must notice.

use std::{
    collections::BTreeSet,
    sync::{
        atomic::{AtomicU64, Ordering},
        Mutex,
    },
};

use cloister_circuits::{testing::Sheet, Fr};
use cloister_ledger::testing::Random;
use rayon::prelude::*;

use crate::{
    scenes::{batch, Recorded, OF_PLACES, OF_WIDE},
    table::{bounds_are_equal, number_is_zero, Free, Table},
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
        rare: false,
    },
    Free {
        pattern: "unit */place */B-LIMIT/bound is the limit",
        when: bounds_are_equal,
        reason: "both bounds are the same number, whichever is named",
        rare: false,
    },
];

/// Ways to change a wire. A negated number catches squares, a doubled one homogeneous equations.
const KINDS: u64 = 10;

fn mutated(sheet: &Sheet<'_>, wire: usize, kind: u64, random: &mut Random) -> Fr {
    let old = sheet.value(wire);
    match kind {
        0 => Fr::zero(),
        1 => Fr::one(),
        2 => -Fr::one(),
        3 => sheet.value(if wire + 1 < sheet.system().num_wires() {
            wire + 1
        } else {
            wire - 1
        }),
        4 => random.field(),
        5 => old + Fr::one(),
        6 => old - Fr::one(),
        7 => -old,
        8 => Fr::one() - old,
        _ => old.double(),
    }
}

/// What was tried and what nobody noticed.
struct Trial {
    table: Table,
    tried: AtomicU64,
    loose: Mutex<BTreeSet<String>>,
}

impl Trial {
    /// Changes every wire of a batch in the ways given.
    fn run(&self, sheet: &Sheet<'_>, kinds: &[u64], seed: u64) {
        let wires: Vec<usize> = (1..sheet.system().num_wires()).collect();
        wires.par_chunks(4096).enumerate().for_each(|(chunk, wires)| {
            let mut random = Random::new(seed << 20 | chunk as u64);
            let mut tried = 0;
            for wire in wires.iter().copied().filter(|wire| sheet.system().is_private(*wire)) {
                for kind in kinds {
                    let value = mutated(sheet, wire, *kind, &mut random);
                    if value == sheet.value(wire) {
                        continue;
                    }
                    tried += 1;
                    if !sheet.breaks(wire, value) && !self.table.excuses(sheet, wire) {
                        let name = sheet.system().wire_name(wire);
                        self.loose.lock().expect("no panic").insert(name);
                    }
                }
            }
            self.tried.fetch_add(tried, Ordering::Relaxed);
        });
    }

    /// Batches of a shape: the first with all kinds, each further one with two.
    fn batches(&self, recorded: &Recorded, seeds: std::ops::Range<u64>) {
        for seed in seeds.clone() {
            let sheet = recorded.sheet(batch(seed, recorded.shape));
            let kinds: Vec<u64> = if seed < seeds.start + 4 {
                (0..KINDS).collect()
            } else {
                vec![seed % KINDS, (3 * seed + 5) % KINDS]
            };
            self.run(&sheet, &kinds, seed);
        }
    }
}

#[test]
fn no_wire_of_a_batch_should_be_free() {
    let trial = Trial {
        table: Table::new(FREE),
        tried: AtomicU64::new(0),
        loose: Mutex::default(),
    };
    trial.batches(&OF_WIDE, 0..24);
    trial.batches(&OF_PLACES, 100..112);
    let loose = trial.loose.into_inner().expect("no panic");
    assert!(loose.is_empty(), "{} free wires: {:#?}", loose.len(), loose);
    trial.table.finish();
    let tried = trial.tried.into_inner();
    println!("{tried} mutations");
    assert!(tried > 10_000_000, "{tried} mutations");
}
