//! Invariants over random streams of inputs.

use cloister_engine::{band, reducible, Effect, Engine, Fate, OpenRisk, OrderKey, Removal, TraderInput, WorstCase};
use cloister_engine_testing::*;
use cloister_ledger::{
    instruction::flags, Control, ControlAction, Instruction, InstructionKind, OrdersIn, ProtectionTerms, Side, Trigger,
};
use cloister_risk::{Assessment, Positions};
use cloister_types::{Deficit, InstructionId, InstrumentId, Lots, Money, Position, Price, Total};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const ACCOUNTS: u32 = 5;
const DEPOSIT: u64 = 2_000 * ONE;

/// What happens to the engine.
#[derive(Clone, Debug)]
enum Input {
    /// Something that a trader signed.
    Trader(Signed),
    /// The mark of the first instrument moves by some percent.
    Move(i64),
    /// Time passes.
    Wait(u64),
}

/// The same before it is signed.
#[derive(Clone, Debug)]
enum Signed {
    Instruction(Instruction),
    Amend(u64, Instruction),
    Annul(Instruction),
    Control(u32, ControlAction),
}

impl Signed {
    fn sign(&self, number: u64) -> TraderInput {
        match self {
            Self::Instruction(instruction) => TraderInput::Instruction(sign(instruction.clone())),
            Self::Amend(replaces, instruction) => TraderInput::Amend {
                replaces: InstructionId(*replaces),
                signed: sign(instruction.clone()),
            },
            Self::Annul(instruction) => TraderInput::Annul(sign(instruction.clone())),
            Self::Control(account, action) => {
                let signed = control(*account, number, *action);
                TraderInput::Control(
                    Control {
                        expiry: u64::from(u32::MAX),
                        ..signed.control
                    }
                    .sign(&GENESIS, &secret(*account)),
                )
            }
        }
    }

    /// The order that comes in.
    fn order(&self) -> Option<&Instruction> {
        match self {
            Self::Instruction(order) | Self::Amend(_, order) if order.kind == InstructionKind::Order => Some(order),
            _ => None,
        }
    }
}

/// Ids of few slots, so that many meet an order.
fn id() -> impl Strategy<Value = u64> {
    (0u64..40, 0u64..4).prop_map(|(slot, round)| slot + 512 * round)
}

fn an_order() -> impl Strategy<Value = Instruction> {
    let flag = prop_oneof![
        6 => Just(0),
        2 => Just(flags::IMMEDIATE_OR_CANCEL),
        1 => Just(flags::FILL_OR_KILL),
        1 => Just(flags::POST_ONLY),
        2 => Just(flags::REDUCE_ONLY),
    ];
    let choice = prop_oneof![4 => Just(0), 1 => Just(flags::SELF_TRADE_OLDEST), 1 => Just(flags::SELF_TRADE_BOTH)];
    let trigger = prop_oneof![5 => Just(None), 1 => (any::<bool>(), -4i64..=4).prop_map(Some)];
    (
        0..ACCOUNTS,
        id(),
        any::<bool>(),
        any::<bool>(),
        (flag, choice, trigger),
        0u64..9,
        1u64..60,
        0u64..60,
    )
        .prop_map(
            |(account, id, eth, sells, (flag, choice, trigger), tick, quantity, life)| {
                let side = if sells { Side::Sell } else { Side::Buy };
                let (instrument_id, mark) = if eth { (ETH, 10 * ONE) } else { (BTC, MARK) };
                let limit = mark + tick * mark / 100 - 4 * mark / 100;
                let trigger = trigger.map(|(above, percent)| {
                    let price = Price((mark as i64 + percent * mark as i64 / 100) as u64);
                    if above {
                        Trigger::AtOrAbove(price)
                    } else {
                        Trigger::AtOrBelow(price)
                    }
                });
                Instruction {
                    flags: flag | choice,
                    instrument_id: InstrumentId(instrument_id),
                    expiry: NOW + life * 40,
                    ..order(account, id, side, quantity, limit)
                }
                .waiting_for(trigger)
            },
        )
}

