//! What must hold at the end, each judged by itself.

use crate::{
    error::RunError,
    run::{is_short, Lived},
};
use cloister_crypto::field::to_bytes;
use cloister_liquidator::Holding;
use cloister_types::Position;

/// One thing that must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// What must hold.
    pub what: &'static str,
    /// The figures behind it.
    pub figures: String,
    /// Whether it does.
    pub holds: bool,
}

/// Judges a run.
///
/// # Errors
/// A sum leaves its range.
pub fn judge(lived: &Lived) -> Result<Vec<Claim>, RunError> {
    Ok(vec![
        nobody_insolvent(lived),
        lots(lived)?,
        settled_money(lived)?,
        vault(lived),
        roots(lived),
        leaves(lived),
        round(lived),
    ])
}

fn nobody_insolvent(lived: &Lived) -> Claim {
    let holding = |kept: &crate::history::Kept| Holding::from(&kept.rebuilt.account);
    let accounts = lived.history.accounts.values();
    let (mut lowest, mut insolvent, mut short) = (i128::MAX, 0u32, 0u32);
    for held in accounts.map(holding) {
        let equity = held.equity(&lived.table);
        lowest = lowest.min(equity);
        insolvent += u32::from(equity < 0);
        short += u32::from(is_short(&lived.table, &held));
    }
    Claim {
        what: "no account is insolvent or below maintenance margin",
        figures: format!(
            "{} accounts, {insolvent} insolvent, {short} short, lowest equity {}",
            lived.history.accounts.len(),
            dollars(lowest)
        ),
        holds: insolvent == 0 && short == 0,
    }
}

fn lots(lived: &Lived) -> Result<Claim, RunError> {
    let house = &lived.history.house;
    let mut open = 0u64;
    let mut even = true;
    for row in 0..lived.table.rows.len() {
        let of = |positions: &cloister_risk::Positions| positions.get(row).copied().unwrap_or(Position::ZERO);
        let mut sum = of(&house.positions);
        for kept in lived.history.accounts.values() {
            let held = of(&kept.rebuilt.account.positions);
            sum = sum.checked_add(held).ok_or(RunError::Range)?;
            if held > Position::ZERO {
                open = open.checked_add(held.size().get()).ok_or(RunError::Range)?;
            }
        }
        even &= sum.is_zero();
    }
    let held: i128 = house.positions.iter().map(|lots| i128::from(lots.get())).sum();
    Ok(Claim {
        what: "the lots of all accounts and of the house sum to 0",
        figures: format!("{open} lots are held long by accounts, {held} by the house"),
        holds: even,
    })
}

/// Deposits less payouts, from the records of all batches, are what accounts and house have.
fn settled_money(lived: &Lived) -> Result<Claim, RunError> {
    let mut flows = Some((0i128, 0i128));
    for batch in &lived.history.audit.batches {
        let statement = &batch.statement;
        let mut paid_in = i128::from(statement.doors.paid_in.get());
        let mut paid_out = i128::from(statement.sweep.get()) + i128::from(statement.insurance_out.get());
        for unit in &statement.units {
            paid_in += i128::from(unit.deposit.get());
            paid_out += i128::from(unit.withdrawal.get());
        }
        flows = flows.and_then(|(a, b)| Some((a.checked_add(paid_in)?, b.checked_add(paid_out)?)));
    }
    let (paid_in, paid_out) = flows.ok_or(RunError::Range)?;
    let accounts = lived.history.accounts.values();
    let cash = accounts
        .map(|kept| kept.rebuilt.account.cash.get())
        .try_fold(0i128, i128::checked_add)
        .ok_or(RunError::Range)?;
    let house = &lived.history.house;
    let fees = i128::try_from(house.fee_pool.get()).map_err(|_| RunError::Range)?;
    let all = cash
        .checked_add(house.insurance.get())
        .and_then(|sum| sum.checked_add(fees))
        .ok_or(RunError::Range)?;
    let owed = lived.history.totals.settled;
    Ok(Claim {
        what: "deposits less payouts are the cash of accounts, insurance and fees, to the unit",
        figures: format!(
            "{} - {} = {} + {} + {}; the vault owes them {}",
            dollars(paid_in),
            dollars(paid_out),
            dollars(cash),
            dollars(house.insurance.get()),
            dollars(fees),
            dollars(owed)
        ),
        holds: paid_in - paid_out == all && all == owed,
    })
}

fn vault(lived: &Lived) -> Claim {
    let money = &lived.history.money;
    Claim {
        what: "no money was made or lost on the chain, and the vault holds what it owes",
        figures: format!(
            "supply {}, held {}, vault {}, owed {}",
            dollars(money.supply as i128),
            dollars(money.held as i128),
            dollars(money.vault as i128),
            dollars(money.owed as i128)
        ),
        holds: money.conserved_since(&lived.before),
    }
}

fn roots(lived: &Lived) -> Claim {
    let history = &lived.history;
    Claim {
        what: "the roots of the chain, of the sequencer and of the public leaves are one",
        figures: hex::encode(history.root),
        holds: history.root == history.sequencer_root && history.root == history.audit.root,
    }
}

fn leaves(lived: &Lived) -> Claim {
    let mut same = 0;
    for kept in lived.history.accounts.values() {
        let own = to_bytes(&kept.rebuilt.account.leaf());
        same += usize::from(match kept.leaf {
            Some(leaf) => leaf == own,
            None => kept.rebuilt.closed,
        });
    }
    Claim {
        what: "every account that is rebuilt from the chain is the sequencer's",
        figures: format!("{same} of {}", lived.history.accounts.len()),
        holds: same == lived.history.accounts.len(),
    }
}

fn round(lived: &Lived) -> Claim {
    let what = "a solvency round after the last price is complete, and shows no debt and nobody short";
    match &lived.history.solvency.round {
        Some(round) => {
            let found = &round.findings;
            Claim {
                what,
                figures: format!(
                    "round {}: {} short, debt {}, surplus {}",
                    round.number,
                    found.short,
                    dollars(i128::try_from(found.debt).unwrap_or(i128::MAX)),
                    dollars(found.surplus)
                ),
                holds: round.oldest_table > lived.last_fed && found.short == 0 && found.debt == 0,
            }
        }
        None => Claim {
            what,
            figures: "none".into(),
            holds: false,
        },
    }
}

/// An amount in 10^-6, with a sign.
pub fn dollars(amount: i128) -> String {
    cloister_client_core::amount::show_money(amount)
}
