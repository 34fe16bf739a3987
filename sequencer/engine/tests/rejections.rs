//! Every refusal, with its exact error.

use cloister_engine::{Effect, Engine, Field, InputError, Rejection, Removal, TradeError};
use cloister_engine_testing::*;
use cloister_ledger::{instruction::flags, Instruction, InstructionKind, SignedInstruction, TriggerError};
use cloister_risk::{Status, TableError};
use cloister_types::{AccountIndex, Amount, GroupId, InstructionId, InstrumentId, Lots, Position, Price, Total};

const RICH: u64 = 1_000_000 * ONE;

/// Asserts the error and that the engine is as before.
fn refused(engine: &mut Engine, instruction: Instruction, expected: Rejection) {
    refused_signed(engine, sign(instruction), expected);
}

fn refused_signed(engine: &mut Engine, signed: SignedInstruction, expected: Rejection) {
    engine.advance(NOW);
    let before = engine.clone();
    assert_eq!(engine.submit(NOW, signed), Err(expected));
    assert_eq!(*engine, before);
}

#[test]
fn an_order_of_another_group_should_be_refused() {
    let foreign = Instruction {
        group: GroupId(2),
        ..buy(0, 1, 1, MARK)
    };
    refused(
        &mut engine(1, RICH),
        foreign,
        Rejection::WrongGroup {
            expected: GroupId(GROUP),
            found: GroupId(2),
        },
    );
}

#[test]
fn an_order_of_an_unknown_account_should_be_refused() {
    refused(
        &mut engine(1, RICH),
        buy(5, 1, 1, MARK),
        Rejection::UnknownAccount(AccountIndex(5)),
    );
}

#[test]
fn fields_wider_than_specified_should_be_refused() {
    let mut engine = engine(1, RICH);
    let good = buy(0, 1, 1, MARK);
    let cases = [
        (
            Instruction {
                index: AccountIndex(1 << 24),
                ..good.clone()
            },
            Field::Index,
        ),
        (
            Instruction {
                quantity: 1 << 40,
                ..good.clone()
            },
            Field::Quantity,
        ),
        (
            Instruction {
                expiry: 1 << 48,
                ..good.clone()
            },
            Field::Expiry,
        ),
        (
            Instruction {
                max_fee: Price(1 << 40),
                ..good.clone()
            },
            Field::MaxFee,
        ),
        (
            Instruction {
                kind: InstructionKind::None,
                ..good
            },
            Field::Kind,
        ),
    ];
    for (instruction, field) in cases {
        refused(&mut engine, instruction, Rejection::FieldRange(field));
    }
}

#[test]
fn a_bad_signature_should_be_refused() {
    let mut engine = engine(2, RICH);
    let forged = buy(0, 1, 1, MARK).sign(&GENESIS, &secret(1));
    refused_signed(&mut engine, forged, Rejection::BadSignature);
    let other_chain = buy(0, 1, 1, MARK).sign(&[8; 32], &secret(0));
    refused_signed(&mut engine, other_chain, Rejection::BadSignature);
    let mut altered = sign(buy(0, 1, 1, MARK));
    altered.instruction.quantity = 2;
    refused_signed(&mut engine, altered, Rejection::BadSignature);
}

#[test]
fn an_expired_order_should_be_refused() {
    let late = Instruction {
        expiry: NOW - 1,
        ..buy(0, 1, 1, MARK)
    };
    refused(
        &mut engine(1, RICH),
        late,
        Rejection::Expired {
            expiry: NOW - 1,
            needed: NOW,
        },
    );
}

#[test]
fn an_order_within_the_settlement_slack_should_be_refused() {
    let config = cloister_engine::EngineConfig {
        settlement_slack: 500,
        ..config()
    };
    let mut engine = Engine::new(config, table(1)).unwrap();
    engine
        .open(AccountIndex::ZERO, secret(0).public(), 1.into(), Amount(RICH))
        .unwrap();
    let close = Instruction {
        expiry: NOW + 499,
        ..buy(0, 1, 1, MARK)
    };
    refused(
        &mut engine,
        close,
        Rejection::Expired {
            expiry: NOW + 499,
            needed: NOW + 500,
        },
    );
    submit(
        &mut engine,
        Instruction {
            expiry: NOW + 500,
            ..buy(0, 1, 1, MARK)
        },
    )
    .unwrap();
}

