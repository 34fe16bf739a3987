//! B-CLOSE.

use super::{accept, insured, poor, refuse, refuse_spoiled, LOTS, POOR, SHAPE};
use cloister_ledger::{
    account::Account, BatchError, BatchWitness, InstructionKind, RecordKind, Side, StateError, UnitError, UnitRequest,
};
use cloister_ledger_testing::World;
use cloister_types::{AccountIndex, Amount, Money, Position};

const CLOSER: usize = 1;

fn account(world: &World, trader: usize) -> Option<&Account> {
    let state = world.state.account(AccountIndex(trader as u32));
    state.map(|state| &state.account)
}

/// Gives the closing trader this cash and position.
fn holding(cash: i128, lots: i64) -> World {
    holding_in(cash, &[(2, lots)])
}

/// Gives the closing trader this cash and lots of some rows.
fn holding_in(cash: i128, lots: &[(usize, i64)]) -> World {
    let mut world = World::with_traders(1, 4, SHAPE);
    let index = AccountIndex(CLOSER as u32);
    let mut state = world.state.account(index).expect("open").clone();
    state.account.cash = Money(cash);
    for (row, lots) in lots {
        state.account.positions[*row] = Position(*lots);
    }
    world.state.restore_account(index, state);
    world
}

#[test]
fn empty_account_should_be_closed() {
    let mut world = holding(0, 0);
    let unit = world.close(CLOSER);
    let (_, effect) = accept(&mut world, vec![unit]);
    let record = &effect.statement.units[0];
    assert_eq!(
        (record.kind, record.kind.code(), record.kind.asked()),
        (RecordKind::Close, 5, 0)
    );
    assert!(record.closes() && effect.units[0].closed);
    assert_eq!(account(&world, CLOSER), None);
    assert_eq!(world.state.tree().leaf(CLOSER as u32), cloister_crypto::Fr::zero());
    // The others go on.
    accept(&mut world, vec![world_padding(2)]);
}

fn world_padding(index: u32) -> UnitRequest {
    UnitRequest::Padding {
        index: AccountIndex(index),
        deposit: Amount::ZERO,
    }
}

#[test]
fn account_that_holds_something_should_stay_as_it_is() {
    let one_row = [(1, 0), (-1, 0), (0, 1), (0, -1), (5, -7), (1 << 78, 0), (-(1 << 78), 0)];
    let one_row = one_row.map(|(cash, lots)| (cash, vec![(2, lots)]));
    // Lots that a sum without sizes would make nothing of, in neighbours and at both ends; the last row.
    let several = [[(1, 5), (2, -5)], [(0, -5), (31, 5)], [(30, 1), (31, -1)]].map(|lots| (0, lots.to_vec()));
    let last = [(0, vec![(31, 1)]), (0, vec![(31, -1)])];
    for (cash, lots) in one_row.into_iter().chain(several).chain(last) {
        let mut world = holding_in(cash, &lots);
        let before = account(&world, CLOSER).expect("open").clone();
        let unit = world.close(CLOSER);
        let (_, effect) = accept(&mut world, vec![unit]);
        let record = &effect.statement.units[0];
        assert_eq!(record.kind, RecordKind::Close);
        assert!(!record.closes() && !effect.units[0].closed);
        let expected = Account {
            nonce: before.nonce + 1,
            ..before
        };
        assert_eq!(account(&world, CLOSER), Some(&expected));
    }
}

#[test]
fn deposit_that_comes_with_the_close_should_count() {
    for (cash, deposit, closes) in [(-3, 3, true), (0, 3, false)] {
        let mut world = holding(cash, 0);
        let unit = UnitRequest::Close {
            index: AccountIndex(CLOSER as u32),
            deposit: Amount(deposit),
        };
        accept(&mut world, vec![unit]);
        assert_eq!(account(&world, CLOSER).is_none(), closes);
    }
}

#[test]
fn close_should_take_no_transfer() {
    // Neither one that keeps the account open, nor one that pays what it owes.
    for cash in [0, -3] {
        let mut world = holding(cash, 0);
        let mut units = Vec::from(world.transfer(2, CLOSER, 3));
        units[1] = world.close(CLOSER);
        refuse(&mut world, units, BatchError::Unit(1, UnitError::IncomingInClose));
    }
}

