//! Falls of the price on a real engine, a real batcher and the ledger's transition: who is helped, by whom, and that
//! nothing is lost on the way.

mod days;
mod told;

use super::*;
use cloister_batcher::{BatchSecrets, BatcherConfig, ClosedBatch, Event, QueueItem, Voided};
use cloister_crypto::Fr;
use cloister_engine::Holdings;
use cloister_engine_testing::*;
use cloister_ledger::{GroupLedger, Instruction, Mode, Party, Shape};
use cloister_types::{Amount, GroupId, ItemId, PerLot, Position, Price};

const RICH: u64 = 1_000_000 * ONE;
const SHAPE: Shape = Shape { units: 12, places: 1 };

/// Counts, so that every attempt has its own salt.
#[derive(Default)]
struct Counter(u64);

impl SecretSource for Counter {
    fn secrets(&mut self, _batch_no: u64, digest: &[u8; 32]) -> BatchSecrets {
        self.0 += 1;
        BatchSecrets {
            salt: Fr::from(self.0),
            padding: u64::from(digest[0]) + self.0,
        }
    }
}

/// A group whose accounts are open, and what liquidates in it.
struct World {
    engine: Engine,
    batcher: Batcher,
    live: Liquidations,
    secrets: Counter,
    closed: Vec<ClosedBatch>,
    version: u64,
    next_id: u64,
    paid_in: i128,
}

/// The table at a mark, with a penalty.
fn at(version: u64, mark: u64) -> RiskTable {
    let mut table = table(version);
    table.rows[0] = row(BTC, mark, 3 * ONE as i64);
    table.header.penalty = 8;
    table
}

impl World {
    fn new(deposits: &[u64], insurance: u64) -> Self {
        Self::of(&[SHAPE], 4, deposits, insurance)
    }

    fn of(shapes: &[Shape], batches: usize, deposits: &[u64], insurance: u64) -> Self {
        let config = BatcherConfig {
            genesis: GENESIS,
            group: GroupId(GROUP),
            shapes: shapes.to_vec(),
            payee: [3; 32],
            queue_share: 50,
            max_age: 1_000,
            sweep_every: None,
        };
        let mut engine = Engine::new(config_of_engine(), table(1)).unwrap();
        let mut ready = Vec::new();
        for (account, deposit) in (0u32..).zip(deposits) {
            let (public_key, view_key) = (secret(account).public(), Fr::from(u64::from(account) + 1));
            let (item, account, deposit) = (ItemId(account.into()), AccountIndex(account), Amount(*deposit));
            engine.open(account, public_key, view_key, deposit).unwrap();
            ready.push(QueueItem::Open {
                item,
                account,
                public_key,
                view_key,
                deposit,
                deadline: 0,
            });
        }
        if insurance > 0 {
            let (item, amount) = (ItemId(1_000), Amount(insurance));
            ready.push(QueueItem::PayInsurance { item, amount });
        }
        let batcher = Batcher::new(config, GroupLedger::default(), 0, table(1), ready).unwrap();
        let mut world = Self {
            engine,
            batcher,
            live: Liquidations::new(LiquidationTerms {
                discount: 10_000,
                house_leverage: 500,
                batches: batches as u32,
                table_age: 80_000,
            }),
            secrets: Counter::default(),
            closed: Vec::new(),
            version: 1,
            next_id: 1,
            paid_in: deposits.iter().map(|amount| i128::from(*amount)).sum::<i128>() + i128::from(insurance),
        };
        world.flush();
        world
    }

    fn absorb(&mut self, effects: Vec<Effect>) {
        for effect in &effects {
            if let Effect::Filled(fill) = effect {
                self.live.note(fill, self.engine.table());
            }
        }
        let events = effects.into_iter().filter_map(Event::of);
        self.batcher.push_all(NOW, events, &mut self.secrets).unwrap();
    }

    /// Signs an order and submits it; false if it is refused.
    fn order(&mut self, account: u32, side: Side, lots: u64, price: u64) -> bool {
        let id = self.next_id;
        self.next_id += 1;
        self.submit(order(account, id, side, lots, price))
    }

    fn submit(&mut self, instruction: Instruction) -> bool {
        let (passed, result) = self.engine.submit_with_effects(NOW, sign(instruction));
        self.absorb(passed);
        let accepted = result.is_ok();
        self.absorb(result.map(|accepted| accepted.effects).unwrap_or_default());
        accepted
    }

    /// One account buys, or with a negative number sells, what another one offers at a price.
    fn trade(&mut self, account: u32, maker: u32, lots: i64, price: u64) {
        let (side, size) = (if lots > 0 { Side::Buy } else { Side::Sell }, lots.unsigned_abs());
        assert!(self.order(maker, side.opposite(), size, price));
        assert!(self.order(account, side, size, price));
    }

