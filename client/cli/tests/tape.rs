//! Tapes: reading them, and plans whose fills are their trades.

use cloister_cli::tape::{
    csv::{read, read_file, TapeError},
    market, natural_lot,
    plan::{plan, OrderRole, Plan, PlanError},
    prints, Print, TapeTrade,
};
use cloister_client_core::amount::{AmountError, Lot};
use cloister_ledger::Side;
use std::path::PathBuf;

/// A thousandth of the underlying.
const MILLI: Lot = Lot(1_000_000);

const BINANCE: &str = "local_ts_ns,e,E,T,s,t,p,q,X,m
1,trade,2,1723161256322,BTCUSDT,5266583935,61800.30,0.006,MARKET,false
1,trade,2,1723161256344,BTCUSDT,5266583936,61800.20,0.199,MARKET,true
";

/// An option chain with a quoted field that holds commas, in a column before the timestamp (case E21).
const QUOTED: &str = "instrument,stats,timestamp,price,amount,side
BTC-16JAN26-100000-C,\"{'volume': 717.1, 'low': 0.006}\",1768521040210,0.0007,0.1,buy
BTC-16JAN26-100000-P,\"{'volume': 3.2, 'note': \"\"a, b\"\"}\",1768521040211,0.0358,2.5,sell
";

const LOBSTER: &str = "Time,Type,OrderId,Size,Price,Direction
34200.01746,5,0,1,2238200,-1
34200.02000,1,5,18,2238200,1
34200.18961,4,11885113,21,2238100,1
";

fn trade(time: &str, price: &str, quantity: &str, aggressor: Side) -> TapeTrade {
    let number = |text: &str| text.parse().expect("a decimal");
    TapeTrade {
        time: time.into(),
        price: number(price),
        quantity: number(quantity),
        aggressor,
    }
}

/// Matches the orders of a plan in price-time priority and returns the prints, each with its two traders.
fn execute(plan: &Plan) -> Vec<(u64, u64, Side, usize, usize)> {
    // Price, lots left, trader, in order of arrival.
    let mut book: Vec<(Side, u64, u64, usize)> = Vec::new();
    let mut out = Vec::new();
    for order in &plan.orders {
        let mut left = order.lots;
        while left > 0 {
            let crosses = |(side, price, ..): &(Side, u64, u64, usize)| {
                *side != order.side
                    && match order.side {
                        Side::Buy => *price <= order.limit,
                        Side::Sell => *price >= order.limit,
                    }
            };
            let rank = |price: u64| {
                if order.side == Side::Buy {
                    price
                } else {
                    u64::MAX - price
                }
            };
            let best = (0..book.len())
                .filter(|i| crosses(&book[*i]))
                .min_by_key(|i| (rank(book[*i].1), *i));
            let Some(best) = best else { break };
            let (_, price, lots, trader) = &mut book[best];
            let filled = left.min(*lots);
            out.push((*price, filled, order.side, *trader, order.trader));
            *lots -= filled;
            left -= filled;
            if *lots == 0 {
                book.remove(best);
            }
        }
        match order.role {
            OrderRole::Maker => {
                assert_eq!(left, order.lots, "a maker trades at once");
                book.push((order.side, order.limit, left, order.trader));
            }
            OrderRole::Taker => assert_eq!(left, 0, "a taker finds too little"),
        }
    }
    assert_eq!(book, vec![], "orders are left at rest");
    out
}

fn check(tape: &[Print], traders: usize) -> Plan {
    let plan = plan(tape, traders).expect("a plan");
    let executed = execute(&plan);
    let wanted: Vec<_> = tape.iter().map(|p| (p.price, p.lots, p.taker)).collect();
    assert_eq!(
        executed
            .iter()
            .map(|(price, lots, side, ..)| (*price, *lots, *side))
            .collect::<Vec<_>>(),
        wanted
    );
    assert!(
        executed.iter().all(|(.., maker, taker)| maker != taker),
        "a trader trades with itself"
    );
    assert_eq!(plan.positions.iter().sum::<i64>(), 0);
    plan
}

