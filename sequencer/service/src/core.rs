//! Engine, batcher and tape under one lock. Nothing here waits.
//!
//! The core is a state machine ([`State`]): whatever moves it is an input with a time, and is given to
//! [`Core::apply`]. It can be read as the state that it wraps, but not be changed in any other way.
//!
//! Every input that changes anything goes into the journal (Q-JOURNAL), in the order in which it was taken: first it is
//! applied, then it is given to the journal's thread, both under the lock. Whoever is to be told of it, trader or
//! chain, is told once it is on the disk. If it cannot be written, the core is ahead of the disk: nobody is told any
//! more, and the sequencer stops.
//!
//! The same inputs go to the copy of the state that is read (Q-READ), so that nobody locks the core to read.

mod adopt;
mod error;
mod input;
mod origin;
mod ready;
mod receipts;
mod record;
mod replay;
mod snapshot;
mod state;
mod steps;
#[cfg(test)]
mod tests;
mod told;

pub(crate) use crate::time::millis;
pub(crate) use adopt::{adopted, Adopted};
pub use error::CoreError;
pub(crate) use error::Refusal;
pub(crate) use input::{
    Configure, Gate, InBlock, Output, Pass, Pause, Paused, QueueShare, Rebase, Refreshed, Settled, Shapes, Submit,
    SubmitVerified, SwitchOff, Table, Taken, Tick,
};
pub(crate) use origin::Origin;
pub(crate) use ready::{QueuePlace, Ready};
pub use replay::ReplayError;
pub(crate) use replay::{play, replay, replay_for};
pub use snapshot::StateError;
pub(crate) use state::{Move, State};
pub(crate) use steps::{Replaced, Step, Steps};
pub(crate) use told::Told;

use crate::{config::SequencerConfig, keys::SequencerKeys, liquidations::LiquidationTerms};
use cloister_batcher::{BatchSecrets, ClosedBatch, SecretSource};
use cloister_engine::{Claim, Effect, Millis, TraderInput, Verified};
use cloister_journal::{Stopped, Writer};
use cloister_ledger::InstructionKind;
use codec::Encode;
use record::{Input, Record, Recording};
use std::ops::Deref;

/// The state machine with its secrets and its journal, and what is only counted.
pub(crate) struct Core {
    state: State,
    pub keys: SequencerKeys,
    /// `None` if nothing is kept.
    journal: Option<Writer>,
    /// Why nothing is kept any more.
    stopped: Option<Stopped>,
    /// `None` before the first of this start.
    snapshot: Option<LastSnapshot>,
    /// To the copy of the state that is read; `None` if nobody reads.
    steps: Option<Steps>,
    /// Instructions refused since the start.
    pub rejected: u64,
}

/// The newest snapshot of the journal.
#[derive(Clone, Copy)]
struct LastSnapshot {
    /// Number of the record that it stands before.
    before: u64,
    /// Batches that were settled when it was kept.
    settled: u64,
}

/// What is remembered of an input.
struct Remembered {
    input: Input,
    /// Hash of the receipt that was given for it.
    receipt: Option<[u8; 32]>,
    /// The input itself, if it is signed and was taken.
    verified: Option<Box<Verified>>,
}

impl From<Input> for Remembered {
    fn from(input: Input) -> Self {
        Self {
            input,
            receipt: None,
            verified: None,
        }
    }
}

impl Deref for Core {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

/// The settings of engine and batcher that an operator has chosen. The shapes stay what they are ([`Shapes`]).
pub(crate) fn settings(config: &SequencerConfig, genesis: [u8; 32], payee: [u8; 32], queue_share: u8) -> Configure {
    let (engine, batcher) = state::configs(config, genesis, payee, queue_share, Vec::new());
    Configure {
        engine,
        batcher,
        budgets: config.unit_budget,
        liquidations: LiquidationTerms::of(config),
    }
}

impl Core {
    /// A core that goes on from a state, which it keeps in the journal at once. Without a journal nothing is kept, and
    /// no receipts are given.
    pub fn new(state: State, keys: SequencerKeys, journal: Option<Writer>) -> Self {
        let mut core = Self {
            state,
            keys,
            journal,
            stopped: None,
            snapshot: None,
            steps: None,
            rejected: 0,
        };
        core.keep_own();
        core
    }