fn signed() -> impl Strategy<Value = Signed> {
    let bound = (0..ACCOUNTS, id(), 0u64..9, 0usize..4).prop_map(|(account, id, tick, kind)| {
        let kind = [
            InstructionKind::Cancel,
            InstructionKind::Cancel,
            InstructionKind::CancelAll,
            InstructionKind::Withdrawal,
        ][kind];
        Signed::Instruction(Instruction {
            expiry: u64::from(u32::MAX),
            ..other(kind, account, id, 300 * ONE * tick)
        })
    });
    let orders = (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(one, sells, waiting)| OrdersIn {
        instrument: one.then_some(InstrumentId(BTC)),
        side: sells.then_some(Side::Sell),
        waiting,
    });
    let action = prop_oneof![
        2 => orders.clone().prop_map(ControlAction::CancelOrders),
        2 => (0u64..60, orders).prop_map(|(after, orders)| ControlAction::DeadMan { after, orders }),
        4 => (0u64..40, 0u64..30, 0u64..50).prop_map(|(max_lots, max_delta, cool_down)| ControlAction::Protect {
            instrument: InstrumentId(BTC),
            terms: ProtectionTerms {
                max_lots: Lots(max_lots),
                max_delta: Lots(max_delta),
                window: 1 << 40,
                cool_down,
            },
        }),
        1 => Just(ControlAction::ResetProtection { instrument: InstrumentId(BTC) }),
    ];
    prop_oneof![
        24 => an_order().prop_map(Signed::Instruction),
        5 => an_order().prop_map(|order| Signed::Amend(order.id.get().saturating_sub(512), order)),
        4 => bound,
        1 => (0..ACCOUNTS, id()).prop_map(|(account, id)| {
            Signed::Annul(other(InstructionKind::Cancel, account, id, 0))
        }),
        3 => (0..ACCOUNTS, action).prop_map(|(account, action)| Signed::Control(account, action)),
    ]
}

fn stream() -> impl Strategy<Value = Vec<Input>> {
    let input = prop_oneof![
        24 => signed().prop_map(Input::Trader),
        2 => (-5i64..=5).prop_map(Input::Move),
        2 => (1u64..50).prop_map(Input::Wait),
    ];
    proptest::collection::vec(input, 1..90)
}

fn play(inputs: &[Input], each: impl FnMut(&Engine, &Engine, &Input, &[Effect])) -> Engine {
    play_changing(inputs, |_, _| {}, each)
}

/// The same, with something done to the engine before each step.
fn play_changing(
    inputs: &[Input],
    mut change: impl FnMut(usize, &mut Engine),
    mut each: impl FnMut(&Engine, &Engine, &Input, &[Effect]),
) -> Engine {
    let mut engine = engine(ACCOUNTS, DEPOSIT);
    let (mut version, mut now) = (1, NOW);
    engine.advance(now);
    for (step, input) in inputs.iter().enumerate() {
        change(step, &mut engine);
        let before = engine.clone();
        let effects = match input {
            Input::Move(percent) => {
                version += 1;
                engine
                    .set_table(table_at(version, (MARK as i64 + percent * ONE as i64) as u64))
                    .unwrap()
            }
            Input::Wait(ms) => {
                now += ms;
                engine.advance(now)
            }
            Input::Trader(signed) => {
                let (passed, result) = engine.handle(now, signed.sign(step as u64 + 1));
                // Time has passed before.
                assert_eq!(passed, []);
                match result {
                    Ok(accepted) => accepted.effects,
                    // A refusal leaves no trace.
                    Err(_) => {
                        assert_eq!(before, engine);
                        continue;
                    }
                }
            }
        };
        each(&before, &engine, input, &effects);
    }
    engine
}

