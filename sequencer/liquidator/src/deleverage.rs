//! Deleveraging (B-DELEVERAGE, Q-DELEVERAGE): what insolvent accounts must shed and neither book nor house takes is
//! closed at the mark against accounts that hold the other side.
//!
//! Who sheds first: the account that owes most. Who gives up first ([`priority`]): accounts that owe money themselves,
//! then those with the highest `return · leverage`. Equals go by their index. Nobody gives up more than the insolvent
//! shed, or so much that its margin suffers.

use crate::{
    decision::Decision,
    draft::BatchDraft,
    holding::Holding,
    refusal::Refusal,
    trade::{closing, Trade},
};
use cloister_ledger::Party;
use cloister_risk::RiskTable;
use cloister_types::Position;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

/// Parts of one in which returns and leverages are compared.
const ONE: i128 = 1_000_000;
/// How often legs that go together are tried in smaller parts, and by how much.
const TRIES: u32 = 5;
const SHRINKS: u64 = 2;

/// A number that is higher the sooner an account is asked to give up its lots of a row: `None` for one that owes money,
/// which is asked first.
///
/// With `return = profit / (|lots|·mark)` and `leverage = Σ |lots|·mark / equity`, both in 10^-6, it is
/// `return · leverage` for a gain and `return / leverage` for a loss: the more a position has won and the less money
/// stands behind it, the sooner.
pub fn priority(table: &RiskTable, holding: &Holding, row: usize, profit: i128) -> Option<i128> {
    let equity = holding.equity(table);
    if equity <= 0 {
        return None;
    }
    let worth = |row: usize, lots: Position| {
        i128::from(lots.size().get()) * i128::from(table.rows[row].mark.get().unsigned_abs())
    };
    let gross: i128 = holding.held().map(|(row, lots)| worth(row, lots)).sum();
    let leverage = (gross * ONE / equity).max(1);
    let gained = profit * ONE / worth(row, holding.lots[row]).max(1);
    Some(match gained {
        0.. => gained * leverage / ONE,
        _ => gained * ONE / leverage,
    })
}

/// The trade that closes lots of a position at the mark.
fn close(table: &RiskTable, holding: &Holding, row: usize, lots: u64) -> Trade {
    let mark = table.rows[row].mark.get().unsigned_abs();
    Trade::at(row, closing(holding.lots[row]), lots, mark)
}

/// True if the account may be left like this: it meets initial margin, or is no shorter of maintenance margin than
/// before.
fn allowed(table: &RiskTable, before: &Holding, after: &Holding) -> bool {
    let maintenance = table.header.maintenance;
    after.shortfall(table, table.header.initial) <= 0
        || after.shortfall(table, maintenance) <= before.shortfall(table, maintenance)
}

/// The largest number of its lots of a row that an account can be closed of.
fn most(table: &RiskTable, holding: &Holding, row: usize) -> u64 {
    let held = holding.lots[row].size().get();
    let may = |lots: u64| {
        allowed(
            table,
            holding,
            &holding.traded(table, &close(table, holding, row, lots)),
        )
    };
    if held == 0 || may(held) {
        return held;
    }
    let (mut low, mut high) = (0, held);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if may(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// Insolvent accounts with lots, those that owe most first.
fn insolvent<'t>(draft: &impl BatchDraft<'t>) -> Vec<u32> {
    let table = draft.table();
    let mut out: Vec<(i128, u32)> = draft
        .in_need()
        .filter(|(_, holding)| !holding.is_flat())
        .map(|(account, holding)| (holding.equity(table), account))
        .filter(|(equity, _)| *equity < 0)
        .collect();
    out.sort_unstable();
    out.into_iter().map(|(_, account)| account).collect()
}

/// Accounts that hold lots of a row on a side (1 long, -1 short), in the order in which they give them up.
fn counterparties<'t>(draft: &impl BatchDraft<'t>, row: usize, sign: i64) -> Vec<u32> {
    let table = draft.table();
    let mut out: Vec<_> = draft
        .holders(row)
        .filter(|(_, holding)| holding.lots[row].get().signum() == sign)
        .map(|(account, holding)| {
            let priority = priority(table, &holding, row, draft.profit(account, row));
            (priority.map(Reverse), account)
        })
        .collect();
    // Without a number first.
    out.sort_unstable();
    out.into_iter().map(|(_, account)| account).collect()
}

/// One side of a group: each account with its lots.
type Side = Vec<(u32, u64)>;

/// Takes lots of both sides in their order until one is used up or `room` units are taken.
fn pair(shed: Vec<(u32, u64)>, given: Vec<(u32, u64)>, room: usize) -> [Side; 2] {
    let (mut out, mut next) = (
        [Side::new(), Side::new()],
        [shed, given].map(|side| side.into_iter().peekable()),
    );
    loop {
        let (Some((a, x)), Some((b, y))) = (next[0].peek().copied(), next[1].peek().copied()) else {
            return out;
        };
        let fresh = [(&out[0], a), (&out[1], b)]
            .iter()
            .filter(|(side, account)| side.last().is_none_or(|(last, _)| last != account))
            .count();
        if out[0].len() + out[1].len() + fresh > room {
            return out;
        }
        let lots = x.min(y);
        for (i, account) in [a, b].into_iter().enumerate() {
            match out[i].last_mut() {
                Some((last, sum)) if *last == account => *sum += lots,
                _ => out[i].push((account, lots)),
            }
            match next[i].peek_mut() {
                Some((_, left)) if *left > lots => *left -= lots,
                _ => drop(next[i].next()),
            }
        }
    }
}

