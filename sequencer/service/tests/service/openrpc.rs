//! The OpenRPC document says what the methods really are.

use crate::{common::*, liquidations::one_falls, trade, RICH};
use cloister_crypto::auth::Purpose;
use cloister_engine_testing::*;
use cloister_ledger::{Control, ControlAction, InstructionKind, OrdersIn};
use cloister_sequencer_rpc::types::{
    Amendment, BatchEntry, ChannelName, ControlSubmission, StreamMessage, StreamParams, Submission,
};
use cloister_types::{InstructionId, InstrumentId};
use jsonrpsee::core::{params::ObjectParams, traits::ToRpcParams};
use jsonschema::Validator;
use serde_json::{json, Value};
use std::collections::{BTreeMap, BTreeSet};

struct Document(Value);

impl Document {
    fn read() -> Self {
        Self(serde_json::from_str(cloister_sequencer_rpc::openrpc::DOCUMENT).unwrap())
    }

    fn method(&self, name: &str) -> &Value {
        let methods = self.0["methods"].as_array().unwrap();
        methods.iter().find(|method| method["name"] == name).unwrap()
    }

    /// A validator of a schema whose references lead into the document.
    fn validator(&self, schema: &Value) -> Validator {
        let mut whole = schema.as_object().unwrap().clone();
        whole.insert("components".into(), self.0["components"].clone());
        jsonschema::validator_for(&Value::Object(whole)).unwrap()
    }

    fn schema(&self, name: &str) -> Validator {
        self.validator(&json!({"$ref": format!("#/components/schemas/{name}")}))
    }
}

