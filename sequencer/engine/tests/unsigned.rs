//! What nobody signs: planned by the rules of the proof, and nothing happens until it is committed.

use cloister_engine::{
    Effect, Engine, OrderKey, Rejection, Removal, RestingOffer, TradeError, UnsignedError, UnsignedPlan, UnsignedStep,
};
use cloister_engine_testing::*;
use cloister_ledger::{
    instruction::flags, ControlAction, Fill, FillError, InstructionKind, Party, ProtectionTerms, Side,
};
use cloister_risk::{MarginError, RiskTable, Status};
use cloister_types::{AccountIndex, Amount, InstrumentId, Lots, Money, PerLot, Position, Price, Total};

const RICH: u64 = 1_000_000 * ONE;
const SHORT: AccountIndex = AccountIndex(0);
/// At this mark account 0 has 99.5 of the 103.5 that maintenance margin asks for ten lots.
const FALLEN: u64 = 90 * ONE;
/// At this one it owes 10.5.
const BROKE: u64 = 79 * ONE;

fn at(mark: u64) -> RiskTable {
    let mut table = table(2);
    table.rows[0] = row(BTC, mark, 3 * ONE as i64);
    table.header.penalty = 8;
    table
}

/// Account 0 has bought ten lots of account 1 at 100 on 200 of its own; the others are rich.
fn world(mark: u64) -> Engine {
    let mut engine = engine(0, 0);
    for (account, deposit) in [(0, 200 * ONE), (1, RICH), (2, RICH), (3, RICH)] {
        let (key, view) = (secret(account).public(), cloister_crypto::Fr::from(1u64));
        engine.open(AccountIndex(account), key, view, Amount(deposit)).unwrap();
    }
    submit(&mut engine, sell(1, 1, 10, MARK)).unwrap();
    submit(&mut engine, buy(0, 1, 10, MARK)).unwrap();
    engine.set_table(at(mark)).unwrap();
    engine
}

/// Account 0 sells so many lots at a price.
fn sale(lots: u64, price: u64) -> UnsignedStep {
    UnsignedStep::Liquidate {
        account: SHORT,
        fills: vec![Fill {
            side: Side::Sell,
            row: 0,
            quantity: Lots(lots),
            cost: Price(price).times(Lots(lots)),
            fee: Total::ZERO,
        }],
    }
}

fn taken(account: u32, id: u64, lots: u64) -> UnsignedStep {
    UnsignedStep::Match {
        order: key(account, id),
        quantity: Lots(lots),
    }
}

fn margin(source: MarginError) -> Result<UnsignedPlan, UnsignedError> {
    Err(UnsignedError::Margin { account: SHORT, source })
}

#[test]
fn lots_of_a_short_account_should_go_to_an_order_at_rest() {
    let mut engine = world(FALLEN);
    submit(&mut engine, buy(2, 1, 9, FALLEN)).unwrap();
    let before = engine.clone();
    let plan = engine.plan_unsigned(&[sale(4, FALLEN), taken(2, 1, 4)]).unwrap();
    assert_eq!(engine, before);
    let money = [0, 1, 2].map(|account| cash(&engine, account)).iter().sum::<i128>();
    let effects = engine.commit_unsigned(&plan);
    let [Effect::Liquidated(fill)] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!((fill.id, fill.price, fill.quantity), (1, Price(FALLEN), Lots(4)));
    assert_eq!((fill.maker.key, fill.taker.key.account), (key(2, 1), SHORT));
    assert!(fill.maker.is_signed() && !fill.taker.is_signed());
    // A maker pays its fee; the account, which signed nothing, none.
    let fee = (4 * FALLEN * 100).div_ceil(1_000_000);
    assert_eq!((fill.maker.fee, fill.taker.fee), (Total(fee.into()), Total::ZERO));
    assert_eq!((position(&engine, 0), position(&engine, 2)), (6, 4));
    let after = [0, 1, 2].map(|account| cash(&engine, account)).iter().sum::<i128>();
    assert_eq!(after, money - i128::from(fee));
    let depth = engine.depth(InstrumentId(BTC), 1);
    assert_eq!((depth.bids[0].quantity, depth.bids[0].orders), (5, 1));
    let order = engine
        .account(AccountIndex(2))
        .unwrap()
        .open_order(key(2, 1).id)
        .unwrap();
    assert_eq!(order.remaining, Lots(5));
    // The next fill has the next number.
    let next = submit(&mut engine, sell(3, 1, 5, FALLEN)).unwrap();
    assert_eq!(fills(&next)[0].id, 2);
    assert!(engine.depth(InstrumentId(BTC), 1).bids.is_empty());
}

