//! The offices: origins that only a referendum gives (C-GOVERN), and the end of every pause of a call (C-PAUSE).
//!
//! There is no office of Root. Whoever wins the highest vote of the chain announces calls, and the timelock carries
//! them out; what nobody may do is not done by a vote either.

pub use pallet::*;

use frame_support::{
    pallet_prelude::*,
    traits::{StorageVersion, TransactionPause},
    weights::Weight,
};
use frame_system::pallet_prelude::*;
use polkadot_sdk::*;
use sp_runtime::traits::{Saturating, Zero};

/// Maximum number of calls that are paused at once. There are fewer that may be
/// ([`crate::configs::governance::pausing::STOPPABLE`]).
pub const MAX_PAUSED: u32 = 16;

/// The pallet.
#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use alloc::vec::Vec;
    use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
    use pallet_tx_pause::{PausedCalls, RuntimeCallNameOf};

    /// Version of the storage's layout: the first one.
    const STORAGE_VERSION: StorageVersion = StorageVersion::new(0);

    /// The offices.
    #[pallet::pallet]
    #[pallet::storage_version(STORAGE_VERSION)]
    pub struct Pallet<T>(_);

    /// What the pallet asks of the runtime.
    #[pallet::config]
    pub trait Config: polkadot_sdk::frame_system::Config + pallet_tx_pause::Config {
        /// Blocks after which the pause of a call ends by itself.
        #[pallet::constant]
        type LongestPause: Get<BlockNumberFor<Self>>;
        /// Blocks between two looks at the pauses.
        #[pallet::constant]
        type LookEvery: Get<BlockNumberFor<Self>>;
    }

    /// The offices, each the origin of what its referenda decide.
    #[pallet::origin]
    #[derive(
        Clone,
        Copy,
        Debug,
        PartialEq,
        Eq,
        PartialOrd,
        Ord,
        Encode,
        Decode,
        DecodeWithMemTracking,
        TypeInfo,
        MaxEncodedLen,
    )]
    pub enum Origin {
        /// Announces any call, and does at once what any other office does at once.
        Government,
        /// Announces parameters of groups and instruments; narrows at once.
        RiskAdmin,
        /// Announces groups, instruments, sequencers and oracle operators; takes sequencers away at once.
        ListingAdmin,
        /// Narrows at once, and does nothing else.
        EmergencyPause,
        /// Spends from the treasury, up to a bound.
        Treasurer,
    }

    /// The calls that were paused when they were last looked at, and the block in which that was first seen.
    #[pallet::storage]
    pub type Pauses<T: Config> =
        StorageValue<_, BoundedVec<(RuntimeCallNameOf<T>, BlockNumberFor<T>), ConstU32<MAX_PAUSED>>, ValueQuery>;

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn integrity_test() {
            assert!(!T::LookEvery::get().is_zero(), "pauses are looked at");
            assert!(
                T::LongestPause::get() >= T::LookEvery::get(),
                "a pause is seen before it ends"
            );
        }

        fn on_initialize(now: BlockNumberFor<T>) -> Weight {
            let every = T::LookEvery::get();
            // What kind of chain it is was read.
            let asked = T::DbWeight::get().reads(1);
            if !every.is_zero() && (now % every).is_zero() {
                asked.saturating_add(Self::end_pauses(now))
            } else {
                asked
            }
        }
    }

    impl<T: Config> Pallet<T> {
        /// Ends what has been paused for too long, and notes what was paused since the last look.
        fn end_pauses(now: BlockNumberFor<T>) -> Weight {
            let noted = Pauses::<T>::get();
            let paused: Vec<_> = PausedCalls::<T>::iter_keys().take(MAX_PAUSED as usize).collect();
            let mut left = BoundedVec::new();
            let mut ended = 0u64;
            for name in &paused {
                let since = noted.iter().find(|(of, _)| of == name).map_or(now, |(_, since)| *since);
                if now.saturating_sub(since) < T::LongestPause::get() {
                    // No more are read than there is room for.
                    let _ = left.try_push((name.clone(), since));
                } else {
                    ended = ended.saturating_add(1);
                    // What is there can be ended, unless an upgrade has made it a call that is never paused: such a one
                    // is let through all the same.
                    let _ = <pallet_tx_pause::Pallet<T> as TransactionPause>::unpause(name.clone());
                }
            }
            let changed = left != noted;
            if changed {
                Pauses::<T>::put(left);
            }
            // The kind of chain, the list of notes and the end of the paused calls; each of these, and again to end it.
            let reads = (paused.len() as u64).saturating_add(ended).saturating_add(3);
            T::DbWeight::get().reads_writes(reads, ended.saturating_add(u64::from(changed)))
        }
    }
}
