//! What sequencer, client and RPC read of the chain (C-API).

use crate::{
    exit::{ExitClaim, ExitSums, FinalTable},
    periods::{ClosedPeriod, Income},
    solvency::{RecentRoot, SolvencyView, WithheldClaim},
    types::{Batch, Field, GroupState, GroupTotals, HouseRekeyed, KeyId, QueueItem, RegisteredAccount},
};
use alloc::vec::Vec;
use cloister_risk::RiskTable;
use codec::Codec;
use pallet_cloister_risk::TableInfo;
use pallet_cloister_verifier::RegisteredKey;
use polkadot_sdk::sp_api;

sp_api::decl_runtime_apis! {
    /// The state of margin groups, queues, keys and risk tables.
    #[api_version(2)]
    pub trait CloisterApi<AccountId, AssetId, BlockNumber>
    where
        AccountId: Codec,
        AssetId: Codec,
        BlockNumber: Codec,
    {
        /// All groups.
        fn groups() -> Vec<u32>;
        /// A group.
        fn group_state(group: u32) -> Option<GroupState<AccountId, AssetId>>;
        /// What its vault owes.
        fn group_totals(group: u32) -> GroupTotals;
        /// Up to `limit` queue items with ids from `from` on, in order, and never more than a page.
        fn queue(group: u32, from: u64, limit: u32) -> Vec<(u64, QueueItem<AccountId>)>;
        /// What the next item costs besides what it pays in, 10^-6: a forced withdrawal or a re-key (`priority`), or
        /// any other item of an account.
        fn queue_fee(group: u32, priority: bool) -> u64;
        /// The queue items of accounts, each account's oldest first; of no more accounts than a batch may have units.
        fn waiting(group: u32, accounts: Vec<u32>) -> Vec<(u64, QueueItem<AccountId>)>;
        /// Up to `limit` re-keys of the house with numbers from `from` on, in order, and never more than a page.
        fn house_rekeys(group: u32, from: u32, limit: u32) -> Vec<HouseRekeyed>;
        /// An account.
        fn account(group: u32, index: u32) -> Option<RegisteredAccount<AccountId>>;
        /// The leaves of up to `limit` indices from `from` on, in order, and never more than a page: what an account's
        /// path to the root is made of (C-RECORD). 0 where no account is.
        fn leaves(group: u32, from: u32, limit: u32) -> Vec<Field>;
        /// The index of an owner.
        fn index_of(group: u32, owner: AccountId) -> Option<u32>;
        /// The claim of an owner, 10^-6.
        fn claim_of(group: u32, owner: AccountId) -> u128;
        /// What is known of a group's solvency.
        fn solvency(group: u32) -> SolvencyView<AccountId>;
        /// Whether a solvency statement that ends before `next` is the last of a round that ends at `end`.
        fn ends_round(group: u32, next: u32, end: u32) -> bool;
        /// The root that the newest batch left, with the batch's number; none before the first.
        fn newest_root(group: u32) -> Option<(u64, RecentRoot)>;
        /// What was withheld from an owner; none if all was paid.
        fn withheld_of(group: u32, owner: AccountId) -> Option<WithheldClaim>;
        /// The final table of a frozen group.
        fn final_table(group: u32) -> Option<FinalTable>;
        /// The exits of a group that has a final table, together.
        fn exit_sums(group: u32) -> Option<ExitSums>;
        /// The exit of an index.
        fn exit_of(group: u32, index: u32) -> Option<ExitClaim<AccountId>>;
        /// The income of a group: terms, the present period, and what was collected for those who share with provers.
        fn income(group: u32) -> Option<Income>;
        /// A period that is over and whose provers have not all come.
        fn closed_period(group: u32, period: u32) -> Option<ClosedPeriod>;
        /// Credits of a payee in a period, in hundreds of constraints; 0 once they are paid.
        fn credits_of(group: u32, period: u32, payee: AccountId) -> u128;
        /// Hash of the statement that a batch would have to prove as the group's next one; none if it could not be
        /// that.
        fn batch_statement(group: u32, batch: Batch) -> Option<Field>;
        /// The account that holds the group's money.
        fn vault_account(group: u32) -> AccountId;
        /// Whether this is a chain for trying things out, as its genesis says.
        fn is_development() -> bool;
        /// All verifying keys, by id.
        fn verifying_keys() -> Vec<(KeyId, RegisteredKey<BlockNumber>)>;
        /// A verifying key.
        fn verifying_key(id: KeyId) -> Option<RegisteredKey<BlockNumber>>;
        /// Who may submit a group's batches, in the order in which they lead.
        fn submitters(group: u32) -> Vec<AccountId>;
        /// Whether somebody may submit a group's batches now (C-TAKE-OVER).
        fn may_submit(group: u32, who: AccountId) -> bool;
        /// The sealing key of a group.
        fn seal_key(group: u32) -> Option<(Field, Field)>;
        /// Version of the newest risk table.
        fn latest_risk_version(group: u32) -> Option<u64>;
        /// A risk table that is still kept.
        fn risk_table(group: u32, version: u64) -> Option<RiskTable>;
        /// The newest risk table.
        fn latest_risk_table(group: u32) -> Option<RiskTable>;
        /// Hash and time of a risk table that is still kept.
        fn risk_info(group: u32, version: u64) -> Option<TableInfo>;
    }
}
