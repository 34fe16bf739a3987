//! Batches of several shapes: which of them a batch gets, and what goes into the places of a unit.

mod common;

use cloister_batcher::{
    BatcherConfig, BatcherError, ClosedBatch, Event, GroupError, GroupRefusal, QueueItem, VoidReason,
};
use cloister_engine::{self as engine, AccountIndex, FillSide, UnsignedStep};
use cloister_ledger::{instruction::flags, Fill, Instruction, InstructionKind, Mode, Shape, Side, SignedInstruction};
use cloister_types::{Amount, InstructionId, InstrumentId, ItemId, Lots, Price, Total};
use common::*;
use std::sync::Arc;

const RICH: u64 = 1_000_000 * ONE;
const NARROW: Shape = Shape::DEV;
const WIDE: Shape = Shape::DEV_MAKER;
const LONG: Shape = Shape::STANDARD;

fn config(shapes: &[Shape]) -> BatcherConfig {
    BatcherConfig {
        shapes: shapes.to_vec(),
        ..batcher_config()
    }
}

fn world(shapes: &[Shape], accounts: u32) -> World {
    World::with(config(shapes), accounts, RICH)
}

/// What the units of a batch have in their places: account, ids and lots.
fn places(batch: &ClosedBatch) -> Vec<(u32, Vec<(u64, u64)>)> {
    let signed = batch.witness.units.iter().map(|unit| {
        let used = unit.places.iter().filter(|place| place.is_signed());
        let used = used.map(|place| (place.signed.instruction.id.get(), place.fill.quantity.get()));
        (unit.index.get(), used.collect::<Vec<_>>())
    });
    let mut all: Vec<_> = signed.filter(|(_, places)| !places.is_empty()).collect();
    all.sort();
    all
}

/// The cancel of an order that rested.
fn cancel(world: &mut World, account: u32, id: u64) {
    world.submit(sell(account, id, 1, MARK + ONE)).unwrap();
    world.submit(other(InstructionKind::Cancel, account, id, 0)).unwrap();
}

fn settle(world: &mut World) {
    for batch in std::mem::take(&mut world.closed) {
        world.batcher.settle(batch.batch_no()).unwrap();
    }
    assert_eq!(world.batcher.settled(), world.batcher.head());
}

#[test]
fn a_batch_should_get_the_cheapest_shape_that_holds_it() {
    let all = [NARROW, WIDE, LONG];
    // Cancels of each account, the shapes that there are, and what the batch gets.
    let cases: &[(&[u64], &[Shape], Shape)] = &[
        (&[1], &all, WIDE),
        (&[1, 1, 1, 1], &all, WIDE),
        (&[4, 4, 4, 3], &all, WIDE),
        (&[15], &all, WIDE),
        (&[1, 1, 1, 1, 1], &all, NARROW),
        (&[2, 2, 2, 1, 1], &all, NARROW),
        (&[2, 2, 2, 2, 2], &all, LONG),
        (&[5, 5, 5], &all, LONG),
        (&[1, 1, 1, 1, 1, 1, 1, 1, 1, 1], &all, LONG),
        (&[1], &[NARROW, LONG], NARROW),
        (&[4, 4], &[NARROW, LONG], NARROW),
        (&[5, 5], &[NARROW, LONG], LONG),
        (&[1], &[LONG], LONG),
    ];
    for (cancels, shapes, expected) in cases {
        let mut world = world(shapes, cancels.len() as u32);
        for (account, count) in (0u32..).zip(*cancels) {
            for id in 1..=*count {
                cancel(&mut world, account, id);
            }
        }
        assert!(world.closed.is_empty(), "{cancels:?}: {shapes:?} still hold it");
        world.flush();
        let [batch] = &world.closed[..] else {
            panic!("{cancels:?}: {} batches", world.closed.len())
        };
        assert_eq!(batch.shape, *expected, "{cancels:?} of {shapes:?}");
        assert_eq!(batch.witness.units.len(), usize::from(expected.units));
        let found: u64 = places(batch).iter().map(|(_, places)| places.len() as u64).sum();
        assert_eq!(found, cancels.iter().sum::<u64>());
    }
}