/// Closes what the given accounts hold, as far as they are insolvent, row by row against accounts on the other side.
/// Returns those that still hold lots, and why.
pub fn deleverage<'t>(draft: &mut impl BatchDraft<'t>, accounts: &BTreeSet<u32>) -> Vec<(u32, Refusal)> {
    let table = draft.table();
    let mut reasons: BTreeMap<u32, Refusal> = BTreeMap::new();
    let live = (0..table.rows.len()).filter(|row| table.rows[*row].is_priced());
    for (row, sign) in live.flat_map(|row| [(row, 1), (row, -1)]) {
        let lots_of = |draft: &_, account: u32| most(table, &BatchDraft::holding(draft, account), row);
        let shedding = insolvent(draft)
            .into_iter()
            .filter(|account| accounts.contains(account));
        let shedding = shedding.filter(|account| draft.holding(*account).lots[row].get().signum() == sign);
        let shed: Side = shedding.map(|account| (account, lots_of(draft, account))).collect();
        if shed.is_empty() {
            continue;
        }
        let can = |(_, lots): &(u32, u64)| *lots > 0;
        let given = counterparties(draft, row, -sign).into_iter();
        let given: Side = given
            .map(|account| (account, lots_of(draft, account)))
            .filter(can)
            .collect();
        let reason = if given.is_empty() {
            Refusal::NoCounterparty
        } else {
            Refusal::Full
        };
        reasons.extend(
            shed.iter()
                .map(|(account, lots)| (*account, if *lots > 0 { reason } else { Refusal::Margin })),
        );
        let [shed, given] = pair(shed.into_iter().filter(can).collect(), given, draft.room());
        let decision = |party, (account, lots): &(u32, u64)| Decision::Deleverage {
            account: *account,
            party,
            trades: vec![close(table, &draft.holding(*account), row, *lots)],
        };
        let group: Vec<Decision> = shed
            .iter()
            .map(|side| decision(Party::Insolvent, side))
            .chain(given.iter().map(|side| decision(Party::Counterparty, side)))
            .collect();
        if group.is_empty() {
            continue;
        }
        if let Err(refusal) = draft.push(&group) {
            reasons.extend(shed.iter().map(|(account, _)| (*account, refusal)));
        }
    }
    let left = insolvent(draft)
        .into_iter()
        .filter(|account| accounts.contains(account));
    left.map(|account| {
        (
            account,
            reasons.get(&account).copied().unwrap_or(Refusal::NoCounterparty),
        )
    })
    .collect()
}

/// Closes all legs of insolvent accounts in one unit each, because no leg alone can go, or as large a part of all legs
/// as finds counterparties. Returns the accounts that had to be left, and why.
pub fn deleverage_pairs<'t>(draft: &mut impl BatchDraft<'t>, accounts: &BTreeSet<u32>) -> Vec<(u32, Refusal)> {
    let mut left = Vec::new();
    for account in insolvent(draft)
        .into_iter()
        .filter(|account| accounts.contains(account))
    {
        let mut last = Refusal::NoCounterparty;
        let done = (0..TRIES).any(|n| {
            let group = legs(draft, account, SHRINKS.pow(n));
            let pushed = group.map(|group| draft.push(&group));
            last = pushed.and_then(Result::err).unwrap_or(last);
            matches!(pushed, Some(Ok(())))
        });
        if !done {
            left.push((account, last));
        }
    }
    left
}

/// The units that close one part of `parts` of all legs of an account; `None` if counterparties are missing.
fn legs<'t>(draft: &impl BatchDraft<'t>, account: u32, parts: u64) -> Option<Vec<Decision>> {
    let table = draft.table();
    let holding = draft.holding(account);
    let mut trades = Vec::new();
    let mut given = Vec::new();
    // Who gives up lots of two rows does it in two units.
    let mut changed: BTreeMap<u32, Holding> = BTreeMap::new();
    for (row, held) in holding.held() {
        if !table.rows[row].is_priced() {
            return None;
        }
        let lots = held.size().get() / parts;
        if lots == 0 {
            return None;
        }
        trades.push(close(table, &holding, row, lots));
        let mut missing = lots;
        for other in counterparties(draft, row, -held.get().signum()) {
            let theirs = changed.entry(other).or_insert_with(|| draft.holding(other));
            let lots = most(table, theirs, row).min(missing);
            if lots > 0 {
                let trade = close(table, theirs, row, lots);
                *theirs = theirs.traded(table, &trade);
                given.push(Decision::Deleverage {
                    account: other,
                    party: Party::Counterparty,
                    trades: vec![trade],
                });
                missing -= lots;
            }
            if missing == 0 {
                break;
            }
        }
        if missing > 0 {
            return None;
        }
    }
    let mut group = vec![Decision::Deleverage {
        account,
        party: Party::Insolvent,
        trades,
    }];
    group.extend(given);
    (group.len() > 1).then_some(group)
}
