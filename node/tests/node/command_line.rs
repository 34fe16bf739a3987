//! The command line of the node: only what works, a chain of one's own, and an end in order.

use clap::error::ErrorKind;
use cloister_node::{chain_spec::ChainSpec, cli::Cli};
use cloister_runtime::genesis_presets::STAGING;
use polkadot_sdk::sc_service::{ChainType, NoExtension};
use rustix::process::{kill_process, Pid, Signal};
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, ChildStderr, Command, Output, Stdio},
};
use tempfile::TempDir;

fn node(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cloister-node"))
        .args(arguments)
        .output()
        .expect("the binary starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn flags_without_effect_should_be_neither_shown_nor_taken() {
    let mut command = Cli::understood();
    command.build();
    let all = std::iter::once(&command).chain(command.get_subcommands());
    for command in all {
        let help = command.clone().render_long_help().to_string();
        assert!(!help.contains("--execution"), "{help}");
    }
    for line in [
        &["cloister-node", "--dev", "--execution", "native"][..],
        &["cloister-node", "--dev", "--execution-syncing", "Wasm"],
        &["cloister-node", "check-block", "1", "--execution", "wasm"],
    ] {
        let error = Cli::understood().try_get_matches_from(line).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ValueValidation, "{error}");
        assert!(error.to_string().contains("it has no effect"), "{error}");
    }
    // What works is as it was.
    for line in [
        &["cloister-node", "--dev", "--wasm-execution", "compiled"][..],
        &["cloister-node", "purge-chain", "--dev"],
    ] {
        assert!(Cli::understood().try_get_matches_from(line).is_ok(), "{line:?}");
    }
}

#[test]
fn a_node_without_a_chain_should_say_which_there_are() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().to_string_lossy().into_owned();
    let output = node(&["--base-path", &path]);
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    for part in ["--dev", "--chain local", "--chain FILE", "make-chain"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!folder.path().join("chains").exists());
    let output = node(&["--chain", "staging", "--base-path", &path]);
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("keys of its own"));
}

#[test]
fn orders_should_not_be_taken_where_strangers_can_take_every_connection() {
    let port = free_port().to_string();
    let common = ["--dev", "--tmp", "--sequencer", "--port", "0", "--rpc-port", &port];
    for outside in ["--unsafe-rpc-external", "--rpc-external"] {
        let output = node(&[&common[..], &[outside, "--rpc-methods", "unsafe"]].concat());
        assert!(!output.status.success());
        assert!(
            said(&output).contains("with --sequencer-rpc-listen"),
            "{}",
            said(&output)
        );
    }
}

#[test]
fn the_template_of_a_chain_should_be_refused_until_its_keys_are_replaced() {
    let output = node(&["make-chain", "--template"]);
    assert!(output.status.success());
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("genesis.json");
    fs::write(&file, &output.stdout).expect("written");
    let path = file.to_string_lossy().into_owned();
    let output = node(&["make-chain", "--genesis", &path, "--name", "Mine", "--id", "mine"]);
    assert!(!output.status.success() && output.stdout.is_empty());
    assert!(said(&output).contains("of its keys are public"), "{}", said(&output));
}

/// Starts a node of a development chain, and waits until it has imported a block: everything runs. Returns it, its log
/// and what that has said so far.
fn running(arguments: &[&str]) -> (Child, BufReader<ChildStderr>, String) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_cloister-node"))
        .args(["--dev", "--tmp", "--no-prometheus", "--no-telemetry", "--no-mdns"])
        .args(["--port", "0"])
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut log = BufReader::new(process.stderr.take().expect("it is piped"));
    let mut text = String::new();
    while !text.contains("Imported #1") {
        assert!(log.read_line(&mut text).expect("text") > 0, "{text}");
    }
    (process, log, text)
}

/// A batch of calls has a limit.
fn batches_should_be_limited(port: u16) {
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"system_name","params":[]}"#;
    let batch = |calls: usize| format!("[{}]", vec![call; calls].join(","));
    let answer = ask(port, "POST / HTTP/1.1", &batch(100));
    assert_eq!(answer.matches("Cloister Node").count(), 100, "{answer}");
    let answer = ask(port, "POST / HTTP/1.1", &batch(101));
    assert!(
        answer.contains("error") && !answer.contains("Cloister Node"),
        "{answer}"
    );
}

