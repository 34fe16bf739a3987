//! Solvency rounds: the statements of a payee cover the accounts of a group one run after the other (D-ROUND).

#[cfg(any(feature = "std", feature = "try-runtime"))]
mod try_state;
mod types;

pub use types::{
    BlockCounts, CompleteRound, FreezeClock, RecentRoot, Round, SolvencyTerms, SolvencyView, WithheldClaim,
    MAX_GATED_GROUPS, MAX_SKIPPED_BLOCKS, ROOTS_KEPT,
};

use crate::{
    periods::credit_of, queue::GroupOf, BlockNumberFor, CompleteRounds, Config, Error, Event, Groups, OpenAccounts,
    Pallet, RecentRoots, Rounds, SolvencySubmission, Totals,
};
use cloister_ledger::{
    solvency::{begins_subtree, SUBTREE_LEAVES},
    SolvencyShape,
};
use cloister_settlement::{Findings, SolvencyKnown};
use cloister_types::GroupId;
use pallet_cloister_sequencers::Sequencers;
use polkadot_sdk::{
    frame_support::{ensure, traits::Time, BoundedVec},
    frame_system,
};
use types::is_tolerable;
pub(crate) use types::BLOCK_LEAVES;

/// A round as this pallet's storage has it.
pub(crate) type RoundOf<T> = Round<<T as polkadot_sdk::frame_system::Config>::AccountId>;
/// The rounds of a group.
pub(crate) type RoundsOf<T> = BoundedVec<RoundOf<T>, <T as Config>::MaxRounds>;

/// Whether subtrees can be skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gap {
    /// No account is open in them.
    Empty,
    /// An account is open.
    Occupied,
    /// More than a statement may skip.
    TooLong,
}

impl<T: Config> Pallet<T> {
    /// Notes that an account of the group has a leaf.
    pub(crate) fn note_opened(group: u32, index: u32) {
        Self::change_count(group, index, |count| count.saturating_add(1));
    }

    /// Notes that an account of the group has none any more. An index is never given again, so a subtree without open
    /// accounts whose indices are all given stays empty.
    pub(crate) fn note_closed(group: u32, index: u32) {
        Self::change_count(group, index, |count| count.saturating_sub(1));
    }

    fn change_count(group: u32, index: u32, change: impl FnOnce(u8) -> u8) {
        let subtree = (index % BLOCK_LEAVES) as usize / SUBTREE_LEAVES;
        OpenAccounts::<T>::mutate_exists(group, index / BLOCK_LEAVES, |kept| {
            let mut counts = kept.take().unwrap_or_default();
            if let Some(count) = counts.0.get_mut(subtree) {
                *count = change(*count);
            }
            *kept = counts.0.iter().any(|count| *count > 0).then_some(counts);
        });
    }

    /// Whether an account is open in the subtrees from `from` to `to`, which is not among them. Both begin a subtree,
    /// or `to` is where a round ends.
    pub(crate) fn gap(group: u32, from: u32, to: u32) -> Gap {
        let (first, last) = (from / BLOCK_LEAVES, to.saturating_sub(1) / BLOCK_LEAVES);
        if from >= to {
            return Gap::Empty;
        }
        for (skipped, block) in (first..=last).enumerate() {
            if skipped as u32 >= MAX_SKIPPED_BLOCKS {
                return Gap::TooLong;
            }
            let start = block.saturating_mul(BLOCK_LEAVES);
            let counts = OpenAccounts::<T>::get(group, block);
            let occupied = counts.0.iter().enumerate().any(|(subtree, count)| {
                let index = start.saturating_add((subtree * SUBTREE_LEAVES) as u32);
                *count > 0 && (from..to).contains(&index)
            });
            if occupied {
                return Gap::Occupied;
            }
        }
        Gap::Empty
    }

    /// Keeps the root that a batch leaves, and forgets one that is no longer among the newest.
    pub(crate) fn keep_root(group: u32, state: &GroupOf<T>, batch_no: u64) {
        let recent = RecentRoot {
            root: state.root,
            house: state.house,
            since: T::Time::now(),
        };
        RecentRoots::<T>::insert(group, batch_no, recent);
        if let Some(old) = batch_no.checked_sub(ROOTS_KEPT) {
            RecentRoots::<T>::remove(group, old);
        }
    }

    /// A root that may be named beside a table of this time: it was the newest then, or later.
    fn root_for(group: u32, batch_no: u64, table_time: u64) -> Result<RecentRoot, Error<T>> {
        let recent = RecentRoots::<T>::get(group, batch_no).ok_or(Error::<T>::RootUnknown)?;
        let next = batch_no
            .checked_add(1)
            .and_then(|next| RecentRoots::<T>::get(group, next));
        ensure!(
            next.is_none_or(|next| next.since > table_time),
            Error::<T>::RootReplaced
        );
        Ok(recent)
    }

