//! Stopping in order (Q-RESTART): who asks for it, and who waits for whom.

use std::sync::{
    atomic::{AtomicUsize, Ordering},
    Arc,
};
use tokio::sync::watch;

/// How far a sequencer has come with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Running,
    Asked,
    Stopped,
}

/// Asks a sequencer to stop in order: [`Sequencer::stopper`](crate::Sequencer::stopper) gives it.
#[derive(Clone, Debug)]
pub struct Stopper {
    stage: watch::Sender<Stage>,
    /// Number of subscriptions.
    followers: Arc<AtomicUsize>,
}

/// Belongs to a subscription: the sequencer waits a moment for those that there are, so that they hear why they end.
#[derive(Debug)]
pub(crate) struct Follower(Arc<AtomicUsize>);

impl Drop for Follower {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Belongs to the work of a sequencer: whoever waits for its end hears of it, however it ends.
#[derive(Debug)]
pub(crate) struct Working(watch::Sender<Stage>);

impl Drop for Working {
    fn drop(&mut self) {
        self.0.send_replace(Stage::Stopped);
    }
}

impl Default for Stopper {
    fn default() -> Self {
        Self {
            stage: watch::Sender::new(Stage::Running),
            followers: Arc::default(),
        }
    }
}

impl Stopper {
    /// Asks the sequencer to stop, and waits until everything that it has acknowledged is on the disk and nothing of it
    /// runs any more. That is when [`Sequencer::run`](crate::Sequencer::run) ends, so the caller sets a bound.
    pub async fn stop(&self) {
        self.stage.send_if_modified(|stage| {
            let first = *stage == Stage::Running;
            if first {
                *stage = Stage::Asked;
            }
            first
        });
        self.reached(Stage::Stopped).await;
    }

    /// Whether it was asked for.
    pub(crate) fn is_asked(&self) -> bool {
        *self.stage.borrow() >= Stage::Asked
    }

    /// Waits until it is asked for.
    pub(crate) async fn asked(&self) {
        self.reached(Stage::Asked).await;
    }

    async fn reached(&self, wanted: Stage) {
        // This value has a sender, so the channel is not closed.
        let _ = self.stage.subscribe().wait_for(|stage| *stage >= wanted).await;
    }

    /// For the time that the sequencer works.
    pub(crate) fn working(&self) -> Working {
        Working(self.stage.clone())
    }

    /// For the time that a subscription lasts.
    pub(crate) fn follower(&self) -> Follower {
        self.followers.fetch_add(1, Ordering::SeqCst);
        Follower(self.followers.clone())
    }

    /// Whether a subscription lasts.
    pub(crate) fn is_followed(&self) -> bool {
        self.followers.load(Ordering::SeqCst) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_asks_should_hear_of_the_end_however_the_work_ends() {
        let stopper = Stopper::default();
        assert!(!stopper.is_asked());
        let working = stopper.working();
        let asks = tokio::spawn({
            let stopper = stopper.clone();
            async move { stopper.stop().await }
        });
        stopper.asked().await;
        assert!(stopper.is_asked() && !asks.is_finished());
        drop(working);
        asks.await.expect("it hears of it");
        // Asked again, it has stopped already.
        stopper.stop().await;
    }

    #[test]
    fn a_subscription_should_count_for_as_long_as_it_lasts() {
        let stopper = Stopper::default();
        let (one, two) = (stopper.follower(), stopper.clone().follower());
        drop(one);
        assert!(stopper.is_followed());
        drop(two);
        assert!(!stopper.is_followed());
    }
}
