//! Groups that nobody signs: in one batch, by the rules of units and house, or dropped.

mod common;

use cloister_batcher::{BatcherConfig, Event, GroupError, GroupRefusal, QueueItem, VoidReason, Voided};
use cloister_engine::{AccountIndex, UnsignedError, UnsignedStep};
use cloister_ledger::{BatchError, Fill, Mode, Party, Side};
use cloister_risk::{MarginError, RiskTable, Status};
use cloister_types::{Amount, ItemId, Lots, PerLot, Position, Price, Total};
use common::*;

const RICH: u64 = 1_000_000 * ONE;
const SHORT: AccountIndex = AccountIndex(0);
const FALLEN: u64 = 90 * ONE;
const BROKE: u64 = 79 * ONE;

fn at(version: u64, mark: u64) -> RiskTable {
    let mut table = table(version);
    table.rows[0] = row(BTC, mark, 3 * ONE as i64);
    table.header.penalty = 8;
    table
}

/// Account 0 has bought ten lots of account 1 at 100 on 200 of its own; the others are rich. All of it is settled.
fn world_of(config: BatcherConfig, insurance: u64, mark: u64) -> World {
    let mut world = World::with(config, 0, 0);
    let mut ready: Vec<QueueItem> = [(0, 200 * ONE), (1, RICH), (2, RICH), (3, RICH)]
        .map(|(account, deposit)| open_item(account.into(), account, deposit))
        .into();
    if insurance > 0 {
        let (item, amount) = (ItemId(9), Amount(insurance));
        ready.push(QueueItem::PayInsurance { item, amount });
    }
    for item in &ready {
        if let QueueItem::Open { account, deposit, .. } = item {
            world.open(account.get(), deposit.get());
        }
    }
    world
        .batcher
        .set_table(NOW, table(1), ready, &mut world.secrets)
        .unwrap();
    world.flush();
    world.submit(sell(1, 1, 10, MARK)).unwrap();
    world.submit(buy(0, 1, 10, MARK)).unwrap();
    world.flush();
    fall(&mut world, at(2, mark));
    settle(&mut world);
    world
}

fn world(insurance: u64, mark: u64) -> World {
    world_of(batcher_config(), insurance, mark)
}

fn settle(world: &mut World) {
    for batch in std::mem::take(&mut world.closed) {
        world.batcher.settle(batch.batch_no()).unwrap();
    }
}

fn fall(world: &mut World, table: RiskTable) {
    let set = world
        .batcher
        .set_table(NOW, table.clone(), Vec::new(), &mut world.secrets);
    set.unwrap();
    world.engine.set_table(table).unwrap();
    world.collect();
}

/// Plans, asks the batcher, and only then lets it happen.
fn push(world: &mut World, steps: &[UnsignedStep]) -> Result<(), GroupRefusal> {
    let plan = world.engine.plan_unsigned(steps).expect("the rules of the units hold");
    world.batcher.push_group(NOW, plan.group.clone(), &mut world.secrets)?;
    world.engine.commit_unsigned(&plan);
    world.collect();
    Ok(())
}

fn sale(lots: u64, price: u64, fee: u128) -> UnsignedStep {
    UnsignedStep::Liquidate {
        account: SHORT,
        fills: vec![Fill {
            side: Side::Sell,
            row: 0,
            quantity: Lots(lots),
            cost: Price(price).times(Lots(lots)),
            fee: Total(fee),
        }],
    }
}

fn taken(account: u32, id: u64, lots: u64) -> UnsignedStep {
    UnsignedStep::Match {
        order: key(account, id),
        quantity: Lots(lots),
    }
}

fn house_rule(rule: BatchError) -> Result<(), GroupRefusal> {
    Err(GroupRefusal::Void(VoidReason::Group(GroupError::House(rule))))
}

/// Units of a mode in the batches that are closed.
fn count(world: &World, mode: Mode) -> usize {
    let units = world.closed.iter().flat_map(|batch| &batch.witness.units);
    units.filter(|unit| unit.mode == mode).count()
}

