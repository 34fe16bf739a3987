//! The group's queue, read from the chain as far as a table counts it (C-QUEUE).

use crate::{
    chain::{ChainClient, ChainError, QueueEntry},
    shared::Shared,
};
use cloister_risk::RiskTable;

/// Maximum number of queue items asked for at once.
const QUEUE_PAGE: u32 = 256;

/// The queue items with ids from `next` on that are ready at a table, and perhaps a few behind them.
pub(crate) async fn ready_queue<C: ChainClient>(
    shared: &Shared<C>,
    mut next: u64,
    table: Option<&RiskTable>,
) -> Result<Vec<QueueEntry<C::AccountId>>, ChainError> {
    let time = table.map_or(0, |table| table.header.time);
    let mut items = Vec::new();
    loop {
        let page = shared.chain.queue(shared.config.group, next, QUEUE_PAGE).await?;
        let Some((last, item)) = page.last() else {
            return Ok(items);
        };
        next = last.saturating_add(1);
        let done = item.ready_at > time;
        items.extend(page);
        if done {
            return Ok(items);
        }
    }
}
