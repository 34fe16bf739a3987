//! The account's flags.

use cloister_circuits::Fr;
use cloister_ledger::{state::AccountState, InstructionKind, Mode};
use cloister_types::AccountIndex;

use crate::support::{instructed, market, must_break, opened, rekeyed, switched, system, traded, SMALL};

const ONLY_HERE: &str = "unit 1/B-SWITCH/flags change only here";

#[test]
fn flags_changed_in_another_mode_should_break_b_switch() {
    for transfers in [true, false] {
        let mut scene = switched(transfers);
        scene.unit().mode = Mode::Padding;
        must_break(&scene.witness, ONLY_HERE, &["B-SWITCH"]);
    }
    for mut scene in [traded(), rekeyed()] {
        let flag = &mut scene.unit().new_switches.transfers;
        *flag = !*flag;
        must_break(&scene.witness, ONLY_HERE, &["B-SWITCH"]);
    }
}

#[test]
fn open_with_a_flag_should_break_b_open() {
    let mut scene = opened();
    scene.unit().before.switches.transfers = true;
    scene.unit().new_switches.transfers = true;
    must_break(&scene.witness, "unit 1/B-OPEN/no flag is set", &["B-OPEN"]);
}

#[test]
fn switch_that_is_also_something_else_should_break_b_unit() {
    for (scene, mode) in [
        (traded(), "switch"),
        (switched(true), "normal"),
        (switched(true), "takeover"),
    ] {
        let mut system = system(SMALL, &scene.witness);
        system.set(&format!("unit 1/B-UNIT/mode {mode}"), Fr::one()).unwrap();
        assert!(system
            .all_unsatisfied()
            .contains(&"unit 1/B-UNIT/at most one mode".into()));
    }
}

#[test]
fn flags_that_are_no_flags_should_break_b_switch() {
    let scene = switched(true);
    let mut system = system(SMALL, &scene.witness);
    system.set("unit 1/B-SWITCH/transfers", Fr::from(2)).unwrap();
    assert!(system.all_unsatisfied().contains(&"unit 1/B-SWITCH/transfers".into()));
}

#[test]
fn flags_shown_otherwise_than_set_should_break_b_switch() {
    for (scene, shown) in [
        (switched(true), Fr::zero()),
        (switched(false), Fr::one()),
        (traded(), Fr::one()),
    ] {
        let mut system = system(SMALL, &scene.witness);
        system.set("unit 1/B-SWITCH/shown flags", shown).unwrap();
        assert!(system.all_unsatisfied().contains(&"unit 1/B-SWITCH/shown flags".into()));
    }
}

#[test]
fn transfer_that_the_owner_does_not_allow_should_break_b_transfer() {
    let mut world = market();
    let mut state: AccountState = world.state.account(AccountIndex(1)).unwrap().clone();
    state.account.switches.transfers = false;
    world.state.restore_account(AccountIndex(1), state);
    let withdrawal = world.instruct(1, InstructionKind::Withdrawal, 1_000);
    let mut scene = instructed(world, withdrawal);
    scene.resign(|i| i.kind = InstructionKind::Transfer);
    let name = "unit 1/place 0/S-INSTRUCTION/B-TRANSFER/the owner allows it";
    must_break(&scene.witness, name, &["B-TRANSFER"]);
}
