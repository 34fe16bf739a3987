//! The group's queue, read from the chain as far as a table counts it (C-QUEUE).

use crate::{
    chain::{At, ChainClient, ChainError, QueueEntry},
    shared::Shared,
};
use cloister_risk::RiskTable;
use cloister_types::ItemId;
use std::collections::BTreeSet;

/// Maximum number of queue items asked for at once.
const QUEUE_PAGE: u32 = 256;

/// The queue items with ids below `end` that their owners have taken back, at the time of a table. The first one that
/// is looked at is the first that no final batch is done with: whatever is before it is in no batch that could be made
/// again.
pub(crate) async fn gone_items<C: ChainClient>(
    shared: &Shared<C>,
    end: u64,
    table: &RiskTable,
) -> Result<BTreeSet<ItemId>, ChainError> {
    let finalized = shared.chain.group(shared.config.group, At::Finalized).await?;
    let first = finalized.map_or(0, |view| view.queue_first);
    let (mut gone, mut next) = (BTreeSet::new(), first);
    loop {
        let page = shared.chain.queue(shared.config.group, next, QUEUE_PAGE).await?;
        let Some((last, _)) = page.last() else { return Ok(gone) };
        next = last.saturating_add(1);
        let old = page
            .iter()
            .filter(|(id, item)| *id < end && item.is_gone(table.header.time));
        gone.extend(old.map(|(id, _)| ItemId(*id)));
        if next >= end {
            return Ok(gone);
        }
    }
}

/// The queue items with ids from `next` on that are ready at a table, in order, but for those that their owners have
/// taken back. They are all there: whatever is ready at a table was queued before it, and the table is read from a
/// final block.
pub(crate) async fn ready_queue<C: ChainClient>(
    shared: &Shared<C>,
    mut next: u64,
    table: &RiskTable,
) -> Result<Vec<QueueEntry<C::AccountId>>, ChainError> {
    let mut items = Vec::new();
    loop {
        let page = shared.chain.queue(shared.config.group, next, QUEUE_PAGE).await?;
        let Some((last, _)) = page.last() else {
            return Ok(items);
        };
        next = last.saturating_add(1);
        for entry in page {
            // Items become ready in their order.
            if entry.1.ready_at > table.header.time {
                return Ok(items);
            }
            // Its owner has taken it back (C-TAKE-BACK).
            if !entry.1.is_gone(table.header.time) {
                items.push(entry);
            }
        }
    }
}