#[test]
fn a_healthy_account_should_not_be_liquidated() {
    assert_eq!(
        world(MARK).plan_unsigned(&[sale(4, MARK)]),
        margin(MarginError::NotShort)
    );
}

#[test]
fn no_more_lots_should_go_than_are_needed() {
    // Six lots are what initial margin carries.
    let engine = world(FALLEN);
    assert!(engine.plan_unsigned(&[sale(4, FALLEN)]).is_ok());
    assert_eq!(engine.plan_unsigned(&[sale(5, FALLEN)]), margin(MarginError::NotNeeded));
}

#[test]
fn no_lot_should_go_at_a_price_beyond_the_discount() {
    let fill = |source| Err(UnsignedError::Fill { account: SHORT, source });
    let engine = world(FALLEN);
    // 8/256 of the mark with its floor: 2.84 per lot.
    let edge = FALLEN - 2 * ONE - 840_000;
    assert_eq!(
        engine.plan_unsigned(&[sale(1, edge - ONE)]),
        fill(FillError::AboveDiscount)
    );
    // Within it, but more than a quarter of what a lot frees, which is 10.35.
    assert_eq!(engine.plan_unsigned(&[sale(1, edge)]), margin(MarginError::Conceded));
    assert!(engine.plan_unsigned(&[sale(1, FALLEN - 2 * ONE)]).is_ok());
    let mut table = at(FALLEN);
    (table.header.version, table.header.penalty) = (3, 0);
    let mut engine = engine;
    engine.set_table(table).unwrap();
    assert_eq!(
        engine.plan_unsigned(&[sale(1, FALLEN - 1)]),
        fill(FillError::AbovePenalty)
    );
}

#[test]
fn orders_that_do_not_rest_with_so_many_lots_should_be_refused() {
    let mut engine = world(FALLEN);
    submit(&mut engine, buy(2, 1, 3, FALLEN)).unwrap();
    for step in [taken(2, 1, 4), taken(2, 2, 1), taken(9, 1, 1)] {
        let UnsignedStep::Match { order, .. } = step else {
            unreachable!();
        };
        assert_eq!(engine.plan_unsigned(&[step]), Err(UnsignedError::NotAtRest(order)));
    }
    // In two parts they are as many.
    let twice = [taken(2, 1, 2), taken(2, 1, 2)];
    assert_eq!(engine.plan_unsigned(&twice), Err(UnsignedError::NotAtRest(key(2, 1))));
    engine.advance(LATER + 1);
    assert_eq!(
        engine.plan_unsigned(&[taken(2, 1, 1)]),
        Err(UnsignedError::NotAtRest(key(2, 1)))
    );
}

#[test]
fn a_maker_without_margin_should_not_take_and_its_order_can_be_dropped() {
    let mut engine = world(MARK);
    engine
        .open(
            AccountIndex(4),
            secret(4).public(),
            cloister_crypto::Fr::from(9u64),
            Amount(200 * ONE),
        )
        .unwrap();
    submit(&mut engine, buy(4, 1, 10, FALLEN)).unwrap();
    let mut table = at(FALLEN);
    table.header.version = 3;
    engine.set_table(table).unwrap();
    assert!(engine.plan_unsigned(&[sale(4, FALLEN), taken(4, 1, 4)]).is_ok());
    // What a forced withdrawal may take is not free.
    engine.force_withdrawal(AccountIndex(4), Amount(180 * ONE)).unwrap();
    let rule = TradeError::Margin(MarginError::InitialMarginShort);
    let refused = engine.plan_unsigned(&[sale(4, FALLEN), taken(4, 1, 4)]);
    assert_eq!(refused, Err(UnsignedError::Order { key: key(4, 1), rule }));
    let dropped = engine.drop_unfit(key(4, 1), rule);
    let reason = Removal::Rule(rule);
    let remaining = Lots(10);
    assert_eq!(
        dropped,
        Some(Effect::Removed {
            key: key(4, 1),
            remaining,
            reason
        })
    );
    assert!(engine.depth(InstrumentId(BTC), 1).bids.is_empty());
}

