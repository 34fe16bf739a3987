//! Building risk tables.

use crate::{
    bounds, pricing,
    types::{Group, Instrument, Price, PriceSource, RiskTables, StallReason, TableInfo, Turn},
    Config, Cursor, Event, GroupIds, Groups, Pallet, TableGrace, TableInfos, Tables,
};
use alloc::vec::Vec;
use cloister_crypto::field::{from_bytes, to_bytes};
use cloister_ledger::FinalValues;
use cloister_risk::{Header, RiskTable};
use cloister_types::GroupId;
use polkadot_sdk::frame_support::traits::{Get, Time};

impl<T: Config> Pallet<T> {
    /// Gives the next group its turn. The clock and the prices are those of the block before: `on_initialize` runs
    /// ahead of the timestamp. Returns the number of instruments looked at, `None` if there is no group.
    pub(crate) fn next_turn() -> Option<u32> {
        let ids = GroupIds::<T>::get();
        let count = u32::try_from(ids.len()).ok().filter(|n| *n > 0)?;
        let at = Cursor::<T>::get() % count;
        Cursor::<T>::put(at.saturating_add(1) % count);
        let group = *ids.get(at as usize)?;
        let mut state = Groups::<T>::get(group)?;
        let instruments = u32::try_from(state.instruments.len()).unwrap_or(u32::MAX);
        match Self::try_build(group, &mut state) {
            Turn::NotDue => return Some(0),
            Turn::Built => {}
            Turn::Stalled(_) if state.stalled => return Some(instruments),
            Turn::Stalled(reason) => {
                // Said once; the next table clears it.
                state.stalled = true;
                Self::deposit_event(Event::TableStalled { group, reason });
            }
        }
        Groups::<T>::insert(group, state);
        Some(instruments)
    }

    /// Builds a table if it is due and every price is there. On [`Turn::Built`] the caller stores `state`; otherwise
    /// nothing has changed, neither in `state` nor in storage.
    pub(crate) fn try_build(group: u32, state: &mut Group<T::FeedId>) -> Turn {
        let now = T::Time::now();
        if now == 0 || (state.version > 0 && now < state.built_at.saturating_add(state.params.table_interval)) {
            return Turn::NotDue;
        }
        let mut next = state.clone();
        let table = match Self::make_table(group, &mut next, now) {
            Ok(table) => table,
            Err(reason) => return Turn::Stalled(reason),
        };
        let version = next.version;
        let info = TableInfo {
            risk_hash: to_bytes(&table.hash()),
            time: now,
            good_until: None,
        };
        let good_until = now.saturating_add(TableGrace::<T>::get());
        TableInfos::<T>::mutate(group, state.version, |replaced| {
            if let Some(replaced) = replaced {
                replaced.good_until = Some(good_until);
            }
        });
        Tables::<T>::insert(group, version, table);
        TableInfos::<T>::insert(group, version, info);
        if let Some(old) = version.checked_sub(u64::from(T::TablesKept::get())) {
            Tables::<T>::remove(group, old);
            TableInfos::<T>::remove(group, old);
        }
        *state = next;
        Self::deposit_event(Event::TableBuilt {
            group,
            version,
            time: now,
            risk_hash: info.risk_hash,
        });
        Turn::Built
    }

    fn make_table(group: u32, state: &mut Group<T::FeedId>, now: u64) -> Result<RiskTable, StallReason> {
        let params = state.params.clone();
        let mut table = RiskTable::default();
        let mut exposures = [0u128; cloister_crypto::constants::INSTRUMENTS];
        for ((instrument, row), exposure) in state.instruments.iter_mut().zip(&mut table.rows).zip(&mut exposures) {
            let id = instrument.id;
            let index = Self::fresh_price(instrument, params.max_price_age, now)?;
            let out_of_range = |_| StallReason::PriceOutOfRange(id);
            let mark = pricing::mark(index.value, instrument.params.lot_size).map_err(out_of_range)?;
            Self::accrue(instrument, &index, mark, params.max_price_age, now).map_err(out_of_range)?;
            *row = pricing::row(instrument, mark).map_err(out_of_range)?;
            *exposure = pricing::exposure(row, instrument.limit_high);
        }
        if !pricing::within_bound(exposures.into_iter()) {
            return Err(StallReason::RiskBoundExceeded);
        }
        state.version = state.version.checked_add(1).ok_or(StallReason::InvalidTable)?;
        state.built_at = now;
        state.stalled = false;
        table.header = Header {
            group: GroupId(group),
            version: state.version,
            time: now,
            initial: params.initial,
            maintenance: params.maintenance,
            penalty: params.penalty,
            max_discount: params.max_discount,
            fee_cap: params.fee_cap,
        };
        table.validate().map_err(|_| StallReason::InvalidTable)?;
        Ok(table)
    }

