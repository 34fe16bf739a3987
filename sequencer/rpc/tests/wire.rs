//! The JSON that goes over the wire, word for word: other languages read it.

use cloister_crypto::{schnorr::SecretKey, Fr};
use cloister_ledger::{Instruction, InstructionKind, Side, Trigger, TriggerError};
use cloister_sequencer_rpc::{
    types::{
        AcceptedInfo, AccountInfo, AccountQuery, BrokenRule, DropReason, FillInfo, HaltInfo, HaltKind, InstrumentInfo,
        InstrumentStatus, Level, OpenOrderInfo, OrderBook, PositionInfo, RoundsInfo, SettledAccount, SideName, Status,
        Submission, SubmissionError,
    },
    ErrorCode,
};
use cloister_types::{
    AccountIndex, GroupId, InstructionId, InstrumentId, ItemId, Lots, Money, PerLot, Position, Price, Total,
};
use serde::{de::DeserializeOwned, Serialize};
use serde_json::{from_value, json, to_value, Value};
use std::fmt::Debug;

/// A value is written as this JSON, and read back from it.
fn travels_as<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T, wire: Value) {
    assert_eq!(to_value(&value).unwrap(), wire);
    assert_eq!(from_value::<T>(wire).unwrap(), value);
}

#[test]
fn reasons_for_dropped_lots_have_their_names() {
    for (reason, wire) in [
        (DropReason::Cancelled, json!("cancelled")),
        (DropReason::Expired, json!("expired")),
        (DropReason::Overtaken, json!("overtaken")),
        (DropReason::SelfTrade, json!("selfTrade")),
        (DropReason::Immediate, json!("immediate")),
        (DropReason::NothingToReduce, json!("nothingToReduce")),
        (DropReason::NotTrading, json!("notTrading")),
        (DropReason::Rule(BrokenRule::Instrument), json!({"rule": "instrument"})),
        (DropReason::Rule(BrokenRule::Band), json!({"rule": "band"})),
        (DropReason::Rule(BrokenRule::Reduce), json!({"rule": "reduce"})),
        (DropReason::Rule(BrokenRule::Limit), json!({"rule": "limit"})),
        (DropReason::Rule(BrokenRule::Margin), json!({"rule": "margin"})),
        (DropReason::Rule(BrokenRule::Equity), json!({"rule": "equity"})),
        (DropReason::Rule(BrokenRule::Range), json!({"rule": "range"})),
    ] {
        travels_as(reason, wire);
    }
}

#[test]
fn halts_have_a_kind_and_a_message() {
    for (kind, name) in [
        (HaltKind::Events, "events"),
        (HaltKind::Input, "input"),
        (HaltKind::Seal, "seal"),
        (HaltKind::Proof, "proof"),
        (HaltKind::Refused, "refused"),
        (HaltKind::Paused, "paused"),
        (HaltKind::Following, "following"),
        (HaltKind::Foreign, "foreign"),
        (HaltKind::Diverged, "diverged"),
    ] {
        let message = "restart to rebuild".to_owned();
        travels_as(
            HaltInfo { kind, message },
            json!({"kind": name, "message": "restart to rebuild"}),
        );
    }
}

#[test]
fn error_codes_have_a_number_and_a_name() {
    travels_as(ErrorCode::UnknownAccount, json!("UnknownAccount"));
    assert_eq!(ErrorCode::Unreadable.code(), 1001);
    assert_eq!(ErrorCode::UnknownAccount.code(), 1004);
    assert_eq!(ErrorCode::WrongGroup.code(), 1010);
    assert_eq!(ErrorCode::OutOfRange.code(), 1032);
    assert_eq!(ErrorCode::TriggerOrder.code(), 1035);
}

