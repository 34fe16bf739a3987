//! Wires that are free by design, in one place.

use std::sync::atomic::{AtomicUsize, Ordering};

use cloister_circuits::testing::Sheet;
use cloister_circuits::Fr;

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

/// The two bounds of B-LIMIT are the same number: the chosen part of their difference is zero either way.
pub fn bounds_are_equal(sheet: &Sheet<'_>, wire: usize) -> bool {
    let name = sheet.system().wire_name(wire).replace("bound is the limit", "bound");
    let bound = sheet.system().find_constraint(&name);
    bound.is_some_and(|k| sheet.sides(k)[1] == Fr::zero())
}

/// No instruction stands in the wire's place.
pub fn place_is_empty(sheet: &Sheet<'_>, wire: usize) -> bool {
    let name = sheet.system().wire_name(wire);
    let end = name.match_indices('/').nth(1).map_or(0, |(i, _)| i);
    ["order", "cancel", "cancel-all", "withdrawal"].iter().all(|kind| {
        let kind = format!("{}/S-INSTRUCTION/{kind}", &name[..end]);
        let found = sheet.system().find_wire(&kind);
        found.is_some_and(|wire| sheet.value(wire) == Fr::zero())
    })
}

/// The unit of the wire is not in mode normal.
pub fn margin_is_not_asked(sheet: &Sheet<'_>, wire: usize) -> bool {
    let name = sheet.system().wire_name(wire);
    let unit = name.split('/').next().unwrap_or_default();
    let normal = sheet.system().find_wire(&format!("{unit}/B-UNIT/mode normal"));
    normal.is_some_and(|wire| sheet.value(wire) == Fr::zero())
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
