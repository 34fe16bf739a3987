//! The JSON that goes over the wire, word for word: other languages read it.

use cloister_crypto::{auth::Purpose, schnorr::SecretKey, stream::Scope, Fr};
use cloister_ledger::{Instruction, InstructionKind, Side, Trigger, TriggerError};
use cloister_sequencer_rpc::{
    types::{
        AcceptedInfo, AccountInfo, AccountQuery, BookChange, BrokenRule, ChannelName, CheckedBook, DropReason,
        EndReason, FillInfo, HaltInfo, HaltKind, InstructionFields, InstrumentInfo, InstrumentStatus, Level, Market,
        OpenOrderInfo, OrderBook, OrderUpdate, PositionInfo, RemovedInfo, Resume, RoundsInfo, SettledAccount, SideName,
        Status, StreamBody, StreamEnd, StreamGap, StreamMessage, StreamParams, Submission, SubmissionError,
        WaitingOrderInfo,
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
        (DropReason::Amended, json!("amended")),
        (DropReason::SelfTrade, json!("selfTrade")),
        (DropReason::Immediate, json!("immediate")),
        (DropReason::NothingToReduce, json!("nothingToReduce")),
        (DropReason::NotTrading, json!("notTrading")),
        (DropReason::WouldCross, json!("wouldCross")),
        (DropReason::NotFilledInFull, json!("notFilledInFull")),
        (DropReason::InsufficientMargin, json!("insufficientMargin")),
        (DropReason::MaxFeeTooLow, json!("maxFeeTooLow")),
        (DropReason::Protected, json!("protected")),
        (DropReason::DeadMan, json!("deadMan")),
        (DropReason::Disconnected, json!("disconnected")),
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
    assert_eq!(ErrorCode::Unreadable.code(), 2001);
    assert_eq!(ErrorCode::UnknownAccount.code(), 2004);
    assert_eq!(ErrorCode::WrongGroup.code(), 2010);
    assert_eq!(ErrorCode::OutOfRange.code(), 2032);
    assert_eq!(ErrorCode::ListLength.code(), 2047);
    assert_eq!(ErrorCode::Stopping.code(), 2048);
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
        void: false,
    };
    let accepted = AcceptedInfo {
        time: 1_000,
        filled: Lots(3),
        resting: Lots::ZERO,
        waits: false,
        dropped: None,
        removed: vec![RemovedInfo {
            id: InstructionId(1 << 60),
            remaining: Lots(2),
            reason: DropReason::SelfTrade,
        }],
        fills: vec![fill],
        bound: true,
        receipt: None,
    };
    let with_receipt = AcceptedInfo {
        fills: Vec::new(),
        receipt: Some("0x01".into()),
        ..accepted.clone()
    };
    travels_as(
        with_receipt,
        json!({
            "time": 1_000, "filled": "3", "resting": "0", "waits": false, "dropped": null, "bound": true,
            "removed": [{"id": "1152921504606846976", "remaining": "2", "reason": "selfTrade"}],
            "fills": [], "receipt": "0x01",
        }),
    );
    travels_as(
        accepted,
        json!({
            "time": 1_000, "filled": "3", "resting": "0", "waits": false, "dropped": null, "bound": true,
            "removed": [{"id": "1152921504606846976", "remaining": "2", "reason": "selfTrade"}],
            "fills": [{
                "id": 7, "time": 1_000, "instrumentId": 11, "orderId": "18446744073709551615", "side": "sell",
                "maker": true, "price": "60000000000", "quantity": "3", "fee": "1180591620717411303424", "void": false,
            }],
            "bound": true,
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
fn a_market_writes_prices_as_strings_and_versions_times_and_rates_as_numbers() {
    let market = Market {
        genesis: [0xab; 32],
        group: GroupId(1),
        risk_version: 7,
        risk_time: 1_000,
        initial: 333,
        maintenance: 256,
        maker_fee: 100,
        taker_fee: 500,
        fee_cap: 1_000,
        settlement_slack: 60_000,
        seal_key_x: [1; 32],
        seal_key_y: [2; 32],
        instruments: Vec::new(),
    };
    travels_as(
        market,
        json!({
            "genesis": format!("0x{}", "ab".repeat(32)), "group": 1, "riskVersion": 7, "riskTime": 1_000,
            "initial": 333, "maintenance": 256, "makerFee": 100, "takerFee": 500, "feeCap": 1_000,
            "settlementSlack": 60_000, "sealKeyX": format!("0x{}", "01".repeat(32)),
            "sealKeyY": format!("0x{}", "02".repeat(32)), "instruments": [],
        }),
    );
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
        waiting_orders: vec![WaitingOrderInfo {
            id: InstructionId(6),
            instrument_id: InstrumentId(11),
            side: SideName::Sell,
            trigger: Trigger::AtOrBelow(Price(58_000_000)).into(),
            limit: Price(57_000_000),
            quantity: Lots(7),
            flags: 4,
            expiry: 1_060_000,
        }],
        last_control: u64::MAX,
        dead_man_at: Some(1_000),
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
            "waitingOrders": [{
                "id": "6", "instrumentId": 11, "side": "sell", "limit": "57000000", "quantity": "7", "flags": 4,
                "expiry": 1_060_000, "trigger": {"mark": "58000000", "direction": "atOrBelow"},
            }],
            "lastControl": "18446744073709551615", "deadManAt": 1_000, "settled": null,
        }),
    );
    let scope = Scope {
        genesis: [7; 32],
        group: 1,
    };
    let ask = |purpose, index| AccountQuery::new(Fr::from(5u64), scope, purpose, AccountIndex(index), 1_000);
    let query = ask(Purpose::Account, 4);
    for other in [ask(Purpose::Account, 5), ask(Purpose::Fills, 4)] {
        assert_ne!(query.tag, other.tag);
    }
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
        }],
        asks: Vec::new(),
    };
    travels_as(
        book,
        json!({
            "instrumentId": 11, "time": 1_000, "asks": [],
            "bids": [{"price": "59000000", "quantity": "1180591620717411303424"}],
        }),
    );
    let status = Status {
        version: "1".into(),
        group: GroupId(1),
        time: 2,
        started: 1,
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
            "version": "1", "group": 1, "time": 2, "started": 1, "nextQueueItem": 1_099_511_627_776_u64, "finalizedBlock": 8,
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
        json!("+5"),
        json!("05"),
        json!(" 5"),
    ] {
        let wire = json!({"price": wrong, "quantity": "1"});
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
        from_value::<Submission>(json).unwrap().decode().unwrap_err()
    };
    let trigger = json!({"mark": "5", "direction": "atOrAbove"});
    assert_eq!(fields("cancel", 0, trigger.clone()), TriggerError::NoOrder.into());
    assert_eq!(fields("order", 0x10, trigger), SubmissionError::Direction);
    assert_eq!(fields("order", 0x20, json!(null)), SubmissionError::Direction);
    for (wrong, field) in [
        (json!({"mark": "5"}), "trigger"),
        (json!({"mark": "5", "direction": "up"}), "trigger.direction"),
        (json!({"mark": "1e3", "direction": "atOrAbove"}), "trigger.mark"),
    ] {
        let error = fields("order", 0, wrong);
        assert!(
            matches!(&error, SubmissionError::Field { field: found, .. } if found == field),
            "{error:?}"
        );
    }
}

