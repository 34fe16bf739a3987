//! Price-time priority, order kinds, fees and what cancels do.

use cloister_engine::{Effect, OrderOutcome, Removal, TradeError};
use cloister_engine_testing::*;
use cloister_ledger::{instruction::flags, InstructionKind};
use cloister_types::{AccountIndex, Amount, InstructionId, InstrumentId, Lots, PerLot, Price, Total};

const RICH: u64 = 1_000_000 * ONE;

#[test]
fn a_taker_meets_the_best_price_first_and_then_the_oldest_order() {
    let mut engine = engine(5, RICH);
    submit(&mut engine, sell(0, 1, 5, MARK + 2)).unwrap();
    submit(&mut engine, sell(1, 1, 5, MARK + 1)).unwrap();
    submit(&mut engine, sell(2, 1, 5, MARK + 1)).unwrap();
    submit(&mut engine, sell(3, 1, 5, MARK + 3)).unwrap();
    let taken = submit(&mut engine, buy(4, 1, 12, MARK + 2)).unwrap();
    assert_eq!(prints(&taken), [(1, MARK + 1, 5), (2, MARK + 1, 5), (0, MARK + 2, 2)]);
    assert_eq!(
        taken.order,
        Some(OrderOutcome {
            filled: Lots(12),
            resting: Lots(0),
            waits: false,
            dropped: None
        })
    );
    let depth = engine.depth(InstrumentId(BTC), 10);
    let asks: Vec<_> = depth.asks.iter().map(|l| (l.price, l.quantity, l.orders)).collect();
    assert_eq!(asks, [(Price(MARK + 2), 3, 1), (Price(MARK + 3), 5, 1)]);
    assert!(depth.bids.is_empty());
}

#[test]
fn the_rest_of_a_limit_order_rests_at_its_limit() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, sell(0, 1, 5, MARK)).unwrap();
    let taken = submit(&mut engine, buy(1, 1, 8, MARK + 5)).unwrap();
    assert_eq!(prints(&taken), [(0, MARK, 5)]);
    assert_eq!(
        taken.order,
        Some(OrderOutcome {
            filled: Lots(5),
            resting: Lots(3),
            waits: false,
            dropped: None
        })
    );
    assert_eq!(engine.depth(InstrumentId(BTC), 1).bids[0].price, Price(MARK + 5));
    assert_eq!(
        engine
            .account(AccountIndex(1))
            .unwrap()
            .open_order(InstructionId(1))
            .unwrap()
            .remaining,
        Lots(3)
    );
}

#[test]
fn a_fill_moves_positions_and_cash_by_price_funding_and_fee() {
    let mut engine = engine(2, RICH);
    let price = MARK + 7;
    submit(&mut engine, sell(0, 1, 4, price)).unwrap();
    let taken = submit(&mut engine, buy(1, 1, 4, price)).unwrap();
    let fill = fills(&taken)[0];
    let cost = 4 * u128::from(price);
    assert_eq!(fill.cost(), Total(cost));
    assert_eq!(fill.maker.fee, Total((cost * 100).div_ceil(1_000_000)));
    assert_eq!(fill.taker.fee, Total((cost * 500).div_ceil(1_000_000)));
    assert_eq!((position(&engine, 0), position(&engine, 1)), (-4, 4));
    let paid = cost as i128 - 4 * 3 * i128::from(ONE);
    assert_eq!(cash(&engine, 0), i128::from(RICH) + paid - fill.maker.fee.get() as i128);
    assert_eq!(cash(&engine, 1), i128::from(RICH) - paid - fill.taker.fee.get() as i128);
}

#[test]
fn a_fee_stays_below_the_tables_cap() {
    let mut engine = engine(2, RICH);
    let mut capped = table(2);
    capped.header.fee_cap = 50;
    engine.set_table(capped).unwrap();
    submit(&mut engine, sell(0, 1, 3, MARK)).unwrap();
    let taken = submit(&mut engine, buy(1, 1, 3, MARK)).unwrap();
    let cap = Total(3 * u128::from(MARK) * 50 / 1_000_000);
    assert_eq!((fills(&taken)[0].maker.fee, fills(&taken)[0].taker.fee), (cap, cap));
}

