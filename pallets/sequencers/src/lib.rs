//! The sequencers of margin groups: who may submit batches, when another member takes over, and the key to which the
//! traders of a group seal their view keys (C-SEQUENCERS).
//!
//! A group's members share the secret of its sealing key. One of them leads in each epoch, if governance says so; if
//! the leader has made no batch for the first delay, every member may submit. The second delay is that of pallet
//! execution, after which anyone may freeze the group (C-FREEZE).
//!
//! The secret goes from member to member in ciphertexts that say nothing to the chain (C-HAND-OVER). When a member is
//! taken away, the others agree on another secret (C-ROTATION).
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod members;
mod secret;
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
pub use types::{
    Bonds, Ciphertext, GenesisSequencers, HandOver, NoRight, Rotation, SealedSecret, Sequencers, SettledBatch,
    SettledBatches, TakeOver, MAX_FIRST_DELAY, MAX_HAND_OVER, MIN_FIRST_DELAY, SEALED_SECRET,
};
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

    /// The key to which others seal the secret of each group's sealing key for a member, an X25519 public key
    /// (C-HAND-OVER).
    #[pallet::storage]
    pub type TransportKeys<T: Config> =
        StorageDoubleMap<_, Twox64Concat, u32, Blake2_128Concat, T::AccountId, [u8; 32]>;

    /// The secret of each group's present sealing key as it was handed over to a member, once by each other one at most
    /// (C-HAND-OVER).
    #[pallet::storage]
    pub type HandOvers<T: Config> = StorageDoubleMap<
        _,
        Twox64Concat,
        u32,
        Blake2_128Concat,
        T::AccountId,
        BoundedVec<HandOver<T::AccountId>, T::MaxMembers>,
        ValueQuery,
    >;

    /// Since when each group's sealing key is due for rotation, milliseconds of Unix time: a member was taken away
    /// then, who may have its secret (C-ROTATION).
    #[pallet::storage]
    pub type RotationsDue<T: Config> = StorageMap<_, Twox64Concat, u32, u64>;

    /// What each member proposes as the sealing key of a group that is due for rotation.
    #[pallet::storage]
    pub type Rotations<T: Config> =
        StorageDoubleMap<_, Twox64Concat, u32, Blake2_128Concat, T::AccountId, Rotation<T::AccountId, T::MaxMembers>>;

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
        /// A member has published its transport key.
        TransportKeySet {
            /// The group.
            group: u32,
            /// The member.
            who: T::AccountId,
            /// The key.
            key: [u8; 32],
        },
        /// A member has handed the secret of the sealing key over to another one.
        SecretHandedOver {
            /// The group.
            group: u32,
            /// Who has sealed it.
            from: T::AccountId,
            /// Who can open it.
            to: T::AccountId,
        },
        /// Somebody who is no longer a member has the secret of the sealing key.
        RotationDue {
            /// The group.
            group: u32,
        },
        /// A member has proposed another sealing key.
        SealKeyProposed {
            /// The group.
            group: u32,
            /// The member.
            proposer: T::AccountId,
            /// Coordinates x and y.
            key: (Field, Field),
        },
        /// A member has said that it has the secret of a proposed sealing key.
        SealKeyConfirmed {
            /// The group.
            group: u32,
            /// Whose proposal it is.
            proposer: T::AccountId,
            /// Who has the secret.
            who: T::AccountId,
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
        /// Only members of the group do this.
        NotMember,
        /// The secret is handed over to members of the group only.
        RecipientNotMember,
        /// The group has no sealing key, or another one.
        OtherSealKey,
        /// A member has no transport key, or another one.
        OtherTransportKey,
        /// Nobody was taken away from the members since the sealing key was set.
        NotDue,
        /// The proposed key is the present one.
        SameSealKey,
        /// The secret of a proposed key must be sealed once to each other member, in the order in which they lead.
        NotForOthers,
        /// This member does not propose this key.
        NoSuchProposal,
        /// This member has confirmed it.
        AlreadyConfirmed,
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

        /// Publishes the key to which the other members of a group seal the secret of its sealing key for the signer,
        /// in place of its former one. What was handed over to it under another one goes, and so do the others'
        /// proposals (C-HAND-OVER).
        ///
        /// Origin: a member of the group. Errors: [`Error::NotMember`]. Event: [`Event::TransportKeySet`].
        #[pallet::call_index(3)]
        #[pallet::weight(T::WeightInfo::set_transport_key())]
        pub fn set_transport_key(origin: OriginFor<T>, group: u32, key: [u8; 32]) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::put_transport_key(group, who, key)?;
            Ok(())
        }

        /// Hands the secret of a group's sealing key, and former secrets, over to a member, sealed to its
        /// transport key, in place of what the signer has handed over to it before (C-HAND-OVER). `transport` and `key`
        /// are those to which, and of which, it is.
        ///
        /// Origin: a member of the group. Errors: [`Error::NotMember`], [`Error::RecipientNotMember`],
        /// [`Error::OtherSealKey`], [`Error::OtherTransportKey`]. Event: [`Event::SecretHandedOver`].
        #[pallet::call_index(4)]
        #[pallet::weight(T::WeightInfo::hand_over())]
        pub fn hand_over(
            origin: OriginFor<T>,
            group: u32,
            to: T::AccountId,
            transport: [u8; 32],
            key: (Field, Field),
            ciphertext: Ciphertext,
        ) -> DispatchResult {
            let from = ensure_signed(origin)?;
            Self::put_hand_over(group, from, to, transport, key, ciphertext)?;
            Ok(())
        }

        /// Proposes another sealing key, coordinates x and y, for a group that is due for rotation, in place of the
        /// signer's former proposal. `sealed` is its secret, sealed to each other member. Once they have all confirmed
        /// it, it is the group's sealing key; at once if there is none (C-ROTATION).
        ///
        /// Origin: a member of the group. Errors: [`Error::NotMember`], [`Error::NotDue`], [`Error::InvalidSealKey`],
        /// [`Error::SameSealKey`], [`Error::NotForOthers`], [`Error::OtherTransportKey`]. Events:
        /// [`Event::SealKeyProposed`]; [`Event::SealKeySet`] where there is no other member.
        #[pallet::call_index(5)]
        #[pallet::weight(T::WeightInfo::propose_seal_key(T::MaxMembers::get()))]
        pub fn propose_seal_key(
            origin: OriginFor<T>,
            group: u32,
            x: Field,
            y: Field,
            sealed: BoundedVec<SealedSecret<T::AccountId>, T::MaxMembers>,
        ) -> DispatchResult {
            let proposer = ensure_signed(origin)?;
            Self::put_proposal(group, proposer, (x, y), sealed)?;
            Ok(())
        }

        /// Says that the signer has the secret of the sealing key, coordinates x and y, that `proposer` proposes for a
        /// group, and keeps it. Once all members have said so, it is the group's sealing key (C-ROTATION).
        ///
        /// Origin: a member of the group. Errors: [`Error::NotMember`], [`Error::NoSuchProposal`],
        /// [`Error::AlreadyConfirmed`]. Events: [`Event::SealKeyConfirmed`]; [`Event::SealKeySet`] by the last one.
        #[pallet::call_index(6)]
        #[pallet::weight(T::WeightInfo::confirm_seal_key(T::MaxMembers::get()))]
        pub fn confirm_seal_key(
            origin: OriginFor<T>,
            group: u32,
            proposer: T::AccountId,
            x: Field,
            y: Field,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::put_confirmation(group, who, proposer, (x, y))?;
            Ok(())
        }
    }
}