fn opposite_in_priority(engine: &Engine, instruction: &Instruction) -> Vec<OrderKey> {
    engine
        .book(instruction.instrument_id)
        .map(|b| {
            b.orders(instruction.side.opposite())
                .into_iter()
                .map(|(_, o)| o.key)
                .collect()
        })
        .unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn positions_and_money_are_conserved(inputs in stream()) {
        let (mut fees, mut withdrawn) = (0u128, 0u128);
        let engine = play(&inputs, |_, _, _, effects| {
            for effect in effects {
                match effect {
                    Effect::Filled(fill) => fees += fill.maker.fee.get() + fill.taker.fee.get(),
                    Effect::Bound(signed) if signed.instruction.kind == InstructionKind::Withdrawal => {
                        withdrawn += u128::from(signed.instruction.limit)
                    }
                    _ => {}
                }
            }
        });
        let mut positions = Positions::default();
        let mut cash = 0i128;
        for (_, account) in engine.accounts() {
            cash += account.holdings.cash.get();
            for (sum, q) in positions.iter_mut().zip(&account.holdings.positions) {
                sum.0 += q.get();
            }
        }
        prop_assert_eq!(positions, Positions::default());
        prop_assert_eq!(cash + fees as i128 + withdrawn as i128, i128::from(DEPOSIT) * i128::from(ACCOUNTS));
    }

    #[test]
    fn the_book_is_never_crossed_and_agrees_with_the_accounts(inputs in stream()) {
        play(&inputs, |_, after, _, _| {
            for instrument in [BTC, ETH] {
                let Some(book) = after.book(InstrumentId(instrument)) else { continue };
                if let (Some(bid), Some(ask)) = (book.best_bid(), book.best_ask()) {
                    assert!(bid < ask);
                }
                for side in [Side::Buy, Side::Sell] {
                    for (place, resting) in book.orders(side) {
                        let account = after.account(resting.key.account).unwrap();
                        let open = account.open_order(resting.key.id).unwrap();
                        assert_eq!((open.place, open.remaining), (place, resting.remaining));
                        let order = &open.signed.instruction;
                        assert_eq!((place.side, place.price), (order.side, order.price()));
                        let filled = account.filled(order.id);
                        assert_eq!(filled.checked_add(open.remaining), Some(Lots(order.quantity)));
                        assert_eq!(account.fate(order.id), Fate::Alive(filled));
                    }
                }
            }
            let open: usize = after.accounts().map(|(_, a)| a.open_orders().count()).sum();
            let resting: usize = [BTC, ETH]
                .iter()
                .filter_map(|i| after.book(InstrumentId(*i)))
                .map(|b| b.orders(Side::Buy).len() + b.orders(Side::Sell).len())
                .sum();
            assert_eq!(open, resting);
        });
    }

    #[test]
    fn only_what_can_trade_rests(inputs in stream()) {
        play(&inputs, |_, after, _, _| {
            for (_, account) in after.accounts() {
                for (_, open) in account.open_orders() {
                    let order = open.instruction();
                    let (number, row) = after.table().row_of(order.instrument_id).unwrap();
                    let (low, high) = band(row);
                    assert!((low..=high).contains(&order.price()));
                    if order.has(flags::REDUCE_ONLY) {
                        assert!(!reducible(account.holdings.positions[number], order.side).is_zero());
                    }
                    let protection = account.protection(order.instrument_id);
                    assert!(protection.is_none_or(|own| own.blocks(after.now()).is_none()));
                }
            }
        });
    }

    #[test]
    fn orders_wait_just_as_long_as_the_mark_is_not_at_their_trigger(inputs in stream()) {
        play(&inputs, |before, after, _, effects| {
            let holds = |order: &Instruction| {
                let (_, row) = after.table().row_of(order.instrument_id).unwrap();
                order.waits_for().unwrap().is_none_or(|trigger| trigger.fires_at(row.mark))
            };
            for (_, account) in after.accounts() {
                for (id, waiting) in account.waiting_orders() {
                    assert!(!holds(waiting.instruction()));
                    assert_eq!(account.fate(id), Fate::Alive(Lots::ZERO));
                    assert!(account.open_order(id).is_none());
                }
                for (id, open) in account.open_orders() {
                    assert!(holds(open.instruction()) || !account.filled(id).is_zero());
                }
            }
            // What is filled first can be proven at the table in force (B-TRIGGER).
            let mut begun = BTreeSet::new();
            for effect in effects {
                let Effect::Filled(fill) = effect else { continue };
                for side in [&fill.maker, &fill.taker] {
                    let was = before.account(side.key.account).unwrap().filled(side.key.id);
                    if begun.insert(side.key) && was.is_zero() {
                        assert!(holds(&side.order.instruction));
                    }
                }
            }
        });
    }

    #[test]
    fn fills_follow_price_time_priority_and_every_limit(inputs in stream()) {
        play(&inputs, |before, _, input, effects| {
            for effect in effects {
                let Effect::Filled(fill) = effect else { continue };
                let (maker, taker) = (&fill.maker.order.instruction, &fill.taker.order.instruction);
                assert_eq!(fill.price, Price(maker.limit));
                match taker.side {
                    Side::Buy => assert!(fill.price <= Price(taker.limit)),
                    Side::Sell => assert!(fill.price >= Price(taker.limit)),
                }
                assert_ne!(fill.maker.key.account, fill.taker.key.account);
            }
            let Input::Trader(signed) = input else { return };
            let Some(order) = signed.order() else { return };
            let makers: Vec<OrderKey> = effects
                .iter()
                .filter_map(|effect| match effect {
                    Effect::Filled(fill) => Some(fill.maker.key),
                    _ => None,
                })
                .collect();
            let left: BTreeSet<OrderKey> = effects
                .iter()
                .filter_map(|effect| match effect {
                    Effect::Removed { key, .. } => Some(*key),
                    _ => None,
                })
                .collect();
            // Nobody is passed over who did not leave.
            let queue = opposite_in_priority(before, order);
            let expected = queue.iter().filter(|key| makers.contains(key) || !left.contains(key));
            let expected: Vec<OrderKey> = expected.copied().take(makers.len()).collect();
            assert_eq!(makers, expected);
        });
    }

    #[test]
    fn protection_bounds_what_is_filled_of_orders_at_rest(inputs in stream()) {
        // Lots filled since the protection was set or reset, and their sum with signs.
        let mut filled: BTreeMap<u32, (ProtectionTerms, u64, i64)> = BTreeMap::new();
        play(&inputs, |before, after, input, effects| {
            if let Input::Trader(Signed::Control(account, action)) = input {
                match action {
                    ControlAction::Protect { terms, .. } => {
                        filled.insert(*account, (*terms, 0, 0));
                    }
                    ControlAction::ResetProtection { .. } => {
                        filled.entry(*account).and_modify(|(_, lots, delta)| (*lots, *delta) = (0, 0));
                    }
                    _ => {}
                }
            }
            for effect in effects {
                let Effect::Filled(fill) = effect else { continue };
                let Some((terms, lots, delta)) = filled.get_mut(&fill.maker.key.account.get()) else { continue };
                let own = before.account(fill.maker.key.account).unwrap().protection(fill.instrument_id);
                let Some(own) = own else { continue };
                // A pause that is over starts anew.
                let reached = *lots >= terms.max_lots.get() && !terms.max_lots.is_zero()
                    || delta.unsigned_abs() >= terms.max_delta.get() && !terms.max_delta.is_zero();
                if reached {
                    assert!(own.blocks(after.now()).is_none());
                    (*lots, *delta) = (0, 0);
                }
                *lots += fill.quantity.get();
                *delta += fill.taker_side.opposite().sign() * fill.quantity.get() as i64;
                assert!(terms.max_lots.is_zero() || *lots <= terms.max_lots.get());
                assert!(terms.max_delta.is_zero() || delta.unsigned_abs() <= terms.max_delta.get());
            }
        });
    }

    #[test]
    fn what_a_dead_mans_switch_names_is_gone_when_its_time_is_over(inputs in stream()) {
        play(&inputs, |before, after, _, _| {
            for (index, was) in before.accounts() {
                let Some(switch) = was.dead_man().filter(|switch| switch.at <= after.now()) else { continue };
                let account = after.account(index).unwrap();
                let meant = |order: &Instruction| switch.orders.contains(order.instrument_id, order.side);
                assert!(account.open_orders().all(|(_, open)| !meant(open.instruction())));
                let waiting = account.waiting_orders().filter(|(_, order)| meant(order.instruction())).count();
                assert!(waiting == 0 || !switch.orders.waiting);
                assert_eq!(account.dead_man(), None);
            }
        });
    }

    #[test]
    fn no_order_fills_beyond_what_was_signed(inputs in stream()) {
        let mut filled: BTreeMap<OrderKey, u64> = BTreeMap::new();
        play(&inputs, |_, _, _, effects| {
            for effect in effects {
                let Effect::Filled(fill) = effect else { continue };
                assert!(fill.quantity > Lots::ZERO);
                for side in [&fill.maker, &fill.taker] {
                    let sum = filled.entry(side.key).or_default();
                    *sum += fill.quantity.get();
                    assert!(*sum <= side.order.instruction.quantity);
                    assert_eq!(side.order.instruction.id, side.key.id);
                }
            }
        });
    }

    #[test]
    fn orders_that_left_leave_nothing_behind(inputs in stream()) {
        let mut engine = play(&inputs, |_, _, _, _| {});
        let accounts: Vec<_> = engine.accounts().map(|(index, _)| index).collect();
        for account in accounts {
            engine.drop_all_of(account, &OrdersIn::ALL, Removal::Disconnected);
        }
        engine.advance(u64::from(u32::MAX));
        // Indices are private, but not to whoever prints them.
        let shown = format!("{engine:?}");
        for empty in [" expiries: Derived({})", " dead_men: {}"] {
            prop_assert!(shown.contains(empty), "{}", shown);
        }
        for index in ["waiting", "unproven"] {
            let empty = format!(" {index}: ByTrigger {{ above: {{}}, below: {{}} }}");
            prop_assert!(shown.contains(&empty), "{}", shown);
        }
        let accounts = engine.accounts().count();
        for index in ["alive: {}", "by_id: {}, by_book: {}, reducing: 0"] {
            prop_assert_eq!(shown.matches(index).count(), accounts, "{}", shown);
        }
        for instrument in [BTC, ETH] {
            prop_assert_eq!(engine.depth(InstrumentId(instrument), 9), Default::default());
        }
    }

    #[test]
    fn an_engine_is_read_back_from_its_bytes(inputs in stream()) {
        let engine = play(&inputs, |_, _, _, _| {});
        let bytes = engine.encoded_at(engine.now());
        let mut rest = &bytes[..];
        let back = Engine::decode(&mut rest).unwrap();
        prop_assert!(rest.is_empty());
        prop_assert_eq!(&back, &engine);
    }

    /// Nothing that an engine keeps to save time says anything that its bytes do not.
    #[test]
    fn an_engine_that_is_read_back_at_every_step_does_the_same(inputs in stream()) {
        let record = |again: bool| {
            let mut seen = Vec::new();
            let read_back = |_, engine: &mut Engine| {
                if again {
                    let bytes = engine.encoded_at(engine.now());
                    *engine = Engine::decode(&mut &bytes[..]).unwrap();
                }
            };
            let engine = play_changing(&inputs, read_back, |_, _, _, e| seen.extend_from_slice(e));
            (engine.encoded_at(engine.now()), seen)
        };
        prop_assert_eq!(record(false), record(true));
    }

    #[test]
    fn the_same_inputs_give_the_same_effects_and_state(inputs in stream()) {
        let record = || {
            let mut effects = Vec::new();
            let engine = play(&inputs, |_, _, _, e| effects.extend_from_slice(e));
            (engine, effects)
        };
        prop_assert_eq!(record(), record());
    }

    #[test]
    fn no_fill_leaves_an_account_below_the_margin_rule(inputs in stream()) {
        play(&inputs, |before, after, input, effects| {
            // At a new table several orders fire, and what an account held between them is not seen here.
            if !matches!(input, Input::Trader(_)) {
                return;
            }
            for effect in effects {
                let Effect::Filled(fill) = effect else { continue };
                for key in [fill.maker.key, fill.taker.key] {
                    let assess = |e: &Engine| {
                        let h = &e.account(key.account).unwrap().holdings;
                        Assessment::new(e.table(), &h.positions, h.cash).unwrap()
                    };
                    let (from, to) = (assess(before), assess(after));
                    let table = after.table();
                    let worst = |a: &Assessment, ratio| a.worst(ratio).unwrap().1.get();
                    assert!(to.equity >= Money::ZERO);
                    let (initial, maintenance) = (table.header.initial, table.header.maintenance);
                    assert!(worst(&to, initial) <= 0 || worst(&to, maintenance) <= worst(&from, maintenance).max(0));
                }
            }
        });
    }
}

