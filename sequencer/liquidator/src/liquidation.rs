//! Finds accounts below maintenance margin and reduces them by unsigned fills: orders at rest take at their prices,
//! makers at a discount, else the house at the mark.

use crate::{
    decision::Decision,
    draft::{take, BatchDraft, OfferPrice},
    holding::Holding,
    need::{admissible, granted},
    policy::Policy,
    refusal::Refusal,
    resting::to_book,
    trade::{closing, Trade},
    walk::close_together,
};
use cloister_risk::RiskTable;
use cloister_types::Position;
use std::collections::BTreeMap;

/// Largest number of liquidations that one maker's order takes at once.
const BUNDLE: usize = 9;
/// Largest number of makers whose orders stand behind one liquidation at the mark.
const TAKERS: usize = 2;
/// How often the house tries a smaller step when its margin does not carry a larger one, and by how much.
const HOUSE_TRIES: u32 = 4;
const HOUSE_SHRINKS: u64 = 4;

/// Accounts that [`liquidate`] left as they are.
#[derive(Clone, Debug, Default)]
pub struct Unliquidated {
    /// Accounts whose risk no single fill reduces: all legs must go in one unit.
    pub pairs: Vec<u32>,
    /// Accounts that nobody took, and the last reason.
    pub refused: Vec<(u32, Refusal)>,
}

/// Accounts that are short of maintenance margin, broke ones too, those with the least equity for their risk first.
fn short<'t>(draft: &impl BatchDraft<'t>) -> Vec<u32> {
    let table = draft.table();
    let mut out: Vec<(i128, u32)> = Vec::new();
    for (account, holding) in draft.in_need() {
        let equity = holding.equity(table);
        if !holding.is_flat() && holding.shortfall(table, table.header.maintenance) >= 1 {
            out.push((equity * 1_000_000 / holding.exposure(table).max(1), account));
        }
    }
    out.sort_unstable();
    out.into_iter().map(|(_, account)| account).collect()
}

/// One fill that reduces a row of an account by as little as brings it back to initial margin, at most `most` lots, at
/// a price `discount` (10^-6) worse than the mark, or less if that is more than a price may concede. What the price
/// does not take of its share goes to the insurance. `None` if no fill of the row makes the account safer, or if the
/// account cannot pay for one.
fn plan(table: &RiskTable, holding: &Holding, row: usize, most: u64, discount: u32) -> Option<Trade> {
    let at = &table.rows[row];
    let held = holding.lots[row];
    if held.is_zero() || !at.is_priced() {
        return None;
    }
    let mark = at.mark.get().unsigned_abs();
    let granted = |trade: &Trade| granted(table, holding, trade);
    let worse = (u128::from(mark) * u128::from(discount) / 1_000_000) as u64;
    let mut trade = reduce(table, holding, row, most, worse)?;
    if trade.concession(table) > granted(&trade) {
        let worse = u64::try_from(granted(&trade) / i128::from(trade.lots))
            .ok()
            .filter(|worse| *worse > 0)?;
        trade = reduce(table, holding, row, most, worse)?;
    }
    if 256 * trade.concession(table) > trade.discount(table) {
        return None;
    }
    trade.fee = u128::try_from(granted(&trade) - trade.concession(table)).ok()?;
    let maintenance = |holding: &Holding| holding.shortfall(table, table.header.maintenance);
    let after = holding.traded(table, &trade);
    let allowed = admissible(table, holding, &after, &[trade]).is_ok();
    (allowed && maintenance(&after) < maintenance(holding)).then_some(trade)
}