#[test]
fn an_id_below_the_minimum_should_be_refused() {
    let mut engine = engine(1, RICH);
    submit(&mut engine, other(InstructionKind::CancelAll, 0, 10, 0)).unwrap();
    refused(
        &mut engine,
        buy(0, 9, 1, MARK),
        Rejection::BelowMinId {
            id: InstructionId(9),
            min_id: InstructionId(10),
        },
    );
}

#[test]
fn a_lower_id_of_a_taken_slot_should_be_refused() {
    let mut engine = engine(1, RICH);
    submit(&mut engine, buy(0, 512 + 3, 1, MARK)).unwrap();
    refused(
        &mut engine,
        buy(0, 3, 1, MARK),
        Rejection::SlotConflict {
            slot: 3,
            holds: InstructionId(515),
        },
    );
    refused(
        &mut engine,
        other(InstructionKind::Cancel, 0, 3, 0),
        Rejection::SlotConflict {
            slot: 3,
            holds: InstructionId(515),
        },
    );
}

#[test]
fn an_id_that_was_taken_should_be_refused() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, buy(0, 1, 1, MARK)).unwrap();
    refused(&mut engine, buy(0, 1, 1, MARK), Rejection::Duplicate(InstructionId(1)));
    submit(&mut engine, market(buy(0, 2, 1, MARK))).unwrap();
    refused(
        &mut engine,
        market(buy(0, 2, 1, MARK)),
        Rejection::Duplicate(InstructionId(2)),
    );
    submit(&mut engine, other(InstructionKind::Cancel, 0, 1, 0)).unwrap();
    refused(&mut engine, buy(0, 1, 1, MARK), Rejection::Duplicate(InstructionId(1)));
    submit(&mut engine, other(InstructionKind::Withdrawal, 0, 4, ONE)).unwrap();
    refused(
        &mut engine,
        other(InstructionKind::Withdrawal, 0, 4, ONE),
        Rejection::Duplicate(InstructionId(4)),
    );
    // A withdrawal of an id that an order has filled.
    submit(&mut engine, sell(1, 1, 1, MARK)).unwrap();
    submit(&mut engine, buy(0, 5, 1, MARK)).unwrap();
    refused(
        &mut engine,
        other(InstructionKind::Withdrawal, 0, 5, ONE),
        Rejection::Duplicate(InstructionId(5)),
    );
}

#[test]
fn an_order_filled_to_its_quantity_should_be_refused() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, sell(1, 1, 3, MARK)).unwrap();
    submit(&mut engine, buy(0, 5, 3, MARK)).unwrap();
    refused(
        &mut engine,
        buy(0, 5, 3, MARK),
        Rejection::BeyondQuantity {
            filled: Lots(3),
            quantity: Lots(3),
        },
    );
}

#[test]
fn an_empty_order_or_withdrawal_should_be_refused() {
    refused(&mut engine(1, RICH), buy(0, 1, 0, MARK), Rejection::ZeroQuantity);
    refused(
        &mut engine(1, RICH),
        other(InstructionKind::Withdrawal, 0, 1, 0),
        Rejection::ZeroQuantity,
    );
}

#[test]
fn contradicting_flags_should_be_refused() {
    let mut engine = engine(1, RICH);
    for bad in [
        flags::SELF_TRADE,
        flags::POST_ONLY | flags::IMMEDIATE_OR_CANCEL,
        flags::POST_ONLY | flags::FILL_OR_KILL,
    ] {
        refused(&mut engine, with_flags(buy(0, 1, 1, MARK), bad), Rejection::Flags(bad));
    }
}

#[test]
fn triggers_that_say_nothing_should_be_refused() {
    let mut engine = engine(1, RICH);
    let form = |error| Rejection::Trigger(error);
    let both = with_flags(buy(0, 1, 1, MARK), flags::DIRECTIONS);
    refused(&mut engine, both, form(TriggerError::BothDirections));
    let undirected = Instruction {
        trigger: Price(MARK),
        ..buy(0, 1, 1, MARK)
    };
    refused(&mut engine, undirected, form(TriggerError::NoDirection));
    let cancel = with_flags(other(InstructionKind::Cancel, 0, 1, 0), flags::TRIGGER_BELOW);
    refused(&mut engine, cancel, form(TriggerError::NoOrder));
}

