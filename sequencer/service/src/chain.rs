//! What the sequencer needs of the chain. The node implements it; tests mock it.

use cloister_batcher::ClosedBatch;
use cloister_crypto::{constants::HOUSE_RECORD, field::to_bytes, Fr};
use cloister_risk::RiskTable;
use std::future::Future;

/// Bytes of a proof (C-VERIFIER).
pub const PROOF_BYTES: usize = 192;

/// Which block to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// The best block: the newest, which a fork may still replace.
    Best,
    /// The newest final block.
    Finalized,
}

/// A margin group on the chain (C-EXECUTION).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupView {
    /// Number of the block this was read at.
    pub block: u64,
    /// Whether batches are taken.
    pub enabled: bool,
    /// Account root.
    pub root: [u8; 32],
    /// House commitment.
    pub house: [u8; 32],
    /// Number the next batch must have.
    pub batch_no: u64,
    /// Time of the last batch.
    pub time: u64,
    /// Risk table of the last batch.
    pub risk_version: u64,
    /// Queue items below are done.
    pub queue_first: u64,
    /// The id the next item gets.
    pub queue_next: u64,
}

/// What a queue item asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueueKind {
    /// Add the amount to an account.
    Deposit,
    /// Open an account.
    Open {
        /// Trading key, first coordinate.
        pk_x: [u8; 32],
        /// Trading key, second coordinate.
        pk_y: [u8; 32],
        /// Commitment to the view key.
        view_commitment: [u8; 32],
        /// The view key sealed to the sequencers.
        sealed_view_key: [u8; 96],
    },
}

/// A queue item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueEntry {
    /// Its id.
    pub item: u64,
    /// The account.
    pub index: u32,
    /// 10^-6.
    pub amount: u64,
    /// What it asks.
    pub kind: QueueKind,
}

/// A batch shape and its verifying key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeView {
    /// Id of the shape.
    pub id: u16,
    /// Units.
    pub units: u16,
    /// Places per unit, J.
    pub places: u16,
    /// Whether batches of it are accepted now.
    pub active: bool,
    /// The verifying key (C-VERIFIER).
    pub key: Vec<u8>,
}

/// One unit of a submitted batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitSubmission {
    /// Account index.
    pub index: u32,
    /// It consumes the next queue item.
    pub queued: bool,
    /// Amount paid to the owner, 10^-6.
    pub withdrawal: u64,
    /// The account's new leaf.
    pub new_leaf: [u8; 32],
    /// The encrypted part of the record.
    pub ciphertext: Vec<[u8; 32]>,
}

/// A proven batch (C-SUBMIT).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchSubmission {
    /// Id of its shape.
    pub shape: u16,
    /// Batch number.
    pub batch_no: u64,
    /// The risk table it was made with.
    pub risk_version: u64,
    /// Its time.
    pub time: u64,
    /// Salt of the keystreams.
    pub salt: [u8; 32],
    /// Root after the batch.
    pub new_root: [u8; 32],
    /// House commitment after the batch.
    pub new_house: [u8; 32],
    /// Fees paid out, 10^-6.
    pub sweep: u64,
    /// Rows proven empty.
    pub empty_mask: u32,
    /// The units in order.
    pub units: Vec<UnitSubmission>,
    /// The house's record.
    pub house_record: [[u8; 32]; HOUSE_RECORD],
    /// The proof.
    pub proof: [u8; PROOF_BYTES],
}

impl BatchSubmission {
    /// What goes to the chain of a closed batch and its proof.
    pub fn new(shape: u16, batch: &ClosedBatch, proof: [u8; PROOF_BYTES]) -> Self {
        let statement = &batch.effect.statement;
        let fields = |xs: &[Fr]| xs.iter().map(to_bytes).collect::<Vec<_>>();
        let units = statement
            .units
            .iter()
            .zip(&batch.queued)
            .map(|(unit, queued)| UnitSubmission {
                index: unit.index,
                queued: *queued,
                withdrawal: unit.withdrawal,
                new_leaf: to_bytes(&unit.new_leaf),
                ciphertext: fields(&unit.ciphertext),
            })
            .collect();
        Self {
            shape,
            batch_no: statement.batch_no,
            risk_version: batch.risk_version(),
            time: statement.time,
            salt: to_bytes(&statement.salt),
            new_root: to_bytes(&statement.new_root),
            new_house: to_bytes(&statement.new_house),
            sweep: statement.sweep,
            empty_mask: statement.empty_mask,
            units,
            house_record: statement.house.ciphertext.map(|x| to_bytes(&x)),
            proof,
        }
    }
}

/// A batch that the chain has taken, with the queue items that were there before it, from the first on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettledBatch {
    /// The batch as submitted.
    pub batch: BatchSubmission,
    /// Number of the block that holds it.
    pub block: u64,
    /// Queue items at its parent block, in order, starting with the first one; at least those it consumed.
    pub queue: Vec<QueueEntry>,
}

