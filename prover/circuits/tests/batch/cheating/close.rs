//! The close of an account.

use cloister_circuits::Fr;
use cloister_ledger::{Mode, UnitRequest};
use cloister_types::{AccountIndex, Amount, Money, Position};

use crate::support::{
    closed, closed_with, last, market, must_break, opened, system, traded, transferred, Scene, SMALL,
};

const EMPTY: &str = "unit 1/B-CLOSE/holds nothing/bit";
const EFFECT: &str = "unit 1/B-CLOSE/takes effect";

/// What must be broken when a wire of a close has this value.
fn breaks(cash: i128, lots: i64, wire: &str, value: Fr, constraint: &str) {
    breaks_in(&closed(cash, lots), wire, value, constraint);
}

fn breaks_in(scene: &Scene, wire: &str, value: Fr, constraint: &str) {
    let mut system = system(SMALL, &scene.witness);
    system.set(wire, value).unwrap();
    let broken = system.all_unsatisfied();
    assert!(
        broken.contains(&constraint.into()),
        "{constraint} holds; broken are {broken:?}"
    );
}

#[test]
fn close_of_an_account_that_holds_something_should_break_b_close() {
    // Money, a debt, lots of either side, and cash that a sum without weights would let lots make up for.
    for (cash, lots) in [(1, 0), (-1, 0), (0, 1), (0, -1), (5, -5), (-5, 5), (1 << 78, 0)] {
        breaks(
            cash,
            lots,
            EMPTY,
            Fr::one(),
            "unit 1/B-CLOSE/holds nothing/zero where one",
        );
    }
    // Lots that a sum without sizes would make nothing of, and those of the last row.
    let lots: [&[(usize, i64)]; 5] = [
        &[(0, 5), (1, -5)],
        &[(0, -5), (31, 5)],
        &[(30, 1), (31, -1)],
        &[(31, 1)],
        &[(31, -1)],
    ];
    for lots in lots {
        let scene = closed_with(0, lots);
        breaks_in(&scene, EMPTY, Fr::one(), "unit 1/B-CLOSE/holds nothing/zero where one");
    }
}

#[test]
fn transfer_to_an_account_that_closes_should_break_b_close() {
    // It would keep the account open, for the smallest amount.
    let mut scene = transferred();
    scene.unit().mode = Mode::Close;
    must_break(&scene.witness, "unit 1/B-CLOSE/no incoming transfer", &["B-CLOSE"]);
}

#[test]
fn close_of_an_empty_account_without_effect_should_break_b_close() {
    breaks(
        0,
        0,
        EMPTY,
        Fr::zero(),
        "unit 1/B-CLOSE/holds nothing/one where not zero",
    );
}

#[test]
fn effect_that_does_not_follow_should_break_b_close() {
    breaks(0, 0, EFFECT, Fr::zero(), EFFECT);
    breaks(7, 0, EFFECT, Fr::one(), EFFECT);
    for scene in [traded(), opened()] {
        let mut system = system(SMALL, &scene.witness);
        system.set(EFFECT, Fr::one()).unwrap();
        assert!(system.all_unsatisfied().contains(&EFFECT.into()));
    }
}

#[test]
fn leaf_that_does_not_follow_should_break_b_close() {
    let name = "unit 1/B-CLOSE/leaf or 0";
    breaks(0, 0, name, Fr::one(), name);
    breaks(7, 0, name, Fr::zero(), name);
}

#[test]
fn close_that_is_also_something_else_should_break_b_unit() {
    for (scene, mode) in [
        (traded(), "close"),
        (closed(0, 0), "normal"),
        (closed(0, 0), "takeover"),
    ] {
        let mut system = system(SMALL, &scene.witness);
        system.set(&format!("unit 1/B-UNIT/mode {mode}"), Fr::one()).unwrap();
        let broken = system.all_unsatisfied();
        assert!(broken.contains(&"unit 1/B-UNIT/at most one mode".into()), "{broken:?}");
    }
}

#[test]
fn unit_of_a_closed_account_should_break_b_opens() {
    // The leaf that it had is in no tree any more.
    let mut scene = closed(0, 0);
    let unit = scene.witness.units[1].clone();
    let mut world = scene.world.clone();
    let request = world.padded(SMALL, vec![world.close(1)]);
    let (witness, _) = world.apply(SMALL, &request);
    scene.witness = witness;
    let path = world.state.tree().path(1);
    let second = scene.unit();
    *second = unit;
    second.mode = Mode::Padding;
    second.path = path;
    must_break(&scene.witness, "unit 1/B-OPENS/old root", &["B-OPENS"]);
}

#[test]
fn money_that_comes_with_a_close_should_stay_in_the_account() {
    let mut world = market();
    let index = AccountIndex(1);
    let mut state = world.state.account(index).unwrap().clone();
    state.account.cash = Money::ZERO;
    state.account.positions = [Position::ZERO; 32];
    world.state.restore_account(index, state);
    let deposit = Amount(9);
    let scene = last(world, UnitRequest::Close { index, deposit });
    let mut system = system(SMALL, &scene.witness);
    assert_eq!(system.all_unsatisfied(), Vec::<String>::new());
    system.set(EMPTY, Fr::one()).unwrap();
    let name = "unit 1/B-CLOSE/holds nothing/zero where one";
    assert!(system.all_unsatisfied().contains(&name.into()));
}
