//! Several batches in one call, whose proofs are verified together (C-SEVERAL).

use crate::{batch::Proven, Batch, Config, Error, Event, Pallet, WeightInfo};
use alloc::{boxed::Box, vec::Vec};
use cloister_crypto::Fr;
use cloister_groth16_verifier::{verify, verify_many, Item, VerifyError};
use pallet_cloister_sequencers::Sequencers;
use polkadot_sdk::{
    frame_support::{
        dispatch::{Pays, PostDispatchInfo},
        ensure,
        storage::with_transaction,
        weights::Weight,
    },
    sp_runtime::{DispatchError, TransactionOutcome},
};

/// Maximum number of batches in one call.
pub const MAX_BATCHES: u32 = 16;

/// Verifies what is to be verified of batches, together.
pub(crate) fn verify_proven(proven: &[Proven]) -> Result<(), VerifyError> {
    let inputs: Vec<[Fr; 1]> = proven.iter().map(|proven| [proven.statement]).collect();
    let items: Vec<Item<'_>> = proven
        .iter()
        .zip(&inputs)
        .map(|(proven, input)| (&proven.key, input.as_slice(), &proven.proof))
        .collect();
    verify_many(&items)
}

/// How far the batches of a call have come.
#[derive(Default)]
struct Walk {
    /// What is to be verified of those that were applied, in order.
    proven: Vec<Proven>,
    /// Number of queue items that each of them read.
    read: Vec<u32>,
    /// The first one that is refused, and why.
    refused: Option<(usize, DispatchError)>,
    /// How many settle.
    good: usize,
    /// The proofs were verified one by one, because not all of them hold.
    singly: bool,
}

impl Walk {
    /// Verifies all proofs together, and each by itself if that fails, to find the first that does not hold.
    fn verify<T: Config>(&mut self) {
        self.good = self.proven.len();
        if verify_proven(&self.proven).is_ok() {
            return;
        }
        self.singly = true;
        for (n, proven) in self.proven.iter().enumerate() {
            if let Err(error) = verify(&proven.key, &[proven.statement], &proven.proof) {
                self.good = n;
                self.refused = Some((n, Error::<T>::from(error).into()));
                return;
            }
        }
    }
}

impl<T: Config> Pallet<T> {
    /// Weight of batches if every one was verified by itself after all of them together.
    pub(crate) fn weight_of_batches(batches: &[Box<Batch>]) -> Weight {
        let each = batches.iter().map(|batch| Self::weight_of_batch(batch));
        each.fold(Self::together(batches.len()), Weight::saturating_add)
    }

    fn together(proofs: usize) -> Weight {
        T::WeightInfo::verify_together(u32::try_from(proofs).unwrap_or(u32::MAX))
    }

    /// Settles batches in order, up to the first that is refused. It is an error only if that is the first of all.
    pub(crate) fn settle_many(
        who: &T::AccountId,
        group: u32,
        batches: &[Box<Batch>],
    ) -> Result<PostDispatchInfo, DispatchError> {
        ensure!(!batches.is_empty(), Error::<T>::NoBatches);
        Self::check_right(who, group)?;
        let mut walk = Walk::default();
        Self::settle_from(group, batches, 0, &mut walk)?;
        let pays_fee = match walk.refused {
            None => Pays::No,
            Some((0, error)) => return Err(error),
            Some((n, error)) => {
                let batch_no = batches.get(n).map_or(u64::MAX, |batch| batch.batch_no);
                Self::deposit_event(Event::BatchRefused { group, batch_no, error });
                Pays::Yes
            }
        };
        for (batch, proven) in batches.iter().zip(&walk.proven).take(walk.good) {
            Self::note_settled(who, group, batch, &proven.statement);
        }
        T::Sequencers::note_batch(group, who);
        Ok(PostDispatchInfo {
            actual_weight: Some(Self::weight_of_walk(batches, &walk)),
            pays_fee,
        })
    }

    /// Applies the batches from the n-th on, each in a storage layer of its own inside that of the one before, and
    /// verifies all proofs behind the last one. What is not good is rolled back on the way out, so nothing is done
    /// twice.
    fn settle_from(group: u32, batches: &[Box<Batch>], n: usize, walk: &mut Walk) -> Result<(), DispatchError> {
        let Some(batch) = batches.get(n) else {
            walk.verify::<T>();
            return Ok(());
        };
        with_transaction(|| {
            let applied = Self::check(group, batch).and_then(|checked| {
                let read = checked.read;
                Ok((Self::apply(group, batch, checked)?, read))
            });
            match applied {
                Ok((proven, read)) => {
                    walk.proven.push(proven);
                    walk.read.push(read);
                    if let Err(error) = Self::settle_from(group, batches, n.saturating_add(1), walk) {
                        return TransactionOutcome::Rollback(Err(error));
                    }
                }
                Err(error) => {
                    walk.refused = Some((n, error));
                    walk.verify::<T>();
                }
            }
            if n < walk.good {
                TransactionOutcome::Commit(Ok(()))
            } else {
                TransactionOutcome::Rollback(Ok(()))
            }
        })
    }

    /// What was done: a batch whose checks failed as if it had read all it may.
    fn weight_of_walk(batches: &[Box<Batch>], walk: &Walk) -> Weight {
        let applied = batches
            .iter()
            .zip(&walk.read)
            .map(|(batch, read)| Self::weight_with_items(batch, *read));
        let stopped = batches.get(walk.read.len()).filter(|_| walk.refused.is_some());
        let each = applied
            .chain(stopped.map(|batch| Self::weight_of_batch(batch)))
            .fold(Weight::zero(), Weight::saturating_add);
        let proofs = walk.read.len();
        if walk.singly {
            return each.saturating_add(Self::together(proofs));
        }
        // The weight of a batch is with the verification of its own proof.
        let own = T::WeightInfo::verify_one().saturating_mul(proofs as u64);
        each.saturating_sub(own).saturating_add(Self::together(proofs))
    }
}
