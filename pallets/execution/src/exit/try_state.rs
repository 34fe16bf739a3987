//! The invariants of exits.

use crate::{
    Accounts, Config, ExitClaims, ExitScans, ExitTotals, FinalTables, Frozen, Groups, Pallet, Totals, WithheldClaims,
};
use cloister_crypto::field::to_bytes;
use cloister_types::GroupId;
use polkadot_sdk::{frame_support::ensure, sp_runtime::TryRuntimeError};

impl<T: Config> Pallet<T> {
    /// For a group:
    /// * Final table and sums of exits come together, and only of a frozen group; the table's hash is that of its
    ///   values.
    /// * The exits add up to the sums. Each is of an account of its owner that has a leaf.
    /// * Before the ratio is fixed, nothing is paid, kept or late. The ratio is at most 1.
    /// * After that, no exit has received more than the ratio gives, and what is due to all exits and withheld claims
    ///   is within what is kept for them, which is there.
    pub(crate) fn try_exits(group: u32) -> Result<(), TryRuntimeError> {
        let table = FinalTables::<T>::get(group);
        let Some(sums) = ExitTotals::<T>::get(group) else {
            ensure!(table.is_none(), "a final table without sums of exits");
            ensure!(
                ExitClaims::<T>::iter_key_prefix(group).next().is_none() && !ExitScans::<T>::contains_key(group),
                "exits without sums"
            );
            return Ok(());
        };
        let table = table.ok_or("sums of exits without a final table")?;
        ensure!(Frozen::<T>::contains_key(group), "a final table of a group at work");
        let values = table.final_values().ok_or("a final table with a wrong hash")?;
        ensure!(
            to_bytes(&values.hash(GroupId(group))) == table.final_hash,
            "a final table with another hash"
        );
        let (mut claimed, mut paid, mut due) = (0u128, 0u128, 0u128);
        for (index, claim) in ExitClaims::<T>::iter_prefix(group) {
            let account = Accounts::<T>::get(group, index).ok_or("an exit without an account")?;
            ensure!(
                account.opened && account.owner == claim.owner,
                "an exit of another owner or without a leaf"
            );
            claimed = claimed.saturating_add(claim.gross);
            paid = paid.saturating_add(claim.paid);
            let Some(ratio) = sums.ratio else {
                ensure!(
                    claim.paid == 0 && claim.late.is_none(),
                    "an exit is paid or late too early"
                );
                continue;
            };
            let share = ratio.share(claim.gross).ok_or("a share beyond its range")?;
            let right = claim.late.unwrap_or(share);
            ensure!(
                claim.paid <= right && right <= share,
                "an exit has more than the ratio gives"
            );
            due = due.saturating_add(right.saturating_sub(claim.paid));
        }
        ensure!(
            (claimed, paid) == (sums.claimed, sums.paid),
            "the exits do not add up to the sums"
        );
        let Some(ratio) = sums.ratio else {
            ensure!(sums.reserved == 0, "something is kept before the ratio is fixed");
            return Ok(());
        };
        ensure!(ratio.part <= ratio.of && ratio.of > 0, "a ratio above 1");
        ensure!(
            !ExitScans::<T>::contains_key(group),
            "a search for a ratio that is fixed"
        );
        for claim in WithheldClaims::<T>::iter_prefix_values(group) {
            let share = ratio.share(claim.gross).ok_or("a share beyond its range")?;
            due = due.saturating_add(share.saturating_sub(claim.paid));
        }
        let there = Totals::<T>::get(group)
            .available()
            .ok_or("less than nothing is there")?;
        ensure!(
            due <= sums.reserved && sums.reserved <= there,
            "what is due is not kept, or what is kept is not there"
        );
        Ok(())
    }

    /// What is kept for exits is of groups that exist.
    pub(crate) fn try_exits_known() -> Result<(), TryRuntimeError> {
        let known = |group: u32| Groups::<T>::contains_key(group);
        ensure!(
            FinalTables::<T>::iter_keys().all(known)
                && ExitTotals::<T>::iter_keys().all(known)
                && ExitScans::<T>::iter_keys().all(known)
                && ExitClaims::<T>::iter_keys().all(|(group, _)| known(group)),
            "exits without a group"
        );
        Ok(())
    }
}
