//! Queued forced withdrawals and re-keys.

use cloister_crypto::Fr;
use cloister_engine::{Effect, InputError, Rejection, Removal};
use cloister_engine_testing::*;
use cloister_ledger::InstructionKind;
use cloister_types::{AccountIndex, Amount};
use std::collections::BTreeMap;

const RICH: u64 = 1_000_000 * ONE;
const ALL: Amount = Amount(u64::MAX);
const ONE_OF_TWO: AccountIndex = AccountIndex(1);

#[test]
fn what_a_forced_withdrawal_asks_for_should_not_be_free_until_it_is_paid() {
    let mut engine = engine(2, RICH);
    engine.force_withdrawal(ONE_OF_TWO, ALL).unwrap();
    for instruction in [
        buy(1, 1, 1, MARK),
        other(InstructionKind::Withdrawal, 1, 2, 1),
        market(sell(1, 3, 1, MARK)),
    ] {
        let refused = submit(&mut engine, instruction);
        assert!(
            matches!(
                refused,
                Err(Rejection::InsufficientMargin { .. } | Rejection::WithdrawalShort { .. })
            ),
            "{refused:?}"
        );
    }
    // Cancels are as good as ever.
    let accepted = submit(&mut engine, other(InstructionKind::CancelAll, 1, 4, 0)).unwrap();
    assert!(matches!(accepted.effects[..], [Effect::Bound(_)]));
    // It pays nearly all.
    engine.pay_forced(ONE_OF_TWO, ALL, Amount(RICH - 1_000 * ONE)).unwrap();
    assert_eq!(cash(&engine, 1), i128::from(1_000 * ONE));
    submit(&mut engine, buy(1, 5, 1, MARK)).unwrap();
    let short = submit(&mut engine, buy(1, 6, 900, MARK));
    assert!(matches!(short, Err(Rejection::InsufficientMargin { .. })));
}

#[test]
fn small_forced_withdrawal_should_leave_the_rest_free() {
    let mut engine = engine(2, RICH);
    engine.force_withdrawal(ONE_OF_TWO, Amount(5)).unwrap();
    submit(&mut engine, sell(1, 1, 10, MARK)).unwrap();
    submit(&mut engine, market(buy(0, 1, 4, MARK))).unwrap();
    assert_eq!(position(&engine, 1), -4);
    let before = cash(&engine, 1);
    engine.pay_forced(ONE_OF_TWO, Amount(5), Amount(5)).unwrap();
    assert_eq!(cash(&engine, 1), before - 5);
}

#[test]
fn order_at_rest_without_margin_should_leave_the_book_when_it_is_met() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, sell(1, 1, 10, MARK)).unwrap();
    engine.force_withdrawal(ONE_OF_TWO, ALL).unwrap();
    let accepted = submit(&mut engine, buy(0, 1, 4, MARK)).unwrap();
    let removed = |effect: &Effect| {
        matches!(effect, Effect::Removed { key: found, reason: Removal::Rule(_), .. } if
    *found == key(1, 1))
    };
    assert!(accepted.effects.iter().any(removed), "{:?}", accepted.effects);
    assert_eq!(position(&engine, 1), 0);
    assert_eq!(cash(&engine, 1), i128::from(RICH));
}

#[test]
fn rebase_should_forget_what_was_asked_for() {
    let mut engine = engine(2, RICH);
    engine.force_withdrawal(ONE_OF_TWO, ALL).unwrap();
    let held = engine.account(ONE_OF_TWO).unwrap().holdings;
    engine.rebase(&BTreeMap::from([(ONE_OF_TWO, held)])).unwrap();
    submit(&mut engine, buy(1, 1, 1, MARK)).unwrap();
}

#[test]
fn rekey_should_cancel_what_the_old_key_signed_and_take_the_new_one_only() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, sell(1, 1, 10, MARK)).unwrap();
    submit(&mut engine, market(buy(0, 1, 4, MARK))).unwrap();
    let effects = engine.rekey(ONE_OF_TWO, secret(9).public(), Fr::from(99)).unwrap();
    assert!(
        matches!(
            effects[..],
            [Effect::Removed { key: found, reason: Removal::Cancelled, .. }] if found == key(1, 1)
        ),
        "{effects:?}"
    );
    // What it holds stays, and so do the ids that were used.
    assert_eq!(position(&engine, 1), -4);
    assert_eq!(engine.account(ONE_OF_TWO).unwrap().view_key, Fr::from(99));
    let refused = submit(&mut engine, buy(1, 2, 1, MARK));
    assert_eq!(refused, Err(Rejection::BadSignature));
    let newly = |instruction: cloister_ledger::Instruction| instruction.sign(&GENESIS, &secret(9));
    assert!(engine.submit(NOW, newly(sell(1, 1, 10, MARK))).is_err());
    engine.submit(NOW, newly(buy(1, 2, 1, MARK))).unwrap();
}

#[test]
fn requests_of_unknown_accounts_should_be_refused() {
    let mut engine = engine(2, RICH);
    let nobody = AccountIndex(2);
    let unknown = || InputError::UnknownAccount(nobody);
    assert_eq!(engine.force_withdrawal(nobody, ALL), Err(unknown()));
    assert_eq!(engine.pay_forced(nobody, ALL, ALL), Err(unknown()));
    assert_eq!(engine.rekey(nobody, secret(9).public(), Fr::from(9)), Err(unknown()));
    let too_much = InputError::CashRange(ONE_OF_TWO);
    engine
        .rebase(&BTreeMap::from([(
            ONE_OF_TWO,
            cloister_engine::Holdings {
                cash: cloister_types::Money(-(1 << 79)),
                ..Default::default()
            },
        )]))
        .unwrap();
    assert_eq!(engine.pay_forced(ONE_OF_TWO, ALL, ALL), Err(too_much));
}