#[test]
fn an_answer_writes_amounts_as_strings() {
    let fill = FillInfo {
        id: 7,
        time: 1_000,
        instrument_id: InstrumentId(11),
        order_id: InstructionId(u64::MAX),
        side: SideName::Sell,
        maker: true,
        price: Price(60_000_000_000),
        quantity: Lots(3),
        fee: Total(1 << 70),
    };
    let accepted = AcceptedInfo {
        time: 1_000,
        filled: Lots(3),
        resting: Lots::ZERO,
        dropped: None,
        fills: vec![fill],
    };
    travels_as(
        accepted,
        json!({
            "time": 1_000, "filled": "3", "resting": "0", "dropped": null,
            "fills": [{
                "id": 7, "time": 1_000, "instrumentId": 11, "orderId": "18446744073709551615", "side": "sell",
                "maker": true, "price": "60000000000", "quantity": "3", "fee": "1180591620717411303424",
            }],
        }),
    );
}

#[test]
fn best_prices_are_strings_or_null() {
    let instrument = InstrumentInfo {
        instrument_id: InstrumentId(11),
        row: 0,
        status: InstrumentStatus::CloseOnly,
        mark: PerLot(60_000_000),
        funding: PerLot(-5),
        lowest_price: Price(57_000_000),
        highest_price: Price(63_000_000),
        position_limit: Lots(1_000),
        best_bid: Some(Price(59_000_000)),
        best_ask: None,
    };
    let wire = json!({
        "instrumentId": 11, "row": 0, "status": "closeOnly", "mark": "60000000", "funding": "-5",
        "lowestPrice": "57000000", "highestPrice": "63000000", "positionLimit": "1000",
        "bestBid": "59000000", "bestAsk": null,
    });
    travels_as(instrument.clone(), wire.clone());
    // Older answers have numbers, or leave a missing price out.
    let mut older = wire;
    older["bestBid"] = json!(59_000_000);
    older.as_object_mut().unwrap().remove("bestAsk");
    assert_eq!(from_value::<InstrumentInfo>(older).unwrap(), instrument);
    travels_as(InstrumentStatus::Trading, json!("trading"));
    travels_as(InstrumentStatus::Expired, json!("expired"));
}

#[test]
fn settled_lots_are_strings() {
    let settled = SettledAccount {
        nonce: 2,
        cash: Money(-1),
        positions: vec![(InstrumentId(11), Position(-8)), (InstrumentId(12), Position(3))],
        leaf: [0xab; 32],
    };
    let leaf = format!("0x{}", "ab".repeat(32));
    let wire = json!({"nonce": 2, "cash": "-1", "positions": [[11, "-8"], [12, "3"]], "leaf": leaf});
    travels_as(settled.clone(), wire);
    let numbers = json!({"nonce": 2, "cash": -1, "positions": [[11, -8], [12, 3]], "leaf": leaf});
    assert_eq!(from_value::<SettledAccount>(numbers).unwrap(), settled);
}

#[test]
fn an_account_writes_money_as_strings_and_small_ids_as_numbers() {
    let leaf = format!("0x{}", "00".repeat(32));
    let account = AccountInfo {
        index: AccountIndex(4),
        nonce: 9,
        min_id: InstructionId(1 << 60),
        cash: Money(-2_500_000),
        equity: Money(i128::MIN),
        initial_margin: Money(3),
        maintenance_margin: Money(2),
        available: Total(u128::MAX),
        positions: vec![PositionInfo {
            instrument_id: InstrumentId(11),
            quantity: Position(-8),
            value: Money(-480_000_000),
        }],
        open_orders: vec![OpenOrderInfo {
            id: InstructionId(5),
            instrument_id: InstrumentId(11),
            side: SideName::Buy,
            limit: Price(59_000_000),
            quantity: Lots(7),
            remaining: Lots(6),
            flags: 1,
            expiry: 1_060_000,
        }],
        settled: None,
    };
    travels_as(
        account,
        json!({
            "index": 4, "nonce": 9, "minId": "1152921504606846976", "cash": "-2500000",
            "equity": "-170141183460469231731687303715884105728", "initialMargin": "3", "maintenanceMargin": "2",
            "available": "340282366920938463463374607431768211455",
            "positions": [{"instrumentId": 11, "quantity": "-8", "value": "-480000000"}],
            "openOrders": [{
                "id": "5", "instrumentId": 11, "side": "buy", "limit": "59000000", "quantity": "7", "remaining": "6",
                "flags": 1, "expiry": 1_060_000,
            }],
            "settled": null,
        }),
    );
    let query = AccountQuery::new(Fr::from(5u64), GroupId(1), AccountIndex(4), 1_000);
    let other_index = AccountQuery::new(Fr::from(5u64), GroupId(1), AccountIndex(5), 1_000);
    assert_ne!(query.tag, other_index.tag);
    let query = AccountQuery { tag: [0; 32], ..query };
    travels_as(query, json!({"index": 4, "time": 1_000, "tag": leaf}));
}

