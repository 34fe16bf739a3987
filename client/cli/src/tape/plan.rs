//! As few orders as possible whose fills are exactly a tape's trades.
//!
//! Think of orders as vertices and of fills as edges between an order at rest and an incoming one. Neighbouring trades
//! of one aggressor side that share an order form a path, which has one vertex more than edges. So a stretch of `n`
//! trades needs `n + 1` orders, and every break costs one more. Two neighbours can share
//!
//! * the order at rest, if they are at one price: it is sized to their sum and a new incoming order takes each trade;
//! * the incoming order, if they happened at one moment and walk away from the aggressor (a sweep): it is
//!   immediate-or-cancel, its limit is the worst price, and an order waits at each price.
//!
//! Two trades never become one fill: fills of one incoming order always meet different orders at rest.

use super::Print;
use cloister_ledger::{instruction::flags, Side};

/// How an order takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderRole {
    /// Comes to rest and waits.
    Maker,
    /// Comes in and trades at once.
    Taker,
}

impl OrderRole {
    /// The flags of an order that can play no other part.
    pub fn flags(self) -> u8 {
        match self {
            Self::Maker => flags::POST_ONLY,
            Self::Taker => flags::IMMEDIATE_OR_CANCEL,
        }
    }
}

/// One order of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedOrder {
    /// Number of its stretch; nothing is at rest between two stretches.
    pub stretch: usize,
    /// Trader, counted from 0.
    pub trader: usize,
    /// Whether it rests or takes.
    pub role: OrderRole,
    /// Side.
    pub side: Side,
    /// Limit per lot, 10^-6 of the settlement asset.
    pub limit: u64,
    /// Lots.
    pub lots: u64,
    /// Trades of the tape that it fills, counted from 0.
    pub fills: Vec<usize>,
}

/// Orders in the order in which they must be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The orders.
    pub orders: Vec<PlannedOrder>,
    /// Largest exposure of each trader, position and orders at rest together, in lots.
    pub exposure: Vec<u64>,
    /// Position of each trader after the plan, in lots.
    pub positions: Vec<i64>,
}

/// Why there is no plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Nobody could trade with anybody.
    #[error("a replay needs at least two traders, not {0}")]
    TooFewTraders(usize),
    /// The tape's quantities do not fit.
    #[error("the quantities of the tape overflow")]
    Overflow,
}

/// A stretch of trades connected by shared orders; indices into the tape.
#[derive(Debug, Default)]
struct Stretch {
    makers: Vec<Vec<usize>>,
    takers: Vec<Vec<usize>>,
}

/// What joins a trade to the one before it.
fn shares(before: &Print, next: &Print) -> Option<OrderRole> {
    if before.taker != next.taker {
        return None;
    }
    if before.price == next.price {
        return Some(OrderRole::Maker);
    }
    let away = match next.taker {
        Side::Buy => next.price > before.price,
        Side::Sell => next.price < before.price,
    };
    (before.moment == next.moment && away).then_some(OrderRole::Taker)
}

fn stretches(tape: &[Print]) -> Vec<Stretch> {
    let mut out: Vec<Stretch> = Vec::new();
    for (i, print) in tape.iter().enumerate() {
        let shared = i
            .checked_sub(1)
            .and_then(|j| tape.get(j))
            .and_then(|before| shares(before, print));
        let (Some(role), Some(stretch)) = (shared, out.last_mut()) else {
            out.push(Stretch {
                makers: vec![vec![i]],
                takers: vec![vec![i]],
            });
            continue;
        };
        let (same, other) = match role {
            OrderRole::Maker => (&mut stretch.makers, &mut stretch.takers),
            OrderRole::Taker => (&mut stretch.takers, &mut stretch.makers),
        };
        if let Some(order) = same.last_mut() {
            order.push(i);
        }
        other.push(vec![i]);
    }
    out
}

/// Traders, their positions and when each acted last.
struct Desk {
    positions: Vec<i64>,
    exposure: Vec<u64>,
    last: Vec<usize>,
    clock: usize,
}

impl Desk {
    /// The trader whom an order of this side suits best: the one whose position it shrinks most, and of several the one
    /// who has waited longest.
    fn choose(&mut self, side: Side, excluded: &[usize]) -> Option<usize> {
        let suits = |trader: &usize| {
            let position = self.positions.get(*trader).copied().unwrap_or_default();
            (
                position.saturating_mul(side.sign()),
                self.last.get(*trader).copied().unwrap_or_default(),
                *trader,
            )
        };
        let chosen = (0..self.positions.len())
            .filter(|t| !excluded.contains(t))
            .min_by_key(suits)?;
        self.clock += 1;
        if let Some(last) = self.last.get_mut(chosen) {
            *last = self.clock;
        }
        Some(chosen)
    }

