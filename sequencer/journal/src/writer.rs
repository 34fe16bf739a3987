//! The thread that writes, and those who wait for it.
//!
//! Records are appended in the order in which they are given. While one write is under way the next ones gather, and
//! all of them go together: the slower the disk, the larger the groups. If a write fails, nothing is written any more:
//! what has happened since in memory is ahead of the disk, and must not be told to anybody.
//!
//! Whoever waits is woken once, when its own record is there. The records that a snapshot makes superfluous are
//! forgotten some at a time, with the writes of others or when there are none.

use crate::{
    journal::{Journal, JournalError, Snapshot},
    stopped::Stopped,
    waiters::Waiters,
};
use std::{
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc::{channel, Receiver, Sender, TryRecvError},
        Arc,
    },
    thread::{self, JoinHandle},
};

/// Maximum number of records in one write.
const MAX_GROUP: usize = 4_096;
/// Maximum number of records that are forgotten with one write.
const FORGOTTEN: u64 = 1_024;

enum Message {
    Record(Vec<u8>),
    Snapshot(Snapshot),
}

/// Gives records to the thread that writes them.
pub struct Writer {
    sender: Option<Sender<Message>>,
    waiters: Arc<Waiters>,
    next: u64,
    queued: Arc<AtomicUsize>,
    capacity: usize,
    thread: Option<JoinHandle<()>>,
}

/// Waits for records.
#[derive(Clone, Debug)]
pub struct Durable {
    waiters: Arc<Waiters>,
}

impl Writer {
    /// Starts the thread. It counts as full while `capacity` records or more wait.
    pub fn start(journal: impl Journal, capacity: usize) -> Self {
        let next = journal.next();
        let (sender, receiver) = channel();
        let waiters = Arc::new(Waiters::new(next));
        let queued = Arc::new(AtomicUsize::new(0));
        let (told, counter) = (waiters.clone(), queued.clone());
        let thread = thread::Builder::new().name("cloister-journal".into()).spawn(move || {
            let ended = Ended(&told);
            write_all(journal, &receiver, &told, &counter);
            drop(ended);
        });
        if thread.is_err() {
            waiters.close();
        }
        Self {
            sender: thread.is_ok().then_some(sender),
            waiters,
            next,
            queued,
            capacity,
            thread: thread.ok(),
        }
    }

    /// Number of the next record.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// True while as many records wait as it should take: nothing more should be asked for.
    pub fn is_full(&self) -> bool {
        self.queued.load(Ordering::Relaxed) >= self.capacity
    }

    /// Appends a record and says which number it has. It is on the disk when [`Durable::wait`] says so.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn append(&mut self, record: Vec<u8>) -> Result<u64, Stopped> {
        self.send(Message::Record(record))?;
        let number = self.next;
        self.next = self.next.saturating_add(1);
        Ok(number)
    }

    /// Keeps a snapshot of the state before a record, which is at most the next one's number, and forgets the records
    /// before it.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn keep(&mut self, before: u64, bytes: Vec<u8>) -> Result<(), Stopped> {
        self.send(Message::Snapshot(Snapshot { before, bytes }))
    }

    fn send(&mut self, message: Message) -> Result<(), Stopped> {
        if let Some(error) = self.waiters.failure() {
            return Err(Stopped::Failed(error));
        }
        let sender = self.sender.as_ref().ok_or(Stopped::Closed)?;
        self.queued.fetch_add(1, Ordering::Relaxed);
        sender.send(message).map_err(|_| Stopped::Closed)
    }

    /// For those who wait.
    pub fn durable(&self) -> Durable {
        Durable {
            waiters: self.waiters.clone(),
        }
    }

    /// Waits until everything is written and the file is closed.
    pub fn finish(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.sender = None;
        if let Some(thread) = self.thread.take() {
            // A panic there was reported there.
            let _ = thread.join();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.end();
    }
}

impl Durable {
    /// Waits until a record is on the disk.
    ///
    /// # Errors
    /// [`Stopped`]: whether it is there is not known.
    pub async fn wait(&self, number: u64) -> Result<(), Stopped> {
        self.waiters.wait(number).await
    }

    /// Waits until the journal has failed, or is closed.
    pub async fn failed(&self) -> Stopped {
        self.waiters.failed().await
    }
}

/// Tells those who wait that nothing more comes, however the thread ends.
struct Ended<'a>(&'a Waiters);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// What is still to be forgotten.
#[derive(Default)]
struct Forgetting {
    /// Everything before is forgotten; `None` until that is known.
    done: Option<u64>,
    /// Everything before is superfluous.
    end: u64,
}

impl Forgetting {
    /// What is forgotten with the next write.
    fn next(&self) -> Option<u64> {
        // What was left from before the start is forgotten at once, when nobody waits yet.
        let next = self
            .done
            .map_or(self.end, |done| self.end.min(done.saturating_add(FORGOTTEN)));
        (self.done.is_none_or(|done| next > done) && self.end > 0).then_some(next)
    }
}

/// Writes until the last sender is gone, or a write fails.
fn write_all(mut journal: impl Journal, receiver: &Receiver<Message>, told: &Waiters, queued: &AtomicUsize) {
    let mut forgetting = Forgetting::default();
    loop {
        let first = match forgetting.next() {
            None => receiver.recv().ok(),
            Some(before) => match receiver.try_recv() {
                Ok(message) => Some(message),
                Err(TryRecvError::Disconnected) => None,
                // Nobody waits now.
                Err(TryRecvError::Empty) => match journal.prune(before) {
                    Ok(()) => {
                        forgetting.done = Some(before);
                        continue;
                    }
                    Err(error) => return failed(told, error),
                },
            },
        };
        let Some(first) = first else { return };
        let (mut records, mut snapshot, mut taken) = (Vec::new(), None, 0);
        let mut message = Some(first);
        while let Some(next) = message {
            taken += 1;
            match next {
                Message::Record(record) => records.push(record),
                // It is of a state that the records before it lead to, or to beyond.
                Message::Snapshot(found) => snapshot = Some(found),
            }
            let more = snapshot.is_none() && records.len() < MAX_GROUP;
            message = if more { receiver.try_recv().ok() } else { None };
        }
        let written = write(&mut journal, &records, snapshot, &mut forgetting);
        queued.fetch_sub(taken, Ordering::Relaxed);
        match written {
            Ok(()) => told.reached(journal.next()),
            Err(error) => return failed(told, error),
        }
    }
}

fn failed(told: &Waiters, error: JournalError) {
    log::error!(target: "cloister", "The journal cannot be written: {error}");
    told.fail(error);
}

fn write(
    journal: &mut impl Journal,
    records: &[Vec<u8>],
    snapshot: Option<Snapshot>,
    forgetting: &mut Forgetting,
) -> Result<(), JournalError> {
    if !records.is_empty() {
        let forgotten = forgetting.next();
        journal.append_and_prune(records, forgotten.unwrap_or_default())?;
        forgetting.done = forgotten.or(forgetting.done);
    }
    if let Some(snapshot) = snapshot {
        journal.keep(&snapshot)?;
        if forgetting.done.is_none() {
            journal.prune(snapshot.before)?;
            forgetting.done = Some(snapshot.before);
        }
        forgetting.end = forgetting.end.max(snapshot.before);
    }
    Ok(())
}
