//! No wire of a satisfied batch can be changed alone, but for those that are free by design.

use crate::support::{
    forced, giving, liquidated, opened, rekeyed, settled, shedding, switched, system, taken_over, traded, transferred,
    waited, Scene, SHORT, SMALL,
};

/// Wires that bind nobody, with the reason.
const FREE: &[&str] = &[
    // The inverse of a zero test is unused where the tested number is zero.
    "/inverse",
    // What a disabled signature check computes.
    "/B-SIG/",
    // A position that is not there, or that an expiry settles, both reduces and is within its limit.
    "/B-REDUCE, B-LIMIT/reduces",
    // An expiry that settles nothing is padding.
    "/B-UNIT/mode expiry",
];

fn free_wires(scene: Scene, allowed: &[&str]) -> Vec<String> {
    let system = system(SMALL, &scene.witness);
    assert!(system.is_satisfied());
    let mut free = system.free_wires();
    free.retain(|name| !allowed.iter().any(|part| name.contains(part)));
    free
}

#[test]
fn every_wire_of_a_trade_should_be_bound() {
    assert_eq!(free_wires(traded(), &FREE[..1]), Vec::<String>::new());
    assert_eq!(free_wires(waited(), &FREE[..1]), Vec::<String>::new());
}

#[test]
fn every_wire_of_the_other_modes_should_be_bound_but_those_of_empty_places() {
    let scenes = [
        ("open", opened()),
        ("re-key", rekeyed()),
        ("liquidation", liquidated(SHORT)),
        ("expiry", settled()),
        ("takeover", taken_over()),
        ("insolvent", shedding()),
        ("counterparty", giving()),
        ("forced", forced(u64::MAX)),
        ("forced in full", forced(1_000)),
        ("transfer", transferred()),
        ("switch", switched(true)),
        ("switch off", switched(false)),
    ];
    for (name, scene) in scenes {
        assert_eq!(free_wires(scene, FREE), Vec::<String>::new(), "{name}");
    }
}
