//! The sequencer, over JSON-RPC. What goes over the wire is defined by `cloister-sequencer-rpc`.

mod clock;
mod orders;

pub use clock::{Clock, ClockError};
pub use orders::{Entry, LIST};

use crate::{
    chain::Chain,
    connection::{self, NoConnection},
    trader::now,
};
use cloister_client_core::trader::Trader;
use cloister_crypto::auth::Purpose;
use cloister_ledger::SignedInstruction;
use cloister_sequencer_rpc::{
    types::{
        AcceptedInfo, AccountInfo, AccountQuery, BatchInfo, BatchStatus, ChannelName, HaltInfo, HaltKind, Liquidation,
        Market, OrderBook, Status, StreamMessage, StreamParams, Submission, Trade,
    },
    CloisterRpcClient, CloisterStreamsClient, ErrorCode,
};
use cloister_types::{AccountIndex, InstrumentId};
use futures::Stream;
use jsonrpsee::{core::ClientError, types::error::METHOD_NOT_FOUND_CODE, ws_client::WsClient};
use std::{sync::Arc, time::Duration};

/// Items per request; the sequencer returns no more than that.
const PAGE: u32 = 1_000;
/// Between two looks at something that is waited for.
const POLL: Duration = Duration::from_millis(500);

/// Why the sequencer did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum SequencerError {
    /// The node runs no sequencer, or one that takes orders elsewhere.
    #[error(
        "this node serves none of the sequencer's methods: where the sequencer has a server of its own, name that with \
         --sequencer; else name another node with --node, or start one with `cloister-node --dev --sequencer`"
    )]
    Absent,
    /// Nobody answers where the sequencer should be.
    #[error(
        "no sequencer answers at {url}: {source}. Its operator says where it takes orders; without --sequencer the node is \
         asked"
    )]
    Unreachable {
        /// The address that was tried.
        url: String,
        /// Why not.
        source: Box<ClientError>,
    },
    /// It takes no more connections, from this machine or at all.
    #[error(
        "the sequencer at {url} takes no more connections now, from this machine or from anybody: close some or try again \
         later. Its operator sets the limits with --sequencer-limit-connections and \
         --sequencer-limit-connections-per-address"
    )]
    Crowded {
        /// The address that was tried.
        url: String,
    },
    /// A server answers, but not as a sequencer does.
    #[error(
        "the server at {url} does not open a WebSocket, it answers with the HTTP status {status}: check --sequencer, and \
         whether a proxy before it passes WebSockets on"
    )]
    NotASequencer {
        /// The address that was tried.
        url: String,
        /// What it answered.
        status: u16,
    },
    /// A JSON-RPC server answers that has none of the sequencer's methods.
    #[error("the server at {url} has none of the sequencer's methods: check --sequencer")]
    NotServed {
        /// The address that was tried.
        url: String,
    },
    /// It serves another chain than the node's.
    #[error(
        "the sequencer at {url} serves the chain with the genesis 0x{}, and the node has the one with 0x{}: --node and \
         --sequencer must be of one chain", hex::encode(found), hex::encode(expected)
    )]
    OtherChain {
        /// The address that was tried.
        url: String,
        /// Genesis hash of the sequencer's chain.
        found: [u8; 32],
        /// Genesis hash of the node's chain.
        expected: [u8; 32],
    },
    /// It serves another group than the one that was asked for.
    #[error(
        "the sequencer serves group {served} and not group {asked}, so nothing was signed or sent: name one that does with \
         --sequencer, a node with --node, or the group with --group"
    )]
    OtherGroup {
        /// Group of the sequencer.
        served: u32,
        /// Group that was asked for.
        asked: u32,
    },
    /// The clock of this machine is not that of the sequencer.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// It refuses, and says why. The codes are those of [`ErrorCode`].
    #[error("the sequencer refuses: {message} (code {code})")]
    Refused {
        /// Number of the failure.
        code: i32,
        /// What happened and what to do.
        message: String,
    },
    /// The connection failed.
    #[error("the sequencer cannot be asked: {0}")]
    Call(Box<ClientError>),
    /// Batches cannot go on.
    #[error("the sequencer has stopped making batches: {0}")]
    Halted(HaltInfo),
    /// Something did not happen in time.
    #[error("{what} did not happen within {seconds} s")]
    Late {
        /// What was waited for.
        what: String,
        /// How long.
        seconds: u64,
    },
}

