//! Instructions, signatures and slots.

use cloister_circuits::Fr;
use cloister_ledger::{Fill, InstructionKind, Mode, Shape, Side, UnitRequest};
use cloister_ledger_testing::{World, GENESIS};
use cloister_types::{AccountIndex, Amount, InstructionId};

use crate::support::{
    holding, instructed, market, must_break, must_break_shape, rebuilt, system, trade, traded, traded_in, Scene, LOTS,
    SMALL,
};

#[test]
fn instruction_outside_mode_normal_should_be_refused() {
    let mut scene = traded();
    scene.unit().mode = Mode::Padding;
    must_break(
        &scene.witness,
        "unit 1/place 0/S-INSTRUCTION/only in mode normal",
        &["S-INSTRUCTION"],
    );
}

#[test]
fn two_kinds_at_once_should_be_refused() {
    let scene = traded();
    let mut system = system(SMALL, &scene.witness);
    system
        .set("unit 1/place 0/S-INSTRUCTION/withdrawal", Fr::one())
        .unwrap();
    assert!(system
        .all_unsatisfied()
        .contains(&"unit 1/place 0/S-INSTRUCTION/at most one kind".into()));
}

#[test]
fn altered_instruction_should_break_b_sig() {
    let mut scene = traded();
    scene.place().signed.instruction.limit += 1;
    must_break(
        &scene.witness,
        "unit 1/place 0/B-SIG/challenge is the low half of the hash/sum",
        &["B-SIG"],
    );
    // Signed for another account, replayed here.
    let mut scene = traded();
    let other = scene.witness.units[0].places[0].signed.clone();
    let mut moved = other.instruction.clone();
    moved.side = Side::Buy;
    moved.limit += 2_000;
    let mut signed = scene.world.sign(moved);
    signed.instruction.index = AccountIndex(1);
    scene.put(signed);
    must_break(
        &scene.witness,
        "unit 1/place 0/B-SIG/challenge is the low half of the hash/sum",
        &["B-SIG"],
    );
}

#[test]
fn signature_for_another_chain_or_group_should_break_b_sig() {
    let name = "unit 1/place 0/B-SIG/challenge is the low half of the hash/sum";
    let mut scene = traded();
    let own = scene.place().signed.instruction.clone();
    let key = scene.world.traders[1].secret.clone();
    scene.place().signed = own.clone().sign(&[0xC2; 32], &key);
    must_break(&scene.witness, name, &["B-SIG"]);
    let mut scene = traded();
    let mut other = own;
    other.group.0 += 1;
    scene.place().signed = other.sign(&GENESIS, &key);
    must_break(&scene.witness, name, &["B-SIG"]);
}

#[test]
fn quantity_beyond_its_width_should_be_refused() {
    let mut scene = traded();
    scene.resign(|i| i.quantity = 1 << 40);
    must_break(
        &scene.witness,
        "unit 1/place 0/S-INSTRUCTION/quantity/in range",
        &["S-INSTRUCTION"],
    );
}

#[test]
fn expired_order_should_break_b_alive() {
    let mut scene = traded();
    let time = scene.witness.context.time;
    scene.resign(|i| i.expiry = time - 1);
    must_break(
        &scene.witness,
        "unit 1/place 0/B-ALIVE/not expired/in range",
        &["B-ALIVE"],
    );
    scene.resign(|i| i.expiry = time);
    assert!(scene.witness.check(SMALL).is_ok(), "the last millisecond is good");
}

#[test]
fn order_below_the_minimum_id_should_break_b_alive() {
    let mut world = market();
    world.traders[1].next_id = 40;
    let cancel = world.instruct(1, InstructionKind::CancelAll, 0);
    let minimum = cancel.instruction.id;
    let units = vec![
        UnitRequest::Padding {
            index: AccountIndex::ZERO,
            deposit: Amount::ZERO,
        },
        UnitRequest::Normal {
            index: AccountIndex(1),
            deposit: Amount::ZERO,
            places: vec![(cancel, Fill::default())],
        },
    ];
    let request = world.request(units);
    world.apply(SMALL, &request);
    let mut scene = traded_in(world);
    scene.resign(|i| i.id = InstructionId(minimum.get() - 1));
    must_break(
        &scene.witness,
        "unit 1/place 0/B-ALIVE/id not below the minimum, or not more paid than requested/in range",
        &["B-ALIVE"],
    );
}