    fn set_table(&mut self, table: RiskTable) {
        self.version = table.header.version;
        let set = self
            .batcher
            .set_table(NOW, table.clone(), Vec::new(), &mut self.secrets);
        set.unwrap();
        let effects = self.engine.set_table(table).unwrap();
        self.absorb(effects);
    }

    fn mark(&mut self, mark: u64) {
        self.set_table(at(self.version + 1, mark));
    }

    /// One look; the prints.
    fn look(&mut self) -> Vec<Print> {
        let outcome = self
            .live
            .run(NOW, &mut self.engine, &mut self.batcher, &mut self.secrets);
        assert_eq!(
            (outcome.stopped, outcome.refused, outcome.reopened),
            (None, None, false)
        );
        let prints = outcome.effects.iter().filter_map(|effect| match effect {
            Effect::Liquidated(fill) => Some(fill.clone()),
            _ => None,
        });
        let prints: Vec<_> = prints.collect();
        self.check_told(&outcome.closed, &prints);
        self.absorb(outcome.effects);
        prints
    }

    fn flush(&mut self) {
        self.batcher.close(NOW, &mut self.secrets).unwrap();
        while self.batcher.waiting() > 0 {
            self.batcher.close(NOW, &mut self.secrets).unwrap();
        }
        while let Some(batch) = self.batcher.next_closed() {
            self.closed.push(batch);
        }
    }

    fn settle(&mut self) {
        self.flush();
        for batch in std::mem::take(&mut self.closed) {
            self.batcher.settle(batch.batch_no()).unwrap();
        }
    }

    fn held(&self, account: u32) -> Holdings {
        self.engine.account(AccountIndex(account)).unwrap().holdings
    }

    fn lots(&self, account: u32) -> i64 {
        self.held(account).positions[0].get()
    }

    fn equity(&self, account: u32) -> i128 {
        let held = self.held(account);
        let holding = Holding {
            cash: held.cash.get(),
            lots: held.positions,
        };
        holding.equity(self.engine.table())
    }

    /// Accounts that are short or owe money, by a look at each.
    fn due(&self) -> Vec<u32> {
        let table = self.engine.table();
        let all = self.engine.accounts();
        let due = all.filter(|(_, view)| {
            let holding = Holding {
                cash: view.holdings.cash.get(),
                lots: view.holdings.positions,
            };
            holding.equity(table) < 0 || holding.shortfall(table, table.header.maintenance) >= 1
        });
        due.map(|(account, _)| account.get()).collect()
    }

    fn count(&self, mode: Mode) -> usize {
        let units = self.closed.iter().flat_map(|batch| &batch.witness.units);
        units.filter(|unit| unit.mode == mode).count()
    }

    /// Engine, batcher and index agree, and no money and no lot is lost or made.
    fn audit(&mut self) {
        self.flush();
        for (account, held) in self.batcher.holdings() {
            assert_eq!(self.held(account.get()), held, "account {account}");
            let holding = Holding {
                cash: held.cash.get(),
                lots: held.positions,
            };
            assert_eq!(self.live.index.holding(account.get()), holding, "account {account}");
        }
        let head = self.batcher.head();
        let house = head.house();
        let mut money = house.insurance.get() + house.fee_pool.get() as i128;
        let (mut lots, mut open) = (house.positions, [0; 2]);
        for (_, state) in head.accounts() {
            money += state.account.cash.get();
            for (sum, own) in lots.iter_mut().zip(state.account.positions) {
                sum.0 += own.get();
            }
            for (sum, row) in open.iter_mut().zip([0, 3]) {
                *sum += state.account.positions[row].size().get();
            }
        }
        assert_eq!(
            (lots, [house.open_interest[0], house.open_interest[3]]),
            (Default::default(), open)
        );
        // Funding is in the cash of whoever trades; both sides of a lot cancel.
        assert_eq!(money, self.paid_in);
    }
}

fn config_of_engine() -> cloister_engine::EngineConfig {
    config()
}

/// Account 0 is long ten lots on 200 of its own, bought of the rich account 1 at 100; 2 and 3 are rich.
fn one_long(insurance: u64) -> World {
    let mut world = World::new(&[200 * ONE, RICH, RICH, RICH], insurance);
    world.trade(0, 1, 10, MARK);
    world.settle();
    world
}

#[test]
fn a_healthy_account_should_be_left_alone() {
    let mut world = one_long(RICH);
    world.mark(92 * ONE);
    assert_eq!((world.look(), world.lots(0)), (vec![], 10));
    world.audit();
}

