//! The house and conservation.

use crate::support::{must_break, opened, system, traded, SMALL};

#[test]
fn lots_from_nowhere_should_break_b_conserve_q() {
    let mut scene = traded();
    let mark = scene.witness.context.table.rows[0].mark as u128;
    scene.place().fill.quantity += 1;
    scene.place().fill.cost += mark;
    must_break(
        &scene.witness,
        "B-HOUSE/B-CONSERVE-Q/row 0 is balanced",
        &["B-CONSERVE-Q"],
    );
}

#[test]
fn money_from_nowhere_should_break_b_conserve_cash() {
    let mut scene = traded();
    scene.place().fill.cost -= 1;
    must_break(
        &scene.witness,
        "B-HOUSE/B-CONSERVE-CASH/insurance does not fall/in range",
        &["B-CONSERVE-CASH"],
    );
}

#[test]
fn insurance_beyond_its_width_should_break_b_conserve_cash() {
    let mut scene = traded();
    scene.witness.house.insurance = (1 << 79) - 1;
    scene.place().fill.cost += 1;
    must_break(
        &scene.witness,
        "B-HOUSE/B-CONSERVE-CASH/insurance in range/in range",
        &["B-CONSERVE-CASH"],
    );
}

#[test]
fn sweep_above_the_fees_should_break_b_house() {
    let mut scene = traded();
    scene.witness.sweep = 200_001;
    must_break(
        &scene.witness,
        "B-HOUSE/fee pool is not negative/in range",
        &["B-HOUSE"],
    );
    scene.witness.sweep = 200_000;
    assert!(scene.witness.check(SMALL).is_ok(), "all fees can be paid out");
}

#[test]
fn mask_over_a_row_with_positions_should_break_b_house() {
    let mut scene = traded();
    scene.witness.empty_mask = 0b11;
    must_break(
        &scene.witness,
        "B-HOUSE/open interest/row 0/claimed empty",
        &["B-HOUSE"],
    );
    scene.witness.empty_mask = !1;
    assert!(scene.witness.check(SMALL).is_ok(), "all other rows are empty");
}

#[test]
fn open_interest_beyond_its_width_should_break_b_house() {
    let mut scene = traded();
    scene.witness.house.open_interest[0] = (1 << 50) - 1;
    must_break(
        &scene.witness,
        "B-HOUSE/open interest/row 0/in range/in range",
        &["B-HOUSE"],
    );
}

#[test]
fn every_wire_of_a_trade_should_be_bound() {
    let scene = traded();
    let mut system = system(SMALL, &scene.witness);
    assert!(system.is_satisfied());
    // The inverse of a zero test is unused where the tested number is zero; nothing else may be free.
    let free: Vec<String> = system
        .free_wires()
        .into_iter()
        .filter(|name| !name.ends_with("/inverse"))
        .collect();
    assert_eq!(free, Vec::<String>::new());
}

#[test]
fn every_wire_of_an_open_should_be_bound_but_those_of_its_empty_place() {
    let scene = opened();
    let mut system = system(SMALL, &scene.witness);
    assert!(system.is_satisfied());
    // Both places are empty, so what their disabled signature checks compute binds nobody, and both bounds of a position
    // that is not there are zero, whichever is named.
    let free: Vec<String> = system
        .free_wires()
        .into_iter()
        .filter(|name| !name.ends_with("/inverse") && !name.contains("/B-SIG/"))
        .filter(|name| !name.ends_with("/B-LIMIT/bound is the limit"))
        .collect();
    assert_eq!(free, Vec::<String>::new());
}