#[test]
fn a_book_and_a_queue_item_keep_their_form() {
    let book = OrderBook {
        instrument_id: InstrumentId(11),
        time: 1_000,
        bids: vec![Level {
            price: Price(59_000_000),
            quantity: 1 << 70,
            orders: 2,
        }],
        asks: Vec::new(),
    };
    travels_as(
        book,
        json!({
            "instrumentId": 11, "time": 1_000, "asks": [],
            "bids": [{"price": "59000000", "quantity": "1180591620717411303424", "orders": 2}],
        }),
    );
    let status = Status {
        version: "1".into(),
        group: GroupId(1),
        time: 2,
        started: 1,
        accepted: 3,
        rejected: 4,
        fills: 5,
        accounts: 6,
        open_orders: 7,
        next_queue_item: ItemId(1 << 40),
        finalized_block: 8,
        risk_version: 9,
        development_proofs: true,
        halted: None,
        rounds: Some(RoundsInfo {
            statements: 10,
            complete: 2,
            last_complete: Some(11),
            problem: Some("no key".into()),
        }),
    };
    travels_as(
        status,
        json!({
            "version": "1", "group": 1, "time": 2, "started": 1, "accepted": 3, "rejected": 4, "fills": 5,
            "accounts": 6, "openOrders": 7, "nextQueueItem": 1_099_511_627_776_u64, "finalizedBlock": 8,
            "riskVersion": 9, "developmentProofs": true, "halted": null,
            "rounds": {"statements": 10, "complete": 2, "lastComplete": 11, "problem": "no key"},
        }),
    );
}

#[test]
fn integers_that_do_not_fit_are_refused() {
    for wrong in [
        json!("1e3"),
        json!(-1),
        json!("18446744073709551616"),
        json!(true),
        json!(""),
    ] {
        let wire = json!({"price": wrong, "quantity": "1", "orders": 1});
        assert!(from_value::<Level>(wire).is_err(), "{wrong}");
    }
}

#[test]
fn instructions_travel_in_both_forms() {
    let instruction = Instruction {
        kind: InstructionKind::Order,
        group: GroupId(1),
        index: AccountIndex(4),
        id: InstructionId(u64::MAX),
        instrument_id: InstrumentId(11),
        side: Side::Sell,
        flags: 3,
        trigger: Price::ZERO,
        limit: u64::MAX,
        quantity: (1 << 40) - 1,
        expiry: 1_060_000,
        max_fee: Price(100_000),
    };
    let signed = instruction.sign(&[7; 32], &SecretKey::from_seed(&[1; 32]));
    for submission in [Submission::encoded(&signed), Submission::fields(&signed).unwrap()] {
        let json = serde_json::to_string(&submission).unwrap();
        let back: Submission = serde_json::from_str(&json).unwrap();
        assert_eq!(back.decode().unwrap(), signed);
    }
    let short = json!({
        "kind": "cancel", "group": 1, "index": 2, "id": "18446744073709551615", "expiry": 5,
        "signature": format!("0x{}", "00".repeat(48)),
    });
    let read: Submission = from_value(short).unwrap();
    let read = read.decode().unwrap().instruction;
    assert_eq!(
        (read.kind, read.id, read.expiry, read.limit),
        (InstructionKind::Cancel, InstructionId::MAX, 5, 0)
    );
}

