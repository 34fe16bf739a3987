//! The chain as the sequencer sees it: the node's own client, asked directly.

use super::context::Context;
use crate::parts::FullClient;
use cloister_runtime::{
    configs::system::RuntimeBlockWeights, opaque::Block, AccountId, AssetId, BlockNumber, Hash, Runtime, RuntimeCall,
    RuntimeEvent,
};
use cloister_sequencer::chain::{
    At, BatchKey, BegunSeries, ChainClient, ChainError, GroupView, HistoryPlace, IndexPrice, RekeyKey, RoundView,
    SealingKey, SettledPage, SolvencyKey, Stake, SubmitOutcome, UnderWay,
};
use codec::DecodeAll;
use frame_support::{dispatch::GetDispatchInfo, BoundedVec};
use frame_system::{EventRecord, Phase};
use pallet_cloister_bonds::{BondOfChain, Bonds, Series, SeriesOf};
use pallet_cloister_execution::{
    api::CloisterApi, types::MAX_REKEY_PAGE, Batch, Call, GroupState, HouseRekey, HouseRekeyed, QueueItem,
    SolvencySubmission, MAX_BATCHES,
};
use pallet_cloister_risk::TableInfo;
use pallet_cloister_verifier::{KeyId, RegisteredKey, StatementKind};
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

    /// What a sequencer must know of a group in the state of a block.
    fn view_at(&self, group: u32, block: Hash, number: BlockNumber) -> Result<Option<GroupView>, ChainError> {
        let solvency = CloisterApi::<Block, AccountId, AssetId, BlockNumber>::solvency(&*self.api(), block, group);
        let frozen = solvency.map_err(unavailable)?.frozen.is_some();
        let own = AccountId::from(self.submitter);
        let leads = CloisterApi::<Block, AccountId, AssetId, BlockNumber>::may_submit(&*self.api(), block, group, own);
        let leads = leads.map_err(unavailable)?;
        Ok(self.group_at(group, block)?.map(|state| GroupView {
            block: number.into(),
            hash: block.0,
            enabled: state.enabled && !frozen,
            leads,
            root: state.root,
            house: state.house,
            batch_no: state.batch_no,
            time: state.time,
            risk_version: state.risk_version,
            queue_first: state.first_item().unwrap_or(state.queue_next),
            queue_next: state.queue_next,
            queue_share: state.queue_terms.share,
            house_rekeys: state.house_rekeys,
        }))
    }

    /// The events of a block's transactions, each with its transaction's number in the block, in order.
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

    /// Queue items of accounts of a group in the state of a block.
    pub(super) fn waiting_at(
        &self,
        group: u32,
        block: Hash,
        accounts: Vec<u32>,
    ) -> Result<Vec<(u64, QueueItem<AccountId>)>, ChainError> {
        CloisterApi::<Block, AccountId, AssetId, BlockNumber>::waiting(&*self.api(), block, group, accounts)
            .map_err(unavailable)
    }

    /// Hash and times of a risk table in the state of a block.
    pub(super) fn risk_info_at(&self, group: u32, block: Hash, version: u64) -> Result<Option<TableInfo>, ChainError> {
        CloisterApi::<Block, AccountId, AssetId, BlockNumber>::risk_info(&*self.api(), block, group, version)
            .map_err(unavailable)
    }

    /// All verifying keys, each with whether a proof that is sent now is accepted under it.
    fn verifying_keys(&self) -> Result<impl Iterator<Item = (KeyId, RegisteredKey<BlockNumber>, bool)>, ChainError> {
        let (best, number) = self.block(At::Best);
        let keys = CloisterApi::<Block, AccountId, AssetId, BlockNumber>::verifying_keys(&*self.api(), best)
            .map_err(unavailable)?;
        Ok(keys.into_iter().map(move |(id, registered)| {
            // What is sent now is in the next block at the earliest.
            let active = registered.active_at <= number.saturating_add(1);
            (id, registered, active)
        }))
    }

    fn read_batch_keys(&self) -> Result<Vec<BatchKey>, ChainError> {
        let of_batches = self.verifying_keys()?.filter_map(|(id, registered, active)| {
            Some(BatchKey {
                id,
                shape: registered.statement.shape()?,
                active,
                key: registered.key.into_inner(),
            })
        });
        Ok(of_batches.collect())
    }

    fn read_solvency_keys(&self) -> Result<Vec<SolvencyKey>, ChainError> {
        let of_statements = self.verifying_keys()?.filter_map(|(id, registered, active)| {
            Some(SolvencyKey {
                id,
                shape: registered.statement.solvency_shape()?,
                active,
                key: registered.key.into_inner(),
            })
        });
        Ok(of_statements.collect())
    }

    fn read_round(&self, group: u32) -> Result<Option<RoundView>, ChainError> {
        let (best, _) = self.block(At::Best);
        let api = self.api();
        let view = CloisterApi::<Block, AccountId, AssetId, BlockNumber>::solvency(&*api, best, group);
        let view = view.map_err(unavailable)?;
        let Some(state) = self.group_at(group, best)? else {
            return Ok(None);
        };
        let payee = AccountId::from(self.submitter);
        let own = view.under_way.iter().find(|round| round.payee == payee);
        Ok(Some(RoundView {
            next_index: state.next_index,
            under_way: own.map(|round| UnderWay {
                cursor: round.cursor,
                end: round.end,
                sums: round.sums,
                oldest_table: round.oldest_table,
            }),
            counted: view.round.map(|round| round.oldest_table),
            max_round_age: view.terms.map(|terms| terms.max_round_age),
        }))
    }

    fn read_rekey_keys(&self) -> Result<Vec<RekeyKey>, ChainError> {
        let of_rekeys = self
            .verifying_keys()?
            .filter(|(_, registered, _)| registered.statement == StatementKind::HouseRekey)
            .map(|(id, registered, active)| RekeyKey {
                id,
                active,
                key: registered.key.into_inner(),
            });
        Ok(of_rekeys.collect())
    }

    fn read_house_rekeys(&self, group: u32) -> Result<Vec<HouseRekeyed>, ChainError> {
        let (block, _) = self.block(At::Finalized);
        let mut all: Vec<HouseRekeyed> = Vec::new();
        loop {
            let from = u32::try_from(all.len()).map_err(unavailable)?;
            let page = CloisterApi::<Block, AccountId, AssetId, BlockNumber>::house_rekeys(
                &*self.api(),
                block,
                group,
                from,
                MAX_REKEY_PAGE,
            )
            .map_err(unavailable)?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }
}

