//! What the policy decides, and in which order.

mod common;

use cloister_ledger::{Party, Side};
use cloister_liquidator::{
    decide, deleverage, deleverage_pairs, expire, liquidate, liquidate_pairs, priority, shed, take_over, BatchDraft,
    Decision, Holding, Offer, Policy, Refusal, Trade,
};
use cloister_risk::{Assessment, RiskTable};
use cloister_types::{Lots, Money, Position};
use common::{holding, table, Paper, EXPIRED, FUTURE, MARK, PERPETUAL};
use proptest::prelude::*;
use std::collections::BTreeSet;

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
    // Price and penalty are bounded by what the lots are worth, or by what they free at the mark: 16.30 a lot.
    for (penalty, by_what_is_freed) in [(table().header.penalty, false), (256, true)] {
        let mut table = table();
        table.header.penalty = penalty;
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
        let (penalty, quarter) = (fill.penalty(&table) / 256, i128::from(fill.lots) * 16_300_000 / 4);
        assert_eq!(quarter < penalty, by_what_is_freed);
        let taken = fill.concession(&table) + fill.fee as i128;
        assert_eq!(taken, penalty.min(quarter));
        // The penalty is no reason to close more: without it initial margin is met, with one lot less at this price it
        // would not be.
        fill.fee = 0;
        assert!(is_safe(&table, &long(1_629).traded(&table, &fill)));
        fill.cost -= fill.cost / u128::from(fill.lots);
        fill.lots -= 1;
        assert!(!is_safe(&table, &long(1_629).traded(&table, &fill)));
        // With it, maintenance margin.
        assert!(draft.holding(0).shortfall(&table, table.header.maintenance) <= 0);
    }
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
    assert_eq!(liquidate_pairs(&mut draft, &[0, 1], 4), [(1, Refusal::Fill)]);
    let trades = vec![
        Trade::at(PERPETUAL, Side::Buy, 50, MARK as u64),
        Trade::at(FUTURE, Side::Sell, 50, MARK as u64),
    ];
    assert_eq!(draft.groups[before..], [[Decision::Liquidate { account: 0, trades }]]);
}

/// Accounts with their lots on one side of a decision to deleverage, all of them in one row.
fn side(decisions: &[Decision], of: Party) -> Vec<(u32, u64)> {
    let mut out = Vec::new();
    for decision in decisions {
        match decision {
            Decision::Deleverage { account, party, trades } if *party == of => out.push((*account, trades[0].lots)),
            Decision::Deleverage { .. } => (),
            other => panic!("{other:?}"),
        }
    }
    out
}

fn all() -> BTreeSet<u32> {
    (0..10).collect()
}

fn short(equity: i64, lots: i64) -> Holding {
    holding(equity, &[(PERPETUAL, -lots)])
}

#[test]
fn what_owes_most_should_shed_first_and_what_won_most_with_least_money_should_give_up_first() {
    let table = table();
    let mut draft = Paper::new(
        &table,
        &[
            long(-5),
            long(-7),
            short(100_000, 60),
            short(10_000, 60),
            short(10_000, 60),
            short(-1, 30),
            long(10_000),
        ],
    );
    draft.profits = [(2, 3_000_000), (3, -3_000_000), (4, 3_000_000)].into();
    assert_eq!(deleverage(&mut draft, &all()), []);
    let decisions = draft.decisions();
    assert_eq!(side(&decisions, Party::Insolvent), [(1, 100), (0, 100)]);
    // The one that owes money; then the same gain with ten times the leverage; then the gain, at last the loss.
    let given = [(5, 30), (4, 60), (2, 60), (3, 50)];
    assert_eq!(side(&decisions, Party::Counterparty), given);
    assert_eq!(draft.house().lots[PERPETUAL], Position(0));
    for trade in decisions.iter().flat_map(|d| match d {
        Decision::Deleverage { trades, .. } => trades.clone(),
        _ => Vec::new(),
    }) {
        assert_eq!((trade.concession(&table), trade.fee), (0, 0));
    }
}

