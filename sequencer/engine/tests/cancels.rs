//! Cancels that find something, cancels that find nothing, and ids that would overtake an order.

use cloister_engine::{Effect, Engine, Fate, Rejection, Removal};
use cloister_engine_testing::*;
use cloister_ledger::{instruction::flags, slot::Slot, Instruction, InstructionKind};
use cloister_types::{AccountIndex, InstructionId, InstrumentId, Lots};

const RICH: u64 = 1_000_000 * ONE;

fn cancel(account: u32, id: u64) -> Instruction {
    other(InstructionKind::Cancel, account, id, 0)
}

fn refused(engine: &mut Engine, instruction: Instruction, expected: Rejection) {
    engine.advance(NOW);
    let before = engine.clone();
    assert_eq!(submit(engine, instruction), Err(expected));
    assert_eq!(*engine, before);
}

#[test]
fn a_cancel_of_an_id_that_was_never_used_should_leave_no_trace() {
    let mut engine = engine(1, RICH);
    // Hundreds of them cost nobody a unit, and block no slot.
    for id in 1..=260 {
        refused(&mut engine, cancel(0, id), Rejection::UnknownId(InstructionId(id)));
    }
    refused(
        &mut engine,
        cancel(0, 100_000),
        Rejection::UnknownId(InstructionId(100_000)),
    );
    submit(&mut engine, buy(0, 160, 1, MARK)).unwrap();
}

#[test]
fn a_cancel_of_a_filled_order_should_say_so() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, sell(0, 1, 5, MARK)).unwrap();
    submit(&mut engine, buy(1, 7, 5, MARK)).unwrap();
    let filled = Lots(5);
    for (account, id) in [(0, 1), (1, 7)] {
        let id = InstructionId(id);
        refused(
            &mut engine,
            cancel(account, id.get()),
            Rejection::AlreadyFilled { id, filled },
        );
        // Nothing is left to be annulled either.
        let annulled = engine.annul(NOW, sign(cancel(account, id.get())));
        assert_eq!(annulled, Err(Rejection::AlreadyFilled { id, filled }));
    }
}

#[test]
fn a_cancel_of_an_order_that_is_gone_should_say_how_much_was_filled() {
    let mut engine = engine(2, RICH);
    let gone = |id, filled| Rejection::AlreadyGone {
        id: InstructionId(id),
        filled: Lots(filled),
    };
    // Dropped, expired, cancelled.
    submit(&mut engine, sell(1, 1, 2, MARK)).unwrap();
    submit(&mut engine, market(buy(0, 1, 5, MARK))).unwrap();
    refused(&mut engine, cancel(0, 1), gone(1, 2));
    let short = Instruction {
        expiry: NOW,
        ..buy(0, 2, 5, MARK)
    };
    submit(&mut engine, short).unwrap();
    engine.advance(NOW + 1);
    let late = engine.submit(NOW + 1, sign(cancel(0, 2)));
    assert_eq!(late, Err(gone(2, 0)));
    submit(&mut engine, buy(0, 3, 5, MARK)).unwrap();
    submit(&mut engine, market(sell(1, 2, 3, MARK))).unwrap();
    let cancelled = submit(&mut engine, cancel(0, 3)).unwrap();
    assert_eq!(cancelled.filled, Lots(3));
    assert!(matches!(
        cancelled.effects[..],
        [Effect::Removed { .. }, Effect::Bound(_)]
    ));
    refused(&mut engine, cancel(0, 3), gone(3, 3));
    // Bound once, it is not bound again, even if that is asked for.
    assert_eq!(engine.annul(NOW, sign(cancel(0, 3))), Err(gone(3, 3)));
}

#[test]
fn a_cancel_of_what_is_no_order_should_be_refused_as_used() {
    let mut engine = engine(1, RICH);
    submit(&mut engine, other(InstructionKind::Withdrawal, 0, 4, ONE)).unwrap();
    refused(&mut engine, cancel(0, 4), Rejection::Duplicate(InstructionId(4)));
}

