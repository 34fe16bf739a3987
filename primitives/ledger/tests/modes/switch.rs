//! B-SWITCH, and what the flags allow.

use super::{accept, insured, poor, refuse, refuse_spoiled, POOR, SHAPE};
use cloister_ledger::{
    account::Account, BatchError, BatchWitness, InstructionKind, PlaceError, RecordKind, Side, Switches, UnitError,
    UnitRequest,
};
use cloister_ledger_testing::World;
use cloister_types::{AccountIndex, Amount, Money};

const OFF: BatchError = BatchError::Unit(0, UnitError::Place(0, PlaceError::TransfersOff));
const CHANGED: BatchError = BatchError::Unit(0, UnitError::SwitchesChanged);

fn account(world: &World, trader: usize) -> &Account {
    &world.state.account(AccountIndex(trader as u32)).expect("open").account
}

#[test]
fn a_switch_sets_the_flags_in_public_and_changes_nothing_else() {
    let mut world = World::with_traders(1, 4, SHAPE);
    for transfers in [false, true, true] {
        let before = account(&world, 1).clone();
        let switches = Switches { transfers };
        let unit = UnitRequest::Switch {
            index: AccountIndex(1),
            deposit: Amount(7),
            switches,
        };
        let (_, effect) = accept(&mut world, vec![unit]);
        let record = &effect.statement.units[0];
        assert_eq!(record.kind, RecordKind::Switch { switches });
        assert_eq!((record.kind.code(), record.kind.asked()), (4, u64::from(transfers)));
        assert_eq!((record.deposit, record.withdrawal), (Amount(7), Amount::ZERO));
        let expected = Account {
            nonce: before.nonce + 1,
            cash: Money(before.cash.get() + 7),
            switches,
            ..before
        };
        assert_eq!(account(&world, 1), &expected);
    }
}

#[test]
fn a_transfer_should_be_refused_unless_the_owner_allows_it() {
    let mut world = World::with_traders(1, 4, SHAPE);
    let off = world.switch(1, false);
    accept(&mut world, vec![off]);
    let units: Vec<_> = world.transfer(1, 2, 5_000).into();
    refuse(&mut world, units.clone(), OFF);
    // What the receiver allows does not matter.
    let [back, _] = world.transfer(2, 1, 5_000);
    let receive = UnitRequest::Padding {
        index: AccountIndex(1),
        deposit: Amount::ZERO,
    };
    accept(&mut world, vec![back, receive]);
    let mut allowed = vec![world.switch(1, true)];
    allowed.extend(units);
    accept(&mut world, allowed);
}

#[test]
fn a_fresh_account_allows_no_transfer() {
    let mut world = World::with_traders(1, 4, SHAPE);
    let open = world.open(9_000);
    accept(&mut world, vec![open]);
    let units: Vec<_> = world.transfer(4, 2, 5).into();
    refuse(&mut world, units, OFF);
    let open = world.open(9_000);
    let spoil = |w: &mut BatchWitness| w.units[0].before.switches.transfers = true;
    let error = BatchError::Unit(0, UnitError::NotFresh);
    refuse_spoiled(&world, vec![open], spoil, error);
}

#[test]
fn no_other_mode_should_change_the_flags() {
    let mut world = insured();
    poor(&mut world, Side::Buy, -30);
    let signed = world.instruct(1, InstructionKind::Cancel, 0);
    let normal = UnitRequest::Normal {
        index: AccountIndex(1),
        deposit: Amount::ZERO,
        places: vec![(signed, Default::default())],
    };
    let padding = UnitRequest::Padding {
        index: AccountIndex(1),
        deposit: Amount::ZERO,
    };
    let price = world.table.rows[0].mark.get() as u64;
    let units = [
        world.clone().open(5),
        world.clone().rekey(1),
        normal,
        world.force(1, 5),
        world.liquidate(POOR, 0, 1, price),
        world.expire(1, &[]),
        world.take_over(POOR),
        padding,
    ];
    for unit in units {
        let flip = |w: &mut BatchWitness| w.units[0].new_switches.transfers ^= true;
        refuse_spoiled(&world, vec![unit], flip, CHANGED);
    }
}

#[test]
fn a_switch_takes_neither_instruction_nor_fill_nor_payment() {
    let mut world = World::with_traders(1, 4, SHAPE);
    let signed = world.instruct(1, InstructionKind::Withdrawal, 5);
    let units = vec![world.switch(1, true)];
    let sign = |w: &mut BatchWitness| w.units[0].places[0].signed = signed;
    let error = BatchError::Unit(0, UnitError::InstructionInMode);
    refuse_spoiled(&world, units.clone(), sign, error);
    let fill = |w: &mut BatchWitness| w.units[0].places[0].fill.fee.0 = 1;
    let error = BatchError::Unit(0, UnitError::FillInMode);
    refuse_spoiled(&world, units.clone(), fill, error);
    let pay = |w: &mut BatchWitness| (w.units[0].requested, w.units[0].paid) = (Amount(1), Amount(1));
    let error = BatchError::Unit(0, UnitError::ForcedInMode);
    refuse_spoiled(&world, units, pay, error);
}

#[test]
fn a_switch_asks_for_no_margin() {
    let mut world = insured();
    poor(&mut world, Side::Buy, -30);
    assert!(world.assess(POOR).equity.is_negative());
    let unit = world.switch(POOR, false);
    accept(&mut world, vec![unit]);
}
