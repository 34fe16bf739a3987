//! What a sequencer needs that plays its inputs again after a start.

use super::Batcher;
use crate::config::BatcherConfig;
use cloister_crypto::Fr;
use cloister_engine::Millis;

impl Batcher {
    /// Whether [`Self::tick`], or [`Self::retry`] if the prover is not idle, has anything to do. If it has not, neither
    /// changes anything.
    pub fn is_due(&self, now: Millis, idle: bool) -> bool {
        let old = |time: Millis| now.saturating_sub(time) >= self.config.max_age;
        let closes = idle && self.open.as_ref().is_some_and(|open| old(open.time));
        closes || !self.pending.is_empty() || !self.waiting.is_empty()
    }

    /// Other settings from the next batch on; chain, group, shapes and what the chain says stay.
    pub fn configure(&mut self, config: BatcherConfig) {
        self.config = BatcherConfig {
            genesis: self.config.genesis,
            group: self.config.group,
            shapes: self.config.shapes.clone(),
            queue_share: self.config.queue_share,
            ..config
        };
    }

    /// A closed batch was made again with this time and salt ([`ClosedBatch::refresh`](crate::ClosedBatch::refresh)):
    /// later batches follow its time.
    pub fn retime(&mut self, batch_no: u64, time: Millis, salt: Fr) {
        let own = self
            .unsettled
            .iter_mut()
            .find(|u| u.request.context.batch_no == batch_no);
        if let Some(own) = own {
            (own.request.context.time, own.request.context.salt) = (time, salt);
        }
        self.last_time = self.last_time.max(time);
    }
}