impl SequencerError {
    /// The code of a refusal.
    pub fn code(&self) -> Option<i32> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// True if the sequencer refused what it may take later, just as it is: it is halted, busy, starting or stopping,
    /// or a limit is used up for the moment.
    pub fn is_for_now(&self) -> bool {
        use ErrorCode::{Busy, Halted, NotReady, Stopping, TooManyRequests, UnitBudget};
        let passing = [Busy, Halted, NotReady, Stopping, TooManyRequests, UnitBudget];
        passing.into_iter().any(|code| self.is(code))
    }

    /// True if the sequencer refused with this code.
    pub fn is(&self, code: ErrorCode) -> bool {
        self.code() == Some(code.code())
    }
}

impl From<ClientError> for SequencerError {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Call(object) if object.code() == METHOD_NOT_FOUND_CODE => Self::Absent,
            ClientError::Call(object) => Self::Refused {
                code: object.code(),
                message: object.message().into(),
            },
            other => Self::Call(Box::new(other)),
        }
    }
}

fn no_connection(url: &str, why: NoConnection) -> SequencerError {
    let url = url.to_owned();
    match why {
        NoConnection::Silence(source) => SequencerError::Unreachable { url, source },
        NoConnection::Crowded => SequencerError::Crowded { url },
        NoConnection::Status(status) => SequencerError::NotASequencer { url, status },
    }
}

/// What is left to do until everything is settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// Batches that are open, waiting, being proven or submitted.
    pub batches: u32,
    /// The status it was read from.
    pub status: BatchStatus,
}

/// A sequencer.
#[derive(Clone, Debug)]
pub struct SequencerClient {
    rpc: Arc<WsClient>,
}

impl SequencerClient {
    /// The sequencer of a node, over the connection to it.
    pub fn of(chain: &Chain) -> Self {
        Self {
            rpc: chain.rpc().clone(),
        }
    }

    /// The sequencer that takes orders at `url`, on a server of its own, for the chain of `chain`.
    ///
    /// # Errors
    /// [`SequencerError::Unreachable`], [`SequencerError::Crowded`], [`SequencerError::NotASequencer`],
    /// [`SequencerError::NotServed`], [`SequencerError::OtherChain`].
    pub async fn connect(url: &str, chain: &Chain) -> Result<Self, SequencerError> {
        let rpc = connection::connect(url).await.map_err(|why| no_connection(url, why))?;
        let sequencer = Self { rpc: Arc::new(rpc) };
        let expected = chain.genesis().0;
        match sequencer.market().await {
            Ok(market) if market.genesis != expected => Err(SequencerError::OtherChain {
                url: url.into(),
                found: market.genesis,
                expected,
            }),
            // One that starts cannot say yet; what is signed for another chain it refuses.
            Ok(_) | Err(SequencerError::Refused { .. }) => Ok(sequencer),
            Err(SequencerError::Absent) => Err(SequencerError::NotServed { url: url.into() }),
            Err(other) => Err(other),
        }
    }

    /// Its state, if it serves the group.
    ///
    /// # Errors
    /// [`SequencerError::Absent`], [`SequencerError::OtherGroup`].
    pub async fn serves(&self, group: u32) -> Result<Status, SequencerError> {
        let status = self.status().await?;
        let served = status.group.get();
        if served != group {
            return Err(SequencerError::OtherGroup { served, asked: group });
        }
        Ok(status)
    }

    /// Checks before anything is signed or sent that the node's sequencer serves the group, and that the clock of this
    /// machine is right by the sequencer's, whose times it signs.
    ///
    /// # Errors
    /// As [`serves`](Self::serves); [`SequencerError::Clock`].
    pub async fn checked(&self, group: u32) -> Result<(Status, Clock), SequencerError> {
        let asked_at = now();
        let status = self.serves(group).await?;
        let clock = Clock::set_by(asked_at, status.time, now())?;
        Ok((status, clock))
    }

