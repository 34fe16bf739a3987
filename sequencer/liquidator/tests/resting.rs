//! Liquidation against orders at rest: each at its price, no further than allowed, and no more than needed.

mod common;

use cloister_ledger::Side;
use cloister_liquidator::{admissible, Trade};
use cloister_liquidator::{
    decide, liquidate, shed, take_over, BatchDraft, Decision, Holding, Policy, Refusal, Resting,
};
use cloister_risk::RiskTable;
use cloister_types::Position;
use common::{holding, table, Paper, MARK, PERPETUAL};
use proptest::prelude::*;

/// A discount of 0.2 %: 0.2 per lot.
const POLICY: Policy = Policy {
    discount: 2_000,
    house_leverage: 500,
};
const MAKER: u32 = 1;

/// A long of a hundred lots, worth 10,000, needs 1,630 for maintenance and 2,037.5 for initial margin.
fn long(equity: i64) -> Holding {
    holding(equity, &[(PERPETUAL, 100)])
}

fn maker() -> Holding {
    holding(1_000_000, &[])
}

/// An order at rest of the maker, at the mark and so much.
fn bid(order: u64, lots: u64, above: i64) -> Resting {
    Resting {
        account: MAKER,
        order,
        lots,
        price: (MARK + above) as u64,
    }
}

fn is_safe(table: &RiskTable, holding: &Holding) -> bool {
    holding.shortfall(table, table.header.initial) <= 0
}

/// The one liquidation of the draft, and what orders at rest took.
fn outcome(draft: &Paper<'_>) -> (Vec<Trade>, Vec<(u64, u64, u128)>) {
    let mut liquidated = Vec::new();
    let mut matched = Vec::new();
    for decision in draft.decisions() {
        match decision {
            Decision::Liquidate { trades, .. } => liquidated.extend(trades),
            Decision::Match { order, trade, .. } => {
                matched.push((order, trade.lots, trade.cost / u128::from(trade.lots)));
                assert_eq!((trade.side, trade.fee), (Side::Buy, 0));
            }
            other => panic!("{other:?}"),
        }
    }
    (liquidated, matched)
}

#[test]
fn orders_at_rest_should_take_at_their_own_prices_the_best_first() {
    let table = table();
    let mut draft = Paper::new(&table, &[long(1_629), maker()]);
    draft.resting = vec![bid(7, 2, 100_000), bid(8, 3, 0), bid(9, 1_000, -150_000)];
    let left = liquidate(&mut draft, &POLICY);
    assert!(left.refused.is_empty() && left.pairs.is_empty());
    let (liquidated, matched) = outcome(&draft);
    let [trade] = liquidated[..] else {
        panic!("{liquidated:?}");
    };
    let mark = MARK as u128;
    let rest = trade.lots - 5;
    assert_eq!(
        matched,
        [(7, 2, mark + 100_000), (8, 3, mark), (9, rest, mark - 150_000)]
    );
    assert_eq!(trade.cost, 5 * mark + 200_000 + u128::from(rest) * (mark - 150_000));
    assert!(rest > 0 && is_safe(&table, &long(1_629).traded(&table, &Trade { fee: 0, ..trade })));
    // Nothing went to the house, which keeps the penalty.
    assert!(draft.house().is_flat());
    assert_eq!(draft.house().cash, 1_000_000_000_000 + trade.fee as i128);
    assert!(draft.holding(0).shortfall(&table, table.header.maintenance) <= 0);
}

#[test]
fn an_order_priced_beyond_the_discount_should_get_nothing() {
    for (policy, max_discount) in [(2_000, 4), (20_000, 0)] {
        let mut table = table();
        table.header.max_discount = max_discount;
        let mut draft = Paper::new(&table, &[long(1_629), maker()]);
        // A little more than the operator's 0.2 %, or more than a rule of nothing.
        draft.resting = vec![bid(7, 1_000, -200_001)];
        let discount = Policy {
            discount: policy,
            ..POLICY
        };
        liquidate(&mut draft, &discount);
        let (liquidated, matched) = outcome(&draft);
        assert_eq!(matched, []);
        // The house takes them at the mark.
        let trade = liquidated[0];
        assert_eq!(trade.cost, u128::from(trade.lots) * MARK as u128);
        assert_eq!(draft.house().lots[PERPETUAL], Position(trade.lots as i64));
    }
}