#[test]
fn a_short_account_should_go_to_the_book_first_and_the_rest_to_the_house() {
    let mut world = one_long(RICH);
    world.mark(90 * ONE);
    assert!(world.order(2, Side::Buy, 1, 90 * ONE) && world.order(3, Side::Buy, 1, 90 * ONE - ONE / 2));
    let prints = world.look();
    let seen: Vec<_> = prints
        .iter()
        .map(|fill| (fill.maker.key.account.get(), fill.price.get(), fill.quantity.get()))
        .collect();
    let house = AccountIndex::HOUSE.get();
    let house = (house, 90 * ONE, 2);
    assert_eq!(seen, [(2, 90 * ONE, 1), (3, 90 * ONE - ONE / 2, 1), house]);
    assert!(prints
        .iter()
        .all(|fill| fill.taker.key.account == AccountIndex(0) && !fill.taker.is_signed()));
    assert_eq!(world.due(), Vec::<u32>::new());
    world.audit();
    let penalties: u128 = prints.iter().map(|fill| fill.taker.fee.get()).sum();
    let head = world.batcher.head().house();
    let lots = head.positions[0].get();
    assert_eq!(lots, seen[2].2 as i64);
    // What the house paid for them, at the mark less the funding, and what it earned.
    let paid = i128::from(lots) * i128::from(87 * ONE);
    assert_eq!(head.insurance.get(), i128::from(RICH) - paid + penalties as i128);
    assert!(penalties > 0);
}

#[test]
fn the_house_should_give_its_lots_to_orders_at_rest_at_the_mark_or_better() {
    let mut world = one_long(RICH);
    world.mark(90 * ONE);
    world.look();
    let held = world.batcher.house().unwrap().positions[0];
    assert!(held > Position(1));
    assert!(world.order(2, Side::Buy, 50, 90 * ONE - 1));
    assert_eq!(world.look(), []);
    assert!(world.order(3, Side::Buy, 1, 90 * ONE) && world.order(2, Side::Buy, 50, 90 * ONE));
    let prints = world.look();
    assert!(prints.iter().all(|fill| fill.taker.key.account == AccountIndex::HOUSE));
    assert_eq!(
        prints.iter().map(|fill| fill.quantity.get()).sum::<u64>(),
        held.size().get()
    );
    assert_eq!(world.batcher.house().unwrap().positions[0], Position(0));
    world.audit();
}

#[test]
fn an_order_beyond_the_discount_should_catch_nothing() {
    let mut world = one_long(RICH);
    world.mark(90 * ONE);
    // The policy gives 1 %: 0.9 per lot.
    assert!(world.order(2, Side::Buy, 100, 90 * ONE - 900_001));
    let prints = world.look();
    assert!(prints.iter().all(|fill| fill.maker.key.account == AccountIndex::HOUSE));
    assert_eq!((world.lots(2), world.due()), (0, vec![]));
    world.audit();
}

#[test]
fn a_colluding_maker_should_get_no_more_than_is_needed() {
    let mut world = one_long(0);
    world.mark(90 * ONE);
    assert!(world.order(2, Side::Buy, 900, 90 * ONE - 900_000));
    let before = world.equity(0);
    world.look();
    // Six of ten lots are what initial margin carries.
    assert_eq!(world.lots(2), 4);
    // A quarter of what was freed, 10.35 per lot.
    let lost = before - world.equity(0);
    assert!(
        lost <= i128::from(world.lots(2)) * i128::from(10 * ONE + 350_000) / 4,
        "{lost}"
    );
    world.mark(90 * ONE);
    assert_eq!((world.look(), world.due()), (vec![], vec![]));
    world.audit();
}

#[test]
fn a_maker_that_cannot_pay_should_stop_nobody() {
    let mut world = World::new(&[200 * ONE, RICH, 160 * ONE, RICH], RICH);
    world.trade(0, 1, 10, MARK);
    assert!(world.order(2, Side::Buy, 9, 99 * ONE));
    world.settle();
    // Its money is gone to a forced withdrawal that waits.
    world
        .engine
        .force_withdrawal(AccountIndex(2), Amount(150 * ONE))
        .unwrap();
    world.mark(91 * ONE - ONE / 2);
    assert!(world.order(3, Side::Buy, 9, 90 * ONE));
    world.mark(90 * ONE);
    world.look();
    assert_eq!((world.lots(2), world.due()), (0, vec![]));
    assert!(world.lots(3) > 0);
    let view = world.engine.account(AccountIndex(2)).unwrap();
    assert_eq!(view.open_orders().count(), 0);
}

