//! What a run tells: hour by hour, and in all.

use crate::{
    audit::{Solvency, WHOLE},
    book::Book,
    exchange::{Totals, MODE_NAMES},
    market::ROWS,
    prices::{clock, DOLLAR},
};
use cloister_liquidator::Refusal;
use comfy_table::{presets::ASCII_MARKDOWN, CellAlignment, Table};
use indicatif::HumanCount;
use std::collections::BTreeMap;

/// One hour.
#[derive(Clone, Debug, Default)]
pub struct Hour {
    /// Start, milliseconds of Unix time.
    pub start: u64,
    /// Lowest mark, 10^-6 dollars per coin.
    pub low: u64,
    /// Last mark.
    pub close: u64,
    /// Batches.
    pub batches: u64,
    /// Fills of signed orders.
    pub fills: u64,
    /// Units of liquidations.
    pub liquidations: u64,
    /// Lots liquidated.
    pub liquidated_lots: u64,
    /// Lots that insolvent accounts shed by deleveraging; counterparties gave up as many.
    pub deleveraged_lots: u64,
    /// What those lots were worth at the mark, 10^-6.
    pub deleveraged_worth: u128,
    /// Accounts that shed them, and what they owed at most when they did, 0 or negative, 10^-6.
    pub shed: (u64, i128),
    /// Takeovers.
    pub takeovers: u64,
    /// Equity taken over, 0 or negative, 10^-6.
    pub bad_debt: i128,
    /// Largest number of accounts insolvent at the end of a minute, not yet taken over.
    pub waiting: u64,
    /// Largest number of them that still held lots.
    pub waiting_open: u64,
    /// The most that they owed together, 0 or negative, 10^-6.
    pub waiting_debt: i128,
    /// Largest number of tables in a row at whose end an account was insolvent with open lots.
    pub longest_open: u64,
    /// Largest shortfall at a minute's end: what all owed together beyond the equity of the house, 10^-6.
    pub shortfall: i128,
    /// Lowest part of a payout that was due at a minute's end (C-CLAIM), 10^-6.
    pub ratio_low: u64,
    /// What the solvency round at the hour's end shows.
    pub shown: Option<Solvency>,
    /// The part of a payout that is due by that round, 10^-6.
    pub ratio: u64,
    /// Largest number of lots that the house held, all rows, both sides.
    pub house_lots: u64,
    /// Lowest equity of the house, 10^-6.
    pub house_low: i128,
    /// Equity of the house at the end, 10^-6.
    pub house: i128,
}

/// A whole run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Hours.
    pub hours: Vec<Hour>,
    /// Tables made.
    pub tables: u64,
    /// What was settled.
    pub totals: Totals,
    /// Equity of the house when trading begins: the insurance's seed.
    pub seed: i128,
    /// Lowest equity of the house, and when.
    pub house_low: (i128, u64),
    /// Equity of the house at the end.
    pub house_end: i128,
    /// Equity taken over, 0 or negative.
    pub bad_debt: i128,
    /// What the house gained by penalties and prices, its seed included.
    pub house_gain: i128,
    /// Deposits, withdrawals, sweeps.
    pub flows: (i128, i128, i128),
    /// Liquidations that found no taker or no room, by reason: counted once per account and batch.
    pub not_liquidated: BTreeMap<Refusal, u64>,
    /// Takeovers that could not be made, by reason: counted once per account and batch.
    pub not_taken: BTreeMap<Refusal, u64>,
    /// Deleveraging that could not be done, by reason: counted once per account and batch.
    pub not_deleveraged: BTreeMap<Refusal, u64>,
    /// Accounts that shed lots by deleveraging, accounts that gave up lots, and what the former owed at most when they
    /// did, 0 or negative, 10^-6.
    pub deleveraged: (u64, u64, i128),
    /// Longest time that an account stayed insolvent, minutes.
    pub longest_insolvent: u64,
    /// Largest number of tables in a row at whose end an account was insolvent with open lots.
    pub longest_open: u64,
    /// Accounts liquidated at least once, taken over at least once.
    pub touched: (u64, u64),
    /// Cumulative funding of a long lot of the perpetual, 10^-6.
    pub funding: i64,
    /// The book that is left.
    pub book: Book,
}

/// Whole dollars with separators.
fn dollars(micro: i128) -> String {
    let whole = micro / i128::from(DOLLAR);
    let sign = if whole < 0 { "-" } else { "" };
    format!(
        "{sign}{}",
        HumanCount(u64::try_from(whole.unsigned_abs()).unwrap_or(u64::MAX))
    )
}

