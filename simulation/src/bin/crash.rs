//! Lives through the crash of March 2020: `crash --prices bitmex_xbtusd_1m_20200312-13.csv`.

use clap::Parser;
use cloister_liquidator::ONE_TIMES;
use cloister_simulation::{prices, Crash, Event, Setup, Terms};
use indicatif::{ProgressBar, ProgressStyle};
use std::{path::PathBuf, process::ExitCode, time::Instant};

/// A book of leveraged accounts lives through recorded prices, minute by minute, on the native state transition.
#[derive(Debug, Parser)]
#[command(name = "crash", version)]
struct Cli {
    /// One-minute bars with the columns timestamp, open, close; without a file, a drawn path in their likeness.
    #[arg(long, value_name = "CSV")]
    prices: Option<PathBuf>,
    /// Traders, besides the insurance's two sponsors.
    #[arg(long, default_value_t = 300)]
    accounts: usize,
    /// Price scan range, percent: the move that maintenance margin covers.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=50))]
    range: u32,
    /// The insurance's seed, thousands of dollars.
    #[arg(long, default_value_t = 500)]
    insurance: u64,
    /// Smallest first deposit of a maker, thousands of dollars; the largest is twice as much.
    #[arg(long, default_value_t = 500)]
    makers: u64,
    /// Leverage up to which the house takes liquidated lots that nobody else takes.
    #[arg(long, default_value_t = 5)]
    house: u64,
    /// Maximum number of batches per minute.
    #[arg(long, default_value_t = 4)]
    batches: u64,
    /// Traders act every so many minutes.
    #[arg(long, default_value_t = 1)]
    every: usize,
    /// Seed of all chance.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Writes the tables to a file, too.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("crash: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Minutes lived through, on the terminal; nothing where there is none.
fn progress(bars: &[prices::Bar]) -> ProgressBar {
    let template = "{bar:40} {pos} of {len} minutes, {per_sec}, {eta} left";
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(bars.len() as u64).with_style(style)
}

fn run(cli: &Cli) -> Result<(), Box<dyn std::error::Error>> {
    let bars = match &cli.prices {
        Some(path) => prices::read(path)?,
        None => prices::drawn(cli.seed),
    };
    let setup = Setup {
        accounts: cli.accounts,
        terms: Terms::with_range(cli.range * 10_000),
        insurance: cli.insurance * 1_000 * prices::DOLLAR,
        maker_deposit: cli.makers * 1_000 * prices::DOLLAR,
        house_leverage: cli.house * ONE_TIMES,
        every: cli.every,
        batches_a_minute: cli.batches,
        seed: cli.seed,
        ..Setup::new(bars)
    };
    let start = Instant::now();
    let progress = progress(&setup.bars);
    let first = setup.bars.first().map_or(0, |bar| bar.time);
    let report = Crash::new(setup)?.run(&mut |event| {
        if let Event::Batch(settled) = event {
            let now = settled.witness.context.table.header.time;
            progress.set_position(now.saturating_sub(first) / prices::MINUTE);
        }
    })?;
    progress.finish_and_clear();
    let parts = [
        report.hours_markdown(),
        report.solvency_markdown(),
        report.totals_markdown(),
    ];
    let text = parts.join("\n");
    print!("{text}");
    println!("\n{:.1} s", start.elapsed().as_secs_f64());
    if let Some(path) = &cli.markdown {
        std::fs::write(path, text)?;
    }
    Ok(())
}
