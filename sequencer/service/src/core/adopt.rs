//! What a core goes on with when another sequencer has led: the chain's ledger, and of its own what still fits it
//! (Q-RESTART).

use super::state::{State, Step};
use cloister_batcher::{Event, SecretSource, VoidReason, Voided};
use cloister_engine::{Effect, Millis, OrderKey, Rejection, TraderInput};
use cloister_ledger::{InstructionKind, SignedInstruction};

/// What became of all that was taken and not settled.
#[derive(Debug, Default)]
pub(crate) struct Adopted {
    /// Fills that have not happened after all, and withdrawals whose money is still there.
    pub void: Vec<Voided>,
    /// Orders at rest, cancels and withdrawals that go on.
    pub kept: Vec<OrderKey>,
    /// Those that the new state does not allow, each with the reason.
    pub dropped: Vec<(OrderKey, Rejection)>,
    /// What happened in the engine by it, in order.
    pub effects: Vec<Effect>,
}

impl State {
    /// Takes over from the state of before, whose settled ledger the chain has left behind. This one is fresh, on top
    /// of the chain's.
    ///
    /// * Fills that are not settled are void, and their accounts are told (Q-VOID).
    /// * Cancels and withdrawals are taken again in their order, then the orders at rest in the order in which they
    ///   came to rest, then those that wait for a mark. Each passes the checks of any other instruction, but for the
    ///   budget, which was asked before; what does not pass is dropped. Orders at rest do not trade by it: the book of
    ///   before was not crossed, and no more is in it now. Of an order at rest no more is left than was: a void fill
    ///   brings nothing back into the book.
    /// * An id that was taken stays taken, and one that a cancel-all made void stays void, so nobody can play an
    ///   instruction again that is void, was dropped or was cancelled. Dead man's switches and protections go on.
    /// * Numbers of fills and receipts go on, and so do the counters. What is taken again gets no second receipt.
    pub(super) fn adopt(&mut self, step: &mut Step<'_>, before: State) -> Adopted {
        let mut adopted = Adopted::default();
        self.engine.number_after(&before.engine);
        (self.pause, self.paused, self.gate_closed) = (before.pause, before.paused, before.gate_closed);
        self.hold_triggers(step);
        for event in before.batcher.provisional() {
            let rejected = match event {
                // What nobody signs is decided anew, on top of what the chain has.
                Event::Filled(_) | Event::Unsigned(_) => true,
                Event::Bound(signed) => {
                    let instruction = SignedInstruction::clone(signed);
                    let is_cancel = signed.instruction.kind == InstructionKind::Cancel;
                    // The order that it cancels is not here any more, and it binds all the same.
                    let input = if is_cancel {
                        TraderInput::Annul(instruction)
                    } else {
                        TraderInput::Instruction(instruction)
                    };
                    let taken = self.take_again(step, OrderKey::of(&signed.instruction), input, &mut adopted);
                    // A cancel holds whether or not it is proven.
                    !taken && signed.instruction.kind == InstructionKind::Withdrawal
                }
            };
            if rejected {
                adopted.void.push(Voided {
                    event: event.clone(),
                    reason: VoidReason::Overtaken,
                });
            }
        }
        let views = || before.engine.accounts().map(|(_, view)| view);
        let resting = views().flat_map(|view| view.open_orders());
        let mut resting: Vec<_> = resting
            .map(|(_, order)| (order.place.sequence, &order.signed, order.remaining))
            .collect();
        resting.sort_by_key(|(sequence, ..)| *sequence);
        for (_, signed, remaining) in resting {
            self.take_order_again(step, signed, &mut adopted);
            self.engine.trim(OrderKey::of(&signed.instruction), remaining);
        }
        let waiting = views().flat_map(|view| view.waiting_orders());
        let mut waiting: Vec<_> = waiting.map(|(_, order)| (order.sequence, &order.signed)).collect();
        waiting.sort_by_key(|(sequence, _)| *sequence);
        for (_, signed) in waiting {
            self.take_order_again(step, signed, &mut adopted);
        }
        self.engine.succeed(&before.engine);
        self.engine.keep_dead_men(&before.engine);

        let own = self.finalized_batches;
        self.liquidations.succeed(before.liquidations);
        (self.tape, self.notices, self.budgets) = (before.tape, before.notices, before.budgets);
        self.receipts = before.receipts;
        (self.accepted, self.fills, self.voided) = (before.accepted, before.fills, before.voided);
        self.records = before.records;
        self.records.retain(|number, record| *number < own && record.finalized);
        self.tell_void(step.now, &adopted.void);
        adopted
    }

    /// Takes an order again.
    fn take_order_again(&mut self, step: &mut Step<'_>, signed: &SignedInstruction, adopted: &mut Adopted) {
        let input = TraderInput::Instruction(signed.clone());
        self.take_again(step, OrderKey::of(&signed.instruction), input, adopted);
    }

    /// Takes an input again that the state of before had taken. True if it is taken.
    fn take_again(&mut self, step: &mut Step<'_>, key: OrderKey, input: TraderInput, adopted: &mut Adopted) -> bool {
        let (passed, result) = self.engine.handle(step.now, input);
        self.absorb(step, passed);
        match result {
            Ok(accepted) => {
                self.absorb(step, accepted.effects);
                adopted.kept.push(key);
                true
            }
            Err(rejection) => {
                adopted.dropped.push((key, rejection));
                false
            }
        }
    }
}

/// Puts a fresh state in the place of one that was.
pub(crate) fn adopted(
    mut fresh: State,
    before: State,
    now: Millis,
    secrets: &mut dyn SecretSource,
) -> (State, Adopted) {
    let now = now.max(before.engine.now());
    let mut step = Step {
        now,
        secrets,
        effects: Vec::new(),
    };
    let mut adopted = fresh.adopt(&mut step, before);
    adopted.effects = step.effects;
    (fresh, adopted)
}
