//! What a demonstration measured.

use crate::table::TextTable;
use serde::Serialize;
use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

/// Why a summary cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum SummaryError {
    /// The file cannot be written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A number cannot be written.
    #[error("the summary cannot be written: {0}")]
    Json(#[from] serde_json::Error),
}

/// What was done, measured and checked. Every number is measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Accounts that traded.
    pub accounts: usize,
    /// Orders sent.
    pub orders: usize,
    /// Fills made.
    pub fills: usize,
    /// Trades of the tape.
    pub trades_expected: usize,
    /// The public trades are the tape's: number, order, prices, quantities, sides.
    pub tape_reproduced: bool,
    /// Lots traded.
    pub volume_lots: u64,
    /// Price times quantity over all fills, in the settlement asset.
    pub notional: String,
    /// Batches on the chain.
    pub batches_settled: usize,
    /// Units in them.
    pub units: u64,
    /// Constraints of one batch proof, counted by synthesising its circuit.
    pub constraints_total: u64,
    /// The same number as the prover reports it.
    pub constraints_reported: u64,
    /// Constraints of one more unit: those of twice the units less those of the batch, divided by its units.
    pub constraints_per_unit: f64,
    /// Milliseconds to prove a batch, as the prover measures them.
    pub prove_ms_median: f64,
    /// Milliseconds to decode and verify a proof here.
    pub verify_ms_median: f64,
    /// The code that verified.
    pub verified_with: String,
    /// Bytes of batch transactions on the chain, divided by their units.
    pub onchain_bytes_per_unit: f64,
    /// Account root on the chain, hexadecimal.
    pub state_root: String,
    /// Chain, sequencer and the public leaves give the same root.
    pub roots_equal: bool,
    /// Settled proofs that were verified again here.
    pub proofs_verified: usize,
    /// Accounts rebuilt from chain data and view key alone, equal to the sequencer's.
    pub accounts_recovered: usize,
    /// Milliseconds to prove the seal of an account's view key when it opens, on the trader's side.
    pub seal_prove_ms_median: f64,
    /// Milliseconds to prove what an account is worth, on the trader's side.
    pub exit_prove_ms: f64,
    /// What that account is worth, in the settlement asset.
    pub exit_equity: String,
    /// The exit proof is about the chain's root, and states the equity that the margin rules give at the chain's table.
    pub exit_agrees: bool,
    /// Liquidations of accounts, in the records of settled batches.
    pub liquidations: usize,
    /// Orders that waited for a mark and fired, as the sequencer told their account, and were filled.
    pub stops_fired: usize,
    /// Solvency rounds that the chain has taken.
    pub solvency_rounds: u64,
    /// Forced withdrawals in the records of settled batches. Counted only if the owner's balance rose by all of them.
    pub forced_withdrawals: usize,
    /// Units of settled batches that closed lots at the mark without a fee, because an account owed money.
    pub deleveraged: usize,
    /// Instructions that the sequencer took.
    pub instructions: usize,
    /// Receipts of them that the sequencer's key on the chain has signed, and that fit together.
    pub receipts_verified: usize,
    /// Accounts that withdrew.
    pub withdrawals: usize,
    /// What they withdrew, in the settlement asset.
    pub withdrawn: String,
    /// The owners' balances rose by exactly that.
    pub withdrawals_paid: bool,
    /// Total supply of the settlement asset.
    pub settlement_asset_supply: String,
    /// The supply did not change, all of it belongs to somebody, and the vault holds its minimum and what it owes.
    pub settlement_asset_conserved: bool,
    /// Seconds from start to summary.
    pub elapsed_s: f64,
}