#[test]
fn triggers_travel_in_both_forms() {
    for (trigger, direction) in [
        (Trigger::AtOrAbove(Price(u64::MAX)), "atOrAbove"),
        (Trigger::AtOrBelow(Price(55)), "atOrBelow"),
    ] {
        let order = Instruction {
            kind: InstructionKind::Order,
            flags: 1,
            ..Instruction::default()
        };
        let signed = order
            .waiting_for(Some(trigger))
            .sign(&[7; 32], &SecretKey::from_seed(&[1; 32]));
        let fields = Submission::fields(&signed).unwrap();
        let json = serde_json::to_value(&fields).unwrap();
        let expected = json!({"mark": trigger.price().get().to_string(), "direction": direction});
        assert_eq!((&json["trigger"], &json["flags"]), (&expected, &json!(1)));
        for submission in [Submission::encoded(&signed), fields] {
            let json = serde_json::to_string(&submission).unwrap();
            let back: Submission = serde_json::from_str(&json).unwrap();
            assert_eq!(back.decode().unwrap(), signed);
        }
    }
}

#[test]
fn triggers_that_say_nothing_are_refused_by_field() {
    let key = SecretKey::from_seed(&[1; 32]);
    let encoded = |kind, flags, trigger| {
        let instruction = Instruction {
            kind,
            flags,
            trigger: Price(trigger),
            ..Instruction::default()
        };
        let signed = instruction.sign(&[7; 32], &key);
        // There are no fields for it either.
        assert_eq!(Submission::fields(&signed), None);
        Submission::encoded(&signed).decode().unwrap_err()
    };
    let (order, cancel) = (InstructionKind::Order, InstructionKind::Cancel);
    assert_eq!(encoded(order, 0, 5), TriggerError::NoDirection.into());
    assert_eq!(encoded(order, 0x30, 5), TriggerError::BothDirections.into());
    assert_eq!(encoded(cancel, 0x10, 5), TriggerError::NoOrder.into());
    assert!(encoded(order, 0, 5).to_string().starts_with("field trigger: "));

    let fields = |kind: &str, flags: u8, trigger: serde_json::Value| {
        let json = json!({
            "kind": kind, "group": 1, "index": 2, "id": "3", "expiry": 5, "flags": flags, "trigger": trigger,
            "signature": format!("0x{}", "00".repeat(48)),
        });
        from_value::<Submission>(json).map(|submission| submission.decode().unwrap_err())
    };
    let trigger = json!({"mark": "5", "direction": "atOrAbove"});
    assert_eq!(
        fields("cancel", 0, trigger.clone()).unwrap(),
        TriggerError::NoOrder.into()
    );
    assert_eq!(fields("order", 0x10, trigger).unwrap(), SubmissionError::Direction);
    assert_eq!(fields("order", 0x20, json!(null)).unwrap(), SubmissionError::Direction);
    assert!(
        fields("order", 0, json!({"mark": "5"})).is_err(),
        "a direction is missing"
    );
    assert!(fields("order", 0, json!({"mark": "5", "direction": "up"})).is_err());
}

#[test]
fn what_is_no_instruction_is_named() {
    let decode = |text: &str| Submission::Encoded(text.into()).decode().unwrap_err();
    assert_eq!(decode("0xzz"), SubmissionError::Hex);
    assert_eq!(decode("0x00"), SubmissionError::TooShort);
    assert_eq!(decode(&"00".repeat(200)), SubmissionError::Decode);
}
