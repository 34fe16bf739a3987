//! Rows whose feed is dead.

use cloister_circuits::Fr;

use crate::support::{liquidated, must_break, settled, system, taken_over, traded, Scene, SHORT, SMALL};

const UNSIGNED: &str = "unit 1/place 0/B-INSTRUMENT/B-STALE/signed in a stale row";

/// The feed of row 0 dies.
fn dead(mut scene: Scene) -> Scene {
    scene.witness.context.table.rows[0].stale = true;
    scene
}

#[test]
fn opening_order_in_a_stale_row_should_break_b_reduce() {
    let scene = dead(traded());
    must_break(
        &scene.witness,
        "unit 1/place 0/B-REDUCE, B-LIMIT/reduces or stays within its bound/in range",
        &["B-REDUCE, B-LIMIT"],
    );
    // The prover may not leave the question out.
    let mut system = system(SMALL, &scene.witness);
    for unit in 0..2 {
        let wire = format!("unit {unit}/place 0/B-REDUCE, B-LIMIT/reduces");
        system.set(&wire, Fr::zero()).unwrap();
    }
    assert!(system
        .all_unsatisfied()
        .contains(&"unit 1/place 0/B-REDUCE, B-LIMIT/reduces where it must".into()));
}

#[test]
fn liquidation_in_a_stale_row_should_break_b_stale() {
    let scene = dead(liquidated(SHORT));
    must_break(&scene.witness, UNSIGNED, &["B-STALE"]);
    must_break(&scene.witness, "B-HOUSE/B-STALE/row 0 sheds nothing", &["B-STALE"]);
}

#[test]
fn settlement_in_a_stale_row_should_break_b_stale() {
    must_break(&dead(settled()).witness, UNSIGNED, &["B-STALE"]);
}

#[test]
fn takeover_of_stale_lots_should_break_b_stale() {
    let name = "B-HOUSE/B-STALE/row 0 sheds nothing";
    must_break(&dead(taken_over()).witness, name, &["B-STALE"]);
    // A dead feed of a row that the account does not hold is no obstacle.
    let mut scene = taken_over();
    scene.witness.context.table.rows[1].stale = true;
    assert!(scene.witness.check(SMALL).is_ok());
    assert!(system(SMALL, &scene.witness).is_satisfied());
}