    fn take(&mut self, trader: usize, side: Side, lots: u64) -> Result<(), PlanError> {
        let change = i64::try_from(lots)
            .map_err(|_| PlanError::Overflow)?
            .checked_mul(side.sign());
        let (Some(position), Some(exposure)) = (self.positions.get_mut(trader), self.exposure.get_mut(trader)) else {
            return Ok(());
        };
        // Before the fill the order stands beside the position, whichever way it points.
        let beside = position.unsigned_abs().checked_add(lots).ok_or(PlanError::Overflow)?;
        *exposure = (*exposure).max(beside);
        *position = change
            .and_then(|c| position.checked_add(c))
            .ok_or(PlanError::Overflow)?;
        Ok(())
    }
}

/// Plans the tape for `traders` traders.
///
/// # Errors
/// [`PlanError`].
pub fn plan(tape: &[Print], traders: usize) -> Result<Plan, PlanError> {
    if traders < 2 {
        return Err(PlanError::TooFewTraders(traders));
    }
    let mut desk = Desk {
        positions: vec![0; traders],
        exposure: vec![0; traders],
        last: vec![0; traders],
        clock: 0,
    };
    let mut orders = Vec::new();
    for (number, stretch) in stretches(tape).iter().enumerate() {
        orders.extend(plan_stretch(tape, number, stretch, &mut desk)?);
    }
    Ok(Plan {
        orders,
        exposure: desk.exposure,
        positions: desk.positions,
    })
}

fn plan_stretch(
    tape: &[Print],
    number: usize,
    stretch: &Stretch,
    desk: &mut Desk,
) -> Result<Vec<PlannedOrder>, PlanError> {
    let print = |i: &usize| tape.get(*i).copied().ok_or(PlanError::Overflow);
    let side_of = |fills: &[usize]| {
        fills
            .first()
            .map(print)
            .unwrap_or(Err(PlanError::Overflow))
            .map(|p| p.taker)
    };
    let most_makers = desk.positions.len() / 2;
    let mut makers: Vec<usize> = Vec::new();
    let mut out: Vec<PlannedOrder> = Vec::new();
    let order = |trader: usize, role: OrderRole, fills: &[usize], desk: &mut Desk| -> Result<PlannedOrder, PlanError> {
        let taker = side_of(fills)?;
        let side = if role == OrderRole::Taker {
            taker
        } else {
            taker.opposite()
        };
        let mut lots = 0u64;
        let mut limit = None;
        for fill in fills {
            let print = print(fill)?;
            lots = lots.checked_add(print.lots).ok_or(PlanError::Overflow)?;
            // The last price of a sweep is its worst.
            limit = Some(print.price);
        }
        desk.take(trader, side, lots)?;
        let limit = limit.ok_or(PlanError::Overflow)?;
        Ok(PlannedOrder {
            stretch: number,
            trader,
            role,
            side,
            limit,
            lots,
            fills: fills.to_vec(),
        })
    };
    // Makers first, each just before the incoming order that first meets it. In one stretch, no trader both makes and
    // takes.
    let mut maker_traders = Vec::new();
    for fills in &stretch.makers {
        let side = side_of(fills)?.opposite();
        let full = makers.len() >= most_makers;
        let takers_to_be: Vec<usize> = if full {
            (0..desk.positions.len()).filter(|t| !makers.contains(t)).collect()
        } else {
            Vec::new()
        };
        let trader = desk
            .choose(side, &takers_to_be)
            .ok_or(PlanError::TooFewTraders(desk.positions.len()))?;
        if !makers.contains(&trader) {
            makers.push(trader);
        }
        maker_traders.push(trader);
    }
    let mut waiting = stretch.makers.iter().zip(maker_traders).peekable();
    for fills in &stretch.takers {
        let last = fills.last().copied().unwrap_or_default();
        while let Some((resting, trader)) =
            waiting.next_if(|(resting, _)| resting.first().is_some_and(|first| *first <= last))
        {
            out.push(order(trader, OrderRole::Maker, resting, desk)?);
        }
        let side = side_of(fills)?;
        let trader = desk
            .choose(side, &makers)
            .ok_or(PlanError::TooFewTraders(desk.positions.len()))?;
        out.push(order(trader, OrderRole::Taker, fills, desk)?);
    }
    Ok(out)
}