/// A cancel in the form of fields.
fn whole() -> Value {
    json!({
        "kind": "order", "group": 1, "index": 2, "id": "3", "instrumentId": 4, "side": "sell", "flags": 1,
        "limit": "5", "quantity": "6", "expiry": "7", "maxFee": "8", "signature": format!("0x{}", "00".repeat(48)),
    })
}

#[test]
fn a_malformed_field_is_named_and_told_apart_from_a_call_that_cannot_be_read() {
    let malformed = |field: &str, value: Value| {
        let mut json = whole();
        json[field] = value;
        // A server that cannot read its parameters could answer with nothing but the general code of JSON-RPC.
        from_value::<Submission>(json).unwrap().decode().unwrap_err()
    };
    for (field, value) in [
        ("limit", json!("1e3")),
        ("limit", json!(-1)),
        ("limit", json!("18446744073709551616")),
        ("limit", json!(18446744073709551616.0)),
        ("limit", json!(1.5)),
        ("quantity", json!("")),
        ("quantity", json!([])),
        ("maxFee", json!("0x10")),
        ("maxFee", json!(null)),
        ("id", json!("abc")),
        ("expiry", json!(true)),
        ("kind", json!("transfer")),
        ("kind", json!("Order")),
        ("side", json!("BUY")),
        ("flags", json!(256)),
        ("flags", json!("1")),
        ("group", json!(4294967296_u64)),
        ("index", json!("2")),
        ("instrumentId", json!(-1)),
        ("signature", json!("0x00")),
        ("signature", json!("zz".repeat(48))),
        ("qty", json!("6")),
    ] {
        let error = malformed(field, value.clone());
        assert!(
            matches!(&error, SubmissionError::Field { field: found, .. } if found == field),
            "{field} {value}: {error:?}"
        );
        assert!(error.to_string().starts_with(&format!("field {field}: ")), "{error}");
    }
    for field in InstructionFields::REQUIRED {
        let mut json = whole();
        json.as_object_mut().unwrap().remove(field);
        let error = from_value::<Submission>(json).unwrap().decode().unwrap_err();
        assert_eq!(error, SubmissionError::Missing(field));
        assert_eq!(error.to_string(), format!("field {field}: it is missing"));
    }
    // All other fields may be left out.
    let mut least = whole();
    least
        .as_object_mut()
        .unwrap()
        .retain(|field, _| InstructionFields::REQUIRED.contains(&field.as_str()));
    assert!(matches!(from_value(least).unwrap(), Submission::Fields(_)));
    for neither in [json!(null), json!(7), json!([1]), json!(false)] {
        let error = from_value::<Submission>(neither).unwrap().decode().unwrap_err();
        assert_eq!(error, SubmissionError::Form);
    }
    // What could not be read is not written either.
    assert!(serde_json::to_string(&Submission::Malformed(SubmissionError::Form)).is_err());
}

