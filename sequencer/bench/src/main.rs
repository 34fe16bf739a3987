//! How many messages of a recorded day one core takes: our order book, our engine with accounts and margin, and another
//! order book. All three get the same messages, and must come to the same trades and the same book.

mod engine;
mod error;
mod messages;
mod ours;
mod outcome;
mod peer;
mod subject;

use crate::{error::BenchError, messages::Recording, outcome::Outcome, subject::Subject};
use clap::Parser;
use rustix::time::{clock_gettime, ClockId};
use std::{path::PathBuf, time::Duration};

/// Measures our order book and our engine beside orderbook-rs.
#[derive(Debug, Parser)]
struct Options {
    /// Messages of a day in the format of LOBSTER: time, type, order id, size, price, direction; with a line of titles.
    messages: PathBuf,
    /// How often each is measured, in turns.
    #[arg(long, default_value_t = 9)]
    rounds: usize,
}

/// The time that this thread has had of the processor.
fn spent() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Runs all messages once. Gives messages a second.
fn measure<S: Subject>(recording: &Recording, prepared: &S::Prepared) -> Result<f64, BenchError> {
    let prepared = prepared.clone();
    let mut subject = S::new()?;
    let start = spent();
    let traded = subject.run(prepared)?;
    let time = spent() - start;
    let found = Outcome {
        traded,
        book: subject.book()?,
    };
    if found != recording.expected {
        let (name, expected) = (S::NAME, Box::new(recording.expected.clone()));
        return Err(BenchError::Differs {
            name,
            expected,
            found: Box::new(found),
        });
    }
    Ok(recording.messages.len() as f64 / time.as_secs_f64())
}

fn median(mut rates: Vec<f64>) -> Result<f64, BenchError> {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().ok_or(BenchError::NoRounds)
}

fn run(options: &Options) -> Result<(), BenchError> {
    let recording = messages::read(&options.messages)?;
    let (book, engine) = (
        ours::OurBook::prepare(&recording)?,
        engine::OurEngine::prepare(&recording)?,
    );
    let peer = peer::Peer::prepare(&recording)?;
    let (mut books, mut engines, mut peers) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..options.rounds {
        peers.push(measure::<peer::Peer>(&recording, &peer)?);
        books.push(measure::<ours::OurBook>(&recording, &book)?);
        engines.push(measure::<engine::OurEngine>(&recording, &engine)?);
    }
    let (peer, book, engine) = (median(peers)?, median(books)?, median(engines)?);
    let (bid, ask) = recording.expected.book.best();
    let shown = |price: Option<u64>| price.map_or_else(|| "none".to_owned(), |price| price.to_string());
    println!(
        "messages {} of {} ({} orders, {} cancels, {} executions)\ntraded {} lots, best bid {}, best ask {}, the same of all",
        recording.messages.len(),
        recording.read,
        recording.count(messages::Kind::Order),
        recording.count(messages::Kind::Cancel),
        recording.count(messages::Kind::Execution),
        recording.expected.traded,
        shown(bid),
        shown(ask)
    );
    println!("peer_orders_per_second {peer:.0} ({})", peer::Peer::NAME);
    println!("peer_book {book:.0} ratio {:.2} ({})", book / peer, ours::OurBook::NAME);
    println!(
        "peer_engine {engine:.0} ratio {:.2} ({}, with accounts and margin)",
        engine / peer,
        engine::OurEngine::NAME
    );
    Ok(())
}

fn main() -> std::process::ExitCode {
    match run(&Options::parse()) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench-sequencer: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}