#[test]
fn a_broke_account_should_be_taken_over_by_a_house_that_can_carry_it() {
    let mut world = one_long(RICH);
    world.mark(79 * ONE);
    assert!(world.equity(0) < 0);
    world.look();
    assert_eq!((world.lots(0), world.held(0).cash.get()), (0, 0));
    assert_eq!(
        (world.due(), world.batcher.house().unwrap().positions[0]),
        (vec![], Position(10))
    );
    world.audit();
    assert_eq!(world.count(Mode::Takeover), 1);
}

#[test]
fn what_neither_book_nor_house_takes_of_a_broke_account_should_be_deleveraged() {
    let mut world = one_long(0);
    world.mark(79 * ONE);
    world.look();
    // Its counterparty gives up the other side; what it owes stays until the insurance can pay.
    assert_eq!((world.lots(0), world.lots(1)), (0, 0));
    assert_eq!(world.due(), [0]);
    world.audit();
    assert_eq!(world.count(Mode::Deleveraging(Party::Insolvent)), 1);
    assert_eq!(world.count(Mode::Deleveraging(Party::Counterparty)), 1);
    let (item, amount) = (ItemId(2_000), Amount(1_000 * ONE));
    world.paid_in += i128::from(amount.get());
    let table = at(world.version + 1, 79 * ONE);
    let ready = vec![QueueItem::PayInsurance { item, amount }];
    world.version += 1;
    world
        .batcher
        .set_table(NOW, table.clone(), ready, &mut world.secrets)
        .unwrap();
    world.engine.set_table(table).unwrap();
    world.look();
    assert_eq!(world.due(), Vec::<u32>::new());
    world.audit();
    assert_eq!(world.count(Mode::Takeover), 1);
}

#[test]
fn the_counterparty_with_the_highest_profit_should_give_up_first() {
    let mut world = World::new(&[200 * ONE, RICH, RICH, RICH], 0);
    // Account 2 has sold dearer than account 1, with as much money behind it.
    world.trade(1, 3, -10, MARK);
    world.trade(2, 3, -10, MARK + ONE);
    world.trade(0, 3, 10, MARK);
    // The rich buyer of theirs is flat but for ten lots.
    world.settle();
    world.mark(79 * ONE);
    world.look();
    assert_eq!(
        (world.lots(0), world.lots(1), world.lots(2), world.lots(3)),
        (0, -10, 0, 10)
    );
    world.audit();
}

#[test]
fn expired_lots_should_become_money() {
    let mut world = one_long(RICH);
    let mut expired = at(2, 95 * ONE);
    let row = &mut expired.rows[0];
    (row.status, row.scenarios) = (Status::Expired, Default::default());
    (row.floor_long, row.floor_short) = (Price::ZERO, Price::ZERO);
    row.value = PerLot(92 * ONE as i64);
    let before = [0, 1].map(|account| world.held(account).cash.get());
    world.set_table(expired);
    world.look();
    let gained = 10 * i128::from(92 * ONE);
    assert_eq!(world.held(0).cash.get(), before[0] + gained);
    assert_eq!(world.held(1).cash.get(), before[1] - gained);
    assert_eq!((world.lots(0), world.lots(1)), (0, 0));
    world.audit();
    assert_eq!(world.count(Mode::Expiry), 2);
}

#[test]
fn one_look_should_do_a_bounded_amount_of_work_the_worst_first() {
    let traders = 20;
    let mut deposits = vec![RICH; 2];
    // All are short after the fall, the first ones most.
    deposits.extend((0..traders).map(|n| 190 * ONE + n * ONE / 4));
    let mut world = World::of(&[SHAPE], 1, &deposits, RICH);
    for account in 2..2 + traders as u32 {
        world.trade(account, 1, 10, MARK);
    }
    world.settle();
    world.mark(89 * ONE);
    let short = world.due();
    assert_eq!(short.len() as u64, traders);
    let prints = world.look();
    let first: Vec<u32> = prints.iter().map(|fill| fill.taker.key.account.get()).collect();
    // A batch has twelve units.
    assert_eq!(first.len(), usize::from(SHAPE.units));
    let expected: Vec<u32> = (2..14).collect();
    assert_eq!(first, expected);
    world.look();
    assert_eq!(world.due(), Vec::<u32>::new());
    world.audit();
}