impl Summary {
    /// What must hold and does not.
    pub fn failure(&self) -> Option<&'static str> {
        let checks = [
            (self.tape_reproduced, "the trades are not the tape"),
            (self.roots_equal, "the roots differ"),
            (self.proofs_verified == self.batches_settled, "a proof was not verified"),
            (
                self.accounts_recovered == self.accounts,
                "an account could not be rebuilt from chain data",
            ),
            (self.exit_agrees, "the exit proof states something else than the chain"),
            (self.stops_fired > 0, "no stop fired"),
            (self.liquidations > 0, "nobody was liquidated"),
            (self.solvency_rounds > 0, "no solvency round is complete"),
            (self.forced_withdrawals > 0, "no forced withdrawal was paid"),
            (
                self.receipts_verified > 0 && self.receipts_verified == self.instructions,
                "an instruction has no receipt",
            ),
            (self.withdrawals_paid, "a withdrawal was not paid"),
            (
                self.settlement_asset_conserved,
                "the settlement asset was not conserved",
            ),
            (
                self.constraints_total == self.constraints_reported,
                "the prover's circuit is another one",
            ),
        ];
        checks.into_iter().find(|(holds, _)| !holds).map(|(_, what)| what)
    }

    /// Writes the summary as JSON.
    ///
    /// # Errors
    /// [`SummaryError`].
    pub fn write(&self, path: &Path) -> Result<(), SummaryError> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        fs::write(path, text).map_err(|source| SummaryError::File {
            path: path.into(),
            source,
        })
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let yes = |x: bool| if x { "yes" } else { "NO" }.to_owned();
        let rows = [
            ("accounts", self.accounts.to_string()),
            ("orders", self.orders.to_string()),
            ("fills", format!("{} of {} trades", self.fills, self.trades_expected)),
            ("tape reproduced", yes(self.tape_reproduced)),
            ("volume", format!("{} lots, {}", self.volume_lots, self.notional)),
            ("batches settled", self.batches_settled.to_string()),
            ("units", self.units.to_string()),
            ("constraints of a proof", self.constraints_total.to_string()),
            ("constraints per unit", format!("{:.0}", self.constraints_per_unit)),
            ("proving, median", format!("{:.0} ms", self.prove_ms_median)),
            ("verifying, median", format!("{:.1} ms", self.verify_ms_median)),
            (
                "on the chain per unit",
                format!("{:.0} bytes", self.onchain_bytes_per_unit),
            ),
            ("state root", self.state_root.clone()),
            ("roots equal", yes(self.roots_equal)),
            (
                "accounts rebuilt",
                format!("{} of {}", self.accounts_recovered, self.accounts),
            ),
            ("proving a seal, median", format!("{:.0} ms", self.seal_prove_ms_median)),
            (
                "proving an exit",
                format!(
                    "{:.0} ms (as on the chain: {})",
                    self.exit_prove_ms,
                    yes(self.exit_agrees)
                ),
            ),
            ("stops fired", self.stops_fired.to_string()),
            ("liquidations", self.liquidations.to_string()),
            ("deleveraged", self.deleveraged.to_string()),
            ("solvency rounds", self.solvency_rounds.to_string()),
            ("forced withdrawals", self.forced_withdrawals.to_string()),
            (
                "receipts verified",
                format!("{} of {}", self.receipts_verified, self.instructions),
            ),
            (
                "withdrawals paid",
                format!(
                    "{}: {} accounts, {}",
                    yes(self.withdrawals_paid),
                    self.withdrawals,
                    self.withdrawn
                ),
            ),
            (
                "asset conserved",
                format!(
                    "{}: {}",
                    yes(self.settlement_asset_conserved),
                    self.settlement_asset_supply
                ),
            ),
            ("elapsed", format!("{:.1} s", self.elapsed_s)),
        ];
        let mut table = TextTable::facts();
        for (name, value) in rows {
            table.fact(name, value);
        }
        f.write_str(&table.lines().join("\n"))
    }
}

/// The middle of some numbers (the mean of the two middle ones if their count is even); `None` if there are none.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    sorted.get(sorted.len() / 2 - 1).map(|lower| (lower + upper) / 2.0)
}