#[test]
fn a_batch_should_be_closed_only_when_no_shape_holds_more() {
    let mut world = world(&[NARROW, WIDE], 5);
    for account in 0..4 {
        for id in 1..4 {
            cancel(&mut world, account, id);
        }
    }
    // Four units of four places hold twelve cancels, and another account does not fit any more.
    assert_eq!((world.closed.len(), world.batcher.open_units()), (0, 4));
    cancel(&mut world, 0, 4);
    assert_eq!((world.closed.len(), world.batcher.open_units()), (0, 4));
    cancel(&mut world, 4, 1);
    assert_eq!((world.closed.len(), world.batcher.open_units()), (1, 1));
    assert_eq!((world.closed[0].shape, world.closed[0].used), (WIDE, 4));
    world.flush();
    settle(&mut world);
}

#[test]
fn a_batch_without_a_free_place_should_be_closed_at_once() {
    let mut world = world(&[NARROW, WIDE], 4);
    for account in 0..4 {
        for id in 1..=4 {
            cancel(&mut world, account, id);
        }
    }
    assert_eq!((world.closed.len(), world.batcher.open_units()), (1, 0));
    assert_eq!((world.closed[0].shape, world.closed[0].used), (WIDE, 4));
}

#[test]
fn a_flood_of_cancels_should_cost_a_unit_for_each_set_of_places() {
    let flood = |shapes: &[Shape]| {
        let mut world = world(shapes, 2);
        for id in 1..=32 {
            cancel(&mut world, 0, id);
        }
        cancel(&mut world, 1, 1);
        world.flush();
        let used: usize = world.closed.iter().map(|batch| batch.used).sum();
        let ids = world
            .closed
            .iter()
            .flat_map(places)
            .filter(|(account, _)| *account == 0);
        let ids: Vec<u64> = ids.flat_map(|(_, places)| places).map(|(id, _)| id).collect();
        assert_eq!(ids.len(), 32);
        settle(&mut world);
        used
    };
    assert_eq!(flood(&[NARROW]), 33);
    assert_eq!(flood(&[NARROW, WIDE]), 9);
}

#[test]
fn orders_of_a_market_maker_should_share_a_unit_and_be_netted_in_it() {
    let mut world = world(&[NARROW, WIDE], 3);
    world.submit(sell(0, 1, 9, MARK + 1)).unwrap();
    world.submit(buy(0, 2, 9, MARK - 1)).unwrap();
    world.submit(buy(1, 1, 2, MARK + 1)).unwrap();
    world.submit(sell(2, 1, 3, MARK - 1)).unwrap();
    world.submit(buy(1, 2, 4, MARK + 1)).unwrap();
    world.submit(other(InstructionKind::Cancel, 0, 2, 0)).unwrap();
    world.flush();
    let batch = &world.closed[0];
    assert_eq!((batch.shape, batch.used, batch.fills), (WIDE, 3, 3));
    let expected = [
        (0, vec![(1, 6), (2, 3), (2, 0)]),
        (1, vec![(1, 2), (2, 4)]),
        (2, vec![(1, 3)]),
    ];
    assert_eq!(places(batch), expected);
    settle(&mut world);
}

/// One lot of an order to sell and one to buy.
fn fill(maker: Instruction, taker: Instruction) -> Event {
    let side = |i: Instruction| FillSide {
        key: key(i.index.get(), i.id.get()),
        order: Arc::new(sign(i)),
        fee: Total::ZERO,
    };
    Event::Filled(engine::Fill {
        id: 0,
        time: NOW,
        instrument_id: InstrumentId(BTC),
        price: Price(MARK),
        quantity: Lots(1),
        taker_side: taker.side,
        maker: side(maker),
        taker: side(taker),
    })
}

