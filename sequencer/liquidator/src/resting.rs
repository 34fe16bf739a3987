//! Liquidation against orders at rest: each trades at its own price, the best first.
//!
//! An order at rest names its price, so nothing is left to be agreed: the policy takes what brings the account back to
//! initial margin from the front of the book, and stops where a price concedes more than the operator's discount, the
//! rule's (B-DISCOUNT) or what the account may concede in all. One unit of the account stands against all of these
//! orders, and against the house for what they do not take: an account that a few small orders have brought just above
//! maintenance margin could not be liquidated further.

use crate::{
    decision::Decision,
    draft::{BatchDraft, Resting},
    holding::Holding,
    need::{admissible, granted},
    policy::Policy,
    refusal::Refusal,
    trade::{closing, Trade},
};
use cloister_ledger::Side;
use cloister_risk::RiskTable;
use cloister_types::AccountIndex;

/// Largest number of orders that one unit of an account trades with.
const ORDERS: usize = 8;
/// By how much the house takes less of a step that it cannot carry.
const HOUSE_SHRINKS: u64 = 4;
/// The house, in the place of an account.
const HOUSE: u32 = AccountIndex::HOUSE.get();
/// How often an account goes to the book in one batch: orders that turn out not to be good leave it on the way.
const TRIES: usize = 8;

/// Whether a price is so near the mark that lots of a side may be closed at it: within the operator's discount (10^-6
/// of the mark) and the rule's.
fn is_near(table: &RiskTable, row: usize, side: Side, price: u64, discount: u32) -> bool {
    let lot = Trade::at(row, side, 1, price);
    let mark = table.rows.get(row).map_or(0, |row| row.mark.get().unsigned_abs());
    let most = i128::from(mark) * i128::from(discount) / 1_000_000;
    let concession = lot.concession(table);
    concession <= most && 256 * concession <= lot.discount(table)
}

/// What so many lots trade at, from the front of the book.
fn trade_with(orders: &[Resting], row: usize, side: Side, lots: u64) -> Trade {
    let mut trade = Trade::at(row, side, lots, 0);
    for (order, taken) in shares(orders, lots) {
        trade.cost += u128::from(order.price) * u128::from(taken);
    }
    trade
}

/// How many of some lots each order takes.
fn shares(orders: &[Resting], lots: u64) -> impl Iterator<Item = (&Resting, u64)> {
    let mut left = lots;
    orders.iter().map_while(move |order| {
        let taken = left.min(order.lots);
        left -= taken;
        (taken > 0).then_some((order, taken))
    })
}

/// The house in the place behind the last order: it takes the rest of a step at the mark.
fn house(table: &RiskTable, row: usize, lots: u64) -> Resting {
    Resting {
        account: HOUSE,
        order: 0,
        lots,
        price: table.rows.get(row).map_or(0, |row| row.mark.get().unsigned_abs()),
    }
}

