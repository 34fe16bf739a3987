//! What happened minute by minute, and in all.

use crate::{
    acts::Done,
    history::Kept,
    run::Lived,
    verdict::{dollars, Claim},
};
use cloister_ledger::unsigned::{Cause, Unsigned};
use cloister_sequencer_rpc::types::FillInfo;
use comfy_table::{presets::ASCII_MARKDOWN, CellAlignment, Table};
use std::collections::BTreeSet;

/// What the chain did in one minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Fills, those with the house included.
    pub fills: u64,
    /// Units of liquidation.
    pub liquidations: u64,
    /// Lots that they closed.
    pub liquidated: u64,
    /// Accounts that the house took over.
    pub takeovers: u64,
    /// Units of deleveraging, of both sides.
    pub deleveraged: u64,
    /// Batches.
    pub batches: u64,
    /// Longest time from the first event of a batch until it was in a block, milliseconds.
    pub backlog: u64,
}

/// Counts by minute. A batch belongs to the minute of its risk table, a fill to that of its time.
pub fn counts(lived: &Lived) -> Vec<Counts> {
    let mut out = vec![Counts::default(); lived.minutes.len()];
    let at_version = |version: u64| place_of_table(lived, version);
    for landed in lived.history.landed.values() {
        if let Some(counts) = out.get_mut(at_version(landed.info.risk_version)) {
            counts.batches += 1;
            counts.backlog = counts.backlog.max(landed.at.saturating_sub(landed.info.time));
        }
    }
    let mut seen = BTreeSet::new();
    for kept in lived.history.accounts.values() {
        for fill in kept.fills.iter().filter(|fill| !fill.void) {
            if seen.insert(fill.id) {
                if let Some(counts) = out.get_mut(place(lived, fill.time)) {
                    counts.fills += 1;
                }
            }
        }
        for (batch_no, change) in causes(lived, kept) {
            let landed = lived.history.landed.get(&batch_no);
            let Some(counts) = landed.and_then(|landed| out.get_mut(at_version(landed.info.risk_version))) else {
                continue;
            };
            match change {
                Happened::Liquidated(lots) => {
                    counts.liquidations += 1;
                    counts.liquidated += lots;
                }
                Happened::TakenOver => counts.takeovers += 1,
                Happened::Deleveraged => counts.deleveraged += 1,
            }
        }
    }
    out
}

/// The last minute that had begun at this time; the first one if none had.
fn place(lived: &Lived, time: u64) -> usize {
    lived
        .minutes
        .partition_point(|minute| minute.fed <= time)
        .saturating_sub(1)
}

/// The minute of a risk table: the last one that had begun, or, as long as the table has another mark, the one before.
fn place_of_table(lived: &Lived, version: u64) -> usize {
    let Some(table) = lived.history.tables.get(&version) else {
        return 0;
    };
    let at = place(lived, table.header.time);
    let own = lived.minutes.get(at);
    let has_mark = |mark: u64| table.rows.iter().any(|row| u64::try_from(row.mark.get()) == Ok(mark));
    if own.is_some_and(|minute| has_mark(minute.mark)) {
        at
    } else {
        at.saturating_sub(1)
    }
}

/// What happened to an account without its signature.
enum Happened {
    Liquidated(u64),
    TakenOver,
    Deleveraged,
}

/// What happened to an account without its signature, with the numbers of the batches. The records do not tell a
/// liquidation at the mark without a fee from deleveraging; but a liquidation is a trade, and deleveraging is none.
fn causes(lived: &Lived, kept: &Kept) -> Vec<(u64, Happened)> {
    let mut trades: Vec<&FillInfo> = kept.fills.iter().filter(|f| !f.void && f.order_id.get() == 0).collect();
    trades.reverse();
    let mut out = Vec::new();
    for (batch_no, change) in &kept.rebuilt.unsigned {
        let landed = lived.history.landed.get(batch_no);
        let table = landed.and_then(|landed| lived.history.tables.get(&landed.info.risk_version));
        let lots = lots_of(change);
        let happened = match table.map(|table| change.cause(table)) {
            Some(Cause::Takeover) => Happened::TakenOver,
            Some(Cause::AtMark) if !is_traded(&mut trades, lots) => Happened::Deleveraged,
            Some(Cause::AtMark) => Happened::Liquidated(lots),
            _ => {
                is_traded(&mut trades, lots);
                Happened::Liquidated(lots)
            }
        };
        out.push((*batch_no, happened));
    }
    out
}

fn lots_of(change: &Unsigned) -> u64 {
    change.rows.iter().map(|(_, lots)| lots.size().get()).sum()
}