#[test]
fn a_node_that_is_stopped_should_end_without_an_error() {
    let port = free_port();
    let (mut process, mut log, mut text) = running(&["--rpc-port", &port.to_string()]);
    batches_should_be_limited(port);
    let pid = Pid::from_child(&process);
    kill_process(pid, Signal::TERM).expect("it runs");
    while log.read_line(&mut text).expect("text") > 0 {}
    let status = process.wait().expect("it ends");
    assert!(status.success(), "{text}");
    for wrong in ["failed", "Error", "panicked", "2026-2026"] {
        assert!(!text.contains(wrong), "{wrong}: {text}");
    }
}

#[test]
fn an_endpoint_that_is_described_should_limit_batches_too() {
    let port = free_port();
    let endpoint = format!("listen-addr=127.0.0.1:{port}");
    let (mut process, _log, _) = running(&["--experimental-rpc-endpoint", &endpoint]);
    batches_should_be_limited(port);
    process.kill().expect("it runs");
    process.wait().expect("it ends");
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("there are free ports");
    listener.local_addr().expect("a bound socket has an address").port()
}

/// What the node tells monitoring.
fn metrics(port: u16) -> String {
    ask(port, "GET /metrics HTTP/1.1", "")
}

/// What the node answers to a request over HTTP.
fn ask(port: u16, line: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    let length = body.len();
    write!(
        stream,
        "{line}\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: \
         close\r\n\r\n{body}"
    )
    .expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers in text");
    answer
}

#[test]
fn a_validator_should_go_on_without_a_sequencer_that_cannot_start() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().to_string_lossy().into_owned();
    let port = free_port().to_string();
    // A chain that has no public secret.
    let spec = folder.path().join("staging.json");
    let chain = ChainSpec::builder(cloister_runtime::WASM_BINARY.expect("it is built"), NoExtension::None)
        .with_id("staging_test")
        .with_chain_type(ChainType::Live)
        .with_genesis_config_preset_name(STAGING)
        .build();
    fs::write(&spec, chain.as_json(true).expect("JSON")).expect("written");
    let spec = spec.to_string_lossy().into_owned();
    let common = [
        "--chain",
        &spec,
        "--sequencer",
        "--unsafe-force-node-key-generation",
        "--base-path",
        &path,
        "--no-telemetry",
        "--no-mdns",
        "--port",
        "0",
        "--rpc-port",
        "0",
        "--prometheus-port",
        &port,
    ];
    let mut process = Command::new(env!("CARGO_BIN_EXE_cloister-node"))
        .args(common)
        .arg("--alice")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut log = BufReader::new(process.stderr.take().expect("it is piped"));
    let mut text = String::new();
    // No secret is named, and this chain has no public one.
    while !(text.contains("WITHOUT its sequencer") && text.contains("Running JSON-RPC server")) {
        assert!(log.read_line(&mut text).expect("text") > 0, "{text}");
    }
    assert!(text.contains("--sequencer-secret"), "{text}");
    let told = metrics(port.parse().expect("a number"));
    assert!(
        told.lines()
            .any(|line| line.starts_with("cloister_sequencer_failed") && line.ends_with(" 1")),
        "{told}"
    );
    assert!(process.try_wait().expect("it can be asked").is_none());
    kill_process(Pid::from_child(&process), Signal::TERM).expect("it runs");
    while log.read_line(&mut text).expect("text") > 0 {}
    assert!(process.wait().expect("it ends").success(), "{text}");

    // Nobody relies on a node that is no validator, so it says so by ending.
    let output = node(&common);
    assert!(!output.status.success());
    assert!(said(&output).contains("--sequencer-secret"), "{}", said(&output));
    // A choice that cannot be ends a validator too.
    let output = node(&[&common[..], &["--alice", "--sequencer-rpc-origin", "all"]].concat());
    assert!(
        !output.status.success() && said(&output).contains("--sequencer-rpc-listen"),
        "{}",
        said(&output)
    );
}
