//! The table of constraints by part.

use bellman::Circuit;
use cloister_circuits::{
    census::census,
    statements::{
        batch::{BatchCircuit, Shape},
        exit::ExitCircuit,
        house_rekey::HouseRekeyCircuit,
        seal::SealCircuit,
    },
    Fr,
};
use cloister_groth16::Matrices;

fn parts_sum_up<C: Circuit<Fr>>(blank: impl Fn() -> C) {
    let parts = census(blank()).expect("synthesises");
    let matrices = Matrices::record(blank()).expect("synthesises");
    assert_eq!(parts.values().sum::<usize>(), matrices.constraints());
}

#[test]
fn parts_should_sum_up_to_the_circuit() {
    let shape = Shape { units: 2, places: 2 };
    parts_sum_up(|| BatchCircuit::blank(shape));
    parts_sum_up(SealCircuit::blank);
    parts_sum_up(ExitCircuit::blank);
    parts_sum_up(HouseRekeyCircuit::blank);
}

#[test]
fn parts_of_all_units_and_places_should_count_together() {
    let parts = |units, places| census(BatchCircuit::blank(Shape { units, places })).unwrap();
    let (one, three) = (parts(1, 1), parts(3, 1));
    let (two_places, three_places) = (parts(1, 2), parts(1, 3));
    assert!(one.keys().eq(three.keys()) && one.keys().eq(two_places.keys()));
    for (part, count) in &one {
        let [units, places] = [part.starts_with("unit/"), part.starts_with("unit/place/")];
        assert!(!units || three[part] == 3 * count, "{part}");
        // The first place and the last differ a little from those between.
        let added = [two_places[part] - count, three_places[part] - two_places[part]];
        assert!(!places || added[0] == added[1] && added[0] > 0, "{part}: {added:?}");
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
