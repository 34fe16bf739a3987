//! The chain as the sequencer sees it: the node's own client, asked directly.

use super::context::Context;
use crate::parts::FullClient;
use cloister_runtime::{opaque::Block, AccountId, AssetId, BlockNumber, Hash, RuntimeEvent};
use cloister_sequencer::chain::{
    At, BatchSubmission, ChainClient, ChainError, GroupView, QueueEntry, QueueKind, SettledBatch, ShapeView,
    SubmitOutcome,
};
use codec::DecodeAll;
use frame_system::{EventRecord, Phase};
use pallet_cloister_execution::{api::CloisterApi, GroupState, ItemKind, QueueItem};
use polkadot_sdk::*;
use sc_client_api::{StorageKey, StorageProvider};
use sp_api::{ApiRef, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use sp_core::sr25519;
use sp_io::hashing::twox_128;
use std::time::{SystemTime, UNIX_EPOCH};

/// The runtime as the client calls it.
pub(super) type Api<'a> = ApiRef<'a, <FullClient as ProvideRuntimeApi<Block>>::Api>;
/// State of a group.
pub(super) type Group = GroupState<AccountId, AssetId>;

/// The chain behind this node.
pub struct NodeChain {
    pub(super) context: Context,
    pub(super) submitter: sr25519::Public,
}

/// An answer that the node does not have now, as text for the log: the SDK's errors have no type that would help.
pub(super) fn unavailable(error: impl std::fmt::Display) -> ChainError {
    ChainError::Unavailable(error.to_string())
}

/// A queue item in the sequencer's words.
pub(super) fn entry(item: u64, queued: QueueItem<AccountId>) -> QueueEntry {
    let kind = match queued.kind {
        ItemKind::Deposit => QueueKind::Deposit,
        ItemKind::Open(keys) => QueueKind::Open {
            pk_x: keys.pk_x,
            pk_y: keys.pk_y,
            view_commitment: keys.view_commitment,
            sealed_view_key: keys.sealed_view_key,
        },
    };
    QueueEntry {
        item,
        index: queued.index,
        amount: queued.amount,
        kind,
    }
}

impl NodeChain {
    /// The chain behind a node; batches are signed by `submitter`, whose key is in the keystore.
    pub fn new(context: Context, submitter: sr25519::Public) -> Self {
        Self { context, submitter }
    }

    pub(super) fn api(&self) -> Api<'_> {
        self.context.client.runtime_api()
    }

    /// Hash and number of a block.
    pub(super) fn block(&self, at: At) -> (Hash, BlockNumber) {
        let info = self.context.client.info();
        match at {
            At::Best => (info.best_hash, info.best_number),
            At::Finalized => (info.finalized_hash, info.finalized_number),
        }
    }

    /// A group in the state of a block.
    pub(super) fn group_at(&self, group: u32, block: Hash) -> Result<Option<Group>, ChainError> {
        CloisterApi::<Block, AccountId, AssetId, BlockNumber>::group_state(&*self.api(), block, group)
            .map_err(unavailable)
    }

    /// The events of a block's transactions, each with the transaction's place in the block, in order.
    pub(super) fn events(&self, block: Hash) -> Result<Vec<(usize, RuntimeEvent)>, ChainError> {
        let key = StorageKey([twox_128(b"System"), twox_128(b"Events")].concat());
        let data = self.context.client.storage(block, &key).map_err(unavailable)?;
        let data = data.ok_or_else(|| unavailable("a block without events"))?;
        let records = Vec::<Box<EventRecord<RuntimeEvent, Hash>>>::decode_all(&mut &data.0[..]).map_err(unavailable)?;
        let of_transaction = |record: Box<EventRecord<RuntimeEvent, Hash>>| match record.phase {
            Phase::ApplyExtrinsic(at) => usize::try_from(at).ok().map(|at| (at, record.event)),
            _ => None,
        };
        Ok(records.into_iter().filter_map(of_transaction).collect())
    }

    fn read_shapes(&self) -> Result<Vec<ShapeView>, ChainError> {
        let (best, number) = self.block(At::Best);
        let api = self.api();
        let ids = CloisterApi::<Block, AccountId, AssetId, BlockNumber>::shapes(&*api, best).map_err(unavailable)?;
        let mut views = Vec::new();
        for id in ids {
            let shape = CloisterApi::<Block, AccountId, AssetId, BlockNumber>::verifying_key(&*api, best, id)
                .map_err(unavailable)?;
            if let Some(shape) = shape {
                views.push(ShapeView {
                    id,
                    units: shape.units,
                    places: shape.orders.into(),
                    // A batch that is sent now is in the next block at the earliest.
                    active: shape.active_at <= number.saturating_add(1),
                    key: shape.key.into_inner(),
                });
            }
        }
        Ok(views)
    }
}

impl ChainClient for NodeChain {
    fn genesis_hash(&self) -> [u8; 32] {
        self.context.client.info().genesis_hash.0
    }

    fn now(&self) -> u64 {
        // A clock before 1970 makes instructions look good for longer than they are; the chain's own clock decides.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    async fn group(&self, group: u32, at: At) -> Result<Option<GroupView>, ChainError> {
        let (block, number) = self.block(at);
        Ok(self.group_at(group, block)?.map(|state| GroupView {
            block: number.into(),
            enabled: state.enabled,
            root: state.root,
            house: state.house,
            batch_no: state.batch_no,
            time: state.time,
            risk_version: state.risk_version,
            queue_first: state.queue_first,
            queue_next: state.queue_next,
        }))
    }

    async fn queue(&self, group: u32, from: u64, limit: u32) -> Result<Vec<QueueEntry>, ChainError> {
        let (block, _) = self.block(At::Finalized);
        let items =
            CloisterApi::<Block, AccountId, AssetId, BlockNumber>::queue(&*self.api(), block, group, from, limit)
                .map_err(unavailable)?;
        Ok(items.into_iter().map(|(item, queued)| entry(item, queued)).collect())
    }

    async fn risk_table(
        &self,
        group: u32,
        version: Option<u64>,
    ) -> Result<Option<cloister_risk::RiskTable>, ChainError> {
        let (block, _) = self.block(At::Finalized);
        let api = self.api();
        match version {
            Some(version) => {
                CloisterApi::<Block, AccountId, AssetId, BlockNumber>::risk_table(&*api, block, group, version)
            }
            None => CloisterApi::<Block, AccountId, AssetId, BlockNumber>::latest_risk_table(&*api, block, group),
        }
        .map_err(unavailable)
    }

    async fn shapes(&self) -> Result<Vec<ShapeView>, ChainError> {
        self.read_shapes()
    }

    async fn submit_batch(&self, group: u32, batch: &BatchSubmission) -> Result<SubmitOutcome, ChainError> {
        self.submit(group, batch).await
    }

    async fn settled_batches(&self, group: u32, from: u64) -> Result<Vec<SettledBatch>, ChainError> {
        self.history(group, from)
    }
}