#[test]
fn closed_account_should_have_no_further_unit() {
    let mut world = holding(0, 0);
    let request = {
        let units = vec![world.close(CLOSER), world_padding(CLOSER as u32)];
        world.padded(SHAPE, units)
    };
    let before = world.state.clone();
    assert_eq!(
        world.state.apply(SHAPE, &request).map(drop),
        Err(StateError::NoAccount(1))
    );
    assert!(world.state == before, "a refused batch changes nothing");
    let unit = world.close(CLOSER);
    accept(&mut world, vec![unit]);
    // Not even with the old leaf in hand.
    let pad = vec![world_padding(2)];
    let spoil = |w: &mut BatchWitness| {
        w.units[0].index = AccountIndex(CLOSER as u32);
        w.units[0].path = world.state.tree().path(CLOSER as u32);
    };
    refuse_spoiled(&world, pad, spoil, BatchError::Unit(0, UnitError::Path));
}

#[test]
fn account_that_owes_money_should_stay() {
    let mut world = insured();
    poor(&mut world, Side::Buy, -30);
    assert!(world.assess(POOR).equity.is_negative());
    let unit = world.close(POOR);
    accept(&mut world, vec![unit]);
    assert_eq!(account(&world, POOR).expect("open").positions[0], Position(LOTS as i64));
}

#[test]
fn close_takes_neither_instruction_nor_fill_nor_payment_nor_flags() {
    let mut world = holding(0, 0);
    let signed = world.instruct(CLOSER, InstructionKind::Cancel, 0);
    let units = vec![world.close(CLOSER)];
    let sign = |w: &mut BatchWitness| w.units[0].places[0].signed = signed;
    let error = BatchError::Unit(0, UnitError::InstructionInMode);
    refuse_spoiled(&world, units.clone(), sign, error);
    let fill = |w: &mut BatchWitness| w.units[0].places[0].fill.fee.0 = 1;
    let error = BatchError::Unit(0, UnitError::FillInMode);
    refuse_spoiled(&world, units.clone(), fill, error);
    let pay = |w: &mut BatchWitness| (w.units[0].requested, w.units[0].paid) = (Amount(1), Amount(1));
    let error = BatchError::Unit(0, UnitError::ForcedInMode);
    refuse_spoiled(&world, units.clone(), pay, error);
    let flip = |w: &mut BatchWitness| w.units[0].new_switches.transfers ^= true;
    let error = BatchError::Unit(0, UnitError::SwitchesChanged);
    refuse_spoiled(&world, units, flip, error);
}

/// Padding, then the units: an account that is closed pads no more.
fn last(units: Vec<UnitRequest>) -> Vec<UnitRequest> {
    let padding = usize::from(SHAPE.units) - units.len();
    (0..padding).map(|_| world_padding(0)).chain(units).collect()
}

/// Every request of an owner can be proven, with one outcome, wherever a market has come to.
#[test]
fn every_request_has_one_outcome_in_every_state() {
    let (mut closed, mut stayed, mut paid) = (0, 0, 0);
    for seed in 0..10 {
        let mut world = World::with_traders(seed, 3, SHAPE);
        for _ in 0..25 {
            let request = world.random_batch(SHAPE);
            world.apply(SHAPE, &request);
            let trader = world.random.below(world.state.accounts().count() as u64) as usize;
            let before = account(&world, trader).expect("open").clone();
            for unit in [
                world.switch(trader, true),
                world.switch(trader, false),
                world.close(trader),
            ] {
                let mut world = world.clone();
                let closes = unit.mode() == cloister_ledger::Mode::Close && before.is_empty();
                accept(&mut world, last(vec![unit]));
                assert_eq!(account(&world, trader).is_none(), closes);
                closed += usize::from(closes);
                stayed += usize::from(!closes);
            }
            // All that is free is paid, and then the close works where nothing is left.
            let mut world = world.clone();
            let units = vec![world.force(trader, u64::MAX), world.close(trader)];
            let (_, effect) = accept(&mut world, last(units));
            let left = &effect.units[2].after;
            assert_eq!(account(&world, trader).is_none(), left.is_empty());
            paid += usize::from(left.is_empty());
        }
    }
    println!("{closed} closed, {stayed} not, {paid} after a withdrawal");
    assert!(stayed > 100 && paid > 5, "{stayed} {paid}");
}
