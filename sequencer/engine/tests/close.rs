//! A queued close.

use cloister_engine::{Effect, InputError, Rejection, Removal};
use cloister_engine_testing::*;
use cloister_ledger::InstructionKind;
use cloister_types::AccountIndex;
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
    let mut engine = engine(2, 0);
    // At rest with no margin: what reduces nothing and costs nothing is not taken, so it rests by a deposit.
    engine.deposit(AccountIndex(1), cloister_types::Amount(RICH)).unwrap();
    submit(&mut engine, buy(1, 1, 1, MARK)).unwrap();
    let empty = BTreeMap::from([(AccountIndex(1), Default::default())]);
    engine.rebase(&empty).unwrap();
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
    assert!(submit(&mut engine, market(sell(0, 1, 1, MARK))).is_err());
}

#[test]
fn close_of_an_account_that_holds_something_should_change_nothing() {
    let mut engine = engine(2, RICH);
    let before = engine.clone();
    assert_eq!(engine.close(AccountIndex(1)), Ok(Vec::new()));
    assert!(engine == before);
    submit(&mut engine, buy(1, 1, 1, MARK)).unwrap();
    let unknown = AccountIndex(2);
    assert_eq!(engine.close(unknown), Err(InputError::UnknownAccount(unknown)));
}

#[test]
fn account_that_holds_something_at_another_table_should_go_on() {
    let mut engine = engine(2, RICH);
    let held = engine.account(AccountIndex(1)).unwrap().holdings;
    engine
        .rebase(&BTreeMap::from([(AccountIndex(1), Default::default())]))
        .unwrap();
    engine.close(AccountIndex(1)).unwrap();
    engine.rebase(&BTreeMap::from([(AccountIndex(1), held)])).unwrap();
    submit(&mut engine, buy(1, 1, 1, MARK)).unwrap();
}