/// True if the next trades, oldest last, are exactly so many lots; they are taken off then.
fn is_traded(trades: &mut Vec<&FillInfo>, lots: u64) -> bool {
    let mut sum = 0u64;
    for (count, trade) in trades.iter().rev().enumerate() {
        sum = sum.saturating_add(trade.quantity.get());
        if sum >= lots {
            if sum == lots {
                trades.truncate(trades.len() - count - 1);
            }
            return sum == lots;
        }
    }
    false
}

/// The table by minutes, in Markdown.
pub fn minutes_markdown(lived: &Lived) -> String {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header([
        "minute (UTC)",
        "mark",
        "orders",
        "fills",
        "liquidations",
        "lots",
        "takeovers",
        "deleveraged",
        "batches",
        "backlog age, s",
        "took, s",
    ]);
    for (minute, counts) in lived.minutes.iter().zip(counts(lived)) {
        table.add_row([
            minute.clock.clone(),
            dollars(minute.price.into()),
            minute.done.orders.to_string(),
            counts.fills.to_string(),
            counts.liquidations.to_string(),
            counts.liquidated.to_string(),
            counts.takeovers.to_string(),
            counts.deleveraged.to_string(),
            counts.batches.to_string(),
            seconds(counts.backlog),
            format!("{:.1}", minute.took.as_secs_f64()),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!("{table}\n")
}

fn seconds(milliseconds: u64) -> String {
    format!("{:.1}", milliseconds as f64 / 1_000.0)
}

/// Sums over all minutes.
pub fn sum(all: &[Counts]) -> Counts {
    let mut sum = Counts::default();
    for counts in all {
        sum.fills += counts.fills;
        sum.liquidations += counts.liquidations;
        sum.liquidated += counts.liquidated;
        sum.takeovers += counts.takeovers;
        sum.deleveraged += counts.deleveraged;
        sum.batches += counts.batches;
        sum.backlog = sum.backlog.max(counts.backlog);
    }
    sum
}

/// The figures of the whole run and what must hold, in Markdown.
pub fn summary_markdown(lived: &Lived, claims: &[Claim]) -> String {
    let counts = counts(lived);
    let all = sum(&counts);
    let mut done = Done::default();
    for minute in &lived.minutes {
        done.add(&minute.done);
    }
    let history = &lived.history;
    let void: BTreeSet<u64> = history
        .accounts
        .values()
        .flat_map(|kept| kept.fills.iter().filter(|fill| fill.void).map(|fill| fill.id))
        .collect();
    let mut prove: Vec<u64> = history.landed.values().map(|landed| landed.info.prove_ms).collect();
    prove.sort_unstable();
    let recorded = lived.minutes.len() as f64 * 60.0;
    let ratio = recorded / lived.took.as_secs_f64().max(f64::EPSILON);
    let refused: Vec<String> = done
        .refused
        .iter()
        .map(|(why, count)| format!("{count} ({why})"))
        .collect();
    let row = |what: &str, figure: String| format!("| {what} | {figure} |\n");
    let mut out = "| in all | |\n| --- | --- |\n".to_owned();
    out += &row(
        "minutes, and how much faster than recorded",
        format!("{}, {ratio:.1} times", counts.len()),
    );
    out += &row("accounts", history.accounts.len().to_string());
    out += &row(
        "orders taken; cancels, controls, withdrawals",
        format!("{}; {}", done.orders, done.others),
    );
    out += &row("queued on the chain", done.queued.to_string());
    out += &row(
        "refused",
        if refused.is_empty() {
            "none".into()
        } else {
            refused.join("; ")
        },
    );
    out += &row(
        "fills; void, because they had no proof any more",
        format!("{}; {}", all.fills, void.len()),
    );
    out += &row(
        "liquidations, lots",
        format!("{}, {}", all.liquidations, all.liquidated),
    );
    out += &row(
        "takeovers, units of deleveraging",
        format!("{}, {}", all.takeovers, all.deleveraged),
    );
    out += &row(
        "batches, all proven and verified",
        history.audit.verify.len().to_string(),
    );
    out += &row(
        "proving, median and longest, s",
        format!("{}, {}", seconds(middle(&prove)), seconds(last(&prove))),
    );
    out += &row(
        "from a batch's first event until it was in a block, longest, s",
        seconds(all.backlog),
    );
    out += &row("insurance at the end", dollars(history.house.insurance.get()));
    out += "\n| must hold | figures | |\n| --- | --- | --- |\n";
    for claim in claims {
        let holds = if claim.holds { "holds" } else { "**DOES NOT HOLD**" };
        out += &format!("| {} | {} | {holds} |\n", claim.what, claim.figures);
    }
    out
}

fn middle(sorted: &[u64]) -> u64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn last(sorted: &[u64]) -> u64 {
    sorted.last().copied().unwrap_or_default()
}
