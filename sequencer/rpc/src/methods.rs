//! The methods.

use super::types::{
    Accepted, AccountInfo, AccountQuery, BatchInfo, BatchStatus, FillInfo, Market, OrderBook, Status, Submission, Trade,
};
// The generated client returns its own errors instead.
#[cfg(feature = "server")]
use jsonrpsee::core::RpcResult;
use jsonrpsee::proc_macros::rpc;

/// Methods of the sequencer. Error codes: [`super::errors`].
#[cfg_attr(
    all(feature = "client", feature = "server"),
    rpc(client, server, namespace = "cloister")
)]
#[cfg_attr(
    all(feature = "client", not(feature = "server")),
    rpc(client, namespace = "cloister")
)]
#[cfg_attr(
    all(not(feature = "client"), feature = "server"),
    rpc(server, namespace = "cloister")
)]
pub trait CloisterRpc {
    /// Takes a signed order, cancel, cancel-all or withdrawal. Errors: [`super::errors`].
    #[method(name = "submitInstruction")]
    async fn submit_instruction(&self, instruction: Submission) -> RpcResult<Accepted>;

    /// Takes a signed cancel or cancel-all, and nothing else.
    #[method(name = "cancel")]
    async fn cancel(&self, instruction: Submission) -> RpcResult<Accepted>;

    /// The best prices of an instrument, at most 1,000 levels a side; 20 if `levels` is left out.
    #[method(name = "orderBook")]
    async fn order_book(&self, instrument_id: u32, levels: Option<u32>) -> RpcResult<OrderBook>;

    /// An account, for whoever knows its view key.
    #[method(name = "account")]
    async fn account(&self, query: AccountQuery) -> RpcResult<AccountInfo>;

    /// Fills of an account with numbers from `from` on, oldest first, at most 1,000.
    #[method(name = "fills")]
    async fn fills(&self, query: AccountQuery, from: Option<u64>) -> RpcResult<Vec<FillInfo>>;

    /// How far proving and settling are.
    #[method(name = "batchStatus")]
    async fn batch_status(&self) -> RpcResult<BatchStatus>;

    /// Batches in blocks with numbers from `from` on, at most 1,000.
    #[method(name = "batches")]
    async fn batches(&self, from: u64) -> RpcResult<Vec<BatchInfo>>;

    /// Instruments, marks, fees and keys.
    #[method(name = "market")]
    async fn market(&self) -> RpcResult<Market>;

    /// Trades with numbers from `from` on, oldest first, at most `limit` (1,000 if left out and at most); the newest if `from` is left out.
    #[method(name = "trades")]
    async fn trades(&self, from: Option<u64>, limit: Option<u32>) -> RpcResult<Vec<Trade>>;

    /// How the sequencer is.
    #[method(name = "status")]
    async fn status(&self) -> RpcResult<Status>;
}
