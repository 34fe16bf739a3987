//! What the sequencer needs of the chain. The node implements it; tests mock it.

use cloister_ledger::{Shape, SolvencyShape};
use cloister_risk::RiskTable;
use cloister_settlement::{Batch, Field, HouseRekey, HouseRekeyed, KeyId, QueueItem, SolvencySubmission, Taking};
use cloister_types::{InstrumentId, PerLot};
use std::future::Future;

pub use cloister_settlement::batch::PROOF_BYTES;

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
    /// Hash of that block.
    pub hash: [u8; 32],
    /// Whether batches are taken: the group is enabled and not frozen.
    pub enabled: bool,
    /// Whether this sequencer may submit batches now: another one may lead (C-TAKE-OVER).
    pub leads: bool,
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
    /// Part of a batch's units that overdue queue items may claim, in percent.
    pub queue_share: u8,
    /// How many re-keys of the house there were.
    pub house_rekeys: u32,
}

/// What the chain has of a sequencer's word (C-BOND).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stake {
    /// Whether its key has a bond, good or not.
    pub bonded: bool,
    /// The series of its receipts, if it has begun one.
    pub series: Option<BegunSeries>,
}

/// A series of receipts on the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BegunSeries {
    /// Its number.
    pub number: u32,
    /// What the journal that counts it is known by.
    pub journal: [u8; 32],
}

/// A verifying key of batches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchKey {
    /// Its id.
    pub id: KeyId,
    /// Shape of the batches.
    pub shape: Shape,
    /// Whether batches under it are accepted now.
    pub active: bool,
    /// The verifying key (C-VERIFIER).
    pub key: Vec<u8>,
}

/// Coordinates of a sealing key, x and y (P-SEAL).
pub type SealingKey = ([u8; 32], [u8; 32]);

/// A verifying key of house re-keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RekeyKey {
    /// Its id.
    pub id: KeyId,
    /// Whether re-keys under it are accepted now.
    pub active: bool,
    /// The verifying key (C-VERIFIER).
    pub key: Vec<u8>,
}

/// A verifying key of solvency statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SolvencyKey {
    /// Its id.
    pub id: KeyId,
    /// Shape of the statements.
    pub shape: SolvencyShape,
    /// Whether statements under it are accepted now.
    pub active: bool,
    /// The verifying key (C-VERIFIER).
    pub key: Vec<u8>,
}

/// Where a payee's solvency round stands, and what the next statement is about (D-ROUND).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundView {
    /// The index that the next open gets: where a new round ends.
    pub next_index: u32,
    /// The round under way.
    pub under_way: Option<UnderWay>,
    /// Time of the oldest table of the round that counts, whoever made it; `None` before the first.
    pub counted: Option<u64>,
    /// From this age on a round is no longer fresh, milliseconds; `None` if the group has no solvency terms.
    pub max_round_age: Option<u64>,
}

/// A round under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnderWay {
    /// All indices below it are covered.
    pub cursor: u32,
    /// Where it ends.
    pub end: u32,
    /// Commitment to its sums.
    pub sums: Field,
    /// Time of its oldest table.
    pub oldest_table: u64,
}

/// The price of an instrument's underlying by the oracle's newest median.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexPrice {
    /// The instrument.
    pub instrument_id: InstrumentId,
    /// Per lot, rounded as the mark is (C-RISK).
    pub price: PerLot,
    /// When the median was formed.
    pub time: u64,
}

/// A batch that the chain has taken, with what it took from the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettledBatch {
    /// The batch as submitted.
    pub batch: Batch,
    /// Number of the block that holds it.
    pub block: u64,
    /// What each unit took from the queue.
    pub takings: Vec<Taking>,
}

/// How far the settled batches of a group were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HistoryPlace {
    /// A final block: everything that was read is in it or before it, and the next batch is in it or behind it.
    pub block: u64,
    /// Number of the next batch.
    pub batch_no: u64,
}

/// Some of the settled batches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettledPage {
    /// The batches, in order.
    pub batches: Vec<SettledBatch>,
    /// Where the next page begins.
    pub next: HistoryPlace,
}

