//! What the chain knows about the exchange: its runtime API (C-API) and a few storage values.

use super::{Chain, ChainError, R};
use cloister_risk::RiskTable;
use cloister_runtime::{AccountId, AssetId, Balance, BlockNumber, Hash};
use cloister_types::{AccountIndex, Amount};
use codec::Encode;
use pallet_cloister_bonds::{Bond, Bonds, Series, SeriesOf};
use pallet_cloister_execution::{
    types::{Field, MAX_LEAF_PAGE, MAX_QUEUE_PAGE, MAX_REKEY_PAGE},
    ExitClaim, ExitSums, FinalTable, GroupState, GroupTotals, HouseRekeyed, ItemKind, QueueItem, RegisteredAccount,
    SolvencyView, WithheldClaim,
};
use pallet_cloister_risk::{Group, TableInfo};
use pallet_cloister_sequencers::SettledBatch;
use pallet_cloister_verifier::{KeyId, RegisteredKey, StatementKind};
use polkadot_sdk::{
    frame_support::{Blake2_128Concat, ReversibleStorageHasher},
    frame_system, pallet_assets,
};

/// State of a group on this chain.
pub type GroupStateOf = GroupState<AccountId, AssetId>;
/// Queue item of this chain.
pub type QueueItemOf = QueueItem<AccountId>;

/// What waits for a group's insurance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InsuranceQueue {
    /// Paid in.
    pub paid_in: Amount,
    /// Asked to be taken out, and what must stay.
    pub take: Option<(Amount, Amount)>,
}
/// Account of a group on this chain.
pub type AccountOf = RegisteredAccount<AccountId>;
/// Verifying key of this chain.
pub type KeyOf = RegisteredKey<BlockNumber>;
/// What this chain says of a group's solvency.
pub type SolvencyOf = SolvencyView<AccountId>;
/// Risk parameters of a group on this chain.
pub type RiskGroupOf = Group<<R as pallet_cloister_risk::Config>::FeedId>;

impl Chain {
    /// State of a margin group.
    ///
    /// # Errors
    /// [`ChainError::Absent`] if there is no such group.
    pub async fn group_state(&self, group: u32, at: Option<Hash>) -> Result<GroupStateOf, ChainError> {
        let state: Option<GroupStateOf> = self.api("CloisterApi_group_state", group.encode(), at).await?;
        state.ok_or(ChainError::Absent("such margin group"))
    }