    /// Sends what is taken from now on to a copy of this state ([`State::copied`]) that is read.
    pub fn lead(&mut self, steps: Steps) {
        self.steps = Some(steps);
    }

    /// Number of the next record of the journal; 0 if nothing is kept.
    pub fn next_record(&self) -> u64 {
        self.journal.as_ref().map_or(0, Writer::next)
    }

    /// Takes an input.
    pub fn apply<M: Move + Clone + Into<Input>>(&mut self, now: Millis, input: M) -> Output<M::Answer> {
        self.apply_as(now, input, |_, input| input.into().into())
    }

    /// Takes an input, and remembers it as another that changes the same, with the receipt that was given for it.
    fn apply_as<M: Move + Clone>(
        &mut self,
        now: Millis,
        input: M,
        remembered: impl FnOnce(&M::Answer, M) -> Remembered,
    ) -> Output<M::Answer> {
        let kept = input.clone();
        let mut secrets = Recording {
            source: &mut self.keys,
            drawn: Vec::new(),
        };
        let output = self.state.apply(now, input, &mut secrets);
        let secrets = secrets.drawn;
        // It is told by the copy that is read, when it is seen there.
        self.state.take_told();
        if output.changed {
            let Remembered {
                input,
                receipt,
                verified,
            } = remembered(&output.answer, kept);
            let record = Record {
                at: output.at,
                input,
                secrets,
                receipt,
            };
            if let Some(journal) = &mut self.journal {
                // If it cannot be written, nobody is told of it, and the sequencer stops.
                if let Err(stopped) = journal.append(record.encode()) {
                    self.stopped = Some(stopped);
                }
            }
            let (record, next) = (Box::new(record), self.next_record());
            self.send(Step::Taken { record, verified, next });
        }
        output
    }

    /// Tells the copy of the state that is read.
    fn send(&self, step: Step) {
        if let Some(steps) = &self.steps {
            steps.send(step);
        }
    }

    /// Everything about an input that can be said before its signature is checked, and the key that must have signed
    /// it.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn claim(&mut self, input: TraderInput) -> Result<Claim, Refusal> {
        let claim = self.state.engine.claim(input);
        if claim.is_err() {
            self.reject();
        }
        Ok(claim?)
    }

    /// Counts an input that is refused.
    pub fn reject(&mut self) {
        self.rejected = self.rejected.saturating_add(1);
    }

    /// Takes what a trader signed, and whose signature is checked.
    ///
    /// # Errors
    /// Why it is refused; it has changed nothing then but what time did.
    pub fn submit(&mut self, now: Millis, verified: Verified) -> Result<Taken, Refusal> {
        let output = self.apply_as(now, SubmitVerified(verified), |taken, submitted| match taken {
            Ok(taken) => Remembered {
                verified: Some(Box::new(submitted.0.clone())),
                input: Submit::from(submitted).into(),
                receipt: Some(taken.receipt.hash()),
            },
            // Nobody is to fill the disk with what is refused.
            Err(_) => Input::from(Pass).into(),
        });
        if output.answer.is_err() {
            self.reject();
        }
        output.answer
    }

    /// Secrets for a batch that is made again with a later time.
    pub fn secrets(&mut self, batch_no: u64, digest: &[u8; 32]) -> BatchSecrets {
        self.keys.secrets(batch_no, digest)
    }