#[test]
fn orders_that_are_filled_in_turn_should_not_share_a_unit_for_ever() {
    let mut world = world(&[WIDE], 2);
    for _ in 0..40 {
        world.push(fill(sell(0, 1, 900, MARK), buy(1, 1, 900, MARK))).unwrap();
        world.push(fill(buy(0, 2, 900, MARK), sell(1, 2, 900, MARK))).unwrap();
    }
    world.flush();
    let units = |account| [(account, vec![(1, 8), (2, 8)]), (account, vec![(1, 32), (2, 32)])];
    assert_eq!(places(&world.closed[0]), [units(0), units(1)].concat());
    settle(&mut world);
}

#[test]
fn a_withdrawal_should_have_a_unit_of_its_own() {
    let mut world = world(&[WIDE], 2);
    cancel(&mut world, 0, 1);
    world.submit(other(InstructionKind::Withdrawal, 0, 2, ONE)).unwrap();
    cancel(&mut world, 0, 3);
    world.flush();
    let expected = [(0, vec![(1, 0)]), (0, vec![(2, 0)]), (0, vec![(3, 0)])];
    assert_eq!(places(&world.closed[0]), expected);
    settle(&mut world);
}

#[test]
fn a_cancel_all_should_take_the_place_of_older_cancels_among_others() {
    let mut world = world(&[WIDE], 2);
    world.submit(sell(0, 1, 5, MARK)).unwrap();
    cancel(&mut world, 0, 2);
    world.submit(buy(1, 1, 2, MARK)).unwrap();
    cancel(&mut world, 0, 3);
    world.submit(other(InstructionKind::CancelAll, 0, 9, 0)).unwrap();
    world.flush();
    let expected = [(0, vec![(1, 2), (9, 0)]), (1, vec![(1, 2)])];
    assert_eq!(places(&world.closed[0]), expected);
    settle(&mut world);
}

#[test]
fn fills_that_break_a_rule_together_should_be_cut_apart() {
    let mut world = world(&[NARROW, WIDE], 3);
    world.submit(sell(1, 1, 2, MARK)).unwrap();
    world.submit(buy(0, 1, 2, MARK)).unwrap();
    world.flush();
    settle(&mut world);
    // Long of two lots, account 0 sells five that must reduce: one, and four more once it has bought three. Netted they
    // would be more than the two from which the unit starts.
    world
        .submit(with_flags(sell(0, 2, 5, MARK), flags::REDUCE_ONLY))
        .unwrap();
    world.submit(buy(1, 2, 1, MARK)).unwrap();
    world.submit(sell(2, 1, 3, MARK - 1)).unwrap();
    world.submit(buy(0, 3, 3, MARK - 1)).unwrap();
    world.submit(buy(1, 3, 4, MARK)).unwrap();
    world.flush();
    let expected = [
        (0, vec![(2, 1), (3, 3)]),
        (0, vec![(2, 4)]),
        (1, vec![(2, 1), (3, 4)]),
        (2, vec![(1, 3)]),
    ];
    assert_eq!(
        (places(&world.closed[0]), world.closed[0].shape),
        (expected.to_vec(), WIDE)
    );
    settle(&mut world);
}

/// A cancel whose signature is of something else.
fn forged(account: u32, id: u64) -> Arc<SignedInstruction> {
    let mut signed = sign(other(InstructionKind::Cancel, account, id, 0));
    signed.instruction.id = InstructionId(id + 1);
    Arc::new(signed)
}

