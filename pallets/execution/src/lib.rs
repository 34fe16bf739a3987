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
mod batches;
mod claims;
mod clock;
mod custody;
mod essential;
pub mod exit;
pub mod extension;
mod freeze;
mod house;
mod insurance;
#[cfg(feature = "measure")]
pub mod measure;
pub mod periods;
mod proofs;
mod queue;
mod seal;
mod sections;
mod settled;
pub mod solvency;
mod stops;
mod take_back;
#[cfg(any(feature = "std", feature = "try-runtime"))]
mod try_state;
pub mod types;
mod vault;
mod views;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use batches::MAX_BATCHES;
#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use clock::MAX_LAG;
pub use custody::MAX_CUSTODIANS;
pub use essential::{EssentialCalls, ESSENTIAL_PRIORITY};
pub use exit::{ExitClaim, ExitScan, ExitSums, FinalTable, Ratio};
pub use extension::CheckPlainBatch;
pub use pallet::*;
pub use pallet_cloister_sequencers::SettledBatch;
pub use periods::{Beneficiary, ClosedPeriod, Income, PayoutTerms, Period};
pub use solvency::{
    BlockCounts, CompleteRound, FreezeClock, RecentRoot, Round, SolvencyTerms, SolvencyView, WithheldClaim,
};
pub use stops::{Stops, MAX_STOPPED, STOP_WINDOW};
pub use take_back::TAKE_BACK_AFTER;
pub use types::{
    Batch, Field, Findings, GroupState, GroupTotals, HouseRekey, HouseRekeyed, ItemKind, KeyId, Lane, LastRecord,
    OpenKeys, QueueClock, QueueItem, RegisteredAccount, SealProof, SolvencySubmission, Terms, UnitSubmission,
    WaitingItem,
};
pub use weights::WeightInfo;

pub(crate) use polkadot_sdk::frame_system::pallet_prelude::BlockNumberFor;
use polkadot_sdk::{
    frame_support::{self, pallet_macros::import_section},
    frame_system, sp_core, sp_runtime,
};

