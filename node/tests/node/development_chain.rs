//! A development chain in a process of its own: it makes blocks and finalises them.

use serde_json::{json, Value};
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Time in which a loaded machine starts the node and finalises three blocks.
const PATIENCE: Duration = Duration::from_secs(120);

/// A node that ends with the test.
struct Node {
    process: Child,
    port: u16,
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to stop.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Node {
    /// A development chain of its own, in a temporary directory.
    fn start() -> Self {
        let port = free_port();
        let process = Command::new(env!("CARGO_BIN_EXE_cloister-node"))
            .args([
                "--dev",
                "--tmp",
                "--no-prometheus",
                "--no-telemetry",
                "--no-mdns",
                "--port",
                "0",
                "--rpc-port",
            ])
            .arg(port.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        Self { process, port }
    }

    /// Result of a JSON-RPC call over HTTP, none while the server does not listen. Written by hand: an HTTP client
    /// among the dependencies would turn on features of crates that the node has too, and have them all compiled twice.
    fn call(&self, method: &str, params: Value) -> Option<Value> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        write!(
            stream,
            "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: close\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("the server reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the server answers in text");
        let (_, body) = answer.split_once("\r\n\r\n").expect("an answer has a head and a body");
        let mut answer: Value = serde_json::from_str(body).expect("the body is JSON");
        assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
        Some(answer["result"].take())
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("there are free ports");
    listener.local_addr().expect("a bound socket has an address").port()
}

/// Block number in a header as JSON-RPC gives it.
fn number(header: &Value) -> u64 {
    let text = header["number"].as_str().expect("a header has a number");
    u64::from_str_radix(text.trim_start_matches("0x"), 16).expect("it is hexadecimal")
}

#[test]
fn a_development_chain_should_produce_and_finalise_blocks() {
    let node = Node::start();
    let begin = Instant::now();
    loop {
        assert!(begin.elapsed() < PATIENCE, "no three finalised blocks in {PATIENCE:?}");
        thread::sleep(Duration::from_millis(500));
        let Some(hash) = node.call("chain_getFinalizedHead", json!([])) else {
            continue;
        };
        let header = node.call("chain_getHeader", json!([hash])).expect("the server listens");
        if number(&header) >= 3 {
            break;
        }
    }

    assert_eq!(
        node.call("system_chain", json!([])),
        Some(json!("Cloister Development"))
    );
    let methods = node.call("rpc_methods", json!([])).expect("the server listens");
    let methods = methods["methods"].as_array().expect("a list").clone();
    for method in [
        "system_accountNextIndex",
        "payment_queryInfo",
        "grandpa_roundState",
        "author_submitExtrinsic",
    ] {
        assert!(methods.contains(&json!(method)), "{method} is missing");
    }
}