/// What engine and batcher say of every account, and the money of all with the house's.
fn agree(world: &World) {
    for (account, held) in world.batcher.holdings() {
        assert_eq!(
            world.engine.account(account).unwrap().holdings,
            held,
            "account {account}"
        );
    }
    let head = world.batcher.head();
    let mut lots = head.house().positions[0].get();
    let mut money = head.house().insurance.get() + head.house().fee_pool.get() as i128;
    for (_, state) in head.accounts() {
        lots += state.account.positions[0].get();
        money += state.account.cash.get();
    }
    assert_eq!(lots, 0);
    let paid_in = i128::from(200 * ONE + 3 * RICH);
    assert!(
        [0, 1_000 * ONE, RICH]
            .iter()
            .any(|insurance| money == paid_in + i128::from(*insurance)),
        "{money}"
    );
}

#[test]
fn a_liquidation_against_an_order_at_rest_should_be_in_one_batch() {
    let mut world = world(0, FALLEN);
    world.submit(buy(2, 1, 9, FALLEN - ONE)).unwrap();
    let penalty = 1_000_000;
    push(&mut world, &[sale(4, FALLEN - ONE, penalty), taken(2, 1, 4)]).unwrap();
    world.flush();
    assert_eq!(world.closed.len(), 1);
    assert_eq!(count(&world, Mode::Liquidation), 1);
    assert_eq!(units(&world.closed[0]), [(2, 1, 4)]);
    let house = world.batcher.head().house();
    assert_eq!(
        (house.insurance.get(), house.positions[0]),
        (penalty as i128, Position(0))
    );
    agree(&world);
    settle(&mut world);
}

#[test]
fn the_house_should_take_only_what_its_margin_carries_with_what_is_paid_in() {
    let steps = [sale(4, FALLEN, 0)];
    let mut poor = world(0, FALLEN);
    let refused = push(&mut poor, &steps);
    let short = BatchError::HouseMargin(MarginError::InitialMarginShort);
    assert_eq!(refused, house_rule(short));
    // The group is not kept, and the batcher goes on.
    assert_eq!((poor.batcher.pending(), poor.batcher.take_voided()), (0, Vec::new()));
    poor.submit(buy(2, 1, 1, FALLEN)).unwrap();
    agree(&poor);
    // Money that is ready for the insurance comes into the batch, so it counts.
    let (item, amount) = (ItemId(9), Amount(1_000 * ONE));
    let ready = vec![QueueItem::PayInsurance { item, amount }];
    let next = at(3, FALLEN);
    poor.batcher
        .set_table(NOW, next.clone(), ready, &mut poor.secrets)
        .unwrap();
    poor.engine.set_table(next).unwrap();
    assert_eq!(poor.batcher.house().unwrap().cash.get(), i128::from(1_000 * ONE));
    push(&mut poor, &steps).unwrap();
    assert_eq!(poor.batcher.house().unwrap().positions[0], Position(4));
    poor.flush();
    assert_eq!(poor.batcher.head().house().positions[0], Position(4));
    agree(&poor);
}

#[test]
fn the_house_should_not_pay_more_than_the_mark() {
    let mut world = world(RICH, FALLEN);
    assert_eq!(
        push(&mut world, &[sale(4, FALLEN + 1, 0)]),
        house_rule(BatchError::HouseEquity)
    );
    push(&mut world, &[sale(4, FALLEN, 0)]).unwrap();
}

#[test]
fn the_house_should_not_trade_but_to_get_rid_of_its_lots() {
    let mut world = world(RICH, FALLEN);
    world.submit(buy(2, 1, 9, FALLEN)).unwrap();
    assert_eq!(
        push(&mut world, &[taken(2, 1, 1)]),
        house_rule(BatchError::HouseGrowth(0))
    );
    push(&mut world, &[sale(4, FALLEN, 0)]).unwrap();
    world.flush();
    assert_eq!(
        push(&mut world, &[taken(2, 1, 5)]),
        house_rule(BatchError::HouseGrowth(0))
    );
    push(&mut world, &[taken(2, 1, 4)]).unwrap();
    world.flush();
    assert_eq!(world.batcher.head().house().positions[0], Position(0));
    agree(&world);
}

