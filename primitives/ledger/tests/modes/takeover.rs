//! B-TAKEOVER.

use super::{accept, insured, margin, poor, refuse, refuse_spoiled, LOTS, POOR};
use cloister_ledger::{account::Account, BatchError, Fill, InstructionKind, Side, UnitError, UnitRequest};
use cloister_risk::{MarginError, Positions};
use cloister_types::{AccountIndex, Amount, InstructionId, Money, Position};

#[test]
fn an_insolvent_account_passes_to_the_house_and_keeps_what_it_signed() {
    for (side, percent) in [(Side::Buy, -30), (Side::Sell, 40)] {
        let mut world = insured();
        poor(&mut world, side, percent);
        let house = world.state.house().clone();
        let equity = world.assess(POOR).equity;
        assert!(equity < Money::ZERO);
        let before = world.state.account(AccountIndex(POOR as u32)).expect("open").clone();
        let units = vec![world.take_over(POOR)];
        let (_, effect) = accept(&mut world, units);
        let after = world.state.account(AccountIndex(POOR as u32)).expect("open");
        let emptied = Account {
            cash: Money::ZERO,
            positions: Positions::default(),
            nonce: before.account.nonce + 1,
            ..before.account.clone()
        };
        assert_eq!((&after.account, &after.orders), (&emptied, &before.orders));
        assert_eq!(effect.house.positions[0], Position(side.sign() * LOTS as i64));
        assert_eq!(
            effect.house.insurance,
            Money(house.insurance.get() + before.account.cash.get())
        );
        assert_eq!(effect.units[0].taken_over, equity);
        assert_eq!(
            effect.statement.units[0].kind.code(),
            0,
            "a takeover looks like any update"
        );
        // The order that filled is used up as before.
        let id = world.traders[POOR].next_id;
        assert_eq!(
            world
                .state
                .slot(AccountIndex(POOR as u32), InstructionId(id))
                .map(|s| s.id),
            Some(InstructionId(id))
        );
    }
}

#[test]
fn a_solvent_account_should_not_be_taken_over() {
    let mut world = insured();
    poor(&mut world, Side::Buy, -13);
    let units = vec![world.take_over(POOR)];
    refuse(&mut world, units, margin(0, MarginError::Solvent));
}

#[test]
fn a_deposit_or_a_transfer_that_makes_it_solvent_comes_first() {
    let mut world = insured();
    poor(&mut world, Side::Buy, -30);
    let owed = u64::try_from(-world.assess(POOR).equity.get()).expect("small");
    let take = |deposit| UnitRequest::Takeover {
        index: AccountIndex(POOR as u32),
        deposit,
    };
    refuse(&mut world, vec![take(Amount(owed))], margin(0, MarginError::Solvent));
    accept(&mut world.clone(), vec![take(Amount(owed - 1))]);
    let [send, _] = world.transfer(3, POOR, owed);
    refuse(
        &mut world,
        vec![send, take(Amount::ZERO)],
        margin(1, MarginError::Solvent),
    );
}

#[test]
fn a_house_that_cannot_carry_it_should_not_take_it_over() {
    let mut world = cloister_ledger_testing::World::with_traders(1, 4, super::SHAPE);
    poor(&mut world, Side::Buy, -30);
    let units = vec![world.take_over(POOR)];
    refuse(
        &mut world,
        units,
        BatchError::HouseMargin(MarginError::InitialMarginShort),
    );
}

#[test]
fn nothing_else_can_stand_in_a_takeover() {
    let mut world = insured();
    poor(&mut world, Side::Buy, -30);
    let signed = world.instruct(POOR, InstructionKind::Withdrawal, 0);
    refuse_spoiled(
        &world,
        vec![world.take_over(POOR)],
        |w| w.units[0].places[0].signed = signed,
        BatchError::Unit(0, UnitError::InstructionInMode),
    );
    refuse_spoiled(
        &world,
        vec![world.take_over(POOR)],
        |w| (w.units[0].paid, w.units[0].requested) = (Amount(1), Amount(1)),
        BatchError::Unit(0, UnitError::ForcedInMode),
    );
}

#[test]
fn an_insolvent_account_can_do_nothing_that_is_signed() {
    let mut world = insured();
    poor(&mut world, Side::Buy, -30);
    let signed = world.instruct(POOR, InstructionKind::Cancel, 0);
    let cancel = vec![UnitRequest::Normal {
        index: AccountIndex(POOR as u32),
        deposit: Amount::ZERO,
        places: vec![(signed, Fill::default())],
    }];
    refuse(&mut world, cancel, margin(0, MarginError::NegativeEquity));
    // What the rules leave to it.
    let rekey = world.rekey(POOR);
    let units = vec![
        rekey,
        world.force(POOR, 5),
        UnitRequest::Padding {
            index: AccountIndex(POOR as u32),
            deposit: Amount(7),
        },
    ];
    let (_, effect) = accept(&mut world, units);
    assert_eq!(effect.statement.units[1].withdrawal, Amount::ZERO);
}
