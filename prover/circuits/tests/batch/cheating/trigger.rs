//! Orders that wait for a mark.

use cloister_circuits::Fr;
use cloister_crypto::constants::FLAG_BITS;
use cloister_ledger::{instruction::flags, InstructionKind, Trigger};
use cloister_types::{InstructionId, Price};

use crate::support::{
    holding, instructed, market, must_break, refusal, refusal_of, system, traded, traded_in, waited, Scene, SMALL,
};

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
    let mut scene = begun();
    let used = scene.place().signed.instruction.id.get();
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

/// A scene in which an order with a trigger has begun to fill.
fn begun() -> Scene {
    let world = holding();
    let used = world.traders[1].next_id;
    let mut scene = traded_in(world);
    let far = Trigger::AtOrAbove(Price(mark(&scene) + 1));
    scene.resign(|i| {
        i.id = InstructionId(used);
        i.quantity = 30;
    });
    wait(&mut scene, far);
    scene
}

#[test]
fn trigger_beyond_its_width_should_break_b_trigger() {
    // The word that is signed stays as it is: another field changes, and the trigger, which is the last of the word,
    // makes up for it with a number that has no width. Where nothing is compared, the same bits bind the trigger.
    for scene in [waited(), begun()] {
        let system = system(SMALL, &scene.witness);
        let space = "unit 1/place 0/S-INSTRUCTION";
        let [flag, trigger] =
            ["flags/bit 3", "trigger"].map(|name| system.find_wire(&format!("{space}/{name}")).expect("it is there"));
        let value = |wire: usize| system.values()[wire];
        assert_eq!(value(flag), Fr::zero());
        let step = Option::<Fr>::from(Fr::from(1 << (FLAG_BITS - 3)).invert()).expect("not zero");
        let changes = [(flag, Fr::one()), (trigger, value(trigger) - step)];
        assert_eq!(refusal_of(&system, &changes), PASSED);
        // With the trigger as it was, another word is signed.
        let signed = "unit 1/place 0/B-SIG/challenge is the low half of the hash/sum";
        assert_eq!(refusal_of(&system, &changes[..1]), signed);
    }
}

#[test]
fn highest_trigger_should_fit() {
    let mut scene = traded();
    wait(&mut scene, Trigger::AtOrBelow(Price::MAX));
    let system = system(SMALL, &scene.witness);
    assert!(system.is_satisfied());
    // One more does not fit the word's 64 bits, though it fits the 65 of the comparison.
    let next = Fr::from(u64::MAX) + Fr::one();
    let found = refusal(&system, "unit 1/place 0/S-INSTRUCTION/trigger", next);
    assert_eq!(found, "unit 1/place 0/B-SIG/challenge is the low half of the hash/sum");
}
