//! `cloister book`, `status`.

use super::CommandError;
use crate::cli::Global;
use cloister_client::{
    amount::show_money,
    instrument::{list, Instrument},
    sequencer::{Sequencer, SequencerError},
};

pub async fn book(global: &Global, instrument: &str, levels: u32) -> Result<(), CommandError> {
    let chain = global.connect().await?;
    let instrument = Instrument::find(&chain, global.group, instrument).await?;
    let book = Sequencer::of(&chain).book(instrument.id, levels).await?;
    let line = |level: &cloister_sequencer::rpc::types::Level| {
        let lots = u64::try_from(level.quantity).unwrap_or(u64::MAX);
        format!(
            "{:>16} {:>16} {:>8}",
            instrument.lot.unit_price(level.price),
            instrument.lot.quantity(lots),
            level.orders
        )
    };
    say!("{:>21} {:>16} {:>8}", "price", "quantity", "orders");
    for level in book.asks.iter().rev() {
        say!("ask  {}", line(level));
    }
    say!("mark {:>16}", instrument.lot.unit_price(instrument.mark()));
    for level in &book.bids {
        say!("bid  {}", line(level));
    }
    Ok(())
}

pub async fn status(global: &Global) -> Result<(), CommandError> {
    let chain = global.connect().await?;
    let best = chain.header(None).await?.number;
    let last = chain.header(Some(chain.finalized().await?)).await?.number;
    let state = chain.group_state(global.group, None).await?;
    let totals = chain.group_totals(global.group, None).await?;
    let owed = totals.queued + totals.claims + totals.settled;
    say!("chain        genesis {:?}", chain.genesis());
    say!("blocks       best {best}, final {last}");
    say!(
        "group        {}{}",
        global.group,
        if state.enabled { "" } else { ", paused" }
    );
    let names: Vec<String> = list(&chain, global.group)
        .await?
        .into_iter()
        .map(|(id, name)| format!("{name} ({id})"))
        .collect();
    say!("instruments  {}", names.join(", "));
    say!(
        "batches      {} settled, root 0x{}",
        state.batch_no,
        hex::encode(state.root)
    );
    say!("accounts     {}", state.next_index);
    say!(
        "queue        {} items",
        state.queue_next.saturating_sub(state.queue_first)
    );
    say!("vault owes   {}", show_money(i128::try_from(owed).unwrap_or(i128::MAX)));
    let sequencer = Sequencer::of(&chain);
    let status = match sequencer.status().await {
        Err(SequencerError::Absent) => {
            say!("sequencer    none at this node");
            return Ok(());
        }
        other => other?,
    };
    let batch = sequencer.batch_status().await?;
    say!(
        "sequencer    {} fills, {} open orders, {} accounts",
        status.fills,
        status.open_orders,
        status.accounts
    );
    say!("risk table   version {}", status.risk_version);
    say!(
        "proving      {}, {} batches wait for a proof, {} for a block, {} units in the open batch",
        batch.proving.map_or_else(|| "nothing".into(), |n| format!("batch {n}")),
        batch.waiting,
        batch.submitting,
        batch.open_units,
    );
    if status.development_proofs {
        say!("note         proofs use development parameters, which prove nothing to anybody");
    }
    if let Some(why) = status.halted.or(batch.halted) {
        say!("HALTED       {why}");
    }
    Ok(())
}
