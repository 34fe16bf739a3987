//! Wires that are free by design, in one place.

use std::sync::atomic::{AtomicUsize, Ordering};

use cloister_circuits::Fr;
use cloister_circuits_testing::Sheet;

/// A wire, or many, that may change without any constraint noticing.
pub struct Free {
    /// Full name; a star stands for anything.
    pub pattern: &'static str,
    /// When.
    pub when: fn(&Sheet<'_>, usize) -> bool,
    /// Why this harms nobody.
    pub reason: &'static str,
    /// Too rare to be sure to be met; some other table has the same entry as a common one.
    pub rare: bool,
}

/// The inverse in the test whether a slot holds an id.
pub const SLOT_INVERSE: Free = Free {
    pattern: "unit */place */B-SLOT/slot holds this id/inverse",
    when: number_is_zero,
    reason: "the inverse of a zero test that finds zero multiplies zero",
    rare: false,
};

/// The inverse in the test whether anything was filled of an order.
pub const TRIGGER_INVERSE: Free = Free {
    pattern: "unit */place */B-TRIGGER/nothing filled before/inverse",
    when: number_is_zero,
    reason: "the inverse of a zero test that finds zero multiplies zero",
    rare: false,
};

/// The inverse in the test whether an account holds anything.
pub const CLOSE_INVERSE: Free = Free {
    pattern: "unit */B-CLOSE/holds nothing/inverse",
    when: number_is_zero,
    reason: "the inverse of a zero test that finds zero multiplies zero",
    rare: false,
};

/// The inverses in the comparison of a challenge's hash with the order of the field.
pub const CHALLENGE_INVERSE: Free = Free {
    pattern: "unit */place */B-SIG/challenge is the low half of the hash/canonical/*/run/inverse",
    when: number_is_zero,
    reason: "the inverse of a zero test that finds zero multiplies zero",
    rare: true,
};

/// The free wires of a kind of test, with how often each was met.
pub struct Table {
    entries: &'static [Free],
    met: Vec<AtomicUsize>,
}

impl Table {
    pub fn new(entries: &'static [Free]) -> Self {
        Self {
            entries,
            met: entries.iter().map(|_| AtomicUsize::new(0)).collect(),
        }
    }

    /// Whether a free wire is in the table.
    pub fn excuses(&self, sheet: &Sheet<'_>, wire: usize) -> bool {
        let name = sheet.system().wire_name(wire);
        let found = self
            .entries
            .iter()
            .position(|entry| matches(entry.pattern, &name) && (entry.when)(sheet, wire));
        if let Some(i) = found {
            self.met[i].fetch_add(1, Ordering::Relaxed);
        }
        found.is_some()
    }

    /// Every entry must have been met: one that is not describes a circuit of the past.
    pub fn finish(&self) {
        for (entry, met) in self.entries.iter().zip(&self.met) {
            let met = met.load(Ordering::Relaxed);
            assert!(
                met > 0 || entry.rare,
                "{}: no such wire is free any more",
                entry.pattern
            );
            println!("free {met} times: {} ({})", entry.pattern, entry.reason);
        }
    }
}

/// Whether a name fits a pattern in which stars stand for anything.
pub fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, tail)) => name
            .strip_prefix(head)
            .is_some_and(|rest| (0..=rest.len()).any(|i| rest.is_char_boundary(i) && matches(tail, &rest[i..]))),
    }
}

/// The value of the wire with this own name that was allocated `distance` after another one.
fn sibling(sheet: &Sheet<'_>, wire: usize, distance: usize, own: &str) -> Option<Fr> {
    (sheet.system().wire_own_name(wire + distance) == own).then(|| sheet.value(wire + distance))
}

/// The zero test of this inverse found zero.
pub fn number_is_zero(sheet: &Sheet<'_>, wire: usize) -> bool {
    sibling(sheet, wire, 1, "bit") == Some(Fr::one())
}

/// The two bounds of B-REDUCE and B-LIMIT are the same number: the chosen part of their difference is zero either way.
pub fn bounds_are_equal(sheet: &Sheet<'_>, wire: usize) -> bool {
    let name = sheet.system().wire_name(wire);
    let name = format!("{}room", name.trim_end_matches("reduces"));
    let bound = sheet.system().find_constraint(&name);
    bound.is_some_and(|k| sheet.sides(k)[1] == Fr::zero())
}