#[test]
fn a_binance_tape_should_be_read_with_the_side_of_the_taker() {
    let trades = read(BINANCE.as_bytes(), None).expect("a tape");
    let expected = [
        trade("1723161256322", "61800.3", "0.006", Side::Buy),
        trade("1723161256344", "61800.2", "0.199", Side::Sell),
    ];
    assert_eq!(trades, expected);
}

#[test]
fn a_lobster_file_should_give_its_executions_with_the_side_opposite_to_the_order_at_rest() {
    let trades = read(LOBSTER.as_bytes(), None).expect("a tape");
    let expected = [
        trade("34200.01746", "223.82", "1", Side::Buy),
        trade("34200.18961", "223.81", "21", Side::Sell),
    ];
    assert_eq!(trades, expected);
}

#[test]
fn a_quoted_field_with_commas_should_not_shift_the_columns_after_it() {
    let trades = read(QUOTED.as_bytes(), None).expect("a tape");
    let expected = [
        trade("1768521040210", "0.0007", "0.1", Side::Buy),
        trade("1768521040211", "0.0358", "2.5", Side::Sell),
    ];
    assert_eq!(trades, expected);
}

#[test]
fn a_quote_after_a_blank_should_be_named_with_its_line() {
    let header = read(&b"time, \"price\",size,side\n1,2,3,buy\n"[..], None);
    assert!(
        matches!(&header, Err(TapeError::BlankBeforeQuote { line: 1, field }) if field == "\"price\""),
        "{header:?}"
    );
    let row = read(&b"time,price,size,side\n1,2,3,buy\n1, \"2,5\",3,buy\n"[..], None);
    assert!(
        matches!(&row, Err(TapeError::BlankBeforeQuote { line: 3, field }) if field == "\"2"),
        "{row:?}"
    );
}

#[test]
fn a_folder_should_be_refused_by_its_path() {
    let folder = std::env::temp_dir();
    let refused = read_file(&folder, None);
    assert!(
        matches!(&refused, Err(TapeError::File { path, .. }) if *path == folder),
        "{refused:?}"
    );
}

#[test]
fn a_quote_without_an_end_should_not_swallow_the_lines_after_it() {
    let head = "\u{feff}time,price,size,side,note\r\n\r\n1,2,3,buy,\"a, \"\"b\"\"\nc\"\r\n\"2\",2,3,sell,\"d\"\r\n";
    assert_eq!(read(head.as_bytes(), None).expect("a tape").len(), 2);
    let open = format!("{head}3,2,3,buy,\"e\r\n4,2,3,sell,f\r\n");
    let refused = read(open.as_bytes(), None);
    assert!(matches!(refused, Err(TapeError::OpenQuote { line: 6 })), "{refused:?}");
    // A limit that stops before it does not read it.
    assert_eq!(read(open.as_bytes(), Some(2)).expect("a tape").len(), 2);
}

#[test]
fn blank_lines_and_blanks_around_fields_should_be_skipped() {
    let spaced = "\u{feff}time, price ,size,side\r\n\r\n 1 , 2 ,3,buy\r\n   \r\n";
    let trades = read(spaced.as_bytes(), None).expect("a tape");
    assert_eq!(trades, [trade("1", "2", "3", Side::Buy)]);
}

#[test]
fn only_the_first_rows_should_be_read_when_there_is_a_limit() {
    assert_eq!(read(BINANCE.as_bytes(), Some(1)).expect("a tape").len(), 1);
}

#[test]
fn a_tape_should_be_refused_with_the_line_that_is_wrong() {
    let read = |text: &str| read(text.as_bytes(), None);
    assert!(matches!(read(""), Err(TapeError::Empty)));
    assert!(matches!(read("price,size,side\n"), Err(TapeError::NoColumn("time"))));
    assert!(matches!(
        read("time,price,size\n"),
        Err(TapeError::NoColumn("aggressor"))
    ));
    assert!(matches!(read("time,price,size,side\n"), Err(TapeError::NoTrades)));
    let row = |row: &str| read(&format!("time,price,size,side\n1,2,3,buy\n{row}\n"));
    assert!(matches!(
        row("1,2"),
        Err(TapeError::MissingField {
            line: 3,
            column: "quantity"
        })
    ));
    assert!(matches!(
        row("1,2e5,3,buy"),
        Err(TapeError::Number {
            line: 3,
            source: AmountError::Syntax(_)
        })
    ));
    assert!(matches!(
        row("1,2,0.00,buy"),
        Err(TapeError::Zero {
            line: 3,
            column: "quantity"
        })
    ));
    assert!(matches!(row("1,2,3,up"), Err(TapeError::Side { line: 3, .. })));
}

