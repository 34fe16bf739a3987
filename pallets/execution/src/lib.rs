//! Settlement of proven batches (C-EXECUTION).
//!
//! A margin group is a root of accounts, a house commitment and a vault. A batch moves root and commitment if a Groth16
//! proof shows that the move follows the rules; the pallet rebuilds the statement of that proof from its own storage
//! and the submitted data, so that nothing it knows is taken from the submitter. Money comes in through a queue that
//! batches take by account, and goes out only to the owners of accounts.
//!
//! There is no way to settle without a proof: the verifier is not configurable.
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod admin;
pub mod api;
mod batch;
mod claims;
pub mod extension;
mod freeze;
mod house;
mod insurance;
mod keys;
mod queue;
mod seal;
pub mod solvency;
#[cfg(any(feature = "try-runtime", test))]
mod try_state;
pub mod types;
mod vault;
pub mod verifier;
mod views;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use extension::CheckPlainBatch;
pub use pallet::*;
pub use solvency::{
    BlockCounts, CompleteRound, FreezeClock, RecentRoot, Round, SolvencyTerms, SolvencyView, WithheldClaim,
};
pub use types::{
    Batch, Field, Findings, GenesisKey, GroupState, GroupTotals, HouseRekey, HouseRekeyed, ItemKind, KeyId, OpenKeys,
    QueueItem, RegisteredAccount, RegisteredKey, SealProof, SolvencySubmission, StatementKind, Terms, UnitSubmission,
    WaitingItem,
};
pub use weights::WeightInfo;

pub(crate) use polkadot_sdk::frame_system::pallet_prelude::BlockNumberFor;
use polkadot_sdk::{frame_support, frame_system, sp_core, sp_runtime};

