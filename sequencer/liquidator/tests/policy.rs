//! What the policy decides, and in which order.

mod common;

use cloister_ledger::Side;
use cloister_liquidator::{
    decide, expire, liquidate, liquidate_pairs, shed, take_over, BatchDraft, Decision, Holding, Offer, Policy, Refusal,
    Trade,
};
use cloister_risk::{Assessment, RiskTable};
use cloister_types::{Money, Position};
use common::{holding, table, Paper, EXPIRED, FUTURE, MARK, PERPETUAL};
use proptest::prelude::*;

const POLICY: Policy = Policy {
    discount: 2_000,
    house_leverage: 500,
};

/// A long of a hundred lots, worth 10,000, needs 1,630 for maintenance and 2,037.5 for initial margin.
fn long(equity: i64) -> Holding {
    holding(equity, &[(PERPETUAL, 100)])
}

fn maker(account: u32, lots: u64) -> Vec<Offer> {
    vec![Offer { account, lots }]
}

fn is_safe(table: &RiskTable, holding: &Holding) -> bool {
    holding.shortfall(table, table.header.initial) <= 0
}

#[test]
fn the_worst_account_should_be_taken_over_first() {
    let table = table();
    let mut draft = Paper::new(&table, &[long(-5), long(0), long(-7)]);
    assert_eq!(take_over(&mut draft), []);
    let expected = [2, 0].map(|account| Decision::TakeOver { account });
    assert_eq!(draft.decisions(), expected);
    // Makers take from the house what it holds then, as far as they go.
    draft.at_mark = maker(1, 150);
    shed(&mut draft);
    assert_eq!(draft.house().lots[PERPETUAL], Position(50));
}

#[test]
fn lots_in_a_stale_row_should_be_left_and_give_no_immunity() {
    let mut table = table();
    table.rows[FUTURE].stale = true;
    let both = |equity| holding(equity, &[(PERPETUAL, 100), (FUTURE, 1)]);
    let mut draft = Paper::new(&table, &[both(-5), both(1_000)]);
    assert_eq!(take_over(&mut draft), [(0, Refusal::Stale)]);
    liquidate(&mut draft, &POLICY);
    let rows = |decision: &Decision| match decision {
        Decision::Liquidate { account, trades } => Some((*account, trades.iter().map(|t| t.row).collect::<Vec<_>>())),
        _ => None,
    };
    let liquidated: Vec<_> = draft.decisions().iter().filter_map(rows).collect();
    assert!(liquidated.iter().any(|(account, _)| *account == 1), "{liquidated:?}");
    assert!(
        liquidated.iter().all(|(_, rows)| rows == &[PERPETUAL]),
        "{liquidated:?}"
    );
}

#[test]
fn makers_should_stand_behind_a_takeover_that_the_house_cannot_carry() {
    let table = table();
    let mut draft = Paper::new(&table, &[long(-5), holding(1_000_000, &[])]);
    draft.house_lots = 0;
    assert_eq!(take_over(&mut draft), [(0, Refusal::HouseMargin)]);
    draft.at_mark = maker(1, 100);
    assert_eq!(take_over(&mut draft), []);
    let trade = Trade::at(PERPETUAL, Side::Buy, 100, MARK as u64);
    let expected = [Decision::TakeOver { account: 0 }, Decision::Take { account: 1, trade }];
    assert_eq!(draft.decisions(), expected);
}

#[test]
fn an_account_should_be_reduced_by_as_little_as_makes_it_safe() {
    let table = table();
    let mut draft = Paper::new(&table, &[long(1_629), long(1_630), holding(1_000_000, &[])]);
    draft.at_discount = maker(2, 1_000);
    let left = liquidate(&mut draft, &POLICY);
    assert!(left.pairs.is_empty() && left.refused.is_empty());
    let [Decision::Liquidate { account: 0, trades }, Decision::Take { account: 2, trade }] = &draft.decisions()[..]
    else {
        panic!("{:?}", draft.groups);
    };
    let mut fill = trades[0];
    assert_eq!(
        (fill.row, fill.side, trade.lots, trade.side),
        (PERPETUAL, Side::Sell, fill.lots, Side::Buy)
    );
    assert!(is_safe(&table, &draft.holding(0)));
    // One lot less, at the same price and fee per lot, would not do.
    let (lots, fee) = (u128::from(fill.lots), fill.fee);
    fill.cost -= fill.cost / lots;
    fill.fee -= fee / lots;
    fill.lots -= 1;
    assert!(!is_safe(&table, &long(1_629).traded(&table, &fill)));
}

