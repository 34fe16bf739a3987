//! Switches and closes.

use crate::{common::*, deposit, deposits, RICH};
use cloister_batcher::{ClosedBatch, Event, QueueItem, Request};
use cloister_ledger::{InstructionKind, Mode, Shape, Switches};
use cloister_settlement::ItemKind;
use cloister_types::{AccountIndex, Amount, ItemId};
use std::sync::Arc;

fn request(item: u64, account: u32, request: Request) -> QueueItem {
    QueueItem::Request {
        item: ItemId(item),
        account: AccountIndex(account),
        request,
        deadline: 0,
    }
}

/// Accounts and modes of the units that are neither padding nor normal.
fn requests(batch: &ClosedBatch) -> Vec<(u32, Mode)> {
    let units = batch.witness.units.iter().map(|u| (u.index.get(), u.mode));
    units
        .filter(|(_, mode)| !matches!(mode, Mode::Padding | Mode::Normal))
        .collect()
}

const ON: Request = Request::Switch(Switches { transfers: true });

#[test]
fn a_request_gets_a_unit_of_its_mode_with_what_waits_for_its_account() {
    let mut world = World::new(2, RICH);
    let ready = vec![request(9, 1, ON), deposit(10, 1, 7), request(11, 0, Request::Close)];
    world.next_table(ready);
    world.flush();
    assert_eq!(requests(&world.closed[0]), [(1, Mode::Switch), (0, Mode::Close)]);
    assert_eq!(deposits(&world.closed[0]), [(1, Mode::Switch, 7)]);
    let mut items = world.closed[0].items.clone();
    items.sort_unstable();
    assert_eq!(items, [ItemId(9), ItemId(10), ItemId(11)]);
    // Account 0 holds something.
    assert!(world.batcher.head().account(AccountIndex::ZERO).is_some());
}

#[test]
fn requests_are_taken_in_their_order_and_leave_their_share() {
    let mut world = World::new(2, RICH);
    let off = Request::Switch(Switches::default());
    let ready = (0..7)
        .map(|n| request(9 + n, 0, if n % 2 == 0 { ON } else { off }))
        .collect();
    world.next_table(ready);
    world.engine.set_table(table(2)).unwrap();
    world.submit(sell(0, 1, 5, MARK)).unwrap();
    world.submit(buy(1, 1, 5, MARK)).unwrap();
    // Half of six units is theirs, until the batch is closed.
    assert_eq!(world.batcher.open_units(), 5);
    world.flush();
    assert_eq!(requests(&world.closed[0]), [(0, Mode::Switch); 4]);
    assert_eq!(requests(&world.closed[1]), [(0, Mode::Switch); 3]);
    let taken = world.closed.iter().flat_map(|batch| batch.items.clone());
    assert!(taken.eq((9..16).map(ItemId)));
}

#[test]
fn a_close_of_an_empty_account_ends_it_and_nothing_pads_with_it() {
    let mut world = World::new(2, RICH);
    world.submit(other(InstructionKind::Withdrawal, 1, 1, RICH)).unwrap();
    world.flush();
    let ready = vec![request(9, 1, Request::Close)];
    world.next_table(ready);
    world.flush();
    let batch = world.closed.last().unwrap();
    assert_eq!(requests(batch), [(1, Mode::Close)]);
    assert!(batch.effect.units.iter().any(|unit| unit.closed));
    assert!(world.batcher.head().account(AccountIndex(1)).is_none());
}

#[test]
fn the_last_account_can_be_closed_too() {
    let mut world = World::new(1, RICH);
    world.submit(other(InstructionKind::Withdrawal, 0, 1, RICH)).unwrap();
    world.flush();
    let ready = vec![request(9, 0, Request::Close)];
    world.next_table(ready);
    world.flush();
    let batch = world.closed.last().unwrap();
    assert_eq!(batch.witness.units.last().map(|u| u.mode), Some(Mode::Close));
    assert_eq!(world.batcher.head().accounts().count(), 0);
}

