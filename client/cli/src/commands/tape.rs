//! `cloister replay`, `demo`.

use super::CommandError;
use crate::cli::{Demo, Global, Replay};
use cloister_client::{
    amount::show_money,
    demo::{self, DemoOptions},
    progress::Progress,
    replay::{Market, ReplayError},
    tape::csv,
};
use std::time::Duration;

/// How long one batch may take to be settled.
const BATCH_PATIENCE: Duration = Duration::from_secs(120);

pub async fn replay(global: &Global, options: &Replay) -> Result<(), CommandError> {
    let tape = csv::read_file(&options.trades, options.limit)?;
    let progress = Progress::begin();
    let chain = global.connect().await?;
    let price = tape.first().map(|t| t.price).ok_or(ReplayError::Empty)?;
    let mut market = Market::prepare(&chain, global.group, &options.instrument, price, progress).await?;
    let replayed = market.replay(&tape, options.accounts.into()).await?;
    let left = market.sequencer.backlog().await?.batches;
    let patience = BATCH_PATIENCE.saturating_mul(left.saturating_add(2));
    let say =
        |backlog: &cloister_client::sequencer::Backlog| progress.say(format!("{} batches to settle", backlog.batches));
    let status = market.sequencer.settled(patience, say).await?;
    let notional = show_money(i128::try_from(replayed.notional).unwrap_or(i128::MAX));
    say!("trades       {} of {}, as on the tape", replayed.fills, tape.len());
    say!("orders       {}", replayed.orders);
    say!("volume       {} lots, {notional}", replayed.volume_lots);
    say!("state root   0x{}", hex::encode(status.settled_root));
    Ok(())
}

pub async fn demo(options: &Demo) -> Result<(), CommandError> {
    let summary = demo::run(&DemoOptions {
        trades: options.trades.clone(),
        limit: options.limit,
        summary: options.summary.clone(),
        node_binary: options.node_binary.clone(),
        accounts: options.accounts.into(),
    })
    .await?;
    say!("{summary}");
    Ok(())
}
