//! The server of its own: limits that stop only the client that meets them (E24), probes, streams over real sockets.

use crate::{common::*, RICH};
use cloister_engine_testing::*;
use cloister_sequencer::{
    entry::{Entry, EntryConfig, EntryError, Origins},
    limits::{Limits, Rate},
};
use cloister_sequencer_rpc::{
    types::{ChannelName, StreamBody, StreamParams, SwitchOff},
    CloisterRpcClient, CloisterStreamsClient, ErrorCode,
};
use cloister_types::{AccountIndex, InstrumentId};
use jsonrpsee::{
    core::{client::ClientT, ClientError},
    rpc_params,
    types::error::{BATCHES_NOT_SUPPORTED_CODE, TOO_BIG_BATCH_REQUEST_CODE, TOO_MANY_SUBSCRIPTIONS_CODE},
    ws_client::{WsClient, WsClientBuilder},
};
use serde_json::{json, Value};
use std::net::{IpAddr, SocketAddr};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

/// Addresses of clients on this machine, and of a proxy.
const ALICE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 1));
const BOB: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 2));
const PROXY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 9));

fn config(limits: Limits) -> EntryConfig {
    EntryConfig {
        listen: (ALICE, 0).into(),
        limits,
        trusted_proxies: vec![PROXY.into()],
        origins: Origins::Only(vec!["https://trade.example".into()]),
    }
}

fn wide() -> Limits {
    sequencer_config().limits
}

async fn connect(from: IpAddr, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((from, 0).into()).unwrap();
    socket.connect(to).await.unwrap()
}

/// Sends a request and reads the status of its answer, and the rest if the server closes the connection.
async fn send(socket: &mut TcpStream, head: &str, headers: &[&str], body: &str) -> u16 {
    let mut request = format!(
        "{head} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n",
        body.len()
    );
    for header in headers {
        request += &format!("{header}\r\n");
    }
    request += &format!("\r\n{body}");
    // The server may refuse before it has read all of it.
    let _ = socket.write_all(request.as_bytes()).await;
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        match socket.read_u8().await {
            Ok(byte) => line.push(byte),
            Err(_) => return 0,
        }
    }
    let line = String::from_utf8(line).unwrap();
    line.split(' ').nth(1).unwrap().parse().unwrap()
}

/// A call over HTTP: the status, and the body.
async fn post(entry: &Entry, from: IpAddr, headers: &[&str], body: &str) -> (u16, Value) {
    let mut socket = connect(from, entry.address()).await;
    let headers = [headers, &["content-type: application/json", "connection: close"]].concat();
    let status = send(&mut socket, "POST /", &headers, body).await;
    let mut rest = String::new();
    let _ = socket.read_to_string(&mut rest).await;
    let body = rest.split("\r\n\r\n").nth(1).unwrap_or_default();
    (status, serde_json::from_str(body).unwrap_or_default())
}

/// Opens a WebSocket; the status tells whether it is one.
async fn upgrade(entry: &Entry, from: IpAddr, headers: &[&str]) -> (TcpStream, u16) {
    let mut socket = connect(from, entry.address()).await;
    let needed = [
        "connection: upgrade",
        "upgrade: websocket",
        "sec-websocket-version: 13",
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
    ];
    let status = send(&mut socket, "GET /", &[headers, &needed].concat(), "").await;
    (socket, status)
}

async fn get(entry: &Entry, path: &str) -> u16 {
    let mut socket = connect(ALICE, entry.address()).await;
    send(&mut socket, &format!("GET {path}"), &["connection: close"], "").await
}

async fn client(entry: &Entry) -> WsClient {
    let url = format!("ws://{}", entry.address());
    WsClientBuilder::default().build(url).await.unwrap()
}

fn call(number: usize) -> Value {
    json!({"jsonrpc": "2.0", "id": number, "method": "cloister_market", "params": []})
}