#[test]
fn priority_should_rise_with_profit_and_with_leverage_of_winners() {
    let table = table();
    let of = |equity, profit| priority(&table, &short(equity, 100), PERPETUAL, profit);
    // 10,000 at the mark on 5,000 of its own: twice. A gain of 10 % counts double.
    assert_eq!(of(5_000, 1_000_000_000), Some(200_000));
    assert_eq!(of(10_000, 1_000_000_000), Some(100_000));
    assert_eq!(of(5_000, -1_000_000_000), Some(-50_000));
    assert_eq!(of(10_000, -1_000_000_000), Some(-100_000));
    assert_eq!((of(0, 1), of(-1, 1)), (None, None));
}

#[test]
fn nobody_should_be_deleveraged_whom_others_take_or_who_is_solvent() {
    let table = table();
    // The house takes the first over, the second only lacks margin.
    let mut draft = Paper::new(&table, &[long(-5), long(1_000), short(1_000_000, 300)]);
    let left = decide(&mut draft, &POLICY);
    assert!(left.not_deleveraged.is_empty());
    let deleverages = |d: &Decision| matches!(d, Decision::Deleverage { .. });
    assert!(!draft.decisions().iter().any(deleverages));
    // Now it carries nothing.
    let mut draft = Paper::new(&table, &[long(-5), long(1_000), short(1_000_000, 300)]);
    draft.house_lots = 0;
    let none = Policy {
        house_leverage: 0,
        ..POLICY
    };
    let left = decide(&mut draft, &none);
    assert!(left.not_deleveraged.is_empty());
    assert_eq!(side(&draft.decisions(), Party::Insolvent), [(0, 100)]);
    assert_eq!(side(&draft.decisions(), Party::Counterparty), [(2, 100)]);
}

#[test]
fn what_is_left_after_the_steps_that_others_take_should_be_deleveraged_in_the_same_batch() {
    let mut table = table();
    table.rows[PERPETUAL].chunk = Lots(25);
    let mut draft = Paper::new(&table, &[long(-5), short(1_000_000, 300)]);
    draft.house_lots = 60;
    let left = decide(&mut draft, &POLICY);
    assert!(left.not_deleveraged.is_empty());
    // The house takes two whole steps and smaller ones.
    assert_eq!(draft.house().lots[PERPETUAL], Position(60));
    let mut decisions = draft.decisions();
    decisions.retain(|decision| matches!(decision, Decision::Deleverage { .. }));
    assert_eq!(side(&decisions, Party::Insolvent), [(0, 40)]);
    assert_eq!(side(&decisions, Party::Counterparty), [(1, 40)]);
    // A short account that owes nothing has one step a batch.
    let mut draft = Paper::new(&table, &[long(500)]);
    decide(&mut draft, &POLICY);
    assert_eq!(draft.holding(0).lots[PERPETUAL], Position(75));
}

#[test]
fn who_cannot_be_closed_should_be_named_with_the_reason() {
    let table = table();
    let mut draft = Paper::new(&table, &[long(-5), long(10_000)]);
    assert_eq!(deleverage(&mut draft, &all()), [(0, Refusal::NoCounterparty)]);
    let mut draft = Paper::new(&table, &[long(-5), short(1_000_000, 40)]);
    draft.units = 1;
    assert_eq!(deleverage(&mut draft, &all()), [(0, Refusal::Full)]);
    // Only asked for others.
    draft.units = 10;
    assert_eq!(deleverage(&mut draft, &[1].into()), []);
    assert!(draft.groups.is_empty());
    // In part.
    assert_eq!(deleverage(&mut draft, &all()), [(0, Refusal::Full)]);
    assert_eq!(draft.holding(0).lots[PERPETUAL], Position(60));
}

