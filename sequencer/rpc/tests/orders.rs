//! The JSON of amendments, lists and controls, word for word.

use cloister_crypto::schnorr::SecretKey;
use cloister_ledger::{
    Control, ControlAction, Instruction, InstructionKind, OrdersIn, ProtectionTerms, Side, SignedControl,
};
use cloister_sequencer_rpc::{
    types::{Amendment, BatchEntry, ControlSubmission, EntryError, EntryOutcome, Submission, SubmissionError},
    ErrorCode,
};
use cloister_types::{AccountIndex, GroupId, InstructionId, InstrumentId, Lots};
use serde_json::{from_value, json, to_value, Value};

const GENESIS: [u8; 32] = [7; 32];

fn key() -> SecretKey {
    SecretKey::from_seed(&[1; 32])
}

fn signed(action: ControlAction) -> SignedControl {
    let control = Control {
        group: GroupId(1),
        index: AccountIndex(4),
        number: u64::MAX,
        expiry: 1_060_000,
        action,
    };
    control.sign(&GENESIS, &key())
}

#[test]
fn controls_travel_in_both_forms_and_have_their_names() {
    let one_side = OrdersIn {
        instrument: Some(InstrumentId(11)),
        side: Some(Side::Sell),
        waiting: true,
    };
    let terms = ProtectionTerms {
        max_lots: Lots(10),
        max_delta: Lots((1 << 40) - 1),
        window: 1_000,
        cool_down: 500,
    };
    let instrument = InstrumentId(11);
    for (action, wire) in [
        (
            ControlAction::CancelOrders(one_side),
            json!({"cancelOrders": {"instrumentId": 11, "side": "sell", "waiting": true}}),
        ),
        (
            ControlAction::CancelOrders(OrdersIn::AT_REST),
            json!({"cancelOrders": {"waiting": false}}),
        ),
        (
            ControlAction::DeadMan {
                after: 5_000,
                orders: OrdersIn::ALL,
            },
            json!({"deadMan": {"after": 5_000, "orders": {"waiting": true}}}),
        ),
        (
            ControlAction::Protect { instrument, terms },
            json!({"protect": {
                "instrumentId": 11, "maxLots": "10", "maxDelta": "1099511627775", "window": 1_000, "coolDown": 500,
            }}),
        ),
        (
            ControlAction::ResetProtection { instrument },
            json!({"resetProtection": {"instrumentId": 11}}),
        ),
    ] {
        let signed = signed(action);
        let fields = ControlSubmission::fields(&signed);
        let json = to_value(&fields).unwrap();
        assert_eq!(
            json,
            json!({
                "group": 1, "index": 4, "number": "18446744073709551615", "expiry": "1060000", "action": wire,
                "signature": format!("0x{}", hex::encode(signed.signature.to_bytes())),
            })
        );
        for submission in [fields, ControlSubmission::encoded(&signed)] {
            let back: ControlSubmission = from_value(to_value(&submission).unwrap()).unwrap();
            assert_eq!(back, submission);
            assert_eq!(back.decode().unwrap(), signed);
        }
    }
}

#[test]
fn what_is_no_control_is_named_by_its_field() {
    let good = to_value(ControlSubmission::fields(&signed(ControlAction::CancelOrders(
        OrdersIn::ALL,
    ))))
    .unwrap();
    let with = |field: &str, value: Value| {
        let mut wire = good.clone();
        wire[field] = value;
        from_value::<ControlSubmission>(wire).unwrap_err().to_string()
    };
    assert!(with("number", json!("1e3")).contains("1e3"));
    assert!(with("action", json!({"cancelEverything": {}})).contains("cancelEverything"));
    // A misspelt scope would mean all orders.
    let misspelt = with("action", json!({"cancelOrders": {"instrument": 11}}));
    assert!(misspelt.contains("instrument"), "{misspelt}");
    let mut short = good.clone();
    short.as_object_mut().unwrap().remove("expiry");
    let missing = from_value::<ControlSubmission>(short).unwrap_err().to_string();
    assert!(missing.contains("expiry"), "{missing}");
    let decode = |text: &str| ControlSubmission::Encoded(text.into()).decode().unwrap_err();
    assert_eq!(decode("0xzz"), SubmissionError::Hex);
    assert_eq!(decode("0x00"), SubmissionError::TooShort);
    assert_eq!(decode(&"ff".repeat(200)), SubmissionError::Decode);
}

#[test]
fn amendments_and_entries_name_what_they_replace() {
    let order = Instruction {
        kind: InstructionKind::Order,
        ..Instruction::default()
    };
    let instruction = Submission::encoded(&order.sign(&GENESIS, &key()));
    let text = to_value(&instruction).unwrap();
    let amendment = Amendment {
        replaces: InstructionId(1 << 60),
        instruction: instruction.clone(),
    };
    let wire = json!({"replaces": "1152921504606846976", "instruction": text});
    assert_eq!(to_value(&amendment).unwrap(), wire);
    assert_eq!(from_value::<Amendment>(wire.clone()).unwrap(), amendment);
    let entry = BatchEntry {
        instruction: instruction.clone(),
        replaces: Some(InstructionId(1 << 60)),
    };
    assert_eq!(to_value(&entry).unwrap(), wire);
    assert_eq!(from_value::<BatchEntry>(wire).unwrap(), entry);
    let plain = BatchEntry {
        instruction,
        replaces: None,
    };
    assert_eq!(to_value(&plain).unwrap(), json!({"instruction": text}));
    assert_eq!(from_value::<BatchEntry>(json!({"instruction": text})).unwrap(), plain);
}

#[test]
fn an_entry_that_is_refused_says_why_as_a_call_would() {
    let refused = EntryOutcome::Refused(EntryError {
        code: ErrorCode::UnknownId.code(),
        message: "nothing".into(),
        data: Some(ErrorCode::UnknownId),
    });
    let wire = json!({"refused": {"code": 2040, "message": "nothing", "data": "UnknownId"}});
    assert_eq!(to_value(&refused).unwrap(), wire);
    assert_eq!(from_value::<EntryOutcome>(wire).unwrap(), refused);
}