/// A part of one in 10^-6, cut off after four places.
fn part(millionths: u64) -> String {
    if millionths >= WHOLE {
        "1".to_owned()
    } else {
        format!("0.{:04}", millionths / 100)
    }
}

fn reasons(counts: &BTreeMap<Refusal, u64>) -> String {
    if counts.is_empty() {
        return "none".to_owned();
    }
    let parts: Vec<String> = counts.iter().map(|(reason, n)| format!("{n} ({reason})")).collect();
    parts.join(", ")
}

impl Report {
    /// The hours as a Markdown table; those without liquidations, takeovers and debts are left out.
    pub fn hours_markdown(&self) -> String {
        let header = [
            "day, hour (UTC)",
            "low",
            "close",
            "batches",
            "fills",
            "liquidations",
            "coins liquidated",
            "takeovers",
            "bad debt",
            "insolvent at a minute's end, most (with lots)",
            "they owe, most",
            "house holds, most",
            "house equity, low",
            "at the end",
        ];
        let busy = |hour: &&Hour| hour.liquidations + hour.takeovers + hour.waiting > 0;
        let rows = self.hours.iter().filter(busy).map(|hour| {
            vec![
                clock(hour.start),
                dollars(hour.low.into()),
                dollars(hour.close.into()),
                hour.batches.to_string(),
                hour.fills.to_string(),
                hour.liquidations.to_string(),
                (hour.liquidated_lots / 1_000).to_string(),
                hour.takeovers.to_string(),
                dollars(hour.bad_debt),
                format!("{} ({})", hour.waiting, hour.waiting_open),
                dollars(hour.waiting_debt),
                (hour.house_lots / 1_000).to_string(),
                dollars(hour.house_low),
                dollars(hour.house),
            ]
        });
        markdown(&header, rows, true)
    }

    /// What deleveraging took and what was owed, hour by hour, with the solvency round at each hour's end. Hours
    /// without deleveraging in which nobody owed and nothing lacked at a minute's end, and nobody was short at the
    /// round, are left out: their ratios are 1.
    pub fn solvency_markdown(&self) -> String {
        let header = [
            "day, hour (UTC)",
            "coins deleveraged",
            "worth",
            "accounts that shed",
            "they owed",
            "tables in a row insolvent with lots, most",
            "shortfall, most",
            "ratio, low",
            "round: below maintenance",
            "debt",
            "live debt",
            "surplus",
            "ratio",
        ];
        let busy = |hour: &&Hour| {
            let short = hour.shown.is_some_and(|shown| shown.short > 0);
            hour.deleveraged_lots > 0 || hour.waiting > 0 || hour.shortfall > 0 || short
        };
        let rows = self.hours.iter().filter(busy).map(|hour| {
            let shown = hour.shown.unwrap_or_default();
            vec![
                clock(hour.start),
                (hour.deleveraged_lots / 1_000).to_string(),
                dollars(hour.deleveraged_worth as i128),
                hour.shed.0.to_string(),
                dollars(-hour.shed.1),
                hour.longest_open.to_string(),
                dollars(hour.shortfall),
                part(hour.ratio_low),
                shown.short.to_string(),
                dollars(shown.debt),
                dollars(shown.live_debt),
                dollars(shown.surplus),
                part(hour.ratio),
            ]
        });
        markdown(&header, rows, true)
    }

    /// What the house gained or lost because prices moved while it held lots.
    pub fn revaluation(&self) -> i128 {
        self.house_end - self.house_gain - self.bad_debt
    }

    fn shortfalls(&self) -> String {
        let most = self.hours.iter().map(|hour| hour.shortfall).max().unwrap_or_default();
        let low = self.hours.iter().map(|hour| hour.ratio_low).min().unwrap_or(WHOLE);
        let at_the_end = self.hours.iter().filter(|hour| hour.ratio < WHOLE).count();
        format!("{}, {}, {at_the_end}", dollars(most), part(low))
    }

