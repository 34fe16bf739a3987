//! The table of constraints by part.

use std::collections::BTreeMap;

use cloister_circuits::{
    census::census,
    statements::{
        batch::{self, BatchCircuit, Shape},
        exit::{self, ExitCircuit},
        seal::{self, SealCircuit},
    },
};

fn total(parts: &BTreeMap<String, usize>) -> usize {
    parts.values().sum()
}

#[test]
fn parts_should_sum_up_to_the_circuit() {
    let shape = Shape { units: 2, orders: 2 };
    let parts = census(BatchCircuit::blank(shape)).unwrap();
    assert_eq!(total(&parts), batch::circuit_shape(shape).unwrap().constraints);
    let parts = census(SealCircuit::blank()).unwrap();
    assert_eq!(total(&parts), seal::circuit_shape().unwrap().constraints);
    let parts = census(ExitCircuit::blank()).unwrap();
    assert_eq!(total(&parts), exit::circuit_shape().unwrap().constraints);
}

#[test]
fn parts_of_all_units_and_places_should_count_together() {
    let parts = |units, orders| census(BatchCircuit::blank(Shape { units, orders })).unwrap();
    let (one, three, wide) = (parts(1, 1), parts(3, 1), parts(1, 2));
    assert!(one.keys().eq(three.keys()) && one.keys().eq(wide.keys()));
    for (part, count) in &one {
        let [units, places] = [part.starts_with("unit/"), part.starts_with("unit/place/")];
        assert!(!units || three[part] == 3 * count, "{part}");
        // A place that is not the last has one more: it holds no withdrawal.
        assert!(!places || wide[part].abs_diff(2 * count) <= 1, "{part}");
    }
    assert!(one["unit/place/B-SIG"] > 2_000 && one["unit/B-OPENS/account tree"] > 5_000);
}

#[test]
fn namespaces_of_a_rule_should_be_one_part() {
    let parts = census(ExitCircuit::blank()).unwrap();
    let names: Vec<&str> = parts.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "X-CLAIM",
            "X-EQUITY",
            "X-FINAL",
            "X-OPENS",
            "X-OPENS/account tree",
            "X-OPENS/index",
            "X-OPENS/leaf",
            "X-STATEMENT",
            "account/X-RANGE",
        ]
    );
}
