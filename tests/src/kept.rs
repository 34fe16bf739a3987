//! A node whose folder outlives it: it can be killed at any moment and started again.

use crate::metrics::{self, Metrics, MetricsError};
use cloister_cli::demo::node::{NodeError, NodeOptions, NodeProcess};
use cloister_client::{
    chain::{Chain, ChainError},
    sequencer::{SequencerClient, SequencerError},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// How long the node may take to answer.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long its sequencer may take to be ready: it makes the development parameters on first use.
const READY_PATIENCE: Duration = Duration::from_secs(900);
/// Between two looks at something that is waited for.
const POLL: Duration = Duration::from_millis(20);
/// Folder of the chain in the node's base path.
const CHAIN: &str = "chains/cloister_dev";
/// Folder of the sequencer's files in the folder of the chain.
const SEQUENCER: &str = "cloister/group-1";

/// Why a node does not run.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// It cannot be started or has stopped.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// It does not answer as it should.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// Its sequencer does not answer as it should.
    #[error(transparent)]
    Sequencer(#[from] SequencerError),
    /// It does not give its metrics.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// A file or process operation failed.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// It is not running.
    #[error("the node is not running")]
    Down,
    /// It did not get ready in time.
    #[error("{what} within {seconds} s; see {log}")]
    Late {
        /// What did not happen.
        what: &'static str,
        /// How long it was waited for.
        seconds: u64,
        /// Log of the node.
        log: PathBuf,
    },
}

fn system(what: &'static str) -> impl Fn(io::Error) -> KeptError {
    move |source| KeptError::System { what, source }
}

/// What a start took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StartTime {
    /// Until the node answered.
    pub answers: Duration,
    /// Until the sequencer took orders.
    pub ready: Duration,
}

/// A development chain with its sequencer, in a folder that is deleted in the end.
#[derive(Debug)]
pub struct KeptNode {
    binary: PathBuf,
    folder: TempDir,
    logs: PathBuf,
    starts: usize,
    serves: bool,
    process: Option<NodeProcess>,
}

impl KeptNode {
    /// Makes the folder. Logs lie beside `logs`, with the number of the start in their names.
    ///
    /// # Errors
    /// [`KeptError::System`].
    pub fn new(binary: PathBuf, logs: PathBuf) -> Result<Self, KeptError> {
        Ok(Self {
            binary,
            folder: TempDir::new().map_err(system("making a folder"))?,
            logs,
            starts: 0,
            serves: true,
            process: None,
        })
    }

    /// Whether the next start is one with the sequencer; it is, unless this says otherwise.
    pub fn serve(&mut self, serves: bool) {
        self.serves = serves;
    }

    /// Folder of the sequencer's files.
    pub fn sequencer_folder(&self) -> PathBuf {
        self.folder.path().join(CHAIN).join(SEQUENCER)
    }

    /// The sequencer's checkpoint.
    pub fn checkpoint(&self) -> PathBuf {
        self.sequencer_folder().join("checkpoint")
    }

    /// Number of bytes of the sequencer's journal on the disk.
    pub fn journal_bytes(&self) -> u64 {
        let path = self.sequencer_folder().join("journal.redb");
        fs::metadata(path).map_or(0, |file| file.len())
    }

    /// Number of starts so far.
    pub fn starts(&self) -> usize {
        self.starts
    }

    /// Log of the newest start.
    pub fn log(&self) -> PathBuf {
        self.logs.with_extension(format!("{}.log", self.starts))
    }

    /// Starts the node, and does not wait for anything.
    ///
    /// # Errors
    /// [`KeptError::Node`].
    pub fn launch(&mut self) -> Result<(), KeptError> {
        self.starts += 1;
        let base = self.folder.path().display().to_string();
        let arguments = [
            "--chain",
            "dev",
            "--base-path",
            &base,
            "--alice",
            "--force-authoring",
            "--state-pruning",
            "archive",
        ];
        let sequencer = self.serves.then_some("--sequencer");
        self.process = Some(NodeProcess::start(&NodeOptions {
            binary: self.binary.clone(),
            log: self.log(),
            arguments: arguments.into_iter().chain(sequencer).map(str::to_owned).collect(),
        })?);
        Ok(())
    }

    /// Starts the node and connects to it.
    ///
    /// # Errors
    /// [`KeptError`].
    pub async fn start(&mut self) -> Result<Chain, KeptError> {
        self.launch()?;
        self.connect().await
    }