#[test]
fn an_order_should_not_hide_behind_a_better_one() {
    let table = table();
    let mut draft = Paper::new(&table, &[long(1_629), maker()]);
    // On average both are within the discount.
    draft.resting = vec![bid(7, 4, 200_000), bid(8, 1_000, -300_000)];
    liquidate(&mut draft, &POLICY);
    let (_, matched) = outcome(&draft);
    assert_eq!(matched, [(7, 4, MARK as u128 + 200_000)]);
    assert!(draft.house().lots[PERPETUAL] > Position(0));
}

#[test]
fn a_maker_should_get_no_more_lots_than_are_needed_however_many_it_asks_for() {
    let table = table();
    let mut draft = Paper::new(&table, &[long(1_629), maker()]);
    draft.resting = vec![bid(7, 1_000_000, -200_000)];
    liquidate(&mut draft, &POLICY);
    let (liquidated, matched) = outcome(&draft);
    let mut trade = liquidated[0];
    assert_eq!(matched, [(7, trade.lots, MARK as u128 - 200_000)]);
    // One lot less at this price would not do.
    trade.fee = 0;
    assert!(is_safe(&table, &long(1_629).traded(&table, &trade)));
    trade.cost -= trade.cost / u128::from(trade.lots);
    trade.lots -= 1;
    assert!(!is_safe(&table, &long(1_629).traded(&table, &trade)));
    // And the rules allow no two more: one lot is the tolerance.
    let mut more = liquidated[0];
    more.cost += 2 * (MARK as u128 - 200_000);
    more.lots += 2;
    let after = long(1_629).traded(&table, &more);
    assert_eq!(admissible(&table, &long(1_629), &after, &[more]), Err(Refusal::TooMuch));
}

#[test]
fn an_account_should_not_trade_with_its_own_order() {
    let table = table();
    let mut draft = Paper::new(&table, &[long(1_629), maker()]);
    draft.resting = vec![Resting {
        account: 0,
        ..bid(7, 1_000, 100_000)
    }];
    liquidate(&mut draft, &POLICY);
    assert_eq!(outcome(&draft).1, []);
}

#[test]
fn a_broke_account_should_give_no_discount() {
    let table = table();
    let mut draft = Paper::new(&table, &[long(-5), maker()]);
    draft.resting = vec![bid(7, 10, -1)];
    liquidate(&mut draft, &POLICY);
    assert_eq!(outcome(&draft).1, []);
    let mut draft = Paper::new(&table, &[long(-5), maker()]);
    draft.resting = vec![bid(7, 10, 0), bid(8, 10, -1)];
    liquidate(&mut draft, &POLICY);
    let (liquidated, matched) = outcome(&draft);
    assert_eq!((matched[0], liquidated[0].fee), ((7, 10, MARK as u128), 0));
}

#[test]
fn an_order_that_cannot_trade_should_not_stop_the_ones_behind_it() {
    let table = table();
    let mut draft = Paper::new(&table, &[long(1_629), maker()]);
    draft.resting = vec![bid(7, 1_000, 0), bid(8, 1_000, 0)];
    draft.unfit.insert(7);
    liquidate(&mut draft, &POLICY);
    let (_, matched) = outcome(&draft);
    assert_eq!(matched.len(), 1);
    assert_eq!(matched[0].0, 8);
}