#[test]
fn a_cancel_that_cannot_be_proven_should_leave_those_beside_it() {
    let mut world = world(&[WIDE], 2);
    cancel(&mut world, 0, 1);
    let bad = forged(0, 2);
    world.push(Event::Bound(bad.clone())).unwrap();
    cancel(&mut world, 0, 5);
    cancel(&mut world, 1, 1);
    world.flush();
    let expected = [(0, vec![(1, 0), (5, 0)]), (1, vec![(1, 0)])];
    assert_eq!(
        (places(&world.closed[0]), &world.closed[0].unbound),
        (expected.to_vec(), &vec![bad])
    );
    assert_eq!(world.batcher.take_voided(), []);
    settle(&mut world);
}

#[test]
fn all_cancels_of_an_account_that_is_broke_should_be_left_out() {
    let mut world = world(&[WIDE], 3);
    let ready = vec![open_item(3, 3, 300 * ONE)];
    world.next_table(ready);
    world.open(3, 300 * ONE);
    world.obey(table(2));
    world.submit(sell(1, 1, 10, MARK)).unwrap();
    world.submit(buy(3, 1, 10, MARK)).unwrap();
    world.flush();
    let mut crash = table(3);
    crash.rows[0] = row(BTC, MARK / 2, 3 * ONE as i64);
    world
        .batcher
        .set_table(NOW, crash, Vec::new(), &mut world.secrets)
        .unwrap();
    world.collect();
    world.closed.clear();
    let cancels = [2, 3].map(|id| Arc::new(sign(other(InstructionKind::Cancel, 3, id, 0))));
    for signed in &cancels {
        world.push(Event::Bound(signed.clone())).unwrap();
    }
    let good = sign(other(InstructionKind::Cancel, 2, 2, 0));
    world.push(Event::Bound(good.into())).unwrap();
    world.flush();
    assert_eq!(places(&world.closed[0]), [(2, vec![(2, 0)])]);
    assert_eq!(world.closed[0].unbound, cancels);
}

#[test]
fn overdue_items_should_get_their_part_of_whatever_shape_it_is() {
    // A few orders would fit into four units; the queue may claim half of nine.
    let mut world = world(&[NARROW, WIDE], 2);
    let deposit = |item: u64| QueueItem::Open {
        item: ItemId(item),
        account: AccountIndex(item as u32),
        public_key: secret(item as u32).public(),
        view_key: cloister_crypto::Fr::from(item + 1),
        deposit: Amount(ONE),
        deadline: 0,
    };
    world.next_table((10..30).map(deposit).collect());
    for item in 10..30 {
        world.open(item, ONE);
    }
    world.obey(table(2));
    for id in 1..20 {
        cancel(&mut world, 0, id);
    }
    world.flush();
    for batch in &world.closed {
        let opened = batch
            .witness
            .units
            .iter()
            .filter(|unit| unit.mode == Mode::Open)
            .count();
        let left = world.closed.iter().filter(|later| later.batch_no() > batch.batch_no());
        let left = left.flat_map(|later| &later.items).count();
        let claimed = usize::from(batch.shape.units) / 2;
        assert!(
            opened >= claimed.min(2) || left == 0,
            "{:?}: {opened} of {left}",
            batch.shape
        );
        assert!(
            opened >= claimed || left == 0,
            "{:?}: {opened}, and {left} wait",
            batch.shape
        );
    }
    settle(&mut world);
}

