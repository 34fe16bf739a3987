//! Writes checkpoints while the chain goes on, and the last one when the sequencer stops (Q-RESTART).

use crate::{
    chain::ChainClient,
    checkpoint::{file, Checkpoint, CheckpointError, CheckpointHead},
    history::Source,
    pipeline::pause,
    shared::Shared,
};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::Instant;

/// Why a checkpoint was not written. The one before stays.
#[derive(Debug, thiserror::Error)]
enum NotKept {
    /// The file cannot be written.
    #[error(transparent)]
    File(#[from] file::FileError),
    /// The ledger cannot be sealed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

/// How far the last checkpoint goes: number of the next batch, and of re-keys.
type Reach = (u64, u32);

/// Writes the checkpoints of a sequencer. When it is dropped it writes the last one.
struct Keeper<C: ChainClient> {
    shared: Arc<Shared<C>>,
    /// Held while one is written, so that an older one never replaces a newer one.
    written: Mutex<Reach>,
}

/// Writes checkpoints, for ever. Ends at once if there is no folder.
pub(crate) async fn keep_loop<C: ChainClient>(shared: Arc<Shared<C>>, source: Source) {
    if shared.config.folder.is_none() {
        return;
    }
    let kept = match source {
        Source::Checkpoint { batch_no, house_rekeys } => (batch_no, house_rekeys),
        Source::Chain => (0, 0),
    };
    let keeper = Arc::new(Keeper {
        shared: shared.clone(),
        written: Mutex::new(kept),
    });
    // What took long to rebuild is kept at once.
    let mut first = source == Source::Chain;
    let (mut since, mut backoff) = (Instant::now(), shared.config.backoff);
    loop {
        tokio::time::sleep(shared.config.poll).await;
        let Some(reach) = keeper.reach() else { continue };
        let written = keeper.written();
        let many = reach.0.saturating_sub(written.0) >= shared.config.checkpoint_batches.max(1);
        let old = since.elapsed() >= shared.config.checkpoint_age;
        if reach == written || !(first || many || old) {
            continue;
        }
        let writer = keeper.clone();
        match tokio::task::spawn_blocking(move || writer.write()).await {
            Ok(Ok(())) => (first, since, backoff) = (false, Instant::now(), shared.config.backoff),
            Ok(Err(error)) => {
                log::error!(target: "cloister", "No checkpoint was written: {error}");
                pause(&mut backoff).await;
            }
            Err(error) => {
                log::error!(target: "cloister", "No checkpoint was written: {error}");
                pause(&mut backoff).await;
            }
        }
    }
}

impl<C: ChainClient> Keeper<C> {
    fn written(&self) -> Reach {
        *self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far a checkpoint would go now; `None` before the first batch, and while the settled ledger is not that of a
    /// final block.
    fn reach(&self) -> Option<Reach> {
        let settled = self.shared.settled();
        let view = &settled.as_ref()?.view;
        (view.batch_no > 0).then_some((view.batch_no, view.house_rekeys))
    }

    /// Writes what there is, if it is newer than what was written last.
    fn write(&self) -> Result<(), NotKept> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        // The last one has everything that has settled. A thread of its own takes it, so this is no waiting for tasks.
        futures::executor::block_on(self.shared.follower.caught_up());
        let Some((folder, checkpoint)) = self.shared.config.folder.as_ref().zip(self.checkpoint()) else {
            return Ok(());
        };
        let reach = (checkpoint.head.batch_no, checkpoint.head.house_rekeys);
        if reach == *written {
            return Ok(());
        }
        let begin = Instant::now();
        let bytes = checkpoint.seal(&self.shared.keys)?;
        file::write(folder, &bytes)?;
        *written = reach;
        log::info!(
            target: "cloister",
            "The checkpoint before batch {} is written: {} bytes in {} ms",
            checkpoint.head.batch_no,
            bytes.len(),
            begin.elapsed().as_millis(),
        );
        Ok(())
    }

    /// The settled ledger as a checkpoint. Nobody who trades waits for it (Q-READ).
    fn checkpoint(&self) -> Option<Checkpoint> {
        let shared = &self.shared;
        let settled = shared.settled().clone()?;
        let view = &settled.view;
        let ledger = shared.follower.read(|state| {
            let is_it = (state.finalized_batches, state.house_rekeys) == (view.batch_no, view.house_rekeys);
            (is_it && view.batch_no > 0).then(|| state.batcher.settled().clone())
        });
        Some(Checkpoint {
            head: CheckpointHead {
                genesis: shared.chain.genesis_hash(),
                group: shared.config.group,
                batch_no: view.batch_no,
                house_rekeys: view.house_rekeys,
                block: view.block,
                hash: view.hash,
                behind: settled.behind,
                root: view.root,
                house: view.house,
            },
            ledger: ledger.flatten()?,
        })
    }
}

impl<C: ChainClient> Drop for Keeper<C> {
    fn drop(&mut self) {
        if let Err(error) = self.write() {
            log::error!(target: "cloister", "No last checkpoint was written: {error}");
        }
    }
}
