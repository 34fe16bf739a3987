//! What becomes of events that can no longer be proven (Q-VOID): they are void, everything else goes on.

mod common;

use cloister_batcher::{Event, VoidReason, Voided};
use cloister_engine::{Effect, Fill, TradeError};
use cloister_ledger::{instruction::flags, Instruction, InstructionKind, Side};
use cloister_risk::{MarginError, RiskTable};
use cloister_types::{AccountIndex, InstrumentId};
use common::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

const RICH: u64 = 1_000_000 * ONE;

/// The table of a version at which a lot of [`BTC`] has another mark.
fn moved(version: u64, mark: u64) -> RiskTable {
    let mut next = table(version);
    next.rows[0] = row(BTC, mark, 3 * ONE as i64);
    next
}

/// Makes everything again at a table, lets the engine know, and returns what was void.
fn rebase(world: &mut World, table: RiskTable) -> Vec<Voided> {
    world.closed.clear();
    let result = world
        .batcher
        .rebase(world.now, table.clone(), Vec::new(), &mut world.secrets);
    result.expect("events never stop the batcher");
    world.engine.set_table(table).unwrap();
    tell(world)
}

/// Lets the engine have what was void, and what accounts hold without it.
fn tell(world: &mut World) -> Vec<Voided> {
    world.collect();
    let voided = world.batcher.take_voided();
    for Voided { event, .. } in &voided {
        if let Event::Filled(fill) = event {
            world.engine.void(fill);
        }
    }
    if !voided.is_empty() {
        world.engine.rebase(&world.batcher.holdings()).unwrap();
    }
    voided
}

/// Accounts and ids of what was void, with the reason.
fn named(voided: &[Voided]) -> Vec<(Vec<(u32, u64)>, VoidReason)> {
    let instructions = |event: &Event| match event {
        Event::Filled(fill) => vec![name(&fill.maker.order.instruction), name(&fill.taker.order.instruction)],
        Event::Bound(signed) => vec![name(&signed.instruction)],
        Event::Unsigned(group) => group
            .orders()
            .map(|matched| name(&matched.order.order.instruction))
            .collect(),
    };
    voided
        .iter()
        .map(|v| (instructions(&v.event), v.reason.clone()))
        .collect()
}

fn name(instruction: &Instruction) -> (u32, u64) {
    (instruction.index.get(), instruction.id.get())
}

#[test]
fn a_fill_outside_the_band_of_a_new_table_is_void_on_both_sides_and_the_batches_go_on() {
    let mut world = World::new(4, RICH);
    world.submit(sell(2, 1, 7, MARK + 9 * ONE)).unwrap();
    world.submit(buy(3, 1, 7, MARK + 9 * ONE)).unwrap();
    world.submit(sell(0, 1, 5, MARK)).unwrap();
    world.submit(buy(1, 1, 3, MARK)).unwrap();
    world.flush();
    // 100 is 10.7 % below the new mark, 109 is inside the band.
    let voided = rebase(&mut world, moved(2, 112 * ONE));
    let rule = VoidReason::Rule {
        account: AccountIndex::ZERO,
        rule: TradeError::Band,
    };
    assert_eq!(named(&voided), [(vec![(0, 1), (1, 1)], rule)]);
    world.flush();
    assert_eq!(units(&world.closed[0]).len(), 2);
    assert_eq!(world.batcher.pending(), 0);
    // Both have what they had, and the order that rested has filled nothing.
    let view = world.engine.account(AccountIndex::ZERO).unwrap();
    assert_eq!(view.holdings.cash.get(), i128::from(RICH));
    assert_eq!(view.filled(cloister_types::InstructionId(1)).get(), 0);
    // What was left of it is outside the band as well, and has left the book.
    assert_eq!(world.engine.depth(InstrumentId(BTC), 1), Default::default());
}

#[test]
fn what_needed_a_void_fill_falls_with_it_and_nothing_else_does() {
    let mut world = World::new(3, RICH);
    // 1 buys from 0 at 95, sells it on to 2 at 108 with an order that only reduces.
    world.submit(sell(0, 1, 5, 95 * ONE)).unwrap();
    world.submit(buy(1, 1, 5, 95 * ONE)).unwrap();
    world.submit(buy(2, 1, 5, 108 * ONE)).unwrap();
    world
        .submit(with_flags(sell(1, 2, 5, 108 * ONE), flags::REDUCE_ONLY))
        .unwrap();
    world.submit(sell(0, 2, 1, 108 * ONE)).unwrap();
    world.submit(buy(2, 2, 1, 108 * ONE)).unwrap();
    world.flush();
    let voided = rebase(&mut world, moved(2, 110 * ONE));
    let rule = |account, rule| VoidReason::Rule {
        account: AccountIndex(account),
        rule,
    };
    assert_eq!(
        named(&voided),
        [
            (vec![(0, 1), (1, 1)], rule(0, TradeError::Band)),
            (vec![(2, 1), (1, 2)], rule(1, TradeError::Reduce)),
        ]
    );
    world.flush();
    assert_eq!(world.closed.iter().map(|b| b.fills).sum::<usize>(), 1);
}