/// Why the chain refuses a batch (errors of C-SUBMIT, gathered by what the sequencer must do).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitRejection {
    /// `WrongBatchNumber`: submitted already, or out of order.
    #[error("not the next batch")]
    WrongBatchNumber,
    /// `RiskTableUnknown`, `RiskTableTooOld`, `RiskTableReplaced`, `RiskVersionDecreased`: the pinned table is no
    /// longer good.
    #[error("the risk table is no longer accepted")]
    RiskTable,
    /// `TimeDecreased`, `TimeBeforeTable`, `TimeTooOld`: the batch must be made again with a later time.
    #[error("the batch time is too old")]
    TimeTooOld,
    /// `TimeInFuture`: try again later.
    #[error("the batch time is ahead of the chain's")]
    TimeInFuture,
    /// `QueueItemOverdue`: the batch must take the queue first.
    #[error("a queue item is overdue")]
    QueueOverdue,
    /// `GroupDisabled`, `GroupFrozen`: try again later.
    #[error("the group is disabled or frozen")]
    Disabled,
    /// `NotSubmitter`: the account may not submit.
    #[error("the submitting account is not in the submitter set")]
    NotSubmitter,
    /// `NotLeader`: another sequencer leads now; it passes.
    #[error("another sequencer of the group leads now")]
    NotLeader,
    /// `NotBonded`: what the group asks is not bonded; it passes once it is.
    #[error("the submitting account has not bonded what the group asks of its sequencers")]
    NotBonded,
    /// `HouseChanged`, `HouseNotKeyed`: the house was re-keyed by another, or never.
    #[error("the chain's house is not this one")]
    House,
    /// `UnknownKey`, `KeyNotActive`, `WrongStatement`: the verifying key was removed, is not active yet, or is of
    /// something else.
    #[error("the chain has no active verifying key of this id for batches")]
    Key,
    /// A solvency statement does not fit its round or the roots that the chain keeps: another is made.
    #[error("the statement does not fit: {0}")]
    Round(#[from] RoundRejection),
    /// Anything else: the batch and the chain disagree. More attempts do not help.
    #[error("the chain refuses the batch: {0}")]
    Invalid(InvalidBatch),
}

/// Errors of D-ROUND that are of statements alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoundRejection {
    /// The root is none of those that the chain keeps.
    #[error("RootUnknown")]
    RootUnknown,
    /// The root was no longer the newest at the table's time.
    #[error("RootReplaced")]
    RootReplaced,
    /// The last statement's root is older than another of the round.
    #[error("RootOlderThanRound")]
    RootOlderThanRound,
    /// The round is another's to start.
    #[error("NotPayee")]
    NotPayee,
    /// No subtree begins at the first index.
    #[error("NotASubtree")]
    NotASubtree,
    /// An account is open between the cursor and the first index.
    #[error("AccountSkipped")]
    AccountSkipped,
    /// Too many indices are skipped at once.
    #[error("SkipTooLong")]
    SkipTooLong,
    /// It shows the outcome without being the last one, or is the last one and does not.
    #[error("WrongOutcome")]
    WrongOutcome,
}

impl RoundRejection {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "RootUnknown" => Self::RootUnknown,
            "RootReplaced" => Self::RootReplaced,
            "RootOlderThanRound" => Self::RootOlderThanRound,
            "NotPayee" => Self::NotPayee,
            "NotASubtree" => Self::NotASubtree,
            "AccountSkipped" => Self::AccountSkipped,
            "SkipTooLong" => Self::SkipTooLong,
            "WrongOutcome" => Self::WrongOutcome,
            _ => return None,
        })
    }
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
    /// A unit names an account that is not open.
    #[error("UnknownAccount")]
    UnknownAccount,
    /// A unit takes a request that its account has not made.
    #[error("NoRequest")]
    NoRequest,
    /// The submission has the wrong form.
    #[error("the submission has the wrong form")]
    Form,
    /// An error this sequencer does not know: module and error numbers.
    #[error("error {1} of module {0}")]
    Other(u8, u8),
}

impl SubmitRejection {
    /// The rejection that a pallet error's name stands for; `None` for a name that neither C-SUBMIT nor D-ROUND lists.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "WrongBatchNumber" => Self::WrongBatchNumber,
            "RiskTableUnknown" | "RiskTableTooOld" | "RiskTableReplaced" | "RiskVersionDecreased" => Self::RiskTable,
            "TimeDecreased" | "TimeBeforeTable" | "TimeTooOld" => Self::TimeTooOld,
            "TimeInFuture" => Self::TimeInFuture,
            "QueueItemOverdue" => Self::QueueOverdue,
            "GroupDisabled" | "GroupFrozen" => Self::Disabled,
            "NotSubmitter" => Self::NotSubmitter,
            "NotLeader" => Self::NotLeader,
            "NotBonded" => Self::NotBonded,
            "HouseChanged" | "HouseNotKeyed" => Self::House,
            "UnknownKey" | "KeyNotActive" | "WrongStatement" => Self::Key,
            "InvalidProof" => Self::Invalid(InvalidBatch::Proof),
            "ProofMalformedEncoding" | "ProofNotOnCurve" | "ProofNotInSubgroup" | "ProofPointAtInfinity" => {
                Self::Invalid(InvalidBatch::ProofEncoding)
            }
            "UnknownAccount" => Self::Invalid(InvalidBatch::UnknownAccount),
            "NoRequest" => Self::Invalid(InvalidBatch::NoRequest),
            "WrappedBatch" | "WrongUnitCount" | "WrongCiphertextLength" | "NonCanonicalField" => {
                Self::Invalid(InvalidBatch::Form)
            }
            _ => return RoundRejection::from_name(name).map(Self::Round),
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

/// A queue item with its id.
pub type QueueEntry<AccountId> = (u64, QueueItem<AccountId>);

/// The chain, as the sequencer of one group needs it.
pub trait ChainClient: Send + Sync + 'static {
    /// Names the owner of a queue item. The sequencer does not look at it.
    type AccountId: Clone + Send + Sync + 'static;

