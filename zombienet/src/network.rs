//! A network that runs.

use crate::{
    specification::{self, node_command},
    topology::{NodeSpec, Topology},
};
use cloister_cli::demo::node::{NodeOptions, NodeProcess};
use cloister_client::chain::Chain;
use cloister_runtime::Hash;
use cloister_tests::node::{binary, built, connect};
use futures::future::join_all;
use std::{
    fmt, fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// How long the nodes may take to make what is waited for final.
const PATIENCE: Duration = Duration::from_secs(180);
/// Between two looks at something that is waited for.
const POLL: Duration = Duration::from_millis(300);

/// A node that runs.
struct Running {
    process: NodeProcess,
    chain: Chain,
}

/// A node, whether it runs or not.
struct Node {
    spec: NodeSpec,
    running: Option<Running>,
    /// Number of times that it has been started.
    starts: u32,
}

/// A network. Its nodes are killed and its databases deleted when this is dropped; the logs stay.
pub struct Network {
    nodes: Vec<Node>,
    logs: PathBuf,
    databases: TempDir,
    /// Address of the first node.
    boot: String,
}

/// What all nodes agree on.
#[derive(Clone, PartialEq, Eq)]
pub struct Agreed {
    /// Hash of the block.
    pub block: Hash,
    /// Root of the chain's state after it.
    pub state_root: Hash,
    /// Root of a group's accounts in that state.
    pub account_root: [u8; 32],
    /// Number of batches that the group has settled.
    pub batches: u64,
}

impl fmt::Debug for Agreed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let accounts = hex::encode(self.account_root);
        write!(
            f,
            "block {:?}, state {:?}, accounts 0x{accounts}",
            self.block, self.state_root
        )?;
        write!(f, ", {} batches", self.batches)
    }
}

impl Network {
    /// Starts every node that is not for later, and waits until each has a final block besides the first.
    ///
    /// # Panics
    /// A node does not start, or the network makes no block final.
    pub async fn start(topology: &Topology) -> Self {
        let logs = built("zombienet").join(topology.name);
        // Of an earlier run.
        if logs.exists() {
            fs::remove_dir_all(&logs).expect("the old logs can be deleted");
        }
        fs::create_dir_all(&logs).expect("a folder for the logs");
        let databases = TempDir::new().expect("a folder for the databases");
        let nodes = topology.nodes.iter().cloned();
        let mut network = Self {
            nodes: nodes
                .map(|spec| Node {
                    spec,
                    running: None,
                    starts: 0,
                })
                .collect(),
            logs,
            databases,
            boot: String::new(),
        };
        specification::write(topology, &network.specification()).await;
        let mut peers = Vec::new();
        for node in &network.nodes {
            let file = network.key_file(&node.spec.name);
            let said = node_command(&["key", "generate-node-key", "--chain", "dev", "--file", text(&file)]).await;
            peers.push(said.trim().to_owned());
        }
        for node in &network.nodes {
            network.insert_submitter(&node.spec).await;
        }
        network.launch(&[0]).await;
        let port = network.nodes[0].running.as_ref().map(|node| node.process.port());
        let (port, peer) = (port.expect("it runs"), &peers[0]);
        network.boot = format!("/ip4/127.0.0.1/tcp/{port}/p2p/{peer}");
        let now: Vec<usize> = (1..network.nodes.len())
            .filter(|number| !network.nodes[*number].spec.later)
            .collect();
        network.launch(&now).await;
        network.final_everywhere(1).await;
        network
    }

    fn specification(&self) -> PathBuf {
        self.databases.path().join("specification.json")
    }

    fn key_file(&self, name: &str) -> PathBuf {
        self.databases.path().join(format!("{name}.key"))
    }

    /// Puts the key that signs a sequencer's batches into the keystore of its node, as its operator does.
    async fn insert_submitter(&self, spec: &NodeSpec) {
        let Some(key) = spec.submitter else {
            return;
        };
        let (specification, database) = (self.specification(), self.databases.path().join(&spec.name));
        let (seed, kind) = (key.to_seed(), ["--key-type", "clsq", "--scheme", "sr25519"]);
        let mut arguments = vec!["key", "insert", "--base-path", text(&database)];
        arguments.extend(["--chain", text(&specification), "--suri", &seed]);
        arguments.extend(kind);
        node_command(&arguments).await;
    }

    /// Starts nodes together, and waits until each answers.
    async fn launch(&mut self, numbers: &[usize]) {
        let started = numbers
            .iter()
            .map(|number| self.spawn(*number))
            .map(|mut process| async move {
                let chain = connect(&mut process).await;
                Running { process, chain }
            });
        let started = join_all(started).await;
        for (number, running) in numbers.iter().zip(started) {
            let node = &mut self.nodes[*number];
            node.running = Some(running);
            node.starts = node.starts.saturating_add(1);
        }
    }

