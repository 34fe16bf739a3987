//! The real `cloister-node` as a child process.

use cloister_cli::demo::node::{NodeOptions, NodeProcess, FRESH_CHAIN};
use cloister_client::chain::{Chain, ChainError};
use std::{
    env,
    net::TcpListener,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};
use tokio::{
    io::AsyncWriteExt,
    process::{Child, Command},
    sync::{Semaphore, SemaphorePermit},
};

/// Names another binary of the node, beside which the program `cloister` lies.
pub const BINARY_VARIABLE: &str = "CLOISTER_NODE_BINARY";
/// How long the node may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many tests with a node run at a time. Each proves with all cores, but waits for blocks more than it proves.
const AT_A_TIME: u32 = 2;

/// First come, first served.
static PLACES: Semaphore = Semaphore::const_new(AT_A_TIME as usize);

/// Waits until no other test with a node runs, and keeps others away: for what is hurried.
pub async fn alone() -> SemaphorePermit<'static> {
    places(AT_A_TIME).await
}

/// Waits until at most one other test with a node runs.
pub async fn beside_another() -> SemaphorePermit<'static> {
    places(1).await
}

async fn places(count: u32) -> SemaphorePermit<'static> {
    PLACES.acquire_many(count).await.expect("it is never closed")
}

/// The node's binary.
///
/// # Panics
/// It has not been built.
pub fn binary() -> PathBuf {
    let path = env::var_os(BINARY_VARIABLE).map_or_else(|| built("cloister-node"), PathBuf::from);
    assert!(
        path.is_file(),
        "{} is missing: run `make build` first, or name the node with {BINARY_VARIABLE}",
        path.display()
    );
    path
}

/// Where something of this name lies in the folder that the workspace is built into.
///
/// # Panics
/// The program that runs is neither a test nor a program of the workspace.
pub fn built(name: &str) -> PathBuf {
    let own = env::current_exe().expect("a test knows where it is");
    let folder = own.parent().expect("a file has a folder");
    // Test programs lie in `deps`, beside which programs lie.
    let folder = match folder.file_name().is_some_and(|name| name == "deps") {
        true => folder.parent().expect("`deps` has a parent"),
        false => folder,
    };
    folder.join(name)
}

/// An address on this machine at which nobody listens.
///
/// # Panics
/// There are no free ports.
pub fn free_address() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("there are free ports");
    listener
        .local_addr()
        .expect("a bound socket has an address")
        .to_string()
}

/// Runs the program `cloister` and returns what it prints.
///
/// # Panics
/// It has not been built, or it fails; what it says is in the message.
pub async fn cloister(arguments: &[&str], input: &str) -> String {
    let (code, out, error) = cloister_ends(arguments, input).await;
    assert_eq!(code, Some(0), "cloister {arguments:?}: {out}{error}");
    out
}

/// The code with which the program `cloister` ends, and what it prints to its outputs.
///
/// # Panics
/// It has not been built.
pub async fn cloister_ends(arguments: &[&str], input: &str) -> (Option<i32>, String, String) {
    let program = binary().with_file_name("cloister");
    let mut child = Command::new(&program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}; run `make build` first", program.display()));
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(input.as_bytes()).await.expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().await.expect("it ends");
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), said(&output.stdout), said(&output.stderr))
}

/// The program `cloister` while it runs; it is killed when this is dropped.
pub struct Running(Child);

impl Running {
    /// Starts it.
    ///
    /// # Panics
    /// It has not been built.
    pub fn start(arguments: &[&str]) -> Self {
        let program = binary().with_file_name("cloister");
        let child = Command::new(&program).args(arguments).kill_on_drop(true).spawn();
        Self(child.unwrap_or_else(|error| panic!("{}: {error}; run `make build` first", program.display())))
    }

    /// Sends it what Ctrl-C sends.
    ///
    /// # Panics
    /// It has ended.
    pub async fn interrupt(&self) {
        let id = self.0.id().expect("it runs").to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status().await;
        assert!(sent.expect("a signal is sent").success());
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// It does not end, or nothing is known of it.
    pub async fn ended(&mut self) -> ExitStatus {
        let ended = tokio::time::timeout(PATIENCE, self.0.wait()).await;
        ended.expect("it ends").expect("its end is told")
    }
}

/// Starts a node of a fresh development chain; its log is named after the test.
///
/// # Panics
/// It does not start or does not answer.
pub async fn start(name: &str, arguments: &[&str]) -> (NodeProcess, Chain) {
    let log = binary().with_file_name(format!("e2e-{name}.log"));
    let archive = ["--state-pruning", "archive"];
    let all = FRESH_CHAIN.iter().chain(&archive).chain(arguments);
    let mut node = NodeProcess::start(&NodeOptions {
        binary: binary(),
        log,
        arguments: all.map(|a| (*a).to_owned()).collect(),
    })
    .expect("the node starts");
    let chain = connect(&mut node).await;
    (node, chain)
}

/// Connects to a node that has been started.
///
/// # Panics
/// It does not answer.
pub async fn connect(node: &mut NodeProcess) -> Chain {
    let begin = Instant::now();
    loop {
        node.check().unwrap_or_else(|e| panic!("{e}"));
        match Chain::connect(node.url()).await {
            Ok(chain) => return chain,
            Err(ChainError::Unreachable { .. }) if begin.elapsed() < PATIENCE => {
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
            Err(e) => panic!("{e}; see {}", node.log().display()),
        }
    }
}
