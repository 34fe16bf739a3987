//! Orders as they are signed.

use cloister_client_core::{
    amount::{Decimal, Lot},
    instrument::TradedInstrument,
    keys::TraderKeys,
    order::{OrderBounds, OrderError},
    stop::Condition,
    trader::{OrderTerms, Trader},
};
use cloister_ledger::{instruction::flags, Control, ControlAction, OrdersIn, Side, Trigger};
use cloister_risk::Row;
use cloister_types::{AccountIndex, GroupId, InstrumentId, PerLot, Price};

#[test]
fn what_an_order_waits_for_should_be_signed() {
    let trader = Trader {
        keys: TraderKeys::from_seed(&[7; 32], None).expect("keys"),
        genesis: [5; 32],
        group: 1,
        index: 2,
    };
    let terms = OrderTerms {
        instrument_id: 3,
        side: Side::Sell,
        limit: 90,
        quantity: 4,
        flags: flags::REDUCE_ONLY,
        trigger: None,
        expiry: 1_000,
        max_fee: 5,
    };
    let verifies = |signed: &cloister_ledger::SignedInstruction| {
        let message = signed.instruction.message(&trader.genesis);
        trader.keys.trading.public().verify(message, &signed.signature).is_ok()
    };
    for trigger in [
        None,
        Some(Trigger::AtOrAbove(Price(u64::MAX))),
        Some(Trigger::AtOrBelow(Price(0))),
    ] {
        // A direction among the flags means nothing.
        let signed = trader.order(
            1,
            &OrderTerms {
                trigger,
                flags: terms.flags | flags::DIRECTIONS,
                ..terms
            },
        );
        assert_eq!(signed.instruction.waits_for(), Ok(trigger));
        assert!(signed.instruction.has(flags::REDUCE_ONLY) && verifies(&signed));
        let mut other = signed.clone();
        other.instruction.trigger.0 ^= 1;
        assert!(!verifies(&other));
    }
}

/// A thousandth of a bitcoin.
fn bitcoin() -> TradedInstrument {
    TradedInstrument {
        group: 1,
        id: 1,
        name: "BTC-PERP".into(),
        lot: Lot(1_000_000),
        row_index: 0,
        row: Row::default(),
        fee_cap: 1_000,
        initial: 333,
    }
}

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

/// 57000 to 63000 of the settlement asset for one bitcoin, and 0.05 %.
const BOUNDS: OrderBounds = OrderBounds {
    mark: PerLot(60_000_000),
    lowest: 57_000_000,
    highest: 63_000_000,
    fee_rate: 500,
};

/// What is said of an order as it is typed: quantity, price, maximum fee per lot.
fn said(quantity: &str, price: &str, fee: &str) -> Result<(), OrderError> {
    let instrument = bitcoin();
    let terms = OrderTerms {
        instrument_id: 1,
        side: Side::Buy,
        limit: instrument.lot.price(&decimal(price)).expect("a price"),
        quantity: instrument.lots(&decimal(quantity)).expect("whole lots"),
        flags: 0,
        trigger: None,
        expiry: 1_000,
        max_fee: decimal(fee).in_units(6).expect("an amount"),
    };
    instrument.check(&terms, &BOUNDS)
}

#[test]
fn an_order_inside_every_bound_should_pass() {
    assert_eq!(said("0.001", "57000", "0.0285"), Ok(()));
    assert_eq!(said("1099511627.775", "63000", "0.0315"), Ok(()));
}

#[test]
fn an_order_outside_a_bound_should_be_refused_in_the_units_that_were_typed() {
    let underlying = || "BTC".to_owned();
    for price in ["63000.001", "56999.999"] {
        assert_eq!(
            said("0.1", price, "1"),
            Err(OrderError::OutsideBand {
                price: decimal(price),
                lowest: decimal("57000"),
                highest: decimal("63000"),
                underlying: underlying(),
            })
        );
    }
    assert_eq!(
        said("0.1", "57000", "0.028499"),
        Err(OrderError::FeeTooLow {
            fee: decimal("0.028499"),
            needed: decimal("0.0285"),
            lot: decimal("0.001"),
            underlying: underlying(),
        })
    );
    assert_eq!(
        said("0.1", "57000", "1099511.627776"),
        Err(OrderError::FeeTooLarge {
            fee: decimal("1099511.627776"),
            largest: decimal("1099511.627775"),
            lot: decimal("0.001"),
            underlying: underlying(),
        })
    );
    // 2^41 lots.
    assert_eq!(
        said("2199023255.552", "60000", "1"),
        Err(OrderError::QuantityTooLarge {
            quantity: decimal("2199023255.552"),
            largest: decimal("1099511627.775"),
            underlying: underlying(),
        })
    );
    assert_eq!(said("0", "60000", "1"), Err(OrderError::ZeroQuantity));
    let sentence = said("0.1", "63000.001", "1").expect_err("outside").to_string();
    assert!(
        sentence.ends_with("from 57000 to 63000 of the settlement asset for one BTC"),
        "{sentence}"
    );
}

