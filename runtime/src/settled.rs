//! Settled batches in blocks, for native code: the one reader of sequencer and client.
//!
//! The chain settles a batch only as a transaction of its own (C-PLAIN), so there is nowhere else to look.

use crate::{RuntimeCall, RuntimeEvent};
use pallet_cloister_execution::{Batch, Call, Event};

/// The number of the batch of a group that an event says was settled.
pub fn settled_number(event: &RuntimeEvent, group: u32) -> Option<u64> {
    match event {
        RuntimeEvent::Execution(Event::BatchSettled {
            group: of, batch_no, ..
        }) if *of == group => Some(*batch_no),
        _ => None,
    }
}

/// The batches of a group that a transaction carries, whether or not it settled them.
pub fn batches_of(call: &RuntimeCall, group: u32) -> impl Iterator<Item = &Batch> {
    let batch = match call {
        RuntimeCall::Execution(Call::submit_batch { group: of, batch }) if *of == group => Some(&**batch),
        _ => None,
    };
    batch.into_iter()
}

/// The batch of a group that a transaction settled. Its events decide: a transaction that was refused carries a batch
/// too.
pub fn settled_batch<'a>(
    call: &'a RuntimeCall,
    events: impl IntoIterator<Item = &'a RuntimeEvent>,
    group: u32,
) -> Option<&'a Batch> {
    let RuntimeCall::Execution(Call::submit_batch { group: of, batch }) = call else {
        return None;
    };
    let settled = events.into_iter().find_map(|event| settled_number(event, group))?;
    (*of == group && batch.batch_no == settled).then_some(batch)
}
