//! A load run from the first start to the last.

use super::{
    error::LoadError,
    memory::{Flatness, Memory},
    orders::{Sender, Shared},
    rate::Rate,
    report::{Figures, Report},
    sample::{self, Sample},
};
use crate::{
    kept::{KeptNode, StartTime},
    promises::Promises,
};
use cloister_cli::{
    progress::Progress,
    replay::ReplayMarket,
    tape::{csv, market, plan::plan, prints, TapeTrade},
};
use cloister_client::{
    audit::AssetHoldings,
    chain::Chain,
    oracle::{self, feeds_of},
    sequencer::SequencerClient,
};
use cloister_runtime::Runtime;
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

/// The margin group.
const GROUP: u32 = 1;
/// The instrument that is traded.
const INSTRUMENT: &str = "BTC-PERP";
/// Seed of the market that is traded without a tape.
const SEED: u64 = 2_024;
/// So many trades are planned for each second, which is more than any machine proves yet.
const TRADES_PER_SECOND: u64 = 30;
/// Share of the time in which the rate is looked for, at most: one in so many parts.
const SEARCH: u32 = 3;
/// How often the mark follows the tape.
const MARK_EVERY: Duration = Duration::from_secs(5);
/// How long settling may take, once nothing more is sent.
const PATIENCE: Duration = Duration::from_secs(600);

/// What to do.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// Tape of trades; a market of its own if there is none.
    pub trades: Option<PathBuf>,
    /// How long orders are sent.
    pub time: Duration,
    /// Number of accounts.
    pub accounts: usize,
    /// Orders a second; the rate is looked for if it is `None`.
    pub rate: Option<f64>,
    /// The node.
    pub node: PathBuf,
    /// Where its logs go, without their extension.
    pub logs: PathBuf,
}

/// Runs it, and prints what it finds as it goes.
///
/// # Errors
/// [`LoadError`]: something stopped it, or a promise was broken.
pub async fn run(options: &LoadOptions) -> Result<Report, LoadError> {
    let progress = Progress::begin();
    let count = usize::try_from(options.time.as_secs().saturating_mul(TRADES_PER_SECOND)).unwrap_or(usize::MAX);
    let tape = match &options.trades {
        Some(path) => csv::read_file(path, Some(count))?,
        None => market::trades(SEED, count),
    };
    let first = tape.first().ok_or(LoadError::Empty)?.price;
    let mut node = KeptNode::new(options.node.clone(), options.logs.clone())?;
    let chain = node.start().await?;
    progress.say(format!("node started, its log is {}", node.log().display()));
    let feeds = feeds_of(&chain, GROUP).await?;
    oracle::feed(&chain, &feeds, &first).await?;
    let sequencer = node.ready(&chain).await?;
    let market = ReplayMarket::prepare(&chain, GROUP, INSTRUMENT, first, progress.clone()).await?;
    let plan = plan(&prints(&tape, market.instrument.lot)?, options.accounts)?;
    let opened = market.open_accounts("//Load//", &market.deposits(&plan)).await?;
    market.known(&opened.traders).await?;
    sequencer.settled(PATIENCE, |_| {}).await?;
    let traders = opened.traders;
    let mut promises = Promises::default();
    for trader in &traders {
        let cash = sequencer.account(trader).await?.cash;
        promises.paid_in(trader, u64::try_from(cash.get()).unwrap_or_default());
    }
    let before = AssetHoldings::at(&chain, GROUP, opened.funded_at).await?;
    let short = restart(&mut node, &chain, market, &progress).await?;

    let (chain, sequencer) = (short.chain, short.sequencer);
    let market = ReplayMarket::prepare(&chain, GROUP, INSTRUMENT, first, progress.clone()).await?;
    let shared = Shared::new(options.rate.map_or_else(Rate::default, Rate::held_at));
    shared.sent().promises = promises;
    let fresh = Memory::of(node.id()?).unwrap_or_default();
    let begin = Instant::now();
    let end = begin + options.time;
    let sender = Sender {
        sequencer: sequencer.clone(),
        instrument: market.instrument.clone(),
        traders: traders.clone(),
        shared: shared.clone(),
    };
    let times = (begin, begin + options.time / SEARCH, end);
    let ((), samples, ()) = tokio::try_join!(
        sender.send_until(&plan, end),
        sample::watch(&node, &sequencer, &shared, times),
        follow(&market, &tape, &shared, end),
    )?;
    progress.say("no more orders are sent");
    let draining = Instant::now();
    sequencer.settled(PATIENCE, |_| {}).await?;
    progress.say(format!(
        "everything is settled, {:.1} s later",
        draining.elapsed().as_secs_f64()
    ));
    let mut figures = Figures::read(&node, &chain, &sequencer, &shared, grace(&chain).await?).await?;
    figures.fresh = fresh;
    let held: Vec<&Sample> = samples.iter().filter(|sample| sample.held).collect();
    figures.rate = shared.rate().per_second();
    figures.held_seconds = held.len() as u64 * sample::EVERY.as_secs();
    figures.held_orders = mean(held.iter().map(|sample| sample.orders));
    figures.oldest = held.iter().map(|sample| sample.unsettled).fold(0.0, f64::max);
    figures.flat = Flatness::of(&held.iter().map(|sample| sample.memory.own).collect::<Vec<_>>());
    figures.print();

    let mut promises = shared.sent().promises.clone();
    let kept = promises.check(&chain, &traders).await?;
    let batches = promises.check_settled(&chain, &traders, &before).await?;
    let long = restart(&mut node, &chain, market, &progress).await?;
    promises.check(&long.chain, &traders).await?;
    node.stop().await?;
    let checkpoint = node.said("The checkpoint before batch");
    let report = Report {
        acknowledged: promises.len(),
        kept,
        batches,
        short: (short.batches, short.took),
        long: (long.batches, long.took),
        checkpoint,
        flat: figures.flat.as_ref().map(Flatness::is_flat),
    };
    report.print();
    Ok(report)
}