#[test]
fn a_withdrawal_without_margin_at_a_new_table_is_void_and_its_money_stays() {
    let mut world = World::new(3, 1_000 * ONE);
    world.submit(sell(0, 1, 30, MARK)).unwrap();
    world.submit(buy(1, 1, 30, MARK)).unwrap();
    world
        .submit(other(InstructionKind::Withdrawal, 1, 2, 400 * ONE))
        .unwrap();
    world.submit(other(InstructionKind::Withdrawal, 2, 2, ONE)).unwrap();
    world.flush();
    let voided = rebase(&mut world, moved(2, 91 * ONE));
    assert!(voided.is_empty());
    world.flush();
    let voided = tell(&mut world);
    assert_eq!(voided.len(), 1);
    assert!(matches!(voided[0].reason, VoidReason::Refused(_)), "{voided:?}");
    assert_eq!(named(&voided)[0].0, [(1, 2)]);
    let paid: Vec<u64> = world
        .closed
        .iter()
        .flat_map(|batch| &batch.effect.statement.units)
        .map(|unit| unit.withdrawal.get())
        .filter(|paid| *paid > 0)
        .collect();
    assert_eq!(paid, [ONE]);
    let held = world.engine.account(AccountIndex(1)).unwrap().holdings;
    assert_eq!(held, world.batcher.holdings()[&AccountIndex(1)]);
}

#[test]
fn an_instruction_that_expired_while_its_batch_was_made_again_is_void() {
    let mut world = World::new(2, RICH);
    let short = Instruction {
        expiry: NOW + 68_000,
        ..other(InstructionKind::Withdrawal, 0, 1, ONE)
    };
    world.submit(short).unwrap();
    world.submit(other(InstructionKind::Withdrawal, 1, 1, ONE)).unwrap();
    world.flush();
    world.now = NOW + 68_001;
    let voided = rebase(&mut world, table(2));
    // `LATER` is earlier still: both are void, and the batcher is free.
    assert_eq!(voided.len(), 2);
    let expired = |account: u32, expiry| VoidReason::Expired {
        account: AccountIndex(account),
        expiry,
        time: NOW + 68_001,
    };
    assert_eq!(
        named(&voided),
        [
            (vec![(0, 1)], expired(0, NOW + 68_000)),
            (vec![(1, 1)], expired(1, LATER)),
        ]
    );
    assert_eq!((world.batcher.pending(), world.batcher.open_units()), (0, 0));
}

#[test]
fn a_new_table_should_come_into_force_although_the_open_batch_has_what_cannot_be_proven() {
    let mut world = World::new(2, RICH);
    let mut forged = sign(other(InstructionKind::Withdrawal, 1, 4, ONE));
    forged.instruction.limit = 2 * ONE;
    world.push(Event::Bound(forged.into())).unwrap();
    world.next_table(Vec::new());
    assert_eq!(world.batcher.take_voided().len(), 1);
    assert_eq!(world.batcher.table().header.version, 2);
}

#[derive(Clone, Debug)]
enum Step {
    Trade(Instruction),
    Move(u64),
    Rebase(u64),
    Settle,
    Wait(u64),
}

const ACCOUNTS: u32 = 5;

fn step() -> impl Strategy<Value = Step> {
    let flag = prop_oneof![4 => Just(0), 1 => Just(flags::IMMEDIATE_OR_CANCEL), 1 => Just(flags::REDUCE_ONLY)];
    let trade = (0..ACCOUNTS, 0u64..4_000, any::<bool>(), flag, 80u64..120, 1u64..40).prop_map(
        |(account, id, sells, flags, limit, lots)| {
            let side = if sells { Side::Sell } else { Side::Buy };
            Step::Trade(with_flags(order(account, id, side, lots, limit * ONE), flags))
        },
    );
    let bound = (0..ACCOUNTS, 0u64..4_000, 1u64..900, 0..3usize).prop_map(|(account, id, amount, kind)| {
        let kinds = [
            InstructionKind::Cancel,
            InstructionKind::CancelAll,
            InstructionKind::Withdrawal,
        ];
        Step::Trade(other(kinds[kind], account, id / 4, amount * ONE))
    });
    prop_oneof![
        30 => trade,
        4 => bound,
        2 => (80u64..120).prop_map(Step::Move),
        2 => (80u64..120).prop_map(Step::Rebase),
        1 => Just(Step::Settle),
        2 => (1u64..20_000).prop_map(Step::Wait),
    ]
}