    fn spawn(&self, number: usize) -> NodeProcess {
        let (specification, node) = (self.specification(), &self.nodes[number]);
        let name = node.spec.name.as_str();
        let (key, database) = (self.key_file(name), self.databases.path().join(name));
        let mut arguments = vec!["--chain", text(&specification), "--base-path", text(&database)];
        arguments.extend(["--node-key-file", text(&key)]);
        // The flag of a validator names the node, too.
        let flag = format!("--{name}");
        match node.spec.validator {
            Some(_) => arguments.push(&flag),
            None => arguments.extend(["--name", name]),
        }
        if number > 0 {
            arguments.extend(["--bootnodes", self.boot.as_str()]);
        }
        arguments.extend(&node.spec.arguments);
        let log = match node.starts {
            0 => format!("{name}.log"),
            before => format!("{name}-{}.log", before.saturating_add(1)),
        };
        let options = NodeOptions {
            binary: binary(),
            log: self.logs.join(log),
            arguments: arguments.into_iter().map(str::to_owned).collect(),
        };
        NodeProcess::start(&options).expect("the node starts")
    }

    fn number(&self, name: &str) -> usize {
        let found = self.nodes.iter().position(|node| node.spec.name == name);
        found.unwrap_or_else(|| panic!("the network has no node {name}"))
    }

    fn running(&self, name: &str) -> &Running {
        let node = self.nodes[self.number(name)].running.as_ref();
        node.unwrap_or_else(|| panic!("{name} does not run"))
    }

    fn take(&mut self, name: &str) -> NodeProcess {
        let number = self.number(name);
        let node = self.nodes[number].running.take();
        node.unwrap_or_else(|| panic!("{name} does not run")).process
    }

    /// A connection to a node.
    ///
    /// # Panics
    /// It does not run.
    pub fn chain(&self, name: &str) -> &Chain {
        &self.running(name).chain
    }

    /// Where a node serves JSON-RPC.
    ///
    /// # Panics
    /// It does not run.
    pub fn url(&self, name: &str) -> &str {
        self.running(name).process.url()
    }

    /// Kills a node (SIGKILL): it can finish nothing.
    ///
    /// # Panics
    /// It does not run.
    pub async fn kill(&mut self, name: &str) {
        self.take(name).kill().await.expect("killed");
    }

    /// Stops a node as its operator would.
    ///
    /// # Panics
    /// It does not run.
    pub async fn stop(&mut self, name: &str) {
        self.take(name).stop().await.expect("stopped");
    }

    /// Starts a node that does not run, with the database that it had.
    ///
    /// # Panics
    /// It runs, or does not start.
    pub async fn restart(&mut self, name: &str) {
        let number = self.number(name);
        assert!(self.nodes[number].running.is_none(), "{name} runs");
        self.launch(&[number]).await;
    }

    /// Number of the last block that is final for a node.
    ///
    /// # Panics
    /// The node does not answer.
    pub async fn finalized(&self, name: &str) -> u32 {
        finalized(self.chain(name)).await
    }

    /// Waits until a block of this number is final for a node.
    ///
    /// # Panics
    /// The node stops, or it takes too long.
    pub async fn final_on(&mut self, name: &str, number: u32) {
        let index = self.number(name);
        let logs = self.logs.clone();
        let node = self.nodes[index].running.as_mut();
        let Running { process, chain } = node.unwrap_or_else(|| panic!("{name} does not run"));
        let begin = Instant::now();
        loop {
            process.check().unwrap_or_else(|error| panic!("{name}: {error}"));
            let last = finalized(chain).await;
            if last >= number {
                return;
            }
            let waited = begin.elapsed() < PATIENCE;
            assert!(
                waited,
                "block {number} is not final for {name}, only {last}; see {}",
                logs.display()
            );
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until a block of this number is final for every node that runs.
    ///
    /// # Panics
    /// A node stops, or it takes too long.
    pub async fn final_everywhere(&mut self, number: u32) {
        for name in self.names() {
            self.final_on(&name, number).await;
        }
    }

    /// What all nodes that run say of a block that is final for them.
    ///
    /// # Panics
    /// They do not say the same.
    pub async fn agreed(&self, group: u32, number: u32) -> Agreed {
        let views = self.names().into_iter().map(|name| async move {
            let chain = self.chain(&name);
            let block = chain.block_hash(number).await.expect("an answer").expect("the block");
            let header = chain.header(Some(block)).await.expect("its header");
            let state = chain.group_state(group, Some(block)).await.expect("the group");
            let agreed = Agreed {
                block,
                state_root: header.state_root,
                account_root: state.root,
                batches: state.batch_no,
            };
            (name, agreed)
        });
        let views = join_all(views).await;
        assert!(views.iter().all(|view| view.1 == views[0].1), "{views:?}");
        views[0].1.clone()
    }

    /// Names of the nodes that run.
    fn names(&self) -> Vec<String> {
        let running = self.nodes.iter().filter(|node| node.running.is_some());
        running.map(|node| node.spec.name.clone()).collect()
    }

    /// Stops every node that runs.
    ///
    /// # Panics
    /// One cannot be stopped.
    pub async fn end(mut self) {
        let names = self.names();
        let processes: Vec<NodeProcess> = names.iter().map(|name| self.take(name)).collect();
        for stopped in join_all(processes.into_iter().map(NodeProcess::stop)).await {
            stopped.expect("stopped");
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the logs of the nodes are in {}", self.logs.display());
        }
    }
}

async fn finalized(chain: &Chain) -> u32 {
    let head = chain.finalized().await.expect("the node answers");
    chain.header(Some(head)).await.expect("the node answers").number
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}
