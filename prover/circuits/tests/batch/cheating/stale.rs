//! Rows whose feed is dead.

use cloister_circuits::Fr;
use cloister_ledger::Side;
use cloister_types::Position;

use crate::support::{
    change_house, giving, holding, last, liquidated, must_break, settled, shedding, system, taken_over, traded, Scene,
    SHORT, SMALL,
};

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
    // The house would take the lots.
    let rules = ["B-STALE", "B-CONSERVE-Q"];
    must_break(&scene.witness, UNSIGNED, &rules);
    must_break(&scene.witness, "B-HOUSE/B-STALE/row 0 sheds nothing", &rules);
}

#[test]
fn settlement_in_a_stale_row_should_break_b_stale() {
    must_break(&dead(settled()).witness, UNSIGNED, &["B-STALE", "B-CONSERVE-Q"]);
}

#[test]
fn takeover_of_stale_lots_should_break_b_stale() {
    let name = "B-HOUSE/B-STALE/row 0 sheds nothing";
    must_break(&dead(taken_over()).witness, name, &["B-STALE", "B-CONSERVE-Q"]);
    // A dead feed of a row that the account does not hold is no obstacle.
    let mut scene = taken_over();
    scene.witness.context.table.rows[1].stale = true;
    assert!(scene.witness.check(SMALL).is_ok());
    assert!(system(SMALL, &scene.witness).is_satisfied());
}

#[test]
fn house_bought_out_at_a_dead_mark_should_break_b_stale() {
    // Trader 1 sells one of its ten lots to a house that is short of one; it reduces, and the price is the mark.
    let mut world = holding();
    change_house(&mut world, |house| house.positions[0] = Position(-1));
    let mark = world.table.rows[0].mark.get() as u64;
    let unit = world.fill_order(1, 0, Side::Sell, 1, mark);
    let mut scene = last(world, unit);
    assert!(scene.witness.check(SMALL).is_ok());
    assert!(system(SMALL, &scene.witness).is_satisfied());
    scene = dead(scene);
    let name = "B-HOUSE/B-CONSERVE-Q/row 0/the house stands still in an empty or a stale row";
    must_break(&scene.witness, name, &["B-CONSERVE-Q"]);
}

#[test]
fn deleveraging_in_a_stale_row_should_break_b_stale() {
    for scene in [shedding(), giving()] {
        must_break(&dead(scene).witness, UNSIGNED, &["B-STALE"]);
    }
}