#[test]
fn the_house_should_take_at_the_mark_what_no_maker_takes_and_less_where_its_margin_is_short() {
    let table = table();
    let mut draft = Paper::new(&table, &[long(1_000)]);
    assert!(liquidate(&mut draft, &POLICY).refused.is_empty());
    let [Decision::Liquidate { trades, .. }] = &draft.decisions()[..] else {
        panic!("{:?}", draft.groups);
    };
    let (lots, cost) = (trades[0].lots, trades[0].cost);
    assert_eq!(cost, u128::from(lots) * MARK as u128);
    // A quarter of it, after one refusal.
    let mut draft = Paper::new(&table, &[long(1_000)]);
    draft.house_lots = lots - 1;
    assert!(liquidate(&mut draft, &POLICY).refused.is_empty());
    assert_eq!(draft.house().lots[PERPETUAL], Position((lots / 4) as i64));
    draft = Paper::new(&table, &[long(1_000)]);
    draft.house_lots = 0;
    assert_eq!(liquidate(&mut draft, &POLICY).refused, [(0, Refusal::HouseMargin)]);
    // Its own limit comes first.
    let none = Policy {
        house_leverage: 0,
        ..POLICY
    };
    assert_eq!(liquidate(&mut draft, &none).refused, [(0, Refusal::HouseLimit)]);
}

#[test]
fn legs_against_each_other_should_go_in_one_unit() {
    let table = table();
    let hedged = holding(10, &[(PERPETUAL, -100), (FUTURE, 100)]);
    let mut draft = Paper::new(&table, &[hedged, long(1_000)]);
    let left = liquidate(&mut draft, &POLICY);
    assert_eq!(left.pairs, [0]);
    let before = draft.groups.len();
    // An account that has lost a leg meanwhile is none of them.
    assert_eq!(liquidate_pairs(&mut draft, &[0, 1]), [(1, Refusal::Fill)]);
    let trades = vec![
        Trade::at(PERPETUAL, Side::Buy, 50, MARK as u64),
        Trade::at(FUTURE, Side::Sell, 50, MARK as u64),
    ];
    assert_eq!(draft.groups[before..], [[Decision::Liquidate { account: 0, trades }]]);
}

#[test]
fn expired_lots_should_become_money_until_the_batch_is_full() {
    let table = table();
    let holder = holding(10, &[(EXPIRED, 5)]);
    let mut draft = Paper::new(&table, &[holder, holding(10, &[]), holder, holder]);
    draft.units = 2;
    expire(&mut draft);
    let rows = vec![EXPIRED];
    let expected = [0, 2].map(|account| Decision::Expire {
        account,
        rows: rows.clone(),
    });
    assert_eq!(draft.decisions(), expected);
    assert_eq!(draft.holding(0).cash, 10_000_000);
}

#[test]
fn a_whole_batch_should_keep_its_order() {
    let table = table();
    let mut draft = Paper::new(
        &table,
        &[holding(10, &[(EXPIRED, 5)]), long(1_000), long(-5), long(5_000)],
    );
    let left = decide(&mut draft, &POLICY);
    assert!(left.not_liquidated.is_empty() && left.not_taken.is_empty() && left.pairs.is_empty());
    let decisions = draft.decisions();
    assert!(matches!(
        decisions[..],
        [
            Decision::TakeOver { account: 2 },
            Decision::Liquidate { account: 1, .. },
            Decision::Expire { account: 0, .. }
        ]
    ));
}

proptest! {
    #[test]
    fn the_shortfall_should_be_the_largest_deficit_of_the_ledger(
        lots in proptest::collection::vec((0usize..10, -1_000i64..1_000), 0..4),
        cash in -100_000_000_000i64..100_000_000_000,
        ratio in 1u16..500,
    ) {
        let table = table();
        let mut held = Holding { cash: cash.into(), ..Holding::default() };
        for (row, lots) in lots {
            held.lots[row] = Position(if table.rows[row].instrument_id.is_zero() { 0 } else { lots });
        }
        let ledger = Assessment::new(&table, &held.lots, Money(held.cash)).expect("in range");
        prop_assert_eq!(held.equity(&table), ledger.equity.get());
        prop_assert_eq!(held.shortfall(&table, ratio), ledger.worst(ratio).expect("in range").1.get());
    }
}
