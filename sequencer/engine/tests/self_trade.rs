//! Self-trade prevention: which of two orders of one account leaves.

use cloister_engine::{OrderOutcome, Rejection, Removal};
use cloister_engine_testing::*;
use cloister_ledger::instruction::flags;
use cloister_types::{AccountIndex, InstructionId, InstrumentId, Lots, Price};

const RICH: u64 = 1_000_000 * ONE;

#[test]
fn the_oldest_should_leave_and_matching_go_on() {
    let mut engine = engine(3, RICH);
    submit(&mut engine, sell(0, 1, 2, MARK)).unwrap();
    submit(&mut engine, sell(1, 1, 2, MARK)).unwrap();
    submit(&mut engine, sell(0, 2, 2, MARK + 1)).unwrap();
    submit(&mut engine, sell(2, 1, 2, MARK + 1)).unwrap();
    let taken = submit(
        &mut engine,
        with_flags(buy(0, 3, 9, MARK + 1), flags::SELF_TRADE_OLDEST),
    )
    .unwrap();
    assert_eq!(prints(&taken), [(1, MARK, 2), (2, MARK + 1, 2)]);
    assert_eq!(
        removals(&taken.effects),
        [(0, 1, Removal::SelfTrade), (0, 2, Removal::SelfTrade)]
    );
    assert_eq!(taken.order.unwrap().resting, Lots(5));
    let depth = engine.depth(InstrumentId(BTC), 5);
    assert_eq!((depth.asks.len(), depth.bids[0].price), (0, Price(MARK + 1)));
}

#[test]
fn both_should_leave_even_if_nothing_was_filled_before() {
    let mut engine = engine(3, RICH);
    submit(&mut engine, sell(0, 1, 2, MARK)).unwrap();
    submit(&mut engine, sell(1, 1, 2, MARK)).unwrap();
    let taken = submit(&mut engine, with_flags(buy(0, 2, 9, MARK), flags::SELF_TRADE_BOTH)).unwrap();
    assert_eq!(
        removals(&taken.effects),
        [(0, 1, Removal::SelfTrade), (0, 2, Removal::SelfTrade)]
    );
    let outcome = OrderOutcome {
        dropped: Some(Removal::SelfTrade),
        ..OrderOutcome::default()
    };
    assert_eq!(taken.order, Some(outcome));
    assert_eq!(engine.account(AccountIndex(0)).unwrap().open_orders().count(), 0);
    // After others were filled: what is left of it leaves together with the one it meets.
    submit(&mut engine, sell(0, 3, 2, MARK + 1)).unwrap();
    let taken = submit(&mut engine, with_flags(buy(0, 4, 9, MARK + 1), flags::SELF_TRADE_BOTH)).unwrap();
    assert_eq!(prints(&taken), [(1, MARK, 2)]);
    assert_eq!(engine.depth(InstrumentId(BTC), 1), Default::default());
}

#[test]
fn the_choice_is_the_newer_orders_and_a_refusal_should_keep_both() {
    let mut engine = engine(2, RICH);
    // What the order at rest asks for does not matter.
    submit(&mut engine, with_flags(sell(0, 1, 2, MARK), flags::SELF_TRADE_OLDEST)).unwrap();
    assert_eq!(
        submit(&mut engine, buy(0, 2, 9, MARK)),
        Err(Rejection::SelfTrade(InstructionId(1)))
    );
    // Fill-or-kill is refused as a whole, with the own order where it was.
    for choice in [flags::SELF_TRADE_OLDEST, flags::SELF_TRADE_BOTH] {
        let kill = with_flags(buy(0, 2, 9, MARK), flags::FILL_OR_KILL | choice);
        assert!(matches!(
            submit(&mut engine, kill),
            Err(Rejection::NotFilledInFull { .. })
        ));
        let post_only = with_flags(buy(0, 2, 9, MARK), flags::POST_ONLY | choice);
        assert_eq!(
            submit(&mut engine, post_only),
            Err(Rejection::WouldCross { best: Price(MARK) })
        );
    }
    assert_eq!(engine.depth(InstrumentId(BTC), 1).asks[0].quantity, 2);
}