fn assert_valid(validator: &Validator, value: &Value, of: &str) {
    let errors: Vec<_> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path))
        .collect();
    assert!(errors.is_empty(), "{of}: {errors:?}\n{value}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_document_has_every_method_that_is_registered_and_no_other() {
    let running = Running::start(&MockChain::new());
    let registered: BTreeSet<String> = running.rpc.method_names().map(str::to_owned).collect();
    let document = Document::read();
    let methods = document.0["methods"].as_array().unwrap();
    let described: BTreeSet<String> = methods
        .iter()
        .map(|method| method["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(described, registered);
    assert_eq!(methods.len(), described.len(), "no method is there twice");
    assert_eq!(document.0["info"]["version"], env!("CARGO_PKG_VERSION"));
    let served: Value = running.call("rpc.discover", jsonrpsee::rpc_params![]).await.unwrap();
    assert_eq!(served, document.0);
}

/// Parameters by name, in the order of the document.
struct Named(Vec<(&'static str, Value)>);

impl Named {
    fn object(&self) -> ObjectParams {
        let mut object = ObjectParams::new();
        for (name, value) in &self.0 {
            object.insert(name, value).unwrap();
        }
        object
    }

    fn list(&self) -> impl ToRpcParams + Send {
        let mut list = jsonrpsee::core::params::ArrayParams::new();
        for (_, value) in &self.0 {
            list.insert(value).unwrap();
        }
        list
    }
}

/// Has account 3 come and fall, so that there are liquidations.
async fn with_a_fall(running: &Running) {
    running.chain.enqueue_with_table(3, 200 * ONE, open(3));
    running.until(|r| async move { r.account(3).await.is_ok() }).await;
    one_falls(running, 3, 0, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_parameters_and_answers_are_as_the_document_says() {
    let running = Running::with_accounts(3, RICH).await;
    with_a_fall(&running).await;
    trade(&running, 1).await;
    running.submit(sell(0, 2, 4, MARK + ONE)).await.unwrap();
    running.submit(buy(1, 2, 3, MARK - ONE)).await.unwrap();
    running.submit(market(buy(2, 1, 9, MARK + ONE))).await.unwrap();
    running.settled().await;
    let signed = |instruction| Submission::encoded(&sign(running.timed(instruction)));
    let fields = |instruction| Submission::fields(&sign(running.timed(instruction))).unwrap();
    let value = |data: Submission| serde_json::to_value(data).unwrap();
    let stop = below(market(sell(1, 8, 1, MARK - 4 * ONE)), MARK - 2 * ONE);
    running.submit(stop).await.unwrap();
    let amendment = Amendment {
        replaces: InstructionId(2),
        instruction: fields(buy(1, 514, 2, MARK - ONE)),
    };
    let entry = |instruction| BatchEntry {
        instruction: signed(instruction),
        replaces: None,
    };
    let entries = [entry(buy(1, 6, 1, MARK - ONE)), entry(buy(1, 7, 0, MARK))];
    let switch = ControlAction::DeadMan {
        after: 60_000,
        orders: OrdersIn::ALL,
    };
    let control = Control {
        expiry: running.chain.clock() + 60_000,
        ..control(1, 1, switch).control
    };
    let control = ControlSubmission::fields(&control.sign(&GENESIS, &secret(1)));
    let now = running.chain.clock();
    let query = |purpose| serde_json::to_value(question_for(purpose, 1, now)).unwrap();
    let asked = [
        (
            "cloister_submitInstruction",
            Named(vec![("instruction", value(signed(buy(1, 3, 1, MARK - ONE))))]),
        ),
        (
            "cloister_submitInstruction",
            Named(vec![("instruction", value(fields(market(buy(1, 5, 1, MARK)))))]),
        ),
        (
            "cloister_cancel",
            Named(vec![(
                "instruction",
                value(fields(other(InstructionKind::Cancel, 1, 3, 0))),
            )]),
        ),
        (
            "cloister_annul",
            Named(vec![(
                "instruction",
                value(fields(other(InstructionKind::Cancel, 1, 77, 0))),
            )]),
        ),
        (
            "cloister_amend",
            Named(vec![("amendment", serde_json::to_value(amendment).unwrap())]),
        ),
        (
            "cloister_submitBatch",
            Named(vec![("entries", serde_json::to_value(entries).unwrap())]),
        ),
        (
            "cloister_control",
            Named(vec![("control", serde_json::to_value(control).unwrap())]),
        ),
        (
            "cloister_orderBook",
            Named(vec![("instrument", json!(BTC)), ("levels", json!(5))]),
        ),
        ("cloister_account", Named(vec![("query", query(Purpose::Account))])),
        (
            "cloister_fills",
            Named(vec![("query", query(Purpose::Fills)), ("from", json!(0))]),
        ),
        (
            "cloister_notices",
            Named(vec![("query", query(Purpose::Notices)), ("from", json!(0))]),
        ),
        (
            "cloister_receipts",
            Named(vec![("query", query(Purpose::Receipts)), ("from", json!(0))]),
        ),
        ("cloister_batchStatus", Named(Vec::new())),
        ("cloister_batches", Named(vec![("from", json!(0))])),
        ("cloister_market", Named(Vec::new())),
        ("cloister_trades", Named(vec![("from", json!(0)), ("limit", json!(9))])),
        (
            "cloister_liquidations",
            Named(vec![("from", json!(0)), ("limit", json!(9))]),
        ),
        ("cloister_status", Named(Vec::new())),
        ("rpc.discover", Named(Vec::new())),
    ];
    let document = Document::read();
    let mut answered = BTreeSet::new();
    for (name, named) in &asked {
        let method = document.method(name);
        let described = method["params"].as_array().unwrap();
        let names: Vec<_> = described.iter().map(|param| param["name"].as_str().unwrap()).collect();
        let given: Vec<_> = named.0.iter().map(|(name, _)| *name).collect();
        assert_eq!(given, names, "{name}");
        for (param, (_, value)) in described.iter().zip(&named.0) {
            assert_valid(&document.validator(&param["schema"]), value, name);
        }
        let answer: Value = running.call(name, named.object()).await.unwrap();
        assert_valid(&document.validator(&method["result"]["schema"]), &answer, name);
        if answer != json!([]) {
            answered.insert(*name);
        }
        // What is signed is taken once; everything else can be asked by position too.
        let signed = ["instruction", "amendment", "entries", "control"];
        if !given.first().is_some_and(|first| signed.contains(first)) {
            running.call::<Value>(name, named.list()).await.unwrap();
        }
    }
    // Every method is asked, and but for notices and receipts, of which there are none here (nothing keeps a journal),
    // every answer has something in it.
    let all = document.0["methods"].as_array().unwrap().iter();
    let silent: Vec<_> = all
        .map(|method| method["name"].as_str().unwrap())
        .filter(|name| !answered.contains(name))
        .collect();
    assert_eq!(
        silent,
        [
            "cloister_notices",
            "cloister_receipts",
            "cloister_subscribe",
            "cloister_unsubscribe"
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_messages_of_streams_are_as_the_document_says() {
    let running = Running::with_accounts(2, RICH).await;
    let document = Document::read();
    let (messages, params) = (document.schema("StreamMessage"), document.schema("StreamParams"));
    let mut followed = BTreeMap::new();
    for channel in ChannelName::ALL {
        let asked = StreamParams {
            instrument_id: channel.is_of_an_instrument().then_some(InstrumentId(BTC)),
            account: channel
                .purpose()
                .map(|purpose| question_for(purpose, 1, running.chain.clock())),
            ..StreamParams::default()
        };
        let wire = serde_json::to_value(&asked).unwrap();
        assert_valid(&params, &wire, "parameters");
        let subscription = running
            .rpc
            .subscribe("cloister_subscribe", jsonrpsee::rpc_params![channel, asked], 10_000)
            .await
            .unwrap();
        followed.insert(channel, subscription);
    }
    trade(&running, 1).await;
    with_a_fall(&running).await;
    running.submit(buy(1, 2, 3, MARK - ONE)).await.unwrap();
    running.submit(other(InstructionKind::Cancel, 1, 2, 0)).await.unwrap();
    // Something that is still there when books and tickers are looked at.
    running.submit(buy(1, 4, 3, MARK - 2 * ONE)).await.unwrap();
    running.settled().await;
    for (channel, mut subscription) in followed {
        let mut kinds = BTreeSet::new();
        while kinds.len() < 2 {
            let (message, _) = tokio::time::timeout(PATIENCE, subscription.next::<Value>())
                .await
                .unwrap_or_else(|_| panic!("{channel:?}: {kinds:?}"))
                .unwrap()
                .unwrap();
            assert_valid(&messages, &message, "message");
            let read: StreamMessage = serde_json::from_value(message.clone()).unwrap();
            assert_eq!(read.channel, channel);
            kinds.insert(message["kind"].as_str().unwrap().to_owned());
        }
    }
}

#[test]
fn the_document_leaves_nothing_open() {
    let document = Document::read();
    let good = json!({"price": "1", "quantity": "2"});
    let level = document.schema("Level");
    assert!(level.is_valid(&good));
    for bad in [
        json!({"price": "1"}),
        json!({"price": "1", "quantity": "2", "orders": 1}),
        json!({"price": 1, "quantity": "2"}),
        json!({"price": "-1", "quantity": "2"}),
    ] {
        assert!(!level.is_valid(&bad), "{bad}");
    }
    // Every schema is used, and everything that is referred to is there.
    let text = document.0.to_string();
    for name in document.0["components"]["schemas"].as_object().unwrap().keys() {
        let used = text.contains(&format!("\"#/components/schemas/{name}\""));
        assert!(used || name == "StreamMessage" || name == "StreamParams", "{name}");
        document.schema(name);
    }
}
