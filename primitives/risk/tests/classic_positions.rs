//! Margin of the classic positions (R-SPAN): on a market of our own, and on the real chain where its file is there.

#[path = "support/chain.rs"]
mod chain;
#[path = "support/classic.rs"]
mod classic;

use chain::ChainError;
use classic::{call, margin, print, put, table, Expiry, Market, CLASSIC, FUTURE, PERPETUAL, PRICE_ONE, STRIKES};
use cloister_risk::{black76, Right, RiskTable, ScanParams};
use cloister_types::PerLot;
use std::{fs::File, path::Path};

const DAY: u64 = 86_400_000;
const PARAMS: ScanParams = ScanParams::LIQUID_COIN;

/// An upward term structure and a smile, figures of our own.
fn market() -> Market {
    let now = 1_700_000_000_000;
    let smile = |level: u32| [[level + 60_000, level + 25_000, level, level + 10_000, level + 30_000]; 2];
    Market {
        now,
        index: 100_000 * PRICE_ONE,
        strikes: [80_000, 90_000, 100_000, 110_000, 120_000].map(|k| k * PRICE_ONE),
        expiries: [
            Expiry {
                at: now + 20 * DAY,
                forward: 100_400 * PRICE_ONE,
                volatilities: smile(480_000),
            },
            Expiry {
                at: now + 75 * DAY,
                forward: 101_500 * PRICE_ONE,
                volatilities: smile(520_000),
            },
        ],
    }
}

/// What must hold of the classic positions on any market.
fn check(table: &RiskTable, strikes: [u128; STRIKES]) {
    let need = |name: &str| {
        let (_, legs) = CLASSIC
            .into_iter()
            .find(|(n, _)| *n == name)
            .expect("a classic position");
        margin(table, legs).2
    };
    let of = |legs: &[(usize, i64)]| margin(table, legs).2;
    let value = |name: &str| {
        let (_, legs) = CLASSIC
            .into_iter()
            .find(|(n, _)| *n == name)
            .expect("a classic position");
        margin(table, legs).0
    };
    let row = |i: usize| &table.rows[i];
    let floors = |i: usize| i128::from(row(i).floor_short.get()) * 100;
    let apart = |a: usize, b: usize| (strikes[b] - strikes[a]) as i128 / 1_000_000_000_000;

    // What is paid for is what can be lost.
    assert!(need("long call") <= value("long call"));
    // A spread loses no more than its debit plus the floor of the short leg; a butterfly likewise with two.
    assert!(need("call spread") <= value("call spread") + floors(call(3)));
    assert!(need("call spread") < need("naked short call"));
    assert!(need("long butterfly") <= value("long butterfly") + 2 * floors(call(2)));
    // A condor loses no more than its wider wing, whatever it took in.
    let wing = apart(0, 1).max(apart(3, 4));
    assert!(need("short iron condor") <= wing + value("short iron condor") + 2 * floors(call(3)));
    assert!(need("short iron condor") < need("short strangle"));
    // Both legs of a strangle cannot lose at once.
    assert!(need("short strangle") < need("naked short call") + need("naked short put"));
    // A second short leg gains where the first loses, but it has to be bought back too: with its price it never makes
    // the cash that the account must hold less.
    let cash = |legs: &[(usize, i64)]| {
        let (value, _, maintenance, _) = margin(table, legs);
        maintenance - value
    };
    for (c, p) in [(3, 1), (2, 2)] {
        let both = cash(&[(call(c), -1), (put(p), -1)]);
        assert!(both > cash(&[(call(c), -1)]).max(cash(&[(put(p), -1)])));
    }
    // Hedges are cheaper than what they hedge.
    assert!(need("covered call") < need("long future") + floors(call(3)));
    assert!(need("protective put") < need("long future"));
    assert!(need("calendar") < of(&[(call(2), -1)]));
    assert!(need("diagonal") < need("naked short call"));
    assert!(need("future against perpetual") < need("long future") / 10);
    assert!(need("future against perpetual") >= floors(FUTURE));
    assert_eq!(floors(PERPETUAL), 0);
    // A conversion has no risk but its floors, and a few units of rounding a lot.
    let rest = need("conversion") - floors(FUTURE) - floors(call(2));
    assert!((0..=300).contains(&rest), "{rest}");
}

#[test]
fn classic_positions_should_need_what_their_risk_is() {
    let table = table(&market(), &PARAMS).expect("a table");
    print(&table);
    check(&table, market().strikes);
}

#[test]
fn a_naked_short_should_need_its_worst_scenario_and_its_floor() {
    let table = table(&market(), &PARAMS).expect("a table");
    let (short, row) = (margin(&table, &[(call(3), -1)]), &table.rows[call(3)]);
    let worst = row.scenarios.iter().copied().max().expect("sixteen scenarios");
    assert_eq!(short.0, -100 * i128::from(row.mark.get()));
    assert_eq!(
        short.2,
        100 * (i128::from(worst.get()) + i128::from(row.floor_short.get()))
    );
    assert_eq!(short.1, (short.2 * 320 + 255) / 256);
    assert_eq!(short.3, 10, "the whole scan range up, with volatility up");
}

