//! Amendments: an order in the place of another, or nothing at all.

use cloister_engine::{Effect, Engine, Rejection, Removal};
use cloister_engine_testing::*;
use cloister_ledger::{instruction::flags, Instruction, InstructionKind};
use cloister_risk::RiskTable;
use cloister_types::{AccountIndex, Amount, InstructionId, InstrumentId, Lots, PerLot, Price};

const RICH: u64 = 1_000_000 * ONE;
const NEW: u64 = 5 + 512;

fn refused(engine: &mut Engine, replaces: u64, order: Instruction, expected: Rejection) {
    engine.advance(NOW);
    let before = engine.clone();
    assert_eq!(amend(engine, replaces, order), Err(expected));
    assert_eq!(*engine, before);
}

/// Whom a seller meets, one after the other.
fn queue(engine: &Engine) -> Vec<(u32, u64, u64)> {
    let bids = engine
        .book(InstrumentId(BTC))
        .unwrap()
        .orders(cloister_ledger::Side::Buy);
    let entry = |(_, order): (_, cloister_engine::Resting)| {
        (order.key.account.get(), order.key.id.get(), order.remaining.get())
    };
    bids.into_iter().map(entry).collect()
}

#[test]
fn an_order_that_becomes_smaller_should_keep_its_place() {
    let mut engine = engine(3, RICH);
    submit(&mut engine, buy(0, 5, 5, MARK)).unwrap();
    submit(&mut engine, buy(1, 1, 5, MARK)).unwrap();
    submit(&mut engine, market(sell(2, 1, 1, MARK))).unwrap();
    let amended = amend(&mut engine, 5, buy(0, NEW, 4, MARK)).unwrap();
    let removed = Effect::Removed {
        key: key(0, 5),
        remaining: Lots(4),
        reason: Removal::Amended,
    };
    let rested = Effect::Rested {
        key: key(0, NEW),
        remaining: Lots(4),
    };
    assert_eq!(amended.effects, [removed, rested]);
    assert_eq!(queue(&engine), [(0, NEW, 4), (1, 1, 5)]);
    assert_eq!(engine.depth(InstrumentId(BTC), 1).bids[0].quantity, 9);
    // It expires when the new one says so, and the old one can neither be cancelled nor fill any more.
    amend(
        &mut engine,
        NEW,
        Instruction {
            expiry: NOW + 5,
            ..buy(0, NEW + 512, 2, MARK)
        },
    )
    .unwrap();
    assert_eq!(
        submit(&mut engine, other(InstructionKind::Cancel, 0, NEW, 0)),
        Err(Rejection::SlotConflict {
            slot: 5,
            holds: InstructionId(NEW + 512)
        })
    );
    assert_eq!(queue(&engine), [(0, NEW + 512, 2), (1, 1, 5)]);
    let effects = engine.advance(NOW + 6);
    assert_eq!(removals(&effects), [(0, NEW + 512, Removal::Expired)]);
    assert_eq!(engine.advance(LATER), []);
}

#[test]
fn an_order_that_becomes_larger_or_moves_should_go_to_the_back() {
    let mut engine = engine(3, RICH);
    submit(&mut engine, buy(0, 5, 5, MARK)).unwrap();
    submit(&mut engine, buy(1, 1, 5, MARK)).unwrap();
    amend(&mut engine, 5, buy(0, NEW, 6, MARK)).unwrap();
    assert_eq!(queue(&engine), [(1, 1, 5), (0, NEW, 6)]);
    amend(&mut engine, NEW, buy(0, NEW + 512, 6, MARK + 1)).unwrap();
    assert_eq!(queue(&engine), [(0, NEW + 512, 6), (1, 1, 5)]);
    // Lots that were filled meanwhile do not remain.
    submit(&mut engine, market(sell(2, 1, 2, MARK))).unwrap();
    submit(&mut engine, buy(1, 2, 5, MARK + 1)).unwrap();
    amend(&mut engine, NEW + 512, buy(0, NEW + 1_024, 6, MARK + 1)).unwrap();
    assert_eq!(queue(&engine), [(1, 2, 5), (0, NEW + 1_024, 6), (1, 1, 5)]);
}

#[test]
fn an_amendment_should_match_like_any_order_and_never_meet_what_it_replaces() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, buy(0, 5, 5, MARK)).unwrap();
    submit(&mut engine, sell(1, 1, 3, MARK + 2)).unwrap();
    let amended = amend(&mut engine, 5, buy(0, NEW, 5, MARK + 2)).unwrap();
    assert_eq!(prints(&amended), [(1, MARK + 2, 3)]);
    assert_eq!(amended.effects[0], {
        Effect::Removed {
            key: key(0, 5),
            remaining: Lots(5),
            reason: Removal::Amended,
        }
    });
    // To the other side, at a price that crosses its own old order; post-only, too.
    let post_only = with_flags(sell(0, NEW + 512, 2, MARK + 2), flags::POST_ONLY);
    let turned = amend(&mut engine, NEW, post_only).unwrap();
    assert_eq!(turned.order.unwrap().resting, Lots(2));
    let depth = engine.depth(InstrumentId(BTC), 1);
    assert_eq!((depth.bids.len(), depth.asks[0].price), (0, Price(MARK + 2)));
}