    /// Connects to the node, once it answers.
    ///
    /// # Errors
    /// [`KeptError`].
    pub async fn connect(&mut self) -> Result<Chain, KeptError> {
        let begin = Instant::now();
        let log = self.log();
        let process = self.process.as_mut().ok_or(KeptError::Down)?;
        loop {
            process.check()?;
            match Chain::connect(process.url()).await {
                Ok(chain) => return Ok(chain),
                Err(ChainError::Unreachable { .. }) if begin.elapsed() < PATIENCE => tokio::time::sleep(POLL).await,
                Err(ChainError::Unreachable { .. }) => {
                    return Err(KeptError::Late {
                        what: "the node did not answer",
                        seconds: PATIENCE.as_secs(),
                        log,
                    })
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Starts the node, and waits until its sequencer takes orders.
    ///
    /// # Errors
    /// [`KeptError`].
    pub async fn start_ready(&mut self) -> Result<(Chain, SequencerClient, StartTime), KeptError> {
        let begin = Instant::now();
        let chain = self.start().await?;
        let answers = begin.elapsed();
        let sequencer = self.ready(&chain).await?;
        let ready = begin.elapsed();
        Ok((chain, sequencer, StartTime { answers, ready }))
    }

    /// Waits until the sequencer answers for its state, which it does once it has its parameters and its ledger.
    ///
    /// # Errors
    /// [`KeptError`].
    pub async fn ready(&mut self, chain: &Chain) -> Result<SequencerClient, KeptError> {
        let sequencer = SequencerClient::of(chain);
        let begin = Instant::now();
        loop {
            match sequencer.status().await {
                Ok(_) => return Ok(sequencer),
                Err(error @ (SequencerError::Call(_) | SequencerError::Absent)) => return Err(error.into()),
                Err(_) if begin.elapsed() < READY_PATIENCE => tokio::time::sleep(POLL).await,
                Err(_) => {
                    return Err(KeptError::Late {
                        what: "the sequencer did not get ready",
                        seconds: READY_PATIENCE.as_secs(),
                        log: self.log(),
                    })
                }
            }
        }
    }

    /// Where the node listens.
    ///
    /// # Errors
    /// [`KeptError::Down`].
    pub fn url(&self) -> Result<&str, KeptError> {
        self.process.as_ref().map(NodeProcess::url).ok_or(KeptError::Down)
    }

    /// Number of the node's process.
    ///
    /// # Errors
    /// [`KeptError::Down`].
    pub fn id(&self) -> Result<u32, KeptError> {
        self.process.as_ref().and_then(NodeProcess::id).ok_or(KeptError::Down)
    }

    /// What the node measures.
    ///
    /// # Errors
    /// [`KeptError::Down`], [`KeptError::Metrics`].
    pub async fn metrics(&self) -> Result<Metrics, KeptError> {
        let process = self.process.as_ref().ok_or(KeptError::Down)?;
        Ok(metrics::read(process.metrics_port()).await?)
    }

    /// The last line of the newest log that has these words.
    pub fn said(&self, words: &str) -> Option<String> {
        last_with(&self.log(), words)
    }

    /// Waits until the node has ended by itself.
    ///
    /// # Errors
    /// [`KeptError::Down`], [`KeptError::Late`].
    pub async fn ended(&mut self) -> Result<(), KeptError> {
        let log = self.log();
        let mut process = self.process.take().ok_or(KeptError::Down)?;
        let ended = tokio::time::timeout(PATIENCE, process.stopped_by_itself()).await;
        ended.map(drop).map_err(|_| KeptError::Late {
            what: "the node did not end",
            seconds: PATIENCE.as_secs(),
            log,
        })
    }

    /// Kills the node with SIGKILL: it can finish nothing, write nothing and close nothing.
    ///
    /// # Errors
    /// [`KeptError::Down`], [`KeptError::Node`].
    pub async fn kill(&mut self) -> Result<(), KeptError> {
        let process = self.process.take().ok_or(KeptError::Down)?;
        Ok(process.kill().await?)
    }

    /// Asks the node to stop.
    ///
    /// # Errors
    /// [`KeptError::Down`], [`KeptError::Node`].
    pub async fn stop(&mut self) -> Result<(), KeptError> {
        let process = self.process.take().ok_or(KeptError::Down)?;
        Ok(process.stop().await?)
    }
}

fn last_with(log: &Path, words: &str) -> Option<String> {
    let text = fs::read_to_string(log).ok()?;
    text.lines().rev().find(|line| line.contains(words)).map(str::to_owned)
}
