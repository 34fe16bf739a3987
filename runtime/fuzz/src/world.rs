//! A sequence of calls and blocks, and what is checked after each.

use crate::{
    chain::{self, Kind, Who},
    checks::{self, Moves, Snapshot},
    seen::{documented, name_of, Name, Seen},
};
use cloister_runtime::{AccountId, Runtime, RuntimeCall};
use codec::{DecodeLimit, Encode};
use frame_support::traits::GetCallMetadata;
use pallet_cloister_execution::Call as ExecutionCall;
use polkadot_sdk::*;
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError};

/// How deep calls may be nested in a transaction, as the SDK decodes it.
const MAX_DEPTH: u32 = 256;
/// A chain in the middle of a sequence.
pub struct World {
    /// Which chain it is.
    pub kind: Kind,
    /// Calls that were announced, newest last.
    pub announced: Vec<RuntimeCall>,
    /// What was reached.
    pub seen: Seen,
    /// Tells on the standard error what is done.
    pub tells: bool,
    /// No step comes after this one.
    pub is_over: bool,
    snapshot: Snapshot,
}

/// Name of a call.
pub fn name(call: &RuntimeCall) -> Name {
    let metadata = call.get_call_metadata();
    (metadata.pallet_name.to_string(), metadata.function_name.to_string())
}

/// What a call may do to money.
fn moves(call: &RuntimeCall) -> Moves {
    use pallet_cloister_timelock::Call as Timelock;
    use ExecutionCall as Call;

    match call {
        RuntimeCall::Execution(call) => match call {
            Call::open { .. }
            | Call::deposit { .. }
            | Call::pay_insurance { .. }
            | Call::switch { .. }
            | Call::close { .. }
            | Call::force_withdrawal { .. }
            | Call::rekey { .. } => Moves::In,
            Call::settle_exits { .. } | Call::release_rest { .. } => Moves::Counts,
            Call::submit_batch { .. }
            | Call::submit_batches { .. }
            | Call::claim { .. }
            | Call::pay_claim { .. }
            | Call::claim_credits { .. }
            | Call::claim_share { .. }
            | Call::pay_exit { .. }
            | Call::refund_item { .. }
            | Call::pay_back { .. } => Moves::Out,
            _ => Moves::Nothing,
        },
        RuntimeCall::Assets(_)
        | RuntimeCall::Utility(_)
        | RuntimeCall::Multisig(_)
        | RuntimeCall::Proxy(_)
        | RuntimeCall::Sudo(_) => Moves::OfAsset,
        RuntimeCall::Timelock(Timelock::enact { call }) => moves(call),
        _ => Moves::Nothing,
    }
}

/// Whether a call reports that inner calls were refused by an event and not by failing.
fn holds_others(call: &RuntimeCall) -> bool {
    matches!(
        call,
        RuntimeCall::Utility(_) | RuntimeCall::Multisig(_) | RuntimeCall::Proxy(_) | RuntimeCall::Sudo(_)
    )
}

impl World {
    /// A new chain, inside which this is called.
    pub fn new(kind: Kind, tells: bool) -> Self {
        Self {
            kind,
            announced: Vec::new(),
            seen: Seen::default(),
            tells,
            is_over: false,
            snapshot: checks::look(None),
        }
    }