    fn fresh_price(instrument: &Instrument<T::FeedId>, max_age: u64, now: u64) -> Result<Price, StallReason> {
        let price = T::Prices::price(&instrument.feed).ok_or(StallReason::FeedMissing(instrument.id))?;
        if now.saturating_sub(price.timestamp) > max_age {
            return Err(StallReason::FeedStale(instrument.id));
        }
        Ok(price)
    }

    /// Brings an instrument's funding up to `now`. A premium feed that is missing or stale charges nothing.
    fn accrue(
        instrument: &mut Instrument<T::FeedId>,
        index: &Price,
        mark: i64,
        max_age: u64,
        now: u64,
    ) -> Result<(), pricing::OutOfRange> {
        let perpetual = instrument
            .premium_feed
            .as_ref()
            .and_then(T::Prices::price)
            .filter(|price| now.saturating_sub(price.timestamp) <= max_age);
        if let Some(perpetual) = perpetual {
            let rate = pricing::funding_rate(index.value, perpetual.value, &instrument.params)?;
            let step = pricing::funding_step(mark, rate, instrument.funded_at, now)?;
            instrument.funding = instrument.funding.checked_add(step).ok_or(pricing::OutOfRange)?;
        }
        instrument.funded_at = now;
        Ok(())
    }

    /// C-BOUND of the newest table with the group's present `limit_high`s.
    pub(crate) fn latest_within_bound(group: u32, state: &Group<T::FeedId>) -> bool {
        match Tables::<T>::get(group, state.version) {
            Some(table) => pricing::within_bound(
                table
                    .rows
                    .iter()
                    .zip(&state.instruments)
                    .map(|(row, i)| pricing::exposure(row, i.limit_high)),
            ),
            // No table, no positions.
            None => true,
        }
    }
}

impl<T: Config> RiskTables for Pallet<T> {
    fn exists(group: u32) -> bool {
        Groups::<T>::contains_key(group)
    }

    fn latest_version(group: u32) -> Option<u64> {
        Groups::<T>::get(group).map(|g| g.version).filter(|v| *v > 0)
    }

    fn table_info(group: u32, version: u64) -> Option<TableInfo> {
        TableInfos::<T>::get(group, version)
    }

    fn table(group: u32, version: u64) -> Option<RiskTable> {
        Tables::<T>::get(group, version)
    }

    fn places_needed(group: u32) -> u16 {
        Groups::<T>::get(group).map_or(0, |g| Self::places_of(g.instruments.len()))
    }
    fn final_values(group: u32, until: u64) -> Option<FinalValues> {
        let newest = Self::latest_version(group)?;
        let mut tables = Vec::new();
        let mut risk_hash = None;
        // Newest first. Tables are kept without holes, so the first that is missing is older than all that are kept.
        for version in (1..=newest).rev().take(bounds::FINAL_MOST as usize) {
            let Some(info) = TableInfos::<T>::get(group, version) else {
                break;
            };
            if info.time > until {
                continue;
            }
            if info.time.saturating_add(bounds::FINAL_WINDOW) <= until {
                break;
            }
            tables.push(Tables::<T>::get(group, version)?);
            risk_hash = risk_hash.or(Some(info.risk_hash));
        }
        if tables.len() < bounds::FINAL_LEAST {
            return None;
        }
        tables.reverse();
        FinalValues::median(&tables, from_bytes(&risk_hash?).ok()?)
    }
}
