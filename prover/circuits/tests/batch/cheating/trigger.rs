//! Orders that wait for a mark.

use cloister_circuits::Fr;
use cloister_ledger::{instruction::flags, InstructionKind, Trigger};
use cloister_types::{InstructionId, Price};

use crate::support::{holding, instructed, market, must_break, system, traded, traded_in, waited, Scene, SMALL};

const PASSED: &str = "unit 1/place 0/B-TRIGGER/mark has passed the trigger/in range";
const ONE_DIRECTION: &str = "unit 1/place 0/B-TRIGGER/one direction, and only of an order";

fn mark(scene: &Scene) -> u64 {
    scene.witness.context.table.rows[0].mark.get() as u64
}

fn wait(scene: &mut Scene, trigger: Trigger) {
    scene.resign(|i| *i = i.clone().waiting_for(Some(trigger)));
}

#[test]
fn order_that_waits_still_should_break_b_trigger() {
    let mut scene = traded();
    let at = mark(&scene);
    for (trigger, fires) in [
        (Trigger::AtOrAbove(Price(at)), true),
        (Trigger::AtOrAbove(Price(at + 1)), false),
        (Trigger::AtOrAbove(Price(0)), true),
        (Trigger::AtOrAbove(Price::MAX), false),
        (Trigger::AtOrBelow(Price(at)), true),
        (Trigger::AtOrBelow(Price(at - 1)), false),
        (Trigger::AtOrBelow(Price(0)), false),
        (Trigger::AtOrBelow(Price::MAX), true),
    ] {
        wait(&mut scene, trigger);
        if fires {
            assert!(scene.witness.check(SMALL).is_ok());
            assert!(system(SMALL, &scene.witness).is_satisfied(), "{trigger:?}");
        } else {
            must_break(&scene.witness, PASSED, &["B-TRIGGER"]);
        }
    }
}

#[test]
fn order_that_has_begun_should_go_on_and_no_other() {
    let world = holding();
    let used = world.traders[1].next_id;
    let mut scene = traded_in(world);
    let far = Trigger::AtOrAbove(Price(mark(&scene) + 1));
    scene.resign(|i| {
        i.id = InstructionId(used);
        i.quantity = 30;
    });
    wait(&mut scene, far);
    assert!(scene.witness.check(SMALL).is_ok());
    assert!(system(SMALL, &scene.witness).is_satisfied());
    // Its neighbour in the slot has filled nothing.
    scene.resign(|i| i.id = InstructionId(used + 512));
    must_break(&scene.witness, PASSED, &["B-TRIGGER"]);
    // The prover may not say that it has.
    let mut system = system(SMALL, &scene.witness);
    system
        .set("unit 1/place 0/B-TRIGGER/nothing filled before/bit", Fr::zero())
        .unwrap();
    assert!(system
        .all_unsatisfied()
        .contains(&"unit 1/place 0/B-TRIGGER/nothing filled before/one where not zero".into()));
}

#[test]
fn trigger_or_direction_changed_after_signing_should_break_b_sig() {
    let changes: [fn(&mut cloister_ledger::Instruction); 3] = [
        |i| i.trigger.0 -= 1,
        |i| *i = i.clone().waiting_for(Some(Trigger::AtOrBelow(i.trigger))),
        |i| *i = i.clone().waiting_for(None),
    ];
    for change in changes {
        let mut scene = waited();
        change(&mut scene.place().signed.instruction);
        must_break(
            &scene.witness,
            "unit 1/place 0/B-SIG/challenge is the low half of the hash/sum",
            &["B-SIG"],
        );
    }
}

#[test]
fn two_directions_should_break_b_trigger() {
    let mut scene = traded();
    let at = mark(&scene);
    scene.resign(|i| {
        i.flags = flags::DIRECTIONS;
        i.trigger = Price(at);
    });
    must_break(&scene.witness, ONE_DIRECTION, &["B-TRIGGER"]);
    // At a trigger of 0 nothing else is broken.
    scene.resign(|i| i.trigger = Price::ZERO);
    must_break(&scene.witness, ONE_DIRECTION, &["B-TRIGGER"]);
}

#[test]
fn trigger_without_a_direction_should_break_b_trigger() {
    let mut scene = traded();
    scene.resign(|i| i.trigger = Price(1));
    let name = "unit 1/place 0/B-TRIGGER/no trigger without a direction";
    must_break(&scene.witness, name, &["B-TRIGGER"]);
}

#[test]
fn direction_of_a_cancel_should_break_b_trigger() {
    for flag in [flags::TRIGGER_ABOVE, flags::TRIGGER_BELOW] {
        let mut world = market();
        let cancel = world.instruct(1, InstructionKind::Cancel, 0);
        let mut scene = instructed(world, cancel);
        scene.resign(|i| i.flags = flag);
        must_break(&scene.witness, ONE_DIRECTION, &["B-TRIGGER"]);
    }
}

#[test]
fn trigger_beyond_its_width_should_break_b_trigger() {
    // Where nothing is compared, the same bits bind the trigger to its width: a negative one would borrow from the
    // other fields of the word.
    let scene = traded();
    let mut system = system(SMALL, &scene.witness);
    system.set("unit 1/place 0/S-INSTRUCTION/trigger", -Fr::one()).unwrap();
    let failing = system.all_unsatisfied();
    assert!(failing.contains(&PASSED.into()), "{failing:?}");
}
