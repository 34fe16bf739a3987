//! A node that was asked for a sequencer and has none that runs: it goes on without, and says so until it is stopped.

use std::{future::Future, time::Duration};
use tokio::time::sleep;

/// Between two lines of the log.
const AGAIN: Duration = Duration::from_secs(60);

/// What tells others that the sequencer does not run.
pub struct Alarm(Option<prometheus::IntGauge>);

impl Alarm {
    /// The gauge `cloister_sequencer_failed`, 0 until there is something to tell. Without an endpoint for monitoring
    /// only the log tells it.
    ///
    /// # Errors
    /// The registry has another gauge of the name.
    pub fn new(registry: Option<&prometheus::Registry>) -> prometheus::Result<Self> {
        let Some(registry) = registry else {
            return Ok(Self(None));
        };
        let gauge = prometheus::IntGauge::new(
            "cloister_sequencer_failed",
            "1 if this node was asked for a sequencer that could not start or has ended",
        )?;
        registry.register(Box::new(gauge.clone()))?;
        Ok(Self(Some(gauge)))
    }

    /// Tells it, again and again.
    pub async fn ring(self, reason: String) {
        if let Some(gauge) = &self.0 {
            gauge.set(1);
        }
        loop {
            log::error!(
                target: "cloister",
                "This node goes on WITHOUT its sequencer, which takes no orders and settles nothing: {reason}"
            );
            sleep(AGAIN).await;
        }
    }

    /// Runs the sequencer, and tells when it has ended.
    pub async fn after(self, work: impl Future<Output = ()>) {
        work.await;
        self.ring("it has ended, as the log says before".into()).await;
    }
}
