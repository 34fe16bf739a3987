//! Going on where the journal ends (Q-JOURNAL).
//!
//! The journal says what was taken, the chain what has settled. Batches of the journal that have settled meanwhile are
//! settled; everything else that was taken goes on. Where the chain has moved on without this sequencer, what the chain
//! has counts, and of the rest what still fits it (Q-RESTART).

use crate::{
    chain::{ChainClient, GroupView},
    core::{adopted, replay_for, settings, Adopted, Configure, Core, CoreError, Origin, Settled, Shapes, State},
    error::StartError,
    pipeline::closed_record,
    sealed::Sealed,
    shared::Shared,
    tape::TapeTerms,
};
use cloister_crypto::field::to_bytes;
use cloister_journal::Writer;
use cloister_ledger::GroupLedger;

/// What the journal knows, and the journal.
pub(crate) struct Kept {
    journal: Option<Sealed>,
    state: Option<State>,
}

/// Why a journal is not gone on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Parted {
    /// The chain has batches that are not in it.
    #[error("the chain is at batch {found}, and {made} were made here")]
    Foreign {
        /// The chain's next batch number.
        found: u64,
        /// The journal's next batch number.
        made: u64,
    },
    /// The chain has another batch of that number.
    #[error("the chain's ledger before batch {0} is another")]
    Diverged(u64),
    /// The house was re-keyed since.
    #[error("the house was re-keyed")]
    Rekeyed,
}

impl Kept {
    /// Replays the journal.
    ///
    /// # Errors
    /// [`StartError::Replay`].
    pub fn read<C: ChainClient>(shared: &Shared<C>) -> Result<Self, StartError> {
        let journal = shared.keeping.take_journal();
        let journal = journal.map(|journal| Sealed::new(journal, shared.keys.clone()));
        let history = shared.config.history;
        let tape = TapeTerms::of(&shared.config);
        let state = journal.as_ref().map(|journal| replay_for(journal, history, tape));
        let state = state.transpose()?.flatten();
        if let Some(state) = &state {
            log::info!(
                target: "cloister",
                "The journal is replayed: {} batches settled, {} not yet",
                state.finalized_batches,
                state.batcher.unsettled(),
            );
        }
        Ok(Self { journal, state })
    }

    /// Number of batches that were in final blocks when the journal was written. The chain has them, or will.
    pub fn settled_batches(&self) -> u64 {
        self.state.as_ref().map_or(0, |state| state.finalized_batches)
    }

    /// The series of the receipts that the journal gives; 0 if it has given none.
    pub fn series(&self) -> u32 {
        self.state.as_ref().map_or(0, |state| state.receipts.chain().series())
    }

    /// The core that goes on, over what is settled. `settled` is the ledger of the view's block; `origin` is where a
    /// core starts that goes on from there alone. Receipts are of `series` from now on.
    ///
    /// # Errors
    /// [`StartError::Core`], [`StartError::JournalShape`].
    pub async fn resume<C: ChainClient, F>(
        self,
        shared: &Shared<C>,
        view: &GroupView,
        settled: &GroupLedger,
        series: u32,
        origin: F,
    ) -> Result<Core, StartError>
    where
        F: std::future::Future<Output = Origin<C::AccountId>>,
    {
        let Self { journal, state } = self;
        let config = &shared.config;
        let genesis = shared.chain.genesis_hash();
        let payee = shared.payee();
        let parted = state.as_ref().and_then(|state| parted(state, view, settled).err());
        let (mut state, goes_on) = match (state, parted) {
            (Some(state), None) => {
                check_shapes(&state, shared)?;
                (state, true)
            }
            (before, parted) => {
                let fresh = State::new(config, genesis, payee, &shared.keys, origin.await)?;
                let state = match before {
                    Some(before) => {
                        let (state, done) = adopted(fresh, before, shared.chain.now(), &mut shared.keys.clone());
                        report(&done, parted);
                        state
                    }
                    None => fresh,
                };
                (state, false)
            }
        };
        // Kept with the snapshot that every start begins with.
        state.receipts.begin(series);
        let writer = journal.map(|journal| Writer::start(journal, config.journal_queue));
        if let Some(writer) = &writer {
            shared.keeping.follow(writer.durable());
        }
        let mut core = Core::new(state, shared.keys.clone(), writer);
        if goes_on {
            catch_up(
                shared,
                &mut core,
                view,
                settled,
                settings(config, genesis, payee, view.queue_share),
            )?;
        }
        Ok(core)
    }
}

/// Whether a replayed state and the chain have parted.
fn parted(state: &State, view: &GroupView, settled: &GroupLedger) -> Result<(), Parted> {
    if state.house_rekeys != view.house_rekeys {
        return Err(Parted::Rekeyed);
    }
    let made = state.batcher.head().batch_no();
    if view.batch_no > made {
        return Err(Parted::Foreign {
            found: view.batch_no,
            made,
        });
    }
    let root = match view
        .batch_no
        .checked_sub(1)
        .filter(|_| view.batch_no > state.finalized_batches)
    {
        Some(last) => state.batcher.unsettled_root(last),
        None => Some(state.batcher.settled().root()),
    };
    if root != Some(settled.root()) {
        return Err(Parted::Diverged(view.batch_no));
    }
    Ok(())
}

/// Batches that nobody here can prove cannot be settled.
fn check_shapes<C: ChainClient>(state: &State, shared: &Shared<C>) -> Result<(), StartError> {
    let provable = shared.provable();
    if state.batcher.unsettled_shapes().all(|shape| provable.is_at_hand(shape)) {
        return Ok(());
    }
    Err(StartError::JournalShape)
}

fn report(done: &Adopted, parted: Option<Parted>) {
    let why = parted.map(|why| why.to_string()).unwrap_or_default();
    log::error!(
        target: "cloister",
        "The journal and the chain have parted: {why}. What the chain has counts; {} fills and withdrawals are void, {} \
         orders, cancels and withdrawals go on, {} are dropped",
        done.void.len(),
        done.kept.len(),
        done.dropped.len(),
    );
}

/// Settles what has settled since the journal was written, and puts the operator's present settings in force.
fn catch_up<C: ChainClient>(
    shared: &Shared<C>,
    core: &mut Core,
    view: &GroupView,
    settled: &GroupLedger,
    settings: Configure,
) -> Result<(), StartError> {
    let now = shared.chain.now();
    while core.finalized_batches < view.batch_no {
        let batch_no = core.finalized_batches;
        let record = core
            .next_closed()
            .filter(|closed| closed.batch_no() == batch_no)
            .map(|closed| closed_record(&closed, shared.constraints(closed.shape), view.block));
        let done = core.apply(now, Settled { batch_no, record }).answer;
        done.map_err(CoreError::from)?;
    }
    let own = core.batcher.settled();
    if to_bytes(&own.root()) != view.root || own.house().commitment() != settled.house().commitment() {
        return Err(StartError::JournalLedger(view.batch_no));
    }
    core.apply(now, settings);
    core.apply(now, Shapes(shared.provable().shapes()));
    Ok(())
}
