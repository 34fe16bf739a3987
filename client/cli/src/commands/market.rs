//! `cloister book`, `status`.

use super::{error::CommandError, output::print_table};
use crate::cli::Global;
use cloister_cli::table::{Left, Right, TextTable};
use cloister_client::{
    chain::{InsuranceQueue, SolvencyOf},
    instrument::{find, list},
    sequencer::{Clock, SequencerClient, SequencerError},
    trader::now,
};
use cloister_client_core::amount::show_money;
use cloister_sequencer_rpc::types::Level;
use cloister_types::{Amount, Price};

pub async fn book(global: &Global, instrument: &str, levels: u32) -> Result<(), CommandError> {
    let chain = global.connect().await?;
    let sequencer = global.sequencer(&chain).await?;
    sequencer.serves(global.group).await?;
    let instrument = find(&chain, global.group, instrument).await?;
    let book = sequencer.book(instrument.id.into(), levels).await?;
    let price = |price: Price| instrument.lot.unit_price(price.get()).to_string();
    let row = |side: &str, level: &Level| {
        let lots = u64::try_from(level.quantity).unwrap_or(u64::MAX);
        let quantity = instrument.lot.quantity(lots).to_string();
        [side.to_owned(), price(level.price), quantity]
    };
    let mut table = TextTable::new(&[Left, Right, Right]);
    table.row(["", "price", "quantity"]);
    for level in book.asks.iter().rev() {
        table.row(row("ask", level));
    }
    table.row(["mark", &price(instrument.mark().into()), ""]);
    for level in &book.bids {
        table.row(row("bid", level));
    }
    print_table(table);
    Ok(())
}

pub async fn status(global: &Global) -> Result<(), CommandError> {
    let chain = global.connect().await?;
    let best = chain.header(None).await?.number;
    let last = chain.header(Some(chain.finalized().await?)).await?.number;
    let state = chain.group_state(global.group, None).await?;
    let totals = chain.group_totals(global.group, None).await?;
    let owed = totals.sum().unwrap_or(u128::MAX);
    let solvency = chain.solvency(global.group, None).await?;
    let insurance = chain.insurance_queue(global.group, None).await?;
    let due = chain.rotation_due(global.group, None).await?;
    let paused = if state.enabled { "" } else { ", paused" };
    let names: Vec<String> = list(&chain, global.group)
        .await?
        .into_iter()
        .map(|(id, name)| format!("{name} ({id})"))
        .collect();
    let root = hex::encode(state.root);
    let mut facts = TextTable::facts();
    facts
        .fact("chain", format!("genesis {:?}", chain.genesis()))
        .fact("blocks", format!("best {best}, final {last}"))
        .fact("group", format!("{}{paused}", global.group))
        .fact("instruments", names.join(", "))
        .fact("batches", format!("{} settled, root 0x{root}", state.batch_no))
        .fact("accounts", state.next_index)
        .fact("queue", format!("{} items", state.queue_length()))
        .fact("insurance", insurance_line(&insurance))
        .fact("vault owes", show_money(i128::try_from(owed).unwrap_or(i128::MAX)))
        .fact("sealing key", sealing_key_line(due, now()))
        .fact("solvency", solvency_line(&solvency, now()));
    let told = match global.sequencer(&chain).await {
        Ok(sequencer) => sequencer_facts(&sequencer, global.group, &mut facts).await,
        Err(error) => Err(error),
    };
    match told {
        Err(SequencerError::Absent) => {
            facts.fact("sequencer", "none at this node");
        }
        Err(SequencerError::OtherGroup { served, asked }) => {
            facts.fact("sequencer", format!("none for group {asked}: it serves group {served}"));
        }
        // What the chain says is shown whether or not the sequencer answers.
        Err(error) => {
            facts.fact("sequencer", &error);
            print_table(facts);
            return Err(error.into());
        }
        Ok(()) => {}
    }
    print_table(facts);
    Ok(())
}

/// What a trader is told of who may read accounts.
fn sealing_key_line(due: Option<u64>, now: u64) -> String {
    match due {
        None => "not due for rotation".into(),
        Some(since) => {
            let minutes = now.saturating_sub(since) / 60_000;
            format!("DUE FOR ROTATION for {minutes} minutes: a sequencer that was taken away has its secret")
        }
    }
}

/// What waits to go into the insurance or out of it. What it holds is secret.
fn insurance_line(queue: &InsuranceQueue) -> String {
    let shown = |amount: Amount| show_money(amount.get().into());
    let paid = match queue.paid_in {
        Amount::ZERO => "nothing".to_owned(),
        paid => shown(paid),
    };
    match queue.take {
        None => format!("{paid} waits to go in"),
        Some((asked, keep)) => format!(
            "{paid} waits to go in, {} to be taken out if {} stays",
            shown(asked),
            shown(keep)
        ),
    }
}

/// What a user is told of a group's solvency.
pub fn solvency_line(view: &SolvencyOf, now: u64) -> String {
    let mut line = match &view.round {
        None => "never proven".to_owned(),
        Some(round) => {
            let minutes = now.saturating_sub(round.oldest_table) / 60_000;
            let short = match round.shortfall() {
                0 => String::new(),
                shortfall => {
                    let shortfall = i128::try_from(shortfall).unwrap_or(i128::MAX);
                    format!(", {} are missing", show_money(shortfall))
                }
            };
            format!("proven {minutes} minutes ago{short}")
        }
    };
    if view.frozen.is_some() {
        line += "; the group is FROZEN";
    }
    if !view.open {
        line += "; payouts are withheld until a round is fresh";
    }
    if view.terms.is_none() {
        line += "; payouts do not ask for it";
    }
    line
}

async fn sequencer_facts(sequencer: &SequencerClient, group: u32, facts: &mut TextTable) -> Result<(), SequencerError> {
    let asked = now();
    let status = sequencer.serves(group).await?;
    let clock = Clock::set_by(asked, status.time, now());
    let batch = sequencer.batch_status().await?;
    let proving = batch.proving.map_or_else(|| "nothing".into(), |n| format!("batch {n}"));
    let (waiting, submitting) = (batch.waiting, batch.submitting);
    facts
        .fact("sequencer", format!("serves group {group}"))
        .fact("risk table", format!("version {}", status.risk_version))
        .fact(
            "proving",
            format!("{proving}, {waiting} batches wait for a proof, {submitting} for a block"),
        );
    if status.development_proofs {
        facts.fact(
            "note",
            "proofs use development parameters, which prove nothing to anybody",
        );
    }
    if let Err(wrong) = clock {
        facts.fact("CLOCK", wrong);
    }
    if let Some(why) = status.halted.or(batch.halted) {
        facts.fact("HALTED", why);
    }
    if let Some(why) = status.rounds.and_then(|rounds| rounds.problem) {
        facts.fact("NO ROUNDS", why);
    }
    Ok(())
}
