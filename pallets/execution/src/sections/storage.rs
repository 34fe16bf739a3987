//! What the pallet stores.

use polkadot_sdk::frame_support::pallet_macros::pallet_section;

/// What the pallet stores.
#[pallet_section]
mod storage {
    /// Marks that the transaction being applied is a plain call that submits batches ([`CheckPlainBatch`]). It exists
    /// only inside such a transaction, never between two.
    #[pallet::storage]
    pub type PlainBatch<T: Config> = StorageValue<_, ()>;

    /// Margin groups.
    #[pallet::storage]
    pub type Groups<T: Config> = StorageMap<_, Twox64Concat, u32, GroupState<T::AccountId, T::AssetId>>;

    /// What each group's vault owes.
    #[pallet::storage]
    pub type Totals<T: Config> = StorageMap<_, Twox64Concat, u32, GroupTotals, ValueQuery>;

    /// Accounts by group and index.
    #[pallet::storage]
    pub type Accounts<T: Config> =
        StorageDoubleMap<_, Twox64Concat, u32, Twox64Concat, u32, RegisteredAccount<T::AccountId>>;

    /// The index of an owner in a group.
    #[pallet::storage]
    pub type Indices<T: Config> = StorageDoubleMap<_, Twox64Concat, u32, Blake2_128Concat, T::AccountId, u32>;

    /// Queue items by group and id, a list whose ends the group's state knows.
    #[pallet::storage]
    pub type Queue<T: Config> = StorageDoubleMap<_, Twox64Concat, u32, Twox64Concat, u64, WaitingItem<T::AccountId>>;

    /// Re-keys of the house by group and number, from 0 up to the group's `house_rekeys`, for whoever reads the house
    /// (C-HOUSE).
    #[pallet::storage]
    pub type HouseRekeys<T: Config> = StorageDoubleMap<_, Twox64Concat, u32, Twox64Concat, u32, HouseRekeyed>;

    /// Ids of the queue items of an account, oldest first, by group and index.
    #[pallet::storage]
    pub type PendingItems<T: Config> =
        StorageDoubleMap<_, Twox64Concat, u32, Twox64Concat, u32, BoundedVec<u64, T::MaxItemsPerUser>, OptionQuery>;

    /// Ids of the queue items that the house's part of a batch takes, oldest first, by group.
    #[pallet::storage]
    pub type HouseItems<T: Config> =
        StorageMap<_, Twox64Concat, u32, BoundedVec<u64, ConstU32<{ types::MAX_HOUSE_ITEMS }>>, ValueQuery>;

    /// Payouts that the asset refused, by group and owner, 10^-6.
    #[pallet::storage]
    pub type Claims<T: Config> =
        StorageDoubleMap<_, Twox64Concat, u32, Blake2_128Concat, T::AccountId, u128, ValueQuery>;

    /// The newest roots of a group, by group and number of the batch that left them (D-ROUND).
    #[pallet::storage]
    pub type RecentRoots<T: Config> = StorageDoubleMap<_, Twox64Concat, u32, Twox64Concat, u64, RecentRoot>;

    /// Who answers for batches that were settled, by group and number (C-SETTLED).
    #[pallet::storage]
    pub type Settled<T: Config> = StorageDoubleMap<_, Twox64Concat, u32, Twox64Concat, u64, SettledBatch<T::AccountId>>;

    /// No batch of the group with a lower number is among them.
    #[pallet::storage]
    pub type OldestSettled<T: Config> = StorageMap<_, Twox64Concat, u32, u64>;

    /// How many accounts are open in each subtree, by group and block of 512 indices; for rounds, which skip subtrees
    /// without any.
    #[pallet::storage]
    pub type OpenAccounts<T: Config> =
        StorageDoubleMap<_, Twox64Concat, u32, Twox64Concat, u32, BlockCounts, ValueQuery>;

    /// The solvency rounds under way, one for each payee.
    #[pallet::storage]
    pub type Rounds<T: Config> = StorageMap<_, Twox64Concat, u32, solvency::RoundsOf<T>, ValueQuery>;

    /// The newest complete solvency round.
    #[pallet::storage]
    pub type CompleteRounds<T: Config> = StorageMap<_, Twox64Concat, u32, CompleteRound<T::AccountId>>;

