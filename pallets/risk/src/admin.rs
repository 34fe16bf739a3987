//! Groups and instruments, for calls and genesis alike.

use crate::{
    types::{Feeds, Group, GroupParams, Instrument, InstrumentParams, PriceSource},
    BatchShapes, Config, Error, Event, GroupIds, Groups, LastInstrumentId, Pallet, RiskParameter, TableGrace,
};
use cloister_risk::{instrument::places_needed, InstrumentKind, Status};
use polkadot_sdk::frame_support::{ensure, traits::Time};

impl<T: Config> Pallet<T> {
    /// Returns the grace of before.
    pub(crate) fn put_table_grace(grace: u64) -> Result<u64, Error<T>> {
        RiskParameter::TableGrace.check(grace)?;
        let before = TableGrace::<T>::get();
        TableGrace::<T>::put(grace);
        Ok(before)
    }

    pub(crate) fn add_group(group: u32, params: GroupParams) -> Result<(), Error<T>> {
        params.check()?;
        ensure!(!Groups::<T>::contains_key(group), Error::<T>::GroupExists);
        GroupIds::<T>::try_append(group).map_err(|()| Error::<T>::TooManyGroups)?;
        let state = Group {
            params,
            version: 0,
            built_at: 0,
            stalled: false,
            instruments: Default::default(),
        };
        Groups::<T>::insert(group, state);
        Self::deposit_event(Event::GroupCreated { group });
        Ok(())
    }

    /// R-PLACES. All instruments are perpetuals so far, each moves with the others of its group.
    pub(crate) fn places_of(instruments: usize) -> u16 {
        places_needed(core::iter::repeat_n(InstrumentKind::Perpetual, instruments))
    }

    /// A group whose positions take one place per unit may be set up before the chain has any key.
    pub(crate) fn ensure_wide_enough(instruments: usize) -> Result<(), Error<T>> {
        let needed = Self::places_of(instruments);
        ensure!(
            needed <= 1 || needed <= T::Shapes::most_places(),
            Error::<T>::ShapeTooNarrow
        );
        Ok(())
    }

    pub(crate) fn add_instrument(
        group: u32,
        feed: T::FeedId,
        premium_feed: Option<T::FeedId>,
        params: InstrumentParams,
    ) -> Result<(), Error<T>> {
        params.check()?;
        let mut state = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?;
        ensure!(Self::is_free(&state, &feed, None), Error::<T>::FeedTaken);
        let instrument_id = LastInstrumentId::<T>::get()
            .checked_add(1)
            .ok_or(Error::<T>::TooManyInstruments)?;
        let place = u32::try_from(state.instruments.len()).map_err(|_| Error::<T>::TooManyInstruments)?;
        let limit_high = params.limit;
        let instrument = Instrument {
            id: instrument_id,
            feed,
            premium_feed,
            status: Status::Trading,
            params,
            limit_high,
            funding: 0,
            funded_at: 0,
        };
        state
            .instruments
            .try_push(instrument)
            .map_err(|_| Error::<T>::TooManyInstruments)?;
        Groups::<T>::insert(group, state);
        LastInstrumentId::<T>::put(instrument_id);
        Self::deposit_event(Event::InstrumentListed {
            group,
            instrument_id,
            place,
        });
        Ok(())
    }

    /// Whether no other instrument of the group than this one has the feed as its index: what is listed twice would
    /// be one market under two names. One that has expired needs no prices any more.
    fn is_free(state: &Group<T::FeedId>, feed: &T::FeedId, own: Option<u32>) -> bool {
        !state
            .instruments
            .iter()
            .any(|other| Some(other.id) != own && other.feed == *feed && other.status != Status::Expired)
    }

    /// A feed with a price that is no older than this, milliseconds.
    pub(crate) fn ensure_lives(feed: &T::FeedId, max_age: u64) -> Result<(), Error<T>> {
        let price = T::Prices::price(feed).ok_or(Error::<T>::FeedMissing)?;
        ensure!(
            T::Time::now().saturating_sub(price.timestamp) <= max_age,
            Error::<T>::FeedStale
        );
        Ok(())
    }

    /// Returns the feeds of before.
    pub(crate) fn put_feeds(
        group: u32,
        instrument_id: u32,
        now: Feeds<T::FeedId>,
    ) -> Result<Feeds<T::FeedId>, Error<T>> {
        let mut state = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?;
        let is_free = Self::is_free(&state, &now.index, Some(instrument_id));
        let max_age = state.params.max_price_age;
        let instrument = state.instruments.iter_mut().find(|i| i.id == instrument_id);
        let instrument = instrument.ok_or(Error::<T>::UnknownInstrument)?;
        ensure!(instrument.status != Status::Expired, Error::<T>::StatusNotAllowed);
        ensure!(is_free, Error::<T>::FeedTaken);
        for feed in core::iter::once(&now.index).chain(&now.premium) {
            Self::ensure_lives(feed, max_age)?;
        }
        let before = Feeds {
            index: core::mem::replace(&mut instrument.feed, now.index),
            premium: core::mem::replace(&mut instrument.premium_feed, now.premium),
        };
        Groups::<T>::insert(group, state);
        Ok(before)
    }
}
