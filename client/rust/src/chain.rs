//! The chain, over the WebSocket of a node.
//!
//! Transactions and storage keys are built with the runtime's own types, so the client works with exactly the runtime
//! that it was built with; [`Chain::connect`] checks that.

mod block;
mod error;
mod nonces;
mod submit;
mod views;

pub use block::{BlockView, Extrinsic};
pub use error::{ChainError, Failure};
pub use submit::{Included, Until};
pub use views::{InsuranceQueue, RiskGroupOf, SolvencyOf};

use self::nonces::Nonces;
use crate::connection::{self, NoConnection};
use cloister_runtime::{Hash, Header, Runtime, VERSION};
use codec::{Decode, DecodeAll};
use futures::Stream;
use jsonrpsee::{
    core::{
        client::{ClientT, Subscription, SubscriptionClientT},
        traits::ToRpcParams,
        DeserializeOwned,
    },
    rpc_params,
    ws_client::WsClient,
};
use polkadot_sdk::{
    sp_core::{storage::StorageKey, Bytes},
    sp_version::RuntimeVersion,
};
use std::sync::{
    atomic::{AtomicU64, Ordering},
    Arc,
};
use tokio::sync::Mutex;

/// Maximum number of storage keys per request.
const KEYS_PER_PAGE: u32 = 512;

/// A connection to a node.
#[derive(Clone)]
pub struct Chain {
    client: Arc<WsClient>,
    url: String,
    genesis: Hash,
    /// Held from reading a nonce until the pool has the transaction, so that two transactions of one signer do not take
    /// the same nonce.
    nonces: Arc<Mutex<Nonces>>,
    /// Number of requests so far, over this handle and its clones.
    requests: Arc<AtomicU64>,
}

impl std::fmt::Debug for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chain")
            .field("url", &self.url)
            .field("genesis", &self.genesis)
            .finish_non_exhaustive()
    }
}

impl Chain {
    /// Connects and checks that the chain runs the runtime that this client was built with.
    ///
    /// # Errors
    /// [`ChainError::Unreachable`], [`ChainError::Crowded`], [`ChainError::NotANode`], [`ChainError::OtherRuntime`].
    pub async fn connect(url: &str) -> Result<Self, ChainError> {
        let client = connection::connect(url).await.map_err(|why| no_connection(url, why))?;
        let mut chain = Self {
            client: Arc::new(client),
            url: url.into(),
            genesis: Hash::zero(),
            nonces: Arc::default(),
            requests: Arc::default(),
        };
        check_version(&chain.runtime_version().await?)?;
        chain.genesis = chain.block_hash(0).await?.ok_or(ChainError::NoBlock(0))?;
        Ok(chain)
    }

    /// Hash of the first block; every signature is bound to it.
    pub fn genesis(&self) -> Hash {
        self.genesis
    }

    /// Refuses a chain other than the one expected.
    ///
    /// # Errors
    /// [`ChainError::OtherChain`].
    pub fn expect_genesis(&self, expected: Hash) -> Result<(), ChainError> {
        if self.genesis == expected {
            return Ok(());
        }
        Err(ChainError::OtherChain {
            found: self.genesis,
            expected,
        })
    }

    /// The connection itself; the sequencer's methods are on it too, unless it has a server of its own.
    pub fn rpc(&self) -> &Arc<WsClient> {
        &self.client
    }

    /// The same connection, whose requests are counted from zero, without those of others that share it.
    pub(crate) fn counted_apart(&self) -> Self {
        Self {
            requests: Arc::default(),
            ..self.clone()
        }
    }