#[test]
fn a_broke_account_should_pass_to_a_house_that_can_carry_it() {
    let takeover = [UnsignedStep::TakeOver { account: SHORT }];
    let mut poor = world(0, BROKE);
    let short = BatchError::HouseMargin(MarginError::InitialMarginShort);
    assert_eq!(push(&mut poor, &takeover), house_rule(short));
    let mut rich = world(RICH, BROKE);
    push(&mut rich, &takeover).unwrap();
    rich.flush();
    assert_eq!(count(&rich, Mode::Takeover), 1);
    let house = rich.batcher.head().house();
    assert_eq!(house.positions[0], Position(10));
    agree(&rich);
}

#[test]
fn deleveraging_should_be_taken_only_with_both_sides() {
    let mut world = world(0, BROKE);
    let close = |account: u32, party, held: i64, lots: u64| UnsignedStep::Deleverage {
        account: AccountIndex(account),
        party,
        fills: vec![Fill::at_mark(0, Position(held), Lots(lots), PerLot(BROKE as i64))],
    };
    let shed = close(0, Party::Insolvent, 10, 10);
    assert_eq!(
        push(&mut world, std::slice::from_ref(&shed)),
        house_rule(BatchError::DeleveragedLots(0))
    );
    let fewer = [shed.clone(), close(1, Party::Counterparty, -10, 9)];
    assert_eq!(push(&mut world, &fewer), house_rule(BatchError::DeleveragedLots(0)));
    let both = [shed, close(1, Party::Counterparty, -10, 10)];
    push(&mut world, &both).unwrap();
    world.flush();
    assert_eq!(count(&world, Mode::Deleveraging(Party::Insolvent)), 1);
    assert_eq!(count(&world, Mode::Deleveraging(Party::Counterparty)), 1);
    assert_eq!(world.batcher.head().house().positions[0], Position(0));
    agree(&world);
}

#[test]
fn expired_lots_should_become_money_of_accounts_and_house() {
    let mut world = world(RICH, FALLEN);
    push(&mut world, &[sale(4, FALLEN, 0)]).unwrap();
    let mut expired = at(3, FALLEN);
    let row = &mut expired.rows[0];
    (row.status, row.scenarios) = (Status::Expired, Default::default());
    (row.floor_long, row.floor_short) = (Price::ZERO, Price::ZERO);
    fall(&mut world, expired);
    let value = i128::from(FALLEN - 3 * ONE);
    // The house's own four lots become money with the batch.
    let house = world.batcher.house().unwrap();
    assert_eq!(
        (house.positions[0], world.batcher.head().house().positions[0]),
        (Position(0), Position(4))
    );
    for account in [0, 1] {
        let account = AccountIndex(account);
        push(&mut world, &[UnsignedStep::Expire { account, rows: vec![0] }]).unwrap();
    }
    assert_eq!(world.batcher.house().unwrap(), house);
    world.flush();
    assert_eq!(count(&world, Mode::Expiry), 2);
    let after = world.batcher.head().house();
    assert_eq!((after.positions[0], after.insurance), (Position(0), house.cash));
    assert_eq!(after.open_interest[0], 0);
    assert_eq!(house.cash.get(), i128::from(RICH) - 4 * value + 4 * value);
    agree(&world);
}

#[test]
fn a_group_should_not_be_cut_by_the_end_of_a_batch() {
    let mut world = world(RICH, FALLEN);
    world.submit(buy(2, 1, 9, FALLEN)).unwrap();
    // Five of six units are used.
    for id in 1..=5 {
        world.submit(sell(3, id, 1, FALLEN + ONE)).unwrap();
        world
            .submit(other(cloister_ledger::InstructionKind::Cancel, 3, id, 0))
            .unwrap();
    }
    assert_eq!((world.batcher.open_units(), world.closed.len()), (5, 0));
    push(&mut world, &[sale(4, FALLEN, 0), taken(2, 1, 4)]).unwrap();
    assert_eq!((world.batcher.open_units(), world.closed.len()), (2, 1));
    world.flush();
    assert_eq!(
        (count(&world, Mode::Liquidation), units(&world.closed[1])),
        (1, vec![(2, 1, 4)])
    );
    agree(&world);
}