    /// What the vault of a group owes.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn group_totals(&self, group: u32, at: Option<Hash>) -> Result<GroupTotals, ChainError> {
        self.api("CloisterApi_group_totals", group.encode(), at).await
    }

    /// What is known of a group's solvency (C-GATE, C-FREEZE).
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn solvency(&self, group: u32, at: Option<Hash>) -> Result<SolvencyOf, ChainError> {
        self.api("CloisterApi_solvency", group.encode(), at).await
    }

    /// What was withheld from an owner; none if all was paid (C-CLAIM).
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn withheld_of(
        &self,
        group: u32,
        owner: &AccountId,
        at: Option<Hash>,
    ) -> Result<Option<WithheldClaim>, ChainError> {
        self.api("CloisterApi_withheld_of", (group, owner).encode(), at).await
    }

    /// The queue of a group, all of it.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn queue(&self, group: u32, at: Option<Hash>) -> Result<Vec<(u64, QueueItemOf)>, ChainError> {
        let mut out: Vec<(u64, QueueItemOf)> = Vec::new();
        let mut from = 0u64;
        loop {
            let arguments = (group, from, MAX_QUEUE_PAGE).encode();
            let page: Vec<(u64, QueueItemOf)> = self.api("CloisterApi_queue", arguments, at).await?;
            let Some((last, _)) = page.last() else { return Ok(out) };
            from = last.saturating_add(1);
            out.extend(page);
        }
    }

    /// Who may submit a group's batches, in the order in which they lead. They sign receipts.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn submitters(&self, group: u32, at: Option<Hash>) -> Result<Vec<AccountId>, ChainError> {
        self.api("CloisterApi_submitters", group.encode(), at).await
    }

    /// The series of the receipts of one who submits a group's batches; none if it has begun none (C-BOND).
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn series_of_receipts(
        &self,
        group: u32,
        who: &AccountId,
        at: Option<Hash>,
    ) -> Result<Option<Series>, ChainError> {
        self.storage(SeriesOf::<R>::hashed_key_for(group, who), at).await
    }

    /// What one who submits a group's batches has bonded; none if it has nothing there (C-BOND).
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn bond(
        &self,
        group: u32,
        who: &AccountId,
        at: Option<Hash>,
    ) -> Result<Option<Bond<Balance, BlockNumber>>, ChainError> {
        self.storage(Bonds::<R>::hashed_key_for(group, who), at).await
    }

    /// Who answers for a settled batch; none if nobody does, or if the chain has forgotten it (C-SETTLED).
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn settled_by(
        &self,
        group: u32,
        batch_no: u64,
        at: Option<Hash>,
    ) -> Result<Option<SettledBatch<AccountId>>, ChainError> {
        let key = pallet_cloister_execution::Settled::<R>::hashed_key_for(group, batch_no);
        self.storage(key, at).await
    }

    /// What the next item of a group's queue costs besides what it pays in, 10^-6: a forced withdrawal or a re-key
    /// (`priority`), or any other item of an account.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn queue_fee(&self, group: u32, priority: bool, at: Option<Hash>) -> Result<u64, ChainError> {
        self.api("CloisterApi_queue_fee", (group, priority).encode(), at).await
    }

    /// The queue items of accounts, each account's oldest first; of no more accounts than a batch may have units.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn waiting(
        &self,
        group: u32,
        accounts: &[u32],
        at: Option<Hash>,
    ) -> Result<Vec<(u64, QueueItemOf)>, ChainError> {
        self.api("CloisterApi_waiting", (group, accounts).encode(), at).await
    }

    /// What waits to go into a group's insurance and out of it (C-DOORS).
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn insurance_queue(&self, group: u32, at: Option<Hash>) -> Result<InsuranceQueue, ChainError> {
        let waiting = self.waiting(group, &[AccountIndex::HOUSE.get()], at).await?;
        let mut queue = InsuranceQueue::default();
        for (_, item) in waiting {
            queue.paid_in = queue.paid_in.saturating_add(item.amount);
            if let ItemKind::TakeInsurance { amount, keep } = item.kind {
                queue.take = Some((amount, keep));
            }
        }
        Ok(queue)
    }

    /// The re-keys of a group's house, all of them, in order.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn house_rekeys(&self, group: u32, at: Option<Hash>) -> Result<Vec<HouseRekeyed>, ChainError> {
        let mut out: Vec<HouseRekeyed> = Vec::new();
        loop {
            let arguments = (group, out.len() as u32, MAX_REKEY_PAGE).encode();
            let page: Vec<HouseRekeyed> = self.api("CloisterApi_house_rekeys", arguments, at).await?;
            if page.is_empty() {
                return Ok(out);
            }
            out.extend(page);
        }
    }

    /// The account behind an index.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn account(&self, group: u32, index: u32, at: Option<Hash>) -> Result<Option<AccountOf>, ChainError> {
        self.api("CloisterApi_account", (group, index).encode(), at).await
    }

    /// The leaves of a group's account tree, from index 0 on; 0 where no account is (C-RECORD).
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn leaves(&self, group: u32, at: Option<Hash>) -> Result<Vec<Field>, ChainError> {
        let mut leaves: Vec<Field> = Vec::new();
        loop {
            let from = u32::try_from(leaves.len()).unwrap_or(u32::MAX);
            let arguments = (group, from, MAX_LEAF_PAGE).encode();
            let page: Vec<Field> = self.api("CloisterApi_leaves", arguments, at).await?;
            let last = page.len() < MAX_LEAF_PAGE as usize;
            leaves.extend(page);
            if last {
                return Ok(leaves);
            }
        }
    }

    /// The index of an owner's account.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn index_of(&self, group: u32, owner: &AccountId, at: Option<Hash>) -> Result<Option<u32>, ChainError> {
        self.api("CloisterApi_index_of", (group, owner).encode(), at).await
    }

    /// What an owner can claim, 10^-6.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn claim_of(&self, group: u32, owner: &AccountId, at: Option<Hash>) -> Result<u128, ChainError> {
        self.api("CloisterApi_claim_of", (group, owner).encode(), at).await
    }

    /// The account that holds a group's money.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn vault_account(&self, group: u32) -> Result<AccountId, ChainError> {
        self.api("CloisterApi_vault_account", group.encode(), None).await
    }

    /// Whether this is a chain for trying things out, as its genesis says.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn is_development(&self) -> Result<bool, ChainError> {
        self.api("CloisterApi_is_development", Vec::new(), None).await
    }

    /// All verifying keys, by id.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn verifying_keys(&self, at: Option<Hash>) -> Result<Vec<(KeyId, KeyOf)>, ChainError> {
        self.api("CloisterApi_verifying_keys", Vec::new(), at).await
    }

    /// A verifying key.
    ///
    /// # Errors
    /// [`ChainError::Absent`] if there is none with this id.
    pub async fn verifying_key(&self, id: KeyId, at: Option<Hash>) -> Result<KeyOf, ChainError> {
        let found: Option<KeyOf> = self.api("CloisterApi_verifying_key", id.encode(), at).await?;
        found.ok_or(ChainError::Absent("such verifying key"))
    }

    /// The verifying keys of seals under which an open that is sent now is accepted, the newest first.
    ///
    /// # Errors
    /// [`ChainError::Absent`] if there is none.
    pub async fn seal_verifying_keys(&self) -> Result<Vec<(KeyId, KeyOf)>, ChainError> {
        // The open is in the next block at the earliest.
        let next = self.header(None).await?.number.saturating_add(1);
        let mut keys = self.verifying_keys(None).await?;
        keys.retain(|(_, key)| key.statement == StatementKind::Seal && key.active_at <= next);
        keys.sort_by_key(|(id, key)| core::cmp::Reverse((key.active_at, *id)));
        if keys.is_empty() {
            return Err(ChainError::Absent("active verifying key of seals"));
        }
        Ok(keys)
    }

    /// The verifying keys under which an exit that is sent now is accepted, the newest first; none if there is none.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn exit_verifying_keys(&self) -> Result<Vec<(KeyId, KeyOf)>, ChainError> {
        let next = self.header(None).await?.number.saturating_add(1);
        let mut keys = self.verifying_keys(None).await?;
        keys.retain(|(_, key)| key.statement == StatementKind::Exit && key.active_at <= next);
        keys.sort_by_key(|(id, key)| core::cmp::Reverse((key.active_at, *id)));
        Ok(keys)
    }

    /// The final table of a frozen group; none if it is not fixed yet.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn final_table(&self, group: u32, at: Option<Hash>) -> Result<Option<FinalTable>, ChainError> {
        self.api("CloisterApi_final_table", group.encode(), at).await
    }

    /// The exits of a group; none if it has no final table.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn exit_sums(&self, group: u32, at: Option<Hash>) -> Result<Option<ExitSums>, ChainError> {
        self.api("CloisterApi_exit_sums", group.encode(), at).await
    }

    /// The exit of an index; none if it has not exited.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn exit_of(
        &self,
        group: u32,
        index: u32,
        at: Option<Hash>,
    ) -> Result<Option<ExitClaim<AccountId>>, ChainError> {
        self.api("CloisterApi_exit_of", (group, index).encode(), at).await
    }

    /// The sealing key of a group's sequencers.
    ///
    /// # Errors
    /// [`ChainError::Absent`] if none is set.
    pub async fn seal_key(&self, group: u32, at: Option<Hash>) -> Result<([u8; 32], [u8; 32]), ChainError> {
        let key: Option<([u8; 32], [u8; 32])> = self.api("CloisterApi_seal_key", group.encode(), at).await?;
        key.ok_or(ChainError::Absent("sealing key of the group yet"))
    }

    /// The newest risk table of a group.
    ///
    /// # Errors
    /// [`ChainError::Absent`] before the first.
    pub async fn latest_risk_table(&self, group: u32, at: Option<Hash>) -> Result<RiskTable, ChainError> {
        let table: Option<RiskTable> = self.api("CloisterApi_latest_risk_table", group.encode(), at).await?;
        table.ok_or(ChainError::Absent("risk table yet: the oracle has fed no prices"))
    }

    /// A risk table of a group; none if it is not kept any more.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn risk_table(
        &self,
        group: u32,
        version: u64,
        at: Option<Hash>,
    ) -> Result<Option<RiskTable>, ChainError> {
        self.api("CloisterApi_risk_table", (group, version).encode(), at).await
    }

    /// Hash and time of a risk table.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn risk_info(&self, group: u32, version: u64, at: Option<Hash>) -> Result<Option<TableInfo>, ChainError> {
        self.api("CloisterApi_risk_info", (group, version).encode(), at).await
    }

    /// The risk parameters of a group and its instruments.
    ///
    /// # Errors
    /// [`ChainError::Absent`] if there is no such group.
    pub async fn risk_group(&self, group: u32, at: Option<Hash>) -> Result<RiskGroupOf, ChainError> {
        let found = self
            .storage(pallet_cloister_risk::Groups::<R>::hashed_key_for(group), at)
            .await?;
        found.ok_or(ChainError::Absent("such margin group"))
    }

    /// Balance of an asset, in its smallest unit.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn asset_balance(
        &self,
        asset: AssetId,
        who: &AccountId,
        at: Option<Hash>,
    ) -> Result<Balance, ChainError> {
        let key = pallet_assets::Account::<R>::hashed_key_for(asset, who);
        let account: Option<AssetAccount> = self.storage(key, at).await?;
        Ok(account.map_or(0, |a| a.balance))
    }

    /// Every holder of an asset with its balance.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn asset_holders(
        &self,
        asset: AssetId,
        at: Option<Hash>,
    ) -> Result<Vec<(AccountId, Balance)>, ChainError> {
        let prefix = pallet_assets::Account::<R>::hashed_key_for(asset, AccountId::new([0; 32]));
        // The second key is a 16-byte hash and the account itself.
        let cut = prefix.len().saturating_sub(16 + 32);
        let mut out = Vec::new();
        for key in self.storage_keys(prefix[..cut].to_vec(), at).await? {
            let raw = key
                .get(cut..)
                .map(Blake2_128Concat::reverse)
                .and_then(|raw| <[u8; 32]>::try_from(raw).ok());
            let raw = raw.ok_or(ChainError::Absent("account behind a storage key of the assets pallet"))?;
            let account: Option<AssetAccount> = self.storage(key, at).await?;
            out.push((AccountId::new(raw), account.map_or(0, |a| a.balance)));
        }
        Ok(out)
    }

    /// Total supply and minimum balance of an asset.
    ///
    /// # Errors
    /// [`ChainError::Absent`] if there is no such asset.
    pub async fn asset_supply(&self, asset: AssetId, at: Option<Hash>) -> Result<(Balance, Balance), ChainError> {
        let details: Option<AssetDetails> = self
            .storage(pallet_assets::Asset::<R>::hashed_key_for(asset), at)
            .await?;
        details
            .map(|d| (d.supply, d.min_balance))
            .ok_or(ChainError::Absent("such asset"))
    }

    /// Free native tokens of an account.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn native_balance(&self, who: &AccountId) -> Result<Balance, ChainError> {
        let account: Option<frame_system::AccountInfo<u32, NativeData>> = self
            .storage(frame_system::Account::<R>::hashed_key_for(who), None)
            .await?;
        Ok(account.map_or(0, |a| a.data.free))
    }
}

/// Value of the assets pallet's map of accounts.
type AssetAccount = pallet_assets::AssetAccount<Balance, Balance, (), AccountId>;
/// Value of the assets pallet's map of assets.
type AssetDetails = pallet_assets::AssetDetails<Balance, AccountId, Balance>;
/// Balances in the system's accounts.
type NativeData = polkadot_sdk::pallet_balances::AccountData<Balance>;