#[import_section(sections::storage::storage)]
#[import_section(sections::events::events)]
#[import_section(sections::errors::errors)]
#[import_section(sections::genesis::genesis)]
#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use alloc::{boxed::Box, vec::Vec};
    use cloister_groth16_verifier::PROOF_BYTES;
    use cloister_ledger::Switches;
    use cloister_settlement::Request;
    use frame_support::{
        pallet_prelude::*,
        traits::{fungibles, StorageVersion, Time},
        PalletId,
    };
    use frame_system::pallet_prelude::*;
    use pallet_cloister_risk::RiskTables;
    use pallet_cloister_sequencers::Sequencers;
    use pallet_cloister_verifier::VerifyingKeyRegistry;
    use sp_runtime::traits::AtLeast32BitUnsigned;

    /// Version of the storage's layout.
    const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

    #[pallet::pallet]
    #[pallet::storage_version(STORAGE_VERSION)]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config:
        polkadot_sdk::frame_system::Config<
        RuntimeEvent: From<Event<Self>>,
        Hash = sp_core::H256,
        AccountId: Into<[u8; 32]> + From<[u8; 32]>,
    >
    {
        /// Winds a frozen group up: chooses its final table, releases its rest (C-EXIT).
        type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;
        /// Disables groups, at once (C-NOTICE).
        type PauseOrigin: EnsureOrigin<Self::RuntimeOrigin>;
        /// Widens what is allowed, once it was announced for long enough: makes groups, sets keys, submitters, terms
        /// and custodians (C-NOTICE).
        type NoticeOrigin: EnsureOrigin<Self::RuntimeOrigin>;
        /// Names a settlement asset.
        type AssetId: Parameter + Member + MaxEncodedLen + MaybeSerializeDeserialize;
        /// The settlement assets. Amounts are 10^-6, so an asset has 6 decimals.
        type Assets: fungibles::Inspect<Self::AccountId, AssetId = Self::AssetId, Balance = u128>
            + fungibles::Mutate<Self::AccountId>
            + fungibles::metadata::Inspect<Self::AccountId>
            + fungibles::roles::Inspect<Self::AccountId>;
        /// The risk tables.
        type Risk: RiskTables;
        /// The verifying keys.
        type Keys: VerifyingKeyRegistry;
        /// Who may submit batches, and the sealing keys.
        type Sequencers: Sequencers<Self::AccountId>;
        /// The chain's clock, milliseconds of Unix time.
        type Time: Time<Moment = u64>;
        /// Calls of other pallets that come before ordinary ones, as batches do: the feeds (C-PRIORITY).
        type OtherEssentialCalls: EssentialCalls<<Self as frame_system::Config>::RuntimeCall, Self::AccountId>;
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
        /// Maximum number of solvency rounds of a group under way: a member of its sequencers has one.
        #[pallet::constant]
        type MaxRounds: Get<u32>;
        /// Smallest deposit, 10^-6.
        #[pallet::constant]
        type MinDeposit: Get<u64>;

        /// What an open costs besides its deposit, 10^-6. The group's fee account gets it, and nothing gives it back:
        /// each account lengthens every solvency round.
        #[pallet::constant]
        type OpenFee: Get<u64>;
        /// What a queue item costs while the queue is short, 10^-6. The group's fee account gets it.
        #[pallet::constant]
        type QueueFee: Get<u64>;
        /// Number of waiting items by which the fee of the next one doubles.
        #[pallet::constant]
        type QueueFeeStep: Get<u32>;
        /// Milliseconds that the item overdue for longest may wait while its group could take a batch, until anyone may
        /// freeze the group (C-FREEZE).
        #[pallet::constant]
        type QueuePatience: Get<u64>;
        /// Milliseconds from the deadline of an item to that of the next one of its lane, at least.
        #[pallet::constant]
        type DeadlineSpacing: Get<u64>;
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
        /// Milliseconds for which exits are claims of the first phase, from the moment at which the final table is
        /// fixed ([`exit::EXIT_PERIOD`]).
        #[pallet::constant]
        type ExitPeriod: Get<u64>;
        /// Blocks for which it is known who answers for a batch (C-SETTLED).
        #[pallet::constant]
        type SettledFor: Get<BlockNumberFor<Self>>;
        /// Receives the treasury's share of sweeps.
        type Treasury: Get<Self::AccountId>;
        /// Weights of the calls.
        type WeightInfo: WeightInfo;
        /// Sets the stage of benchmarks.
        #[cfg(feature = "runtime-benchmarks")]
        type BenchmarkHelper: BenchmarkHelper<Self::AccountId, Self::AssetId>;
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T>
    where
        BlockNumberFor<T>: AtLeast32BitUnsigned,
    {
        fn on_initialize(_: BlockNumberFor<T>) -> Weight {
            Self::count_clocks().saturating_add(Self::count_queue_clocks())
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
        /// Origin: [`Config::NoticeOrigin`]. Errors: [`Error::WrongDecimals`], [`Error::GroupExists`],
        /// [`Error::UnknownRiskGroup`], [`Error::VaultAsPayee`], [`Error::AssetRolesNotDeclared`],
        /// [`Error::VaultNotFunded`].
        /// Event: [`Event::GroupCreated`].
        #[pallet::call_index(0)]
        #[pallet::weight(T::WeightInfo::create_group())]
        pub fn create_group(
            origin: OriginFor<T>,
            group: u32,
            asset: T::AssetId,
            fee_account: T::AccountId,
        ) -> DispatchResult {
            T::NoticeOrigin::ensure_origin(origin)?;
            let decimals = <T::Assets as fungibles::metadata::Inspect<T::AccountId>>::decimals(asset.clone());
            ensure!(decimals == types::ASSET_DECIMALS, Error::<T>::WrongDecimals);
            Self::add_group(group, asset, fee_account)?;
            Ok(())
        }

        /// Enables or disables a group. A disabled group takes no opens, deposits or batches; claims are paid, and
        /// forced withdrawals and re-keys are queued.
        ///
        /// Origin: [`Config::PauseOrigin`] to disable, [`Config::NoticeOrigin`] for both. Errors:
        /// [`Error::UnknownGroup`]. Event: [`Event::GroupEnabled`].
        #[pallet::call_index(1)]
        #[pallet::weight(T::WeightInfo::set_group_enabled())]
        pub fn set_group_enabled(origin: OriginFor<T>, group: u32, enabled: bool) -> DispatchResult {
            if enabled {
                T::NoticeOrigin::ensure_origin(origin)?;
            } else {
                Self::ensure_narrowing(origin)?;
            }
            Groups::<T>::try_mutate(group, |state| {
                state.as_mut().ok_or(Error::<T>::UnknownGroup)?.enabled = enabled;
                Self::deposit_event(Event::GroupEnabled { group, enabled });
                Ok(())
            })
        }

        /// Queues the open of an account with its first deposit, which is taken now. The signer becomes its owner. The
        /// proof (V-STATEMENT) says that the sequencers can open the sealed view key, so a queued open can always be
        /// consumed.
        ///
        /// Origin: signed. Errors, in the order of the checks: [`Error::UnknownGroup`], [`Error::GroupDisabled`],
        /// [`Error::GroupFrozen`], [`Error::CustodyChanged`], [`Error::AccountAlreadyOpen`], those of C-SEAL
        /// ([`Error::SealKeyMissing`], [`Error::NonCanonicalField`], [`Error::UnknownKey`], [`Error::KeyNotActive`],
        /// [`Error::WrongStatement`], [`Error::InvalidPublicKey`], [`Error::ProofMalformedEncoding`],
        /// [`Error::ProofPointAtInfinity`], [`Error::ProofNotOnCurve`], [`Error::ProofNotInSubgroup`],
        /// [`Error::InvalidSealProof`]), [`Error::TreeFull`], [`Error::DepositTooSmall`],
        /// [`Error::InsufficientBalance`] for [`Config::OpenFee`], and the rest of [`Pallet::deposit`]. Event:
        /// [`Event::OpenQueued`].
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
        /// Origin: signed. Errors, in the order of the checks: [`Error::UnknownGroup`], [`Error::GroupDisabled`],
        /// [`Error::GroupFrozen`], [`Error::CustodyChanged`], [`Error::NoAccount`], [`Error::CloseWaits`],
        /// [`Error::DepositTooSmall`], [`Error::OpenTakenBack`], [`Error::QueueFull`], [`Error::TooManyItems`],
        /// [`Error::QueuedSumTooLarge`], [`Error::UserCapExceeded`], [`Error::InsufficientBalance`] for the item's
        /// fee, [`Error::VaultCapExceeded`], [`Error::InsufficientBalance`] or [`Error::RestTooSmall`] for the
        /// amount, and what the asset refuses. Event: [`Event::DepositQueued`].
        #[pallet::call_index(7)]
        #[pallet::weight(T::WeightInfo::deposit())]
        pub fn deposit(origin: OriginFor<T>, group: u32, amount: u64) -> DispatchResult {
            let owner = ensure_signed(origin)?;
            Self::queue_deposit(group, owner, amount)
        }

        /// Settles a batch (C-SUBMIT). Free if it succeeds. Only as a transaction of its own ([`CheckPlainBatch`]).
        ///
        /// Origin: signed by a submitter. Errors, in the order of the checks: [`Error::WrappedBatch`],
        /// [`Error::UnknownGroup`], [`Error::NotSubmitter`], [`Error::NotBonded`], [`Error::NotLeader`],
        /// [`Error::GroupDisabled`], [`Error::GroupFrozen`], [`Error::WrongBatchNumber`], [`Error::HouseNotKeyed`],
        /// [`Error::UnknownKey`], [`Error::KeyNotActive`], [`Error::WrongStatement`], [`Error::WrongUnitCount`],
        /// [`Error::WrongCiphertextLength`], [`Error::RiskVersionDecreased`], [`Error::RiskTableUnknown`],
        /// [`Error::RiskTableTooOld`], [`Error::RiskTableReplaced`], [`Error::TimeDecreased`],
        /// [`Error::TimeBeforeTable`], [`Error::TimeInFuture`], [`Error::TimeTooOld`],
        /// [`Error::NoRequest`], [`Error::QueueItemOverdue`], [`Error::UnknownAccount`], [`Error::NonCanonicalField`],
        /// [`Error::ProofMalformedEncoding`], [`Error::ProofPointAtInfinity`],
        /// [`Error::ProofNotOnCurve`], [`Error::ProofNotInSubgroup`], [`Error::InvalidProof`].
        /// Events: [`Event::BatchSettled`], then one for each open and payout.
        #[pallet::call_index(8)]
        #[pallet::weight((Pallet::<T>::weight_of_batch(batch), DispatchClass::Operational))]
        pub fn submit_batch(origin: OriginFor<T>, group: u32, batch: Box<Batch>) -> DispatchResultWithPostInfo {
            // Before anything of the origin, so that a wrapped batch is refused by this name whoever sends it.
            ensure!(PlainBatch::<T>::take().is_some(), Error::<T>::WrappedBatch);
            let who = ensure_signed(origin)?;
            let read = Self::settle(&who, group, &batch)?;
            let weight = Self::weight_with_items(&batch, read);
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
        /// Origin: signed by a submitter. Errors, in the order of the checks: [`Error::UnknownGroup`],
        /// [`Error::NotSubmitter`], [`Error::NotBonded`], [`Error::NotLeader`], [`Error::HouseChanged`],
        /// [`Error::UnknownKey`], [`Error::KeyNotActive`], [`Error::WrongStatement`], [`Error::SealKeyMissing`],
        /// [`Error::NonCanonicalField`], [`Error::ProofMalformedEncoding`], [`Error::ProofPointAtInfinity`],
        /// [`Error::ProofNotOnCurve`], [`Error::ProofNotInSubgroup`], [`Error::InvalidProof`]. Event:
        /// [`Event::HouseRekeyed`].
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
        /// Origin: [`Config::NoticeOrigin`]. Errors: [`Error::TermsOutOfBounds`], [`Error::UnknownGroup`].
        /// Event: [`Event::QueueTermsSet`].
        #[pallet::call_index(12)]
        #[pallet::weight(T::WeightInfo::set_queue_terms())]
        pub fn set_queue_terms(origin: OriginFor<T>, group: u32, terms: Terms) -> DispatchResult {
            T::NoticeOrigin::ensure_origin(origin)?;
            let old = Self::change_queue_terms(group, terms)?;
            Self::deposit_event(Event::QueueTermsSet {
                group,
                before: old,
                now: terms,
            });
            Ok(())
        }

        /// Queues a change of the flags of the signer's account (B-SWITCH), which a unit of its own takes.
        ///
        /// Origin: signed. Errors, in the order of the checks: [`Error::UnknownGroup`], [`Error::GroupDisabled`],
        /// [`Error::GroupFrozen`], [`Error::NoAccount`], [`Error::RequestWaits`], [`Error::OpenTakenBack`],
        /// [`Error::QueueFull`], [`Error::TooManyItems`], [`Error::InsufficientBalance`] for the item's fee, and what
        /// the asset refuses. Event: [`Event::SwitchQueued`].
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
        /// Origin: signed. Errors, in the order of the checks: [`Error::UnknownGroup`], [`Error::GroupDisabled`],
        /// [`Error::GroupFrozen`], [`Error::NoAccount`], [`Error::RequestWaits`], [`Error::OpenTakenBack`],
        /// [`Error::QueueFull`], [`Error::TooManyItems`], [`Error::InsufficientBalance`] for the item's fee, and what
        /// the asset refuses. Event: [`Event::CloseQueued`].
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
        /// [`Error::GroupFrozen`], [`Error::NoAccount`], [`Error::RequestWaits`], [`Error::NothingAsked`],
        /// [`Error::UnknownAccount`] (its open waits), [`Error::InsufficientBalance`] for the item's fee, and what the
        /// asset refuses. Event: [`Event::ForcedWithdrawalQueued`].
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
        /// Origin: signed. Errors, in the order of the checks: [`Error::UnknownGroup`],
        /// [`Error::GroupFrozen`], [`Error::NoAccount`], [`Error::RequestWaits`], [`Error::UnknownAccount`] (its open
        /// waits), those of C-SEAL (see [`Pallet::open`]), [`Error::InsufficientBalance`] for the item's fee, and what
        /// the asset refuses. Event: [`Event::RekeyQueued`].
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
        /// [`Error::CustodyChanged`], [`Error::DepositTooSmall`], [`Error::TooManyInsurancePayments`],
        /// [`Error::QueuedSumTooLarge`], [`Error::VaultCapExceeded`], [`Error::InsufficientBalance`],
        /// [`Error::RestTooSmall`], and what the
        /// asset refuses.
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
        /// Origin: [`Config::NoticeOrigin`]. Errors: [`Error::UnknownGroup`], [`Error::GroupDisabled`],
        /// [`Error::GroupFrozen`], [`Error::InsuranceTakeOfNothing`], [`Error::VaultAsPayee`],
        /// [`Error::InsuranceTakeWaits`], [`Error::NoSolvencyTerms`], [`Error::NoFreshRound`]. Event:
        /// [`Event::InsuranceTakeQueued`].
        #[pallet::call_index(18)]
        #[pallet::weight(T::WeightInfo::take_insurance())]
        pub fn take_insurance(origin: OriginFor<T>, group: u32, amount: u64, to: T::AccountId) -> DispatchResult {
            T::NoticeOrigin::ensure_origin(origin)?;
            Self::queue_insurance_take(group, to, amount)
        }

        /// Takes a solvency statement (D-ROUND). Free if it succeeds. A frozen group takes it too.
        ///
        /// Origin: signed; by the payee if it starts a round. Errors, in the order of the checks:
        /// [`Error::UnknownGroup`], [`Error::NotSubmitter`] (the payee is none),
        /// [`Error::UnknownKey`], [`Error::KeyNotActive`], [`Error::WrongStatement`], [`Error::RiskTableUnknown`],
        /// [`Error::RiskTableTooOld`], [`Error::RiskTableReplaced`], [`Error::RootUnknown`], [`Error::RootReplaced`],
        /// [`Error::NotPayee`], [`Error::NotASubtree`], [`Error::AccountSkipped`], [`Error::SkipTooLong`],
        /// [`Error::WrongOutcome`], [`Error::RootOlderThanRound`], [`Error::NonCanonicalField`],
        /// [`Error::ProofMalformedEncoding`], [`Error::ProofPointAtInfinity`], [`Error::ProofNotOnCurve`],
        /// [`Error::ProofNotInSubgroup`], [`Error::InvalidProof`].
        /// Events: [`Event::SolvencyTaken`], [`Event::SolvencyProven`] if it completes a round.
        #[pallet::call_index(20)]
        #[pallet::weight((T::WeightInfo::submit_solvency(), DispatchClass::Operational))]
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
        /// and it is frozen for its queue alone.
        ///
        /// Origin: [`Config::NoticeOrigin`]. Errors: [`Error::UnknownGroup`], [`Error::TermsOutOfBounds`],
        /// [`Error::NoSolvencyKey`], [`Error::TooManyGatedGroups`]. Event: [`Event::SolvencyTermsSet`].
        #[pallet::call_index(21)]
        #[pallet::weight(T::WeightInfo::set_solvency_terms())]
        pub fn set_solvency_terms(origin: OriginFor<T>, group: u32, terms: Option<SolvencyTerms>) -> DispatchResult {
            T::NoticeOrigin::ensure_origin(origin)?;
            let old = Self::change_solvency_terms(group, terms)?;
            Self::deposit_event(Event::SolvencyTermsSet {
                group,
                before: old,
                now: terms,
            });
            Ok(())
        }

        /// Pays to its owner what is due of a withheld claim (C-CLAIM). A disabled group pays it too; a frozen one pays
        /// it by the ratio of its exits (C-EXIT).
        ///
        /// Origin: signed, anyone. Errors: [`Error::UnknownGroup`], [`Error::NoClaim`], [`Error::NoFreshRound`], of a
        /// frozen group [`Error::ExitsNotSettled`]; [`Error::NothingDue`], [`Error::PayoutRefused`].
        /// Event: [`Event::WithheldPaid`].
        #[pallet::call_index(22)]
        #[pallet::weight(T::WeightInfo::pay_claim())]
        pub fn pay_claim(origin: OriginFor<T>, group: u32, owner: T::AccountId) -> DispatchResult {
            ensure_signed(origin)?;
            Self::pay_withheld(group, &owner)?;
            Ok(())
        }

        /// Freezes a group that nobody has proven solvent for as long as its terms say (C-FREEZE): no opens, deposits
        /// or batches from now on. The final table is fixed at once if the oracle lives (C-EXIT).
        ///
        /// Origin: signed, anyone. Errors: [`Error::UnknownGroup`], [`Error::GroupFrozen`],
        /// [`Error::NoSolvencyTerms`], [`Error::FreezeNotDue`]. Events: [`Event::GroupFrozen`],
        /// [`Event::FinalTableFixed`].
        #[pallet::call_index(23)]
        #[pallet::weight(T::WeightInfo::freeze())]
        pub fn freeze(origin: OriginFor<T>, group: u32) -> DispatchResult {
            ensure_signed(origin)?;
            Self::do_freeze(group)?;
            Ok(())
        }

        /// Chooses the final table of a frozen group that has none, among the tables that the chain keeps (C-EXIT).
        ///
        /// Origin: [`Config::AdminOrigin`]. Errors: [`Error::UnknownGroup`], [`Error::GroupNotFrozen`],
        /// [`Error::FinalTableFixed`], [`Error::RiskTableUnknown`]. Event: [`Event::FinalTableFixed`].
        #[pallet::call_index(24)]
        #[pallet::weight(T::WeightInfo::choose_final_table())]
        pub fn choose_final_table(origin: OriginFor<T>, group: u32, version: u64) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            Self::do_choose_final_table(group, version)?;
            Ok(())
        }

        /// Takes the newest table that the chain keeps as the final table of a frozen group that has none, once
        /// governance has had [`exit::FALLBACK_AFTER`] to choose.
        ///
        /// Origin: signed, anyone. Errors: [`Error::UnknownGroup`], [`Error::GroupNotFrozen`],
        /// [`Error::FinalTableFixed`], [`Error::FallbackNotDue`], [`Error::RiskTableUnknown`].
        /// Event: [`Event::FinalTableFixed`].
        // It does what a choice does.
        #[pallet::call_index(25)]
        #[pallet::weight(T::WeightInfo::choose_final_table())]
        pub fn fix_final_table(origin: OriginFor<T>, group: u32) -> DispatchResult {
            ensure_signed(origin)?;
            Self::do_fix_final_table(group)?;
            Ok(())
        }

        /// Exits from a frozen group with the signer's account: `claim` is what it is worth at the final table, or 0 if
        /// it owes something, 10^-6, and the proof says so (X-STATEMENT). Nothing is paid before the ratio is fixed.
        ///
        /// Origin: signed by the owner. Errors, in the order of the checks: [`Error::UnknownGroup`],
        /// [`Error::GroupNotFrozen`], [`Error::FinalTableMissing`], [`Error::NoAccount`], [`Error::UnknownAccount`],
        /// [`Error::AlreadyExited`], [`Error::ExitsNotSettled`], [`Error::UnknownKey`], [`Error::KeyNotActive`],
        /// [`Error::WrongStatement`], [`Error::ProofMalformedEncoding`], [`Error::ProofPointAtInfinity`],
        /// [`Error::ProofNotOnCurve`], [`Error::ProofNotInSubgroup`], [`Error::InvalidProof`].
        /// Event: [`Event::Exited`].
        #[pallet::call_index(26)]
        #[pallet::weight(T::WeightInfo::exit())]
        pub fn exit(
            origin: OriginFor<T>,
            group: u32,
            key: KeyId,
            claim: u128,
            proof: Box<[u8; PROOF_BYTES]>,
        ) -> DispatchResult {
            let owner = ensure_signed(origin)?;
            Self::do_exit(owner, group, key, claim, &proof)?;
            Ok(())
        }

        /// Fixes the ratio of a frozen group's claims, once the first phase of exits is over. If withheld claims were
        /// paid in part, it looks at [`exit::SCAN_PAGE`] of them and is called again until [`Event::ExitsSettled`].
        ///
        /// Origin: signed, anyone. Errors: [`Error::UnknownGroup`], [`Error::GroupNotFrozen`],
        /// [`Error::FinalTableMissing`], [`Error::ExitsSettled`], [`Error::ExitsNotDue`].
        /// Event: [`Event::ExitsSettled`].
        #[pallet::call_index(27)]
        #[pallet::weight(T::WeightInfo::settle_exits())]
        pub fn settle_exits(origin: OriginFor<T>, group: u32) -> DispatchResult {
            ensure_signed(origin)?;
            Self::do_settle_exits(group)?;
            Ok(())
        }

        /// Pays to its owner what is due of an exit.
        ///
        /// Origin: signed, anyone. Errors: [`Error::UnknownGroup`], [`Error::NoClaim`], [`Error::ExitsNotSettled`],
        /// [`Error::NothingDue`], [`Error::PayoutRefused`] (by the asset; it stays due). Event: [`Event::ExitPaid`].
        #[pallet::call_index(28)]
        #[pallet::weight(T::WeightInfo::pay_exit())]
        pub fn pay_exit(origin: OriginFor<T>, group: u32, index: u32) -> DispatchResult {
            ensure_signed(origin)?;
            Self::do_pay_exit(group, index)?;
            Ok(())
        }

        /// Gives a queue item of a frozen group back in full, with all that waits for its account; requests are
        /// dropped. What the asset refuses becomes a claim.
        ///
        /// Origin: signed, anyone. Errors: [`Error::UnknownGroup`], [`Error::GroupNotFrozen`],
        /// [`Error::NoSuchItem`]. Events: [`Event::DepositsRefunded`] or [`Event::PayoutDeferred`] if there is money in
        /// it, [`Event::ItemRefunded`].
        #[pallet::call_index(29)]
        #[pallet::weight(T::WeightInfo::refund_item(T::MaxItemsPerUser::get()))]
        pub fn refund_item(origin: OriginFor<T>, group: u32, item: u64) -> DispatchResult {
            ensure_signed(origin)?;
            Self::do_refund_item(group, item)
        }

        /// Pays to the fee account what no claim of a frozen group has a right to, [`exit::JUNIOR_AFTER`] after its
        /// ratio was fixed. Who exits later than this is paid from what is left.
        ///
        /// Origin: [`Config::AdminOrigin`]. Errors: [`Error::UnknownGroup`], [`Error::GroupNotFrozen`],
        /// [`Error::FinalTableMissing`], [`Error::ExitsNotSettled`], [`Error::RestNotDue`], [`Error::NothingDue`],
        /// [`Error::PayoutRefused`]. Event: [`Event::RestReleased`].
        #[pallet::call_index(30)]
        #[pallet::weight(T::WeightInfo::release_rest())]
        pub fn release_rest(origin: OriginFor<T>, group: u32) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            Self::do_release_rest(group)?;
            Ok(())
        }

        /// Sets how the income of a group is shared, from its next period on (C-PERIOD).
        ///
        /// Origin: [`Config::NoticeOrigin`]. Errors: [`Error::UnknownGroup`], [`Error::TermsOutOfBounds`].
        /// Event: [`Event::PayoutTermsSet`].
        #[pallet::call_index(31)]
        #[pallet::weight(T::WeightInfo::set_payout_terms())]
        pub fn set_payout_terms(origin: OriginFor<T>, group: u32, terms: PayoutTerms) -> DispatchResult {
            T::NoticeOrigin::ensure_origin(origin)?;
            let old = Self::change_payout_terms(group, terms)?;
            Self::deposit_event(Event::PayoutTermsSet {
                group,
                before: old,
                now: terms,
            });
            Ok(())
        }

        /// Pays a payee of proofs its part of a closed period, once: what the period's provers get over their credits,
        /// rounded down. A disabled group pays it, a frozen one, and whatever the gate.
        ///
        /// Origin: signed, anyone. Errors, in the order of the checks: [`Error::UnknownGroup`], [`Error::NoClaim`] (no
        /// credits, or paid already), [`Error::PeriodNotClosed`], [`Error::PayoutRefused`] (by the asset; it stays
        /// due). Event: [`Event::CreditsClaimed`].
        #[pallet::call_index(32)]
        #[pallet::weight(T::WeightInfo::claim_credits())]
        pub fn claim_credits(origin: OriginFor<T>, group: u32, period: u32, payee: T::AccountId) -> DispatchResult {
            ensure_signed(origin)?;
            Self::do_claim_credits(group, period, &payee)
        }

        /// Pays what was collected for a beneficiary: the sequencer's share to the group's fee account, the treasury's
        /// to [`Config::Treasury`]. The insurance's is queued like a payment into it (C-DOORS).
        ///
        /// Origin: signed, anyone. Errors, in the order of the checks: [`Error::UnknownGroup`], [`Error::GroupFrozen`],
        /// [`Error::NothingDue`], [`Error::NoFreshRound`], [`Error::ShortfallFound`], [`Error::NothingDue`] (what is
        /// there is the traders'), [`Error::PayoutRefused`]; of the insurance [`Error::GroupDisabled`],
        /// [`Error::DepositTooSmall`], [`Error::TooManyInsurancePayments`], [`Error::QueuedSumTooLarge`].
        /// Events: [`Event::ShareClaimed`], of the insurance [`Event::InsuranceQueued`] before it.
        #[pallet::call_index(33)]
        #[pallet::weight(T::WeightInfo::claim_share())]
        pub fn claim_share(origin: OriginFor<T>, group: u32, beneficiary: Beneficiary) -> DispatchResult {
            ensure_signed(origin)?;
            Self::do_claim_share(group, beneficiary)
        }

        /// Settles batches of a group in order, whose proofs are verified together (C-SEVERAL). The first that is
        /// refused ends it: those before it are settled and the call succeeds, unless it is the first of all. Free if
        /// all of them settle. Only as a transaction of its own ([`CheckPlainBatch`]).
        ///
        /// Origin: signed by a submitter. Errors, in the order of the checks: [`Error::WrappedBatch`],
        /// [`Error::NoBatches`], then those of [`Pallet::submit_batch`] for the first batch.
        /// Events: for each batch those of [`Pallet::submit_batch`]; [`Event::BatchRefused`] for one that is refused.
        #[pallet::call_index(34)]
        #[pallet::weight((Pallet::<T>::weight_of_batches(batches), DispatchClass::Operational))]
        pub fn submit_batches(
            origin: OriginFor<T>,
            group: u32,
            batches: BoundedVec<Box<Batch>, ConstU32<MAX_BATCHES>>,
        ) -> DispatchResultWithPostInfo {
            ensure!(PlainBatch::<T>::take().is_some(), Error::<T>::WrappedBatch);
            let who = ensure_signed(origin)?;
            Ok(Self::settle_many(&who, group, &batches)?)
        }

        /// Declares who may hold roles of settlement assets, besides the keyless custodian
        /// ([`Pallet::keyless_custodian`]; C-CUSTODY).
        ///
        /// Origin: [`Config::NoticeOrigin`]. Event: [`Event::CustodiansSet`].
        #[pallet::call_index(37)]
        #[pallet::weight(T::WeightInfo::set_custodians())]
        pub fn set_custodians(
            origin: OriginFor<T>,
            custodians: BoundedVec<T::AccountId, ConstU32<{ custody::MAX_CUSTODIANS }>>,
        ) -> DispatchResult {
            T::NoticeOrigin::ensure_origin(origin)?;
            let count = u32::try_from(custodians.len()).unwrap_or(u32::MAX);
            Custodians::<T>::put(custodians);
            Self::deposit_event(Event::CustodiansSet { count });
            Ok(())
        }

        /// Notes that a role of a group's asset is held by nobody who was declared: from now on the group takes no
        /// opens, deposits or payments into its insurance, even if the roles go back.
        ///
        /// Origin: signed, anyone. Errors: [`Error::UnknownGroup`], [`Error::CustodyReported`],
        /// [`Error::CustodyIntact`]. Event: [`Event::CustodyLost`].
        #[pallet::call_index(38)]
        #[pallet::weight(T::WeightInfo::report_custody())]
        pub fn report_custody(origin: OriginFor<T>, group: u32) -> DispatchResult {
            ensure_signed(origin)?;
            Self::do_report_custody(group)?;
            Ok(())
        }

        /// Lets a group take money again whose custody was lost.
        ///
        /// Origin: [`Config::NoticeOrigin`]. Errors: [`Error::UnknownGroup`], [`Error::CustodyIntact`] (it was never
        /// reported), [`Error::CustodyChanged`] (the roles are still not as declared).
        /// Event: [`Event::CustodyRestored`].
        #[pallet::call_index(39)]
        #[pallet::weight(T::WeightInfo::report_custody())]
        pub fn restore_custody(origin: OriginFor<T>, group: u32) -> DispatchResult {
            T::NoticeOrigin::ensure_origin(origin)?;
            Self::do_restore_custody(group)?;
            Ok(())
        }

        /// Takes back the deposits of the signer's account, or its open with all behind it, that have been overdue for
        /// [`TAKE_BACK_AFTER`] (C-TAKE-BACK). Batches at tables younger than now by the group's notice count them no
        /// more; those at older ones may. A disabled group takes it too.
        ///
        /// Origin: signed by the owner. Errors: [`Error::UnknownGroup`], [`Error::GroupFrozen`] (then
        /// [`Pallet::refund_item`] gives it back), [`Error::NoAccount`], [`Error::TakeBackNotDue`].
        /// Event: [`Event::TakeBackAsked`].
        // It reads and writes what a refund does, and pays nothing.
        #[pallet::call_index(41)]
        #[pallet::weight(T::WeightInfo::refund_item(T::MaxItemsPerUser::get()))]
        pub fn take_back(origin: OriginFor<T>, group: u32) -> DispatchResult {
            let owner = ensure_signed(origin)?;
            Self::do_take_back(group, owner)
        }

        /// Pays to its owner what an account takes back, once no batch can take it any more.
        ///
        /// Origin: signed, anyone. Errors: [`Error::UnknownGroup`], [`Error::GroupFrozen`],
        /// [`Error::NothingTakenBack`], [`Error::TakeBackNotDue`]. Events: [`Event::PayoutDeferred`] if the asset
        /// refuses, [`Event::TakenBack`].
        // It does what a refund does.
        #[pallet::call_index(42)]
        #[pallet::weight(T::WeightInfo::refund_item(T::MaxItemsPerUser::get()))]
        pub fn pay_back(origin: OriginFor<T>, group: u32, index: u32) -> DispatchResult {
            ensure_signed(origin)?;
            Self::do_pay_back(group, index)
        }
    }
}
