//! A queued close.

use cloister_engine::{Effect, Engine, InputError, Rejection, Removal};
use cloister_engine_testing::*;
use cloister_ledger::InstructionKind;
use cloister_types::{AccountIndex, InstrumentId};
use std::collections::BTreeMap;

const RICH: u64 = 1_000_000 * ONE;

#[test]
fn close_of_an_empty_account_should_drop_its_orders_and_take_nothing_more() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, other(InstructionKind::Withdrawal, 1, 1, RICH)).unwrap();
    assert_eq!(engine.close(AccountIndex(1)), Ok(Vec::new()));
    for instruction in [buy(1, 2, 1, MARK), other(InstructionKind::CancelAll, 1, 3, 0)] {
        let refused = submit(&mut engine, instruction);
        assert_eq!(refused, Err(Rejection::UnknownAccount(AccountIndex(1))));
    }
}

#[test]
fn resting_orders_should_leave_the_books_with_their_account() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, buy(1, 1, 1, MARK)).unwrap();
    let effects = engine.close(AccountIndex(1)).unwrap();
    let removed = |effect: &Effect| {
        matches!(
            effect,
            Effect::Removed {
                reason: Removal::Cancelled,
                ..
            }
        )
    };
    assert!(effects.len() == 1 && effects.iter().all(removed), "{effects:?}");
    assert!(engine.depth(InstrumentId(BTC), 1).bids.is_empty());
}

#[test]
fn unknown_account_cannot_be_closed() {
    let unknown = AccountIndex(2);
    assert_eq!(engine(2, RICH).close(unknown), Err(InputError::UnknownAccount(unknown)));
}

#[test]
fn rebase_should_close_who_is_not_named_and_let_the_others_go_on() {
    let mut engine = engine(2, RICH);
    let held = |engine: &Engine, index| (index, engine.account(index).unwrap().holdings);
    let (first, second) = (held(&engine, AccountIndex(0)), held(&engine, AccountIndex(1)));
    // At another table funding may have left something, and then the close takes no effect; or nothing, and it does.
    engine.close(AccountIndex(1)).unwrap();
    engine.rebase(&BTreeMap::from([second])).unwrap();
    submit(&mut engine, buy(1, 1, 1, MARK)).unwrap();
    let refused = submit(&mut engine, sell(0, 1, 1, MARK));
    assert_eq!(refused, Err(Rejection::UnknownAccount(AccountIndex(0))));
    engine.rebase(&BTreeMap::from([first, second])).unwrap();
    submit(&mut engine, sell(0, 1, 1, MARK)).unwrap();
}

#[test]
fn only_a_closed_account_should_be_forgotten() {
    let mut engine = engine(2, RICH);
    engine.close(AccountIndex(1)).unwrap();
    engine.forget(AccountIndex(0));
    engine.forget(AccountIndex(1));
    assert!(engine.accounts().map(|(index, _)| index).eq([AccountIndex(0)]));
}
