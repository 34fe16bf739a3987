//! The invariants of rounds, gate and freeze.

use super::{types::BLOCK_LEAVES, BlockCounts, MAX_GATED_GROUPS, ROOTS_KEPT};
use crate::{
    queue::GroupOf, Accounts, CompleteRounds, Config, FreezeClocks, Frozen, GroupTotals, Groups, OpenAccounts, Pallet,
    QueueClocks, RecentRoots, Rounds, SolvencyTermsOf, Totals, WithheldClaims,
};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};
use cloister_crypto::field::from_bytes;
use cloister_ledger::solvency::SUBTREE_LEAVES;
use polkadot_sdk::{frame_support::ensure, sp_runtime::TryRuntimeError};

impl<T: Config> Pallet<T> {
    /// For a group:
    /// * The recent roots are those of the newest batches, without holes and in the order of their times; the newest is
    ///   the group's.
    /// * The open accounts of each subtree are counted.
    /// * The rounds under way have a payee each, stand at the beginning of a subtree, and cover no index never given.
    ///   What a complete round showed is possible: live debt is part of the debt.
    /// * The withheld claims add up to the totals, and none is empty or paid in full.
    /// * The terms are within their bounds, and every group with terms has a clock and no other.
    pub(crate) fn try_solvency(group: u32, state: &GroupOf<T>) -> Result<(), TryRuntimeError> {
        let roots: BTreeMap<u64, _> = RecentRoots::<T>::iter_prefix(group).collect();
        let oldest = state.batch_no.saturating_sub(ROOTS_KEPT);
        ensure!(
            roots.keys().copied().eq(oldest..state.batch_no),
            "the recent roots have holes"
        );
        ensure!(
            roots.values().map(|recent| recent.since).is_sorted(),
            "recent roots out of order"
        );
        ensure!(
            roots
                .values()
                .next_back()
                .is_none_or(|recent| recent.root == state.root && recent.house == state.house),
            "the newest root or its house is not the group's"
        );
        Self::try_counts(group)?;
        let rounds = Rounds::<T>::get(group);
        let payees: BTreeSet<_> = rounds.iter().map(|round| round.payee.clone().into()).collect();
        ensure!(payees.len() == rounds.len(), "a payee has two rounds");
        for round in &rounds {
            ensure!(
                (round.cursor as usize).is_multiple_of(SUBTREE_LEAVES) && round.cursor > 0,
                "a round stands where no subtree begins"
            );
            ensure!(
                round.end <= state.next_index && round.newest_root < state.batch_no,
                "a round is ahead of its group"
            );
            ensure!(from_bytes(&round.sums).is_ok(), "sums not canonical");
        }
        if let Some(round) = CompleteRounds::<T>::get(group) {
            ensure!(
                round.findings.live_debt <= round.findings.debt && round.oldest_table <= round.completed_at,
                "an impossible round"
            );
        }
        Self::try_withheld(group)?;
        let terms = SolvencyTermsOf::<T>::get(group);
        ensure!(
            terms.is_none_or(|terms| terms.are_within_bounds()),
            "solvency terms out of bounds"
        );
        ensure!(
            terms.is_some() == FreezeClocks::<T>::contains_key(group),
            "terms without a clock, or a clock without terms"
        );
        Ok(())
    }

    /// What is kept for groups is of groups that exist.
    pub(crate) fn try_known() -> Result<(), TryRuntimeError> {
        let known = |group: u32| Groups::<T>::contains_key(group);
        ensure!(
            FreezeClocks::<T>::count() <= MAX_GATED_GROUPS
                && FreezeClocks::<T>::iter_keys().all(known)
                && Frozen::<T>::iter_keys().all(known)
                && QueueClocks::<T>::iter_keys().all(known)
                && Groups::<T>::iter_keys().all(QueueClocks::<T>::contains_key),
            "a clock or a freeze without a group, or a group without a clock"
        );
        ensure!(
            OpenAccounts::<T>::iter_keys().all(|(group, _)| known(group))
                && RecentRoots::<T>::iter_keys().all(|(group, _)| known(group))
                && WithheldClaims::<T>::iter_keys().all(|(group, _)| known(group))
                && Rounds::<T>::iter_keys().all(known)
                && CompleteRounds::<T>::iter_keys().all(known),
            "roots, rounds, claims or counts without a group"
        );
        Ok(())
    }

    fn try_counts(group: u32) -> Result<(), TryRuntimeError> {
        let mut counts: BTreeMap<u32, BlockCounts> = BTreeMap::new();
        for (index, _) in Accounts::<T>::iter_prefix(group).filter(|(_, account)| account.opened) {
            let block = counts.entry(index / BLOCK_LEAVES).or_default();
            let subtree = (index % BLOCK_LEAVES) as usize / SUBTREE_LEAVES;
            if let Some(count) = block.0.get_mut(subtree) {
                *count = count.saturating_add(1);
            }
        }
        let mut kept: Vec<(u32, BlockCounts)> = OpenAccounts::<T>::iter_prefix(group).collect();
        kept.sort_unstable_by_key(|(block, _)| *block);
        ensure!(kept.into_iter().eq(counts), "the open accounts are not counted");
        Ok(())
    }

    fn try_withheld(group: u32) -> Result<(), TryRuntimeError> {
        let GroupTotals {
            withheld,
            withheld_paid,
            ..
        } = Totals::<T>::get(group);
        let claims: Vec<_> = WithheldClaims::<T>::iter_prefix_values(group).collect();
        ensure!(
            claims.iter().all(|claim| claim.paid < claim.gross),
            "a claim is empty, or paid in full"
        );
        let gross: u128 = claims.iter().map(|claim| claim.gross).sum();
        let paid: u128 = claims.iter().map(|claim| claim.paid).sum();
        ensure!(
            (gross, paid) == (withheld, withheld_paid),
            "what is withheld is not the sum of the claims"
        );
        Ok(())
    }
}