    /// Genesis hash.
    fn genesis_hash(&self) -> [u8; 32];

    /// Account id that submits the batches.
    fn submitter(&self) -> [u8; 32];

    /// Milliseconds of Unix time.
    fn now(&self) -> u64;

    /// The group, or `None` if the chain does not have it.
    fn group(&self, group: u32, at: At) -> impl Future<Output = Result<Option<GroupView>, ChainError>> + Send;

    /// Up to `limit` queue items with ids from `from` on in the newest final block, each with its id, in order.
    fn queue(
        &self,
        group: u32,
        from: u64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<QueueEntry<Self::AccountId>>, ChainError>> + Send;

    /// A risk table by version, or the newest one, in the newest final block.
    fn risk_table(
        &self,
        group: u32,
        version: Option<u64>,
    ) -> impl Future<Output = Result<Option<RiskTable>, ChainError>> + Send;

    /// The index prices of a group's instruments in the best block, without those that the oracle has no price for.
    fn index_prices(&self, group: u32) -> impl Future<Output = Result<Vec<IndexPrice>, ChainError>> + Send;

    /// The re-keys of a group's house in the newest final block, all of them, in order.
    fn house_rekeys(&self, group: u32) -> impl Future<Output = Result<Vec<HouseRekeyed>, ChainError>> + Send;

    /// The sequencers' sealing key in the newest final block.
    fn seal_key(&self, group: u32) -> impl Future<Output = Result<Option<SealingKey>, ChainError>> + Send;

    /// What the submitter has staked on its receipts of a group, in the newest final block.
    fn stake(&self, group: u32) -> impl Future<Output = Result<Stake, ChainError>> + Send;

    /// All verifying keys of house re-keys in the best block.
    fn rekey_keys(&self) -> impl Future<Output = Result<Vec<RekeyKey>, ChainError>> + Send;

    /// Submits a re-key of a group's house and waits until it is in a block of the best chain or refused.
    fn submit_rekey(
        &self,
        group: u32,
        rekey: &HouseRekey,
    ) -> impl Future<Output = Result<SubmitOutcome, ChainError>> + Send;

    /// The last moment at which the chain takes a risk table that was replaced, milliseconds of Unix time; `None` while
    /// it is the newest. In the best block.
    fn table_end(&self, group: u32, version: u64) -> impl Future<Output = Result<Option<u64>, ChainError>> + Send;

    /// All verifying keys of solvency statements in the best block.
    fn solvency_keys(&self) -> impl Future<Output = Result<Vec<SolvencyKey>, ChainError>> + Send;

    /// Where the submitter's solvency round stands in the best block; `None` if the chain does not have the group.
    fn solvency_round(&self, group: u32) -> impl Future<Output = Result<Option<RoundView>, ChainError>> + Send;

    /// Whether a statement that ends before `next` is the last of a round that ends at `end`, in the best block: no
    /// account is open between, and it is no more than one statement may skip (D-ROUND).
    fn ends_round(&self, group: u32, next: u32, end: u32) -> impl Future<Output = Result<bool, ChainError>> + Send;

    /// Submits a solvency statement and waits until it is in a block of the best chain or refused.
    fn submit_solvency(
        &self,
        group: u32,
        statement: &SolvencySubmission,
    ) -> impl Future<Output = Result<SubmitOutcome, ChainError>> + Send;

    /// All verifying keys of batches in the best block.
    fn batch_keys(&self) -> impl Future<Output = Result<Vec<BatchKey>, ChainError>> + Send;

    /// Submits a batch and waits until it is in a block of the best chain or refused.
    fn submit_batch(&self, group: u32, batch: &Batch)
        -> impl Future<Output = Result<SubmitOutcome, ChainError>> + Send;

    /// Submits batches that follow each other, and waits until they are in a block of the best chain or the first of
    /// them is refused. Fewer may be settled, or even submitted: those that are come first.
    fn submit_batches(
        &self,
        group: u32,
        batches: &[Batch],
    ) -> impl Future<Output = Result<SubmitOutcome, ChainError>> + Send;

    /// Batches in final blocks from a place on, in order. A page ends with the block in which it has `limit` batches,
    /// so that memory stays bounded; an empty one means that there are no more. Of the queue only what waited for the
    /// accounts of these batches is read, and of the blocks those that hold them, with a few others to find them.
    fn settled_batches(
        &self,
        group: u32,
        from: HistoryPlace,
        limit: u32,
    ) -> impl Future<Output = Result<SettledPage, ChainError>> + Send;

    /// The group in a final block; `None` if the chain is not that far, or does not have the group there.
    ///
    /// The state of a block long ago may be gone ([`ChainError::Pruned`]).
    fn group_in(&self, group: u32, block: u64) -> impl Future<Output = Result<Option<GroupView>, ChainError>> + Send;

    /// The batches of a group that the transactions of a final block carry, in order, settled or refused. They are read
    /// without the state of the block. Empty if the chain is not that far.
    fn carried_batches(&self, group: u32, block: u64) -> impl Future<Output = Result<Vec<Batch>, ChainError>> + Send;
}
