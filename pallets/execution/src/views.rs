//! The functions behind the runtime API (C-API), under the same names.

use crate::{
    claims::Gate,
    solvency::Gap,
    types::{MAX_LEAF_PAGE, MAX_QUEUE_PAGE, MAX_REKEY_PAGE, MAX_UNITS},
    Accounts, Batch, Beneficiary, Claims, ClosedPeriod, ClosedPeriods, CompleteRounds, Config, Credits, ExitClaim,
    ExitClaims, ExitSums, ExitTotals, Field, FinalTable, FinalTables, FreezeClocks, Frozen, GroupState, GroupTotals,
    Groups, HouseRekeyed, HouseRekeys, Income, Indices, Lane, Pallet, PayoutTermsOf, Queue, QueueClocks, QueueItem,
    RecentRoot, RecentRoots, RegisteredAccount, Rounds, Shares, SolvencyTermsOf, SolvencyView, Totals, WithheldClaim,
    WithheldClaims,
};
use alloc::{collections::BTreeSet, vec::Vec};
use cloister_crypto::field::to_bytes;
use cloister_risk::RiskTable;
use cloister_types::AccountIndex;
use pallet_cloister_risk::{RiskTables, TableInfo};

impl<T: Config> Pallet<T> {
    /// All groups, ascending.
    pub fn groups() -> Vec<u32> {
        let mut groups: Vec<u32> = Groups::<T>::iter_keys().collect();
        groups.sort_unstable();
        groups
    }

    /// A group.
    pub fn group_state(group: u32) -> Option<GroupState<T::AccountId, T::AssetId>> {
        Groups::<T>::get(group)
    }

    /// What its vault owes.
    pub fn group_totals(group: u32) -> GroupTotals {
        Totals::<T>::get(group)
    }

    /// Up to `limit` queue items with ids from `from` on, in order, and never more than [`MAX_QUEUE_PAGE`].
    pub fn queue(group: u32, from: u64, limit: u32) -> Vec<(u64, QueueItem<T::AccountId>)> {
        let Some(state) = Groups::<T>::get(group) else {
            return Vec::new();
        };
        let limit = limit.min(MAX_QUEUE_PAGE) as usize;
        let mut page: Vec<_> = [(state.queue, false), (state.priority, true)]
            .into_iter()
            .flat_map(|(lane, priority)| Self::lane_from(group, lane, priority, from).take(limit))
            .collect();
        page.sort_unstable_by_key(|(id, _)| *id);
        page.truncate(limit);
        page
    }

    /// The items of a lane with ids from `from` on, in order.
    fn lane_from(
        group: u32,
        lane: Lane,
        priority: bool,
        from: u64,
    ) -> impl Iterator<Item = (u64, QueueItem<T::AccountId>)> {
        let ends = lane.first.zip(lane.last).filter(|(_, last)| from <= *last);
        let start = ends.and_then(|(first, last)| {
            // Items leave from anywhere, so there may be any number of ids between two of them. Mostly there are few;
            // if not, the list leads to the next item, in as many steps as it has items.
            let is_in_lane = |id: &u64| {
                Queue::<T>::get(group, id).is_some_and(|waiting| waiting.item.kind.has_priority() == priority)
            };
            let near = (from.max(first)..=last).take(MAX_QUEUE_PAGE as usize).find(is_in_lane);
            near.or_else(|| Self::along(group, Some(first)).map(|(id, _)| id).find(|id| *id >= from))
        });
        Self::along(group, start)
    }

    /// What the next item of the group's queue costs, besides what it pays in, 10^-6: a forced withdrawal or a re-key
    /// (`priority`), or any other item of an account.
    pub fn queue_fee(group: u32, priority: bool) -> u64 {
        Groups::<T>::get(group).map_or(0, |state| Self::item_fee(group, &state, priority))
    }

    /// The queue items of accounts, each account's oldest first; of no more than [`MAX_UNITS`] accounts. The index 2^24
    /// stands for the house.
    pub fn waiting(group: u32, accounts: Vec<u32>) -> Vec<(u64, QueueItem<T::AccountId>)> {
        let accounts: BTreeSet<u32> = accounts.into_iter().take(MAX_UNITS as usize).collect();
        accounts
            .into_iter()
            .flat_map(|index| {
                let of_house = (index == AccountIndex::HOUSE.get()).then(|| Self::house_items(group));
                Self::items_of(group, index).chain(of_house.into_iter().flatten())
            })
            .collect()
    }

    /// Up to `limit` re-keys of the house with numbers from `from` on, in order, and never more than
    /// [`MAX_REKEY_PAGE`].
    pub fn house_rekeys(group: u32, from: u32, limit: u32) -> Vec<HouseRekeyed> {
        let count = Groups::<T>::get(group).map_or(0, |state| state.house_rekeys);
        (from..count)
            .take(limit.min(MAX_REKEY_PAGE) as usize)
            .filter_map(|number| HouseRekeys::<T>::get(group, number))
            .collect()
    }

