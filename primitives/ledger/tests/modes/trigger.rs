//! B-TRIGGER.

use super::{accept, mark, refuse, SHAPE};
use cloister_ledger::{
    instruction::flags, BatchError, Fill, Instruction, InstructionKind, PlaceError, Side, Trigger, TriggerError,
    UnitError, UnitRequest,
};
use cloister_ledger_testing::World;
use cloister_types::{AccountIndex, Amount, InstructionId, Lots, Price, Total};

fn place(error: PlaceError) -> BatchError {
    BatchError::Unit(0, UnitError::Place(0, error))
}

/// Trader 1 sells `quantity` lots of row 0 at the mark by a changed order of ten, and trader 2 buys them.
fn sold(world: &mut World, quantity: u64, change: impl FnOnce(&mut Instruction)) -> Vec<UnitRequest> {
    let price = mark(world, 0);
    let mut order = world.order(1, 0, Side::Sell, price - 10_000_000, 10);
    change(&mut order);
    let fill = Fill {
        row: 0,
        quantity: Lots(quantity),
        cost: Total(u128::from(price * quantity)),
        ..Fill::default()
    };
    let sell = UnitRequest::Normal {
        index: AccountIndex(1),
        deposit: Amount::ZERO,
        places: vec![(world.sign(order), fill)],
    };
    vec![sell, world.fill_order(2, 0, Side::Buy, quantity, price)]
}

fn wait(trigger: Trigger) -> impl FnOnce(&mut Instruction) {
    move |order| *order = order.clone().waiting_for(Some(trigger))
}

#[test]
fn an_order_fills_from_its_trigger_on() {
    let world = World::with_traders(1, 4, SHAPE);
    let at = mark(&world, 0);
    let above = |price| Trigger::AtOrAbove(Price(price));
    let below = |price| Trigger::AtOrBelow(Price(price));
    for (trigger, fires) in [
        (above(0), true),
        (above(at - 1), true),
        (above(at), true),
        (above(at + 1), false),
        (above(u64::MAX), false),
        (below(u64::MAX), true),
        (below(at + 1), true),
        (below(at), true),
        (below(at - 1), false),
        (below(0), false),
    ] {
        let mut world = world.clone();
        let units = sold(&mut world, 4, wait(trigger));
        if fires {
            accept(&mut world, units);
        } else {
            refuse(&mut world, units, place(PlaceError::NotTriggered));
        }
    }
}

#[test]
fn a_stop_sells_once_the_mark_has_fallen_and_not_before() {
    let mut world = World::with_traders(1, 4, SHAPE);
    let stop = mark(&world, 0) - 1_000_000;
    let trigger = Trigger::AtOrBelow(Price(stop));
    let early = sold(&mut world, 4, wait(trigger));
    refuse(&mut world, early, place(PlaceError::NotTriggered));
    world.set_mark(0, stop as i64);
    let units = sold(&mut world, 4, wait(trigger));
    accept(&mut world, units);
    // What has begun goes on when the mark has recovered; another order of the same trigger waits again.
    let id = world.traders[1].next_id;
    world.set_mark(0, stop as i64 + 2_000_000);
    let again = |world: &mut World, id: u64, quantity| {
        sold(world, quantity, |order| {
            wait(trigger)(order);
            order.id = InstructionId(id);
        })
    };
    let rest = again(&mut world, id, 6);
    let other = again(&mut world, id + 1, 6);
    // An id that pushes the first out of its slot has filled nothing.
    let higher = again(&mut world, id + 512, 6);
    refuse(&mut world, other, place(PlaceError::NotTriggered));
    refuse(&mut world, higher, place(PlaceError::NotTriggered));
    accept(&mut world, rest);
    let more = again(&mut world, id, 1);
    refuse(&mut world, more, place(PlaceError::BeyondQuantity));
}

#[test]
fn a_cancelled_order_is_not_one_that_has_begun() {
    let mut world = World::with_traders(1, 4, SHAPE);
    let cancel = world.instruct(1, InstructionKind::Cancel, 0);
    let id = cancel.instruction.id;
    let unit = UnitRequest::Normal {
        index: AccountIndex(1),
        deposit: Amount::ZERO,
        places: vec![(cancel, Fill::default())],
    };
    accept(&mut world, vec![unit]);
    let units = sold(&mut world, 4, |order| {
        wait(Trigger::AtOrAbove(Price::MAX))(order);
        order.id = id;
    });
    refuse(&mut world, units, place(PlaceError::BeyondQuantity));
}

#[test]
fn trigger_and_direction_should_say_one_thing() {
    let mut world = World::with_traders(1, 4, SHAPE);
    let at = mark(&world, 0);
    let form = |error| place(PlaceError::TriggerForm(error));
    let both = sold(&mut world, 4, |order| {
        order.flags = flags::DIRECTIONS;
        order.trigger = Price(at);
    });
    refuse(&mut world, both, form(TriggerError::BothDirections));
    let undirected = sold(&mut world, 4, |order| order.trigger = Price(at));
    refuse(&mut world, undirected, form(TriggerError::NoDirection));
    for kind in [
        InstructionKind::Cancel,
        InstructionKind::CancelAll,
        InstructionKind::Withdrawal,
        InstructionKind::Transfer,
    ] {
        let mut instruction = world.instruct(1, kind, 0).instruction;
        instruction.flags = flags::TRIGGER_ABOVE;
        let unit = UnitRequest::Normal {
            index: AccountIndex(1),
            deposit: Amount::ZERO,
            places: vec![(world.sign(instruction), Fill::default())],
        };
        refuse(&mut world, vec![unit], form(TriggerError::NoOrder));
    }
}
