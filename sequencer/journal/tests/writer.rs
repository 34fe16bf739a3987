//! The thread that writes: groups, waiting, and what happens when a write fails.

use cloister_journal::{Journal, JournalError, Records, Snapshot, Stopped, Writer};
use std::{
    future::Future,
    pin::pin,
    sync::{
        atomic::{AtomicUsize, Ordering},
        Arc, Condvar, Mutex,
    },
    task::{Context, Poll, Wake, Waker},
};

/// What a journal in memory has, and how many writes it still makes.
#[derive(Default)]
struct Kept {
    records: Vec<Vec<u8>>,
    groups: Vec<usize>,
    snapshot: Option<Snapshot>,
    pruned: u64,
    /// What was asked to be forgotten, in order.
    prunes: Vec<u64>,
    /// Number of writes that are allowed; more of them wait.
    allowed: usize,
    /// The write with this number fails.
    fails_at: Option<usize>,
}

#[derive(Clone, Default)]
struct Memory(Arc<(Mutex<Kept>, Condvar)>);

impl Memory {
    fn with<T>(&self, change: impl FnOnce(&mut Kept) -> T) -> T {
        let done = change(&mut self.0 .0.lock().unwrap());
        self.0 .1.notify_all();
        done
    }

    fn allow(&self, writes: usize) {
        self.with(|kept| kept.allowed += writes);
    }
}

impl Journal for Memory {
    fn id(&self) -> [u8; 32] {
        [1; 32]
    }

    fn next(&self) -> u64 {
        self.with(|kept| kept.records.len() as u64)
    }

    fn append(&mut self, records: &[Vec<u8>]) -> Result<(), JournalError> {
        let kept = self.0 .0.lock().unwrap();
        let mut kept = self.0 .1.wait_while(kept, |kept| kept.allowed == 0).unwrap();
        kept.allowed -= 1;
        if kept.fails_at == Some(kept.groups.len()) {
            return Err(JournalError::Gap(kept.records.len() as u64));
        }
        kept.groups.push(records.len());
        kept.records.extend_from_slice(records);
        Ok(())
    }

    fn snapshot(&self) -> Result<Option<Snapshot>, JournalError> {
        Ok(self.with(|kept| kept.snapshot.clone()))
    }

    fn keep(&mut self, snapshot: &Snapshot) -> Result<(), JournalError> {
        self.with(|kept| kept.snapshot = Some(snapshot.clone()));
        Ok(())
    }

    fn records(&self, from: u64) -> Result<Records, JournalError> {
        let all = self.with(|kept| kept.records.clone());
        Ok(Box::new((0..).zip(all).skip(from as usize).map(Ok)))
    }

    fn prune(&mut self, before: u64) -> Result<(), JournalError> {
        self.with(|kept| {
            kept.pruned = before;
            kept.prunes.push(before);
        });
        Ok(())
    }
}

#[tokio::test]
async fn what_comes_in_during_a_write_should_go_with_the_next_one() {
    let memory = Memory::default();
    let mut writer = Writer::start(memory.clone(), 1_000);
    let durable = writer.durable();
    assert_eq!(writer.append(vec![0]).unwrap(), 0);
    memory.allow(1);
    durable.wait(0).await.unwrap();
    // The next write is under way, with whatever was there when it began, until it is allowed.
    for number in 1..=100 {
        assert_eq!(writer.append(vec![number as u8]).unwrap(), number);
    }
    memory.allow(100);
    durable.wait(100).await.unwrap();
    writer.finish();
    memory.with(|kept| {
        assert_eq!(kept.records, (0..=100).map(|number| vec![number]).collect::<Vec<_>>());
        assert!(kept.groups.len() <= 3, "{:?}", kept.groups);
    });
}

#[tokio::test]
async fn nobody_should_be_told_before_the_write_is_done() {
    let memory = Memory::default();
    let mut writer = Writer::start(memory.clone(), 1_000);
    let number = writer.append(vec![1]).unwrap();
    let durable = writer.durable();
    let early = tokio::time::timeout(std::time::Duration::from_millis(50), durable.wait(number)).await;
    assert!(early.is_err(), "it was told before the write");
    memory.allow(1);
    durable.wait(number).await.unwrap();
}