#[test]
fn what_is_no_instruction_is_named() {
    let decode = |text: &str| Submission::Encoded(text.into()).decode().unwrap_err();
    assert_eq!(decode("0xzz"), SubmissionError::Hex);
    assert_eq!(decode("0x00"), SubmissionError::TooShort);
    assert_eq!(decode(&"00".repeat(200)), SubmissionError::Decode);
}

/// What a message of a channel is on the wire, apart from its numbers.
fn message(channel: ChannelName, body: StreamBody) -> StreamMessage {
    StreamMessage {
        channel,
        instrument_id: None,
        index: None,
        epoch: 1,
        sequence: 2,
        time: 3,
        body,
    }
}

#[test]
fn messages_of_streams_say_their_kind_and_have_their_data_beside_it() {
    let update = OrderUpdate::Removed {
        id: InstructionId(1 << 60),
        remaining: Lots(2),
        reason: DropReason::Rule(BrokenRule::Margin),
    };
    let body = StreamBody::Update(serde_json::to_value(update).unwrap());
    travels_as(
        StreamMessage {
            index: Some(AccountIndex(7)),
            ..message(ChannelName::Orders, body)
        },
        json!({
            "channel": "orders", "index": 7, "epoch": 1, "sequence": 2, "time": 3, "kind": "update",
            "data": {"event": "removed", "id": "1152921504606846976", "remaining": "2", "reason": {"rule": "margin"}},
        }),
    );
    let book = CheckedBook {
        bids: vec![BookChange(Price(5), 0)],
        asks: Vec::new(),
        checksum: 9,
    };
    travels_as(book, json!({"bids": [["5", "0"]], "asks": [], "checksum": 9}));
    let gap = StreamBody::Gap(StreamGap {
        requested: 4,
        oldest: Some(9),
    });
    travels_as(
        message(ChannelName::Batches, gap),
        json!({
            "channel": "batches", "epoch": 1, "sequence": 2, "time": 3, "kind": "gap",
            "data": {"requested": 4, "oldest": 9},
        }),
    );
    let end = StreamBody::End(StreamEnd {
        reason: EndReason::SlowConsumer,
    });
    travels_as(
        message(ChannelName::Batches, end),
        json!({
            "channel": "batches", "epoch": 1, "sequence": 2, "time": 3, "kind": "end",
            "data": {"reason": "slowConsumer"},
        }),
    );
}

#[test]
fn each_private_channel_has_a_purpose_of_its_own() {
    let purposes: Vec<_> = ChannelName::ALL
        .iter()
        .filter_map(|channel| channel.purpose())
        .collect();
    let distinct: std::collections::BTreeSet<_> = purposes.iter().collect();
    assert_eq!((purposes.len(), distinct.len()), (4, 4));
    assert!(ChannelName::ALL
        .iter()
        .all(|channel| channel.purpose().is_none() || !channel.is_of_an_instrument()));
}

#[test]
fn parameters_of_a_subscription_that_are_not_known_are_refused() {
    let params = from_value::<StreamParams>(json!({"instrumentId": 1, "resume": {"epoch": 1, "sequence": 2}})).unwrap();
    assert_eq!(params.resume, Some(Resume { epoch: 1, sequence: 2 }));
    assert!(from_value::<StreamParams>(json!({"instrument": 1})).is_err());
}
