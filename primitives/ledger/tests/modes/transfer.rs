//! B-TRANSFER.

use super::{accept, insured, margin, mark, poor, refuse, refuse_spoiled, POOR, SHAPE};
use cloister_ledger::{
    BatchError, BatchWitness, Fill, Instruction, InstructionKind, PlaceError, Shape, Side, StateError, UnitError,
    UnitRequest,
};
use cloister_ledger_testing::World;
use cloister_risk::MarginError;
use cloister_types::{AccountIndex, Amount, Total};

fn cash(world: &World, trader: usize) -> i128 {
    (world
        .state
        .account(AccountIndex(trader as u32))
        .expect("open")
        .account
        .cash)
        .get()
}

/// A unit with one signed transfer, changed before it is signed.
fn send(world: &mut World, from: usize, to: usize, amount: u64, change: impl FnOnce(&mut Instruction)) -> UnitRequest {
    let mut instruction = world.order(from, 0, Side::Buy, amount, to as u64);
    instruction.kind = InstructionKind::Transfer;
    change(&mut instruction);
    UnitRequest::Normal {
        index: AccountIndex(from as u32),
        deposit: Amount::ZERO,
        places: vec![(world.sign(instruction), Fill::default())],
    }
}

#[test]
fn a_transfer_pays_the_next_unit_and_nothing_of_it_is_public() {
    let mut world = World::with_traders(1, 4, SHAPE);
    let before = [cash(&world, 1), cash(&world, 2)];
    let units = world.transfer(1, 2, 5_000).into();
    let (_, effect) = accept(&mut world, units);
    assert_eq!(
        [cash(&world, 1), cash(&world, 2)],
        [before[0] - 5_000, before[1] + 5_000]
    );
    for record in &effect.statement.units {
        assert_eq!(
            (record.deposit, record.withdrawal, record.kind.code()),
            (Amount::ZERO, Amount::ZERO, 0)
        );
    }
}

#[test]
fn transfers_go_on_from_unit_to_unit_to_oneself_and_to_an_account_just_opened() {
    let mut world = World::with_traders(1, 4, SHAPE);
    let open = world.open(7);
    let units = vec![
        send(&mut world, 0, 1, 100, |_| ()),
        send(&mut world, 1, 1, 50, |_| ()),
        send(&mut world, 1, 4, 30, |_| ()),
        open,
    ];
    accept(&mut world, units);
    let rich = 1_000_000_000_000;
    assert_eq!(
        [cash(&world, 0), cash(&world, 1), cash(&world, 4)],
        [rich - 100, rich + 70, 37]
    );
}

#[test]
fn another_index_than_the_signed_one_should_be_refused() {
    let mut world = World::with_traders(1, 4, SHAPE);
    let [one, _] = world.transfer(1, 2, 5_000);
    let other = UnitRequest::Padding {
        index: AccountIndex(3),
        deposit: Amount::ZERO,
    };
    refuse(&mut world, vec![one, other.clone()], BatchError::TransferIndex(1));
    // An index that no tree has.
    let nobody = send(&mut world, 1, 2, 5_000, |i| i.quantity = 3 + (1 << 24));
    refuse(&mut world, vec![nobody, other], BatchError::TransferIndex(1));
}

#[test]
fn the_last_unit_should_not_hold_a_transfer() {
    let mut world = World::with_traders(1, 4, SHAPE);
    let pad = UnitRequest::Padding {
        index: AccountIndex(3),
        deposit: Amount::ZERO,
    };
    let [one, _] = world.transfer(1, 2, 5_000);
    refuse(
        &mut world,
        vec![pad.clone(), pad.clone(), pad, one],
        BatchError::TransferLast,
    );
}

#[test]
fn an_amount_other_than_the_signed_one_should_not_come_in() {
    let mut world = World::with_traders(1, 4, SHAPE);
    let [one, two] = world.transfer(1, 2, 5_000);
    let pad = UnitRequest::Padding {
        index: AccountIndex(3),
        deposit: Amount::ZERO,
    };
    let last = vec![pad.clone(), pad.clone(), one, two];
    for incoming in [0, 4_999, 5_001] {
        let spoil = |w: &mut BatchWitness| w.units[3].incoming = Amount(incoming);
        refuse_spoiled(&world, last.clone(), spoil, BatchError::TransferAmount(3));
    }
    let spoil = |w: &mut BatchWitness| w.units[3].incoming = Amount(1);
    refuse_spoiled(&world, vec![pad], spoil, BatchError::TransferAmount(3));
}