/// A node that was killed and started again.
struct Restarted {
    chain: Chain,
    sequencer: SequencerClient,
    batches: u64,
    took: StartTime,
}

/// Kills the node and starts it again.
async fn restart(
    node: &mut KeptNode,
    chain: &Chain,
    market: ReplayMarket,
    progress: &Progress,
) -> Result<Restarted, LoadError> {
    let batches = SequencerClient::of(chain).batch_status().await?.finalized_batches;
    // It would feed prices to a node that is not there.
    drop(market);
    node.kill().await?;
    let (chain, sequencer, took) = node.start_ready().await?;
    progress.say(format!(
        "killed and started again with {batches} batches: it answers after {:.2} s and takes orders after {:.2} s",
        took.answers.as_secs_f64(),
        took.ready.as_secs_f64()
    ));
    Ok(Restarted {
        chain,
        sequencer,
        batches,
        took,
    })
}

/// Has the mark follow the tape.
async fn follow(market: &ReplayMarket, tape: &[TapeTrade], shared: &Shared, end: Instant) -> Result<(), LoadError> {
    let mut last = None;
    while Instant::now() < end {
        let price = tape.get(shared.sent().trade).map(|trade| trade.price);
        if let Some(price) = price.filter(|price| last != Some(*price)) {
            market.feeder.move_to(price).await?;
            last = Some(price);
        }
        tokio::time::sleep(MARK_EVERY.min(end.duration_since(Instant::now().min(end)))).await;
    }
    Ok(())
}

/// How long the chain takes a table once it is replaced, milliseconds.
async fn grace(chain: &Chain) -> Result<u64, LoadError> {
    let key = pallet_cloister_risk::TableGrace::<Runtime>::hashed_key().to_vec();
    Ok(chain.storage(key, None).await?.unwrap_or_default())
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len();
    values.sum::<f64>() / (count.max(1) as f64)
}
