//! What each input does to the state.

use super::{Move, State, Step};
use crate::{
    core::{
        error::Refusal,
        input::{
            Configure, Gate, InBlock, Pass, Paused, QueueShare, Rebase, Refreshed, Settled, Shapes, Submit,
            SubmitVerified, SwitchOff, Table, Taken, Tick,
        },
    },
    halt::Halt,
};
use cloister_batcher::BatcherError;
use cloister_engine::Removal;
use cloister_ledger::OrdersIn;

impl Move for Submit {
    type Answer = Result<Taken, Refusal>;

    fn apply(self, state: &mut State, step: &mut Step<'_>) -> (Self::Answer, bool) {
        let genesis = state.engine.config().genesis;
        match state.engine.claim(self.0).and_then(|claim| claim.check(&genesis)) {
            Ok(verified) => SubmitVerified(verified).apply(state, step),
            Err(rejection) => {
                state.pass(step);
                (Err(rejection.into()), !step.effects.is_empty())
            }
        }
    }
}

impl Move for SubmitVerified {
    type Answer = Result<Taken, Refusal>;

    fn apply(self, state: &mut State, step: &mut Step<'_>) -> (Self::Answer, bool) {
        let taken = state.submit(step, self.0);
        // If it is refused, time alone can have changed anything.
        let changed = taken.is_ok() || !step.effects.is_empty();
        (taken, changed)
    }
}

impl Move for Pass {
    type Answer = ();

    fn apply(self, state: &mut State, step: &mut Step<'_>) -> ((), bool) {
        state.pass(step);
        ((), !step.effects.is_empty())
    }
}

impl Move for Tick {
    type Answer = ();

    fn apply(self, state: &mut State, step: &mut Step<'_>) -> ((), bool) {
        let ticked = state.tick(step, self.idle);
        let liquidated = state.liquidate(step);
        ((), ticked || liquidated)
    }
}

impl Move for Table {
    type Answer = ();

    fn apply(self, state: &mut State, step: &mut Step<'_>) -> ((), bool) {
        ((), state.set_table(step, self.table, self.ready))
    }
}

impl Move for Rebase {
    type Answer = bool;

    fn apply(self, state: &mut State, step: &mut Step<'_>) -> (bool, bool) {
        let done = state.rebase(step, self.table, self.ready, &self.gone);
        (done, done)
    }
}

impl Move for SwitchOff {
    type Answer = ();

    fn apply(self, state: &mut State, step: &mut Step<'_>) -> ((), bool) {
        let effects = state.engine.drop_all_of(self.0, &OrdersIn::ALL, Removal::Disconnected);
        state.absorb(step, effects);
        ((), !step.effects.is_empty())
    }
}

impl Move for QueueShare {
    type Answer = ();

    fn apply(self, state: &mut State, _: &mut Step<'_>) -> ((), bool) {
        let changed = state.batcher.config().queue_share != self.0;
        state.batcher.set_queue_share(self.0);
        ((), changed)
    }
}

impl Move for Shapes {
    type Answer = bool;

    fn apply(self, state: &mut State, _: &mut Step<'_>) -> (bool, bool) {
        let changed = state.batcher.config().shapes != self.0;
        let taken = changed && state.batcher.set_shapes(self.0).is_ok();
        (taken, taken)
    }
}

impl Move for Paused {
    type Answer = ();

    fn apply(self, state: &mut State, _: &mut Step<'_>) -> ((), bool) {
        let changed = state.pause != self.0;
        (state.pause, state.paused) = (self.0, self.0.map(Halt::from));
        ((), changed)
    }
}

impl Move for Gate {
    type Answer = ();

    fn apply(self, state: &mut State, _: &mut Step<'_>) -> ((), bool) {
        let changed = state.gate_closed != self.closed;
        state.gate_closed = self.closed;
        ((), changed)
    }
}

impl Move for Refreshed {
    type Answer = ();

    fn apply(self, state: &mut State, _: &mut Step<'_>) -> ((), bool) {
        state.batcher.retime(self.batch_no, self.time, self.salt);
        ((), true)
    }
}

impl Move for InBlock {
    type Answer = ();

    fn apply(self, state: &mut State, _: &mut Step<'_>) -> ((), bool) {
        state.told.batches.push(self.0.clone());
        state.records.insert(self.0.batch_no, self.0);
        ((), true)
    }
}

impl Move for Configure {
    type Answer = ();

    fn apply(self, state: &mut State, _: &mut Step<'_>) -> ((), bool) {
        let in_force = |state: &State| {
            let (engine, batcher) = (state.engine.config().clone(), state.batcher.config().clone());
            (engine, batcher, *state.budgets.terms(), state.liquidations.terms())
        };
        let before = in_force(state);
        state.engine.configure(self.engine);
        state.batcher.configure(self.batcher);
        state.budgets.configure(self.budgets);
        state.liquidations.configure(self.liquidations);
        let changed = before != in_force(state);
        ((), changed)
    }
}

impl Move for Settled {
    type Answer = Result<(), BatcherError>;

    fn apply(self, state: &mut State, _: &mut Step<'_>) -> (Self::Answer, bool) {
        let settled = state.settle(self.batch_no, self.record);
        let changed = settled.is_ok();
        (settled, changed)
    }
}