#[test]
fn a_hedge_should_be_taken_only_as_far_as_initial_margin_is_left() {
    let table = table();
    let hedger = holding(500, &[(PERPETUAL, -100), (FUTURE, 100)]);
    let mut draft = Paper::new(&table, &[long(-5), hedger]);
    deleverage(&mut draft, &all());
    let lots = 100 + draft.holding(1).lots[PERPETUAL].get();
    assert!((1..100).contains(&lots));
    let initial = |holding: &Holding| holding.shortfall(&table, table.header.initial);
    assert!(initial(&draft.holding(1)) <= 0);
    let one_more = Trade::at(PERPETUAL, Side::Buy, 1, MARK as u64);
    assert!(initial(&draft.holding(1).traded(&table, &one_more)) > 0);
}

#[test]
fn legs_of_an_insolvent_account_should_go_together() {
    let table = table();
    let hedged = holding(-10, &[(PERPETUAL, -100), (FUTURE, 100)]);
    let accounts = [
        hedged,
        long(1_000_000),
        holding(1_000_000, &[(FUTURE, -60)]),
        holding(1_000_000, &[(FUTURE, -40)]),
    ];
    let mut draft = Paper::new(&table, &accounts);
    assert_eq!(deleverage(&mut draft, &all()), [(0, Refusal::Margin)]);
    assert_eq!(deleverage_pairs(&mut draft, &all()), []);
    assert!(draft.holding(0).is_flat());
    assert_eq!(draft.decisions().len(), 4);
    // As large a part of all legs as has counterparties.
    let mut draft = Paper::new(&table, &accounts[..3]);
    assert_eq!(deleverage_pairs(&mut draft, &all()), []);
    assert_eq!(draft.holding(0).lots[FUTURE], Position(50));
    let mut draft = Paper::new(&table, &accounts[..2]);
    assert_eq!(deleverage_pairs(&mut draft, &all()), [(0, Refusal::NoCounterparty)]);
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

    #[test]
    fn both_sides_of_deleveraging_should_match_and_keep_their_margin(
        accounts in proptest::collection::vec((-3_000i64..20_000, -80i64..80, -80i64..80, -1_000i64..1_000), 2..10),
        units in 0usize..12,
    ) {
        let table = table();
        let mut sums = [0; 2];
        let mut holdings = Vec::new();
        for (equity, perpetual, future, _) in &accounts {
            holdings.push(holding(*equity, &[(PERPETUAL, *perpetual), (FUTURE, *future)]));
            sums = [sums[0] + perpetual, sums[1] + future];
        }
        let mut draft = Paper::new(&table, &holdings);
        draft.profits = (0..).zip(accounts.iter().map(|(.., profit)| i128::from(*profit) * 1_000_000)).collect();
        draft.units = units;
        let left = deleverage(&mut draft, &all());
        let decisions = draft.decisions();
        prop_assert!(decisions.len() <= units);
        for row in [PERPETUAL, FUTURE] {
            let mut gone = [[0; 2]; 2];
            for decision in &decisions {
                let Decision::Deleverage { account, party, trades } = decision else { panic!("{decision:?}") };
                prop_assert!(*party == Party::Counterparty || holdings[*account as usize].equity(&table) < 0);
                for trade in trades.iter().filter(|trade| trade.row == row) {
                    let which = usize::from(*party == Party::Counterparty);
                    gone[which][usize::from(trade.side == Side::Buy)] += trade.lots;
                }
            }
            prop_assert_eq!(gone[0], [gone[1][1], gone[1][0]]);
        }
        for (account, before) in (0u32..).zip(&holdings) {
            let after = draft.holding(account);
            prop_assert_eq!(after.equity(&table), before.equity(&table));
            let worse = after.shortfall(&table, 256) > before.shortfall(&table, 256);
            prop_assert!(!worse || after.shortfall(&table, 320) <= 0);
            let open = before.equity(&table) < 0 && !after.is_flat();
            prop_assert_eq!(left.iter().any(|(index, _)| *index == account), open);
        }
    }
}