#[test]
fn several_legs_should_go_together_where_a_unit_has_places_for_them() {
    // Long of one row and short of another that moves alike: closing one leg alone makes it riskier.
    let legs = |shapes: &[Shape]| {
        let mut world = World::of(shapes, 4, &[75 * ONE, RICH, RICH], RICH);
        let pair = |version, mark| {
            let mut table = at(version, MARK);
            table.rows[3] = row(ETH, mark, 0);
            table
        };
        world.set_table(pair(2, MARK));
        // Both legs grow in turn, so that neither needs more than there is.
        for _ in 0..10 {
            world.trade(0, 1, 1, MARK);
            let id = world.next_id;
            world.next_id += 2;
            let eth = |instruction: Instruction| Instruction {
                instrument_id: cloister_types::InstrumentId(ETH),
                ..instruction
            };
            assert!(world.submit(eth(buy(2, id, 1, MARK))) && world.submit(eth(sell(0, id + 1, 1, MARK))));
        }
        world.settle();
        // The row that it is short of runs away by five: of 75 of its own 24 are left, and the floors alone ask for 31.
        world.set_table(pair(3, MARK + 5 * ONE));
        world
    };
    let mut narrow = legs(&[SHAPE]);
    assert_eq!(narrow.due(), [0]);
    narrow.look();
    assert_eq!((narrow.due(), narrow.lots(0)), (vec![0], 10));
    narrow.audit();
    // It may be the only shape, or one of several, of which the batch must then get it.
    let (two, four) = (Shape { units: 12, places: 2 }, Shape { units: 4, places: 4 });
    for shapes in [&[two][..], &[SHAPE, four]] {
        let mut wide = legs(shapes);
        wide.look();
        assert_eq!(wide.due(), Vec::<u32>::new());
        let lots = [wide.lots(0), -wide.held(0).positions[3].get()];
        assert!(lots[0] < 10 && lots[0].abs_diff(lots[1]) <= 1, "{lots:?}");
        wide.audit();
    }
}

#[test]
fn nobody_should_be_liquidated_at_a_table_that_is_too_old() {
    let mut world = one_long(RICH);
    world.mark(90 * ONE);
    let World {
        engine,
        batcher,
        live,
        secrets,
        ..
    } = &mut world;
    let late = live.run(NOW + 80_001, engine, batcher, secrets);
    assert!(late.effects.is_empty() && !late.changed);
    let on_time = live.run(NOW + 80_000, engine, batcher, secrets);
    assert!(!on_time.effects.is_empty() && on_time.changed);
}

#[test]
fn what_was_written_down_should_decide_the_same() {
    let mut world = one_long(RICH);
    world.mark(90 * ONE);
    let bytes = world.live.encode();
    let read = Liquidations::decode(&mut &bytes[..]).unwrap();
    assert_eq!(read.encode(), bytes);
    assert_eq!(read.terms(), world.live.terms());
    // Whoever starts again from bytes looks at everybody.
    let all: std::collections::BTreeMap<_, _> = world.batcher.holdings();
    world.engine.rebase(&all).unwrap();
    world.live = read;
    let prints = world.look();
    assert_eq!(prints.iter().map(|fill| fill.quantity.get()).sum::<u64>(), 4);
    world.audit();
    // Nothing is left to do, so that nothing need be remembered.
    let outcome = world
        .live
        .run(NOW, &mut world.engine, &mut world.batcher, &mut world.secrets);
    assert!(!outcome.changed);
}

#[test]
fn the_same_inputs_should_give_the_same_batches() {
    let live = || {
        let mut world = one_long(RICH);
        world.mark(90 * ONE);
        assert!(world.order(2, Side::Buy, 1, 90 * ONE));
        world.look();
        world.flush();
        world.closed.into_iter().map(|batch| batch.request).collect::<Vec<_>>()
    };
    assert_eq!(live(), live());
}

#[test]
fn a_liquidation_that_another_table_makes_needless_should_be_void() {
    let mut world = one_long(RICH);
    world.mark(90 * ONE);
    assert!(world.order(2, Side::Buy, 9, 90 * ONE));
    let prints = world.look();
    let table = at(world.version + 1, 96 * ONE);
    let held = world
        .batcher
        .rebase(NOW, table.clone(), Vec::new(), &mut world.secrets)
        .unwrap();
    world.version += 1;
    world.engine.set_table(table).unwrap();
    world.engine.rebase(&held).unwrap();
    let voided = world.batcher.take_voided();
    let [Voided {
        event: Event::Unsigned(group),
        ..
    }] = &voided[..]
    else {
        panic!("{voided:?}");
    };
    let void: Vec<u64> = group.orders().map(|matched| matched.id).collect();
    assert_eq!(void, prints.iter().map(|fill| fill.id).collect::<Vec<_>>());
    assert_eq!((world.lots(0), world.lots(2)), (10, 0));
    assert_eq!(world.look(), []);
    world.audit();
}
