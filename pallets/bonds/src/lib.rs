//! What a sequencer stakes on its receipts (C-BOND), and what two receipts of one number (C-SLASH), or a fill above the
//! receipt of a cancel (C-OVERFILL), cost it.
//!
//! Governance says, for each group, what a member must have bonded before it submits. Whoever has two different
//! receipts of one number that one key has signed takes the bond away, and so does whoever has the receipt of a cancel
//! and a batch of the same account that fills the order further: a part of the bond is the reporter's, the rest goes to
//! the treasury. One that is being given up can be slashed until it is withdrawn. Numbers are of a series that the
//! sequencer has begun here, one for each journal, so that a journal that is lost costs nobody its bond.
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod bonds;
mod overfills;
mod reports;
mod types;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use cloister_receipt::{Outcome, Receipt, SignedReceipt, MAX_SERIES};
pub use pallet::*;
pub use types::{
    Bond, BondTerms, Bounds, CancelReport, Series, ShownOpening, MAX_ELEMENTS, MAX_INSTRUCTION, MAX_REPORTER_SHARE,
    WHOLE,
};
pub use weights::WeightInfo;

#[cfg(feature = "try-runtime")]
use polkadot_sdk::sp_runtime;
use polkadot_sdk::{
    frame_support::{self, traits::fungible},
    frame_system,
};

/// An amount of the native token, in its smallest unit.
pub type BalanceOf<T> = <<T as Config>::Currency as fungible::Inspect<<T as frame_system::Config>::AccountId>>::Balance;
/// Terms, with the types of a chain.
pub type TermsOfChain<T> = BondTerms<BalanceOf<T>, frame_system::pallet_prelude::BlockNumberFor<T>>;
/// A bond, with the types of a chain.
pub type BondOfChain<T> = Bond<BalanceOf<T>, frame_system::pallet_prelude::BlockNumberFor<T>>;
/// Money that was slashed and is nobody's yet.
pub type SlashOf<T> = fungible::Credit<<T as frame_system::Config>::AccountId, <T as Config>::Currency>;

