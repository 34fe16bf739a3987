//! What the server says of calls that it cannot read, and how parameters are named.

use crate::{common::*, RICH};
use cloister_engine_testing::*;
use cloister_sequencer_rpc::{
    types::{AcceptedInfo, Market, OrderBook, Submission},
    ErrorCode,
};
use cloister_types::{InstrumentId, Lots, Price};
use jsonrpsee::{core::params::ObjectParams, rpc_params};
use serde_json::{json, to_value, Value};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_field_that_is_malformed_is_refused_as_unreadable_and_by_its_name() {
    let running = Running::with_accounts(2, RICH).await;
    let signed = sign(running.timed(buy(0, 1, 1, MARK)));
    let good = to_value(Submission::fields(&signed).unwrap()).unwrap();
    for (field, value) in [
        ("limit", json!("1e3")),
        ("quantity", json!(-1)),
        ("maxFee", json!("18446744073709551616")),
        ("side", json!("BUY")),
        ("flags", json!(256)),
        ("id", Value::Null),
    ] {
        let mut wrong = good.clone();
        match &value {
            Value::Null => drop(wrong.as_object_mut().unwrap().remove(field)),
            value => wrong[field] = value.clone(),
        }
        for method in ["cloister_submitInstruction", "cloister_cancel"] {
            let refused: Result<AcceptedInfo, _> = running.call(method, rpc_params![wrong.clone()]).await;
            let (code, message) = refused.unwrap_err();
            assert_eq!(code, ErrorCode::Unreadable.code(), "{field}: {message}");
            assert!(message.starts_with(&format!("field {field}: ")), "{message}");
        }
    }
    let neither: Result<AcceptedInfo, _> = running.call("cloister_submitInstruction", rpc_params![7]).await;
    assert_eq!(neither.unwrap_err().0, ErrorCode::Unreadable.code());
    // Nothing of all that was taken, and the whole is.
    let taken: AcceptedInfo = running
        .call("cloister_submitInstruction", rpc_params![good])
        .await
        .unwrap();
    assert_eq!(taken.resting, Lots(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parameters_have_the_names_and_numbers_the_forms_of_the_specification() {
    let running = Running::with_accounts(2, RICH).await;
    running.submit(buy(0, 1, 1, MARK - ONE)).await.unwrap();
    let mut named = ObjectParams::new();
    named.insert("instrument", BTC).unwrap();
    named.insert("levels", 1).unwrap();
    let by_name: OrderBook = running.call("cloister_orderBook", named).await.unwrap();
    let by_place: OrderBook = running.call("cloister_orderBook", rpc_params![BTC, 1]).await.unwrap();
    assert_eq!(by_name.bids, by_place.bids);
    assert_eq!(by_name.bids.len(), 1);
    let wire: Value = running.call("cloister_market", rpc_params![]).await.unwrap();
    let listed = wire["instruments"].as_array().unwrap();
    let own = listed.iter().find(|info| info["instrumentId"] == json!(BTC)).unwrap();
    for field in [
        "mark",
        "funding",
        "lowestPrice",
        "highestPrice",
        "positionLimit",
        "bestBid",
    ] {
        assert!(own[field].is_string(), "{field}: {own}");
    }
    let market: Market = running.call("cloister_market", rpc_params![]).await.unwrap();
    let typed = market
        .instruments
        .iter()
        .find(|info| info.instrument_id == InstrumentId(BTC));
    assert_eq!(typed.unwrap().best_bid, Some(Price(MARK - ONE)));
}