#[test]
fn an_immediate_order_never_rests() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, sell(0, 1, 5, MARK)).unwrap();
    let taken = submit(&mut engine, market(buy(1, 1, 8, MARK + 5))).unwrap();
    assert_eq!(
        taken.order,
        Some(OrderOutcome {
            filled: Lots(5),
            resting: Lots(0),
            waits: false,
            dropped: Some(Removal::Immediate)
        })
    );
    assert_eq!(engine.depth(InstrumentId(BTC), 1), Default::default());
    let nobody = submit(&mut engine, market(buy(1, 2, 8, MARK + 5))).unwrap();
    assert_eq!(
        nobody.order,
        Some(OrderOutcome {
            filled: Lots(0),
            resting: Lots(0),
            waits: false,
            dropped: Some(Removal::Immediate)
        })
    );
}

#[test]
fn a_fill_or_kill_order_fills_across_levels() {
    let mut engine = engine(3, RICH);
    submit(&mut engine, sell(0, 1, 5, MARK)).unwrap();
    submit(&mut engine, sell(1, 1, 5, MARK + 1)).unwrap();
    let taken = submit(&mut engine, with_flags(buy(2, 1, 10, MARK + 1), flags::FILL_OR_KILL)).unwrap();
    assert_eq!(prints(&taken), [(0, MARK, 5), (1, MARK + 1, 5)]);
}

#[test]
fn a_post_only_order_rests_when_it_does_not_cross() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, sell(0, 1, 5, MARK + 1)).unwrap();
    let rested = submit(&mut engine, with_flags(buy(1, 1, 5, MARK), flags::POST_ONLY)).unwrap();
    assert_eq!(
        rested.order,
        Some(OrderOutcome {
            filled: Lots(0),
            resting: Lots(5),
            waits: false,
            dropped: None
        })
    );
}

#[test]
fn a_reduce_only_order_fills_no_more_than_the_position() {
    let mut engine = engine(3, RICH);
    submit(&mut engine, sell(0, 1, 20, MARK)).unwrap();
    submit(&mut engine, buy(1, 1, 6, MARK)).unwrap();
    submit(&mut engine, buy(2, 1, 50, MARK)).unwrap();
    let reduced = submit(&mut engine, with_flags(sell(1, 2, 40, MARK), flags::REDUCE_ONLY)).unwrap();
    assert_eq!(prints(&reduced), [(2, MARK, 6)]);
    assert_eq!(position(&engine, 1), 0);
    let outcome = OrderOutcome {
        filled: Lots(6),
        resting: Lots(0),
        waits: false,
        dropped: Some(Removal::NothingToReduce),
    };
    assert_eq!(reduced.order, Some(outcome));
}

#[test]
fn a_resting_reduce_only_order_leaves_the_book_when_nothing_is_left_to_reduce() {
    let mut engine = engine(3, RICH);
    submit(&mut engine, sell(0, 1, 6, MARK)).unwrap();
    submit(&mut engine, buy(1, 1, 6, MARK)).unwrap();
    submit(&mut engine, with_flags(sell(1, 2, 6, MARK + 9), flags::REDUCE_ONLY)).unwrap();
    submit(&mut engine, buy(0, 2, 6, MARK)).unwrap();
    let closed = submit(&mut engine, sell(1, 3, 6, MARK)).unwrap();
    assert_eq!(position(&engine, 1), 0);
    assert_eq!(removals(&closed.effects), [(1, 2, Removal::NothingToReduce)]);
    let met = submit(&mut engine, with_flags(buy(2, 1, 2, MARK + 9), flags::POST_ONLY)).unwrap();
    assert_eq!(met.order.map(|order| order.resting), Some(Lots(2)));
}

#[test]
fn an_order_stops_in_front_of_its_own_accounts_order_after_filling_others() {
    let mut engine = engine(3, RICH);
    submit(&mut engine, sell(0, 1, 2, MARK)).unwrap();
    submit(&mut engine, sell(1, 1, 2, MARK + 1)).unwrap();
    submit(&mut engine, sell(2, 1, 2, MARK + 1)).unwrap();
    let taken = submit(&mut engine, buy(1, 2, 6, MARK + 1)).unwrap();
    assert_eq!(prints(&taken), [(0, MARK, 2)]);
    assert_eq!(
        taken.order,
        Some(OrderOutcome {
            filled: Lots(2),
            resting: Lots(0),
            waits: false,
            dropped: Some(Removal::SelfTrade)
        })
    );
    assert!(engine
        .account(AccountIndex(1))
        .unwrap()
        .open_order(InstructionId(1))
        .is_some());
}