#[test]
fn an_account_that_is_short_should_keep_only_orders_that_reduce() {
    let mut engine = world(MARK);
    for order in [
        sell(0, 2, 7, MARK - ONE),
        sell(0, 3, 4, MARK - ONE),
        buy(0, 4, 1, FALLEN),
        sell(0, 5, 3, MARK - ONE),
    ] {
        submit(&mut engine, order).unwrap();
    }
    let mut table = at(FALLEN);
    table.header.version = 3;
    engine.set_table(table).unwrap();
    let removed: Vec<OrderKey> = engine
        .drop_risky(SHORT)
        .into_iter()
        .map(|effect| match effect {
            Effect::Removed { key, reason, .. } => {
                let margin = TradeError::Margin(MarginError::InitialMarginShort);
                assert_eq!(reason, Removal::Rule(margin));
                key
            }
            other => panic!("{other:?}"),
        })
        .collect();
    // Seven and three lots reduce ten; four more would not.
    assert_eq!(removed, [key(0, 3), key(0, 4)]);
    assert_eq!(engine.drop_risky(SHORT), []);
}

#[test]
fn an_account_that_is_short_should_place_no_order_that_adds_risk() {
    let mut engine = world(FALLEN);
    let refused = submit(&mut engine, buy(0, 2, 1, FALLEN));
    assert!(
        matches!(refused, Err(Rejection::InsufficientMargin { .. })),
        "{refused:?}"
    );
    let refused = submit(&mut engine, other(InstructionKind::Withdrawal, 0, 3, 1));
    assert!(matches!(refused, Err(Rejection::WithdrawalShort { .. })), "{refused:?}");
    submit(&mut engine, sell(0, 4, 1, FALLEN)).unwrap();
}

#[test]
fn only_an_account_of_negative_equity_should_be_taken_over() {
    let step = [UnsignedStep::TakeOver { account: SHORT }];
    assert_eq!(world(FALLEN).plan_unsigned(&step), margin(MarginError::Solvent));
    let mut engine = world(BROKE);
    let plan = engine.plan_unsigned(&step).unwrap();
    assert_eq!(engine.commit_unsigned(&plan), []);
    assert_eq!((position(&engine, 0), cash(&engine, 0)), (0, 0));
}

#[test]
fn lots_with_a_dead_feed_should_not_be_taken_over_nor_liquidated() {
    let stale = |mark| {
        let mut engine = world(MARK);
        let mut table = at(mark);
        table.header.version = 3;
        table.rows[0].stale = true;
        engine.set_table(table).unwrap();
        engine
    };
    let takeover = stale(BROKE).plan_unsigned(&[UnsignedStep::TakeOver { account: SHORT }]);
    let instrument = InstrumentId(BTC);
    assert_eq!(
        takeover,
        Err(UnsignedError::StaleLots {
            account: SHORT,
            instrument
        })
    );
    let source = FillError::Stale;
    let sold = stale(FALLEN).plan_unsigned(&[sale(1, FALLEN)]);
    assert_eq!(sold, Err(UnsignedError::Fill { account: SHORT, source }));
}

#[test]
fn expired_lots_should_become_money_at_the_final_mark() {
    let mut engine = world(FALLEN);
    let step = [UnsignedStep::Expire {
        account: SHORT,
        rows: vec![0],
    }];
    let source = FillError::NotExpired;
    assert_eq!(
        engine.plan_unsigned(&step),
        Err(UnsignedError::Fill { account: SHORT, source })
    );
    let mut table = at(FALLEN);
    table.header.version = 3;
    let row = &mut table.rows[0];
    (row.status, row.scenarios) = (Status::Expired, Default::default());
    (row.floor_long, row.floor_short) = (Price::ZERO, Price::ZERO);
    engine.set_table(table).unwrap();
    let before = cash(&engine, 0);
    let plan = engine.plan_unsigned(&step).unwrap();
    engine.commit_unsigned(&plan);
    assert_eq!(position(&engine, 0), 0);
    assert_eq!(cash(&engine, 0), before + 10 * i128::from(FALLEN - 3 * ONE));
}

#[test]
fn deleveraging_should_close_both_sides_at_the_mark_only() {
    let mut engine = world(BROKE);
    let close = |account: u32, party, held: i64, mark: u64| UnsignedStep::Deleverage {
        account: AccountIndex(account),
        party,
        fills: vec![Fill::at_mark(0, Position(held), Lots(10), PerLot(mark as i64))],
    };
    let both = |mark| {
        [
            close(0, Party::Insolvent, 10, mark),
            close(1, Party::Counterparty, -10, mark),
        ]
    };
    let source = FillError::NotAtMark;
    let refused = engine.plan_unsigned(&both(BROKE + 1));
    assert_eq!(refused, Err(UnsignedError::Fill { account: SHORT, source }));
    let plan = engine.plan_unsigned(&both(BROKE)).unwrap();
    engine.commit_unsigned(&plan);
    assert_eq!((position(&engine, 0), position(&engine, 1)), (0, 0));
    // It still owes what it owed.
    let owed = engine.account(SHORT).unwrap().holdings.cash;
    assert_eq!(owed, Money(-10 * i128::from(ONE) - i128::from(ONE) / 2));
    let solvent = world(FALLEN).plan_unsigned(&both(FALLEN));
    assert_eq!(solvent, margin(MarginError::Solvent));
}