/// The smallest fill of a row that brings an account back to initial margin, or as much as is taken: by the first of
/// some orders at rest, at least one of them, and for the rest by the house, up to so many lots. With the penalty, and
/// with whoever takes. `None` if the rules allow none that makes the account safer.
fn plan(
    table: &RiskTable,
    holding: &Holding,
    row: usize,
    orders: &[Resting],
    house_lots: u64,
) -> Option<(Trade, Vec<Resting>)> {
    let at = table.rows.get(row).filter(|row| row.is_priced())?;
    let held = *holding.lots.get(row).filter(|lots| !lots.is_zero())?;
    let side = closing(held);
    let safe = |trade: &Trade| holding.traded(table, trade).shortfall(table, table.header.initial) <= 0;
    // Where all of them together concede too much, the ones at the front may not.
    (1..=orders.len()).rev().find_map(|count| {
        let mut takers = orders.get(..count)?.to_vec();
        takers.push(house(table, row, house_lots));
        let offered = takers.iter().fold(0u64, |sum, order| sum.saturating_add(order.lots));
        let most = held.size().get().min(at.chunk.get()).min(offered);
        if most == 0 {
            return None;
        }
        let (mut low, mut high) = (1, most);
        while low < high {
            let middle = low + (high - low) / 2;
            if safe(&trade_with(&takers, row, side, middle)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        let mut trade = trade_with(&takers, row, side, low);
        let conceded = trade.concession(table).max(0);
        let granted = granted(table, holding, &trade);
        if conceded > granted || 256 * conceded > trade.discount(table) {
            return None;
        }
        trade.fee = u128::try_from(granted - conceded).ok()?;
        let maintenance = |holding: &Holding| holding.shortfall(table, table.header.maintenance);
        let after = holding.traded(table, &trade);
        let allowed = admissible(table, holding, &after, &[trade]).is_ok();
        (allowed && maintenance(&after) < maintenance(holding)).then_some((trade, takers))
    })
}

/// Reduces one account by orders at rest on the other side of a row, and by the house for what they do not take of a
/// step. True if it is no longer short of maintenance margin; otherwise whoever is next may take more.
pub(crate) fn to_book<'t>(draft: &mut impl BatchDraft<'t>, account: u32, row: usize, policy: &Policy) -> bool {
    let table = draft.table();
    for _ in 0..TRIES {
        let holding = draft.holding(account);
        if holding.shortfall(table, table.header.maintenance) < 1 {
            return true;
        }
        let Some(held) = holding.lots.get(row).copied().filter(|lots| !lots.is_zero()) else {
            return false;
        };
        let side = closing(held);
        let most = draft.room().saturating_sub(1).min(ORDERS);
        let orders: Vec<Resting> = draft
            .resting(row, side.opposite())
            .into_iter()
            .filter(|order| order.account != account)
            .take_while(|order| is_near(table, row, side, order.price, policy.discount))
            .take(most)
            .collect();
        if !step(draft, account, row, &orders, policy.house_leverage) {
            return false;
        }
    }
    false
}

/// One unit of an account against orders at rest and the house, of which the house takes less where its margin does not
/// carry more. False if there is none.
fn step<'t>(draft: &mut impl BatchDraft<'t>, account: u32, row: usize, orders: &[Resting], leverage: u64) -> bool {
    let (table, holding) = (draft.table(), draft.holding(account));
    let side = closing(holding.lots.get(row).copied().unwrap_or_default());
    let mut most = draft.house().capacity(table, row, side.opposite(), leverage);
    loop {
        let Some((trade, takers)) = plan(table, &holding, row, orders, most) else {
            return false;
        };
        let mut group = vec![Decision::Liquidate {
            account,
            trades: vec![trade],
        }];
        let mut to_house = 0;
        for (order, lots) in shares(&takers, trade.lots) {
            if order.account == HOUSE {
                to_house = lots;
            } else {
                group.push(order.takes(row, side.opposite(), lots));
            }
        }
        match draft.push(&group) {
            Ok(()) | Err(Refusal::Order) => return true,
            Err(_) if to_house > 0 => most = to_house / HOUSE_SHRINKS,
            Err(_) => return false,
        }
    }
}

/// Orders at rest that together take all of `lots` at the mark or at a price that is better for whoever gives them;
/// `None` if they would not.
pub(crate) fn take_resting<'t>(
    draft: &impl BatchDraft<'t>,
    row: usize,
    side: Side,
    lots: u64,
    orders: usize,
) -> Option<Vec<Decision>> {
    let table = draft.table();
    let good = draft.resting(row, side).into_iter();
    let good: Vec<Resting> = good
        .take_while(|order| is_near(table, row, side.opposite(), order.price, 0))
        .take(orders)
        .collect();
    let taken: u64 = shares(&good, lots).map(|(_, lots)| lots).sum();
    let all = shares(&good, lots).map(|(order, lots)| order.takes(row, side, lots));
    (taken == lots).then(|| all.collect())
}

/// Sells and buys back what the house holds of a row, to orders at rest at the mark or at a price that is better for
/// the house.
pub(crate) fn shed_to_book<'t>(draft: &mut impl BatchDraft<'t>, row: usize) {
    let table = draft.table();
    for _ in 0..TRIES {
        let held = draft.house().lots.get(row).copied().unwrap_or_default();
        let side = closing(held).opposite();
        let first = draft.resting(row, side).into_iter().next();
        let good = first.filter(|order| is_near(table, row, side.opposite(), order.price, 0));
        let Some(order) = good.filter(|_| !held.is_zero() && draft.room() > 0) else {
            return;
        };
        let lots = held.size().get().min(order.lots);
        match draft.push(&[order.takes(row, side, lots)]) {
            Ok(()) | Err(Refusal::Order) => (),
            // The lots stay where they are: the next batch tries again.
            Err(_) => return,
        }
    }
}