    /// What groups ask of solvency rounds. A group without terms has no gate and is frozen for its
    /// queue alone.
    #[pallet::storage]
    pub type SolvencyTermsOf<T: Config> = StorageMap<_, Twox64Concat, u32, SolvencyTerms>;

    /// How long each group with terms has waited for a complete round.
    #[pallet::storage]
    pub type FreezeClocks<T: Config> = CountedStorageMap<_, Twox64Concat, u32, FreezeClock>;

    /// How long each group's queue has waited for a batch; C-FREEZE.
    #[pallet::storage]
    pub type QueueClocks<T: Config> = StorageMap<_, Twox64Concat, u32, QueueClock>;

    /// The groups that are frozen, and since when, milliseconds of Unix time.
    #[pallet::storage]
    pub type Frozen<T: Config> = StorageMap<_, Twox64Concat, u32, u64>;

    /// The final tables of frozen groups (C-EXIT).
    #[pallet::storage]
    pub type FinalTables<T: Config> = StorageMap<_, Twox64Concat, u32, FinalTable>;

    /// The exits of each group that has a final table, together.
    #[pallet::storage]
    pub type ExitTotals<T: Config> = StorageMap<_, Twox64Concat, u32, ExitSums>;

    /// Exits by group and index. They stay, so that an index exits once.
    #[pallet::storage]
    pub type ExitClaims<T: Config> = StorageDoubleMap<_, Twox64Concat, u32, Twox64Concat, u32, ExitClaim<T::AccountId>>;

    /// Searches for the ratio of a group that are not at their end.
    #[pallet::storage]
    pub type ExitScans<T: Config> = StorageMap<_, Twox64Concat, u32, ExitScan<T::AccountId>>;

    /// Payouts that were withheld for want of a fresh round, or because of a shortfall, by group and owner.
    #[pallet::storage]
    pub type WithheldClaims<T: Config> =
        StorageDoubleMap<_, Twox64Concat, u32, Blake2_128Concat, T::AccountId, WithheldClaim>;

    /// How the income of groups is shared, from their next period on.
    #[pallet::storage]
    pub type PayoutTermsOf<T: Config> = StorageMap<_, Twox64Concat, u32, PayoutTerms, ValueQuery>;

    /// The present period of each group in which anything was counted.
    #[pallet::storage]
    pub type PeriodOf<T: Config> = StorageMap<_, Twox64Concat, u32, Period>;

    /// Credits of provers by group, period and payee, in hundreds of constraints. They go when they are paid.
    #[pallet::storage]
    pub type Credits<T: Config> = StorageNMap<
        _,
        (
            NMapKey<Twox64Concat, u32>,
            NMapKey<Twox64Concat, u32>,
            NMapKey<Blake2_128Concat, T::AccountId>,
        ),
        u128,
        ValueQuery,
    >;

    /// Periods that are over and whose provers have not all come, by group and number.
    #[pallet::storage]
    pub type ClosedPeriods<T: Config> = StorageDoubleMap<_, Twox64Concat, u32, Twox64Concat, u32, ClosedPeriod>;

    /// What was collected for those who share a group's income with the provers, 10^-6.
    #[pallet::storage]
    pub type Shares<T: Config> = StorageDoubleMap<_, Twox64Concat, u32, Twox64Concat, Beneficiary, u128, ValueQuery>;

    /// Who may hold roles of settlement assets, besides the keyless custodian (C-CUSTODY).
    #[pallet::storage]
    pub type Custodians<T: Config> =
        StorageValue<_, BoundedVec<T::AccountId, ConstU32<{ custody::MAX_CUSTODIANS }>>, ValueQuery>;

    /// The assets in which groups settle.
    #[pallet::storage]
    pub type ListedAssets<T: Config> = StorageMap<_, Blake2_128Concat, T::AssetId, ()>;

    /// Groups that take no money because a role of their asset was held by nobody who was declared, and since when,
    /// milliseconds of Unix time.
    #[pallet::storage]
    pub type CustodyLost<T: Config> = StorageMap<_, Twox64Concat, u32, u64>;
}
