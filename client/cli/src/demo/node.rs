//! A node as a child process.

use rustix::process::{kill_process, Pid, Signal};
use std::{
    fs::{self, File},
    io,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tokio::process::{Child, Command};

/// File name of the node's binary.
const BINARY: &str = "cloister-node";
/// Number of lines of the log that are shown when the node stops.
const TAIL: usize = 12;
/// How long the node may take to stop when it is asked.
const STOP_TIMEOUT: Duration = Duration::from_secs(40);
/// Arguments of a node of a fresh development chain, which disappears when the node stops.
pub const FRESH_CHAIN: [&str; 2] = ["--dev", "--tmp"];

/// Why there is no node.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The binary is not where it is looked for.
    #[error("{0} is missing; build it with `cargo build --release -p cloister-node` or name it with --node-binary")]
    Missing(PathBuf),
    /// This program does not know where it is.
    #[error("the folder of this program cannot be found: {0}; name the node with --node-binary")]
    Unplaced(io::Error),
    /// A file or process operation failed.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: io::Error,
    },
    /// The node stopped by itself.
    #[error("the node stopped ({status}); the end of {log}:\n{tail}")]
    Stopped {
        /// Its exit status.
        status: String,
        /// Its log file.
        log: PathBuf,
        /// The last lines of it.
        tail: String,
    },
}

/// How to start a node.
#[derive(Clone, Debug)]
pub struct NodeOptions {
    /// The binary.
    pub binary: PathBuf,
    /// Where its output goes.
    pub log: PathBuf,
    /// Arguments besides ports.
    pub arguments: Vec<String>,
}

/// A running node; it is killed when this is dropped.
#[derive(Debug)]
pub struct NodeProcess {
    child: Child,
    log: PathBuf,
    url: String,
    port: u16,
    metrics: u16,
}

/// The node beside this program.
///
/// # Errors
/// [`NodeError::Missing`], [`NodeError::Unplaced`].
pub fn beside_this_program() -> Result<PathBuf, NodeError> {
    let own = std::env::current_exe().map_err(NodeError::Unplaced)?;
    let path = own.with_file_name(BINARY);
    existing(path)
}

/// The path, if a file is there.
///
/// # Errors
/// [`NodeError::Missing`].
pub fn existing(path: PathBuf) -> Result<PathBuf, NodeError> {
    if path.is_file() {
        Ok(path)
    } else {
        Err(NodeError::Missing(path))
    }
}

/// Ports that nobody uses now; all are held until the last is chosen, so that they differ.
fn free_ports<const N: usize>() -> io::Result<[u16; N]> {
    let mut listeners = Vec::with_capacity(N);
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        *port = listener.local_addr()?.port();
        listeners.push(listener);
    }
    Ok(ports)
}

impl NodeProcess {
    /// Starts a node, at ports that are free.
    ///
    /// # Errors
    /// [`NodeError::Missing`], [`NodeError::System`].
    pub fn start(options: &NodeOptions) -> Result<Self, NodeError> {
        let binary = existing(options.binary.clone())?;
        let system = |what: &str| {
            let what = what.to_owned();
            move |source| NodeError::System { what, source }
        };
        let [rpc, network, metrics] = free_ports().map_err(system("choosing free ports"))?;
        let out = File::create(&options.log).map_err(system(&options.log.display().to_string()))?;
        let copy = out.try_clone().map_err(system(&options.log.display().to_string()))?;
        let child = Command::new(&binary)
            .args(["--no-telemetry", "--no-mdns"])
            .args(["--rpc-port", &rpc.to_string(), "--port", &network.to_string()])
            .args(["--prometheus-port", &metrics.to_string()])
            .args(&options.arguments)
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(copy)
            .kill_on_drop(true)
            .spawn()
            .map_err(system(&binary.display().to_string()))?;
        Ok(Self {
            child,
            log: options.log.clone(),
            url: format!("ws://127.0.0.1:{rpc}"),
            port: network,
            metrics,
        })
    }

    /// Where it serves JSON-RPC.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Port at which other nodes reach it.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Port of this machine at which it serves its metrics.
    pub fn metrics_port(&self) -> u16 {
        self.metrics
    }

    /// Number of its process; `None` once it has stopped.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Where its output goes.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Refuses if the node has stopped.
    ///
    /// # Errors
    /// [`NodeError::Stopped`] with the end of its log.
    pub fn check(&mut self) -> Result<(), NodeError> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(self.stopped(status.to_string())),
            Err(source) => Err(NodeError::System {
                what: "looking after the node".into(),
                source,
            }),
        }
    }

    /// Waits until the node stops by itself.
    pub async fn stopped_by_itself(&mut self) -> NodeError {
        match self.child.wait().await {
            Ok(status) => self.stopped(status.to_string()),
            Err(source) => NodeError::System {
                what: "looking after the node".into(),
                source,
            },
        }
    }

    fn stopped(&self, status: String) -> NodeError {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let tail = lines[lines.len().saturating_sub(TAIL)..].join("\n");
        NodeError::Stopped {
            status,
            log: self.log.clone(),
            tail,
        }
    }

    /// Kills the node: it can finish nothing and close nothing.
    ///
    /// # Errors
    /// [`NodeError::System`].
    pub async fn kill(mut self) -> Result<(), NodeError> {
        self.child.kill().await.map_err(|source| NodeError::System {
            what: "killing the node".into(),
            source,
        })
    }

    /// Asks the node to stop, and kills it if it does not.
    ///
    /// # Errors
    /// [`NodeError::System`].
    pub async fn stop(mut self) -> Result<(), NodeError> {
        match self.stopped_when_asked().await {
            Some(_) => Ok(()),
            None => self.kill().await,
        }
    }

    /// Asks the node to stop, and says how it has ended; `None` if it does not in time.
    pub async fn stopped_when_asked(&mut self) -> Option<ExitStatus> {
        // The standard library can only kill; a node that is asked first closes its files.
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        kill_process(id.and_then(Pid::from_raw)?, Signal::TERM).ok()?;
        tokio::time::timeout(STOP_TIMEOUT, self.child.wait()).await.ok()?.ok()
    }
}

/// The last line of a log, as a sign of life.
pub fn last_line(log: &Path) -> Option<String> {
    let text = fs::read_to_string(log).ok()?;
    text.lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .map(str::to_owned)
}
