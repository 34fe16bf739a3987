//! Margin groups, their instruments, governed risk parameters, and the risk tables made on-chain from oracle prices
//! (C-RISK).
//!
//! A table fixes everything that a batch may assume about prices and margins. It is built from the oracle's medians
//! when they are fresh, hashed once, and named by batches through its version. Parameters are set by
//! [`Config::NoticeOrigin`] inside the hard bounds of [`bounds`].
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod admin;
pub mod bounds;
mod drafts;
pub mod parameters;
pub mod pricing;
mod tables;
#[cfg(any(feature = "std", feature = "try-runtime"))]
mod try_state;
pub mod types;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use pallet::*;
pub use parameters::{ParameterBounds, RiskParameter, Violation};
pub use types::{
    BatchShapes, DeadInstrument, DeadInstruments, Feeds, GenesisGroup, GenesisInstrument, Group, GroupParams,
    Instrument, InstrumentParams, Price, PriceSource, RiskTables, StallReason, TableInfo,
};
pub use weights::WeightInfo;

#[cfg(feature = "try-runtime")]
use polkadot_sdk::sp_runtime;
use polkadot_sdk::{frame_support, frame_system};

#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use crate::types::Turn;
    use alloc::vec::Vec;
    use cloister_risk::{RiskTable, Status};
    use frame_support::{
        pallet_prelude::*,
        traits::{StorageVersion, Time},
    };
    use frame_system::pallet_prelude::*;

    /// Version of the storage's layout: the first one.
    const STORAGE_VERSION: StorageVersion = StorageVersion::new(0);

    #[pallet::pallet]
    #[pallet::storage_version(STORAGE_VERSION)]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config: polkadot_sdk::frame_system::Config<RuntimeEvent: From<Event<Self>>> {
        /// Narrows what is allowed, at once: sets instruments to close-only (C-NOTICE).
        type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;
        /// Sets groups, instruments and parameters, once that was announced for long enough (C-NOTICE).
        type NoticeOrigin: EnsureOrigin<Self::RuntimeOrigin>;
        /// Names a price feed.
        type FeedId: Parameter + Member + MaxEncodedLen + MaybeSerializeDeserialize;
        /// The oracle's medians.
        type Prices: PriceSource<FeedId = Self::FeedId>;
        /// The chain's clock, milliseconds of Unix time.
        type Time: Time<Moment = u64>;
        /// The shapes of batches that the chain verifies.
        type Shapes: BatchShapes;
        /// Maximum number of groups.
        #[pallet::constant]
        type MaxGroups: Get<u32>;
        /// Number of tables that are kept per group (K).
        #[pallet::constant]
        type TablesKept: Get<u32>;
        /// Number of groups that have their turn in a block.
        #[pallet::constant]
        type TurnsPerBlock: Get<u32>;
        /// Time between two blocks, milliseconds.
        type BlockTime: Get<u64>;
        /// Age up to which a batch may name a table, milliseconds. No group waits for longer for its next one.
        type TableAge: Get<u64>;
        /// Weights of the calls.
        type WeightInfo: WeightInfo;
        /// Sets prices and the clock in benchmarks.
        #[cfg(feature = "runtime-benchmarks")]
        type BenchmarkHelper: BenchmarkHelper<Self::FeedId>;
    }

    /// Ids of all groups, in order of creation: the order of their turns.
    #[pallet::storage]
    pub type GroupIds<T: Config> = StorageValue<_, BoundedVec<u32, T::MaxGroups>, ValueQuery>;

    /// Margin groups by id.
    #[pallet::storage]
    pub type Groups<T: Config> = StorageMap<_, Twox64Concat, u32, Group<T::FeedId>>;

    /// The last K risk tables by group and version.
    #[pallet::storage]
    pub type Tables<T: Config> = StorageDoubleMap<_, Twox64Concat, u32, Twox64Concat, u64, RiskTable>;

    /// Hash and times of the last K risk tables by group and version.
    #[pallet::storage]
    pub type TableInfos<T: Config> = StorageDoubleMap<_, Twox64Concat, u32, Twox64Concat, u64, TableInfo>;

    /// How long a table may still be named after the next one is built, milliseconds (C-GRACE).
    #[pallet::storage]
    pub type TableGrace<T: Config> = StorageValue<_, u64, ValueQuery>;

    /// How long the feed of an instrument may be dead until the instrument expires, milliseconds (C-DEAD).
    #[pallet::storage]
    pub type SettleAfter<T: Config> = StorageValue<_, u64, ValueQuery, LongestDeath>;

    /// Instruments of a group whose rows in its newest table are stale.
    #[pallet::storage]
    pub type DeadFeeds<T: Config> = StorageMap<_, Twox64Concat, u32, DeadInstruments, ValueQuery>;

    /// How far the marks of a group may move from one table to the next, 10^-6 of the mark (C-JUMP).
    #[pallet::storage]
    pub type JumpLimits<T: Config> = StorageMap<_, Twox64Concat, u32, u32, ValueQuery, JumpLimitAtFirst>;

    /// What a group of [`JumpLimits`] has until it is set.
    pub struct JumpLimitAtFirst;

    impl Get<u32> for JumpLimitAtFirst {
        fn get() -> u32 {
            crate::bounds::JUMP_LIMIT_AT_FIRST
        }
    }

    /// What [`SettleAfter`] is until it is set: its upper bound.
    pub struct LongestDeath;

    impl Get<u64> for LongestDeath {
        fn get() -> u64 {
            *crate::bounds::SETTLE_AFTER.end()
        }
    }

    /// Number of instruments ever listed; the next id is one more. Ids start at 1 and are never reused.
    #[pallet::storage]
    pub type LastInstrumentId<T: Config> = StorageValue<_, u32, ValueQuery>;

    /// Place in [`GroupIds`] of the group whose turn is next.
    #[pallet::storage]
    pub type Cursor<T: Config> = StorageValue<_, u32, ValueQuery>;

    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A margin group was made.
        GroupCreated {
            /// The group.
            group: u32,
        },
        /// The parameters of a group were set.
        GroupParamsSet {
            /// The group.
            group: u32,
            /// Its parameters until now.
            before: GroupParams,
            /// Its parameters from the next table on.
            now: GroupParams,
        },
        /// An instrument was listed; it trades from the next table on.
        InstrumentListed {
            /// The group.
            group: u32,
            /// The instrument.
            instrument_id: u32,
            /// Its row in the table.
            place: u32,
        },
        /// The parameters of an instrument were set.
        InstrumentParamsSet {
            /// The group.
            group: u32,
            /// The instrument.
            instrument_id: u32,
            /// Its parameters until now.
            before: InstrumentParams,
            /// Its parameters from the next table on.
            now: InstrumentParams,
        },
        /// The status of an instrument was set.
        InstrumentStatusSet {
            /// The group.
            group: u32,
            /// The instrument.
            instrument_id: u32,
            /// The status until now.
            before: Status,
            /// The status from the next table on.
            now: Status,
        },
        /// A risk table was built.
        TableBuilt {
            /// The group.
            group: u32,
            /// Its version.
            version: u64,
            /// When, milliseconds of Unix time.
            time: u64,
            /// Its hash.
            risk_hash: [u8; 32],
        },
        /// A table was due and could not be built. Said once; the next `TableBuilt` ends it.
        TableStalled {
            /// The group.
            group: u32,
            /// Why.
            reason: StallReason,
        },
        /// The grace of replaced tables was set.
        TableGraceSet {
            /// Until now, milliseconds.
            before: u64,
            /// For tables that are replaced from now on, milliseconds.
            now: u64,
        },
        /// Prices of an instrument come from other feeds.
        InstrumentFeedsSet {
            /// The group.
            group: u32,
            /// The instrument.
            instrument_id: u32,
            /// Its feeds until now.
            before: Feeds<T::FeedId>,
            /// Its feeds from the next table on.
            now: Feeds<T::FeedId>,
        },
        /// The feed of an instrument is dead: its row keeps its last mark and is stale (C-DEAD).
        InstrumentDied {
            /// The group.
            group: u32,
            /// The instrument.
            instrument_id: u32,
            /// Why it has no price.
            reason: StallReason,
        },
        /// The feed of an instrument that was dead lives again.
        InstrumentRevived {
            /// The group.
            group: u32,
            /// The instrument.
            instrument_id: u32,
        },
        /// An instrument has expired because its feed was dead for too long.
        InstrumentExpired {
            /// The group.
            group: u32,
            /// The instrument.
            instrument_id: u32,
            /// Its last mark, at which it settles, 10^-6 of the settlement asset per lot.
            mark: i64,
        },
        /// The price of an instrument is too far from its mark to be believed at once: its row keeps its last mark and
        /// is stale (C-JUMP).
        BreakerTripped {
            /// The group.
            group: u32,
            /// The instrument.
            instrument_id: u32,
            /// Its last mark, 10^-6 of the settlement asset per lot.
            mark: i64,
            /// The mark that the price would make.
            jumped_to: i64,
        },
        /// No price of an instrument is held back any more: it was believed, is near the mark again, or has gone.
        BreakerReleased {
            /// The group.
            group: u32,
            /// The instrument.
            instrument_id: u32,
            /// Its mark now, 10^-6 of the settlement asset per lot.
            mark: i64,
        },
        /// It was set how far the marks of a group may move from one table to the next.
        JumpLimitSet {
            /// The group.
            group: u32,
            /// Until now, 10^-6 of the mark.
            before: u32,
            /// From the next table on, 10^-6 of the mark.
            now: u32,
        },
        /// It was set how long a feed may be dead until its instrument expires.
        SettleAfterSet {
            /// Until now, milliseconds.
            before: u64,
            /// From the next table on, milliseconds.
            now: u64,
        },
    }

    #[pallet::error]
    #[derive(PartialEq, Eq)]
    pub enum Error<T> {
        /// The group exists already.
        GroupExists,
        /// No such group.
        UnknownGroup,
        /// There are as many groups as there may be.
        TooManyGroups,
        /// No such instrument in the group.
        UnknownInstrument,
        /// All rows of the group are taken.
        TooManyInstruments,
        /// A parameter is outside its hard bounds, which are in the constant `ParameterBounds`.
        ParameterOutOfBounds(RiskParameter),
        /// The lot size of an instrument never changes: positions are counted in lots.
        LotSizeFixed,
        /// No active shape of batches has as many places per unit as the group's instruments need (R-PLACES).
        ShapeTooNarrow,
        /// Only trading and close-only may be set, and nothing of an instrument that has expired.
        StatusNotAllowed,
        /// The interval since the last table has not passed.
        NotDue,
        /// An instrument has never had a price.
        FeedMissing,
        /// A price is older than the group allows.
        FeedStale,
        /// A price is zero or too large for a table.
        PriceOutOfRange,
        /// The group's positions could leave the range of an account (C-BOUND).
        RiskBoundExceeded,
        /// The table fails its own validation.
        InvalidTable,
        /// The first parameter is above the second, which is its bound.
        ParameterAbove(RiskParameter, RiskParameter),
        /// Another instrument of the group has this feed as its index.
        FeedTaken,
    }

    impl<T: Config> From<Violation> for Error<T> {
        fn from(violation: Violation) -> Self {
            match violation {
                Violation::OutOfBounds(parameter) => Self::ParameterOutOfBounds(parameter),
                Violation::Above(parameter, bound) => Self::ParameterAbove(parameter, bound),
            }
        }
    }

    impl<T: Config> From<StallReason> for Error<T> {
        fn from(reason: StallReason) -> Self {
            match reason {
                StallReason::FeedMissing(_) => Self::FeedMissing,
                StallReason::FeedStale(_) => Self::FeedStale,
                StallReason::PriceOutOfRange(_) => Self::PriceOutOfRange,
                StallReason::RiskBoundExceeded => Self::RiskBoundExceeded,
                StallReason::InvalidTable => Self::InvalidTable,
            }
        }
    }

    #[pallet::extra_constants]
    impl<T: Config> Pallet<T> {
        /// The hard bounds of all governed parameters.
        #[pallet::constant_name(ParameterBounds)]
        fn parameter_bounds() -> Vec<ParameterBounds> {
            crate::parameters::all_bounds()
        }
    }

    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        /// Groups with their instruments.
        pub groups: Vec<GenesisGroup<T::FeedId>>,
        /// How long a table may still be named after the next one is built, milliseconds.
        pub table_grace: u64,
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            // A genesis that breaks the bounds must not start.
            Pallet::<T>::put_table_grace(self.table_grace).expect("genesis: grace of tables in its bounds");
            for entry in &self.groups {
                Pallet::<T>::add_group(entry.group, entry.params.clone()).expect("genesis: group in its bounds");
                for i in &entry.instruments {
                    Pallet::<T>::add_instrument(entry.group, i.feed.clone(), i.premium_feed.clone(), i.params.clone())
                        .expect("genesis: instrument in its bounds");
                }
            }
        }
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        /// Gives some groups their turns to get new tables.
        fn on_initialize(_: BlockNumberFor<T>) -> Weight {
            Self::take_turns()
        }

        /// Every group has its turn before its newest table is too old to be named.
        fn integrity_test() {
            let turns = T::TurnsPerBlock::get();
            assert!(turns > 0, "a block without turns");
            let round = u64::from(T::MaxGroups::get().div_ceil(turns)).saturating_mul(T::BlockTime::get());
            let longest = round.saturating_add(*crate::bounds::TABLE_INTERVAL.end());
            assert!(
                longest <= T::TableAge::get(),
                "a group may wait {longest} ms for its next table, which is longer than its newest is good"
            );
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Makes a margin group without instruments.
        ///
        /// Origin: [`Config::NoticeOrigin`]. Errors: [`Error::ParameterOutOfBounds`], [`Error::ParameterAbove`],
        /// [`Error::GroupExists`], [`Error::TooManyGroups`]. Event: [`Event::GroupCreated`].
        #[pallet::call_index(0)]
        #[pallet::weight(T::WeightInfo::create_group())]
        pub fn create_group(origin: OriginFor<T>, group: u32, params: GroupParams) -> DispatchResult {
            T::NoticeOrigin::ensure_origin(origin)?;
            Self::add_group(group, params)?;
            Ok(())
        }

        /// Sets the parameters of a group, from its next table on.
        ///
        /// Origin: [`Config::NoticeOrigin`]. Errors: [`Error::ParameterOutOfBounds`], [`Error::ParameterAbove`],
        /// [`Error::UnknownGroup`]. Event: [`Event::GroupParamsSet`].
        #[pallet::call_index(1)]
        #[pallet::weight(T::WeightInfo::set_group_params())]
        pub fn set_group_params(origin: OriginFor<T>, group: u32, params: GroupParams) -> DispatchResult {
            T::NoticeOrigin::ensure_origin(origin)?;
            params.check().map_err(Error::<T>::from)?;
            Groups::<T>::try_mutate(group, |state| {
                let state = state.as_mut().ok_or(Error::<T>::UnknownGroup)?;
                let before = core::mem::replace(&mut state.params, params.clone());
                let now = params;
                Self::deposit_event(Event::GroupParamsSet { group, before, now });
                Ok(())
            })
        }

        /// Lists a perpetual in the next free row of a group. Both feeds must live.
        ///
        /// Origin: [`Config::NoticeOrigin`]. Errors, in the order of the checks: [`Error::UnknownGroup`],
        /// [`Error::ShapeTooNarrow`], [`Error::FeedMissing`], [`Error::FeedStale`], [`Error::ParameterOutOfBounds`],
        /// [`Error::ParameterAbove`], [`Error::FeedTaken`], [`Error::TooManyInstruments`].
        /// Event: [`Event::InstrumentListed`].
        #[pallet::call_index(2)]
        #[pallet::weight(T::WeightInfo::list_instrument())]
        pub fn list_instrument(
            origin: OriginFor<T>,
            group: u32,
            feed: T::FeedId,
            premium_feed: Option<T::FeedId>,
            params: InstrumentParams,
        ) -> DispatchResult {
            T::NoticeOrigin::ensure_origin(origin)?;
            let state = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?;
            Self::ensure_wide_enough(state.instruments.len().saturating_add(1))?;
            for feed in core::iter::once(&feed).chain(&premium_feed) {
                Self::ensure_lives(feed, state.params.max_price_age)?;
            }
            Self::add_instrument(group, feed, premium_feed, params)?;
            Ok(())
        }

        /// Sets the parameters of an instrument, from the group's next table on.
        ///
        /// Origin: [`Config::NoticeOrigin`]. Errors: [`Error::ParameterOutOfBounds`], [`Error::ParameterAbove`],
        /// [`Error::UnknownGroup`], [`Error::UnknownInstrument`], [`Error::LotSizeFixed`],
        /// [`Error::RiskBoundExceeded`] if a higher limit could take an account out of its range at the newest table's
        /// prices. Event: [`Event::InstrumentParamsSet`].
        #[pallet::call_index(3)]
        #[pallet::weight(T::WeightInfo::set_instrument_params())]
        pub fn set_instrument_params(
            origin: OriginFor<T>,
            group: u32,
            instrument_id: u32,
            params: InstrumentParams,
        ) -> DispatchResult {
            T::NoticeOrigin::ensure_origin(origin)?;
            params.check().map_err(Error::<T>::from)?;
            let mut state = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?;
            let instrument = state
                .instruments
                .iter_mut()
                .find(|i| i.id == instrument_id)
                .ok_or(Error::<T>::UnknownInstrument)?;
            ensure!(instrument.params.lot_size == params.lot_size, Error::<T>::LotSizeFixed);
            instrument.limit_high = instrument.limit_high.max(params.limit);
            let before = core::mem::replace(&mut instrument.params, params.clone());
            ensure!(Self::latest_within_bound(group, &state), Error::<T>::RiskBoundExceeded);
            Groups::<T>::insert(group, state);
            Self::deposit_event(Event::InstrumentParamsSet {
                group,
                instrument_id,
                before,
                now: params,
            });
            Ok(())
        }

        /// Sets an instrument to trading or close-only, from the group's next table on.
        ///
        /// Origin: [`Config::AdminOrigin`] to close-only, [`Config::NoticeOrigin`] for both. Errors:
        /// [`Error::StatusNotAllowed`], [`Error::UnknownGroup`], [`Error::UnknownInstrument`]; to trading,
        /// [`Error::ShapeTooNarrow`]. Event: [`Event::InstrumentStatusSet`].
        #[pallet::call_index(4)]
        #[pallet::weight(T::WeightInfo::set_instrument_status())]
        pub fn set_instrument_status(
            origin: OriginFor<T>,
            group: u32,
            instrument_id: u32,
            status: Status,
        ) -> DispatchResult {
            if status == Status::CloseOnly {
                if let Err(origin) = T::AdminOrigin::try_origin(origin) {
                    T::NoticeOrigin::ensure_origin(origin)?;
                }
            } else {
                T::NoticeOrigin::ensure_origin(origin)?;
            }
            ensure!(
                matches!(status, Status::Trading | Status::CloseOnly),
                Error::<T>::StatusNotAllowed
            );
            Groups::<T>::try_mutate(group, |state| {
                let state = state.as_mut().ok_or(Error::<T>::UnknownGroup)?;
                let instrument = state.instruments.iter_mut().find(|i| i.id == instrument_id);
                let instrument = instrument.ok_or(Error::<T>::UnknownInstrument)?;
                ensure!(instrument.status != Status::Expired, Error::<T>::StatusNotAllowed);
                let before = core::mem::replace(&mut instrument.status, status);
                if status == Status::Trading {
                    Self::ensure_wide_enough(state.instruments.len())?;
                }
                Self::deposit_event(Event::InstrumentStatusSet {
                    group,
                    instrument_id,
                    before,
                    now: status,
                });
                Ok(())
            })
        }

        /// Builds a group's next table now, with this block's time, instead of waiting for the group's turn.
        ///
        /// Origin: anyone, signed. Errors: [`Error::UnknownGroup`], [`Error::NotDue`], and why no table can be built:
        /// [`Error::FeedMissing`], [`Error::FeedStale`], [`Error::PriceOutOfRange`], [`Error::RiskBoundExceeded`],
        /// [`Error::InvalidTable`]. Event: [`Event::TableBuilt`].
        #[pallet::call_index(5)]
        #[pallet::weight(T::WeightInfo::refresh_table(cloister_crypto::constants::INSTRUMENTS as u32))]
        pub fn refresh_table(origin: OriginFor<T>, group: u32) -> DispatchResultWithPostInfo {
            ensure_signed(origin)?;
            let mut state = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?;
            let instruments = u32::try_from(state.instruments.len()).unwrap_or(u32::MAX);
            match Self::try_build(group, &mut state) {
                Turn::NotDue => Err(Error::<T>::NotDue.into()),
                Turn::Stalled(reason) => Err(Error::<T>::from(reason).into()),
                Turn::Built => {
                    Groups::<T>::insert(group, state);
                    Ok(Some(T::WeightInfo::refresh_table(instruments)).into())
                }
            }
        }

        /// Sets how long a table may still be named after the next one is built, milliseconds. It counts for the tables
        /// that are replaced from now on: no table gets back what it lost, none loses what it was given.
        ///
        /// Origin: [`Config::NoticeOrigin`]. Errors: [`Error::ParameterOutOfBounds`]. Event: [`Event::TableGraceSet`].
        #[pallet::call_index(6)]
        #[pallet::weight(T::WeightInfo::set_table_grace())]
        pub fn set_table_grace(origin: OriginFor<T>, grace: u64) -> DispatchResult {
            T::NoticeOrigin::ensure_origin(origin)?;
            let before = Self::put_table_grace(grace)?;
            Self::deposit_event(Event::TableGraceSet { before, now: grace });
            Ok(())
        }

        /// Has an instrument's prices come from other feeds, from the group's next table on: so a group goes on whose
        /// feed has died. Both must live.
        ///
        /// Origin: [`Config::NoticeOrigin`]. Errors, in the order of the checks: [`Error::UnknownGroup`],
        /// [`Error::UnknownInstrument`], [`Error::StatusNotAllowed`] if it has expired, [`Error::FeedTaken`],
        /// [`Error::FeedMissing`], [`Error::FeedStale`]. Event: [`Event::InstrumentFeedsSet`].
        #[pallet::call_index(7)]
        #[pallet::weight(T::WeightInfo::set_instrument_feeds())]
        pub fn set_instrument_feeds(
            origin: OriginFor<T>,
            group: u32,
            instrument_id: u32,
            feeds: Feeds<T::FeedId>,
        ) -> DispatchResult {
            T::NoticeOrigin::ensure_origin(origin)?;
            let before = Self::put_feeds(group, instrument_id, feeds.clone())?;
            let now = feeds;
            Self::deposit_event(Event::InstrumentFeedsSet {
                group,
                instrument_id,
                before,
                now,
            });
            Ok(())
        }

        /// Sets how long the feed of an instrument may be dead until the instrument expires at its last mark,
        /// milliseconds, of all groups, from their next tables on.
        ///
        /// Origin: [`Config::NoticeOrigin`]. Errors: [`Error::ParameterOutOfBounds`]. Event: [`Event::SettleAfterSet`].
        #[pallet::call_index(8)]
        #[pallet::weight(T::WeightInfo::set_settle_after())]
        pub fn set_settle_after(origin: OriginFor<T>, settle_after: u64) -> DispatchResult {
            T::NoticeOrigin::ensure_origin(origin)?;
            RiskParameter::SettleAfter
                .check(settle_after)
                .map_err(Error::<T>::from)?;
            let before = SettleAfter::<T>::get();
            SettleAfter::<T>::put(settle_after);
            Self::deposit_event(Event::SettleAfterSet {
                before,
                now: settle_after,
            });
            Ok(())
        }

        /// Sets how far the marks of a group may move from one table to the next until its breaker trips, 10^-6 of the
        /// mark, from its next table on (C-JUMP).
        ///
        /// Origin: [`Config::NoticeOrigin`]. Errors: [`Error::ParameterOutOfBounds`], [`Error::UnknownGroup`]. Event:
        /// [`Event::JumpLimitSet`].
        #[pallet::call_index(9)]
        #[pallet::weight(T::WeightInfo::set_jump_limit())]
        pub fn set_jump_limit(origin: OriginFor<T>, group: u32, jump_limit: u32) -> DispatchResult {
            T::NoticeOrigin::ensure_origin(origin)?;
            RiskParameter::JumpLimit.check(jump_limit).map_err(Error::<T>::from)?;
            ensure!(Groups::<T>::contains_key(group), Error::<T>::UnknownGroup);
            let before = JumpLimits::<T>::get(group);
            JumpLimits::<T>::insert(group, jump_limit);
            Self::deposit_event(Event::JumpLimitSet {
                group,
                before,
                now: jump_limit,
            });
            Ok(())
        }
    }
}