#[test]
fn a_run_at_one_price_should_share_one_order_at_rest() {
    let trades: Vec<_> = (1..=5)
        .map(|i| trade(&i.to_string(), "60000", "0.010", Side::Buy))
        .collect();
    let plan = check(&prints(&trades, MILLI).expect("whole lots"), 4);
    assert_eq!(plan.orders.len(), 6);
    assert_eq!((plan.orders[0].role, plan.orders[0].lots), (OrderRole::Maker, 50));
}

#[test]
fn a_sweep_should_be_one_incoming_order() {
    let prices = ["60000", "60000.1", "60000.2"];
    let trades: Vec<_> = prices.iter().map(|p| trade("1", p, "0.010", Side::Buy)).collect();
    let plan = check(&prints(&trades, MILLI).expect("whole lots"), 4);
    assert_eq!(plan.orders.len(), 4);
    assert_eq!(
        (plan.orders[3].role, plan.orders[3].limit, plan.orders[3].lots),
        (OrderRole::Taker, 60_000_200, 30)
    );
}

#[test]
fn a_plan_should_fill_the_trades_of_made_markets_for_any_number_of_traders() {
    for seed in 0..50 {
        let tape = prints(&market::trades(seed, 60), MILLI).expect("whole lots");
        for traders in [2, 3, 8, 13] {
            let plan = check(&tape, traders);
            assert!(
                plan.orders.len() < 2 * tape.len(),
                "{} orders for {} trades",
                plan.orders.len(),
                tape.len()
            );
        }
    }
}

#[test]
fn a_plan_should_need_two_traders() {
    let tape = prints(&market::trades(1, 3), MILLI).expect("whole lots");
    assert_eq!(plan(&tape, 1), Err(PlanError::TooFewTraders(1)));
}

#[test]
fn a_tape_should_be_refused_when_a_quantity_is_not_a_whole_number_of_lots() {
    let trades = [trade("1", "60000", "0.0001", Side::Buy)];
    let error = prints(&trades, MILLI).expect_err("a tenth of a lot");
    assert!(matches!(
        (error.row, error.reason),
        (1, AmountError::NotWholeLots { .. })
    ));
    assert_eq!(natural_lot(&trades), Some(Lot(100_000)));
}

/// The folder of real tapes, which is not part of the project.
fn data(file: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")).join(file);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {} is absent", path.display());
    None
}

#[test]
fn every_trade_of_the_real_perpetual_tape_should_be_planned() {
    let Some(path) = data("binance_btcusdt_perp_trades_20240808.csv") else {
        return;
    };
    let trades = read_file(&path, None).expect("a tape");
    assert_eq!(trades.len(), 21_313);
    assert_eq!(natural_lot(&trades), Some(MILLI));
    let plan = check(&prints(&trades, MILLI).expect("whole lots"), 8);
    eprintln!("{} trades, {} orders", trades.len(), plan.orders.len());
    assert!(plan.orders.len() * 10 < trades.len() * 15);
}

#[test]
fn every_execution_of_the_real_equity_messages_should_be_planned() {
    let Some(path) = data("lobster_amzn_20120621_messages.csv") else {
        return;
    };
    let trades = read_file(&path, None).expect("a tape");
    assert_eq!(trades.len(), 9_053);
    check(&prints(&trades, MILLI).expect("whole lots"), 8);
}

#[test]
fn the_built_in_market_should_be_the_same_for_everybody() {
    let trades = market::trades(2024, 40);
    assert_eq!(trades.len(), 40);
    assert_eq!(trades[0], trade("1700000000398", "59999.7", "0.070", Side::Sell));
    assert_eq!(trades[39], trade("1700000008040", "60002.4", "0.010", Side::Buy));
}