#[tokio::test]
async fn every_waiter_should_hear_of_a_write_that_fails_and_nothing_more_should_be_taken() {
    let memory = Memory::default();
    memory.with(|kept| kept.fails_at = Some(1));
    let mut writer = Writer::start(memory.clone(), 1_000);
    let durable = writer.durable();
    writer.append(vec![0]).unwrap();
    memory.allow(1);
    durable.wait(0).await.unwrap();
    let waiting: Vec<_> = (1..=20)
        .map(|number| {
            writer.append(vec![number as u8]).unwrap();
            let durable = writer.durable();
            tokio::spawn(async move { durable.wait(number).await })
        })
        .collect();
    memory.allow(1);
    for waiter in waiting {
        let told = waiter.await.unwrap();
        assert!(matches!(told, Err(Stopped::Failed(error)) if matches!(*error, JournalError::Gap(1))));
    }
    assert!(matches!(durable.failed().await, Stopped::Failed(_)));
    // What was written before it is known to be there.
    durable.wait(0).await.unwrap();
    assert!(matches!(writer.append(vec![99]), Err(Stopped::Failed(_))));
    writer.finish();
    assert_eq!(memory.with(|kept| kept.records.clone()), [vec![0]]);
}

#[tokio::test]
async fn a_writer_should_be_full_while_too_many_records_wait() {
    let memory = Memory::default();
    let mut writer = Writer::start(memory.clone(), 3);
    for number in 0..3 {
        assert!(!writer.is_full());
        writer.append(vec![number]).unwrap();
    }
    assert!(writer.is_full());
    memory.allow(3);
    writer.durable().wait(2).await.unwrap();
    assert!(!writer.is_full());
}

#[tokio::test]
async fn a_snapshot_should_stand_for_the_records_before_it() {
    let memory = Memory::default();
    memory.allow(10);
    let mut writer = Writer::start(memory.clone(), 1_000);
    writer.append(vec![0]).unwrap();
    writer.append(vec![1]).unwrap();
    writer.keep(2, vec![42]).unwrap();
    writer.append(vec![2]).unwrap();
    writer.finish();
    let expected = Snapshot {
        before: 2,
        bytes: vec![42],
    };
    memory.with(|kept| {
        assert_eq!(
            (&kept.snapshot, kept.pruned, kept.records.len()),
            (&Some(expected), 2, 3)
        );
    });
}

/// Counts how often it wakes.
#[derive(Default)]
struct Counted(AtomicUsize);

impl Wake for Counted {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn whoever_waits_should_be_woken_once_when_its_own_record_is_there() {
    let memory = Memory::default();
    let mut writer = Writer::start(memory.clone(), 1_000);
    let durable = writer.durable();
    let woken = Arc::new(Counted::default());
    let waker = Waker::from(woken.clone());
    let mut waits = pin!(durable.wait(20));
    assert!(waits.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    for number in 0..20 {
        writer.append(vec![number]).unwrap();
        memory.allow(1);
        durable.wait(u64::from(number)).await.unwrap();
    }
    assert_eq!(woken.0.load(Ordering::SeqCst), 0);
    writer.append(vec![20]).unwrap();
    memory.allow(1);
    durable.wait(20).await.unwrap();
    assert_eq!(woken.0.load(Ordering::SeqCst), 1);
    assert!(matches!(
        waits.as_mut().poll(&mut Context::from_waker(&waker)),
        Poll::Ready(Ok(()))
    ));
}

#[tokio::test]
async fn whoever_waits_should_hear_that_the_journal_is_closed() {
    let memory = Memory::default();
    let writer = Writer::start(memory.clone(), 1_000);
    let durable = writer.durable();
    let waits = tokio::spawn({
        let durable = durable.clone();
        async move { durable.wait(0).await }
    });
    writer.finish();
    assert!(matches!(waits.await.unwrap(), Err(Stopped::Closed)));
    assert!(matches!(durable.wait(0).await, Err(Stopped::Closed)));
    assert!(matches!(durable.failed().await, Stopped::Closed));
}

#[tokio::test]
async fn what_a_snapshot_makes_superfluous_should_be_forgotten_some_at_a_time() {
    let memory = Memory::default();
    memory.allow(usize::MAX / 2);
    let mut writer = Writer::start(memory.clone(), 10_000);
    let durable = writer.durable();
    // What is there at the start is forgotten at once.
    writer.keep(0, vec![0]).unwrap();
    for _ in 0..3_000 {
        writer.append(vec![1]).unwrap();
    }
    durable.wait(2_999).await.unwrap();
    writer.keep(2_500, vec![42]).unwrap();
    for number in 3_000..3_005 {
        writer.append(vec![2]).unwrap();
        durable.wait(number).await.unwrap();
    }
    writer.finish();
    memory.with(|kept| {
        assert_eq!(kept.prunes, [0, 1_024, 2_048, 2_500]);
        assert_eq!(kept.snapshot.as_ref().map(|kept| kept.before), Some(2_500));
    });
}