#[test]
fn offers_should_come_in_the_order_in_which_they_trade() {
    let mut engine = world(MARK);
    submit(&mut engine, buy(2, 1, 3, MARK - ONE)).unwrap();
    submit(&mut engine, buy(3, 1, 4, MARK - ONE)).unwrap();
    submit(&mut engine, buy(3, 2, 5, MARK)).unwrap();
    // Of a reduce-only order no more than it can reduce.
    submit(
        &mut engine,
        with_flags(buy(1, 2, 8, MARK - 2 * ONE), flags::REDUCE_ONLY),
    )
    .unwrap();
    let offer = |account, id, lots, price| RestingOffer {
        key: key(account, id),
        quantity: Lots(lots),
        price: Price(price),
    };
    let all = [
        offer(3, 2, 5, MARK),
        offer(2, 1, 3, MARK - ONE),
        offer(3, 1, 4, MARK - ONE),
        offer(1, 2, 8, MARK - 2 * ONE),
    ];
    assert_eq!(engine.resting_offers(InstrumentId(BTC), Side::Buy, 9), all);
    assert_eq!(engine.resting_offers(InstrumentId(BTC), Side::Buy, 2), all[..2]);
    assert_eq!(engine.resting_offers(InstrumentId(BTC), Side::Sell, 9), []);
    submit(&mut engine, sell(2, 9, 5, MARK)).unwrap();
    submit(&mut engine, sell(1, 9, 2, MARK + ONE)).unwrap();
    let asks = engine.resting_offers(InstrumentId(BTC), Side::Sell, 9);
    assert_eq!(asks, [offer(1, 9, 2, MARK + ONE)]);
    engine.advance(LATER + 1);
    assert_eq!(engine.resting_offers(InstrumentId(BTC), Side::Sell, 9), []);
}

#[test]
fn a_protected_maker_should_take_no_more_than_its_terms_leave() {
    let mut engine = world(FALLEN);
    submit(&mut engine, buy(2, 1, 9, FALLEN)).unwrap();
    submit(&mut engine, buy(2, 2, 9, FALLEN - ONE)).unwrap();
    let terms = ProtectionTerms {
        max_lots: Lots(3),
        max_delta: Lots::ZERO,
        window: 1_000,
        cool_down: 0,
    };
    let instrument = InstrumentId(BTC);
    let protect = control(2, 1, ControlAction::Protect { instrument, terms });
    engine.control(NOW, protect).unwrap();
    let offers = engine.resting_offers(InstrumentId(BTC), Side::Buy, 9);
    assert_eq!(offers.iter().map(|offer| offer.quantity.get()).collect::<Vec<_>>(), [3]);
    let refused = engine.plan_unsigned(&[sale(4, FALLEN), taken(2, 1, 4)]);
    assert_eq!(refused, Err(UnsignedError::NotAtRest(key(2, 1))));
    let plan = engine.plan_unsigned(&[sale(4, FALLEN), taken(2, 1, 3)]).unwrap();
    let effects = engine.commit_unsigned(&plan);
    let hit = |effect: &Effect| matches!(effect, Effect::ProtectionHit { .. });
    assert!(effects.iter().any(hit), "{effects:?}");
    assert!(engine.depth(InstrumentId(BTC), 1).bids.is_empty());
}

#[test]
fn whoever_is_changed_should_be_named_once() {
    let mut engine = world(FALLEN);
    let named: Vec<u32> = engine.take_touched().into_iter().map(AccountIndex::get).collect();
    assert_eq!(named, [0, 1, 2, 3]);
    assert!(engine.take_touched().is_empty());
    engine.deposit(AccountIndex(3), Amount(1)).unwrap();
    submit(&mut engine, buy(2, 1, 9, FALLEN)).unwrap();
    let plan = engine.plan_unsigned(&[sale(4, FALLEN), taken(2, 1, 4)]).unwrap();
    engine.commit_unsigned(&plan);
    let named: Vec<u32> = engine.take_touched().into_iter().map(AccountIndex::get).collect();
    assert_eq!(named, [0, 2, 3]);
    submit(&mut engine, other(InstructionKind::Withdrawal, 1, 5, 1)).unwrap();
    assert_eq!(engine.take_touched().len(), 1);
}
