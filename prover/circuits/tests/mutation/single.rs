//! One wire at a time: whatever it is changed to, a constraint that uses it must notice.

use std::{
    collections::BTreeSet,
    ops::Range,
    sync::{
        atomic::{AtomicU64, Ordering},
        Mutex,
    },
};

use cloister_circuits::Fr;
use cloister_circuits_testing::Sheet;
use cloister_ledger_testing::Random;
use rayon::prelude::*;

use crate::{
    scenes::{batch, scene, Indexed, OF_PLACES, OF_WIDE},
    table::{
        bounds_are_equal, no_insurance_is_paid, settles_nothing, Free, Table, CHALLENGE_INVERSE, CLOSE_INVERSE,
        SLOT_INVERSE, TRIGGER_INVERSE,
    },
};

const FREE: &[Free] = &[
    SLOT_INVERSE,
    TRIGGER_INVERSE,
    Free {
        rare: true,
        ..CLOSE_INVERSE
    },
    Free {
        rare: false,
        ..CHALLENGE_INVERSE
    },
    Free {
        pattern: "unit */place */B-REDUCE, B-LIMIT/reduces",
        when: bounds_are_equal,
        reason: "it need not reduce, and both bounds are the same number, whichever is named",
        rare: false,
    },
    Free {
        pattern: "B-HOUSE/B-DOORS/pays",
        when: no_insurance_is_paid,
        reason: "nothing is paid, and the house has exactly what must stay",
        rare: true,
    },
    Free {
        pattern: "unit */B-UNIT/mode expiry",
        when: settles_nothing,
        reason: "an expiry in which nothing is settled is padding",
        rare: false,
    },
];

/// Ways to change a wire. A negated number catches squares, a doubled one homogeneous equations.
const WAYS: [&str; 10] = [
    "zero",
    "one",
    "minus one",
    "neighbour",
    "random",
    "plus one",
    "less one",
    "negated",
    "one less it",
    "doubled",
];

fn changed(sheet: &Sheet<'_>, wire: usize, way: usize, random: &mut Random) -> Fr {
    let old = sheet.value(wire);
    match way {
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
    batches: AtomicU64,
    units: AtomicU64,
    wires: AtomicU64,
    by_way: [AtomicU64; WAYS.len()],
    loose: Mutex<BTreeSet<String>>,
}

impl Trial {
    fn new() -> Self {
        Self {
            table: Table::new(FREE),
            batches: AtomicU64::new(0),
            units: AtomicU64::new(0),
            wires: AtomicU64::new(0),
            by_way: Default::default(),
            loose: Mutex::default(),
        }
    }

    /// Changes every wire of a batch in the ways given.
    fn run(&self, sheet: &Sheet<'_>, ways: &[usize], seed: u64) {
        let system = sheet.system();
        let wires: Vec<usize> = (1..system.num_wires()).filter(|w| system.is_private(*w)).collect();
        self.wires.fetch_add(wires.len() as u64, Ordering::Relaxed);
        wires.par_chunks(4096).enumerate().for_each(|(chunk, wires)| {
            let mut random = Random::new(seed << 20 | chunk as u64);
            let mut tried = [0; WAYS.len()];
            for wire in wires {
                for way in ways {
                    let value = changed(sheet, *wire, *way, &mut random);
                    if value == sheet.value(*wire) {
                        continue;
                    }
                    tried[*way] += 1;
                    if !sheet.breaks(*wire, value) && !self.table.excuses(sheet, *wire) {
                        let name = system.wire_name(*wire);
                        self.loose.lock().expect("no panic").insert(name);
                    }
                }
            }
            for (all, tried) in self.by_way.iter().zip(tried) {
                all.fetch_add(tried, Ordering::Relaxed);
            }
        });
    }

    /// One batch for each seed.
    fn batches(&self, recorded: &Indexed, seeds: Range<u64>, ways: impl Fn(u64) -> Vec<usize>) {
        for seed in seeds {
            let sheet = recorded.sheet(batch(scene(seed), seed, recorded.shape));
            self.run(&sheet, &ways(seed), seed);
            self.batches.fetch_add(1, Ordering::Relaxed);
            self.units.fetch_add(recorded.shape.units.into(), Ordering::Relaxed);
        }
    }

    /// Nothing may be loose, and every entry of the table must have been met. Returns how many changes were tried.
    fn finish(self) -> u64 {
        let loose = self.loose.into_inner().expect("no panic");
        assert!(loose.is_empty(), "{} free wires: {:#?}", loose.len(), loose);
        self.table.finish();
        let by_way = self.by_way.map(AtomicU64::into_inner);
        println!(
            "{} batches, {} units, {} wires",
            self.batches.into_inner(),
            self.units.into_inner(),
            self.wires.into_inner()
        );
        for (way, tried) in WAYS.iter().zip(by_way) {
            println!("{tried:>12} to {way}");
        }
        let tried = by_way.iter().sum();
        println!("{tried:>12} changes");
        tried
    }
}

#[test]
fn no_wire_of_a_batch_should_be_free() {
    let trial = Trial::new();
    let all = |_| (0..WAYS.len()).collect();
    trial.batches(&OF_PLACES, 100..112, all);
    trial.batches(&OF_WIDE, 0..12, all);
    let tried = trial.finish();
    assert!(tried > 10_000_000, "{tried} changes");
}

/// The long run: as many units as the variable `CLOISTER_UNITS` says, 4096 without it. `cargo test --release -p
/// cloister-circuits --test mutation -- --ignored --nocapture`.
#[test]
#[ignore = "minutes"]
fn no_wire_of_thousands_of_units_should_be_free() {
    let asked = std::env::var("CLOISTER_UNITS").ok().and_then(|n| n.parse().ok());
    let units: u64 = asked.unwrap_or(4_096);
    let trial = Trial::new();
    let all = |_| (0..WAYS.len()).collect();
    // One unit in eight has several places.
    let places = (units / 8).div_ceil(OF_PLACES.shape.units.into());
    let wide = (units - units / 8).div_ceil(OF_WIDE.shape.units.into());
    trial.batches(&OF_PLACES, 10_000..10_000 + places, all);
    trial.batches(&OF_WIDE, 20_000..20_000 + wide, all);
    trial.finish();
}