#[test]
fn a_close_takes_effect_where_it_is_put_into_a_batch_and_no_cancel_after_it_stops_the_batcher() {
    let mut world = World::new(3, RICH);
    // Account 0 holds something when its close becomes ready, behind what others ask for.
    let mut ready: Vec<QueueItem> = (0..10).map(|n| request(20 + n, 1 + n as u32 % 2, ON)).collect();
    ready.push(request(30, 0, Request::Close));
    world.next_table(ready);
    world.engine.set_table(table(2)).unwrap();
    world.submit(other(InstructionKind::Withdrawal, 0, 1, RICH)).unwrap();
    assert_eq!(world.batcher.take_ended(), []);
    world.flush();
    assert_eq!(world.batcher.take_ended(), [AccountIndex(0)]);
    assert!(!world.batcher.holdings().contains_key(&AccountIndex(0)));
    // Nobody has told the engine.
    let cancels = [2, 3].map(|id| Arc::new(sign(other(InstructionKind::Cancel, 0, id, 0))));
    for cancel in &cancels {
        world.push(Event::Bound(cancel.clone())).unwrap();
    }
    world.submit(sell(1, 1, 5, MARK)).unwrap();
    world.submit(buy(2, 1, 5, MARK)).unwrap();
    world.flush();
    let last = world.closed.last().unwrap();
    assert_eq!((last.unbound.as_slice(), last.fills), (&cancels[..], 1));
    // The chain says which account is no more.
    let ended = world
        .closed
        .iter()
        .flat_map(|b| world.batcher.settle(b.batch_no()).unwrap());
    assert!(ended.eq([AccountIndex(0)]));
}

#[test]
fn a_cancel_of_the_batch_that_ends_its_account_is_left_out() {
    let mut world = World::new(3, RICH);
    world.submit(other(InstructionKind::Withdrawal, 0, 1, RICH)).unwrap();
    world.flush();
    world.next_table(vec![request(9, 0, Request::Close), request(10, 1, ON)]);
    let cancel = Arc::new(sign(other(InstructionKind::Cancel, 0, 2, 0)));
    world.push(Event::Bound(cancel.clone())).unwrap();
    assert_eq!(world.batcher.take_ended(), [AccountIndex(0)]);
    // The open batch ends it already.
    assert!(!world.batcher.holdings().contains_key(&AccountIndex(0)));
    world.flush();
    let last = world.closed.last().unwrap();
    assert_eq!(
        (requests(last), last.unbound.clone()),
        (vec![(0, Mode::Close), (1, Mode::Switch)], vec![cancel])
    );
}

#[test]
fn padding_of_the_last_account_leaves_its_deposit_to_the_unit_that_takes_it() {
    let config = cloister_batcher::BatcherConfig {
        shapes: vec![Shape { units: 8, places: 1 }],
        ..batcher_config()
    };
    let mut world = World::with(config, 1, RICH);
    let mut ready = vec![deposit(9, 0, 7)];
    ready.extend((10..13).map(|item| request(item, 0, ON)));
    ready.push(request(13, 0, Request::Close));
    world.next_table(ready.clone());
    world.engine.set_table(table(2)).unwrap();
    world.engine.deposit(AccountIndex(0), Amount(7)).unwrap();
    // Four units take the deposit and the switches.
    world
        .submit(other(InstructionKind::Withdrawal, 0, 1, RICH + 7))
        .unwrap();
    world.flush();
    let batch = world.closed.last().unwrap();
    assert_eq!(batch.used, 6);
    let queued = ready.iter().map(|item| {
        let kind = match item {
            QueueItem::Request { request, .. } => match request {
                Request::Switch(switches) => ItemKind::Switch(*switches),
                Request::Close => ItemKind::Close,
                Request::ForcedWithdrawal { .. } | Request::Rekey { .. } => panic!("none is queued"),
            },
            _ => ItemKind::Deposit,
        };
        let queued = cloister_settlement::QueueItem {
            owner: (),
            index: item.account(),
            amount: item.amount(),
            queued_at: 0,
            ready_at: 0,
            deadline: 0,
            kind,
            until: None,
        };
        (item.item().get(), queued)
    });
    let mut waiting: cloister_settlement::Waiting<()> = queued.collect();
    let units = &batch.witness.units;
    let asks = units
        .iter()
        .map(|u| (u.index, matches!(u.mode, Mode::Switch | Mode::Close)));
    let takings = cloister_settlement::take(&mut waiting, asks, 0).unwrap();
    for (unit, taking) in units.iter().zip(&takings) {
        assert_eq!(unit.deposit, taking.amount, "{:?}", unit.mode);
    }
}