    /// Takes over from the core of before when another sequencer has led ([`State::adopt`]); this one is fresh, on top
    /// of the chain's ledger. It is no input: the journal of before begins anew with the state that this leaves.
    pub fn adopt(self, now: Millis, before: Self) -> (Self, Adopted) {
        let mut keys = self.keys;
        let (state, adopted) = adopted(self.state, before.state, now, &mut keys);
        let mut core = Self {
            state,
            keys,
            journal: before.journal,
            stopped: before.stopped,
            snapshot: None,
            steps: before.steps,
            rejected: before.rejected,
        };
        core.keep_own();
        let mut told = core.state.take_told();
        told.all = true;
        core.replace_copy(adopted.effects.clone(), told);
        (core, adopted)
    }

    /// Has whoever reads see this state from now on.
    fn replace_copy(&self, effects: Vec<Effect>, told: Told) {
        if self.steps.is_none() {
            return;
        }
        let copy = self.state.copied().inspect_err(|error| {
            log::error!(target: "cloister", "Nobody is answered any more, please report this: {error}");
        });
        let next = self.next_record();
        let replaced = copy.ok().map(|state| {
            Box::new(Replaced {
                state,
                next,
                effects,
                told,
            })
        });
        self.send(Step::Replaced(replaced));
    }

    /// The oldest closed batch that was not taken yet. Which batches were taken is no part of the state: after a start
    /// all that are not settled are there again.
    pub fn next_closed(&mut self) -> Option<ClosedBatch> {
        self.state.batcher.next_closed()
    }

    /// Number of the last record: once it is on the disk, so is everything that was taken until now. `None` if nothing
    /// is kept, or nothing was taken.
    ///
    /// # Errors
    /// [`Stopped`]: something that was taken will never be there.
    pub fn last_record(&self) -> Result<Option<u64>, Stopped> {
        match &self.stopped {
            Some(stopped) => Err(stopped.clone()),
            None => Ok(self.journal.as_ref().and_then(|journal| journal.next().checked_sub(1))),
        }
    }

    /// A hash of the state, with the number of the next record; `None` if nothing is kept.
    pub fn digest(&self) -> Option<(u64, [u8; 32])> {
        let next = self.journal.as_ref()?.next();
        Some((next, self.state.digest()))
    }

    /// True while so much waits for the disk, or to be seen by those who read, that nothing more should be asked for.
    pub fn is_behind(&self, most_unseen: usize) -> bool {
        let unseen = self.steps.as_ref().map_or(0, Steps::behind);
        self.journal.as_ref().is_some_and(Writer::is_full)
            || usize::try_from(unseen).unwrap_or(usize::MAX) > most_unseen
    }

    /// True if `records` were written or `batches` settled since the last snapshot, or more: a start plays both again,
    /// and a batch takes it far longer than an order.
    pub fn wants_snapshot(&self, records: u64, batches: u64) -> bool {
        let is_due = |last: LastSnapshot| {
            self.next_record().saturating_sub(last.before) >= records
                || self.state.finalized_batches.saturating_sub(last.settled) >= batches
        };
        self.journal.is_some() && self.snapshot.is_none_or(is_due)
    }

    /// Keeps a snapshot that was made of the copy of this state, as it was before the record of this number. It makes
    /// the records before superfluous, and does nothing if there is a newer one.
    pub fn keep_snapshot(&mut self, before: u64, bytes: Vec<u8>) {
        let Some(journal) = &mut self.journal else { return };
        if self.snapshot.is_some_and(|last| before <= last.before) || before > journal.next() {
            return;
        }
        let settled = self.state.finalized_batches;
        self.snapshot = Some(LastSnapshot { before, settled });
        if let Err(stopped) = journal.keep(before, bytes) {
            self.stopped = Some(stopped);
        }
    }

    /// Keeps a snapshot of this state. It takes as long as there are accounts and orders: for a core that nobody waits
    /// for yet, or any more.
    pub fn keep_own(&mut self) {
        if self.journal.is_some() {
            self.keep_snapshot(self.next_record(), self.state.encoded());
        }
    }
}

/// True for instructions that are taken even while events wait: they free, they do not add.
pub(crate) fn frees(kind: InstructionKind) -> bool {
    matches!(kind, InstructionKind::Cancel | InstructionKind::CancelAll)
}