    /// Its state: versions, and whether it is halted.
    ///
    /// # Errors
    /// [`SequencerError`].
    pub async fn status(&self) -> Result<Status, SequencerError> {
        Ok(self.rpc.status().await?)
    }

    /// What traders must know to sign.
    ///
    /// # Errors
    /// [`SequencerError`].
    pub async fn market(&self) -> Result<Market, SequencerError> {
        Ok(self.rpc.market().await?)
    }

    /// Sends a signed instruction.
    ///
    /// # Errors
    /// [`SequencerError::Refused`].
    pub async fn submit(&self, signed: &SignedInstruction) -> Result<AcceptedInfo, SequencerError> {
        Ok(self.rpc.submit_instruction(Submission::encoded(signed)).await?)
    }

    /// The public book.
    ///
    /// # Errors
    /// [`SequencerError`].
    pub async fn book(&self, instrument_id: InstrumentId, levels: u32) -> Result<OrderBook, SequencerError> {
        Ok(self.rpc.order_book(instrument_id, Some(levels)).await?)
    }

    /// A trader's account, after every fill.
    ///
    /// # Errors
    /// [`SequencerError`].
    pub async fn account(&self, trader: &Trader) -> Result<AccountInfo, SequencerError> {
        let query = AccountQuery::new(
            trader.view_key(),
            trader.scope(),
            Purpose::Account,
            AccountIndex::from(trader.index),
            now(),
        );
        Ok(self.rpc.account(query).await?)
    }

    /// A trader's receipts with numbers from `from` on, oldest first, in hexadecimal; some of them, if they are many.
    ///
    /// # Errors
    /// [`SequencerError`].
    pub async fn receipts(&self, trader: &Trader, from: u64) -> Result<Vec<String>, SequencerError> {
        let query = AccountQuery::new(
            trader.view_key(),
            trader.scope(),
            Purpose::Receipts,
            AccountIndex::from(trader.index),
            now(),
        );
        Ok(self.rpc.receipts(query, Some(from)).await?)
    }

    /// What becomes of a trader's orders, as it happens (Q-STREAM).
    ///
    /// # Errors
    /// [`SequencerError`].
    pub async fn order_updates(
        &self,
        trader: &Trader,
    ) -> Result<impl Stream<Item = Result<StreamMessage, serde_json::Error>> + Unpin, SequencerError> {
        let query = AccountQuery::new(
            trader.view_key(),
            trader.scope(),
            Purpose::OrderStream,
            AccountIndex::from(trader.index),
            now(),
        );
        let params = StreamParams {
            account: Some(query),
            ..StreamParams::default()
        };
        Ok(self.rpc.follow(ChannelName::Orders, Some(params)).await?)
    }

    /// How far proving and settling are.
    ///
    /// # Errors
    /// [`SequencerError`].
    pub async fn batch_status(&self) -> Result<BatchStatus, SequencerError> {
        Ok(self.rpc.batch_status().await?)
    }

    /// Every batch in a block, from the first on.
    ///
    /// # Errors
    /// [`SequencerError`].
    pub async fn batches(&self) -> Result<Vec<BatchInfo>, SequencerError> {
        let mut out: Vec<BatchInfo> = Vec::new();
        loop {
            let from = out.last().map_or(0, |last| last.batch_no.saturating_add(1));
            let page = self.rpc.batches(from).await?;
            if page.is_empty() {
                return Ok(out);
            }
            out.extend(page);
        }
    }

    /// Prints of the public tape with numbers from `from` on.
    ///
    /// # Errors
    /// [`SequencerError`].
    pub async fn trades(&self, from: u64) -> Result<Vec<Trade>, SequencerError> {
        let mut out: Vec<Trade> = Vec::new();
        loop {
            let from = out.last().map_or(from, |last| last.id.saturating_add(1));
            let page = self.rpc.trades(Some(from), Some(PAGE)).await?;
            if page.is_empty() {
                return Ok(out);
            }
            out.extend(page);
        }
    }

