//! A second copy of the state, for whoever reads (Q-READ).
//!
//! Every input that changed the core is sent here under the core's lock, and a thread of its own takes it again, as the
//! journal is played again after a start. So whoever reads never asks for the core's lock, and the core never waits for
//! whoever reads: it sends, and goes on. What takes long over the whole state is made of this copy too: snapshots of
//! the journal, checkpoints, solvency statements, and the ledger that a rebuild begins with.
//!
//! Whoever was answered reads what was answered: a reader waits until everything is taken that was sent before it came
//! ([`Follower::caught_up`]).

use crate::{
    core::{play, Replaced, State, Step, Steps},
    feed::Inbox,
};
use cloister_engine::Millis;
use std::{
    io, iter,
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc::{channel, Receiver},
        Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
    },
    thread,
};
use tokio::sync::watch;

/// Maximum number of steps that are taken before readers come in again, besides the first.
const TOGETHER: usize = 64;

/// What is seen of the core.
struct Seen {
    state: State,
    /// Number of the first record of the journal that is not in the state.
    next: u64,
}

/// The copy. There is none until the core has started, and none any more if it has parted from the core, which would be
/// a bug: nobody is answered rather than wrongly.
#[derive(Default)]
pub(crate) struct Follower {
    seen: RwLock<Option<Seen>>,
    /// Number of steps that were sent.
    sent: Arc<AtomicU64>,
    /// Number of steps that were taken.
    taken: OnceLock<watch::Receiver<u64>>,
}

impl Follower {
    /// Begins to follow a core whose state this is a copy of, before the record of this number. What happens is told to
    /// `news`. To be called once.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(self: &Arc<Self>, state: State, next: u64, news: Inbox) -> io::Result<Steps> {
        *self.write() = Some(Seen { state, next });
        let (sender, receiver) = channel();
        let (told, taken) = watch::channel(0);
        let follower = self.clone();
        thread::Builder::new()
            .name("cloister-follower".into())
            .spawn(move || follower.follow(&receiver, &told, &news))?;
        let _ = self.taken.set(taken.clone());
        Ok(Steps::new(sender, self.sent.clone(), taken))
    }

    fn seen(&self) -> RwLockReadGuard<'_, Option<Seen>> {
        // A panic under the lock is a bug that the node's panic hook reports; the thread has ended by it.
        self.seen.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Option<Seen>> {
        self.seen.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until everything is taken that was sent until now: whoever was told of something sees it from here on.
    pub async fn caught_up(&self) {
        let sent = self.sent.load(Ordering::SeqCst);
        if let Some(mut taken) = self.taken.get().cloned() {
            if taken.wait_for(|taken| *taken >= sent).await.is_err() {
                // The thread has ended early.
                *self.write() = None;
            }
        }
    }

    /// Looks at the state as it is here now. `None` before the start, or if the state is not followed any more.
    pub fn read<T>(&self, look: impl FnOnce(&State) -> T) -> Option<T> {
        self.read_before(look).map(|(seen, _)| seen)
    }

    /// As [`Self::read`], with the number of the journal's next record: once everything before it is on the disk, so is
    /// everything that is seen.
    pub fn read_before<T>(&self, look: impl FnOnce(&State) -> T) -> Option<(T, u64)> {
        self.seen().as_ref().map(|seen| (look(&seen.state), seen.next))
    }

    /// Makes public what is old enough, once everything that was sent until now is in it: what is shown is complete.
    /// The tape of this copy is the one that everybody reads.
    pub async fn advance_prints(&self, now: Millis) {
        self.caught_up().await;
        let is_due = self.read(|state| state.tape.is_due(now));
        if is_due != Some(true) {
            return;
        }
        if let Some(seen) = self.write().as_mut() {
            seen.state.tape.advance(now);
        }
    }

    /// Takes steps until the core is gone, or its state and this one part.
    fn follow(&self, receiver: &Receiver<Step>, told: &watch::Sender<u64>, news: &Inbox) {
        let mut taken = 0u64;
        while let Ok(first) = receiver.recv() {
            let mut seen = self.write();
            for step in iter::once(first).chain(receiver.try_iter().take(TOGETHER)) {
                if !take(&mut seen, step, news) {
                    *seen = None;
                    return;
                }
                taken = taken.saturating_add(1);
            }
            drop(seen);
            told.send_replace(taken);
        }
    }
}

/// Takes a step. False if the state is not the core's any more.
fn take(seen: &mut Option<Seen>, step: Step, news: &Inbox) -> bool {
    match step {
        Step::Taken { record, verified, next } => {
            let Some(seen) = seen else { return false };
            let number = seen.next;
            seen.next = next;
            match play(&mut seen.state, number, *record, verified) {
                Ok(effects) => {
                    news.hear(&effects, seen.state.take_told());
                    // Batches are proven from the core's own.
                    while seen.state.batcher.next_closed().is_some() {}
                    true
                }
                Err(error) => {
                    log::error!(target: "cloister", "Nobody is answered any more, please report this: {error}");
                    false
                }
            }
        }
        Step::Replaced(Some(replaced)) => {
            let Replaced {
                state,
                next,
                effects,
                told,
            } = *replaced;
            *seen = Some(Seen { state, next });
            news.hear(&effects, told);
            true
        }
        Step::Replaced(None) => false,
    }
}