#[test]
fn id_far_above_the_minimum_should_break_b_alive() {
    let mut scene = traded();
    for id in [1 << 32, u64::MAX] {
        scene.resign(|i| i.id = InstructionId(id));
        must_break(
            &scene.witness,
            "unit 1/place 0/B-ALIVE/id not below the minimum, or not more paid than requested/in range",
            &["B-ALIVE"],
        );
    }
    scene.resign(|i| i.id = InstructionId((1 << 32) - 1));
    assert!(scene.witness.check(SMALL).is_ok(), "the highest id is good");
    assert!(system(SMALL, &scene.witness).is_satisfied());

    // In a place that is not the last the bits are fewer.
    let shape = Shape { units: 2, places: 2 };
    let mut world = World::with_traders(7, 2, shape);
    let cancels = [0, 1].map(|_| (world.instruct(1, InstructionKind::Cancel, 0), Fill::default()));
    let units = vec![
        UnitRequest::Padding {
            index: AccountIndex::ZERO,
            deposit: Amount::ZERO,
        },
        UnitRequest::Normal {
            index: AccountIndex(1),
            deposit: Amount::ZERO,
            places: cancels.into(),
        },
    ];
    let request = world.request(units);
    let mut scene = Scene::new(world, shape, &request);
    let mut instruction = scene.place().signed.instruction.clone();
    // The same slot, so that its path stays.
    instruction.id.0 += 1 << 32;
    scene.place().signed = scene.world.sign(instruction);
    let failing = crate::support::system(shape, &scene.witness).all_unsatisfied();
    let name = "unit 1/place 0/B-ALIVE/id not below the minimum/in range";
    assert!(failing.contains(&name.into()), "{failing:?}");
    assert!(scene.witness.check(shape).is_err());
}

#[test]
fn slot_with_a_higher_id_should_break_b_slot() {
    let mut world = market();
    world.traders[1].next_id = 511 + 30;
    let request = trade(&mut world);
    world.apply(SMALL, &request);
    let mut scene = traded_in(world);
    // The slot of this id holds the id 512 higher.
    let used = scene.world.traders[1].next_id - 1;
    scene.resign(|i| i.id = InstructionId(used - 512));
    must_break(
        &scene.witness,
        "unit 1/place 0/B-SLOT/slot holds no higher id/in range",
        &["B-SLOT"],
    );
}

#[test]
fn fill_beyond_the_quantity_should_break_b_slot() {
    let name = "unit 1/place 0/B-SLOT/fill within the quantity or the chunk/in range";
    let mut scene = traded();
    scene.resign(|i| i.quantity = LOTS - 1);
    must_break(&scene.witness, name, &["B-SLOT"]);

    // The same order once more: ten of twelve lots are filled already.
    let world = holding();
    let used = world.traders[1].next_id;
    let mut scene = traded_in(world);
    scene.resign(|i| i.id = InstructionId(used));
    must_break(&scene.witness, name, &["B-SLOT"]);

    // An order that was cancelled.
    let mut world = market();
    let cancel = world.instruct(1, InstructionKind::Cancel, 0);
    let cancelled = cancel.instruction.id;
    let mut scene = instructed(world, cancel);
    scene.world.apply(SMALL, &rebuilt(&scene));
    let mut scene = traded_in(scene.world);
    scene.resign(|i| i.id = cancelled);
    must_break(&scene.witness, name, &["B-SLOT"]);
}

#[test]
fn second_use_of_a_withdrawal_should_break_b_slot() {
    let mut world = market();
    let withdrawal = world.instruct(1, InstructionKind::Withdrawal, 1_000);
    let mut scene = instructed(world, withdrawal.clone());
    scene.world.apply(SMALL, &rebuilt(&scene));
    let fresh = scene.world.instruct(1, InstructionKind::Withdrawal, 1_000);
    let mut scene = instructed(scene.world, fresh);
    scene.put(withdrawal);
    must_break(
        &scene.witness,
        "unit 1/place 0/B-SLOT/payment not used before",
        &["B-SLOT"],
    );
}

#[test]
fn slot_of_a_made_up_tree_should_break_b_slot() {
    let mut scene = traded();
    scene.place().path[2][7] += Fr::one();
    must_break(
        &scene.witness,
        "unit 1/place 0/B-SLOT/slot opens the order tree",
        &["B-SLOT"],
    );
}

#[test]
fn withdrawal_before_the_last_place_should_be_refused() {
    let shape = Shape { units: 2, places: 2 };
    let mut world = World::with_traders(7, 2, shape);
    let withdrawal = world.instruct(1, InstructionKind::Withdrawal, 10);
    let units = vec![
        UnitRequest::Padding {
            index: AccountIndex::ZERO,
            deposit: Amount::ZERO,
        },
        UnitRequest::Normal {
            index: AccountIndex(1),
            deposit: Amount::ZERO,
            places: vec![(withdrawal, Fill::default())],
        },
    ];
    let request = world.request(units);
    let mut scene = Scene::new(world, shape, &request);
    scene.unit().places.swap(0, 1);
    must_break_shape(
        shape,
        &scene.witness,
        "unit 1/place 0/S-INSTRUCTION/withdrawal or transfer only in the last place",
        &["S-INSTRUCTION"],
    );
}