#[test]
fn the_fee_of_the_exchange_should_be_rounded_up_and_no_more_than_the_cap() {
    // 0.05 % of 57.000001 is 0.0285000005.
    assert!(matches!(
        said("0.1", "57000.001", "0.0285"),
        Err(OrderError::FeeTooLow { needed, .. }) if needed == decimal("0.028501")
    ));
    let instrument = TradedInstrument {
        fee_cap: 100,
        ..bitcoin()
    };
    let terms = OrderTerms {
        instrument_id: 1,
        side: Side::Sell,
        limit: 57_000_000,
        quantity: 1,
        flags: 0,
        trigger: None,
        expiry: 1_000,
        max_fee: 5_700,
    };
    assert_eq!(instrument.check(&terms, &BOUNDS), Ok(()));
}

#[test]
fn an_instrument_without_a_name_of_its_own_should_trade_units() {
    let nameless = TradedInstrument {
        name: "PERP-7".into(),
        ..bitcoin()
    };
    assert_eq!(
        (bitcoin().underlying(), nameless.underlying()),
        ("BTC", "unit of the underlying")
    );
}

/// A stop or take-profit of one lot at a price, with a limit.
fn waiting(condition: Condition, side: Side, at: &str, limit: &str) -> Result<(), OrderError> {
    let instrument = bitcoin();
    let price = |text: &str| instrument.lot.price(&decimal(text)).expect("a price");
    let limit = price(limit);
    let terms = OrderTerms {
        instrument_id: 1,
        side,
        limit,
        quantity: 1,
        flags: 0,
        trigger: Some(condition.trigger(side, Price(price(at)))),
        expiry: 1_000,
        max_fee: instrument.fee_allowance(limit),
    };
    instrument.check(&terms, &BOUNDS)
}

#[test]
fn stops_should_wait_on_the_losing_side_of_the_mark_and_take_profits_on_the_winning_side() {
    use Condition::{Stop, TakeProfit};
    // The mark is 60000. Their limits lie outside its band of 57000 to 63000, which is not asked before they fire.
    for (condition, side, at, limit) in [
        (Stop, Side::Sell, "59999.999", "50000"),
        (Stop, Side::Buy, "60000.001", "70000"),
        (TakeProfit, Side::Sell, "60000.001", "64000"),
        (TakeProfit, Side::Buy, "59999.999", "56000"),
    ] {
        assert_eq!(waiting(condition, side, at, limit), Ok(()), "{condition:?} {side:?}");
        let other = match condition {
            Stop => TakeProfit,
            TakeProfit => Stop,
        };
        for (condition, at) in [(other, at), (condition, "60000")] {
            let refused = waiting(condition, side, at, limit);
            let trigger = decimal(at);
            assert!(
                matches!(&refused, Err(OrderError::TriggerHolds { trigger: found, mark, .. })
                    if *found == trigger && *mark == decimal("60000")),
                "{condition:?} {side:?}: {refused:?}"
            );
        }
    }
    let sentence = waiting(Stop, Side::Sell, "61000", "60000")
        .expect_err("it holds")
        .to_string();
    assert!(
        sentence.starts_with("the order would not wait: the mark is 60000 already, at or below 61000 of"),
        "{sentence}"
    );
}

#[test]
fn a_market_order_behind_a_trigger_should_reach_twice_the_band_beyond_it() {
    let mut instrument = bitcoin();
    instrument.row.band = Price(3_000_000);
    let sell = Condition::Stop.trigger(Side::Sell, Price(58_000_000));
    assert_eq!(instrument.limit_behind(Side::Sell, sell), 52_000_000);
    let buy = Condition::Stop.trigger(Side::Buy, Price(62_000_000));
    assert_eq!(instrument.limit_behind(Side::Buy, buy), 68_000_000);
    // A price is at least the smallest one.
    let low = Condition::Stop.trigger(Side::Sell, Price(1_000_000));
    assert_eq!(instrument.limit_behind(Side::Sell, low), 1);
}

#[test]
fn a_control_should_be_signed_with_its_number_and_expiry() {
    let trader = Trader {
        keys: TraderKeys::from_seed(&[7; 32], None).expect("keys"),
        genesis: [5; 32],
        group: 1,
        index: 2,
    };
    let action = ControlAction::DeadMan {
        after: 30_000,
        orders: OrdersIn {
            instrument: Some(InstrumentId(3)),
            side: Some(Side::Sell),
            waiting: true,
        },
    };
    let signed = trader.control(9, action, 1_000);
    let expected = Control {
        group: GroupId(1),
        index: AccountIndex(2),
        number: 9,
        expiry: 1_000,
        action,
    };
    assert_eq!(signed.control, expected);
    let verifies = |control: &Control| {
        let message = control.message(&trader.genesis);
        trader.keys.trading.public().verify(message, &signed.signature).is_ok()
    };
    assert!(verifies(&expected));
    assert!(!verifies(&Control { number: 10, ..expected }));
}
