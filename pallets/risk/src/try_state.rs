//! The invariants of the pallet.

use crate::{Config, DeadFeeds, GroupIds, Groups, LastInstrumentId, Pallet, TableInfos, Tables};
use alloc::vec::Vec;
use cloister_crypto::field::to_bytes;
use cloister_risk::Status;
use polkadot_sdk::{
    frame_support::{ensure, traits::Get},
    sp_runtime,
};

impl<T: Config> Pallet<T> {
    /// * `GroupIds` lists every group once.
    /// * Instrument ids are unique and none is above `LastInstrumentId`; parameters are inside their bounds.
    /// * A table is kept for each of the last K versions and no other, with its hash and time, and the newest is
    ///   what its info says.
    /// * The newest table has no last moment yet; every other one has, within the longest grace after the next.
    /// * The instruments whose feeds are dead are those of the newest table's stale rows, and those that have expired
    ///   are those of its expired rows.
    /// * C-BOUND holds for the newest table and the highest limits.
    pub fn do_try_state() -> Result<(), sp_runtime::TryRuntimeError> {
        let ids = GroupIds::<T>::get();
        ensure!(
            Groups::<T>::iter_keys().count() == ids.len(),
            "group list and groups differ"
        );
        let mut instruments = alloc::collections::BTreeSet::new();
        for group in ids {
            let state = Groups::<T>::get(group).ok_or("a listed group does not exist")?;
            ensure!(state.params.check().is_ok(), "group parameters out of bounds");
            for i in &state.instruments {
                ensure!(
                    i.params.check().is_ok() && i.limit_high >= i.params.limit,
                    "instrument out of bounds"
                );
                ensure!(
                    i.id > 0 && i.id <= LastInstrumentId::<T>::get(),
                    "instrument id never given"
                );
                ensure!(instruments.insert(i.id), "instrument id used twice");
            }
            let kept = u64::from(T::TablesKept::get()).min(state.version);
            ensure!(
                Tables::<T>::iter_key_prefix(group).count() as u64 == kept,
                "wrong number of tables"
            );
            ensure!(
                TableInfos::<T>::iter_key_prefix(group).count() as u64 == kept,
                "wrong number of infos"
            );
            if state.version == 0 {
                continue;
            }
            let table = Tables::<T>::get(group, state.version).ok_or("the newest table is missing")?;
            let info = TableInfos::<T>::get(group, state.version).ok_or("the newest info is missing")?;
            ensure!(
                to_bytes(&table.hash()) == info.risk_hash,
                "the newest table has another hash"
            );
            ensure!(
                table.header.time == info.time && info.time == state.built_at,
                "the newest table's time"
            );
            ensure!(info.good_until.is_none(), "the newest table has a last moment");
            for (version, old) in TableInfos::<T>::iter_prefix(group).filter(|(v, _)| *v != state.version) {
                let next = TableInfos::<T>::get(group, version.saturating_add(1)).ok_or("a gap between tables")?;
                let given = old.good_until.and_then(|until| until.checked_sub(next.time));
                let given = given.ok_or("a replaced table without a last moment")?;
                ensure!(crate::bounds::TABLE_GRACE.contains(&given), "a grace out of bounds");
            }
            let stale: Vec<u32> = table
                .rows
                .iter()
                .filter(|row| row.stale)
                .map(|row| row.instrument_id.get())
                .collect();
            let dead: Vec<u32> = DeadFeeds::<T>::get(group).iter().map(|dead| dead.id).collect();
            ensure!(stale == dead, "stale rows and dead feeds differ");
            for (row, i) in table.rows.iter().zip(&state.instruments) {
                ensure!(
                    (row.status == Status::Expired) == (i.status == Status::Expired),
                    "an instrument has expired, and its row has not, or the other way round"
                );
            }
            ensure!(Self::latest_within_bound(group, &state), "the bound is exceeded");
        }
        Ok(())
    }
}