/// The smallest fill of [`plan`] at a price that is `worse` than the mark by so much per lot, without a fee and
/// whatever the rules of a liquidation say to it; `None` if the account can pay for none.
fn reduce(table: &RiskTable, holding: &Holding, row: usize, most: u64, worse: u64) -> Option<Trade> {
    let at = &table.rows[row];
    let held = holding.lots[row];
    let (side, mark) = (closing(held), at.mark.get().unsigned_abs());
    let price = mark.saturating_add_signed(side.sign() * worse as i64);
    let affordable = holding
        .equity(table)
        .max(0)
        .checked_div(i128::from(worse))
        .map_or(u64::MAX, |lots| lots as u64);
    let most = most.min(held.size().get()).min(at.chunk.get()).min(affordable);
    if most == 0 {
        return None;
    }
    let safe = |lots: u64| {
        holding
            .traded(table, &Trade::at(row, side, lots, price))
            .shortfall(table, table.header.initial)
            <= 0
    };
    let (mut low, mut high) = (1, most);
    while low < high {
        let middle = low + (high - low) / 2;
        if safe(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(Trade::at(row, side, low, price))
}

/// Reduces every account that is short, where somebody takes it: orders at rest at their prices, within the policy's
/// discount; of whom they leave short, makers one fill at the discount, else at the mark, else the house at the mark.
pub fn liquidate<'t>(draft: &mut impl BatchDraft<'t>, policy: &Policy) -> Unliquidated {
    let accounts = short(draft);
    reduce_all(draft, policy, accounts)
}

/// Reduces accounts that owe money step after step, until they are flat or nobody takes a step. They have no time to
/// wait for a step in the next batch: what is taken of nobody is deleveraged in this one. Adds to what was left.
pub fn liquidate_broke<'t>(draft: &mut impl BatchDraft<'t>, policy: &Policy, left: &mut Unliquidated) {
    let table = draft.table();
    loop {
        let mut broke = short(draft);
        broke.retain(|account| {
            let refused = left.refused.iter().any(|(other, _)| other == account);
            draft.holding(*account).equity(table) < 0 && !refused && !left.pairs.contains(account)
        });
        if broke.is_empty() {
            return;
        }
        let Unliquidated { pairs, refused } = reduce_all(draft, policy, broke);
        left.pairs.extend(pairs);
        left.refused.extend(refused);
    }
}

/// One fill of each of the accounts.
fn reduce_all<'t>(draft: &mut impl BatchDraft<'t>, policy: &Policy, accounts: Vec<u32>) -> Unliquidated {
    let table = draft.table();
    let mut left = Unliquidated::default();
    // By row and sign of what must go.
    let mut queues: BTreeMap<(usize, bool), Vec<u32>> = BTreeMap::new();
    for account in accounts {
        let holding = draft.holding(account);
        let largest = holding
            .held()
            .filter(|(row, _)| plan(table, &holding, *row, u64::MAX, 0).is_some())
            .max_by_key(|(row, lots)| i128::from(lots.size().get()) * i128::from(table.rows[*row].mark.get()));
        match largest {
            Some((row, lots)) => queues.entry((row, lots > Position::ZERO)).or_default().push(account),
            None if holding.held().count() > 1 && holding.held().all(|(row, _)| table.rows[row].is_priced()) => {
                left.pairs.push(account);
            }
            None => left.refused.push((account, Refusal::Margin)),
        }
    }
    for ((row, _), queue) in queues {
        let mut queue = queue;
        queue.retain(|account| !to_book(draft, *account, row, policy));
        let rest = to_makers(draft, row, policy.discount, queue);
        for account in rest {
            if let Err(refusal) = at_mark(draft, account, row, policy.house_leverage) {
                left.refused.push((account, refusal));
            }
        }
    }
    left
}