#[test]
fn a_group_that_no_batch_has_room_for_should_be_refused() {
    let mut world = world(RICH, FALLEN);
    world.submit(buy(2, 1, 9, FALLEN)).unwrap();
    assert_eq!(world.batcher.most_units_of_a_group(1), 3);
    let four = [sale(3, FALLEN, 0), taken(2, 1, 1), taken(2, 1, 1), taken(2, 1, 1)];
    let (units, most) = (4, 3);
    let refused = push(&mut world, &four);
    let too_large = VoidReason::Group(GroupError::TooLarge { units, most });
    assert_eq!(refused, Err(GroupRefusal::Void(too_large)));
}

#[test]
fn fills_of_an_order_should_not_join_the_unit_of_a_group() {
    let mut world = world(RICH, FALLEN);
    world.submit(buy(2, 1, 9, FALLEN)).unwrap();
    push(&mut world, &[sale(4, FALLEN, 0), taken(2, 1, 4)]).unwrap();
    world.submit(sell(3, 1, 5, FALLEN)).unwrap();
    world.flush();
    let mut all = units(&world.closed[0]);
    all.sort_unstable();
    assert_eq!(all, [(2, 1, 4), (2, 1, 5), (3, 1, 5)]);
    agree(&world);
}

#[test]
fn a_deposit_that_waits_should_count_before_a_liquidation() {
    let mut world = world(RICH, FALLEN);
    let ready = vec![QueueItem::Deposit {
        item: ItemId(10),
        account: SHORT,
        amount: Amount(ONE),
        deadline: u64::MAX,
    }];
    let next = at(3, FALLEN);
    world
        .batcher
        .set_table(NOW, next.clone(), ready, &mut world.secrets)
        .unwrap();
    world.engine.set_table(next).unwrap();
    world.engine.deposit(SHORT, Amount(ONE)).unwrap();
    push(&mut world, &[sale(4, FALLEN, 0)]).unwrap();
    world.flush();
    for (account, held) in world.batcher.holdings() {
        assert_eq!(world.engine.account(account).unwrap().holdings, held);
    }
}

#[test]
fn a_group_that_another_table_makes_needless_should_be_dropped_alone() {
    let mut world = world(RICH, FALLEN);
    world.submit(buy(2, 1, 9, FALLEN)).unwrap();
    push(&mut world, &[sale(4, FALLEN, 0), taken(2, 1, 4)]).unwrap();
    world.submit(sell(3, 1, 5, FALLEN)).unwrap();
    // Not short any more, and the price within the discount.
    world.rebase(at(3, 92 * ONE));
    let voided = world.batcher.take_voided();
    let [Voided {
        event: Event::Unsigned(group),
        reason,
    }] = &voided[..]
    else {
        panic!("{voided:?}");
    };
    let (account, source) = (SHORT, MarginError::NotShort);
    let unit = GroupError::Unit(UnsignedError::Margin { account, source });
    assert_eq!(*reason, VoidReason::Group(unit));
    let void: Vec<u64> = group.orders().map(|order| order.id).collect();
    assert_eq!(void, [1]);
    assert_eq!((world.batcher.pending(), position(&world.engine, 0)), (0, 10));
    world.flush();
    assert_eq!(count(&world, Mode::Liquidation), 0);
    let mut all = units(&world.closed[0]);
    all.sort_unstable();
    assert_eq!(all, [(2, 1, 5), (3, 1, 5)]);
    agree(&world);
}

#[test]
fn a_group_that_still_holds_should_be_made_again_at_another_table() {
    let mut world = world(RICH, FALLEN);
    world.submit(buy(2, 1, 9, FALLEN)).unwrap();
    push(&mut world, &[sale(4, FALLEN, 0), taken(2, 1, 4)]).unwrap();
    world.rebase(at(3, FALLEN - ONE / 2));
    assert_eq!(world.batcher.take_voided(), []);
    world.flush();
    assert_eq!(count(&world, Mode::Liquidation), 1);
    agree(&world);
}