#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use alloc::boxed::Box;
    use frame_support::{
        pallet_prelude::*,
        traits::{
            fungible::{BalancedHold, MutateHold},
            OnUnbalanced, StorageVersion,
        },
    };
    use frame_system::pallet_prelude::*;
    use pallet_cloister_sequencers::SettledBatches;

    /// Version of the storage's layout.
    const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

    #[pallet::pallet]
    #[pallet::storage_version(STORAGE_VERSION)]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config:
        polkadot_sdk::frame_system::Config<
        RuntimeEvent: From<Event<Self>>,
        Hash: AsRef<[u8]>,
        AccountId: AsRef<[u8; 32]>,
    >
    {
        /// Sets terms, once that was announced for long enough (C-NOTICE).
        type NoticeOrigin: EnsureOrigin<Self::RuntimeOrigin>;
        /// The native token.
        type Currency: MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>
            + BalancedHold<Self::AccountId, Reason = Self::RuntimeHoldReason>;
        /// Why money is held.
        type RuntimeHoldReason: From<HoldReason>;
        /// Takes what is slashed and is not the reporter's.
        type Beneficiary: OnUnbalanced<SlashOf<Self>>;
        /// Least bond, and the least that terms may ask if they ask anything.
        #[pallet::constant]
        type MinBond: Get<BalanceOf<Self>>;
        /// Most that terms may ask.
        #[pallet::constant]
        type MaxBond: Get<BalanceOf<Self>>;
        /// Fewest blocks of [`BondTerms::unbonding`].
        #[pallet::constant]
        type MinUnbonding: Get<BlockNumberFor<Self>>;
        /// Most blocks of [`BondTerms::unbonding`].
        #[pallet::constant]
        type MaxUnbonding: Get<BlockNumberFor<Self>>;
        /// Who answers for the batches that were settled.
        type Batches: SettledBatches<Self::AccountId>;
        /// Weights of the calls.
        type WeightInfo: WeightInfo;
    }

    /// Why the pallet holds money.
    #[pallet::composite_enum]
    pub enum HoldReason {
        /// It is a sequencer's bond.
        Bond,
    }

    /// What each group asks of its sequencers; nothing where there is no entry.
    #[pallet::storage]
    pub type TermsOf<T: Config> = StorageMap<_, Twox64Concat, u32, TermsOfChain<T>>;

    /// What is staked, by group and account.
    #[pallet::storage]
    pub type Bonds<T: Config> = StorageDoubleMap<_, Twox64Concat, u32, Blake2_128Concat, T::AccountId, BondOfChain<T>>;

    /// The series of each member's receipts, by group and account. An entry stays when the bond is withdrawn, so that
    /// no series is begun twice.
    #[pallet::storage]
    pub type SeriesOf<T: Config> = StorageDoubleMap<_, Twox64Concat, u32, Blake2_128Concat, T::AccountId, Series>;

    /// Who was slashed, by group and account: it bonds there no more. An entry costs a bond.
    #[pallet::storage]
    pub type Barred<T: Config> = StorageDoubleMap<_, Twox64Concat, u32, Blake2_128Concat, T::AccountId, ()>;

    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// It was set what a group asks of its sequencers.
        TermsSet {
            /// The group.
            group: u32,
            /// Terms before, if there were any.
            before: Option<TermsOfChain<T>>,
            /// Terms from now on.
            now: TermsOfChain<T>,
        },
        /// Somebody has a bond that is good, or has added to it.
        Bonded {
            /// The group.
            group: u32,
            /// Whose bond it is.
            who: T::AccountId,
            /// What is held now.
            held: BalanceOf<T>,
        },
        /// A bond is no longer good.
        Unbonding {
            /// The group.
            group: u32,
            /// Whose bond it is.
            who: T::AccountId,
            /// First block in which it can be withdrawn.
            free_at: BlockNumberFor<T>,
        },
        /// A bond was withdrawn.
        Withdrawn {
            /// The group.
            group: u32,
            /// Whose bond it was.
            who: T::AccountId,
            /// What was held.
            amount: BalanceOf<T>,
        },
        /// Somebody's receipts are of this series from now on.
        SeriesBegun {
            /// The group.
            group: u32,
            /// Whose receipts they are.
            who: T::AccountId,
            /// The series.
            now: Series,
        },
        /// Somebody has signed two receipts of one number, or has broken what one promises, and has lost its bond.
        Slashed {
            /// The group.
            group: u32,
            /// Whose bond it was.
            who: T::AccountId,
            /// The number.
            number: u64,
            /// What was held.
            amount: BalanceOf<T>,
            /// Who has shown it.
            reporter: T::AccountId,
            /// What of the amount is the reporter's.
            reward: BalanceOf<T>,
        },
    }

    #[pallet::error]
    #[derive(PartialEq, Eq)]
    pub enum Error<T> {
        /// The amount must be 0 or from [`Config::MinBond`] to [`Config::MaxBond`], the period from
        /// [`Config::MinUnbonding`] to [`Config::MaxUnbonding`], the reporter's share at most half.
        TermsOutOfBounds,
        /// The group has no terms, so it takes no bonds.
        NoTerms,
        /// The bond would be less than what the group asks, or than [`Config::MinBond`].
        BondTooSmall,
        /// Nothing is bonded.
        NothingBonded,
        /// The bond is given up already.
        AlreadyUnbonding,
        /// The bond is good, or its unbonding period has not passed.
        StillBonded,
        /// A receipt is of another chain or group.
        WrongScope,
        /// The receipts have different numbers.
        NumbersDiffer,
        /// Both receipts say the same.
        SameReceipt,
        /// The account was slashed in this group, and bonds there no more.
        Barred,
        /// A receipt was not signed by this account's sr25519 key.
        WrongSignature,
        /// The receipts are of series 0: nothing is staked on them.
        NoSeries,
        /// The journal is that of the series that there is.
        SameJournal,
        /// There is no further series ([`MAX_SERIES`]).
        TooManySeries,
        /// The receipt or the instruction is not that of a cancel in this group.
        NoCancel,
        /// The receipt is not of this instruction.
        OtherInstruction,
        /// Nobody answers for the batch: it is not settled, or no longer kept.
        UnknownBatch,
        /// Somebody else has submitted the batch.
        OtherSubmitter,
        /// Its submitter's receipts were of another series when the batch was settled.
        OtherSeries,
        /// The elements are not those of the batch's statement.
        WrongStatement,
        /// There is no such unit, or it is another account's.
        OtherUnit,
        /// The unit's record does not open like this.
        NotOpened,
        /// The place fills the order no further than the receipt states.
        NotOverfilled,
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn integrity_test() {
            let (least, most) = (T::MinBond::get(), T::MaxBond::get());
            assert!(
                least >= <T::Currency as fungible::Inspect<T::AccountId>>::minimum_balance(),
                "a bond is worth an account"
            );
            assert!(least <= most, "a bond can be asked");
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Sets what a group asks of its sequencers. Members with less submit nothing until they add to their bonds; an
        /// unbonding that has begun keeps its end. An amount of 0 asks nothing, and leaves bonds where they are.
        ///
        /// Origin: [`Config::NoticeOrigin`]. Errors: [`Error::TermsOutOfBounds`]. Event: [`Event::TermsSet`].
        #[pallet::call_index(0)]
        #[pallet::weight(T::WeightInfo::set_terms())]
        pub fn set_terms(origin: OriginFor<T>, group: u32, terms: TermsOfChain<T>) -> DispatchResult {
            T::NoticeOrigin::ensure_origin(origin)?;
            Self::put_terms(group, terms)?;
            Ok(())
        }

        /// Bonds an amount of the native token, in its smallest unit, besides what the signer has bonded before. A bond
        /// that was being given up is good again, with an amount of 0 too.
        ///
        /// Errors: [`Error::NoTerms`], [`Error::Barred`], [`Error::BondTooSmall`], those of the native token. Event:
        /// [`Event::Bonded`].
        #[pallet::call_index(1)]
        #[pallet::weight(T::WeightInfo::bond())]
        pub fn bond(origin: OriginFor<T>, group: u32, #[pallet::compact] amount: BalanceOf<T>) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::add_to_bond(group, who, amount)
        }

        /// Gives the signer's bond up: it is no longer good from now on, and can be withdrawn once the group's
        /// unbonding period has passed. Until it is withdrawn it can be slashed.
        ///
        /// Errors: [`Error::NothingBonded`], [`Error::AlreadyUnbonding`]. Event: [`Event::Unbonding`].
        #[pallet::call_index(2)]
        #[pallet::weight(T::WeightInfo::unbond())]
        pub fn unbond(origin: OriginFor<T>, group: u32) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::give_up(group, &who)?;
            Ok(())
        }

        /// Gives the signer back what it has bonded.
        ///
        /// Errors: [`Error::NothingBonded`], [`Error::StillBonded`], those of the native token. Event:
        /// [`Event::Withdrawn`].
        #[pallet::call_index(3)]
        #[pallet::weight(T::WeightInfo::withdraw_unbonded())]
        pub fn withdraw_unbonded(origin: OriginFor<T>, group: u32) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::give_back(group, who)
        }

        /// Shows two different receipts of one number that `who` has signed, and takes its bond away for good
        /// (C-SLASH). The group's share is the signer's, the rest goes to [`Config::Beneficiary`].
        ///
        /// Errors: [`Error::WrongScope`], [`Error::NumbersDiffer`], [`Error::SameReceipt`],
        /// [`Error::NoSeries`], [`Error::NothingBonded`], [`Error::WrongSignature`]. Event: [`Event::Slashed`].
        #[pallet::call_index(4)]
        #[pallet::weight(T::WeightInfo::report_receipts())]
        pub fn report_receipts(
            origin: OriginFor<T>,
            group: u32,
            who: T::AccountId,
            first: Box<SignedReceipt>,
            second: Box<SignedReceipt>,
        ) -> DispatchResult {
            let reporter = ensure_signed(origin)?;
            let number = Self::check_report(group, &who, &first, &second)?;
            Self::slash(group, who, number, reporter);
            Ok(())
        }

        /// Begins the next series of the signer's receipts: those that this journal counts. Until then receipts are of
        /// series 0, on which nothing is staked, and a member that must have a bond submits nothing.
        ///
        /// Errors: [`Error::NothingBonded`], [`Error::SameJournal`], [`Error::TooManySeries`]. Event:
        /// [`Event::SeriesBegun`].
        #[pallet::call_index(5)]
        #[pallet::weight(T::WeightInfo::begin_series())]
        pub fn begin_series(origin: OriginFor<T>, group: u32, journal: [u8; 32]) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::next_series(group, who, journal)?;
            Ok(())
        }

        /// Shows the receipt of a cancel that `who` has signed, and a batch of `who` that fills the order further than
        /// the receipt states, and takes its bond away for good (C-OVERFILL). The group's share is the signer's, the
        /// rest goes to [`Config::Beneficiary`]. What opens the record becomes public.
        ///
        /// Errors, in the order of the checks: [`Error::WrongScope`], [`Error::NoCancel`],
        /// [`Error::OtherInstruction`], [`Error::NoSeries`], [`Error::NothingBonded`], [`Error::UnknownBatch`],
        /// [`Error::OtherSubmitter`], [`Error::OtherSeries`], [`Error::WrongSignature`],
        /// [`Error::WrongStatement`], [`Error::OtherUnit`], [`Error::NotOpened`], [`Error::NotOverfilled`]. Event:
        /// [`Event::Slashed`].
        #[pallet::call_index(6)]
        #[pallet::weight(T::WeightInfo::report_cancel(report.elements.len() as u32))]
        pub fn report_cancel(
            origin: OriginFor<T>,
            group: u32,
            who: T::AccountId,
            report: Box<CancelReport>,
        ) -> DispatchResult {
            let reporter = ensure_signed(origin)?;
            let promise = Self::check_promise(group, &who, &report)?;
            Self::check_overfill(&promise, &report)?;
            Self::slash(group, who, promise.number, reporter);
            Ok(())
        }
    }
}
