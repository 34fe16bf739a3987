//! Invariants over random streams of inputs.

use cloister_engine::{Effect, Engine, OpenRisk, OrderKey, WorstCase};
use cloister_engine_testing::*;
use cloister_ledger::{instruction::flags, Instruction, InstructionKind, Side};
use cloister_risk::{Assessment, Positions};
use cloister_types::{Deficit, InstrumentId, Lots, Money, Position, Price, Total};
use proptest::prelude::*;
use std::collections::BTreeMap;

const ACCOUNTS: u32 = 5;
const DEPOSIT: u64 = 2_000 * ONE;

fn instruction() -> impl Strategy<Value = Instruction> {
    let kind = prop_oneof![
        20 => Just(InstructionKind::Order),
        2 => Just(InstructionKind::Cancel),
        1 => Just(InstructionKind::CancelAll),
        1 => Just(InstructionKind::Withdrawal),
    ];
    let flag = prop_oneof![
        6 => Just(0),
        2 => Just(flags::IMMEDIATE_OR_CANCEL),
        1 => Just(flags::FILL_OR_KILL),
        1 => Just(flags::POST_ONLY),
        2 => Just(flags::REDUCE_ONLY),
    ];
    (
        kind,
        0..ACCOUNTS,
        0u64..1_200,
        any::<bool>(),
        any::<bool>(),
        flag,
        0u64..9,
        1u64..60,
        0u64..40,
    )
        .prop_map(|(kind, account, id, eth, sells, flags, tick, quantity, life)| {
            let side = if sells { Side::Sell } else { Side::Buy };
            let (instrument_id, mark) = if eth { (ETH, 10 * ONE) } else { (BTC, MARK) };
            let limit = mark + tick * mark / 100 - 4 * mark / 100;
            match kind {
                InstructionKind::Order => Instruction {
                    flags,
                    instrument_id: InstrumentId(instrument_id),
                    expiry: NOW + life * 10,
                    ..order(account, id, side, quantity, limit)
                },
                _ => other(kind, account, id, 300 * ONE * tick),
            }
        })
}

/// Inputs: an instruction, or a move of the market.
fn stream() -> impl Strategy<Value = Vec<(Instruction, Option<i64>)>> {
    let moved = prop_oneof![12 => Just(None), 1 => (-5i64..=5).prop_map(Some)];
    proptest::collection::vec((instruction(), moved), 1..120)
}

fn play(
    inputs: &[(Instruction, Option<i64>)],
    mut each: impl FnMut(&Engine, &Engine, &Instruction, &[Effect]),
) -> Engine {
    let mut engine = engine(ACCOUNTS, DEPOSIT);
    let mut version = 1;
    for (step, (instruction, moved)) in inputs.iter().enumerate() {
        let now = NOW + step as u64;
        if let Some(percent) = moved {
            version += 1;
            let mut next = table(version);
            next.rows[0] = row(BTC, (MARK as i64 + percent * ONE as i64) as u64, 3 * ONE as i64);
            engine.set_table(next).unwrap();
        }
        engine.advance(now);
        let before = engine.clone();
        let (expired, result) = engine.submit_with_effects(now, sign(instruction.clone()));
        assert_eq!(expired, []);
        match result {
            Ok(accepted) => each(&before, &engine, instruction, &accepted.effects),
            // A refusal leaves no trace.
            Err(_) => assert_eq!(before, engine),
        }
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
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn positions_and_money_are_conserved(inputs in stream()) {
        let (mut fees, mut withdrawn) = (0u128, 0u128);
        let engine = play(&inputs, |_, _, instruction, effects| {
            for effect in effects {
                match effect {
                    Effect::Filled(fill) => fees += fill.maker.fee.get() + fill.taker.fee.get(),
                    Effect::Bound(_) if instruction.kind == InstructionKind::Withdrawal => {
                        withdrawn += u128::from(instruction.limit)
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
                        let filled = account.filled(order.id);
                        assert_eq!(filled.checked_add(open.remaining), Some(Lots(order.quantity)));
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
    fn fills_follow_price_time_priority_and_every_limit(inputs in stream()) {
        play(&inputs, |before, _, instruction, effects| {
            if instruction.kind != InstructionKind::Order {
                return;
            }
            let queue = opposite_in_priority(before, instruction);
            let mut met = Vec::new();
            for effect in effects {
                match effect {
                    Effect::Filled(fill) => {
                        let maker = &fill.maker.order.instruction;
                        assert_eq!(fill.price, Price(maker.limit));
                        match instruction.side {
                            Side::Buy => assert!(fill.price <= Price(instruction.limit)),
                            Side::Sell => assert!(fill.price >= Price(instruction.limit)),
                        }
                        assert_ne!(fill.maker.key.account, fill.taker.key.account);
                        met.push(fill.maker.key);
                    }
                    Effect::Removed { key, .. } if queue.contains(key) => met.push(*key),
                    _ => {}
                }
            }
            // A maker that ends its position leaves right after its fill; an own order that is replaced leaves first.
            met.dedup();
            let own = |key: &OrderKey| key.account == instruction.index;
            met.retain(|key| !own(key));
            let expected: Vec<OrderKey> = queue.into_iter().filter(|key| !own(key)).take(met.len()).collect();
            assert_eq!(met, expected);
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
        play(&inputs, |before, after, _, effects| {
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
