//! The sequencers of margin groups: who may submit batches, when another member takes over, and the key to which the
//! traders of a group seal their view keys (C-SEQUENCERS).
//!
//! A group's members share the secret of its sealing key. One of them leads in each epoch, if governance says so; if
//! the leader has made no batch for the first delay, every member may submit. The second delay is that of pallet
//! execution, after which anyone may freeze the group (C-FREEZE).
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod members;
mod types;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use cloister_settlement::batch::Field;
pub use pallet::*;
pub use types::{Bonds, GenesisSequencers, NoRight, Sequencers, TakeOver, MAX_FIRST_DELAY, MIN_FIRST_DELAY};
pub use weights::WeightInfo;

#[cfg(feature = "try-runtime")]
use polkadot_sdk::sp_runtime;
use polkadot_sdk::{frame_support, frame_system};

#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use alloc::vec::Vec;
    use frame_support::{
        pallet_prelude::*,
        traits::{EitherOfDiverse, StorageVersion, Time},
    };
    use frame_system::pallet_prelude::*;
    use polkadot_sdk::sp_runtime::traits::Zero;

    /// Version of the storage's layout.
    const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

    #[pallet::pallet]
    #[pallet::storage_version(STORAGE_VERSION)]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config: polkadot_sdk::frame_system::Config<RuntimeEvent: From<Event<Self>>> {
        /// Takes members away, at once (C-NOTICE).
        type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;
        /// Sets members, sealing keys and terms, once that was announced for long enough (C-NOTICE).
        type NoticeOrigin: EnsureOrigin<Self::RuntimeOrigin>;
        /// The chain's clock, milliseconds of Unix time.
        type Time: Time<Moment = u64>;
        /// Maximum number of members of a group.
        #[pallet::constant]
        type MaxMembers: Get<u32>;
        /// Maximum number of blocks for which a member leads: all members lead within a day.
        #[pallet::constant]
        type MaxEpoch: Get<BlockNumberFor<Self>>;
        /// What members have staked.
        type Bonds: Bonds<Self::AccountId>;
        /// Weights of the calls.
        type WeightInfo: WeightInfo;
    }

    /// The members of each group, in the order in which they lead.
    #[pallet::storage]
    pub type Members<T: Config> = StorageMap<_, Twox64Concat, u32, BoundedVec<T::AccountId, T::MaxMembers>, ValueQuery>;

    /// The sealing key of each group, coordinates x and y (P-SEAL).
    #[pallet::storage]
    pub type SealKeys<T: Config> = StorageMap<_, Twox64Concat, u32, (Field, Field)>;

    /// Who leads in each group, and for how long; nobody where there is no entry.
    #[pallet::storage]
    pub type TakeOverOf<T: Config> = StorageMap<_, Twox64Concat, u32, TakeOver<BlockNumberFor<T>>>;

    /// When each group whose members lead in turn has last taken a batch of its leader, or since when they do,
    /// milliseconds of Unix time.
    #[pallet::storage]
    pub type LastBatch<T: Config> = StorageMap<_, Twox64Concat, u32, u64>;

    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// The members of a group were set.
        MembersSet {
            /// The group.
            group: u32,
            /// Members before.
            before: Vec<T::AccountId>,
            /// Members from now on.
            now: Vec<T::AccountId>,
        },
        /// The sealing key of a group was set.
        SealKeySet {
            /// The group.
            group: u32,
            /// Coordinates x and y.
            key: (Field, Field),
        },
        /// It was set who leads in a group, and for how long.
        TakeOverSet {
            /// The group.
            group: u32,
            /// Terms before; epochs of 0 blocks if nobody led.
            before: TakeOver<BlockNumberFor<T>>,
            /// Terms from now on.
            now: TakeOver<BlockNumberFor<T>>,
        },
    }

    #[pallet::error]
    #[derive(PartialEq, Eq)]
    pub enum Error<T> {
        /// A member is named twice.
        MemberTwice,
        /// The coordinates are not a key of prime order.
        InvalidSealKey,
        /// An epoch must not be longer than [`Config::MaxEpoch`]; the first delay must be 1 to 60 minutes, and 0 where
        /// nobody leads.
        TakeOverOutOfBounds,
    }

    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        /// Members and sealing keys of groups.
        pub groups: Vec<GenesisSequencers<T::AccountId>>,
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            // A genesis that does not hold together must not start: every failure here is a panic.
            for of in &self.groups {
                let members = BoundedVec::try_from(of.members.clone());
                let members = members.expect("genesis: no more members than there may be");
                Pallet::<T>::put_members(of.group, members).expect("genesis: each member named once");
                if let Some((x, y)) = of.seal_key {
                    Pallet::<T>::put_seal_key(of.group, x, y).expect("genesis: valid sealing key");
                }
            }
        }
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn integrity_test() {
            assert!(T::MaxMembers::get() > 0, "a group can have a member");
            assert!(!T::MaxEpoch::get().is_zero(), "a member can lead");
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Sets who may submit the batches of a group, in the order in which they lead. Bonds of those who are no
        /// longer among them are given up.
        ///
        /// Origin: [`Config::NoticeOrigin`]; [`Config::AdminOrigin`] too if members are only taken away, and the others
        /// keep their order. Errors: [`Error::MemberTwice`]. Event: [`Event::MembersSet`].
        #[pallet::call_index(0)]
        // As many may be taken away as there may be.
        #[pallet::weight(T::WeightInfo::set_members(T::MaxMembers::get()))]
        pub fn set_members(
            origin: OriginFor<T>,
            group: u32,
            members: BoundedVec<T::AccountId, T::MaxMembers>,
        ) -> DispatchResult {
            if Self::is_narrower(group, &members) {
                EitherOfDiverse::<T::AdminOrigin, T::NoticeOrigin>::ensure_origin(origin)?;
            } else {
                T::NoticeOrigin::ensure_origin(origin)?;
            }
            Self::put_members(group, members)?;
            Ok(())
        }

        /// Sets a group's sealing key, coordinates x and y. Opens that are queued were sealed to the key before, so the
        /// members keep that one until a batch has consumed them.
        ///
        /// Origin: [`Config::NoticeOrigin`]. Errors: [`Error::InvalidSealKey`]. Event: [`Event::SealKeySet`].
        #[pallet::call_index(1)]
        #[pallet::weight(T::WeightInfo::set_seal_key())]
        pub fn set_seal_key(origin: OriginFor<T>, group: u32, x: Field, y: Field) -> DispatchResult {
            T::NoticeOrigin::ensure_origin(origin)?;
            Self::put_seal_key(group, x, y)?;
            Ok(())
        }

        /// Sets who leads in a group and for how long, and when the others may submit (C-TAKE-OVER). Epochs of 0 blocks
        /// let every member submit at any time.
        ///
        /// Origin: [`Config::NoticeOrigin`]. Errors: [`Error::TakeOverOutOfBounds`]. Event: [`Event::TakeOverSet`].
        #[pallet::call_index(2)]
        #[pallet::weight(T::WeightInfo::set_take_over())]
        pub fn set_take_over(origin: OriginFor<T>, group: u32, terms: TakeOver<BlockNumberFor<T>>) -> DispatchResult {
            T::NoticeOrigin::ensure_origin(origin)?;
            Self::put_take_over(group, terms)?;
            Ok(())
        }
    }
}