fn calls(many: usize) -> String {
    Value::from((0..many).map(call).collect::<Vec<_>>()).to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_of_too_many_calls_is_refused_and_nobody_else_notices() {
    let running = Running::with_accounts(1, RICH).await;
    let entry = running.sequencer.serve(config(wide())).await.unwrap();
    let (status, answer) = post(&entry, ALICE, &[], &calls(64)).await;
    assert_eq!((status, answer.as_array().unwrap().len()), (200, 64));
    let (_, answer) = post(&entry, ALICE, &[], &calls(65)).await;
    assert_eq!(answer["error"]["code"], TOO_BIG_BATCH_REQUEST_CODE);
    let (status, _) = post(&entry, ALICE, &[], &calls(50_000)).await;
    assert!(status == 413 || status == 0, "{status}");
    assert_ne!(BATCHES_NOT_SUPPORTED_CODE, TOO_BIG_BATCH_REQUEST_CODE);
    // Over a socket too.
    let client = client(&entry).await;
    let mut batch = jsonrpsee::core::params::BatchRequestBuilder::new();
    for _ in 0..65 {
        batch.insert("cloister_market", rpc_params![]).unwrap();
    }
    assert!(client.batch_request::<Value>(batch).await.is_err());
    let other = self::client(&entry).await;
    other.market().await.unwrap();
    let (status, answer) = post(&entry, BOB, &[], &call(1).to_string()).await;
    assert_eq!((status, answer["result"]["group"].as_u64()), (200, Some(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_with_too_many_sockets_is_refused_and_the_others_connect() {
    let running = Running::with_accounts(1, RICH).await;
    let limits = Limits {
        connections_per_address: 10,
        ..wide()
    };
    let entry = running.sequencer.serve(config(limits)).await.unwrap();
    let mut held = Vec::new();
    for _ in 0..160 {
        held.push(upgrade(&entry, ALICE, &[]).await);
    }
    let statuses = |wanted| held.iter().filter(|(_, status)| *status == wanted).count();
    assert_eq!((statuses(101), statuses(429)), (10, 150));
    assert_eq!(post(&entry, ALICE, &[], &call(1).to_string()).await.0, 429);
    assert_eq!(upgrade(&entry, BOB, &[]).await.1, 101);
    // Clients behind a proxy are told apart, and nobody else can pass for one of them.
    let mut behind = Vec::new();
    for _ in 0..12 {
        behind.push(upgrade(&entry, PROXY, &["x-forwarded-for: 1.2.3.4"]).await);
    }
    let open = behind.iter().filter(|(_, status)| *status == 101).count();
    assert_eq!(open, 10);
    assert_eq!(upgrade(&entry, PROXY, &["x-forwarded-for: 1.2.3.5"]).await.1, 101);
    assert_eq!(
        upgrade(&entry, PROXY, &["x-forwarded-for: 6.6.6.6, 1.2.3.4"]).await.1,
        429
    );
    assert_eq!(upgrade(&entry, ALICE, &["x-forwarded-for: 7.7.7.7"]).await.1, 429);
    // Whoever lets go of his sockets may come back.
    drop(held);
    for _ in 0..6_000 {
        if upgrade(&entry, ALICE, &[]).await.1 == 101 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("connections that were closed still count");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_calls_too_often_is_refused_and_the_others_go_on() {
    let running = Running::with_accounts(1, RICH).await;
    let limits = Limits {
        address: Rate {
            per_second: 0,
            burst: 20,
        },
        ..wide()
    };
    let entry = running.sequencer.serve(config(limits)).await.unwrap();
    // Calls of a batch count one by one.
    let (_, answers) = post(&entry, ALICE, &[], &calls(30)).await;
    let refused = |answer: &&Value| answer["error"]["code"] == ErrorCode::TooManyRequests.code();
    assert_eq!(answers.as_array().unwrap().iter().filter(refused).count(), 10);
    let client = client(&entry).await;
    let error = client.market().await.unwrap_err();
    assert!(matches!(error, ClientError::Call(call) if call.code() == ErrorCode::TooManyRequests.code()));
    let forged = ["x-forwarded-for: 1.2.3.4"];
    let (_, answer) = post(&entry, ALICE, &forged, &call(1).to_string()).await;
    assert!(refused(&&answer), "{answer}");
    let (_, answer) = post(&entry, BOB, &[], &call(1).to_string()).await;
    assert!(answer["result"].is_object(), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscriptions_of_a_connection_are_limited_and_end_with_it() {
    let running = Running::with_accounts(1, RICH).await;
    let limits = Limits {
        subscriptions_per_connection: 2,
        ..wide()
    };
    let entry = running.sequencer.serve(config(limits)).await.unwrap();
    let client = client(&entry).await;
    let params = || {
        Some(StreamParams {
            instrument_id: Some(InstrumentId(BTC)),
            ..StreamParams::default()
        })
    };
    let mut book = client.follow(ChannelName::Book, params()).await.unwrap();
    let _trades = client.follow(ChannelName::Trades, params()).await.unwrap();
    let refused = client.follow(ChannelName::Ticker, params()).await.unwrap_err();
    assert!(matches!(refused, ClientError::Call(call) if call.code() == TOO_MANY_SUBSCRIPTIONS_CODE));
    let first = book.next().await.unwrap().unwrap();
    assert!(matches!(first.body, StreamBody::Snapshot(_)));
    running.submit(buy(0, 1, 2, MARK)).await.unwrap();
    let next = book.next().await.unwrap().unwrap();
    assert_eq!((next.sequence, matches!(next.body, StreamBody::Update(_))), (1, true));
    // Another connection has its own.
    let other = self::client(&entry).await;
    other.follow(ChannelName::Ticker, params()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_that_breaks_takes_the_orders_of_its_account_along() {
    let running = Running::with_accounts(1, RICH).await;
    let entry = running.sequencer.serve(config(wide())).await.unwrap();
    let client = client(&entry).await;
    let time = running.chain.clock();
    let params = StreamParams {
        account: Some(question_for(ChannelName::Orders.purpose().unwrap(), 0, time)),
        cancel_on_disconnect: Some(SwitchOff::new(&secret(0), SCOPE, AccountIndex(0), time)),
        ..StreamParams::default()
    };
    let mut orders = client.follow(ChannelName::Orders, Some(params)).await.unwrap();
    orders.next().await.unwrap().unwrap();
    running.submit(buy(0, 1, 2, MARK)).await.unwrap();
    assert_eq!(running.account(0).await.unwrap().open_orders.len(), 1);
    drop((orders, client));
    running
        .until(|r| async move { r.account(0).await.unwrap().open_orders.is_empty() })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn probes_tell_whether_orders_are_taken() {
    let chain = MockChain::new();
    let running = Running::start(&chain);
    let entry = running.sequencer.serve(config(wide())).await.unwrap();
    running
        .until(|r| async move { r.batch_status_if_ready().await.is_some() })
        .await;
    assert_eq!((get(&entry, "/health").await, get(&entry, "/ready").await), (200, 200));
    assert_eq!(get(&entry, "/metrics").await, 404);
    chain.lock().best.view.enabled = false;
    for _ in 0..12_000 {
        if get(&entry, "/ready").await == 503 {
            assert_eq!(get(&entry, "/health").await, 200);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("a group that takes no batches is not ready");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_pages_of_allowed_origins_ask() {
    let running = Running::with_accounts(1, RICH).await;
    let entry = running.sequencer.serve(config(wide())).await.unwrap();
    for (origin, socket, http) in [
        ("https://trade.example", 101, 200),
        ("https://evil.example", 403, 403),
        ("null", 403, 403),
    ] {
        let header = format!("origin: {origin}");
        assert_eq!(upgrade(&entry, ALICE, &[&header]).await.1, socket, "{origin}");
        assert_eq!(
            post(&entry, ALICE, &[&header], &call(1).to_string()).await.0,
            http,
            "{origin}"
        );
    }
    let other = EntryConfig {
        origins: Origins::Only(vec!["trade.example".into()]),
        ..config(wide())
    };
    let refused = running.sequencer.serve(other).await.unwrap_err();
    assert!(matches!(refused, EntryError::Origin(origin) if origin == "trade.example"));
    let taken = EntryConfig {
        listen: entry.address(),
        ..config(wide())
    };
    let refused = running.sequencer.serve(taken).await.unwrap_err();
    assert!(matches!(refused, EntryError::Listen { listen, .. } if listen == entry.address()));
}