#[test]
fn an_id_far_above_the_minimum_should_be_refused() {
    let mut engine = engine(1, RICH);
    let reach = (1 << 32) - 1;
    let beyond = |id: u64, min: u64| Rejection::AboveIdWindow {
        id: InstructionId(id),
        highest: InstructionId(min + reach),
    };
    refused(&mut engine, buy(0, u64::MAX, 1, MARK), beyond(u64::MAX, 0));
    let all = other(InstructionKind::CancelAll, 0, reach + 1, 0);
    refused(&mut engine, all, beyond(reach + 1, 0));
    // The highest moves the window.
    submit(&mut engine, other(InstructionKind::CancelAll, 0, reach, 0)).unwrap();
    submit(&mut engine, buy(0, 2 * reach, 1, MARK)).unwrap();
    refused(
        &mut engine,
        buy(0, 2 * reach + 1, 1, MARK),
        beyond(2 * reach + 1, reach),
    );
}

#[test]
fn an_order_that_opens_in_a_stale_row_should_be_refused() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, sell(1, 1, 3, MARK)).unwrap();
    submit(&mut engine, buy(0, 5, 3, MARK)).unwrap();
    // Rests, and opens.
    submit(&mut engine, buy(1, 2, 5, MARK)).unwrap();
    let mut dead = table(2);
    dead.rows[0].stale = true;
    engine.set_table(dead).unwrap();
    refused(&mut engine, buy(0, 6, 1, MARK), Rejection::WouldNotReduce);
    // Two positions shrink, and no more than that.
    let sold = submit(&mut engine, sell(0, 6, 3, MARK)).unwrap();
    assert_eq!(sold.order.unwrap().filled, Lots(3));
    for account in 0..2 {
        let held = engine.account(AccountIndex(account)).unwrap().holdings.positions[0];
        assert_eq!(held, Position(0));
    }
    refused(&mut engine, sell(0, 7, 1, MARK), Rejection::WouldNotReduce);
}

#[test]
fn an_order_that_flips_above_the_limit_should_be_refused() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, sell(1, 1, 15, MARK)).unwrap();
    submit(&mut engine, buy(0, 1, 15, MARK)).unwrap();
    let mut tight = table(2);
    tight.rows[0].limit = Lots(10);
    engine.set_table(tight).unwrap();
    let limit = Lots(10);
    // Smaller than before, but on the other side.
    refused(
        &mut engine,
        sell(0, 2, 29, MARK),
        Rejection::PositionLimit { reach: Lots(14), limit },
    );
    submit(&mut engine.clone(), sell(0, 2, 25, MARK)).unwrap();
    submit(&mut engine, sell(0, 2, 1, MARK)).unwrap();
}

#[test]
fn instruments_that_do_not_trade_should_be_refused() {
    let mut engine = engine(1, RICH);
    let unknown = Instruction {
        instrument_id: InstrumentId(99),
        ..buy(0, 1, 1, MARK)
    };
    refused(&mut engine, unknown, Rejection::UnknownInstrument(InstrumentId(99)));
    let mut expired = table(2);
    expired.rows[0].status = Status::Expired;
    engine.set_table(expired).unwrap();
    refused(
        &mut engine,
        buy(0, 1, 1, MARK),
        Rejection::NotTrading(InstrumentId(BTC)),
    );
}

#[test]
fn a_limit_outside_the_band_should_be_refused() {
    let mut engine = engine(1, RICH);
    let (low, high) = (90 * ONE, 110 * ONE);
    refused(
        &mut engine,
        buy(0, 1, 1, high + 1),
        Rejection::OutsideBand {
            limit: Price(high + 1),
            low: Price(low),
            high: Price(high),
        },
    );
    refused(
        &mut engine,
        sell(0, 1, 1, low - 1),
        Rejection::OutsideBand {
            limit: Price(low - 1),
            low: Price(low),
            high: Price(high),
        },
    );
    submit(&mut engine, buy(0, 1, 1, low)).unwrap();
}

#[test]
fn a_maximum_fee_below_the_rate_should_be_refused() {
    let mut engine = engine(1, RICH);
    let cheap = Instruction {
        max_fee: Price(49_999),
        ..buy(0, 1, 1, MARK)
    };
    refused(
        &mut engine,
        cheap,
        Rejection::MaxFeeTooLow {
            max_fee: Price(49_999),
            needed: Price(50_000),
        },
    );
    submit(
        &mut engine,
        Instruction {
            max_fee: Price(50_000),
            ..buy(0, 1, 1, MARK)
        },
    )
    .unwrap();
}

