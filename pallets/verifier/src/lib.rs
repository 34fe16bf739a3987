//! The registry of verifying keys (C-REGISTRY, C-KEYS): which statements the chain takes proofs of, and with which key
//! it verifies them.
//!
//! A key is never replaced under its id, so that a proof in flight never meets another key. Setting one needs notice
//! and a delay of its own; removing one acts at once, unless traders need it to leave.
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod keys;
#[cfg(any(test, feature = "runtime-benchmarks"))]
pub mod trapdoor;
mod types;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use cloister_settlement::batch::KeyId;
pub use keys::{KeyOf, MAX_KEYS};
pub use pallet::*;
pub use types::{
    ActiveKey, ExitsNeeded, GenesisKey, KeyError, RegisteredKey, StatementKind, VerifyingKeyRegistry, KEY_BYTES,
};
pub use weights::WeightInfo;

pub(crate) use polkadot_sdk::frame_system::pallet_prelude::BlockNumberFor;
use polkadot_sdk::{frame_support, frame_system, sp_runtime};

#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use alloc::vec::Vec;
    use frame_support::{
        pallet_prelude::*,
        traits::{EitherOfDiverse, StorageVersion},
    };
    use frame_system::pallet_prelude::*;
    use sp_runtime::traits::Saturating;

    /// Version of the storage's layout.
    const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

    #[pallet::pallet]
    #[pallet::storage_version(STORAGE_VERSION)]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config: polkadot_sdk::frame_system::Config<RuntimeEvent: From<Event<Self>>> {
        /// Removes keys at once (C-NOTICE).
        type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;
        /// Sets keys, once that was announced for long enough (C-NOTICE).
        type NoticeOrigin: EnsureOrigin<Self::RuntimeOrigin>;
        /// Blocks from setting a verifying key until proofs are verified with it; the same for every statement.
        #[pallet::constant]
        type ActivationDelay: Get<BlockNumberFor<Self>>;
        /// Whether keys of exits are needed.
        type Exits: ExitsNeeded;
        /// Weights of the calls.
        type WeightInfo: WeightInfo;
    }

    /// The chain takes development keys. Set at genesis only.
    #[pallet::storage]
    pub type Development<T: Config> = StorageValue<_, bool, ValueQuery>;

    /// The verifying keys of all statements. A key is never replaced under its id: to rotate, set another id and, once
    /// nothing names the old one, remove that.
    #[pallet::storage]
    pub type VerifyingKeys<T: Config> = CountedStorageMap<_, Twox64Concat, KeyId, KeyOf<T>>;

    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A verifying key was registered.
        VerifyingKeySet {
            /// Its id.
            id: KeyId,
            /// What its proofs say.
            statement: StatementKind,
            /// Blake2-256 of the key.
            key_hash: [u8; 32],
            /// First block in which proofs are verified with it.
            active_at: BlockNumberFor<T>,
            /// The parameters come from a public seed.
            development: bool,
        },
        /// A verifying key was removed.
        VerifyingKeyRemoved {
            /// Its id.
            id: KeyId,
        },
    }

    #[pallet::error]
    #[derive(PartialEq, Eq)]
    pub enum Error<T> {
        /// The id has a verifying key, which is never replaced.
        KeyExists,
        /// No more verifying keys can be registered: one must be removed first.
        TooManyKeys,
        /// The shape has no units or places, or more than the chain takes.
        ShapeTooLarge,
        /// A development key, and this is not a development chain.
        DevelopmentKeyRefused,
        /// The bytes are not a verifying key with one public input.
        InvalidVerifyingKey,
        /// No verifying key has this id.
        UnknownKey,
        /// The last active key of exits stays while any account is open.
        ExitKeyNeeded,
    }

    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        /// The chain takes development keys.
        pub development: bool,
        /// Verifying keys, active from the first block.
        pub verifying_keys: Vec<GenesisKey>,
        /// The type of the pallet.
        #[serde(skip)]
        pub _config: core::marker::PhantomData<T>,
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            // A genesis that does not hold together must not start: every failure here is a panic.
            Development::<T>::put(self.development);
            for k in &self.verifying_keys {
                Pallet::<T>::register_key(k.id, k.statement, k.development, k.key.clone(), 0u32.into())
                    .expect("genesis: valid verifying key");
            }
        }
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        #[cfg(feature = "try-runtime")]
        fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Registers a verifying key under a new id, good after [`Config::ActivationDelay`].
        ///
        /// Origin: [`Config::NoticeOrigin`]. Errors, in the order of the checks: [`Error::KeyExists`],
        /// [`Error::TooManyKeys`], [`Error::ShapeTooLarge`], [`Error::DevelopmentKeyRefused`],
        /// [`Error::InvalidVerifyingKey`]. Event: [`Event::VerifyingKeySet`].
        #[pallet::call_index(0)]
        #[pallet::weight(T::WeightInfo::set_verifying_key())]
        pub fn set_verifying_key(
            origin: OriginFor<T>,
            id: KeyId,
            statement: StatementKind,
            development: bool,
            key: BoundedVec<u8, ConstU32<{ types::KEY_BYTES }>>,
        ) -> DispatchResult {
            T::NoticeOrigin::ensure_origin(origin)?;
            let active_at = frame_system::Pallet::<T>::block_number().saturating_add(T::ActivationDelay::get());
            Self::register_key(id, statement, development, key.into_inner(), active_at)?;
            Ok(())
        }

        /// Removes a verifying key at once: what names it is refused from now on. Opens that are queued were checked
        /// with it before. The last active key of exits stays while any account is open.
        ///
        /// Origin: [`Config::AdminOrigin`] or [`Config::NoticeOrigin`]. Errors: [`Error::UnknownKey`],
        /// [`Error::ExitKeyNeeded`]. Event: [`Event::VerifyingKeyRemoved`].
        #[pallet::call_index(1)]
        #[pallet::weight(T::WeightInfo::remove_verifying_key())]
        pub fn remove_verifying_key(origin: OriginFor<T>, id: KeyId) -> DispatchResult {
            EitherOfDiverse::<T::AdminOrigin, T::NoticeOrigin>::ensure_origin(origin)?;
            Self::unregister_key(id)?;
            Ok(())
        }
    }

    #[cfg(any(feature = "std", feature = "try-runtime"))]
    impl<T: Config> Pallet<T> {
        /// Invariants: a development key is on a development chain only, every key fits, its bytes are a key, and its
        /// hash is theirs.
        pub fn do_try_state() -> Result<(), sp_runtime::TryRuntimeError> {
            use polkadot_sdk::sp_io::hashing::blake2_256;

            ensure!(
                VerifyingKeys::<T>::count() <= MAX_KEYS,
                "more keys than may be registered"
            );
            let mut found = 0u32;
            for (_, key) in VerifyingKeys::<T>::iter() {
                found = found.saturating_add(1);
                ensure!(
                    key.statement.fits(),
                    "a key of a statement that the chain does not take"
                );
                ensure!(
                    !key.development || Development::<T>::get(),
                    "a development key on another chain"
                );
                ensure!(
                    key.key_hash == blake2_256(&key.key),
                    "the hash of a key is another one's"
                );
                ensure!(
                    cloister_groth16_verifier::VerifyingKey::from_checked_bytes(&key.key).is_ok(),
                    "a key that is none"
                );
            }
            ensure!(found == VerifyingKeys::<T>::count(), "the number of keys is wrong");
            Ok(())
        }
    }
}