#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use alloc::{boxed::Box, vec::Vec};
    use cloister_ledger::Switches;
    use cloister_settlement::Request;
    use frame_support::{
        pallet_prelude::*,
        traits::{fungibles, Time},
        PalletId,
    };
    use frame_system::pallet_prelude::*;
    use pallet_cloister_risk::{BatchShapes, RiskTables};
    use sp_runtime::traits::{AtLeast32BitUnsigned, Saturating};

    #[pallet::pallet]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config:
        polkadot_sdk::frame_system::Config<
        RuntimeEvent: From<Event<Self>>,
        Hash = sp_core::H256,
        AccountId: Into<[u8; 32]> + From<[u8; 32]>,
    >
    {
        /// Makes groups and sets keys and submitters.
        type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;
        /// Names a settlement asset.
        type AssetId: Parameter + Member + MaxEncodedLen + MaybeSerializeDeserialize;
        /// The settlement assets. Amounts are 10^-6, so an asset has 6 decimals.
        type Assets: fungibles::Inspect<Self::AccountId, AssetId = Self::AssetId, Balance = u128>
            + fungibles::Mutate<Self::AccountId>
            + fungibles::metadata::Inspect<Self::AccountId>;
        /// The risk tables.
        type Risk: RiskTables;
        /// The chain's clock, milliseconds of Unix time.
        type Time: Time<Moment = u64>;
        /// The vaults' accounts derive from it.
        #[pallet::constant]
        type PalletId: Get<PalletId>;
        /// Length of a group's queue from which on it takes nothing but the deposits of accounts that have none
        /// waiting.
        #[pallet::constant]
        type MaxQueue: Get<u32>;
        /// Maximum number of queue items per account.
        #[pallet::constant]
        type MaxItemsPerUser: Get<u32>;
        /// Maximum number of submitters.
        #[pallet::constant]
        type MaxSubmitters: Get<u32>;
        /// Smallest deposit, 10^-6.
        #[pallet::constant]
        type MinDeposit: Get<u64>;
        /// What a take of insurance leaves of the house's equity at least, 10^-6.
        #[pallet::constant]
        type InsuranceFloor: Get<u64>;
        /// Maximum of an account's deposits less its withdrawals, 10^-6.
        #[pallet::constant]
        type MaxUserDeposits: Get<u128>;
        /// Maximum that a vault may owe, 10^-6; below 2^72.
        #[pallet::constant]
        type MaxVault: Get<u128>;
        /// Milliseconds from queueing an item until batches must take it (D_soft), within the share of its group's
        /// [`Terms`].
        #[pallet::constant]
        type SoftDeadline: Get<u64>;
        /// A batch may name a risk table no older than this, milliseconds. It bounds the age of the newest table; which
        /// older ones may be named is bounded by pallet risk (`good_until`).
        #[pallet::constant]
        type MaxRiskAge: Get<u64>;
        /// A batch time may be this much before the block's, milliseconds.
        #[pallet::constant]
        type MaxTimeBehind: Get<u64>;
        /// A batch time may be this much after the block's, milliseconds.
        #[pallet::constant]
        type MaxTimeAhead: Get<u64>;
        /// Blocks from setting a verifying key until proofs are verified with it; the same for every statement.
        #[pallet::constant]
        type ActivationDelay: Get<BlockNumberFor<Self>>;
        /// Weights of the calls.
        type WeightInfo: WeightInfo;
        /// Sets the stage of benchmarks.
        #[cfg(feature = "runtime-benchmarks")]
        type BenchmarkHelper: BenchmarkHelper<Self::AccountId, Self::AssetId>;
    }

    /// The chain takes development keys. Set at genesis only.
    #[pallet::storage]
    pub type Development<T: Config> = StorageValue<_, bool, ValueQuery>;

    /// The verifying keys of all statements. A key is never replaced under its id: to rotate, set another id and, once
    /// nothing names the old one, remove that.
    #[pallet::storage]
    pub type VerifyingKeys<T: Config> = CountedStorageMap<_, Twox64Concat, KeyId, RegisteredKey<BlockNumberFor<T>>>;

    /// Marks that the transaction being applied is a plain `submit_batch` ([`CheckPlainBatch`]). It exists only inside
    /// such a transaction, never between two.
    #[pallet::storage]
    pub type PlainBatch<T: Config> = StorageValue<_, ()>;

    /// Who may submit batches.
    #[pallet::storage]
    pub type Submitters<T: Config> = StorageValue<_, BoundedVec<T::AccountId, T::MaxSubmitters>, ValueQuery>;

    /// The sequencers' sealing key, coordinates x and y (P-SEAL).
    #[pallet::storage]
    pub type SealKey<T: Config> = StorageValue<_, (Field, Field)>;

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

    /// What groups ask of solvency rounds. A group without terms has no gate and is never frozen.
    #[pallet::storage]
    pub type SolvencyTermsOf<T: Config> = StorageMap<_, Twox64Concat, u32, SolvencyTerms>;

    /// How long each group with terms has waited for a complete round.
    #[pallet::storage]
    pub type FreezeClocks<T: Config> = CountedStorageMap<_, Twox64Concat, u32, FreezeClock>;

    /// The groups that are frozen, and since when, milliseconds of Unix time.
    #[pallet::storage]
    pub type Frozen<T: Config> = StorageMap<_, Twox64Concat, u32, u64>;

    /// Payouts that were withheld for want of a fresh round, or because of a shortfall, by group and owner.
    #[pallet::storage]
    pub type WithheldClaims<T: Config> =
        StorageDoubleMap<_, Twox64Concat, u32, Blake2_128Concat, T::AccountId, WithheldClaim>;

    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A group was made.
        GroupCreated {
            /// The group.
            group: u32,
        },
        /// A group was enabled or disabled.
        GroupEnabled {
            /// The group.
            group: u32,
            /// Whether it is enabled now.
            enabled: bool,
        },
        /// How the queue of a group is taken was set.
        QueueTermsSet {
            /// The group.
            group: u32,
            /// What held before.
            old: Terms,
            /// What holds now.
            new: Terms,
        },
        /// A verifying key was registered.
        VerifyingKeySet {
            /// Its id.
            id: KeyId,
            /// What its proofs say.
            statement: StatementKind,
            /// Blake2-256 of the key.
            hash: [u8; 32],
            /// First block in which proofs are verified with it.
            active_at: BlockNumberFor<T>,
            /// Made from a public seed.
            development: bool,
        },
        /// A verifying key was removed.
        VerifyingKeyRemoved {
            /// Its id.
            id: KeyId,
        },
        /// The submitters were set.
        SubmittersSet {
            /// How many.
            count: u32,
        },
        /// The sequencers' sealing key was set.
        SealKeySet,
        /// An open was queued.
        OpenQueued {
            /// The group.
            group: u32,
            /// The index it reserves.
            index: u32,
            /// Its owner.
            owner: T::AccountId,
            /// Queue id.
            item: u64,
            /// First deposit, 10^-6.
            amount: u64,
        },
        /// A deposit was queued.
        DepositQueued {
            /// The group.
            group: u32,
            /// The account.
            index: u32,
            /// Its owner.
            owner: T::AccountId,
            /// Queue id.
            item: u64,
            /// 10^-6.
            amount: u64,
        },
        /// A switch was queued.
        SwitchQueued {
            /// The group.
            group: u32,
            /// The account.
            index: u32,
            /// Its owner.
            owner: T::AccountId,
            /// Queue id.
            item: u64,
        },
        /// A close was queued.
        CloseQueued {
            /// The group.
            group: u32,
            /// The account.
            index: u32,
            /// Its owner.
            owner: T::AccountId,
            /// Queue id.
            item: u64,
        },
        /// A forced withdrawal was queued.
        ForcedWithdrawalQueued {
            /// The group.
            group: u32,
            /// The account.
            index: u32,
            /// Its owner.
            owner: T::AccountId,
            /// Queue id.
            item: u64,
            /// What is asked for, 10^-6.
            amount: u64,
        },
        /// A re-key of an account was queued.
        RekeyQueued {
            /// The group.
            group: u32,
            /// The account.
            index: u32,
            /// Its owner.
            owner: T::AccountId,
            /// Queue id.
            item: u64,
        },
        /// A forced withdrawal was taken. What it pays follows as any payout.
        WithdrawalForced {
            /// The group.
            group: u32,
            /// The account.
            index: u32,
            /// Its owner.
            owner: T::AccountId,
            /// What was asked for, 10^-6.
            asked: u64,
            /// What it pays, 10^-6.
            amount: u64,
        },
        /// An account has the keys that its re-key asked for.
        AccountRekeyed {
            /// The group.
            group: u32,
            /// The account.
            index: u32,
            /// Its owner.
            owner: T::AccountId,
        },
        /// A close took effect: the account is no more, and its index is never given again.
        AccountClosed {
            /// The group.
            group: u32,
            /// The account.
            index: u32,
            /// Its owner, who may open another.
            owner: T::AccountId,
        },
        /// A close was taken and had no effect, since the account holds something.
        CloseWithoutEffect {
            /// The group.
            group: u32,
            /// The account.
            index: u32,
            /// Its owner.
            owner: T::AccountId,
        },
        /// Deposits that waited for an account went back with its close.
        DepositsRefunded {
            /// The group.
            group: u32,
            /// The account.
            index: u32,
            /// Its owner, who was paid.
            owner: T::AccountId,
            /// 10^-6.
            amount: u64,
        },
        /// A payment into the insurance was queued.
        InsuranceQueued {
            /// The group.
            group: u32,
            /// Who paid.
            owner: T::AccountId,
            /// Queue id.
            item: u64,
            /// 10^-6.
            amount: u64,
        },
        /// A take of insurance was queued.
        InsuranceTakeQueued {
            /// The group.
            group: u32,
            /// Is to be paid.
            to: T::AccountId,
            /// Queue id.
            item: u64,
            /// What is asked for, 10^-6.
            amount: u64,
            /// What equity of the house must not fall below by it, 10^-6.
            keep: u64,
        },
        /// A batch has taken payments into the insurance.
        InsurancePaid {
            /// The group.
            group: u32,
            /// Their sum, 10^-6.
            amount: u64,
        },
        /// A batch has taken the take of insurance.
        InsuranceTaken {
            /// The group.
            group: u32,
            /// Is paid, as far as the gate lets it.
            to: T::AccountId,
            /// What was asked for, 10^-6.
            asked: u64,
            /// What margin of the house and what must stay allowed, 10^-6.
            amount: u64,
        },
        /// A batch was proven and settled.
        BatchSettled {
            /// The group.
            group: u32,
            /// Its number.
            batch_no: u64,
            /// The verifying key of its proof.
            key: KeyId,
            /// The risk table it was made with.
            risk_version: u64,
            /// Its time, milliseconds.
            time: u64,
            /// The new root.
            root: Field,
            /// The new house commitment.
            house: Field,
            /// Units.
            units: u32,
            /// Queue items taken.
            consumed: u32,
            /// Who is to be paid for the proof, as the proof says.
            payee: T::AccountId,
        },
        /// The house of a group got another key.
        HouseRekeyed {
            /// The group.
            group: u32,
            /// Number of the re-key.
            number: u32,
            /// It came before the batch with this number.
            batch_no: u64,
            /// The verifying key of its proof.
            key: KeyId,
            /// The new house commitment.
            house: Field,
        },
        /// A batch consumed an open.
        AccountOpened {
            /// The group.
            group: u32,
            /// The account.
            index: u32,
            /// Its owner.
            owner: T::AccountId,
        },
        /// A withdrawal was paid.
        Withdrawn {
            /// The group.
            group: u32,
            /// The account.
            index: u32,
            /// Its owner, who was paid.
            owner: T::AccountId,
            /// 10^-6.
            amount: u64,
        },
        /// Fees were paid to the fee account.
        FeesSwept {
            /// The group.
            group: u32,
            /// 10^-6.
            amount: u64,
        },
        /// The asset refused a payout; it waits as a claim.
        PayoutDeferred {
            /// The group.
            group: u32,
            /// Whose claim it is.
            owner: T::AccountId,
            /// 10^-6.
            amount: u64,
        },
        /// What a group asks of solvency rounds was set. Without terms its payouts ask for no round.
        SolvencyTermsSet {
            /// The group.
            group: u32,
            /// What held before.
            old: Option<SolvencyTerms>,
            /// What holds now.
            new: Option<SolvencyTerms>,
        },
        /// A solvency statement was taken.
        SolvencyTaken {
            /// The group.
            group: u32,
            /// Whose round it belongs to, and who is to be paid for the proof.
            payee: T::AccountId,
            /// The verifying key of its proof.
            key: KeyId,
            /// The risk table.
            risk_version: u64,
            /// The batch that left the root.
            batch_no: u64,
            /// First index that was covered.
            first: u32,
            /// The index after the last one that was covered.
            next: u32,
        },
        /// A solvency round is complete.
        SolvencyProven {
            /// The group.
            group: u32,
            /// Whose round it was.
            payee: T::AccountId,
            /// Time of its oldest table, milliseconds.
            oldest_table: u64,
            /// What it showed.
            findings: Findings,
            /// It is the newest now.
            newest: bool,
        },
        /// A payout was withheld: no round is fresh, or the newest one shows a shortfall.
        PayoutWithheld {
            /// The group.
            group: u32,
            /// Whose claim it is.
            owner: T::AccountId,
            /// 10^-6.
            amount: u64,
        },
        /// What was due of a withheld claim was paid.
        WithheldPaid {
            /// The group.
            group: u32,
            /// Who was paid.
            owner: T::AccountId,
            /// 10^-6.
            amount: u128,
            /// What is left of the claim, 10^-6.
            left: u128,
        },
        /// A group was frozen: nobody proved that it is solvent.
        GroupFrozen {
            /// The group.
            group: u32,
        },
        /// A claim was paid.
        Claimed {
            /// The group.
            group: u32,
            /// Who was paid.
            owner: T::AccountId,
            /// 10^-6.
            amount: u128,
        },
    }

    #[pallet::error]
    #[derive(PartialEq, Eq)]
    pub enum Error<T> {
        /// The group exists already.
        GroupExists,
        /// No such group.
        UnknownGroup,
        /// The group takes no opens, deposits or batches.
        GroupDisabled,
        /// The group has no risk parameters.
        UnknownRiskGroup,
        /// The settlement asset must have 6 decimals.
        WrongDecimals,
        /// The vault must hold the asset's minimum balance before its group is made.
        VaultNotFunded,
        /// The id has a verifying key, which is never replaced.
        KeyExists,
        /// No more verifying keys can be registered: one must be removed first.
        TooManyKeys,
        /// No verifying key has this id.
        UnknownKey,
        /// The activation delay of the verifying key has not passed.
        KeyNotActive,
        /// The verifying key is of another statement.
        WrongStatement,
        /// The shape has no units or places, or more than the chain takes.
        ShapeTooLarge,
        /// The bytes are not a verifying key with one public input.
        InvalidVerifyingKey,
        /// A development key, and this is not a development chain.
        DevelopmentKeyRefused,
        /// The coordinates are not a key of prime order.
        InvalidSealKey,
        /// The sequencers have no sealing key yet.
        SealKeyMissing,
        /// The proof is not of this seal: other keys, ciphertext, owner, group, chain, or another sealing key than now.
        InvalidSealProof,
        /// The re-key is of another house than the group's: a batch or a re-key came between.
        HouseChanged,
        /// The house has the key of the genesis, which everybody knows; it must be re-keyed before the first batch.
        HouseNotKeyed,
        /// The owner has an account in the group.
        AccountAlreadyOpen,
        /// The owner has no account in the group.
        NoAccount,
        /// The trading key is not on the curve, not of prime order, or the identity.
        InvalidPublicKey,
        /// Below the smallest deposit.
        DepositTooSmall,
        /// The depositor does not have the amount.
        InsufficientBalance,
        /// More than one account may have deposited.
        UserCapExceeded,
        /// More than the vault may owe.
        VaultCapExceeded,
        /// The queue is full.
        QueueFull,
        /// The account has too many items in the queue.
        TooManyItems,
        /// The items of the account in the queue would be 2^64 or more together.
        QueuedSumTooLarge,
        /// As many payments into the insurance wait as may: the next batch takes those that are ready.
        TooManyInsurancePayments,
        /// A take of insurance waits; another one is queued after it was taken.
        InsuranceTakeWaits,
        /// A take of insurance must ask for something.
        InsuranceTakeOfNothing,
        /// The notice must be 1 to 120 seconds, the share 10 to 90 percent; the age of rounds 1 minute to 12 hours, and
        /// the time to a freeze from there to 24 hours.
        TermsOutOfBounds,
        /// All indices of the group are taken.
        TreeFull,
        /// The caller has no claim.
        NoClaim,
        /// The asset still refuses the payout.
        PayoutRefused,
        /// No solvency round is fresh, so nothing is paid.
        NoFreshRound,
        /// All that the claim has a right to was paid; more may be due after another round.
        NothingDue,
        /// The group is frozen.
        GroupFrozen,
        /// The group has no solvency terms.
        NoSolvencyTerms,
        /// The group has not waited for a round as long as its terms say.
        FreezeNotDue,
        /// No verifying key of solvency statements is active.
        NoSolvencyKey,
        /// As many groups have solvency terms as may.
        TooManyGatedGroups,
        /// The statement starts a round, and the signer is not its payee.
        NotPayee,
        /// No subtree begins at the first index.
        NotASubtree,
        /// The statement leaves out an index at which an account is open.
        AccountSkipped,
        /// The statement skips more blocks than it may.
        SkipTooLong,
        /// The last statement of a round must show its outcome, and the others must not.
        WrongOutcome,
        /// The batch never left a root, or its root is no longer among the newest.
        RootUnknown,
        /// The root was replaced before the time of the table.
        RootReplaced,
        /// The last statement of a round names an older root than another one of the round.
        RootOlderThanRound,
        /// A batch must be a transaction of its own: inside another call, nobody who reads the chain would find it.
        WrappedBatch,
        /// The signer may not submit batches, or the payee solvency statements.
        NotSubmitter,
        /// Not the group's next batch: submitted already, or out of order.
        WrongBatchNumber,
        /// The number of units is not that of the shape.
        WrongUnitCount,
        /// The number of elements in a record is not that of the shape.
        WrongCiphertextLength,
        /// The risk table never existed, or is no longer kept.
        RiskTableUnknown,
        /// The risk table is too old.
        RiskTableTooOld,
        /// A newer risk table was built, and the grace since then has passed.
        RiskTableReplaced,
        /// The last batch was made with a newer risk table.
        RiskVersionDecreased,
        /// The last batch has a later time.
        TimeDecreased,
        /// The batch time is before that of its risk table.
        TimeBeforeTable,
        /// The batch time is ahead of the chain's.
        TimeInFuture,
        /// The batch time is too far behind the chain's.
        TimeTooOld,
        /// The batch leaves an item that was overdue at its table, and has fewer units of overdue items than they may
        /// claim.
        QueueItemOverdue,
        /// A close of the account waits: nothing is queued behind it.
        CloseWaits,
        /// A request of the account waits: another one is queued after it was taken.
        RequestWaits,
        /// A forced withdrawal must ask for something.
        NothingAsked,
        /// A unit takes a request, and its account has none that is ready, or its open comes first; or the batch takes
        /// insurance, and no take of it is ready.
        NoRequest,
        /// A unit names an index without a consumed open.
        UnknownAccount,
        /// A submitted field element is not below the order of the field.
        NonCanonicalField,
        /// The batch pays out more than the vault holds for accounts.
        VaultShortfall,
        /// A point of the proof has wrong flags or a coordinate out of range.
        ProofMalformedEncoding,
        /// A point of the proof is not on the curve.
        ProofNotOnCurve,
        /// A point of the proof is not in the prime-order subgroup.
        ProofNotInSubgroup,
        /// A point of the proof is the identity.
        ProofPointAtInfinity,
        /// The proof is not of this statement.
        InvalidProof,
        /// The node lacks the runtime's curve operations.
        VerifierUnavailable,
        /// An amount or a counter left its range.
        ArithmeticOverflow,
    }

    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        /// The chain takes development keys.
        pub development: bool,
        /// Groups: id, settlement asset, fee account. The vault must be endowed with the asset's minimum balance.
        pub groups: Vec<(u32, T::AssetId, T::AccountId)>,
        /// Terms of the groups' queues, notice in milliseconds and share in percent; those of new groups if none.
        pub queue_terms: Option<(u64, u8)>,
        /// Solvency terms of the groups, age of rounds and time to a freeze, both in milliseconds; none if the gate is
        /// off.
        pub solvency_terms: Option<(u64, u64)>,
        /// Who may submit batches.
        pub submitters: Vec<T::AccountId>,
        /// The sequencers' sealing key.
        pub seal_key: Option<(Field, Field)>,
        /// Verifying keys, active from the first block.
        pub verifying_keys: Vec<GenesisKey>,
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            // A genesis that does not hold together must not start: every failure here is a panic.
            Development::<T>::put(self.development);
            for (group, asset, fee_account) in &self.groups {
                Pallet::<T>::add_group(*group, asset.clone(), fee_account.clone())
                    .expect("genesis: new group of pallet risk with a funded vault");
                if let Some((notice, share)) = self.queue_terms {
                    Pallet::<T>::change_queue_terms(*group, Terms { notice, share })
                        .expect("genesis: terms of queues within their bounds");
                }
            }
            Submitters::<T>::put(BoundedVec::truncate_from(self.submitters.clone()));
            assert!(
                self.submitters.len() == Submitters::<T>::get().len(),
                "genesis: too many submitters"
            );
            if let Some((x, y)) = self.seal_key {
                assert!(Pallet::<T>::is_key(&x, &y), "genesis: invalid sealing key");
                SealKey::<T>::put((x, y));
            }
            for k in &self.verifying_keys {
                Pallet::<T>::register_key(k.id, k.statement, k.development, k.key.clone(), 0u32.into())
                    .expect("genesis: valid verifying key");
            }
            for (group, ..) in &self.groups {
                // R-PLACES. Positions of one place per unit need no key yet.
                let needed = T::Risk::places_needed(*group);
                let widest = <Pallet<T> as BatchShapes>::most_places();
                assert!(
                    needed <= 1 || needed <= widest,
                    "genesis: a shape wide enough for the group"
                );
            }
            if let Some((max_round_age, freeze_after)) = self.solvency_terms {
                let terms = SolvencyTerms {
                    max_round_age,
                    freeze_after,
                };
                for (group, _, _) in &self.groups {
                    Pallet::<T>::change_solvency_terms(*group, Some(terms))
                        .expect("genesis: solvency terms within their bounds, and a key of solvency statements");
                }
            }
        }
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T>
    where
        BlockNumberFor<T>: AtLeast32BitUnsigned,
    {
        fn on_initialize(_: BlockNumberFor<T>) -> Weight {
            Self::count_clocks()
        }

        fn integrity_test() {
            // Amounts of this size keep every account inside its range (docs/spec/state.md).
            assert!(T::MaxVault::get() >> 72 == 0, "MaxVault must be below 2^72");
            assert!(
                T::MinDeposit::get() > 0,
                "a deposit of nothing must not take a queue item"
            );
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Makes a margin group with an empty account tree and the genesis house.
        ///
        /// Origin: [`Config::AdminOrigin`]. Errors: [`Error::WrongDecimals`], [`Error::GroupExists`],
        /// [`Error::UnknownRiskGroup`], [`Error::VaultNotFunded`]. Event: [`Event::GroupCreated`].
        #[pallet::call_index(0)]
        #[pallet::weight(T::WeightInfo::create_group())]
        pub fn create_group(
            origin: OriginFor<T>,
            group: u32,
            asset: T::AssetId,
            fee_account: T::AccountId,
        ) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            let decimals = <T::Assets as fungibles::metadata::Inspect<T::AccountId>>::decimals(asset.clone());
            ensure!(decimals == types::ASSET_DECIMALS, Error::<T>::WrongDecimals);
            Self::add_group(group, asset, fee_account)?;
            Ok(())
        }

        /// Enables or disables a group. A disabled group takes no opens, deposits or batches; claims are paid.
        ///
        /// Origin: [`Config::AdminOrigin`]. Errors: [`Error::UnknownGroup`]. Event: [`Event::GroupEnabled`].
        #[pallet::call_index(1)]
        #[pallet::weight(T::WeightInfo::set_group_enabled())]
        pub fn set_group_enabled(origin: OriginFor<T>, group: u32, enabled: bool) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            Groups::<T>::try_mutate(group, |state| {
                state.as_mut().ok_or(Error::<T>::UnknownGroup)?.enabled = enabled;
                Self::deposit_event(Event::GroupEnabled { group, enabled });
                Ok(())
            })
        }

        /// Registers a verifying key under a new id, good after [`Config::ActivationDelay`].
        ///
        /// Origin: [`Config::AdminOrigin`]. Errors: [`Error::KeyExists`], [`Error::ShapeTooLarge`],
        /// [`Error::DevelopmentKeyRefused`], [`Error::InvalidVerifyingKey`]. Event: [`Event::VerifyingKeySet`].
        #[pallet::call_index(2)]
        #[pallet::weight(T::WeightInfo::set_verifying_key())]
        pub fn set_verifying_key(
            origin: OriginFor<T>,
            id: KeyId,
            statement: StatementKind,
            development: bool,
            key: BoundedVec<u8, ConstU32<{ types::KEY_BYTES }>>,
        ) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            let active_at = frame_system::Pallet::<T>::block_number().saturating_add(T::ActivationDelay::get());
            Self::register_key(id, statement, development, key.into_inner(), active_at)?;
            Ok(())
        }

        /// Removes a verifying key at once: batches and opens that name it are refused from now on. Opens that are
        /// queued were checked with it before.
        ///
        /// Origin: [`Config::AdminOrigin`]. Errors: [`Error::UnknownKey`]. Event: [`Event::VerifyingKeyRemoved`].
        #[pallet::call_index(3)]
        #[pallet::weight(T::WeightInfo::remove_verifying_key())]
        pub fn remove_verifying_key(origin: OriginFor<T>, id: KeyId) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            ensure!(VerifyingKeys::<T>::take(id).is_some(), Error::<T>::UnknownKey);
            Self::deposit_event(Event::VerifyingKeyRemoved { id });
            Ok(())
        }

        /// Sets who may submit batches.
        ///
        /// Origin: [`Config::AdminOrigin`]. Event: [`Event::SubmittersSet`].
        #[pallet::call_index(4)]
        #[pallet::weight(T::WeightInfo::set_submitters(submitters.len() as u32))]
        pub fn set_submitters(
            origin: OriginFor<T>,
            submitters: BoundedVec<T::AccountId, T::MaxSubmitters>,
        ) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            let count = u32::try_from(submitters.len()).unwrap_or(u32::MAX);
            Submitters::<T>::put(submitters);
            Self::deposit_event(Event::SubmittersSet { count });
            Ok(())
        }

        /// Sets the sequencers' sealing key, coordinates x and y. Opens that are queued were sealed to the key before,
        /// so the sequencers keep that one until a batch has consumed them.
        ///
        /// Origin: [`Config::AdminOrigin`]. Errors: [`Error::InvalidSealKey`]. Event: [`Event::SealKeySet`].
        #[pallet::call_index(5)]
        #[pallet::weight(T::WeightInfo::set_seal_key())]
        pub fn set_seal_key(origin: OriginFor<T>, x: Field, y: Field) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            ensure!(Self::is_key(&x, &y), Error::<T>::InvalidSealKey);
            SealKey::<T>::put((x, y));
            Self::deposit_event(Event::SealKeySet);
            Ok(())
        }

        /// Queues the open of an account with its first deposit, which is taken now. The signer becomes its owner. The
        /// proof (V-STATEMENT) says that the sequencers can open the sealed view key, so a queued open can always be
        /// consumed.
        ///
        /// Origin: signed. Errors, in the order of the checks: [`Error::UnknownGroup`], [`Error::GroupDisabled`],
        /// [`Error::AccountAlreadyOpen`], those of C-SEAL ([`Error::SealKeyMissing`], [`Error::NonCanonicalField`],
        /// [`Error::UnknownKey`], [`Error::KeyNotActive`], [`Error::WrongStatement`], [`Error::InvalidPublicKey`],
        /// [`Error::ProofMalformedEncoding`], [`Error::ProofPointAtInfinity`], [`Error::ProofNotOnCurve`],
        /// [`Error::ProofNotInSubgroup`], [`Error::InvalidSealProof`]), [`Error::TreeFull`], and those of
        /// [`Pallet::deposit`]. Event: [`Event::OpenQueued`].
        #[pallet::call_index(6)]
        #[pallet::weight(T::WeightInfo::open())]
        pub fn open(
            origin: OriginFor<T>,
            group: u32,
            keys: OpenKeys,
            seal_proof: Box<SealProof>,
            amount: u64,
        ) -> DispatchResult {
            let owner = ensure_signed(origin)?;
            Self::queue_open(group, owner, keys, &seal_proof, amount)
        }

        /// Queues a deposit to the signer's account; it is taken now.
        ///
        /// Origin: signed. Errors: [`Error::UnknownGroup`], [`Error::GroupDisabled`], [`Error::NoAccount`],
        /// [`Error::CloseWaits`], [`Error::DepositTooSmall`], [`Error::QueueFull`], [`Error::TooManyItems`],
        /// [`Error::QueuedSumTooLarge`], [`Error::UserCapExceeded`], [`Error::VaultCapExceeded`],
        /// [`Error::InsufficientBalance`], and what the asset refuses. Event: [`Event::DepositQueued`].
        #[pallet::call_index(7)]
        #[pallet::weight(T::WeightInfo::deposit())]
        pub fn deposit(origin: OriginFor<T>, group: u32, amount: u64) -> DispatchResult {
            let owner = ensure_signed(origin)?;
            Self::queue_deposit(group, owner, amount)
        }

        /// Settles a batch (C-SUBMIT). Free if it succeeds. Only as a transaction of its own ([`CheckPlainBatch`]).
        ///
        /// Origin: signed by a submitter. Errors, in the order of the checks: [`Error::WrappedBatch`],
        /// [`Error::NotSubmitter`], [`Error::UnknownGroup`], [`Error::GroupDisabled`], [`Error::WrongBatchNumber`],
        /// [`Error::HouseNotKeyed`],
        /// [`Error::UnknownKey`], [`Error::KeyNotActive`], [`Error::WrongStatement`], [`Error::WrongUnitCount`],
        /// [`Error::WrongCiphertextLength`], [`Error::RiskVersionDecreased`], [`Error::RiskTableUnknown`],
        /// [`Error::RiskTableTooOld`], [`Error::RiskTableReplaced`], [`Error::TimeDecreased`],
        /// [`Error::TimeBeforeTable`], [`Error::TimeInFuture`], [`Error::TimeTooOld`],
        /// [`Error::NoRequest`], [`Error::QueueItemOverdue`], [`Error::UnknownAccount`], [`Error::NonCanonicalField`],
        /// [`Error::VaultShortfall`], [`Error::ProofMalformedEncoding`], [`Error::ProofPointAtInfinity`],
        /// [`Error::ProofNotOnCurve`], [`Error::ProofNotInSubgroup`], [`Error::InvalidProof`].
        /// Events: [`Event::BatchSettled`], then one for each open and payout.
        #[pallet::call_index(8)]
        #[pallet::weight(Pallet::<T>::weight_of_batch(batch))]
        pub fn submit_batch(origin: OriginFor<T>, group: u32, batch: Box<Batch>) -> DispatchResultWithPostInfo {
            // Before anything of the origin, so that a wrapped batch is refused by this name whoever sends it.
            ensure!(PlainBatch::<T>::take().is_some(), Error::<T>::WrappedBatch);
            let who = ensure_signed(origin)?;
            let read = Self::settle(&who, group, &batch)?;
            let weight = T::WeightInfo::submit_batch(batch.units.len() as u32, read);
            Ok((Some(weight), Pays::No).into())
        }

        /// Pays in full what the asset refused to the signer.
        ///
        /// Origin: signed. Errors: [`Error::UnknownGroup`], [`Error::NoClaim`], [`Error::PayoutRefused`].
        /// Event: [`Event::Claimed`].
        #[pallet::call_index(9)]
        #[pallet::weight(T::WeightInfo::claim())]
        pub fn claim(origin: OriginFor<T>, group: u32) -> DispatchResult {
            let who = ensure_signed(origin)?;
            let state = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?;
            Self::pay_refused(group, &state.asset, &who)
        }

        /// Gives the house of a group another key between two batches, sealed to the sequencers' key in force
        /// (C-HOUSE). A disabled group takes it too.
        ///
        /// Origin: signed by a submitter. Errors, in the order of the checks: [`Error::NotSubmitter`],
        /// [`Error::UnknownGroup`], [`Error::HouseChanged`], [`Error::UnknownKey`], [`Error::KeyNotActive`],
        /// [`Error::WrongStatement`], [`Error::SealKeyMissing`], [`Error::NonCanonicalField`],
        /// [`Error::ProofMalformedEncoding`], [`Error::ProofPointAtInfinity`], [`Error::ProofNotOnCurve`],
        /// [`Error::ProofNotInSubgroup`], [`Error::InvalidProof`]. Event: [`Event::HouseRekeyed`].
        #[pallet::call_index(10)]
        #[pallet::weight(T::WeightInfo::rekey_house())]
        pub fn rekey_house(origin: OriginFor<T>, group: u32, rekey: Box<HouseRekey>) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_rekey_house(&who, group, &rekey)?;
            Ok(())
        }

        /// Sets how the queue of a group is taken: the notice of items that are queued from now on, and the share of
        /// batches that are submitted from now on.
        ///
        /// Origin: [`Config::AdminOrigin`]. Errors: [`Error::TermsOutOfBounds`], [`Error::UnknownGroup`].
        /// Event: [`Event::QueueTermsSet`].
        #[pallet::call_index(12)]
        #[pallet::weight(T::WeightInfo::set_queue_terms())]
        pub fn set_queue_terms(origin: OriginFor<T>, group: u32, terms: Terms) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            let old = Self::change_queue_terms(group, terms)?;
            Self::deposit_event(Event::QueueTermsSet { group, old, new: terms });
            Ok(())
        }

        /// Queues a change of the flags of the signer's account (B-SWITCH), which a unit of its own takes.
        ///
        /// Origin: signed. Errors: [`Error::UnknownGroup`], [`Error::GroupDisabled`], [`Error::NoAccount`],
        /// [`Error::RequestWaits`], [`Error::QueueFull`], [`Error::TooManyItems`]. Event: [`Event::SwitchQueued`].
        // A deposit does the same, and moves money besides.
        #[pallet::call_index(13)]
        #[pallet::weight(T::WeightInfo::deposit())]
        pub fn switch(origin: OriginFor<T>, group: u32, switches: Switches) -> DispatchResult {
            let owner = ensure_signed(origin)?;
            Self::queue_request(group, owner, Request::Switch(switches))
        }

        /// Queues the close of the signer's account (B-CLOSE). It takes effect if the account is empty when a unit
        /// takes it. While it waits the account takes neither deposits nor requests; deposits that wait already are
        /// refunded if it takes effect.
        ///
        /// Origin: signed. Errors: [`Error::UnknownGroup`], [`Error::GroupDisabled`], [`Error::NoAccount`],
        /// [`Error::RequestWaits`], [`Error::QueueFull`], [`Error::TooManyItems`]. Event: [`Event::CloseQueued`].
        // A deposit does the same, and moves money besides.
        #[pallet::call_index(14)]
        #[pallet::weight(T::WeightInfo::deposit())]
        pub fn close(origin: OriginFor<T>, group: u32) -> DispatchResult {
            let owner = ensure_signed(origin)?;
            Self::queue_request(group, owner, Request::Close)
        }

        /// Queues a forced withdrawal from the signer's account (B-FORCED): a unit of its own pays the owner as much of
        /// the amount as initial margin leaves, possibly 0, and no order of the account can stand in its way. What is
        /// paid goes through the gate like any other payout (C-GATE).
        ///
        /// Origin: signed. `amount` is in 10^-6. Errors, in the order of the checks: [`Error::UnknownGroup`],
        /// [`Error::GroupDisabled`], [`Error::GroupFrozen`], [`Error::NoAccount`], [`Error::RequestWaits`],
        /// [`Error::NothingAsked`], [`Error::QueueFull`], [`Error::TooManyItems`].
        /// Event: [`Event::ForcedWithdrawalQueued`].
        // A deposit does the same, and moves money besides.
        #[pallet::call_index(15)]
        #[pallet::weight(T::WeightInfo::deposit())]
        pub fn force_withdrawal(origin: OriginFor<T>, group: u32, amount: u64) -> DispatchResult {
            let owner = ensure_signed(origin)?;
            Self::queue_forced(group, owner, amount)
        }

        /// Queues a re-key of the signer's account: from the unit that takes it on, the account has the trading key and
        /// the view key given, and orders that the old key signed are good no more. The proof (V-STATEMENT) says that
        /// the sequencers can open the sealed view key, so a queued re-key can always be consumed.
        ///
        /// Origin: signed. Errors, in the order of the checks: [`Error::UnknownGroup`], [`Error::GroupDisabled`],
        /// [`Error::GroupFrozen`], [`Error::NoAccount`], [`Error::RequestWaits`], those of C-SEAL (see
        /// [`Pallet::open`]), [`Error::QueueFull`], [`Error::TooManyItems`]. Event: [`Event::RekeyQueued`].
        #[pallet::call_index(16)]
        #[pallet::weight(T::WeightInfo::rekey())]
        pub fn rekey(origin: OriginFor<T>, group: u32, keys: OpenKeys, seal_proof: Box<SealProof>) -> DispatchResult {
            let owner = ensure_signed(origin)?;
            Self::queue_rekey(group, owner, keys, &seal_proof)
        }

        /// Queues a payment into the insurance of a group; it is taken now, and nothing gives it back. The next batch
        /// takes it with its house's part, once it is ready (C-DOORS).
        ///
        /// Origin: signed, anyone. Errors: [`Error::UnknownGroup`], [`Error::GroupDisabled`], [`Error::GroupFrozen`],
        /// [`Error::DepositTooSmall`], [`Error::TooManyInsurancePayments`], [`Error::QueuedSumTooLarge`],
        /// [`Error::VaultCapExceeded`], [`Error::InsufficientBalance`], and what the asset refuses.
        /// Event: [`Event::InsuranceQueued`].
        #[pallet::call_index(17)]
        #[pallet::weight(T::WeightInfo::pay_insurance())]
        pub fn pay_insurance(origin: OriginFor<T>, group: u32, amount: u64) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::queue_insurance(group, who, amount)
        }

        /// Queues a take of insurance: `amount`, or as much as initial margin of the house, [`Config::InsuranceFloor`]
        /// and the debts that the fresh solvency round has found leave when a batch takes it (C-DOORS).
        ///
        /// Origin: [`Config::AdminOrigin`]. Errors: [`Error::UnknownGroup`], [`Error::GroupDisabled`],
        /// [`Error::GroupFrozen`], [`Error::InsuranceTakeOfNothing`], [`Error::InsuranceTakeWaits`],
        /// [`Error::NoSolvencyTerms`], [`Error::NoFreshRound`]. Event: [`Event::InsuranceTakeQueued`].
        #[pallet::call_index(18)]
        #[pallet::weight(T::WeightInfo::take_insurance())]
        pub fn take_insurance(origin: OriginFor<T>, group: u32, amount: u64, to: T::AccountId) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            Self::queue_insurance_take(group, to, amount)
        }

        /// Takes a solvency statement (D-ROUND). Free if it succeeds. A frozen group takes it too.
        ///
        /// Origin: signed; by the payee if it starts a round. Errors, in the order of the checks:
        /// [`Error::NotSubmitter`] (the payee is none), [`Error::UnknownGroup`], [`Error::GroupDisabled`],
        /// [`Error::UnknownKey`], [`Error::KeyNotActive`], [`Error::WrongStatement`], [`Error::RiskTableUnknown`],
        /// [`Error::RiskTableTooOld`], [`Error::RiskTableReplaced`], [`Error::RootUnknown`], [`Error::RootReplaced`],
        /// [`Error::NotPayee`], [`Error::NotASubtree`], [`Error::AccountSkipped`], [`Error::SkipTooLong`],
        /// [`Error::WrongOutcome`], [`Error::RootOlderThanRound`], [`Error::NonCanonicalField`],
        /// [`Error::ProofMalformedEncoding`], [`Error::ProofPointAtInfinity`], [`Error::ProofNotOnCurve`],
        /// [`Error::ProofNotInSubgroup`], [`Error::InvalidProof`].
        /// Events: [`Event::SolvencyTaken`], [`Event::SolvencyProven`] if it completes a round.
        #[pallet::call_index(20)]
        #[pallet::weight(T::WeightInfo::submit_solvency())]
        pub fn submit_solvency(
            origin: OriginFor<T>,
            group: u32,
            statement: Box<SolvencySubmission>,
        ) -> DispatchResultWithPostInfo {
            let who = ensure_signed(origin)?;
            Self::do_submit_solvency(&who, group, &statement)?;
            Ok(Pays::No.into())
        }

        /// Sets what a group asks of solvency rounds (C-GATE, C-FREEZE). Without terms its payouts ask for no round,
        /// and it is never frozen.
        ///
        /// Origin: [`Config::AdminOrigin`]. Errors: [`Error::UnknownGroup`], [`Error::TermsOutOfBounds`],
        /// [`Error::NoSolvencyKey`], [`Error::TooManyGatedGroups`]. Event: [`Event::SolvencyTermsSet`].
        #[pallet::call_index(21)]
        #[pallet::weight(T::WeightInfo::set_solvency_terms())]
        pub fn set_solvency_terms(origin: OriginFor<T>, group: u32, terms: Option<SolvencyTerms>) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            let old = Self::change_solvency_terms(group, terms)?;
            Self::deposit_event(Event::SolvencyTermsSet { group, old, new: terms });
            Ok(())
        }

        /// Pays to its owner what is due of a withheld claim (C-CLAIM). A disabled or frozen group pays it too.
        ///
        /// Origin: signed, anyone. Errors: [`Error::UnknownGroup`], [`Error::NoClaim`], [`Error::NoFreshRound`],
        /// [`Error::NothingDue`], [`Error::PayoutRefused`]. Event: [`Event::WithheldPaid`].
        #[pallet::call_index(22)]
        #[pallet::weight(T::WeightInfo::pay_claim())]
        pub fn pay_claim(origin: OriginFor<T>, group: u32, owner: T::AccountId) -> DispatchResult {
            ensure_signed(origin)?;
            Self::pay_withheld(group, &owner)?;
            Ok(())
        }

        /// Freezes a group that nobody has proven solvent for as long as its terms say (C-FREEZE): no opens, deposits
        /// or batches from now on.
        ///
        /// Origin: signed, anyone. Errors: [`Error::UnknownGroup`], [`Error::GroupFrozen`],
        /// [`Error::NoSolvencyTerms`], [`Error::FreezeNotDue`]. Event: [`Event::GroupFrozen`].
        #[pallet::call_index(23)]
        #[pallet::weight(T::WeightInfo::freeze())]
        pub fn freeze(origin: OriginFor<T>, group: u32) -> DispatchResult {
            ensure_signed(origin)?;
            Self::do_freeze(group)?;
            Ok(())
        }
    }
}