/// Why the chain refuses a batch (errors of C-SUBMIT, gathered by what the sequencer must do).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitRejection {
    /// `WrongBatchNumber`: submitted already, or out of order.
    #[error("not the next batch")]
    WrongBatchNumber,
    /// `RiskTableUnknown`, `RiskTableTooOld`, `RiskVersionDecreased`: the pinned table is no longer good.
    #[error("the risk table is no longer accepted")]
    RiskTable,
    /// `TimeDecreased`, `TimeTooOld`: the batch must be made again with a later time.
    #[error("the batch time is too old")]
    TimeTooOld,
    /// `TimeInFuture`: try again later.
    #[error("the batch time is ahead of the chain's")]
    TimeInFuture,
    /// `QueueItemOverdue`: the batch must take the queue first.
    #[error("a queue item is overdue")]
    QueueOverdue,
    /// `GroupDisabled`: try again later.
    #[error("the group is disabled")]
    Disabled,
    /// `NotSubmitter`: the account may not submit.
    #[error("the submitting account is not in the submitter set")]
    NotSubmitter,
    /// `UnknownShape`, `ShapeNotActive`: the verifying key was removed or is not active yet.
    #[error("the chain has no active verifying key for this shape")]
    Shape,
    /// Anything else: the batch and the chain disagree. More attempts do not help.
    #[error("the chain refuses the batch: {0}")]
    Invalid(InvalidBatch),
}

/// Errors of C-SUBMIT that show a disagreement between sequencer and chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBatch {
    /// The proof does not verify.
    #[error("InvalidProof")]
    Proof,
    /// The proof's bytes are malformed.
    #[error("the proof is malformed")]
    ProofEncoding,
    /// Units and queue do not fit together.
    #[error("QueueOrder")]
    Queue,
    /// A unit names an account that is not open.
    #[error("UnknownAccount")]
    UnknownAccount,
    /// Withdrawals and sweep exceed what the vault owes accounts.
    #[error("VaultShortfall")]
    VaultShortfall,
    /// The submission has the wrong form.
    #[error("the submission has the wrong form")]
    Form,
    /// An error this sequencer does not know: module and error numbers.
    #[error("error {1} of module {0}")]
    Other(u8, u8),
}

impl SubmitRejection {
    /// The rejection that a pallet error's name stands for; `None` for a name that C-SUBMIT does not list.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "WrongBatchNumber" => Self::WrongBatchNumber,
            "RiskTableUnknown" | "RiskTableTooOld" | "RiskVersionDecreased" => Self::RiskTable,
            "TimeDecreased" | "TimeTooOld" => Self::TimeTooOld,
            "TimeInFuture" => Self::TimeInFuture,
            "QueueItemOverdue" => Self::QueueOverdue,
            "GroupDisabled" => Self::Disabled,
            "NotSubmitter" => Self::NotSubmitter,
            "UnknownShape" | "ShapeNotActive" => Self::Shape,
            "InvalidProof" => Self::Invalid(InvalidBatch::Proof),
            "ProofMalformedEncoding" | "ProofNotOnCurve" | "ProofNotInSubgroup" | "ProofPointAtInfinity" => {
                Self::Invalid(InvalidBatch::ProofEncoding)
            }
            "QueueOrder" => Self::Invalid(InvalidBatch::Queue),
            "UnknownAccount" => Self::Invalid(InvalidBatch::UnknownAccount),
            "VaultShortfall" => Self::Invalid(InvalidBatch::VaultShortfall),
            "WrongUnitCount" | "WrongCiphertextLength" | "NonCanonicalField" => Self::Invalid(InvalidBatch::Form),
            _ => return None,
        })
    }
}

/// What became of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubmitOutcome {
    /// It is in this block of the best chain.
    InBlock(u64),
    /// The chain refuses it.
    Rejected(SubmitRejection),
}

/// Why the chain could not be asked. The sequencer tries again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// The node cannot be asked now.
    #[error("the node cannot be asked: {0}")]
    Unavailable(String),
    /// The transaction left the pool without a block: dropped, usurped or invalid.
    #[error("the transaction was dropped")]
    Dropped,
    /// The state of a block is gone: this node prunes.
    #[error("the state of block {0} is pruned; run an archive node to rebuild from it")]
    Pruned(u64),
}

/// The chain, as the sequencer of one group needs it.
pub trait ChainClient: Send + Sync + 'static {
    /// Genesis hash.
    fn genesis_hash(&self) -> [u8; 32];

    /// Milliseconds of Unix time.
    fn now(&self) -> u64;

    /// The group, or `None` if the chain does not have it.
    fn group(&self, group: u32, at: At) -> impl Future<Output = Result<Option<GroupView>, ChainError>> + Send;

    /// Queue items with ids from `from` on in the newest final block, in order; at most `limit`.
    fn queue(
        &self,
        group: u32,
        from: u64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<QueueEntry>, ChainError>> + Send;

    /// A risk table by version, or the newest one, in the newest final block.
    fn risk_table(
        &self,
        group: u32,
        version: Option<u64>,
    ) -> impl Future<Output = Result<Option<RiskTable>, ChainError>> + Send;

    /// All shapes in the best block.
    fn shapes(&self) -> impl Future<Output = Result<Vec<ShapeView>, ChainError>> + Send;

    /// Submits a batch and waits until it is in a block of the best chain or refused.
    fn submit_batch(
        &self,
        group: u32,
        batch: &BatchSubmission,
    ) -> impl Future<Output = Result<SubmitOutcome, ChainError>> + Send;

    /// Batches in final blocks with numbers from `from` on, in order.
    fn settled_batches(
        &self,
        group: u32,
        from: u64,
    ) -> impl Future<Output = Result<Vec<SettledBatch>, ChainError>> + Send;
}
