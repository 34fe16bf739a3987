//! The statement left open: with a public input that follows, a wire that takes a value from outside every width is
//! bound by nothing but the hash. Only what is meant to be so may be.

use std::collections::BTreeSet;

use cloister_circuits::{gadgets::bits::power_of_two, statements::batch::PUBLIC_INPUT};
use cloister_circuits_testing::{Repair, Sheet, TestSystem};
use cloister_ledger_testing::Random;
use rayon::prelude::*;

use crate::{
    scenes::{batch, scene, OF_SMALL, SCENES},
    table::{
        always, is_open, matches, nothing_is_signed, Free, Table, CHALLENGE_INVERSE, CLOSE_INVERSE, SLOT_INVERSE,
        TRIGGER_INVERSE,
    },
};

const CHAIN: &str = "the chain puts its own value into the hash";

/// Data of the chain, which no rule of the batch looks at in some batches.
const fn of_chain(pattern: &'static str) -> Free {
    Free {
        pattern,
        when: always,
        reason: CHAIN,
        rare: false,
    }
}

const OPEN: &[Free] = &[
    TRIGGER_INVERSE,
    Free {
        rare: true,
        ..CLOSE_INVERSE
    },
    of_chain("context/genesis *"),
    of_chain("context/group"),
    of_chain("context/batch number"),
    of_chain("context/time"),
    of_chain("context/payee *"),
    of_chain("context/salt"),
    of_chain("context/S-RISK/header *"),
    of_chain("context/S-RISK/row */element *"),
    of_chain("B-HOUSE/B-DOORS/keep"),
    Free {
        pattern: "B-HOUSE/old house/key",
        when: always,
        reason: "hides the commitment; the chain has the old one",
        rare: false,
    },
    Free {
        pattern: "B-HOUSE/old house/nonce",
        when: always,
        reason: "the chain has the old commitment",
        rare: false,
    },
    Free {
        pattern: "unit */old account/view key",
        when: is_open,
        reason: "queued by the owner; its commitment is public, and the account is new",
        rare: true,
    },
    Free {
        pattern: "unit */B-REKEY/view key",
        when: always,
        reason: "queued by the owner; its commitment is public",
        rare: false,
    },
    Free {
        pattern: "unit */place */B-SLOT/order tree/level */child *",
        when: nothing_is_signed,
        reason: "the slot of what is not signed is not written",
        rare: false,
    },
    Free {
        pattern: "unit */place */B-SIG/hash or anything",
        when: nothing_is_signed,
        reason: "where nothing is signed it need not be the hash",
        rare: false,
    },
    SLOT_INVERSE,
    CHALLENGE_INVERSE,
];

/// Wires of which a sample is enough, one in the given number: all of a pattern are alike, and each leads through many
/// hashes.
const SAMPLED: &[(&str, u64)] = &[
    ("context/S-RISK/header *", 12),
    ("context/S-RISK/row */*", 1024),
    ("*/level */child *", 16),
    ("unit */old account/B-RANGE/position */q", 16),
];

/// How rarely each wire is tried: what may be open in every batch, the rest in one of `thin`.
fn rates(system: &TestSystem, thin: u64) -> Vec<u64> {
    let rate = |wire| {
        let name = system.wire_name(wire);
        let sample = SAMPLED.iter().find(|(pattern, _)| matches(pattern, &name));
        let listed = || OPEN.iter().any(|entry| matches(entry.pattern, &name));
        sample.map_or_else(|| if listed() { 1 } else { thin }, |(_, rate)| *rate)
    };
    (0..system.num_wires()).into_par_iter().map(rate).collect()
}

/// Tries two values from outside every width; returns the wires that take one and are not in the table.
fn run(repair: &Repair, sheet: &Sheet<'_>, table: &Table, rates: &[u64], seed: u64) -> BTreeSet<String> {
    let system = sheet.system();
    let wires: Vec<usize> = (1..system.num_wires()).filter(|w| system.is_private(*w)).collect();
    let chunks = wires.par_chunks(wires.len() / 16).enumerate();
    let loose = chunks.flat_map_iter(|(chunk, wires)| {
        let mut random = Random::new(seed << 20 | chunk as u64);
        let mut cheater = repair.at(sheet);
        let mut takes_any = |wire: usize| {
            random.once_in(rates[wire])
                && [random.field(), sheet.value(wire) + power_of_two(200)]
                    .into_iter()
                    .any(|value| cheater.follow(&[(wire, value)]).is_ok() && !table.excuses(sheet, wire))
        };
        wires
            .iter()
            .filter(|wire| takes_any(**wire))
            .map(|wire| system.wire_name(*wire))
            .collect::<Vec<_>>()
    });
    loose.collect()
}

fn all(thin: u64, rounds: u64) {
    let recorded = &*OF_SMALL;
    let system = &recorded.system;
    let mut repair = Repair::new(system);
    let input = system.find_wire("statement").expect("the public input");
    let last = system.find_constraint(PUBLIC_INPUT).expect("the last constraint");
    repair.let_follow(system, input, last);
    let (table, rates) = (Table::new(OPEN), rates(system, thin));
    for seed in 360..360 + rounds * SCENES.len() as u64 {
        let sheet = recorded.sheet(batch(scene(seed), seed, recorded.shape));
        let loose = run(&repair, &sheet, &table, &rates, seed);
        assert!(loose.is_empty(), "{:?}: {loose:#?} take any value", scene(seed));
    }
    table.finish();
}

#[test]
fn only_inputs_should_take_any_value_when_the_statement_follows() {
    all(8, 1);
}

/// The long run: every wire, over more batches.
#[test]
#[ignore = "minutes"]
fn only_inputs_of_many_batches_should_take_any_value_when_the_statement_follows() {
    all(1, 3);
}