#[test]
fn what_the_book_does_not_take_should_go_to_the_house() {
    let table = table();
    let mut draft = Paper::new(&table, &[long(1_300), maker()]);
    draft.resting = vec![bid(7, 3, 0)];
    liquidate(&mut draft, &POLICY);
    let (liquidated, matched) = outcome(&draft);
    let [trade] = liquidated[..] else {
        panic!("{liquidated:?}");
    };
    // All in one unit, so that it goes all the way to initial margin.
    assert!(is_safe(&table, &long(1_300).traded(&table, &Trade { fee: 0, ..trade })));
    assert_eq!(matched, [(7, 3, MARK as u128)]);
    assert_eq!(draft.house().lots[PERPETUAL], Position(trade.lots as i64 - 3));
    // A house that cannot carry it leaves what the book takes.
    let mut draft = Paper::new(&table, &[long(1_300), maker()]);
    draft.resting = vec![bid(7, 3, 0)];
    draft.house_lots = 0;
    liquidate(&mut draft, &POLICY);
    let (liquidated, matched) = outcome(&draft);
    assert_eq!((liquidated[0].lots, matched), (3, vec![(7, 3, MARK as u128)]));
    assert!(draft.house().is_flat());
}

#[test]
fn orders_at_rest_should_stand_behind_a_takeover_that_the_house_cannot_carry() {
    let table = table();
    let mut draft = Paper::new(&table, &[long(-5), maker()]);
    draft.house_lots = 0;
    draft.resting = vec![bid(7, 40, 50_000), bid(8, 50, 0), bid(9, 100, -1)];
    // The ones at the mark or above are too few.
    assert_eq!(take_over(&mut draft), [(0, Refusal::HouseMargin)]);
    draft.resting[1].lots = 60;
    assert_eq!(take_over(&mut draft), []);
    let taken: Vec<u64> = draft
        .decisions()
        .iter()
        .filter_map(|decision| match decision {
            Decision::Match { trade, .. } => Some(trade.lots),
            _ => None,
        })
        .collect();
    assert_eq!(taken, [40, 60]);
}

#[test]
fn the_house_should_get_rid_of_its_lots_at_the_mark_or_better() {
    let table = table();
    let mut draft = Paper::new(&table, &[Holding::default(), maker()]);
    draft.house.lots[PERPETUAL] = Position(100);
    draft.resting = vec![bid(7, 30, 100_000), bid(8, 10, 0), bid(9, 100, -1)];
    let before = draft.house().equity(&table);
    shed(&mut draft);
    assert_eq!(draft.house().lots[PERPETUAL], Position(60));
    assert_eq!(draft.house().equity(&table), before + 30 * 100_000);
}

proptest! {
    /// Whatever rests in the book: what is done is allowed, nobody gets more than its order, and nobody beyond the
    /// discount gets anything.
    #[test]
    fn no_book_should_get_more_than_the_rules_grant(
        equity in 0i64..1_630, lots in 1i64..400,
        book in prop::collection::vec((1u64..200, -400_000i64..400_000), 0..12),
    ) {
        let table = table();
        let short = holding(equity, &[(PERPETUAL, lots)]);
        let mut draft = Paper::new(&table, &[short, maker()]);
        let mut book = book;
        book.sort_by_key(|(_, above)| std::cmp::Reverse(*above));
        draft.resting = (0u64..).zip(&book).map(|(order, (lots, above))| bid(order, *lots, *above)).collect();
        let money: i128 = draft.accounts.values().map(|held| held.cash).sum::<i128>() + draft.house.cash;
        decide(&mut draft, &POLICY);
        prop_assert_eq!(draft.accounts.values().map(|held| held.cash).sum::<i128>() + draft.house.cash, money);
        let mut holder = short;
        for group in &draft.groups {
            let mut taken = 0i64;
            for decision in group {
                match decision {
                    Decision::Liquidate { trades, .. } => {
                        let after = holder.traded(&table, &trades[0]);
                        prop_assert_eq!(admissible(&table, &holder, &after, trades), Ok(()));
                        holder = after;
                        taken += trades[0].lots as i64;
                    }
                    Decision::Match { order, trade, .. } => {
                        let (offered, above) = book[*order as usize];
                        prop_assert!(trade.lots <= offered && above >= -200_000);
                        prop_assert_eq!(trade.cost, u128::from(trade.lots) * (MARK + above) as u128);
                        taken -= trade.lots as i64;
                    }
                    _ => {}
                }
            }
            // The rest is the house's.
            let of_house = group.iter().all(|decision| matches!(decision, Decision::Match { .. }));
            prop_assert!(taken >= 0 || of_house);
        }
    }
}
