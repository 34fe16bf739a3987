//! Random streams of fills: every batch passes the native transition, and nothing is lost.

mod common;

use cloister_batcher::{BatcherConfig, Event, QueueItem, Request};
use cloister_crypto::{schnorr::SecretKey, Fr};
use cloister_engine::{Effect, Fill};
use cloister_ledger::{instruction::flags, Instruction, InstructionKind, Shape, Side, Trigger};
use cloister_risk::RiskTable;
use cloister_types::{AccountIndex, Amount, InstrumentId, ItemId, Price};
use common::*;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Input {
    Instruction(Instruction),
    Deposit(u32, u64),
    Open,
    Move(i64),
    Force(u32, u64),
    Rekey(u32),
    Rebase,
    Wait(u64),
}

const ACCOUNTS: u32 = 5;

/// Some of these are there.
const SHAPES: [Shape; 4] = [
    SHAPE,
    Shape { units: 4, places: 2 },
    Shape { units: 3, places: 5 },
    Shape { units: 9, places: 1 },
];

fn input() -> impl Strategy<Value = Input> {
    let flag = prop_oneof![4 => Just(0), 1 => Just(flags::IMMEDIATE_OR_CANCEL), 1 => Just(flags::REDUCE_ONLY)];
    let trigger = prop_oneof![4 => Just(None), 1 => (any::<bool>(), -3i64..=3).prop_map(Some)];
    let trade = (
        0..ACCOUNTS,
        0u64..1_500,
        any::<bool>(),
        any::<bool>(),
        (flag, trigger),
        0u64..5,
        1u64..20,
    )
        .prop_map(|(account, id, eth, sells, (flags, trigger), tick, quantity)| {
            let side = if sells { Side::Sell } else { Side::Buy };
            let (instrument_id, mark) = if eth { (ETH, 10 * ONE) } else { (BTC, MARK) };
            let limit = mark + tick * mark / 100 - 2 * mark / 100;
            let trigger = trigger.map(|(above, percent)| {
                let price = Price((mark as i64 + percent * mark as i64 / 100) as u64);
                if above {
                    Trigger::AtOrAbove(price)
                } else {
                    Trigger::AtOrBelow(price)
                }
            });
            let signed = Instruction {
                flags,
                instrument_id: InstrumentId(instrument_id),
                ..order(account, id, side, quantity, limit)
            };
            Input::Instruction(signed.waiting_for(trigger))
        });
    let bound = (0..ACCOUNTS, 0u64..1_500, 1u64..50, 0..3u8).prop_map(|(account, id, amount, kind)| {
        let kind = [
            InstructionKind::Cancel,
            InstructionKind::CancelAll,
            InstructionKind::Withdrawal,
        ][usize::from(kind)];
        Input::Instruction(other(kind, account, id / 4, amount * ONE))
    });
    prop_oneof![
        30 => trade,
        3 => bound,
        1 => (0..ACCOUNTS, 1..9 * ONE).prop_map(|(account, amount)| Input::Deposit(account, amount)),
        1 => Just(Input::Open),
        2 => (0..ACCOUNTS, prop_oneof![1..3_000 * ONE, Just(u64::MAX)]).prop_map(|(account, asked)| {
            Input::Force(account, asked)
        }),
        2 => (0..ACCOUNTS).prop_map(Input::Rekey),
        1 => Just(Input::Rebase),
        1 => (-4i64..=4).prop_map(Input::Move),
        2 => (1u64..400).prop_map(Input::Wait),
    ]
}

/// The trading key of an account after some re-keys.
fn key_of(account: u32, rekeys: u32) -> SecretKey {
    secret(account + 1_000 * rekeys)
}

/// A request that is never overdue.
fn later(item: u64, account: u32, request: Request) -> QueueItem {
    QueueItem::Request {
        item: ItemId(item),
        account: AccountIndex(account),
        request,
        deadline: u64::MAX,
    }
}

/// Puts a table in force, with what is ready at it.
fn move_to(world: &mut World, next: RiskTable, ready: &mut Vec<QueueItem>) {
    let ready = std::mem::take(ready);
    world
        .batcher
        .set_table(world.now, next.clone(), ready.clone(), &mut world.secrets)
        .unwrap();
    for item in ready {
        match &item {
            QueueItem::Open { account, deposit, .. } => world.open(account.get(), deposit.get()),
            QueueItem::Deposit { account, amount, .. } => world.engine.deposit(*account, *amount).unwrap(),
            QueueItem::Request { .. } => world.request(&item),
            QueueItem::PayInsurance { .. } | QueueItem::TakeInsurance { .. } => panic!("none is queued"),
        }
    }
    world.obey(next);
    world.batcher.retry(world.now, &mut world.secrets).unwrap();
    world.collect();
}