/// Tries each account of the queue once; one order of a maker may take several. Returns the accounts that no maker
/// took.
fn to_makers<'t>(draft: &mut impl BatchDraft<'t>, row: usize, discount: u32, queue: Vec<u32>) -> Vec<u32> {
    let table = draft.table();
    let Some(first) = queue.first() else {
        return Vec::new();
    };
    let taking = closing(draft.holding(*first).lots[row]).opposite();
    let mut waiting = queue.into_iter().peekable();
    let mut rest = Vec::new();
    for offer in draft.offers(row, taking, OfferPrice::Discount) {
        let mut capacity = offer.lots;
        let room = draft.room().min(BUNDLE + 1);
        let mut accounts: Vec<u32> = Vec::new();
        let mut group: Vec<Decision> = Vec::new();
        let mut order = Trade::at(row, taking, 0, 0);
        while let Some(account) = waiting.peek().copied() {
            if capacity == 0 || group.len() + 1 >= room {
                break;
            }
            waiting.next();
            let holding = draft.holding(account);
            // A maker does not take of itself, and a broke account can pay no discount.
            let fits = account != offer.account && holding.equity(table) >= 0;
            let Some(trade) = plan(table, &holding, row, capacity, discount).filter(|_| fits) else {
                rest.push(account);
                continue;
            };
            capacity -= trade.lots;
            order.lots += trade.lots;
            order.cost += trade.cost;
            accounts.push(account);
            let trades = vec![trade];
            group.push(Decision::Liquidate { account, trades });
        }
        if group.is_empty() {
            continue;
        }
        group.push(Decision::Take {
            account: offer.account,
            trade: order,
        });
        if draft.push(&group).is_err() {
            rest.extend(accounts);
        }
    }
    rest.extend(waiting);
    rest
}

/// At the mark: makers take all of a step, or the house takes what its own limit and its margin carry.
fn at_mark<'t>(draft: &mut impl BatchDraft<'t>, account: u32, row: usize, leverage: u64) -> Result<(), Refusal> {
    let table = draft.table();
    let liquidation = |trade| Decision::Liquidate {
        account,
        trades: vec![trade],
    };
    if let Some(trade) = plan(table, &draft.holding(account), row, u64::MAX, 0) {
        if let Some(orders) = take(draft, Some(account), row, trade.side.opposite(), trade.lots, TAKERS) {
            let mut group = vec![liquidation(trade)];
            group.extend(orders);
            if draft.push(&group).is_ok() {
                return Ok(());
            }
        }
    }
    let taking = closing(draft.holding(account).lots[row]).opposite();
    let mut most = draft.house().capacity(table, row, taking, leverage);
    let mut last = Refusal::HouseLimit;
    for _ in 0..HOUSE_TRIES {
        let holding = draft.holding(account);
        let Some(trade) = plan(table, &holding, row, most, 0) else {
            return Err(last);
        };
        most = trade.lots / HOUSE_SHRINKS;
        match draft.push(&[liquidation(trade)]) {
            Err(Refusal::HouseMargin) => last = Refusal::HouseMargin,
            other => return other,
        }
    }
    Err(last)
}

/// Liquidates accounts that hold lots of several rows against each other: several legs in one unit of `places` places,
/// at the mark, against the house; fewer lots where its margin does not carry all that is needed. Returns the accounts
/// that had to be left, and why.
pub fn liquidate_pairs<'t>(draft: &mut impl BatchDraft<'t>, pairs: &[u32], places: usize) -> Vec<(u32, Refusal)> {
    let table = draft.table();
    let mut left = Vec::new();
    for account in pairs.iter().copied() {
        let holding = draft.holding(account);
        if holding.held().count() < 2 {
            // One leg is gone by now: no pair any more.
            left.push((account, Refusal::Fill));
            continue;
        }
        let (mut most, mut last) = (u64::MAX, Some(Refusal::Margin));
        for _ in 0..HOUSE_TRIES {
            let Some(trades) = close_together(table, &holding, places, most) else {
                break;
            };
            let longest = trades.iter().map(|trade| trade.lots).max().unwrap_or_default();
            most = longest / HOUSE_SHRINKS;
            last = draft.push(&[Decision::Liquidate { account, trades }]).err();
            if last != Some(Refusal::HouseMargin) {
                break;
            }
        }
        left.extend(last.map(|refusal| (account, refusal)));
    }
    left
}
