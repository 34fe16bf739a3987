//! Those who wait for records to be on the disk.

use crate::{journal::JournalError, stopped::Stopped};
use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{oneshot, watch};

/// How far the disk is, and who waits for what.
#[derive(Debug)]
struct Progress {
    /// All records with lower numbers are on the disk.
    durable: u64,
    /// Those who wait, by the record that they wait for.
    waiting: BTreeMap<u64, Vec<oneshot::Sender<()>>>,
}

/// Why nothing more comes.
#[derive(Clone, Debug)]
enum End {
    Failed(Arc<JournalError>),
    Closed,
}

/// Those who wait. Each is woken once.
#[derive(Debug)]
pub(crate) struct Waiters {
    progress: Mutex<Progress>,
    end: watch::Sender<Option<End>>,
}

impl From<End> for Stopped {
    fn from(end: End) -> Self {
        match end {
            End::Failed(error) => Self::Failed(error),
            End::Closed => Self::Closed,
        }
    }
}

impl Waiters {
    /// Nobody waits, and all records with lower numbers are on the disk.
    pub fn new(durable: u64) -> Self {
        Self {
            progress: Mutex::new(Progress {
                durable,
                waiting: BTreeMap::new(),
            }),
            end: watch::Sender::new(None),
        }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self) -> Option<End> {
        self.end.borrow().clone()
    }

    /// Why a write has failed, if one has.
    pub fn failure(&self) -> Option<Arc<JournalError>> {
        match self.end() {
            Some(End::Failed(error)) => Some(error),
            Some(End::Closed) | None => None,
        }
    }

    /// All records with lower numbers are on the disk now.
    pub fn reached(&self, durable: u64) {
        let mut progress = self.progress();
        progress.durable = progress.durable.max(durable);
        let later = progress.waiting.split_off(&durable);
        let there = mem::replace(&mut progress.waiting, later);
        drop(progress);
        for waiter in there.into_values().flatten() {
            // Whoever asked may have gone.
            let _ = waiter.send(());
        }
    }

    /// A write has failed: nothing more comes.
    pub fn fail(&self, error: JournalError) {
        self.finish(End::Failed(Arc::new(error)));
    }

    /// Nothing more comes.
    pub fn close(&self) {
        self.finish(End::Closed);
    }

    fn finish(&self, end: End) {
        self.end.send_modify(|kept| {
            kept.get_or_insert(end);
        });
        // After the end is known: whoever waits, and whoever comes, looks there.
        let waiting = mem::take(&mut self.progress().waiting);
        drop(waiting);
    }

    /// Waits until a record is on the disk.
    pub async fn wait(&self, number: u64) -> Result<(), Stopped> {
        let waits = {
            let mut progress = self.progress();
            if progress.durable > number {
                return Ok(());
            }
            if let Some(end) = self.end() {
                return Err(end.into());
            }
            let (sender, receiver) = oneshot::channel();
            progress.waiting.entry(number).or_default().push(sender);
            receiver
        };
        match waits.await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.end().unwrap_or(End::Closed).into()),
        }
    }

    /// Waits until nothing more comes.
    pub async fn failed(&self) -> Stopped {
        let mut end = self.end.subscribe();
        let ended = end.wait_for(Option::is_some).await;
        let why = ended.ok().and_then(|end| end.clone());
        why.unwrap_or(End::Closed).into()
    }
}