#[test]
fn a_maker_that_lost_its_margin_is_dropped_and_matching_goes_on() {
    let mut engine = engine(3, RICH);
    // Account 9 can hold 10 lots: each needs 1.5 * (105% of 10% + 1% or 2%) of the mark.
    engine
        .open(AccountIndex(9), secret(9).public(), 1.into(), Amount(200 * ONE))
        .unwrap();
    submit(&mut engine, sell(9, 1, 9, MARK)).unwrap();
    submit(&mut engine, sell(1, 1, 9, MARK)).unwrap();
    let mut riskier = table(2);
    riskier.rows[0].scenarios = riskier.rows[0].scenarios.map(|r| PerLot(r.get() * 2));
    engine.set_table(riskier).unwrap();
    let taken = submit(&mut engine, buy(2, 1, 9, MARK)).unwrap();
    assert_eq!(prints(&taken), [(1, MARK, 9)]);
    let reason = Removal::Rule(TradeError::Margin(cloister_risk::MarginError::InitialMarginShort));
    let key = key(9, 1);
    assert!(taken.effects.contains(&Effect::Removed {
        key,
        remaining: Lots(9),
        reason
    }));
    assert!(engine
        .account(AccountIndex(9))
        .unwrap()
        .open_order(InstructionId(1))
        .is_none());
}

#[test]
fn orders_outside_the_band_of_a_new_table_leave_the_book() {
    let mut engine = engine(3, RICH);
    submit(&mut engine, sell(0, 1, 5, MARK - MARK / 10)).unwrap();
    submit(&mut engine, buy(0, 2, 5, MARK - MARK / 10 - 1)).unwrap_err();
    submit(&mut engine, sell(0, 3, 5, MARK + MARK / 100)).unwrap();
    // The band is then 99 to 121.
    let effects = engine.set_table(table_at(2, MARK + MARK / 10)).unwrap();
    assert_eq!(removals(&effects), [(0, 1, Removal::Rule(TradeError::Band))]);
    // It stands in nobody's way, and binds no margin.
    let post_only = with_flags(buy(1, 1, 5, MARK), flags::POST_ONLY);
    assert_eq!(submit(&mut engine, post_only).unwrap().order.unwrap().resting, Lots(5));
    let rows = engine
        .account(AccountIndex(0))
        .unwrap()
        .open_risks(engine.table(), 0, None);
    assert_eq!(rows.unwrap().len(), 1);
}

#[test]
fn a_cancel_takes_the_order_out_and_binds() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, buy(0, 5, 5, MARK)).unwrap();
    let cancel = sign(other(InstructionKind::Cancel, 0, 5, 0));
    let done = engine.submit(NOW, cancel.clone()).unwrap();
    let key = key(0, 5);
    let removed = Effect::Removed {
        key,
        remaining: Lots(5),
        reason: Removal::Cancelled,
    };
    assert_eq!(done.effects, [removed, Effect::Bound(cancel.into())]);
    assert_eq!(engine.depth(InstrumentId(BTC), 1), Default::default());
}

#[test]
fn a_cancel_of_an_account_with_negative_equity_holds_but_is_not_bound() {
    let mut engine = engine(2, 300 * ONE);
    submit(&mut engine, sell(1, 1, 10, MARK)).unwrap();
    submit(&mut engine, buy(0, 1, 10, MARK)).unwrap();
    // It waits, so the crash does not take it out.
    submit(&mut engine, below(sell(0, 2, 10, MARK / 4), MARK / 4)).unwrap();
    let mut crash = table(2);
    crash.rows[0] = row(BTC, MARK / 2, 3 * ONE as i64);
    engine.set_table(crash).unwrap();
    let cancel = sign(other(InstructionKind::Cancel, 0, 2, 0));
    let done = engine.submit(NOW, cancel.clone()).unwrap();
    assert_eq!(done.effects.last(), Some(&Effect::Unbound(cancel.into())));
    assert!(engine
        .account(AccountIndex(0))
        .unwrap()
        .waiting_order(InstructionId(2))
        .is_none());
}