/// True if one of the two orders has waited for a mark, or was bound to one.
fn has_trigger(fill: &Fill) -> bool {
    let sides = [&fill.maker, &fill.taker];
    sides
        .iter()
        .any(|side| side.order.instruction.flags & flags::DIRECTIONS != 0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn every_batch_is_accepted_and_nothing_is_lost(
        inputs in proptest::collection::vec(input(), 1..90),
        shapes in prop::sample::subsequence(&SHAPES[..], 1..=SHAPES.len()),
    ) {
        let deposit = 2_000 * ONE;
        let config = BatcherConfig { shapes, ..batcher_config() };
        let mut world = World::with(config, ACCOUNTS, deposit);
        let (mut opened, mut item, mut version) = (ACCOUNTS, u64::from(ACCOUNTS), 1);
        let (mut fees, mut volume, mut fills) = (0u128, [0u64; 2], 0usize);
        // Whether an order with a trigger was filled.
        let mut begun = false;
        // Queued, and ready at the next table.
        let mut ready: Vec<QueueItem> = Vec::new();
        // How often the key of each account has changed, as its owner knows it, and as the engine does.
        let (mut asked, mut keys) = ([0u32; ACCOUNTS as usize], [0u32; ACCOUNTS as usize]);
        // The item of the request that each account has asked for last.
        let mut last: [Option<ItemId>; ACCOUNTS as usize] = [None; ACCOUNTS as usize];
        for input in inputs {
            let waits = |world: &World, account: u32| {
                let taken = |item| world.closed.iter().any(|batch| batch.items.contains(&item));
                last[account as usize].is_some_and(|item| !taken(item))
            };
            match input {
                Input::Force(account, _) | Input::Rekey(account) if waits(&world, account) => {}
                Input::Force(account, amount) => {
                    let request = Request::ForcedWithdrawal { amount: Amount(amount) };
                    last[account as usize] = Some(ItemId(item));
                    ready.push(later(item, account, request));
                    item += 1;
                }
                Input::Rekey(account) => {
                    asked[account as usize] += 1;
                    let public_key = key_of(account, asked[account as usize]).public();
                    let view_key = Fr::from(u64::from(1_000 * asked[account as usize] + account));
                    let request = Request::Rekey { public_key, view_key };
                    last[account as usize] = Some(ItemId(item));
                    ready.push(later(item, account, request));
                    item += 1;
                }
                // What was filled first at a mark that is no more cannot be made again elsewhere (Q-TRIGGER).
                Input::Rebase if begun => {}
                Input::Rebase => {
                    version += 1;
                    let mut again = world.batcher.table().clone();
                    again.header.version = version;
                    world.rebase(again);
                    world.batcher.retry(world.now, &mut world.secrets).unwrap();
                    world.collect();
                }
                Input::Wait(ms) => {
                    world.now += ms;
                    world.batcher.tick(world.now, &mut world.secrets).unwrap();
                    world.collect();
                }
                Input::Move(percent) => {
                    version += 1;
                    let mut next = table(version);
                    next.rows[0] = row(BTC, (MARK as i64 + percent * ONE as i64) as u64, percent * ONE as i64);
                    move_to(&mut world, next, &mut ready);
                    begun |= world.fired.iter().any(has_trigger);
                    keys = asked;
                }
                Input::Open => {
                    ready.push(open_item(item, opened, deposit));
                    opened += 1;
                    item += 1;
                }
                Input::Deposit(account, amount) => {
                    let (account, amount) = (AccountIndex(account), Amount(amount));
                    ready.push(QueueItem::Deposit { item: ItemId(item), account, amount, deadline: u64::MAX });
                    item += 1;
                }
                Input::Instruction(instruction) => {
                    let account = instruction.index.get();
                    let signed = instruction.sign(&GENESIS, &key_of(account, keys[account as usize]));
                    let Ok(accepted) = world.engine.submit(world.now, signed) else { continue };
                    for effect in accepted.effects {
                        if let Effect::Filled(fill) = &effect {
                            begun |= has_trigger(fill);
                            fees += fill.maker.fee.get() + fill.taker.fee.get();
                            volume[usize::from(fill.instrument_id == InstrumentId(ETH))] += fill.quantity.get();
                            fills += 1;
                        }
                        if let Some(event) = Event::of(effect) {
                            world.push(event).unwrap();
                        }
                    }
                }
            }
        }
        move_to(&mut world, table(version + 1), &mut ready);
        world.flush();
        for fill in &world.fired {
            fees += fill.maker.fee.get() + fill.taker.fee.get();
            volume[usize::from(fill.instrument_id == InstrumentId(ETH))] += fill.quantity.get();
            fills += 1;
        }
        prop_assert_eq!((world.batcher.pending(), world.batcher.waiting()), (0, 0));

        // The ledger and the engine agree on every account.
        let holdings = world.batcher.holdings();
        prop_assert_eq!(holdings.len(), opened as usize);
        for (index, view) in world.engine.accounts() {
            prop_assert_eq!(holdings[&index], view.holdings);
            let ledger = world.batcher.head().account(index).unwrap();
            prop_assert_eq!(ledger.account.min_id, view.min_id);
            prop_assert_eq!(ledger.account.key.public().unwrap(), view.public_key);
            prop_assert_eq!(ledger.account.view_key, view.view_key);
            prop_assert_eq!(view.usable(), view.holdings);
        }
        prop_assert_eq!(world.batcher.head().house().fee_pool.get(), fees);
        prop_assert_eq!(world.closed.iter().map(|b| b.fills).sum::<usize>(), fills);

        // Lots filled in the units are twice the volume: each fill shows on both sides, in the same batch.
        let mut lots = [0u64; 2];
        let (mut time, mut items) = (0, Vec::new());
        let mut root = world.batcher.settled().root();
        for batch in &world.closed {
            let statement = &batch.effect.statement;
            prop_assert_eq!(statement.old_root, root);
            root = statement.new_root;
            prop_assert!(batch.time() >= time);
            time = batch.time();
            items.extend(batch.items.iter().copied());
            prop_assert!(world.batcher.config().shapes.contains(&batch.shape));
            for place in batch.witness.units.iter().flat_map(|unit| &unit.places) {
                lots[usize::from(place.fill.row == 3)] += place.fill.quantity.get();
            }
        }
        items.sort_unstable();
        prop_assert!(items.iter().copied().eq((u64::from(ACCOUNTS)..item).map(ItemId)));
        prop_assert_eq!(lots, volume.map(|v| 2 * v));
        prop_assert_eq!(root, world.batcher.head().root());

        // Settling replays every batch.
        for batch in &world.closed {
            world.batcher.settle(batch.batch_no()).unwrap();
        }
        prop_assert_eq!(world.batcher.settled(), world.batcher.head());
    }
}
