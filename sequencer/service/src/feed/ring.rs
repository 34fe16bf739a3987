//! The newest messages of a channel, and who follows it.

use cloister_sequencer_rpc::types::EndReason;
use jsonrpsee::SubscriptionMessage;
use std::{
    collections::VecDeque,
    sync::{Arc, OnceLock},
};
use tokio::sync::mpsc::{self, error::TrySendError};

/// A message with its number, as it goes over the wire.
#[derive(Debug)]
pub(crate) struct Message {
    pub sequence: u64,
    pub wire: SubscriptionMessage,
}

/// A subscriber's end of its queue.
pub(crate) struct Queue {
    pub messages: mpsc::Receiver<Arc<Message>>,
    /// Why no more messages come, once that is so.
    pub ended: Arc<OnceLock<EndReason>>,
}

struct Subscriber {
    queue: mpsc::Sender<Arc<Message>>,
    ended: Arc<OnceLock<EndReason>>,
}

impl Subscriber {
    /// False if it takes no more.
    fn take(&self, message: &Arc<Message>) -> bool {
        match self.queue.try_send(message.clone()) {
            Ok(()) => true,
            Err(TrySendError::Closed(_)) => false,
            Err(TrySendError::Full(_)) => {
                // Nobody else sets it: the subscriber is forgotten with this.
                let _ = self.ended.set(EndReason::SlowConsumer);
                false
            }
        }
    }
}

/// A channel's messages: numbered from 1, the newest kept, all handed to its subscribers.
pub(crate) struct Ring {
    last: u64,
    messages: VecDeque<Arc<Message>>,
    capacity: usize,
    subscribers: Vec<Subscriber>,
}

impl Ring {
    pub fn new(capacity: usize) -> Self {
        Self {
            last: 0,
            messages: VecDeque::new(),
            capacity,
            subscribers: Vec::new(),
        }
    }

    /// The number of the newest message; 0 before the first.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// The number of the oldest message that is still there.
    pub fn oldest(&self) -> Option<u64> {
        self.messages.front().map(|message| message.sequence)
    }

    /// Gives a message the next number. Subscribers that take no more are forgotten.
    pub fn push(&mut self, make: impl FnOnce(u64) -> SubscriptionMessage) {
        self.last = self.last.saturating_add(1);
        let message = Arc::new(Message {
            sequence: self.last,
            wire: make(self.last),
        });
        self.subscribers.retain(|subscriber| subscriber.take(&message));
        if self.messages.len() >= self.capacity {
            self.messages.pop_front();
        }
        self.messages.push_back(message);
    }

    /// The messages behind a number; `None` if one of them is gone, or there never was such a number.
    pub fn after(&self, sequence: u64) -> Option<Vec<Arc<Message>>> {
        let kept_from = self.oldest().unwrap_or(self.last.saturating_add(1));
        let next = sequence.checked_add(1)?;
        if next < kept_from || sequence > self.last {
            return None;
        }
        let behind = self.messages.iter().filter(|message| message.sequence > sequence);
        Some(behind.cloned().collect())
    }

    /// A new subscriber, of whose messages up to `capacity` may wait.
    pub fn subscribe(&mut self, capacity: usize) -> Queue {
        let (queue, messages) = mpsc::channel(capacity.max(1));
        let ended = Arc::new(OnceLock::new());
        self.subscribers.push(Subscriber {
            queue,
            ended: ended.clone(),
        });
        Queue { messages, ended }
    }

    /// Sends all subscribers away.
    pub fn end(&mut self, reason: EndReason) {
        for subscriber in self.subscribers.drain(..) {
            // Nobody else sets it: the subscriber is forgotten with this.
            let _ = subscriber.ended.set(reason);
        }
    }

    /// Sends all subscribers away, and forgets the messages: whoever comes back gets a snapshot.
    pub fn lose(&mut self, reason: EndReason) {
        self.end(reason);
        self.messages.clear();
        self.last = self.last.saturating_add(1);
    }

    /// Whether anybody follows; forgets those that are gone.
    pub fn is_followed(&mut self) -> bool {
        self.subscribers.retain(|subscriber| !subscriber.queue.is_closed());
        !self.subscribers.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(ring: &mut Ring) {
        ring.push(|sequence| SubscriptionMessage::from(sequence.to_string()));
    }

    fn numbers(messages: Option<Vec<Arc<Message>>>) -> Option<Vec<u64>> {
        messages.map(|messages| messages.iter().map(|message| message.sequence).collect())
    }

    #[test]
    fn a_reader_goes_on_behind_any_message_that_is_kept_and_no_other() {
        let mut ring = Ring::new(3);
        assert_eq!(numbers(ring.after(0)), Some(vec![]));
        assert_eq!(numbers(ring.after(1)), None, "there was no such message yet");
        for _ in 0..5 {
            push(&mut ring);
        }
        assert_eq!((ring.last(), ring.oldest()), (5, Some(3)));
        assert_eq!(numbers(ring.after(1)), None, "message 2 is gone");
        assert_eq!(numbers(ring.after(2)), Some(vec![3, 4, 5]));
        assert_eq!(numbers(ring.after(5)), Some(vec![]));
        assert_eq!(numbers(ring.after(6)), None);
        assert_eq!(numbers(ring.after(u64::MAX)), None);
    }

    #[test]
    fn a_subscriber_that_does_not_read_is_forgotten_and_the_others_go_on() {
        let mut ring = Ring::new(10);
        let (mut slow, mut fast) = (ring.subscribe(2), ring.subscribe(2));
        for number in 1..=4 {
            push(&mut ring);
            assert_eq!(fast.messages.try_recv().unwrap().sequence, number);
        }
        assert_eq!(slow.ended.get(), Some(&EndReason::SlowConsumer));
        assert_eq!(fast.ended.get(), None);
        // What it has not read is bounded by its queue.
        assert_eq!(slow.messages.try_recv().unwrap().sequence, 1);
        assert_eq!(slow.messages.try_recv().unwrap().sequence, 2);
        assert!(slow.messages.try_recv().is_err());
        assert!(ring.is_followed());
        drop(fast);
        assert!(!ring.is_followed());
    }

    #[test]
    fn messages_that_were_lost_cannot_be_read_on_from() {
        let mut ring = Ring::new(10);
        push(&mut ring);
        let queue = ring.subscribe(2);
        ring.lose(EndReason::Lost);
        assert_eq!(queue.ended.get(), Some(&EndReason::Lost));
        assert_eq!(numbers(ring.after(1)), None);
        assert_eq!(numbers(ring.after(2)), Some(vec![]));
        push(&mut ring);
        assert_eq!(numbers(ring.after(2)), Some(vec![3]));
    }
}