    /// Makes a call, and checks everything after it. Returns whether it was done.
    pub fn make(&mut self, who: &Who, call: &RuntimeCall) -> bool {
        let bytes = call.encode();
        let read = RuntimeCall::decode_all_with_depth_limit(MAX_DEPTH, &mut &bytes[..]);
        assert_eq!(read.as_ref(), Ok(call), "a call is read as another");
        frame_system::Pallet::<Runtime>::reset_events();
        let outcome = match chain::make(who, call.clone()) {
            Err(TransactionValidityError::Invalid(InvalidTransaction::ExhaustsResources)) => {
                self.block(0);
                chain::make(who, call.clone())
            }
            outcome => outcome,
        };
        self.seen.calls += 1;
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(error) => {
                self.tell(|| format!("{who:?}: {:?}: not valid: {error:?}", name(call)));
                *self.seen.invalid.entry(format!("{error:?}")).or_default() += 1;
                let after = checks::look(Some(&self.snapshot));
                assert_eq!(
                    after, self.snapshot,
                    "a transaction that is not valid has changed something"
                );
                return false;
            }
        };
        self.tell(|| format!("{who:?}: {:?}: {:?}", name(call), outcome.result));
        let most = outcome.info.total_weight();
        if let Some(weight) = outcome.post.actual_weight {
            assert!(
                weight.all_lte(most),
                "{:?}: {weight:?} is more than {most:?}",
                name(call)
            );
        }
        let after = checks::look(Some(&self.snapshot));
        let signer = match who {
            Who::Signer(signer) => Some(signer),
            Who::Root | Who::Office(_) | Who::Enacted | Who::Nobody => None,
        };
        match outcome.result {
            Ok(()) => {
                *self.seen.done.entry(name(call)).or_default() += 1;
                if let RuntimeCall::Timelock(pallet_cloister_timelock::Call::enact { call }) = call {
                    *self.seen.done.entry(name(call)).or_default() += 1;
                }
                checks::check_money(&self.snapshot.money, &after.money, moves(call), signer);
            }
            Err(error) => {
                let why = name_of(&error);
                self.look_up(call, &why);
                *self.seen.refused.entry(why).or_default() += 1;
                assert_eq!(
                    after,
                    self.snapshot,
                    "{:?} was refused and has changed something",
                    name(call)
                );
            }
        }
        self.snapshot = after;
        outcome.result.is_ok()
    }

    /// Looks whether the documentation of a call names why it was refused.
    fn look_up(&mut self, call: &RuntimeCall, (pallet, error): &Name) {
        let mut pallets = crate::seen::pallets().values();
        let ours = pallets.any(|names| names.name == *pallet && names.has_own_errors());
        // No honest statement and no amount that there is takes a sum out of its range.
        if holds_others(call) || !ours || error == "ArithmeticOverflow" {
            return;
        }
        let (of, call_name) = name(call);
        let mut known = documented(&of, &call_name);
        if let RuntimeCall::Timelock(pallet_cloister_timelock::Call::enact { call: inner }) = call {
            if holds_others(inner) {
                return;
            }
            let (of, call) = name(inner);
            known.extend(documented(&of, &call));
        }
        if !known.contains(error) {
            self.seen.undocumented.insert(((of, call_name), error.clone()));
        }
    }

    /// Lets blocks pass that are not made. Nothing was scheduled for them, so the scheduler need not look.
    pub fn skip(&mut self, blocks: u32) {
        let now = frame_system::Pallet::<Runtime>::block_number();
        frame_system::Pallet::<Runtime>::set_block_number(now.saturating_add(blocks));
        pallet_scheduler::IncompleteSince::<Runtime>::kill();
        self.snapshot = checks::look(Some(&self.snapshot));
    }

    /// Ends the block and begins the next one.
    pub fn block(&mut self, ms: u64) {
        self.blocks(1, ms);
    }

    /// Lets so many blocks pass, and checks everything after the last.
    pub fn blocks(&mut self, count: u32, ms: u64) {
        self.tell(|| format!("{count} blocks of {ms} ms"));
        for _ in 0..count {
            chain::next_block(ms);
            self.seen.blocks += 1;
        }
        let after = checks::look(Some(&self.snapshot));
        checks::check_money(&self.snapshot.money, &after.money, Moves::Nothing, None);
        self.snapshot = after;
    }

    /// Signs a call.
    pub fn sign(&mut self, signer: &AccountId, call: impl Into<RuntimeCall>) -> bool {
        self.make(&Who::Signer(signer.clone()), &call.into())
    }

    fn tell(&self, what: impl FnOnce() -> String) {
        if self.tells {
            eprintln!("{}", what());
        }
    }
}