    /// The round that a statement belongs to: the payee's if it goes on with that, else a new one.
    fn round_of(
        who: &T::AccountId,
        state: &GroupOf<T>,
        rounds: &RoundsOf<T>,
        payee: &T::AccountId,
        first: u32,
    ) -> Result<RoundOf<T>, Error<T>> {
        let under_way = rounds
            .iter()
            .find(|round| round.payee == *payee && first >= round.cursor);
        if let Some(round) = under_way {
            return Ok(round.clone());
        }
        // A statement that starts a round stays good for a while: sent again by somebody else it would undo what came
        // after it.
        ensure!(who == payee, Error::<T>::NotPayee);
        Ok(Round::start(payee.clone(), state.next_index))
    }

    /// Checks a statement and takes it. Nothing is written before the proof is verified.
    pub(crate) fn do_submit_solvency(
        who: &T::AccountId,
        group: u32,
        submission: &SolvencySubmission,
    ) -> Result<(), Error<T>> {
        let payee = T::AccountId::from(submission.payee);
        let state = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?;
        ensure!(T::Sequencers::is_member(group, &payee), Error::<T>::NotSubmitter);
        let key = Self::active_key(submission.key)?;
        let shape = key.statement.solvency_shape();
        let shape = shape.ok_or(Error::<T>::WrongStatement)?;
        let now = T::Time::now();
        let table = Self::table_in_force(group, submission.risk_version, now)?;
        let recent = Self::root_for(group, submission.batch_no, table.time)?;
        let mut rounds = Rounds::<T>::get(group);
        let mut round = Self::round_of(who, &state, &rounds, &payee, submission.first.get())?;
        let last = Self::check_run(group, &round, shape, submission)?;

        let known = SolvencyKnown {
            genesis: frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::from(0u32)).0,
            group: GroupId(group),
            shape,
            root: recent.root,
            house: recent.house,
            risk_hash: table.risk_hash,
            table_time: table.time,
            before: round.sums,
        };
        let statement = submission.statement(&known);
        let statement = statement.map_err(|_| Error::<T>::NonCanonicalField)?;
        Self::verify_proof(&key, statement.hash(), &submission.proof)?;

        let next = shape.next(submission.first).get();
        round.cursor = next;
        round.sums = submission.after;
        round.oldest_table = round.oldest_table.min(table.time);
        round.newest_root = round.newest_root.max(submission.batch_no);
        if Self::gap(group, submission.first.get(), next) != Gap::Empty {
            round.credits = round.credits.saturating_add(credit_of(key.statement));
        }
        // Whoever is no submitter any more has no round, so there is room for those who are.
        rounds.retain(|other| other.payee != payee && T::Sequencers::is_member(group, &other.payee));
        if !last {
            rounds
                .try_push(round.clone())
                .map_err(|_| Error::<T>::ArithmeticOverflow)?;
        }
        if rounds.is_empty() {
            Rounds::<T>::remove(group);
        } else {
            Rounds::<T>::insert(group, rounds);
        }
        Self::deposit_event(Event::SolvencyTaken {
            group,
            payee,
            key: submission.key,
            risk_version: submission.risk_version,
            batch_no: submission.batch_no,
            first: submission.first.get(),
            next,
        });
        if let Some(findings) = submission.findings {
            Self::complete(group, round, findings, now)?;
        }
        Ok(())
    }

    /// That the run of a statement goes on with the round, and that it shows the outcome exactly if it is the last one.
    /// Returns whether it is.
    fn check_run(
        group: u32,
        round: &RoundOf<T>,
        shape: SolvencyShape,
        submission: &SolvencySubmission,
    ) -> Result<bool, Error<T>> {
        let first = submission.first;
        ensure!(begins_subtree(first), Error::<T>::NotASubtree);
        match Self::gap(group, round.cursor, first.get()) {
            Gap::Empty => {}
            Gap::Occupied => return Err(Error::<T>::AccountSkipped),
            Gap::TooLong => return Err(Error::<T>::SkipTooLong),
        }
        let last = Self::gap(group, shape.next(first).get(), round.end) == Gap::Empty;
        ensure!(last == submission.findings.is_some(), Error::<T>::WrongOutcome);
        ensure!(
            !last || submission.batch_no >= round.newest_root,
            Error::<T>::RootOlderThanRound
        );
        Ok(last)
    }

    /// A round is complete. It counts if its oldest table is newer than that of the one that counts.
    fn complete(group: u32, round: RoundOf<T>, findings: Findings, now: u64) -> Result<(), Error<T>> {
        let before = CompleteRounds::<T>::get(group);
        let newest = before
            .as_ref()
            .is_none_or(|before| round.oldest_table > before.oldest_table);
        Self::deposit_event(Event::SolvencyProven {
            group,
            payee: round.payee.clone(),
            oldest_table: round.oldest_table,
            findings,
            newest,
        });
        if newest {
            // Of rounds side by side those that come too late help nobody.
            Self::credit(group, &round.payee, round.credits)?;
            let owed = Totals::<T>::get(group)
                .backing()
                .ok_or(Error::<T>::ArithmeticOverflow)?;
            let complete = CompleteRound {
                number: before.map_or(0, |before| before.number).saturating_add(1),
                payee: round.payee,
                oldest_table: round.oldest_table,
                completed_at: now,
                findings,
                tolerable: is_tolerable(findings.live_debt, owed),
            };
            CompleteRounds::<T>::insert(group, complete);
            Self::set_clock_back(group, now.saturating_sub(round.oldest_table));
        }
        Ok(())
    }
}
