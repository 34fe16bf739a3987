//! The state that a journal leads to.

use super::{
    input::SubmitVerified,
    record::{Playing, Record},
    snapshot::StateError,
    state::State,
};
use crate::tape::TapeTerms;
use cloister_batcher::RestoreError;
use cloister_engine::{Effect, Verified};
use cloister_journal::{Journal, JournalError};
use codec::DecodeAll;

/// Why a journal does not lead to a state.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// It has records, and no state that they follow.
    #[error("the journal has records and no snapshot that they follow")]
    NoSnapshot,
    /// The snapshot is not a state.
    #[error("the snapshot before record {before} of the journal: {source}")]
    Snapshot {
        /// Number of the first record that it does not contain.
        before: u64,
        /// What is wrong with it.
        source: StateError,
    },
    /// A record is not an input.
    #[error("record {number} of the journal does not decode: {source}")]
    Record {
        /// Its number.
        number: u64,
        /// What is wrong with it.
        source: codec::Error,
    },
    /// An input closes other batches than it did when it was taken: this program is another one than the one that took
    /// it, or the journal is not its own.
    #[error(
        "record {0} of the journal closes other batches than it did when it was taken: go back to the version that \
         wrote it, or move the journal away to start from the chain alone, without what has not settled"
    )]
    Secrets(u64),
    /// An instruction has another outcome than its receipt promises.
    #[error(
        "record {0} of the journal has another outcome than its receipt promises: go back to the version that wrote \
         it, or move the journal away to start from the chain alone, without what has not settled"
    )]
    Receipt(u64),
    /// The batches that were closed cannot be made again.
    #[error("the batches of the journal: {0}")]
    Batches(#[from] RestoreError),
}

/// The state that a journal leads to; `None` if it is empty. It keeps so many fills and receipts for readers.
///
/// # Errors
/// [`ReplayError`].
pub(crate) fn replay(journal: &dyn Journal, history: usize) -> Result<Option<State>, ReplayError> {
    replay_for(journal, history, TapeTerms::unseen(history))
}

/// As [`replay`]; the tapes are made in this way.
///
/// # Errors
/// [`ReplayError`].
pub(crate) fn replay_for(journal: &dyn Journal, history: usize, tape: TapeTerms) -> Result<Option<State>, ReplayError> {
    let Some(snapshot) = journal.snapshot()? else {
        return match journal.next() {
            0 => Ok(None),
            _ => Err(ReplayError::NoSnapshot),
        };
    };
    let before = snapshot.before;
    let state = State::decode(&snapshot.bytes, history);
    let mut state = state.map_err(|source| ReplayError::Snapshot { before, source })?;
    state.tape = state.tape.made_as(tape);
    for record in journal.records(before)? {
        let (number, bytes) = record?;
        let record = Record::decode_all(&mut &bytes[..]).map_err(|source| ReplayError::Record { number, source })?;
        play(&mut state, number, record, None)?;
        // Nobody follows yet.
        state.take_told();
    }
    state.batcher.reopen()?;
    Ok(Some(state))
}

/// Takes the input of a record as it was taken; gives what happened in the engine. Of a signed one `verified` may be
/// given, so that its signature is not checked again.
///
/// # Errors
/// [`ReplayError::Secrets`], [`ReplayError::Receipt`].
pub(crate) fn play(
    state: &mut State,
    number: u64,
    record: Record,
    verified: Option<Box<Verified>>,
) -> Result<Vec<Effect>, ReplayError> {
    let promised = *state.receipts.chain();
    let mut secrets = Playing::new(record.secrets);
    let effects = match verified {
        Some(verified) => state.apply(record.at, SubmitVerified(*verified), &mut secrets).effects,
        None => record.input.replay(state, record.at, &mut secrets),
    };
    if !secrets.was_exact() {
        return Err(ReplayError::Secrets(number));
    }
    let chain = state.receipts.chain();
    let as_promised = match record.receipt {
        Some(hash) => chain.head() == hash,
        None => *chain == promised,
    };
    if !as_promised {
        return Err(ReplayError::Receipt(number));
    }
    Ok(effects)
}