#[test]
fn a_cancel_should_bind_on_demand_whatever_is_known_of_its_id() {
    let mut engine = engine(2, RICH);
    // An order that may be in flight, or in somebody else's hands.
    let stolen = sign(buy(0, 9, 5, MARK));
    let annulled = engine.annul(NOW, sign(cancel(0, 9))).unwrap();
    assert!(matches!(annulled.effects[..], [Effect::Bound(_)]));
    assert_eq!(annulled.filled, Lots::ZERO);
    assert_eq!(engine.submit(NOW, stolen), Err(Rejection::Duplicate(InstructionId(9))));
    let again = engine.annul(NOW, sign(cancel(0, 9)));
    assert_eq!(again, Err(Rejection::Duplicate(InstructionId(9))));
    // One that left without a unit, in part filled.
    submit(&mut engine, sell(1, 1, 2, MARK)).unwrap();
    submit(&mut engine, market(buy(0, 1, 5, MARK))).unwrap();
    let annulled = engine.annul(NOW, sign(cancel(0, 1))).unwrap();
    assert!(matches!(annulled.effects[..], [Effect::Bound(_)]));
    assert_eq!(annulled.filled, Lots(2));
    // Only a cancel is taken so.
    let order = engine.annul(NOW, sign(buy(0, 20, 5, MARK)));
    assert_eq!(order, Err(Rejection::FieldRange(cloister_engine::Field::Kind)));
}

#[test]
fn a_cancel_should_bind_what_the_ledger_has_begun_to_fill_and_the_engine_never_took() {
    let mut engine = Engine::new(config(), table(1)).unwrap();
    let slot = |id, filled| Slot {
        id: InstructionId(id),
        filled: Lots(filled),
    };
    let used = cloister_crypto::constants::FILLED_MAX;
    let view = cloister_engine::AccountView::restored(
        secret(0).public(),
        1.into(),
        InstructionId::ZERO,
        Default::default(),
        [(5, slot(5, 2)), (6, slot(6, used))],
    );
    assert_eq!(view.fate(InstructionId(5)), Fate::Begun(Lots(2)));
    assert_eq!(view.fate(InstructionId(6)), Fate::Used);
    engine.restore(AccountIndex(0), view).unwrap();
    let cancelled = submit(&mut engine, cancel(0, 5)).unwrap();
    assert_eq!(cancelled.filled, Lots(2));
    assert!(matches!(cancelled.effects[..], [Effect::Bound(_)]));
    refused(&mut engine, buy(0, 5, 9, MARK), Rejection::Duplicate(InstructionId(5)));
    refused(&mut engine, cancel(0, 6), Rejection::Duplicate(InstructionId(6)));
}

#[test]
fn an_id_that_would_overtake_an_order_should_be_refused_and_name_it() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, buy(0, 48, 5, MARK)).unwrap();
    submit(&mut engine, above(buy(0, 49, 5, MARK), MARK + ONE)).unwrap();
    for holds in [48, 49] {
        let id = InstructionId(holds + 512);
        let overtakes = Rejection::WouldOvertake {
            id,
            holds: InstructionId(holds),
        };
        for instruction in [
            buy(0, id.get(), 1, MARK - 1),
            market(sell(0, id.get(), 1, MARK)),
            cancel(0, id.get()),
            other(InstructionKind::Withdrawal, 0, id.get(), ONE),
        ] {
            refused(&mut engine, instruction, overtakes.clone());
        }
        assert_eq!(engine.annul(NOW, sign(cancel(0, id.get()))), Err(overtakes));
    }
    // A cancel-all says what it does, and the slot of an order that is gone is free.
    submit(&mut engine, cancel(0, 48)).unwrap();
    submit(&mut engine, buy(0, 48 + 512, 5, MARK)).unwrap();
    let all = submit(&mut engine, other(InstructionKind::CancelAll, 0, 49 + 512, 0)).unwrap();
    assert_eq!(
        removals(&all.effects),
        [(0, 49, Removal::Cancelled), (0, 560, Removal::Cancelled)]
    );
    assert_eq!(engine.depth(InstrumentId(BTC), 1), Default::default());
}

#[test]
fn an_order_that_came_to_nothing_should_not_be_played_again() {
    let mut engine = engine(2, RICH);
    let order = sign(market(sell(0, 1, 5, MARK)));
    engine.submit(NOW, order.clone()).unwrap();
    submit(&mut engine, with_flags(buy(1, 1, 5, MARK), flags::POST_ONLY)).unwrap();
    assert_eq!(engine.submit(NOW, order), Err(Rejection::Duplicate(InstructionId(1))));
}