/// Account 0 is long of one row and short of another that moves alike, and broke.
fn hedged(shapes: &[Shape]) -> World {
    let mut world = World::with(config(shapes), 0, 0);
    let ready: Vec<QueueItem> = [(0, 75 * ONE), (1, RICH), (2, RICH)]
        .map(|(account, deposit)| open_item(account.into(), account, deposit))
        .into();
    for item in &ready {
        if let QueueItem::Open { account, deposit, .. } = item {
            world.open(account.get(), deposit.get());
        }
    }
    let insurance = QueueItem::PayInsurance {
        item: ItemId(9),
        amount: Amount(RICH),
    };
    let alike = |version, mark| {
        let mut table = table(version);
        table.rows[3] = row(ETH, mark, 0);
        table
    };
    let all = ready.into_iter().chain([insurance]).collect();
    world
        .batcher
        .set_table(NOW, alike(2, MARK), all, &mut world.secrets)
        .unwrap();
    world.obey(alike(2, MARK));
    world.flush();
    let eth = |instruction: Instruction| Instruction {
        instrument_id: InstrumentId(ETH),
        ..instruction
    };
    for id in (1..20).step_by(2) {
        world.submit(sell(1, id, 1, MARK)).unwrap();
        world.submit(buy(0, id, 1, MARK)).unwrap();
        world.submit(eth(buy(2, id, 1, MARK))).unwrap();
        world.submit(eth(sell(0, id + 1, 1, MARK))).unwrap();
    }
    world.flush();
    let fallen = alike(3, MARK + 5 * ONE);
    world
        .batcher
        .set_table(NOW, fallen.clone(), Vec::new(), &mut world.secrets)
        .unwrap();
    world.obey(fallen);
    settle(&mut world);
    world
}

/// Both legs, so many lots each, at the mark, to the house.
fn both_legs(lots: u64) -> [UnsignedStep; 1] {
    let leg = |row, side, mark: u64| Fill {
        side,
        row,
        quantity: Lots(lots),
        cost: Price(mark).times(Lots(lots)),
        fee: Total::ZERO,
    };
    [UnsignedStep::Liquidate {
        account: AccountIndex(0),
        fills: vec![leg(0, Side::Sell, MARK), leg(3, Side::Buy, MARK + 5 * ONE)],
    }]
}

fn close_both(world: &mut World, lots: u64) -> Result<(), GroupRefusal> {
    let plan = world
        .engine
        .plan_unsigned(&both_legs(lots))
        .expect("the rules of the unit hold");
    world.batcher.push_group(NOW, plan.group.clone(), &mut world.secrets)?;
    world.engine.commit_unsigned(&plan);
    world.collect();
    Ok(())
}

#[test]
fn legs_that_hedge_each_other_should_go_in_one_unit_of_a_shape_that_has_the_places() {
    let mut narrow = hedged(&[NARROW]);
    let places = GroupError::Places {
        account: AccountIndex(0),
        found: 2,
        most: 1,
    };
    let refused = close_both(&mut narrow, 3);
    assert_eq!(refused, Err(GroupRefusal::Void(VoidReason::Group(places))));

    let mut world = hedged(&[NARROW, WIDE]);
    // Six accounts' worth of other things would make the batch one of nine units.
    for id in 101..106 {
        cancel(&mut world, 1, id);
        world.submit(other(InstructionKind::Withdrawal, 2, id, 1)).unwrap();
    }
    close_both(&mut world, 3).unwrap();
    world.flush();
    let with = |mode| {
        world
            .closed
            .iter()
            .position(|batch| batch.witness.units.iter().any(|unit| unit.mode == mode))
    };
    let at = with(Mode::Liquidation).expect("it is in a batch");
    assert_eq!(world.closed[at].shape, WIDE);
    assert!(world.closed[..at].iter().any(|batch| batch.shape == NARROW));
    settle(&mut world);
}

#[test]
fn a_batch_that_begins_with_several_places_should_keep_room_for_them_whatever_is_overdue() {
    let mut world = hedged(&[NARROW, WIDE]);
    let overdue = |item: u64| open_item(item, item as u32, ONE);
    let mut again = world.batcher.table().clone();
    again.header.version += 1;
    let set = world
        .batcher
        .set_table(NOW, again.clone(), (10..30).map(overdue).collect(), &mut world.secrets);
    set.unwrap();
    for item in 10..30 {
        world.open(item, ONE);
    }
    world.obey(again);
    assert_eq!(world.batcher.most_units_of_a_group(4), 2);
    assert_eq!(world.batcher.most_units_of_a_group(1), 5);
    close_both(&mut world, 3).unwrap();
    world.flush();
    let units = |batch: &ClosedBatch, mode| batch.witness.units.iter().filter(|unit| unit.mode == mode).count();
    let batch = world.closed.iter().find(|batch| units(batch, Mode::Liquidation) == 1);
    let batch = batch.expect("the group is in a batch");
    assert_eq!((batch.shape, units(batch, Mode::Open)), (WIDE, 3));
    settle(&mut world);
}

