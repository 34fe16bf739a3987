//! What no settled batch has.

use super::Batcher;
use crate::event::Event;

impl Batcher {
    /// The events that no settled batch has, oldest first: those of closed batches, those of the open one, and those
    /// that wait.
    pub fn provisional(&self) -> impl Iterator<Item = &Event> {
        let closed = self.unsettled.iter().flat_map(|closed| &closed.entries);
        let open = self.open.iter().flat_map(|open| &open.entries);
        closed.chain(open).chain(&self.pending).map(|entry| &entry.event)
    }
}