#[test]
fn an_order_that_must_reduce_and_does_not_should_be_refused() {
    let mut engine = engine(2, RICH);
    refused(
        &mut engine,
        with_flags(buy(0, 1, 1, MARK), flags::REDUCE_ONLY),
        Rejection::WouldNotReduce,
    );
    submit(&mut engine, sell(1, 1, 3, MARK)).unwrap();
    submit(&mut engine, buy(0, 5, 3, MARK)).unwrap();
    refused(
        &mut engine,
        with_flags(buy(0, 6, 1, MARK), flags::REDUCE_ONLY),
        Rejection::WouldNotReduce,
    );
    let mut close_only = table(2);
    close_only.rows[0].status = Status::CloseOnly;
    engine.set_table(close_only).unwrap();
    refused(&mut engine, buy(0, 6, 1, MARK), Rejection::WouldNotReduce);
    submit(&mut engine, sell(0, 6, 1, MARK)).unwrap();
}

#[test]
fn a_position_beyond_the_limit_should_be_refused_one_lot_over() {
    let mut engine = engine(1, RICH);
    submit(&mut engine, buy(0, 1, 600, MARK)).unwrap();
    refused(
        &mut engine,
        buy(0, 2, 401, MARK),
        Rejection::PositionLimit {
            reach: Lots(1_001),
            limit: Lots(1_000),
        },
    );
    submit(&mut engine, buy(0, 2, 400, MARK)).unwrap();
}

/// What a flat account needs to open `lots` long at the mark, 10^-6: the worst scenario is the extreme move down.
fn needed_for_long(lots: u64) -> u64 {
    let table = table(1);
    let loss = table.rows[0].scenarios.iter().map(|r| -r.get()).max().unwrap() as u64 + table.rows[0].floor_long.get();
    let fee = (lots * MARK * 500).div_ceil(1_000_000);
    (lots * loss * 384).div_ceil(256) + fee
}

#[test]
fn an_order_one_unit_short_of_margin_should_be_refused() {
    let needed = needed_for_long(10);
    let mut short = engine(1, needed - 1);
    refused(
        &mut short,
        buy(0, 1, 10, MARK),
        Rejection::InsufficientMargin { shortfall: Total(1) },
    );
    submit(&mut engine(1, needed), buy(0, 1, 10, MARK)).unwrap();
}

#[test]
fn open_orders_should_count_at_their_worst() {
    let needed = needed_for_long(10);
    let mut engine = engine(1, needed);
    submit(&mut engine, buy(0, 1, 6, MARK)).unwrap();
    submit(&mut engine, buy(0, 2, 4, MARK)).unwrap();
    let own = needed_for_long(11) - needed;
    refused(
        &mut engine,
        buy(0, 3, 1, MARK),
        Rejection::InsufficientMargin {
            shortfall: Total(own.into()),
        },
    );
    // The other side does not add to the worst case: at worst one of the sides fills.
    submit(&mut engine, sell(0, 3, 4, MARK + ONE)).unwrap();
    // A replaced order does not count.
    amend(&mut engine, 2, buy(0, 2 + 512, 4, MARK)).unwrap();
}

#[test]
fn a_withdrawal_one_unit_too_high_should_be_refused() {
    let needed = needed_for_long(10);
    let mut engine = engine(1, needed + 50);
    submit(&mut engine, buy(0, 1, 10, MARK)).unwrap();
    refused(
        &mut engine,
        other(InstructionKind::Withdrawal, 0, 2, 51),
        Rejection::WithdrawalShort { shortfall: Total(1) },
    );
    submit(&mut engine, other(InstructionKind::Withdrawal, 0, 2, 50)).unwrap();
}

#[test]
fn a_withdrawal_of_more_than_there_is_should_be_refused() {
    let mut engine = engine(1, 10);
    refused(
        &mut engine,
        other(InstructionKind::Withdrawal, 0, 2, 13),
        Rejection::WithdrawalShort { shortfall: Total(3) },
    );
}

#[test]
fn a_post_only_order_that_crosses_should_be_refused() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, sell(0, 1, 1, MARK)).unwrap();
    refused(
        &mut engine,
        with_flags(buy(1, 1, 1, MARK), flags::POST_ONLY),
        Rejection::WouldCross { best: Price(MARK) },
    );
}

