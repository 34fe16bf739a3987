//! Settled batches in blocks, for native code: the one reader of sequencer and client.
//!
//! The chain settles batches only in transactions of their own (C-PLAIN), so there is nowhere else to look.

use crate::{RuntimeCall, RuntimeEvent};
use alloc::vec::Vec;
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

/// The batches of a group that a transaction carries, in order, whether or not it settled them.
pub fn batches_of(call: &RuntimeCall, group: u32) -> impl Iterator<Item = &Batch> {
    let (of, batches) = match call {
        RuntimeCall::Execution(Call::submit_batch { group, batch }) => (*group, core::slice::from_ref(batch)),
        RuntimeCall::Execution(Call::submit_batches { group, batches }) => (*group, batches.as_slice()),
        _ => (group, &[][..]),
    };
    let own = batches.iter().filter(move |_| of == group);
    own.map(|batch| &**batch)
}

/// The batches of a group that a transaction settled, in order. Its events decide: a transaction that was refused
/// carries batches too, and of several the events name those that were settled, which are the first.
pub fn settled_batches<'a>(
    call: &'a RuntimeCall,
    events: impl IntoIterator<Item = &'a RuntimeEvent>,
    group: u32,
) -> Vec<&'a Batch> {
    let settled = events.into_iter().filter_map(|event| settled_number(event, group));
    batches_of(call, group)
        .zip(settled)
        .take_while(|(batch, number)| batch.batch_no == *number)
        .map(|(batch, _)| batch)
        .collect()
}