/// Numbers of the fills in what was void.
fn fills_of(voided: &[Voided]) -> impl Iterator<Item = u64> + '_ {
    voided.iter().filter_map(|v| match &v.event {
        Event::Filled(Fill { id, .. }) => Some(*id),
        Event::Bound(_) | Event::Unsigned(_) => None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn whatever_prices_and_clocks_do_every_event_is_settled_or_void_and_nothing_is_lost(
        steps in proptest::collection::vec(step(), 1..120),
    ) {
        let deposit = 3_000 * ONE;
        let mut world = World::new(ACCOUNTS, deposit);
        let mut version = 1;
        let (mut made, mut void, mut settled) = (BTreeSet::new(), BTreeSet::new(), 0usize);
        let mut paid = 0u128;
        for step in steps {
            match step {
                Step::Trade(instruction) => {
                    let expiry = world.now + 15_000;
                    let signed = sign(Instruction { expiry, ..instruction });
                    let Ok(accepted) = world.engine.submit(world.now, signed) else { continue };
                    for effect in accepted.effects {
                        if let Effect::Filled(fill) = &effect {
                            made.insert(fill.id);
                        }
                        if let Some(event) = Event::of(effect) {
                            world.push(event).unwrap();
                        }
                    }
                }
                Step::Move(mark) => {
                    version += 1;
                    let next = moved(version, mark * ONE);
                    world.batcher.set_table(world.now, next.clone(), Vec::new(), &mut world.secrets).unwrap();
                    world.engine.set_table(next).unwrap();
                }
                Step::Rebase(mark) => {
                    version += 1;
                    void.extend(fills_of(&rebase(&mut world, moved(version, mark * ONE))));
                }
                Step::Settle => {
                    for batch in std::mem::take(&mut world.closed) {
                        world.batcher.settle(batch.batch_no()).unwrap();
                        settled += batch.fills;
                        let units = &batch.effect.statement.units;
                        paid += units.iter().map(|unit| u128::from(unit.withdrawal.get())).sum::<u128>();
                    }
                }
                Step::Wait(ms) => {
                    world.now += ms;
                    world.batcher.tick(world.now, &mut world.secrets).unwrap();
                }
            }
            void.extend(fills_of(&tell(&mut world)));
            // Nothing waits for a kinder table.
            prop_assert_eq!(world.batcher.pending(), 0);
        }
        world.flush();
        void.extend(fills_of(&tell(&mut world)));
        for batch in std::mem::take(&mut world.closed) {
            world.batcher.settle(batch.batch_no()).unwrap();
            settled += batch.fills;
            let units = &batch.effect.statement.units;
            paid += units.iter().map(|unit| u128::from(unit.withdrawal.get())).sum::<u128>();
        }
        // Each fill is settled or void, once.
        prop_assert!(void.is_subset(&made));
        prop_assert_eq!(settled + void.len(), made.len());
        // Money and lots are conserved, and the engine has what the chain has.
        let ledger = world.batcher.settled();
        prop_assert_eq!(ledger, world.batcher.head());
        let (mut cash, mut lots) = (0i128, 0i64);
        for (index, state) in ledger.accounts() {
            cash += state.account.cash.get();
            lots += state.account.positions[0].get();
            let view = world.engine.account(index).unwrap();
            prop_assert_eq!(view.holdings.cash, state.account.cash);
            prop_assert_eq!(view.holdings.positions, state.account.positions);
        }
        let fees = ledger.house().fee_pool.get();
        let paid_in = u128::from(deposit) * u128::from(ACCOUNTS);
        prop_assert_eq!(lots, 0);
        prop_assert_eq!(cash, (paid_in - paid - fees) as i128);
    }
}

#[test]
fn an_account_that_owes_initial_margin_at_a_new_table_should_lose_the_fill_that_took_it_there() {
    let mut world = World::new(2, 1_000 * ONE);
    world.submit(sell(0, 1, 50, MARK)).unwrap();
    world.submit(buy(1, 1, 50, MARK)).unwrap();
    world.flush();
    let voided = rebase(&mut world, moved(2, 91 * ONE));
    let rule = VoidReason::Rule {
        account: AccountIndex(1),
        rule: TradeError::Margin(MarginError::InitialMarginShort),
    };
    assert_eq!(named(&voided), [(vec![(0, 1), (1, 1)], rule)]);
}