    /// The totals as a table.
    pub fn totals_markdown(&self) -> String {
        let t = &self.totals;
        let units: u64 = t.modes.iter().sum();
        let mut rows: Vec<(String, String)> = vec![
            ("tables".into(), self.tables.to_string()),
            (
                "batches".into(),
                format!(
                    "{}: {} DEV, {} STANDARD, {} LARGE, {} MAKER",
                    t.batches.iter().sum::<u64>(),
                    t.batches[0],
                    t.batches[1],
                    t.batches[2],
                    t.batches[3]
                ),
            ),
            ("units".into(), units.to_string()),
        ];
        for (name, count) in MODE_NAMES.iter().zip(t.modes) {
            rows.push((format!("units: {name}"), count.to_string()));
        }
        let (deposits, withdrawals, swept) = self.flows;
        let left: i128 = self.book.accounts.values().map(|holding| holding.cash).sum();
        let holders = self.book.accounts.values().filter(|holding| !holding.is_flat()).count();
        rows.extend([
            ("fills of signed orders".into(), t.fills.to_string()),
            (
                "signed withdrawals, transfers, cancels".into(),
                format!("{}, {}, {}", t.withdrawals, t.transfers, t.cancels),
            ),
            ("coins liquidated".into(), (t.liquidated_lots / 1_000).to_string()),
            (
                "coins deleveraged, worth at the mark".into(),
                format!(
                    "{}, {}",
                    t.deleveraged_lots / 1_000,
                    dollars(t.deleveraged_worth as i128)
                ),
            ),
            (
                "accounts that shed by deleveraging, what they owed, accounts that gave up lots".into(),
                format!(
                    "{}, {}, {}",
                    self.deleveraged.0,
                    dollars(self.deleveraged.2),
                    self.deleveraged.1
                ),
            ),
            (
                "accounts liquidated, taken over".into(),
                format!("{}, {}", self.touched.0, self.touched.1),
            ),
            ("insurance: seed".into(), dollars(self.seed)),
            (
                "insurance: lowest equity of the house".into(),
                format!("{}, {}", dollars(self.house_low.0), clock(self.house_low.1)),
            ),
            ("insurance: at the end".into(), dollars(self.house_end)),
            (
                "shortfall: most, lowest ratio, hours with one at their end".into(),
                self.shortfalls(),
            ),
            (
                "insurance: penalties and prices of trades".into(),
                dollars(self.house_gain - self.seed),
            ),
            ("insurance: bad debt taken over".into(), dollars(self.bad_debt)),
            (
                "insurance: prices of what the house held".into(),
                dollars(self.revaluation()),
            ),
            ("liquidations put off".into(), reasons(&self.not_liquidated)),
            ("takeovers put off".into(), reasons(&self.not_taken)),
            ("deleveraging put off".into(), reasons(&self.not_deleveraged)),
            (
                "tables in a row at whose end an account was insolvent with lots, most".into(),
                self.longest_open.to_string(),
            ),
            (
                "longest that an account stayed insolvent".into(),
                format!("{} minutes", self.longest_insolvent),
            ),
            (
                "cumulative funding of a long coin".into(),
                format!("{:.2}", self.funding as f64 / 1e3),
            ),
            (
                "deposits, withdrawals, fees swept".into(),
                format!("{}, {}, {}", dollars(deposits), dollars(withdrawals), dollars(swept)),
            ),
            (
                "left: cash of accounts, fees, accounts with lots, coins of the house".into(),
                format!(
                    "{}, {}, {holders}, {:?}",
                    dollars(left),
                    dollars(self.book.fees as i128),
                    self.book.house.lots[..ROWS]
                        .iter()
                        .map(|lots| lots.get() / 1_000)
                        .collect::<Vec<i64>>()
                ),
            ),
            (
                "native transition".into(),
                format!(
                    "{:.1} s, {:.2} ms per unit; {} witnesses checked a second time on their own",
                    t.native.as_secs_f64(),
                    t.native.as_secs_f64() * 1e3 / units.max(1) as f64,
                    t.rechecked
                ),
            ),
        ]);
        let rows = rows.into_iter().map(|(name, value)| vec![name, value]);
        markdown(&["in all", ""], rows, false)
    }
}

/// A Markdown table whose columns line up as plain text, too; with `figures`, all columns but the first are aligned
/// right.
fn markdown(header: &[&str], rows: impl Iterator<Item = Vec<String>>, figures: bool) -> String {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(header).add_rows(rows);
    let mut lines: Vec<String> = Vec::new();
    if figures {
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    lines.extend(table.lines());
    if let (true, Some(rule)) = (figures, lines.get_mut(1)) {
        // The library draws the line under the header without Markdown's mark of alignment.
        let (first, rest) = rule[1..].split_once('|').unwrap_or_default();
        *rule = format!("|{first}|{}", rest.replace("-|", ":|"));
    }
    lines.join("\n") + "\n"
}
