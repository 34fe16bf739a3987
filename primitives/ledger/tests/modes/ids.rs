//! B-ALIVE: ids are within 2^32 of the minimum, so that no instruction leaves an account without ids.

use super::{accept, refuse, SHAPE};
use cloister_crypto::constants::ID_WINDOW_BITS;
use cloister_ledger::{BatchError, Fill, InstructionKind, PlaceError, UnitError, UnitRequest};
use cloister_ledger_testing::{Random, World};
use cloister_types::{AccountIndex, Amount, InstructionId};

/// Distance of the highest id from the minimum.
const REACH: u64 = (1 << ID_WINDOW_BITS) - 1;

fn place(error: PlaceError) -> BatchError {
    BatchError::Unit(0, UnitError::Place(0, error))
}

fn signed(world: &mut World, kind: InstructionKind, id: u64) -> UnitRequest {
    let mut instruction = world.instruct(1, kind, 0).instruction;
    instruction.id = InstructionId(id);
    UnitRequest::Normal {
        index: AccountIndex(1),
        deposit: Amount::ZERO,
        places: vec![(world.sign(instruction), Fill::default())],
    }
}

fn min_id(world: &World) -> u64 {
    let account = &world.state.account(AccountIndex(1)).expect("open").account;
    account.min_id.get()
}

/// Puts the minimum where only 2^32 cancel-alls could bring it.
fn set_min_id(world: &mut World, min_id: u64) {
    let mut state = world.state.account(AccountIndex(1)).expect("open").clone();
    state.account.min_id = InstructionId(min_id);
    world.state.restore_account(AccountIndex(1), state);
}

#[test]
fn an_id_should_not_be_far_above_the_minimum() {
    let kinds = [
        InstructionKind::Cancel,
        InstructionKind::CancelAll,
        InstructionKind::Withdrawal,
    ];
    for (min, kind) in [0, 77, 1 << 40, u64::MAX - REACH - 1]
        .into_iter()
        .zip(kinds.into_iter().cycle())
    {
        let mut world = World::with_traders(1, 2, SHAPE);
        set_min_id(&mut world, min);
        let beyond = signed(&mut world, kind, min + REACH + 1);
        refuse(&mut world, vec![beyond], place(PlaceError::IdTooHigh));
        let highest = signed(&mut world, kind, min + REACH);
        accept(&mut world, vec![highest]);
    }
}

#[test]
fn the_highest_id_of_all_should_not_brick_an_account() {
    let mut world = World::with_traders(1, 2, SHAPE);
    for kind in [InstructionKind::CancelAll, InstructionKind::Cancel] {
        let unit = signed(&mut world, kind, u64::MAX);
        refuse(&mut world, vec![unit], place(PlaceError::IdTooHigh));
    }
}

#[test]
fn whatever_was_signed_a_cancel_all_frees_every_slot() {
    for seed in 0..6 {
        let mut random = Random::new(seed);
        let mut world = World::with_traders(seed, 2, SHAPE);
        // Somebody with the trading key does their worst.
        for _ in 0..25 {
            let kind = match random.below(3) {
                0 => InstructionKind::CancelAll,
                _ => InstructionKind::Cancel,
            };
            let away = [0, random.below(512), random.below(1 << 20), random.word() >> 32][random.below(4) as usize];
            let id = min_id(&world) + REACH - away.min(REACH);
            let unit = signed(&mut world, kind, id);
            let request = world.padded(SHAPE, vec![unit]);
            // Some meet a higher id in their slot.
            if world.state.apply(SHAPE, &request).is_ok() {
                world.time += 1_000;
            }
        }
        // The highest id is always good for a cancel-all: no slot holds one above the window.
        let highest = min_id(&world) + REACH;
        let unit = signed(&mut world, InstructionKind::CancelAll, highest);
        accept(&mut world, vec![unit]);
        assert_eq!(min_id(&world), highest);
        for slot in 0..512 {
            let held = world
                .state
                .slot(AccountIndex(1), InstructionId(slot))
                .expect("the account is open");
            assert!(held.id.get() <= highest, "slot {slot} holds {}", held.id);
        }
        // So from here on every slot has as many ids as in a fresh account.
        for _ in 0..3 {
            let id = highest + 1 + random.below(512);
            let unit = signed(&mut world, InstructionKind::Withdrawal, id);
            accept(&mut world.clone(), vec![unit]);
        }
    }
}
