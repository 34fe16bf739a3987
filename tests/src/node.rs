//! The real `cloister-node` as a child process.

use cloister_cli::demo::node::{NodeOptions, NodeProcess};
use cloister_client::chain::{Chain, ChainError};
use std::{
    env,
    path::PathBuf,
    time::{Duration, Instant},
};
use tokio::sync::{Mutex, MutexGuard};

/// Names another binary of the node.
pub const BINARY_VARIABLE: &str = "CLOISTER_NODE_BINARY";
/// How long the node may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Tests with a node run one at a time: each proves with all cores.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// Waits for the other tests with a node.
pub async fn alone() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().await
}

/// The node's binary.
///
/// # Panics
/// It has not been built.
pub fn binary() -> PathBuf {
    let path = env::var_os(BINARY_VARIABLE).map_or_else(
        || {
            // Test programs lie in `deps`, beside which programs lie.
            let own = env::current_exe().expect("a test knows where it is");
            own.parent()
                .and_then(|deps| deps.parent())
                .expect("`deps` has a parent")
                .join("cloister-node")
        },
        PathBuf::from,
    );
    assert!(
        path.is_file(),
        "{} is missing: run `cargo build --release -p cloister-node` first, or name the node with {BINARY_VARIABLE}",
        path.display()
    );
    path
}

/// Starts a node of a fresh development chain; its log is named after the test.
///
/// # Panics
/// It does not start or does not answer.
pub async fn start(name: &str, arguments: &[&str]) -> (NodeProcess, Chain) {
    let log = binary().with_file_name(format!("e2e-{name}.log"));
    let mut all: Vec<String> = ["--state-pruning", "archive"].map(str::to_owned).to_vec();
    all.extend(arguments.iter().map(|a| (*a).to_owned()));
    let mut node = NodeProcess::start(&NodeOptions {
        binary: binary(),
        log,
        arguments: all,
    })
    .expect("the node starts");
    let begin = Instant::now();
    loop {
        node.check().unwrap_or_else(|e| panic!("{e}"));
        match Chain::connect(node.url()).await {
            Ok(chain) => return (node, chain),
            Err(ChainError::Unreachable { .. }) if begin.elapsed() < PATIENCE => {
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
            Err(e) => panic!("{e}; see {}", node.log().display()),
        }
    }
}