#[test]
fn a_transfer_of_nothing_still_names_the_next_unit() {
    let mut world = World::with_traders(1, 4, SHAPE);
    let [one, two] = world.transfer(1, 2, 0);
    refuse(&mut world, vec![one.clone()], BatchError::TransferIndex(1));
    accept(&mut world, vec![one, two]);
}

#[test]
fn an_id_is_good_for_one_transfer_only() {
    let mut world = World::with_traders(1, 4, SHAPE);
    let units: Vec<_> = world.transfer(1, 2, 5_000).into();
    accept(&mut world, units.clone());
    let error = BatchError::Unit(0, UnitError::Place(0, PlaceError::IdUsed));
    refuse(&mut world, units, error);
}

#[test]
fn a_transfer_needs_initial_margin_afterwards() {
    let mut world = insured();
    // Short of initial margin, not of maintenance.
    poor(&mut world, Side::Buy, -8);
    for amount in [0, 1] {
        let units = world.transfer(POOR, 2, amount).into();
        refuse(&mut world, units, margin(0, MarginError::WithdrawalWhileShort));
    }
    // Nor in a unit that reduces risk, as the same trade may.
    let shape = Shape { units: 3, places: 2 };
    let price = mark(&world, 0);
    let sold = world.fill_order(POOR, 0, Side::Sell, 10, price);
    let bought = world.fill_order(3, 0, Side::Buy, 10, price);
    let [one, two] = world.transfer(POOR, 2, 0);
    let (UnitRequest::Normal { places: mut both, .. }, UnitRequest::Normal { places, .. }) = (sold.clone(), one) else {
        panic!("both are signed")
    };
    both.extend(places);
    let reduced = UnitRequest::Normal {
        index: AccountIndex(POOR as u32),
        deposit: Amount::ZERO,
        places: both,
    };
    let request = world.padded(shape, vec![reduced, two, bought.clone()]);
    let error = StateError::Batch(margin(0, MarginError::WithdrawalWhileShort));
    assert_eq!(world.state.apply(shape, &request).map(|_| ()), Err(error));
    let request = world.padded(shape, vec![sold, bought]);
    world.apply(shape, &request);
}

#[test]
fn only_the_last_place_pays() {
    let shape = Shape { units: 2, places: 2 };
    for kind in [InstructionKind::Transfer, InstructionKind::Withdrawal] {
        let mut world = World::with_traders(1, 4, SHAPE);
        let mut pay = world.order(1, 0, Side::Buy, 50, 2);
        pay.kind = kind;
        let cancel = world.instruct(1, InstructionKind::Cancel, 0);
        let places = vec![(world.sign(pay), Fill::default()), (cancel, Fill::default())];
        let unit = |places| UnitRequest::Normal {
            index: AccountIndex(1),
            deposit: Amount::ZERO,
            places,
        };
        let receive = UnitRequest::Padding {
            index: AccountIndex(2),
            deposit: Amount::ZERO,
        };
        let mut turned = places.clone();
        turned.reverse();
        let request = world.padded(shape, vec![unit(places), receive.clone()]);
        let error = BatchError::Unit(0, UnitError::Place(0, PlaceError::PaymentPlace));
        assert_eq!(
            world.state.apply(shape, &request).map(|_| ()),
            Err(StateError::Batch(error))
        );
        let request = world.padded(shape, vec![unit(turned), receive]);
        world.apply(shape, &request);
    }
}

#[test]
fn a_transfer_with_a_fill_should_be_refused() {
    let mut world = World::with_traders(1, 4, SHAPE);
    let units: Vec<_> = world.transfer(1, 2, 50).into();
    let spoil = |w: &mut BatchWitness| w.units[0].places[0].fill.fee = Total(1);
    let error = BatchError::Unit(0, UnitError::Place(0, PlaceError::FillWithoutOrder));
    refuse_spoiled(&world, units, spoil, error);
}
