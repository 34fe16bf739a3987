//! Notice before what widens (C-NOTICE).
//!
//! Whoever governs announces a call; once the delay of its class is over, anyone has it carried out, as it was
//! announced and no other. So whoever distrusts it has the time to leave. What narrows acts at once and needs none of
//! this: the pallets take it from their own origins.
//!
//! Time is counted in blocks: while the chain stands still nobody can leave, and no notice runs.
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod code;
mod origin;
pub mod types;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use code::EnactedCode;
pub use origin::EnsureEnacted;
pub use pallet::*;
pub use types::{Class, Classify, Delays, Notice};
pub use weights::WeightInfo;

use polkadot_sdk::{frame_support, frame_system, sp_runtime};

/// Maximum number of bytes of a call that is announced. Code is announced by its hash.
pub const MAX_CALL_BYTES: u32 = 16 * 1024;
/// Maximum number of notices.
pub const MAX_NOTICES: u32 = 64;

#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use alloc::boxed::Box;
    use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
    use frame_support::{
        dispatch::{GetDispatchInfo, PostDispatchInfo},
        pallet_prelude::*,
        traits::{EnsureOriginWithArg, StorageVersion},
    };
    use frame_system::{pallet_prelude::*, RawOrigin};
    use sp_runtime::traits::{Dispatchable, Hash as _, Saturating, Zero};

    /// Delays in the chain's block numbers.
    pub type DelaysOf<T> = Delays<BlockNumberFor<T>>;

    /// Version of the storage's layout: the first one.
    const STORAGE_VERSION: StorageVersion = StorageVersion::new(0);

    #[pallet::pallet]
    #[pallet::storage_version(STORAGE_VERSION)]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config:
        polkadot_sdk::frame_system::Config<RuntimeEvent: From<Event<Self>>, RuntimeOrigin: From<Origin>>
    {
        /// The runtime's calls.
        type RuntimeCall: Parameter
            + Dispatchable<RuntimeOrigin = <Self as frame_system::Config>::RuntimeOrigin, PostInfo = PostDispatchInfo>
            + GetDispatchInfo;
        /// Announces calls: each origin those of its own field, which it sees.
        type AnnounceOrigin: EnsureOriginWithArg<
            <Self as frame_system::Config>::RuntimeOrigin,
            <Self as Config>::RuntimeCall,
        >;
        /// Withdraws calls that were announced, of its own field too.
        type WithdrawOrigin: EnsureOriginWithArg<
            <Self as frame_system::Config>::RuntimeOrigin,
            <Self as Config>::RuntimeCall,
        >;
        /// Sets the delays: an enacted call ([`EnsureEnacted`]).
        type NoticeOrigin: EnsureOrigin<<Self as frame_system::Config>::RuntimeOrigin>;
        /// What the runtime says of its calls.
        type Classes: Classify<<Self as Config>::RuntimeCall, Self::Hash>;
        /// Whether this is a development chain, on which delays may be nothing and the runtime's code is not guarded.
        type Development: Get<bool>;
        /// Whether there is a way around notices at genesis, such as a sudo key. Only a development chain may have one.
        type Bypass: Get<bool>;
        /// Shortest delays of the classes, blocks, whoever governs.
        #[pallet::constant]
        type LeastDelays: Get<DelaysOf<Self>>;
        /// Longest delay, blocks: nobody who governs may tie everybody's hands after them.
        #[pallet::constant]
        type MostDelay: Get<BlockNumberFor<Self>>;
        /// How long a call may be enacted once it is due, blocks.
        #[pallet::constant]
        type Lifetime: Get<BlockNumberFor<Self>>;
        /// Weights of the calls.
        type WeightInfo: WeightInfo;
    }

    /// The origin of calls that were announced.
    #[pallet::origin]
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
    pub enum Origin {
        /// The call was announced, and its delay is over.
        Enacted,
    }

    /// Delays that governance has set, blocks; the shortest there may be if none.
    #[pallet::storage]
    pub type GovernedDelays<T: Config> = StorageValue<_, DelaysOf<T>>;

    /// The calls that were announced and are neither enacted nor withdrawn, by the hash of their bytes.
    #[pallet::storage]
    pub type Notices<T: Config> = CountedStorageMap<_, Identity, T::Hash, Notice<BlockNumberFor<T>>>;

    /// Hash of the code that the newest enacted upgrade has authorised, until it is the runtime.
    #[pallet::storage]
    pub type EnactedUpgrade<T: Config> = StorageValue<_, T::Hash>;

    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A call was announced. Its bytes are in the transaction.
        Announced {
            /// Hash of its bytes.
            call_hash: T::Hash,
            /// What it was classified as.
            class: Class,
            /// The first block in which it may be enacted.
            due: BlockNumberFor<T>,
        },
        /// A call was carried out that was announced.
        Enacted {
            /// Hash of its bytes.
            call_hash: T::Hash,
        },
        /// A call will not be carried out that was announced.
        Withdrawn {
            /// Hash of its bytes.
            call_hash: T::Hash,
        },
        /// Delays were set, for calls that are announced from now on.
        DelaysSet {
            /// Blocks.
            delays: DelaysOf<T>,
        },
    }

    #[pallet::error]
    #[derive(PartialEq, Eq)]
    pub enum Error<T> {
        /// The call has more bytes than one that is announced may have.
        CallTooLarge,
        /// The call announces or enacts others.
        NoticeOfNotice,
        /// The call was announced and is not enacted yet.
        AlreadyAnnounced,
        /// As many calls wait as may.
        TooManyNotices,
        /// The call was never announced, or has been enacted or withdrawn.
        NotAnnounced,
        /// The call's delay is not over.
        NotDue,
        /// The call was due for too long.
        NoticeExpired,
        /// The runtime says another class of the call than when it was announced.
        ClassChanged,
        /// A delay is shorter or longer than it may be, or than that of a class before it.
        DelaysOutOfBounds,
        /// The code is not that of an enacted upgrade.
        UpgradeNotEnacted,
    }

    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        /// Delays of the classes, blocks; the shortest there may be if none.
        pub delays: Option<DelaysOf<T>>,
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            // A chain that says it waits must wait.
            assert!(
                T::Development::get() || !T::Bypass::get(),
                "genesis: only a development chain has a way around notices"
            );
            if let Some(delays) = self.delays {
                Pallet::<T>::put_delays(delays).expect("genesis: delays within their bounds");
            }
        }
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn integrity_test() {
            let least = T::LeastDelays::get();
            assert!(
                least.are_within(&least, T::MostDelay::get()),
                "the shortest delays rise with the class and are no longer than the longest"
            );
            assert!(!T::Lifetime::get().is_zero(), "a call that is due can be enacted");
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Announces a call. Anyone may have it enacted once the delay of its class is over.
        ///
        /// Origin: [`Config::AnnounceOrigin`] for this call. Errors, in the order of the checks:
        /// [`Error::CallTooLarge`], [`Error::NoticeOfNotice`], [`Error::AlreadyAnnounced`] (one that has expired may be
        /// announced again), [`Error::TooManyNotices`]. Event: [`Event::Announced`].
        #[pallet::call_index(0)]
        #[pallet::weight(T::WeightInfo::announce(call.encoded_size() as u32))]
        pub fn announce(origin: OriginFor<T>, call: Box<<T as Config>::RuntimeCall>) -> DispatchResult {
            T::AnnounceOrigin::ensure_origin(origin, &call)?;
            ensure!(call.encoded_size() <= MAX_CALL_BYTES as usize, Error::<T>::CallTooLarge);
            let class = T::Classes::class_of(&call).ok_or(Error::<T>::NoticeOfNotice)?;
            let hash = Self::hash_of(&call);
            let now = frame_system::Pallet::<T>::block_number();
            match Notices::<T>::get(hash) {
                Some(notice) => ensure!(Self::has_expired(&notice), Error::<T>::AlreadyAnnounced),
                None => ensure!(Notices::<T>::count() < MAX_NOTICES, Error::<T>::TooManyNotices),
            }
            let due = now.saturating_add(Self::delays().of(class));
            let notice = Notice {
                class,
                announced_at: now,
                due,
            };
            Notices::<T>::insert(hash, notice);
            Self::deposit_event(Event::Announced {
                call_hash: hash,
                class,
                due,
            });
            Ok(())
        }

        /// Carries out a call that was announced, once it is due. Free if the call succeeds. If it fails, so does this,
        /// with the call's error, and the call may be enacted later: nobody can spend a notice by choosing a bad moment
        /// for it.
        ///
        /// Origin: signed, anyone. Errors, in the order of the checks: [`Error::NotAnnounced`], [`Error::NotDue`],
        /// [`Error::NoticeExpired`], [`Error::ClassChanged`], and the call's own. Event: [`Event::Enacted`], after
        /// those of the call.
        #[pallet::call_index(1)]
        #[pallet::weight(
            T::WeightInfo::enact(call.encoded_size() as u32).saturating_add(call.get_dispatch_info().call_weight)
        )]
        pub fn enact(origin: OriginFor<T>, call: Box<<T as Config>::RuntimeCall>) -> DispatchResultWithPostInfo {
            ensure_signed(origin)?;
            let hash = Self::hash_of(&call);
            let notice = Notices::<T>::get(hash).ok_or(Error::<T>::NotAnnounced)?;
            let now = frame_system::Pallet::<T>::block_number();
            ensure!(now >= notice.due, Error::<T>::NotDue);
            ensure!(!Self::has_expired(&notice), Error::<T>::NoticeExpired);
            // The same bytes may mean another call since the runtime was upgraded.
            ensure!(
                T::Classes::class_of(&call) == Some(notice.class),
                Error::<T>::ClassChanged
            );
            // Before the call, which might ask for it.
            Notices::<T>::remove(hash);
            let origin = match T::Classes::upgrade_of(&call) {
                Some(code) => {
                    EnactedUpgrade::<T>::put(code);
                    RawOrigin::Root.into()
                }
                None => Origin::Enacted.into(),
            };
            // With the filter of calls: what nobody may do is not done by notice either.
            call.dispatch(origin).map_err(|failure| failure.error)?;
            Self::deposit_event(Event::Enacted { call_hash: hash });
            Ok(Pays::No.into())
        }

        /// Withdraws a call that was announced. The call is given and not its hash, so that the origin is asked about
        /// the same call that is withdrawn.
        ///
        /// Origin: [`Config::WithdrawOrigin`] for this call. Errors: [`Error::NotAnnounced`]. Event:
        /// [`Event::Withdrawn`].
        #[pallet::call_index(2)]
        #[pallet::weight(weights::of_withdrawal::<T::WeightInfo>(call.encoded_size() as u32))]
        pub fn withdraw(origin: OriginFor<T>, call: Box<<T as Config>::RuntimeCall>) -> DispatchResult {
            T::WithdrawOrigin::ensure_origin(origin, &call)?;
            let hash = Self::hash_of(&call);
            Notices::<T>::take(hash).ok_or(Error::<T>::NotAnnounced)?;
            Self::deposit_event(Event::Withdrawn { call_hash: hash });
            Ok(())
        }

        /// Sets the delays of calls that are announced from now on.
        ///
        /// Origin: [`Config::NoticeOrigin`]. Errors: [`Error::DelaysOutOfBounds`]. Event: [`Event::DelaysSet`].
        #[pallet::call_index(3)]
        #[pallet::weight(T::WeightInfo::set_delays())]
        pub fn set_delays(origin: OriginFor<T>, delays: DelaysOf<T>) -> DispatchResult {
            T::NoticeOrigin::ensure_origin(origin)?;
            Self::put_delays(delays)?;
            Self::deposit_event(Event::DelaysSet { delays });
            Ok(())
        }
    }

    impl<T: Config> Pallet<T> {
        /// The hash by which a call is announced.
        pub fn hash_of(call: &<T as Config>::RuntimeCall) -> T::Hash {
            T::Hashing::hash_of(call)
        }

        /// The delays of calls that are announced now. Whatever is stored, none is shorter than it may be.
        pub fn delays() -> DelaysOf<T> {
            let least = Self::least_delays();
            let governed = GovernedDelays::<T>::get().unwrap_or_else(T::LeastDelays::get);
            Delays {
                terms: governed.terms.max(least.terms),
                members: governed.members.max(least.members),
                keys_and_code: governed.keys_and_code.max(least.keys_and_code),
            }
        }

        fn least_delays() -> DelaysOf<T> {
            if T::Development::get() {
                Delays::default()
            } else {
                T::LeastDelays::get()
            }
        }

        fn put_delays(delays: DelaysOf<T>) -> Result<(), Error<T>> {
            ensure!(
                delays.are_within(&Self::least_delays(), T::MostDelay::get()),
                Error::<T>::DelaysOutOfBounds
            );
            GovernedDelays::<T>::put(delays);
            Ok(())
        }

        /// Whether a call was due for too long.
        fn has_expired(notice: &Notice<BlockNumberFor<T>>) -> bool {
            let last = notice.due.saturating_add(T::Lifetime::get());
            frame_system::Pallet::<T>::block_number() > last
        }

        /// * There are no more notices than there may be, and each waits for its delay.
        /// * Delays are within their bounds.
        #[cfg(any(feature = "std", feature = "try-runtime"))]
        pub fn do_try_state() -> Result<(), sp_runtime::TryRuntimeError> {
            ensure!(Notices::<T>::count() <= MAX_NOTICES, "too many notices");
            let now = frame_system::Pallet::<T>::block_number();
            for notice in Notices::<T>::iter_values() {
                let waits = notice.due.saturating_sub(notice.announced_at);
                ensure!(notice.announced_at <= now, "a notice from the future");
                ensure!(
                    waits >= Self::least_delays().of(notice.class),
                    "a notice that is too short"
                );
            }
            if let Some(delays) = GovernedDelays::<T>::get() {
                ensure!(
                    delays.are_within(&Self::least_delays(), T::MostDelay::get()),
                    "delays out of bounds"
                );
            }
            Ok(())
        }
    }
}