    /// What is known of a group's solvency.
    pub fn solvency(group: u32) -> SolvencyView<T::AccountId> {
        SolvencyView {
            terms: SolvencyTermsOf::<T>::get(group),
            queue_waited: QueueClocks::<T>::get(group).map_or(0, |clock| clock.waited),
            round: CompleteRounds::<T>::get(group),
            open: Self::gate(group) != Gate::Shut,
            waited: FreezeClocks::<T>::get(group).map_or(0, |clock| clock.waited),
            frozen: Frozen::<T>::get(group),
            under_way: Rounds::<T>::get(group).into_inner(),
        }
    }

    /// Whether a statement that ends before `next` is the last of a round that ends at `end`: no account is open
    /// between (D-ROUND).
    pub fn ends_round(group: u32, next: u32, end: u32) -> bool {
        Self::gap(group, next, end) == Gap::Empty
    }

    /// The root that the newest batch left; none before the first.
    pub fn newest_root(group: u32) -> Option<(u64, RecentRoot)> {
        let batch_no = Groups::<T>::get(group)?.batch_no.checked_sub(1)?;
        RecentRoots::<T>::get(group, batch_no).map(|recent| (batch_no, recent))
    }

    /// What was withheld from an owner; none if all was paid.
    pub fn withheld_of(group: u32, owner: &T::AccountId) -> Option<WithheldClaim> {
        WithheldClaims::<T>::get(group, owner)
    }

    /// The final table of a frozen group.
    pub fn final_table(group: u32) -> Option<FinalTable> {
        FinalTables::<T>::get(group)
    }

    /// The exits of a group that has a final table, together.
    pub fn exit_sums(group: u32) -> Option<ExitSums> {
        ExitTotals::<T>::get(group)
    }

    /// The exit of an index.
    pub fn exit_of(group: u32, index: u32) -> Option<ExitClaim<T::AccountId>> {
        ExitClaims::<T>::get(group, index)
    }

    /// An account.
    pub fn account(group: u32, index: u32) -> Option<RegisteredAccount<T::AccountId>> {
        Accounts::<T>::get(group, index)
    }

    /// The leaves of up to `limit` indices from `from` on, in order, and never more than [`MAX_LEAF_PAGE`]; 0 where no
    /// account is.
    pub fn leaves(group: u32, from: u32, limit: u32) -> Vec<Field> {
        let next = Groups::<T>::get(group).map_or(0, |state| state.next_index);
        let page = (from..next).take(limit.min(MAX_LEAF_PAGE) as usize);
        page.map(|index| {
            let record = Accounts::<T>::get(group, index).and_then(|account| account.record);
            record.map_or([0; 32], |record| record.leaf)
        })
        .collect()
    }

    /// The index of an owner.
    pub fn index_of(group: u32, owner: &T::AccountId) -> Option<u32> {
        Indices::<T>::get(group, owner)
    }

    /// The claim of an owner, 10^-6.
    pub fn claim_of(group: u32, owner: &T::AccountId) -> u128 {
        Claims::<T>::get(group, owner)
    }

    /// The income of a group.
    pub fn income(group: u32) -> Option<Income> {
        Groups::<T>::contains_key(group).then(|| Income {
            terms: PayoutTermsOf::<T>::get(group),
            period: Self::period(group),
            shares: [Beneficiary::Sequencer, Beneficiary::Insurance, Beneficiary::Treasury]
                .map(|beneficiary| (beneficiary, Shares::<T>::get(group, beneficiary)))
                .to_vec(),
        })
    }

    /// A period that is over and whose provers have not all come.
    pub fn closed_period(group: u32, period: u32) -> Option<ClosedPeriod> {
        ClosedPeriods::<T>::get(group, period)
    }

    /// Credits of a payee in a period.
    pub fn credits_of(group: u32, period: u32, payee: &T::AccountId) -> u128 {
        Credits::<T>::get((group, period, payee))
    }

    /// Hash of the statement that a batch would have to prove as the group's next one (B-STATEMENT), whoever submits it
    /// and whenever; none if it could not be that: of another number, at a table that is not kept, of accounts that are
    /// not there.
    pub fn batch_statement(group: u32, batch: &Batch) -> Option<Field> {
        let state = Groups::<T>::get(group).filter(|state| state.batch_no == batch.batch_no)?;
        let table = T::Risk::table_info(group, batch.risk_version)?;
        let (takings, house, _) = Self::plan_queue(group, &state, batch, table.time).ok()?;
        Self::check_accounts(group, batch, &takings).ok()?;
        let statement = Self::statement(group, &state, &table, batch, &takings, &house).ok()?;
        Some(to_bytes(&statement.hash()))
    }

    /// Whether somebody may submit batches of a group now (C-TAKE-OVER).
    pub fn may_submit(group: u32, who: &T::AccountId) -> bool {
        Self::check_right(who, group).is_ok()
    }

    /// Version of the newest risk table.
    pub fn latest_risk_version(group: u32) -> Option<u64> {
        T::Risk::latest_version(group)
    }

    /// A risk table that is still kept.
    pub fn risk_table(group: u32, version: u64) -> Option<RiskTable> {
        T::Risk::table(group, version)
    }

    /// The newest risk table.
    pub fn latest_risk_table(group: u32) -> Option<RiskTable> {
        T::Risk::latest_version(group).and_then(|version| T::Risk::table(group, version))
    }

    /// Hash and times of a risk table that is still kept.
    pub fn risk_info(group: u32, version: u64) -> Option<TableInfo> {
        T::Risk::table_info(group, version)
    }
}