fn open_risk() -> impl Strategy<Value = OpenRisk> {
    (any::<bool>(), any::<bool>(), 1u64..50, -9i64..=9, 0u128..1_000).prop_map(
        |(eth, sells, quantity, percent, fee)| {
            let (row, mark) = if eth { (3, 10 * ONE as i64) } else { (0, MARK as i64) };
            let side = if sells { Side::Sell } else { Side::Buy };
            OpenRisk {
                row,
                side,
                quantity: Lots(quantity),
                limit: Price((mark + percent * mark / 100) as u64),
                fee: Total(fee),
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn the_worst_case_of_open_orders_is_the_worst_of_all_their_combinations(
        orders in proptest::collection::vec(open_risk(), 0..6),
        btc in -60i64..60,
        eth in -60i64..60,
        cash in -1_000i64..10_000,
    ) {
        let table = table(1);
        let mut positions = Positions::default();
        positions[0] = Position(btc);
        positions[3] = Position(eth);
        let cash = i128::from(cash) * i128::from(ONE);
        let ratio = table.header.initial;
        let worst = WorstCase::new(&table, &positions, Money(cash), &orders, ratio).unwrap();
        let mut exact = [i128::MIN; 16];
        let mut equity = i128::MAX;
        for subset in 0u32..1 << orders.len() {
            let (mut q, mut c) = (positions, cash);
            for (_, o) in orders.iter().enumerate().filter(|(i, _)| subset >> i & 1 == 1) {
                let lots = o.side.sign() * o.quantity.get() as i64;
                q[o.row].0 += lots;
                let funding = i128::from(table.rows[o.row].funding.get());
                c -= i128::from(lots) * (i128::from(o.limit.get()) - funding) + o.fee.get() as i128;
            }
            let state = Assessment::new(&table, &q, Money(c)).unwrap();
            equity = equity.min(state.equity.get());
            for (e, d) in exact.iter_mut().zip(state.deficits(ratio).unwrap()) {
                *e = (*e).max(d.get());
            }
        }
        // Instruments move independently in one scenario, so the bound is exact, scenario by scenario.
        prop_assert_eq!(worst.deficits.map(Deficit::get), exact);
        prop_assert_eq!(worst.equity, Money(equity));
    }
}
