//! `cloister replay`, `demo`.

use super::{error::CommandError, output::print_table};
use crate::cli::{DemoArguments, Global, ReplayArguments};
use cloister_cli::{
    demo::{self, DemoOptions},
    progress::Progress,
    replay::{ReplayError, ReplayMarket},
    table::TextTable,
    tape::csv,
};
use cloister_client_core::amount::show_money;
use std::time::Duration;

/// How long one batch may take to be settled.
const BATCH_PATIENCE: Duration = Duration::from_secs(120);

pub async fn replay(global: &Global, options: &ReplayArguments) -> Result<(), CommandError> {
    let tape = csv::read_file(&options.trades, options.limit)?;
    let progress = Progress::begin();
    let chain = global.connect().await?;
    let sequencer = global.sequencer(&chain).await?;
    let price = tape.first().map(|t| t.price).ok_or(ReplayError::Empty)?;
    let mut market = ReplayMarket::prepare_at(
        &chain,
        sequencer,
        global.group,
        &options.instrument,
        price,
        progress.clone(),
    )
    .await?;
    let replayed = market.replay(&tape, options.accounts.into()).await?;
    let left = market.sequencer.backlog().await?.batches;
    let patience = BATCH_PATIENCE.saturating_mul(left.saturating_add(2));
    let bar = progress.count("settling batches", left.into());
    let status = market
        .sequencer
        .settled(patience, |backlog| {
            bar.set_length(bar.length().unwrap_or_default().max(backlog.batches.into()));
            bar.set_position(bar.length().unwrap_or_default().saturating_sub(backlog.batches.into()));
        })
        .await?;
    drop(bar);
    let notional = show_money(i128::try_from(replayed.notional).unwrap_or(i128::MAX));
    let mut facts = TextTable::facts();
    facts
        .fact(
            "trades",
            format!("{} of {}, as on the tape", replayed.fills, tape.len()),
        )
        .fact("orders", replayed.orders)
        .fact("volume", format!("{} lots, {notional}", replayed.volume_lots))
        .fact("state root", format!("0x{}", hex::encode(status.settled_root)));
    print_table(facts);
    Ok(())
}

pub async fn demo(options: &DemoArguments) -> Result<(), CommandError> {
    let options = DemoOptions {
        trades: options.trades.clone(),
        limit: options.limit,
        summary: options.summary.clone(),
        node_binary: options.node_binary.clone(),
        accounts: options.accounts.into(),
        node_arguments: Vec::new(),
    };
    let shown = demo::run(&options, &Progress::begin()).await?;
    say!("{}", shown.summary);
    Ok(())
}