#[test]
fn a_refused_amendment_should_leave_the_old_order_where_it_was() {
    let mut engine = engine(2, 300 * ONE);
    submit(&mut engine, buy(0, 5, 5, MARK)).unwrap();
    submit(&mut engine, sell(1, 1, 1, MARK + 1)).unwrap();
    let band = Rejection::OutsideBand {
        limit: Price(1),
        low: Price(MARK - MARK / 10),
        high: Price(MARK + MARK / 10),
    };
    refused(&mut engine, 5, buy(0, NEW, 5, 1), band);
    let cross = with_flags(buy(0, NEW, 5, MARK + 1), flags::POST_ONLY);
    refused(&mut engine, 5, cross, Rejection::WouldCross { best: Price(MARK + 1) });
    let kill = with_flags(buy(0, NEW, 5, MARK + 1), flags::FILL_OR_KILL);
    let (available, quantity) = (Lots(1), Lots(5));
    refused(&mut engine, 5, kill, Rejection::NotFilledInFull { available, quantity });
    engine.advance(NOW);
    let before = engine.clone();
    let large = amend(&mut engine, 5, buy(0, NEW, 500, MARK));
    assert!(matches!(large, Err(Rejection::InsufficientMargin { .. })), "{large:?}");
    let forged = buy(0, NEW, 4, MARK).sign(&GENESIS, &secret(9));
    assert_eq!(
        engine.amend(NOW, InstructionId(5), forged),
        Err(Rejection::BadSignature)
    );
    assert_eq!(engine, before);
}

#[test]
fn an_amendment_should_name_an_order_that_is_alive_and_a_higher_id_of_its_slot() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, buy(0, 5, 5, MARK)).unwrap();
    let id = InstructionId;
    for bad in [5, 6 + 512, 4] {
        let wrong = Rejection::AmendId {
            id: id(bad),
            replaces: id(5),
        };
        refused(&mut engine, 5, buy(0, bad, 5, MARK), wrong);
    }
    refused(&mut engine, 7, buy(0, 7 + 512, 5, MARK), Rejection::UnknownId(id(7)));
    let no_order = Rejection::FieldRange(cloister_engine::Field::Kind);
    refused(&mut engine, 5, other(InstructionKind::Cancel, 0, NEW, 0), no_order);
    // Another account's order cannot be replaced: it is not in one's own slots.
    refused(&mut engine, 5, buy(1, NEW, 5, MARK), Rejection::UnknownId(id(5)));
    submit(&mut engine, market(sell(1, 1, 2, MARK))).unwrap();
    submit(&mut engine, other(InstructionKind::Cancel, 0, 5, 0)).unwrap();
    let gone = Rejection::AlreadyGone {
        id: id(5),
        filled: Lots(2),
    };
    refused(&mut engine, 5, buy(0, NEW, 5, MARK), gone);
    submit(&mut engine, buy(0, 8, 5, MARK)).unwrap();
    submit(&mut engine, market(sell(1, 2, 5, MARK))).unwrap();
    let filled = Rejection::AlreadyFilled {
        id: id(8),
        filled: Lots(5),
    };
    refused(&mut engine, 8, buy(0, 8 + 512, 5, MARK), filled);
}

fn twice_as_risky(version: u64) -> RiskTable {
    let mut riskier = table(version);
    riskier.rows[0].scenarios = riskier.rows[0].scenarios.map(|r| PerLot(r.get() * 2));
    riskier
}

#[test]
fn an_account_short_of_margin_should_be_able_to_make_its_orders_smaller_only() {
    let mut engine = engine(2, RICH);
    engine
        .open(AccountIndex(9), secret(9).public(), 1.into(), Amount(200 * ONE))
        .unwrap();
    submit(&mut engine, buy(9, 5, 9, MARK)).unwrap();
    engine.set_table(twice_as_risky(2)).unwrap();
    let moved = amend(&mut engine, 5, buy(9, NEW, 8, MARK - 1));
    assert!(matches!(moved, Err(Rejection::InsufficientMargin { .. })), "{moved:?}");
    amend(&mut engine, 5, buy(9, NEW, 8, MARK)).unwrap();
}

#[test]
fn an_order_that_could_only_reduce_should_need_margin_to_become_one_that_can_open() {
    let mut engine = engine(2, RICH);
    engine
        .open(AccountIndex(9), secret(9).public(), 1.into(), Amount(200 * ONE))
        .unwrap();
    submit(&mut engine, sell(0, 1, 9, MARK)).unwrap();
    submit(&mut engine, buy(9, 1, 9, MARK)).unwrap();
    submit(&mut engine, with_flags(sell(9, 5, 500, MARK + 1), flags::REDUCE_ONLY)).unwrap();
    let opens = amend(&mut engine, 5, sell(9, NEW, 400, MARK + 1));
    assert!(matches!(opens, Err(Rejection::InsufficientMargin { .. })), "{opens:?}");
    let reduces = with_flags(sell(9, NEW, 400, MARK + 1), flags::REDUCE_ONLY);
    assert_eq!(
        amend(&mut engine, 5, reduces).unwrap().order.unwrap().resting,
        Lots(400)
    );
}
