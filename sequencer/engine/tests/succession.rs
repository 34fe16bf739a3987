//! An engine that takes over from one before it.

use cloister_engine::{Effect, Engine, OrderKey, Rejection};
use cloister_engine_testing::*;
use cloister_ledger::InstructionKind;
use cloister_types::{AccountIndex, InstructionId, InstrumentId, Lots};

const RICH: u64 = 1_000_000_000;

fn key(account: u32, id: u64) -> OrderKey {
    OrderKey {
        account: AccountIndex(account),
        id: InstructionId(id),
    }
}

#[test]
fn numbers_of_fills_go_on_in_a_successor() {
    let mut before = engine(2, RICH);
    submit(&mut before, sell(0, 1, 5, MARK)).unwrap();
    submit(&mut before, buy(1, 1, 5, MARK)).unwrap();
    let mut after = engine(2, RICH);
    after.number_after(&before);
    submit(&mut after, sell(0, 2, 5, MARK)).unwrap();
    let accepted = submit(&mut after, buy(1, 2, 5, MARK)).unwrap();
    assert!(matches!(&accepted.effects[..], [Effect::Filled(fill)] if fill.id == 1));
    // One that has counted further stays there.
    after.number_after(&before);
    submit(&mut after, sell(0, 3, 5, MARK)).unwrap();
    let accepted = submit(&mut after, buy(1, 3, 5, MARK)).unwrap();
    assert!(matches!(&accepted.effects[..], [Effect::Filled(fill)] if fill.id == 2));
}

#[test]
fn an_id_that_was_taken_is_refused_by_a_successor() {
    let mut before = engine(2, RICH);
    submit(&mut before, sell(0, 1, 5, MARK)).unwrap();
    submit(&mut before, sell(0, 512 + 3, 5, MARK)).unwrap();
    let mut after = engine(1, RICH);
    after.succeed(&before);
    assert_eq!(
        submit(&mut after, sell(0, 1, 5, MARK)).unwrap_err(),
        Rejection::Duplicate(InstructionId(1))
    );
    assert_eq!(
        submit(&mut after, sell(0, 3, 5, MARK)).unwrap_err(),
        Rejection::SlotConflict {
            slot: 3,
            holds: InstructionId(512 + 3)
        }
    );
    submit(&mut after, sell(0, 2, 5, MARK)).unwrap();
}

/// What a cancel of order 1 of account 0 states: what is filled of it, and the most that ever was.
fn stated(engine: &mut Engine) -> (u64, u64) {
    let accepted = submit(engine, other(InstructionKind::Cancel, 0, 1, 0)).unwrap();
    (accepted.filled.get(), accepted.most.get())
}

/// Three of ten lots were filled, and are void; then one of the rest is.
fn voided() -> Engine {
    let mut engine = engine(2, RICH);
    submit(&mut engine, sell(0, 1, 10, MARK)).unwrap();
    let accepted = submit(&mut engine, buy(1, 1, 3, MARK)).unwrap();
    let [Effect::Filled(fill)] = &accepted.effects[..] else {
        panic!("{accepted:?}");
    };
    let fill = fill.clone();
    engine.void(&fill);
    submit(&mut engine, buy(1, 2, 1, MARK)).unwrap();
    engine
}

#[test]
fn a_cancel_should_state_void_fills_which_may_settle_yet() {
    let mut engine = voided();
    assert_eq!(stated(&mut engine), (1, 3));
    // More than that is stated too.
    let mut engine = voided();
    submit(&mut engine, buy(1, 3, 4, MARK)).unwrap();
    assert_eq!(stated(&mut engine), (5, 5));
    // Of an order that never traded, and of no order.
    let mut engine = self::engine(1, RICH);
    submit(&mut engine, sell(0, 1, 5, MARK)).unwrap();
    assert_eq!(stated(&mut engine), (0, 0));
    let accepted = submit(&mut engine, other(InstructionKind::CancelAll, 0, 7, 0)).unwrap();
    assert_eq!((accepted.filled, accepted.most), (Lots(0), Lots(0)));
}

#[test]
fn a_cancel_should_state_void_fills_after_a_succession_and_a_snapshot() {
    let mut after = engine(2, RICH);
    submit(&mut after, sell(0, 1, 10, MARK)).unwrap();
    after.succeed(&voided());
    assert_eq!(stated(&mut after), (0, 3));

    // What the ledger of the successor has is filled, even if the one before did not know of it.
    let mut after = engine(2, RICH);
    submit(&mut after, sell(0, 1, 10, MARK)).unwrap();
    submit(&mut after, buy(1, 1, 4, MARK)).unwrap();
    let mut before = engine(2, RICH);
    submit(&mut before, sell(0, 1, 10, MARK)).unwrap();
    after.succeed(&before);
    assert_eq!(stated(&mut after), (4, 4));

    let kept = voided().encoded_at(0);
    let mut after = Engine::decode(&mut &kept[..]).unwrap();
    assert_eq!(stated(&mut after), (1, 3));
}

#[test]
fn what_a_cancel_all_made_void_is_void_in_a_successor() {
    let mut before = engine(1, RICH);
    submit(&mut before, other(InstructionKind::CancelAll, 0, 7, 0)).unwrap();
    let mut after = engine(1, RICH);
    after.succeed(&before);
    assert_eq!(
        submit(&mut after, sell(0, 5, 5, MARK)).unwrap_err(),
        Rejection::BelowMinId {
            id: InstructionId(5),
            min_id: InstructionId(7)
        }
    );
    // It never goes back.
    after.succeed(&engine(1, RICH));
    assert_eq!(after.account(AccountIndex(0)).unwrap().min_id, InstructionId(7));
}

#[test]
fn an_order_is_trimmed_in_the_book_and_in_its_account() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, sell(0, 1, 5, MARK)).unwrap();
    // Less is left already, or nothing may be left: then nothing changes.
    for most in [9, 5, 0] {
        engine.trim(key(0, 1), Lots(most));
        assert_eq!(engine.depth(InstrumentId(BTC), 1).asks[0].quantity, 5);
    }
    engine.trim(key(0, 2), Lots(1));
    engine.trim(key(9, 1), Lots(1));
    engine.trim(key(0, 1), Lots(2));
    assert_eq!(engine.depth(InstrumentId(BTC), 1).asks[0].quantity, 2);
    let accepted = submit(&mut engine, buy(1, 1, 5, MARK)).unwrap();
    assert_eq!(prints(&accepted), [(0, MARK, 2)]);
    let view = engine.account(AccountIndex(0)).unwrap();
    assert_eq!(view.open_orders().count(), 0);
}