    /// Number of requests that were sent over this handle and its clones.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: impl ToRpcParams + Send,
    ) -> Result<T, ChainError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.client
            .request(method, params)
            .await
            .map_err(|source| ChainError::Call {
                method,
                source: Box::new(source),
            })
    }

    async fn subscribe<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: impl ToRpcParams + Send,
        unsubscribe: &'static str,
    ) -> Result<Subscription<T>, ChainError> {
        self.client
            .subscribe(method, params, unsubscribe)
            .await
            .map_err(|source| ChainError::Call {
                method,
                source: Box::new(source),
            })
    }

    /// The runtime of the newest block.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn runtime_version(&self) -> Result<RuntimeVersion, ChainError> {
        self.call("state_getRuntimeVersion", rpc_params![]).await
    }

    /// Hash of the block with this number on the best chain.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn block_hash(&self, number: u32) -> Result<Option<Hash>, ChainError> {
        self.call("chain_getBlockHash", rpc_params![number]).await
    }

    /// Header of a block, of the best one if none is named.
    ///
    /// # Errors
    /// The block is unknown.
    pub async fn header(&self, at: Option<Hash>) -> Result<Header, ChainError> {
        let header: Option<Header> = self.call("chain_getHeader", rpc_params![at]).await?;
        header.ok_or(ChainError::UnknownBlock(at.unwrap_or_default()))
    }

    /// Hash of the last final block.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn finalized(&self) -> Result<Hash, ChainError> {
        self.call("chain_getFinalizedHead", rpc_params![]).await
    }

    /// Final blocks as they come.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn finalized_headers(
        &self,
    ) -> Result<impl Stream<Item = Result<Header, serde_json::Error>> + Unpin, ChainError> {
        self.subscribe(
            "chain_subscribeFinalizedHeads",
            rpc_params![],
            "chain_unsubscribeFinalizedHeads",
        )
        .await
    }

    /// A storage value, `None` if there is none.
    ///
    /// # Errors
    /// [`ChainError::Decode`] if it is not a `T`.
    pub async fn storage<T: Decode>(&self, key: Vec<u8>, at: Option<Hash>) -> Result<Option<T>, ChainError> {
        let value: Option<Bytes> = self.call("state_getStorage", rpc_params![StorageKey(key), at]).await?;
        value.map(|bytes| decode("a storage value", &bytes)).transpose()
    }

    /// All keys under a prefix.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn storage_keys(&self, prefix: Vec<u8>, at: Option<Hash>) -> Result<Vec<Vec<u8>>, ChainError> {
        let mut out: Vec<Vec<u8>> = Vec::new();
        loop {
            let last = out.last().cloned().map(StorageKey);
            let params = rpc_params![StorageKey(prefix.clone()), KEYS_PER_PAGE, last, at];
            let page: Vec<StorageKey> = self.call("state_getKeysPaged", params).await?;
            let full = page.len() as u64 == u64::from(KEYS_PER_PAGE);
            out.extend(page.into_iter().map(|key| key.0));
            if !full {
                return Ok(out);
            }
        }
    }

    /// Calls a runtime API with encoded arguments.
    ///
    /// # Errors
    /// [`ChainError::Decode`] if the answer is not a `T`.
    pub async fn api<T: Decode>(
        &self,
        function: &'static str,
        arguments: Vec<u8>,
        at: Option<Hash>,
    ) -> Result<T, ChainError> {
        let answer: Bytes = self
            .call("state_call", rpc_params![function, Bytes(arguments), at])
            .await?;
        decode(function, &answer)
    }
}

fn decode<T: Decode>(what: &'static str, bytes: &[u8]) -> Result<T, ChainError> {
    T::decode_all(&mut &*bytes).map_err(|source| ChainError::Decode { what, source })
}

/// Why there is no connection. A server that answers and says no is not one that is not there.
fn no_connection(url: &str, why: NoConnection) -> ChainError {
    let url = url.to_owned();
    match why {
        NoConnection::Silence(source) => ChainError::Unreachable { url, source },
        NoConnection::Crowded => ChainError::Crowded { url },
        NoConnection::Status(status) => ChainError::NotANode { url, status },
    }
}

/// A client encodes calls for the runtime that it was built with; another version would misread them.
fn check_version(found: &RuntimeVersion) -> Result<(), ChainError> {
    let same = found.spec_name == VERSION.spec_name
        && found.spec_version == VERSION.spec_version
        && found.transaction_version == VERSION.transaction_version;
    if same {
        return Ok(());
    }
    Err(ChainError::OtherRuntime {
        found: format!(
            "{} {}/{}",
            found.spec_name, found.spec_version, found.transaction_version
        ),
        expected: format!(
            "{} {}/{}",
            VERSION.spec_name, VERSION.spec_version, VERSION.transaction_version
        ),
    })
}

/// The runtime whose types build keys and calls.
pub(crate) type R = Runtime;