impl ChainClient for NodeChain {
    type AccountId = AccountId;

    fn genesis_hash(&self) -> [u8; 32] {
        self.context.client.info().genesis_hash.0
    }

    fn submitter(&self) -> [u8; 32] {
        self.submitter.0
    }

    fn now(&self) -> u64 {
        // A clock before 1970 makes instructions look good for longer than they are; the chain's own clock decides.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    async fn group(&self, group: u32, at: At) -> Result<Option<GroupView>, ChainError> {
        let (block, number) = self.block(at);
        self.view_at(group, block, number)
    }

    async fn queue(&self, group: u32, from: u64, limit: u32) -> Result<Vec<(u64, QueueItem<AccountId>)>, ChainError> {
        let (block, _) = self.block(At::Finalized);
        CloisterApi::<Block, AccountId, AssetId, BlockNumber>::queue(&*self.api(), block, group, from, limit)
            .map_err(unavailable)
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

    async fn index_prices(&self, group: u32) -> Result<Vec<IndexPrice>, ChainError> {
        self.read_index_prices(group)
    }

    async fn house_rekeys(&self, group: u32) -> Result<Vec<HouseRekeyed>, ChainError> {
        self.read_house_rekeys(group)
    }

    async fn seal_key(&self, group: u32) -> Result<Option<SealingKey>, ChainError> {
        let (block, _) = self.block(At::Finalized);
        CloisterApi::<Block, AccountId, AssetId, BlockNumber>::seal_key(&*self.api(), block, group).map_err(unavailable)
    }

    async fn stake(&self, group: u32) -> Result<Stake, ChainError> {
        let (block, _) = self.block(At::Finalized);
        let own = AccountId::from(self.submitter);
        let bond: Option<BondOfChain<Runtime>> = self.stored(block, Bonds::<Runtime>::hashed_key_for(group, &own))?;
        let series: Option<Series> = self.stored(block, SeriesOf::<Runtime>::hashed_key_for(group, &own))?;
        Ok(Stake {
            bonded: bond.is_some(),
            series: series.map(|Series { number, journal }| BegunSeries { number, journal }),
        })
    }

    async fn rekey_keys(&self) -> Result<Vec<RekeyKey>, ChainError> {
        self.read_rekey_keys()
    }

    async fn submit_rekey(&self, group: u32, rekey: &HouseRekey) -> Result<SubmitOutcome, ChainError> {
        let rekey = Box::new(rekey.clone());
        self.submit(RuntimeCall::Execution(Call::rekey_house { group, rekey }))
            .await
    }

    async fn solvency_keys(&self) -> Result<Vec<SolvencyKey>, ChainError> {
        self.read_solvency_keys()
    }

    async fn solvency_round(&self, group: u32) -> Result<Option<RoundView>, ChainError> {
        self.read_round(group)
    }

    async fn ends_round(&self, group: u32, next: u32, end: u32) -> Result<bool, ChainError> {
        let (best, _) = self.block(At::Best);
        CloisterApi::<Block, AccountId, AssetId, BlockNumber>::ends_round(&*self.api(), best, group, next, end)
            .map_err(unavailable)
    }

    async fn submit_solvency(&self, group: u32, statement: &SolvencySubmission) -> Result<SubmitOutcome, ChainError> {
        let statement = Box::new(statement.clone());
        self.submit(RuntimeCall::Execution(Call::submit_solvency { group, statement }))
            .await
    }

    async fn table_end(&self, group: u32, version: u64) -> Result<Option<u64>, ChainError> {
        let (best, _) = self.block(At::Best);
        let info = self.risk_info_at(group, best, version)?;
        Ok(info.and_then(|info| info.good_until))
    }

    async fn batch_keys(&self) -> Result<Vec<BatchKey>, ChainError> {
        self.read_batch_keys()
    }

    async fn submit_batch(&self, group: u32, batch: &Batch) -> Result<SubmitOutcome, ChainError> {
        let batch = Box::new(batch.clone());
        self.submit(RuntimeCall::Execution(Call::submit_batch { group, batch }))
            .await
    }

    async fn submit_batches(&self, group: u32, batches: &[Batch]) -> Result<SubmitOutcome, ChainError> {
        // Half of a block, so that one has room for them whatever else is in it. One always has.
        let most = RuntimeBlockWeights::get().max_block / 2;
        let mut batches: Vec<Box<Batch>> = batches
            .iter()
            .take(MAX_BATCHES as usize)
            .cloned()
            .map(Box::new)
            .collect();
        loop {
            let call = RuntimeCall::Execution(Call::submit_batches {
                group,
                batches: BoundedVec::truncate_from(batches.clone()),
            });
            if batches.len() <= 1 || call.get_dispatch_info().call_weight.all_lte(most) {
                return self.submit(call).await;
            }
            batches.pop();
        }
    }

    async fn settled_batches(&self, group: u32, from: HistoryPlace, limit: u32) -> Result<SettledPage, ChainError> {
        self.history(group, from, limit)
    }

    async fn group_in(&self, group: u32, block: u64) -> Result<Option<GroupView>, ChainError> {
        let (_, newest) = self.block(At::Finalized);
        let number = BlockNumber::try_from(block).ok().filter(|number| *number <= newest);
        let Some(number) = number else {
            return Ok(None);
        };
        let block = self.final_block(number)?;
        self.check_state(block, number)?;
        self.view_at(group, block, number)
    }

    async fn carried_batches(&self, group: u32, block: u64) -> Result<Vec<Batch>, ChainError> {
        let Ok(number) = BlockNumber::try_from(block) else {
            return Ok(Vec::new());
        };
        self.carried(group, number)
    }
}