#[test]
fn a_shape_that_is_gone_should_be_used_no_more() {
    let mut world = world(&[NARROW, WIDE], 3);
    for id in 1..=4 {
        cancel(&mut world, 0, id);
    }
    world.flush();
    for id in 5..=8 {
        cancel(&mut world, 0, id);
    }
    cancel(&mut world, 1, 1);
    assert_eq!((world.closed[0].shape, world.batcher.open_units()), (WIDE, 2));
    assert_eq!(world.batcher.set_shapes(Vec::new()), Err(BatcherError::Shape));
    world.batcher.set_shapes(vec![NARROW]).unwrap();
    assert_eq!(world.batcher.open_units(), 5);
    assert_eq!(world.batcher.unsettled_shapes().collect::<Vec<_>>(), [WIDE]);
    // What was closed in the shape that is gone is made again.
    let same = world.batcher.table().clone();
    world.rebase(same);
    world.flush();
    assert!(world.closed.iter().all(|batch| batch.shape == NARROW));
    let cancels: usize = world
        .closed
        .iter()
        .flat_map(places)
        .map(|(_, places)| places.len())
        .sum();
    assert_eq!(cancels, 9);
    settle(&mut world);
}

#[test]
fn an_open_batch_that_fits_into_no_other_shape_should_be_made_again_with_the_closed_ones() {
    let mut world = world(&[NARROW, WIDE], 3);
    for id in 1..=13 {
        cancel(&mut world, 0, id);
    }
    assert_eq!((world.closed.len(), world.batcher.open_units()), (0, 4));
    world.batcher.set_shapes(vec![NARROW]).unwrap();
    world.flush();
    assert_eq!((world.closed.len(), world.closed[0].shape), (1, WIDE));
    let same = world.batcher.table().clone();
    world.rebase(same);
    world.flush();
    let used: Vec<_> = world.closed.iter().map(|batch| (batch.shape, batch.used)).collect();
    assert_eq!(used, [(NARROW, 9), (NARROW, 4)]);
    settle(&mut world);
}

#[test]
fn batches_of_several_shapes_should_be_read_back_from_bytes() {
    let mut world = world(&[NARROW, WIDE], 6);
    for id in 1..=4 {
        cancel(&mut world, 0, id);
    }
    world.flush();
    for account in 0..5 {
        cancel(&mut world, account, 20);
    }
    world.flush();
    world.submit(sell(0, 30, 5, MARK)).unwrap();
    world.submit(buy(1, 30, 2, MARK)).unwrap();
    cancel(&mut world, 0, 31);
    let shapes: Vec<Shape> = world.closed.iter().map(|batch| batch.shape).collect();
    assert_eq!(shapes, [WIDE, NARROW]);
    let bytes = world.batcher.encoded();
    let mut read = cloister_batcher::Batcher::decode(&mut &bytes[..]).unwrap();
    assert_eq!(read.encoded(), bytes);
    let reopened: Vec<Shape> = std::iter::from_fn(|| read.next_closed())
        .map(|batch| batch.shape)
        .collect();
    assert_eq!(reopened, shapes);
    // Both go on alike.
    let more = Event::Bound(sign(other(InstructionKind::Cancel, 0, 40, 0)).into());
    let mut secrets = Counter(world.secrets.0);
    read.push(NOW, more.clone(), &mut secrets).unwrap();
    read.close(NOW, &mut secrets).unwrap();
    world.push(more).unwrap();
    world.flush();
    assert_eq!(read.encoded(), world.batcher.encoded());
}
