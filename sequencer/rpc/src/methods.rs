//! The methods.

use crate::types::{
    AcceptedInfo, AccountInfo, AccountQuery, Amendment, BatchEntry, BatchInfo, BatchStatus, ControlSubmission,
    EntryOutcome, FillInfo, Liquidation, Market, NoticeInfo, OrderBook, Status, Submission, Trade,
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

    /// Takes a signed cancel that binds whatever is known of its id, unless the order is filled: what was signed under
    /// the id is void afterwards, wherever it is.
    #[method(name = "annul")]
    async fn annul(&self, instruction: Submission) -> RpcResult<AcceptedInfo>;

    /// Replaces an order that rests or waits by another one, or refuses and leaves it as it is.
    #[method(name = "amend")]
    async fn amend(&self, amendment: Amendment) -> RpcResult<AcceptedInfo>;

    /// Takes up to 64 instructions, one after the other and nothing of anybody else between, each with an outcome of
    /// its own.
    #[method(name = "submitBatch")]
    async fn submit_batch(&self, entries: Vec<BatchEntry>) -> RpcResult<Vec<EntryOutcome>>;

    /// Obeys a signed control: a cancel in bulk, a dead man's switch, a protection.
    #[method(name = "control")]
    async fn control(&self, control: ControlSubmission) -> RpcResult<AcceptedInfo>;

    /// The best prices of an instrument: 20 levels per side unless `levels` says otherwise, and never more than 1,000.
    #[method(name = "orderBook")]
    async fn order_book(
        &self,
        #[argument(rename = "instrument")] instrument_id: InstrumentId,
        levels: Option<u32>,
    ) -> RpcResult<OrderBook>;

    /// An account, for whoever knows its view key.
    #[method(name = "account")]
    async fn account(&self, query: AccountQuery) -> RpcResult<AccountInfo>;

    /// Up to 1,000 fills of an account with numbers from `from` on, oldest first.
    #[method(name = "fills")]
    async fn fills(&self, query: AccountQuery, from: Option<u64>) -> RpcResult<Vec<FillInfo>>;

    /// Up to 1,000 notices of what could not be proven of an account, with numbers from `from` on, oldest first.
    #[method(name = "notices")]
    async fn notices(&self, query: AccountQuery, from: Option<u64>) -> RpcResult<Vec<NoticeInfo>>;

    /// Up to 100 receipts of an account with numbers from `from` on, oldest first, in hexadecimal (Q-RECEIPT).
    #[method(name = "receipts")]
    async fn receipts(&self, query: AccountQuery, from: Option<u64>) -> RpcResult<Vec<String>>;

    /// How far proving and settling have come.
    #[method(name = "batchStatus")]
    async fn batch_status(&self) -> RpcResult<BatchStatus>;

    /// Up to 1,000 batches in blocks, with numbers from `from` on.
    #[method(name = "batches")]
    async fn batches(&self, from: u64) -> RpcResult<Vec<BatchInfo>>;

    /// Instruments, marks, fees and keys.
    #[method(name = "market")]
    async fn market(&self) -> RpcResult<Market>;

    /// Prints of the public tape with numbers from `from` on, or the newest if `from` is left out, oldest first.
    /// `limit` is 1,000 if it is left out, which is also the maximum.
    #[method(name = "trades")]
    async fn trades(&self, from: Option<u64>, limit: Option<u32>) -> RpcResult<Vec<Trade>>;

    /// Prints of the public tape of liquidations (Q-CLOSINGS), with the parameters of [`Self::trades`].
    #[method(name = "liquidations")]
    async fn liquidations(&self, from: Option<u64>, limit: Option<u32>) -> RpcResult<Vec<Liquidation>>;

    /// The state of the sequencer: versions and what stops it.
    #[method(name = "status")]
    async fn status(&self) -> RpcResult<Status>;
}