#[test]
fn a_cancel_all_takes_every_lower_order_out() {
    let mut engine = engine(2, RICH);
    for id in 1..=4 {
        submit(&mut engine, buy(0, id, 5, MARK - id)).unwrap();
    }
    submit(&mut engine, other(InstructionKind::CancelAll, 0, 3, 0)).unwrap();
    let left: Vec<InstructionId> = engine
        .account(AccountIndex(0))
        .unwrap()
        .open_orders()
        .map(|(id, _)| id)
        .collect();
    assert_eq!(left, [InstructionId(4)]);
    assert_eq!(engine.account(AccountIndex(0)).unwrap().min_id, InstructionId(3));
}

#[test]
fn a_withdrawal_takes_cash() {
    let mut engine = engine(1, 100 * ONE);
    submit(&mut engine, other(InstructionKind::Withdrawal, 0, 9, 60 * ONE)).unwrap();
    assert_eq!(cash(&engine, 0), i128::from(40 * ONE));
}

#[test]
fn orders_leave_the_book_when_they_expire() {
    let mut engine = engine(1, RICH);
    submit(&mut engine, buy(0, 1, 5, MARK)).unwrap();
    assert_eq!(engine.advance(LATER), []);
    let removed = Effect::Removed {
        key: key(0, 1),
        remaining: Lots(5),
        reason: Removal::Expired,
    };
    assert_eq!(engine.advance(LATER + 1), [removed]);
    assert_eq!(engine.depth(InstrumentId(BTC), 1), Default::default());
}

#[test]
fn orders_leave_the_book_when_their_instrument_stops() {
    let mut engine = engine(1, RICH);
    submit(&mut engine, buy(0, 1, 5, MARK)).unwrap();
    let mut stopped = table(2);
    stopped.rows[0].status = cloister_risk::Status::Expired;
    let effects = engine.set_table(stopped).unwrap();
    let key = key(0, 1);
    assert_eq!(
        effects,
        [Effect::Removed {
            key,
            remaining: Lots(5),
            reason: Removal::NotTrading
        }]
    );
}

#[test]
fn an_account_short_of_margin_may_still_reduce() {
    let mut engine = engine(2, 300 * ONE);
    engine
        .open(AccountIndex(7), secret(7).public(), 1.into(), Amount(RICH))
        .unwrap();
    submit(&mut engine, sell(1, 1, 15, MARK)).unwrap();
    submit(&mut engine, buy(0, 1, 15, MARK)).unwrap();
    let mut down = table(2);
    down.rows[0] = row(BTC, MARK - 8 * ONE, 3 * ONE as i64);
    engine.set_table(down).unwrap();
    submit(&mut engine, buy(7, 1, 15, MARK - 8 * ONE)).unwrap();
    let reduced = submit(&mut engine, sell(0, 2, 10, MARK - 8 * ONE)).unwrap();
    assert_eq!(prints(&reduced), [(7, MARK - 8 * ONE, 10)]);
}

#[test]
fn a_resting_reduce_only_order_leaves_the_book_when_its_fill_ends_the_position() {
    let mut engine = engine(4, RICH);
    submit(&mut engine, sell(0, 1, 6, MARK)).unwrap();
    submit(&mut engine, buy(1, 1, 6, MARK)).unwrap();
    submit(&mut engine, with_flags(sell(1, 2, 20, MARK + 1), flags::REDUCE_ONLY)).unwrap();
    submit(&mut engine, sell(2, 1, 5, MARK + 2)).unwrap();
    let taken = submit(&mut engine, buy(3, 1, 20, MARK + 2)).unwrap();
    assert_eq!(prints(&taken), [(1, MARK + 1, 6), (2, MARK + 2, 5)]);
    let key = key(1, 2);
    assert!(taken.effects.contains(&Effect::Removed {
        key,
        remaining: Lots(14),
        reason: Removal::NothingToReduce
    }));
    assert_eq!(engine.depth(InstrumentId(BTC), 1).asks, []);
}