    /// Prints of the public tape of liquidations with numbers from `from` on.
    ///
    /// # Errors
    /// [`SequencerError`].
    pub async fn liquidations(&self, from: u64) -> Result<Vec<Liquidation>, SequencerError> {
        let mut out: Vec<Liquidation> = Vec::new();
        loop {
            let from = out.last().map_or(from, |last| last.id.saturating_add(1));
            let page = self.rpc.liquidations(Some(from), Some(PAGE)).await?;
            if page.is_empty() {
                return Ok(out);
            }
            out.extend(page);
        }
    }

    /// What is not settled yet.
    ///
    /// # Errors
    /// [`SequencerError::Halted`] if it will not be before somebody does something. While only what is new is refused,
    /// what was taken goes on to settle.
    pub async fn backlog(&self) -> Result<Backlog, SequencerError> {
        let status = self.batch_status().await?;
        let settles = |why: &HaltInfo| matches!(why.kind, HaltKind::Unsettled | HaltKind::Solvency);
        if let Some(why) = status.halted.as_ref().filter(|why| !settles(why)) {
            return Err(SequencerError::Halted(why.clone()));
        }
        let settled_behind = status.settled_root != status.head_root;
        let batches = u32::from(status.open) + u32::from(status.proving.is_some()) + status.waiting + status.submitting;
        // A batch between two of those states shows in the roots only.
        Ok(Backlog {
            batches: batches.max(u32::from(settled_behind)),
            status,
        })
    }

    /// Waits until every batch is settled in a final block; `progress` hears of every change.
    ///
    /// # Errors
    /// [`SequencerError::Halted`], [`SequencerError::Late`].
    pub async fn settled(
        &self,
        patience: Duration,
        mut progress: impl FnMut(&Backlog),
    ) -> Result<BatchStatus, SequencerError> {
        let begin = std::time::Instant::now();
        let mut before = None;
        loop {
            let backlog = self.backlog().await?;
            let done = backlog.batches == 0 && backlog.status.latest.as_ref().is_none_or(|latest| latest.finalized);
            if done {
                return Ok(backlog.status);
            }
            if before.as_ref() != Some(&backlog) {
                progress(&backlog);
                before = Some(backlog);
            }
            if begin.elapsed() > patience {
                return Err(SequencerError::Late {
                    what: "settling every batch".into(),
                    seconds: patience.as_secs(),
                });
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until the sequencer knows a trader's account.
    ///
    /// # Errors
    /// [`SequencerError::Late`].
    pub async fn knows(&self, trader: &Trader, patience: Duration) -> Result<AccountInfo, SequencerError> {
        self.answers(trader, patience, &[ErrorCode::UnknownAccount, ErrorCode::NotReady])
            .await
    }

    /// Waits until the sequencer takes an account to have the trader's keys, after a re-key.
    ///
    /// # Errors
    /// [`SequencerError::Late`], or what the sequencer answers.
    pub async fn rekeyed(&self, trader: &Trader, patience: Duration) -> Result<AccountInfo, SequencerError> {
        self.answers(trader, patience, &[ErrorCode::Unauthentic, ErrorCode::NotReady])
            .await
    }

    /// Asks for an account as long as these are the answers.
    async fn answers(
        &self,
        trader: &Trader,
        patience: Duration,
        not_yet: &[ErrorCode],
    ) -> Result<AccountInfo, SequencerError> {
        let begin = std::time::Instant::now();
        loop {
            match self.account(trader).await {
                Err(e) if not_yet.iter().any(|code| e.is(*code)) => {}
                other => return other,
            }
            if begin.elapsed() > patience {
                let what = format!("taking what account {} has in the queue", trader.index);
                return Err(SequencerError::Late {
                    what,
                    seconds: patience.as_secs(),
                });
            }
            tokio::time::sleep(POLL).await;
        }
    }
}
