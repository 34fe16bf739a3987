//! Orders that wait for a mark and the gate (Q-GATE, Q-TRIGGER).

use super::World;
use crate::core::{Gate, Tick};
use cloister_engine_testing::{above, buy, MARK, ONE};
use cloister_types::AccountIndex;

fn waiting(world: &World) -> usize {
    let account = world.core.engine.account(AccountIndex(0)).unwrap();
    account.waiting_orders().count()
}

#[test]
fn a_stop_should_not_fire_while_the_gate_is_closed_and_fire_when_it_opens() {
    let mut world = World::new();
    world.submit(above(buy(0, 1, 2, MARK + 3 * ONE), MARK + ONE));
    assert_eq!(waiting(&world), 1);
    world.core.apply(world.now, Gate { closed: true });
    // The mark is beyond the trigger.
    world.table(2, Vec::new());
    world.core.apply(world.now, Tick { idle: false });
    assert_eq!(waiting(&world), 1);
    assert_eq!(world.replayed().digest(), world.core.digest().unwrap().1);
    world.core.apply(world.now, Gate { closed: false });
    world.core.apply(world.now, Tick { idle: false });
    assert_eq!(waiting(&world), 0);
}

#[test]
fn a_stop_should_fire_at_once_while_the_gate_is_open() {
    let mut world = World::new();
    world.submit(above(buy(0, 1, 2, MARK + 3 * ONE), MARK + ONE));
    world.table(2, Vec::new());
    assert_eq!(waiting(&world), 0);
}