/// The namespaces of a wire's unit and place, as many as there are of the two.
fn space(sheet: &Sheet<'_>, wire: usize, depth: usize) -> String {
    let name = sheet.system().wire_name(wire);
    let end = name.match_indices('/').nth(depth - 1).map_or(0, |(i, _)| i);
    name[..end].to_string()
}

/// All of these wires are zero in a namespace.
fn are_zero(sheet: &Sheet<'_>, space: &str, names: &[&str]) -> bool {
    names.iter().all(|name| {
        let found = sheet.system().find_wire(&format!("{space}/{name}"));
        found.is_some_and(|wire| sheet.value(wire) == Fr::zero())
    })
}

/// The place of the wire holds no instruction.
pub fn nothing_is_signed(sheet: &Sheet<'_>, wire: usize) -> bool {
    let kinds = ["order", "cancel", "cancel-all", "withdrawal", "transfer"];
    let kinds = kinds.map(|kind| format!("S-INSTRUCTION/{kind}"));
    are_zero(sheet, &space(sheet, wire, 2), &kinds.each_ref().map(String::as_str))
}

/// The place of the wire holds neither an instruction nor an unsigned fill.
pub fn place_is_empty(sheet: &Sheet<'_>, wire: usize) -> bool {
    nothing_is_signed(sheet, wire) && are_zero(sheet, &space(sheet, wire, 2), &["B-UNIT/unsigned fill"])
}

/// The unit of the wire is in none of these modes.
fn is_in_none_of(sheet: &Sheet<'_>, wire: usize, modes: &[&str]) -> bool {
    let names: Vec<String> = modes.iter().map(|mode| format!("B-UNIT/mode {mode}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    are_zero(sheet, &space(sheet, wire, 1), &names)
}

/// All places of the wire's unit are empty.
fn places_are_empty(sheet: &Sheet<'_>, wire: usize) -> bool {
    let unit = space(sheet, wire, 1);
    let places = (0..).map_while(|place| {
        sheet
            .system()
            .find_wire(&format!("{unit}/place {place}/B-UNIT/unsigned fill"))
    });
    places.into_iter().all(|wire| place_is_empty(sheet, wire))
}

/// The unit of the wire is padding, or an expiry in which nothing is settled.
pub fn settles_nothing(sheet: &Sheet<'_>, wire: usize) -> bool {
    let others = [
        "open",
        "re-key",
        "normal",
        "forced",
        "liquidation",
        "takeover",
        "switch",
        "close",
    ];
    is_in_none_of(sheet, wire, &others) && places_are_empty(sheet, wire)
}

/// The unit of the wire is one that only deposits and incoming transfers change, whatever its mode is called.
pub fn changes_nothing(sheet: &Sheet<'_>, wire: usize) -> bool {
    let others = ["open", "re-key", "forced", "takeover", "switch", "close"];
    is_in_none_of(sheet, wire, &others) && places_are_empty(sheet, wire)
}

/// The unit of the wire opens an account.
pub fn is_open(sheet: &Sheet<'_>, wire: usize) -> bool {
    !is_in_none_of(sheet, wire, &["open"])
}

/// The unit of the wire is of a mode in which equity may be compared with the one before.
pub fn may_owe(sheet: &Sheet<'_>, wire: usize) -> bool {
    let modes = [
        "liquidation",
        "deleveraging of an insolvent account",
        "deleveraging of a counterparty",
    ];
    !is_in_none_of(sheet, wire, &modes)
}

/// The unit of the wire pays nothing in a forced withdrawal.
pub fn pays_nothing(sheet: &Sheet<'_>, wire: usize) -> bool {
    are_zero(sheet, &space(sheet, wire, 1), &["B-FORCED/paid"])
}

/// Nothing is paid out of the insurance.
pub fn no_insurance_is_paid(sheet: &Sheet<'_>, _: usize) -> bool {
    are_zero(sheet, "B-HOUSE/B-DOORS", &["paid out"])
}

/// Always.
pub fn always(_: &Sheet<'_>, _: usize) -> bool {
    true
}

#[test]
fn patterns_should_match_whole_names() {
    assert!(matches("unit */place */B-LIMIT/x", "unit 3/place 0/B-LIMIT/x"));
    assert!(!matches("unit */place */B-LIMIT/x", "unit 3/place 0/B-LIMIT/xy"));
    assert!(matches("*/inverse", "a/b/inverse") && !matches("*/inverse", "inverse"));
}
