//! The methods.

use crate::types::{
    AcceptedInfo, AccountInfo, AccountQuery, BatchInfo, BatchStatus, FillInfo, Market, OrderBook, Status, Submission,
    Trade,
};
use cloister_types::InstrumentId;
use jsonrpsee::{core::RpcResult, proc_macros::rpc};

/// Methods of the sequencer. Refusals carry an [`ErrorCode`](crate::ErrorCode).
#[rpc(client, server, namespace = "cloister")]
pub trait CloisterRpc {
    /// Takes a signed order, cancel, cancel-all or withdrawal.
    #[method(name = "submitInstruction")]
    async fn submit_instruction(&self, instruction: Submission) -> RpcResult<AcceptedInfo>;

    /// Takes a signed cancel or cancel-all, and nothing else.
    #[method(name = "cancel")]
    async fn cancel(&self, instruction: Submission) -> RpcResult<AcceptedInfo>;

    /// The best prices of an instrument: 20 levels per side unless `levels` says otherwise, and never more than 1,000.
    #[method(name = "orderBook")]
    async fn order_book(&self, instrument_id: InstrumentId, levels: Option<u32>) -> RpcResult<OrderBook>;

    /// An account, for whoever knows its view key.
    #[method(name = "account")]
    async fn account(&self, query: AccountQuery) -> RpcResult<AccountInfo>;

    /// Up to 1,000 fills of an account with numbers from `from` on, oldest first.
    #[method(name = "fills")]
    async fn fills(&self, query: AccountQuery, from: Option<u64>) -> RpcResult<Vec<FillInfo>>;

    /// How far proving and settling have come.
    #[method(name = "batchStatus")]
    async fn batch_status(&self) -> RpcResult<BatchStatus>;

    /// Up to 1,000 batches in blocks, with numbers from `from` on.
    #[method(name = "batches")]
    async fn batches(&self, from: u64) -> RpcResult<Vec<BatchInfo>>;

    /// Instruments, marks, fees and keys.
    #[method(name = "market")]
    async fn market(&self) -> RpcResult<Market>;

    /// Trades with numbers from `from` on, or the newest if `from` is left out, oldest first. `limit` is 1,000 if it is
    /// left out, which is also the maximum.
    #[method(name = "trades")]
    async fn trades(&self, from: Option<u64>, limit: Option<u32>) -> RpcResult<Vec<Trade>>;

    /// The state of the sequencer: counters, versions and what stops it.
    #[method(name = "status")]
    async fn status(&self) -> RpcResult<Status>;
}