#[test]
fn a_fill_or_kill_order_one_lot_too_large_should_be_refused() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, sell(0, 1, 7, MARK)).unwrap();
    let kill = with_flags(buy(1, 1, 8, MARK), flags::FILL_OR_KILL);
    refused(
        &mut engine,
        kill,
        Rejection::NotFilledInFull {
            available: Lots(7),
            quantity: Lots(8),
        },
    );
}

#[test]
fn an_order_that_first_meets_its_own_account_should_be_refused() {
    let mut engine = engine(2, RICH);
    submit(&mut engine, sell(0, 1, 7, MARK)).unwrap();
    submit(&mut engine, sell(1, 1, 7, MARK)).unwrap();
    refused(&mut engine, buy(0, 2, 8, MARK), Rejection::SelfTrade(InstructionId(1)));
}

#[test]
fn a_position_limit_that_fell_should_stop_both_sides() {
    let mut engine = engine(3, RICH);
    submit(&mut engine, buy(2, 1, 5, MARK)).unwrap();
    submit(&mut engine, sell(1, 1, 5, MARK)).unwrap();
    submit(&mut engine, sell(0, 1, 10, MARK)).unwrap();
    let mut tight = table(2);
    tight.rows[0].limit = Lots(3);
    engine.set_table(tight).unwrap();
    refused(
        &mut engine,
        buy(2, 2, 1, MARK),
        Rejection::PositionLimit {
            reach: Lots(6),
            limit: Lots(3),
        },
    );
    // Account 1 may go back to 0, but the maker may not go to -5: it leaves the book and the taker finds nobody.
    let taken = submit(&mut engine, buy(1, 2, 5, MARK)).unwrap();
    let key = key(0, 1);
    let removed = Effect::Removed {
        key,
        remaining: Lots(10),
        reason: Removal::Rule(TradeError::Limit),
    };
    assert!(taken.effects.contains(&removed));
    assert_eq!(taken.order.unwrap().resting, Lots(5));
}

#[test]
fn inputs_of_the_operator_should_be_checked() {
    let mut engine = engine(1, 5);
    assert_eq!(
        engine.open(AccountIndex::ZERO, secret(0).public(), 1.into(), Amount(1)),
        Err(InputError::AlreadyOpen(AccountIndex::ZERO))
    );
    assert_eq!(
        engine.deposit(AccountIndex(3), Amount(1)),
        Err(InputError::UnknownAccount(AccountIndex(3)))
    );
    let mut foreign = table(2);
    foreign.header.group = GroupId(9);
    assert_eq!(
        engine.set_table(foreign.clone()),
        Err(InputError::WrongGroup(GroupId(9)))
    );
    assert_eq!(Engine::new(config(), foreign), Err(InputError::WrongGroup(GroupId(9))));
    engine.set_table(table(3)).unwrap();
    assert_eq!(
        engine.set_table(table(2)),
        Err(InputError::OlderTable { current: 3, found: 2 })
    );
    let mut broken = table(4);
    broken.rows[0].value.0 += 1;
    assert_eq!(engine.set_table(broken), Err(InputError::Table(TableError::Value(0))));
}

#[test]
fn a_refusal_names_money_in_the_smallest_unit() {
    let texts = [
        (
            Rejection::OutsideBand {
                limit: Price(3_500_000),
                low: Price(1_000_000),
                high: Price(2_500_000),
            },
            "limit 3500000 is outside the price band 1000000..=2500000",
        ),
        (
            Rejection::MaxFeeTooLow {
                max_fee: Price(49_999),
                needed: Price(50_000),
            },
            "the maximum fee per lot is 49999, the engine needs 50000",
        ),
        (
            Rejection::InsufficientMargin {
                shortfall: Total(1_500_000),
            },
            "margin is short by 1500000 (10^-6 of the settlement asset); deposit, cancel orders or reduce",
        ),
        (
            Rejection::WithdrawalShort {
                shortfall: Total(1_500_000),
            },
            "the withdrawal leaves initial margin short by 1500000 (10^-6 of the settlement asset)",
        ),
        (
            Rejection::WouldCross { best: Price(MARK) },
            "a post-only order would trade at once against 100000000",
        ),
        (
            Rejection::SelfTrade(InstructionId(7)),
            "the order would trade against the account's own order 7",
        ),
    ];
    for (rejection, text) in texts {
        assert_eq!(rejection.to_string(), text);
    }
}
