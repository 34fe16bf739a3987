//! Reprices a real option chain and prints the margin of classic positions in it:
//! `cargo run --release -p cloister-risk --example margin_table -- deribit_btc_options_20260115.csv`.

#[path = "../tests/support/chain.rs"]
mod chain;
#[path = "../tests/support/classic.rs"]
mod classic;

use cloister_risk::{span::value, Instrument, InstrumentKind, Quote, Right, ScanParams};
use std::{error::Error, fs::File, hint::black_box, process::ExitCode, time::Instant};

const ROUNDS: u32 = 200;

/// Microseconds of the sixteen scenarios of 32 options.
fn cost(market: &classic::Market) -> f64 {
    let near = market.expiries[0];
    let rows: Vec<(Instrument, Quote)> = (0..32u32)
        .map(|i| {
            let kind = InstrumentKind::Option {
                right: if i % 2 == 0 { Right::Call } else { Right::Put },
                strike: classic::PRICE_ONE * u128::from(50_000 + 3_000 * i),
                expiry: near.at,
            };
            let quote = Quote {
                price: near.forward,
                volatility: 400_000 + 5_000 * i,
            };
            let lot_size = classic::LOT;
            (Instrument { kind, lot_size }, quote)
        })
        .collect();
    let start = Instant::now();
    for _ in 0..ROUNDS {
        for (instrument, quote) in &rows {
            let valued = value(black_box(instrument), quote, &ScanParams::LIQUID_COIN, market.now);
            assert!(black_box(valued).is_ok());
        }
    }
    start.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS)
}

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: margin_table CHAIN.csv");
        return ExitCode::FAILURE;
    };
    match run(&path) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("margin_table: {path}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(path: &str) -> Result<(), Box<dyn Error>> {
    let quotes = chain::read(File::open(path)?)?;
    println!("{} options: {:#?}", quotes.len(), chain::fit(&quotes));
    let strikes = [80_000, 90_000, 95_000, 100_000, 110_000];
    let market = chain::market(&quotes, &["30JAN26", "27MAR26"], &strikes)
        .ok_or("the strikes of the classic positions are not quoted")?;
    println!(
        "expiries 30JAN26 and 27MAR26, strikes {strikes:?}, index {:.2}",
        market.index as f64 / 1e18
    );
    classic::print(&classic::table(&market, &ScanParams::LIQUID_COIN)?);
    println!("sixteen scenarios of 32 options: {:.0} microseconds", cost(&market));
    Ok(())
}