/// The real chain: read where it lies, never copied.
fn real_chain() -> Option<Vec<chain::Quoted>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/deribit_btc_options_20260115.csv");
    if !path.exists() {
        eprintln!("skipped: {} is absent", path.display());
        return None;
    }
    Some(chain::read(File::open(path).expect("a file")).expect("an option chain"))
}

#[test]
fn the_real_chain_should_be_priced_to_its_own_rounding() {
    let Some(quotes) = real_chain() else {
        return;
    };
    let fit = chain::fit(&quotes);
    println!("{fit:#?}");
    assert_eq!(quotes.len(), 684);
    assert!(fit.median <= 2.9e-5);
    // Prices have four places and volatilities two: half of the last of each is all the room there is. The rest was
    // quoted on a forward that has moved since, by no more than the forward of the same expiry moves within the file.
    assert!(fit.within_rounding >= 640, "{}", fit.within_rounding);
    assert_eq!(fit.within_rounding + fit.within_forward, 684, "{:?}", fit.outside);
    assert!(fit.largest < 1.6e-4);
}

#[test]
fn classic_positions_on_the_real_chain_should_need_what_their_risk_is() {
    let Some(quotes) = real_chain() else {
        return;
    };
    let market = chain::market(
        &quotes,
        &["30JAN26", "27MAR26"],
        &[80_000, 90_000, 95_000, 100_000, 110_000],
    );
    let table = table(&market.expect("the strikes are quoted"), &PARAMS).expect("a table");
    print(&table);
    check(
        &table,
        [80_000, 90_000, 95_000, 100_000, 110_000].map(|k| k * PRICE_ONE),
    );
}

/// A chain of two expiries and five strikes, quoted at its model price; a column with commas in quotes stands before
/// the ones that are read.
fn quoted_chain(stats: &str) -> String {
    const NOW: u64 = 1_700_000_000_000;
    let mut text = String::from(
        "stats,timestamp,instrument_name,option_type,strike,expiration_timestamp,mark_price,mark_iv,underlying_price,index_price\n",
    );
    for (name, days, forward) in [("30JAN26", 20, 100_400), ("27MAR26", 75, 101_500)] {
        for strike in [80_000, 90_000, 100_000, 110_000, 120_000i64] {
            for (letter, word, right) in [("C", "call", Right::Call), ("P", "put", Right::Put)] {
                let micro = |x: i64| x * 1_000_000;
                let value = black76::value(
                    right,
                    PerLot(micro(forward)),
                    PerLot(micro(strike)),
                    500_000,
                    days * DAY,
                )
                .expect("in range");
                let price = value.get() as f64 / micro(forward) as f64;
                let expiry = NOW + days * DAY;
                text += &format!(
                    "{stats},{NOW},BTC-{name}-{strike}-{letter},{word},{strike},{expiry},{price:.4},50.0,{forward},100000\n"
                );
            }
        }
    }
    text
}

#[test]
fn a_chain_with_commas_in_quotes_should_be_read_as_the_same_chain_without() {
    let read = |stats: &str| chain::read(quoted_chain(stats).as_bytes()).expect("an option chain");
    let quotes = read("\"{'volume': 717.1, 'low': 0.006}\"");
    assert_eq!(quotes, read("none"));
    let fit = chain::fit(&quotes);
    assert_eq!((fit.within_rounding, fit.outside.len()), (20, 0));
    let strikes = [80_000, 90_000, 100_000, 110_000, 120_000];
    let market = chain::market(&quotes, &["30JAN26", "27MAR26"], &strikes).expect("the strikes are quoted");
    let table = table(&market, &PARAMS).expect("a table");
    print(&table);
    check(&table, strikes.map(|k| u128::from(k) * PRICE_ONE));
}

#[test]
fn files_that_are_no_chain_should_be_refused_with_their_line() {
    let good = quoted_chain("none");
    let without = good.replace("mark_iv", "iv");
    assert!(matches!(
        chain::read(without.as_bytes()),
        Err(ChainError::Column("mark_iv"))
    ));
    // Commas that nothing quotes: more cells than columns.
    let shifted = quoted_chain("{'volume': 717.1, 'low': 0.006}");
    assert!(matches!(chain::read(shifted.as_bytes()), Err(ChainError::Csv(_))));
    // Neither words nor prices beyond what can be priced.
    for (from, to) in [
        ("call", "straddle"),
        ("50.0", "high"),
        ("50.0", "-1.0"),
        ("1700000000000", "1800000000000"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert!(matches!(chain::read(bad.as_bytes()), Err(ChainError::Line(2))), "{to}");
    }
}
