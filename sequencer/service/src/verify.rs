//! Signatures, checked outside of the core's lock (Q-VERIFY).
//!
//! What comes in waits in a queue that is fair between accounts. A thread of its own takes up to [`TOGETHER`] of them
//! at a time and checks their signatures side by side; while it is busy the next ones gather, so the busier it is the
//! less each of them costs. An account's inputs are let go one after the other, in the order in which they came: the
//! next one when the [`Turn`] of the one before is dropped.

use crate::fair::{Entry, FairQueue};
use cloister_engine::{AccountIndex, Checker, Claim, Rejection, Verified};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::oneshot;

/// Signatures that are checked together. More would not be checked faster, and the first would wait for the last.
const TOGETHER: usize = 64;

/// Why an input is not let through.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Too many signatures wait, and this account's share of them is used up.
    Busy,
    /// The signature is not valid.
    Rejected(Rejection),
}

/// An input with its turn: the account's next one waits until this is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    verified: Option<Verified>,
    account: AccountIndex,
    is_over: bool,
    shared: Arc<Shared>,
}

impl Turn {
    /// The input; `None` if it was taken before.
    pub fn take(&mut self) -> Option<Verified> {
        self.verified.take()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        if let Some(next) = self.shared.next(self.account) {
            self.shared.give(self.account, next);
        }
    }
}

type Answer = oneshot::Sender<Result<Turn, Refused>>;
type Answered = oneshot::Receiver<Result<Turn, Refused>>;

#[derive(Debug)]
struct Job {
    claim: Claim,
    /// Whether the account's next one waits until this one is taken.
    has_turn: bool,
    answer: Answer,
}

#[derive(Debug)]
struct Ready {
    verified: Verified,
    answer: Answer,
}

#[derive(Debug)]
struct State {
    queue: FairQueue<Job>,
    /// Of the accounts that have a turn out: what is checked and waits for its turn.
    turns: BTreeMap<AccountIndex, VecDeque<Ready>>,
    /// How much of that there is.
    ready: usize,
    /// Maximum number of inputs in the queue, and of those that wait for a turn.
    most: usize,
    /// True while a thread empties the queue.
    is_checked: bool,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    checker: Mutex<Checker>,
}

/// Checks signatures. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Verification(Arc<Shared>);

impl Verification {
    /// Checks signatures of a chain's inputs; no more than so many wait.
    pub fn new(checker: Checker, most: usize) -> Self {
        Self(Arc::new(Shared {
            state: Mutex::new(State {
                queue: FairQueue::new(most),
                turns: BTreeMap::new(),
                ready: 0,
                most,
                is_checked: false,
            }),
            checker: Mutex::new(checker),
        }))
    }

    /// Waits for the check of a signature, and for the account's turn.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn check(&self, claim: Claim) -> Result<Turn, Refused> {
        let answered = self.enter(claim, true)?;
        // Nobody answers if the check itself failed, which the log of the panic tells.
        answered.await.unwrap_or(Err(Refused::Busy))
    }

    /// Waits for the checks of a list of inputs that are to be taken together, and for the turn of the last one's
    /// account: the others need none of their own, since nothing comes between them.
    pub async fn check_list(&self, claims: Vec<Claim>) -> Vec<Result<Turn, Refused>> {
        let last = claims.len().saturating_sub(1);
        let entered: Vec<_> = claims
            .into_iter()
            .enumerate()
            .map(|(number, claim)| self.enter(claim, number == last))
            .collect();
        let mut out = Vec::new();
        for answered in entered {
            out.push(match answered {
                Ok(answered) => answered.await.unwrap_or(Err(Refused::Busy)),
                Err(refused) => Err(refused),
            });
        }
        out
    }

    fn enter(&self, claim: Claim, has_turn: bool) -> Result<Answered, Refused> {
        let (answer, answered) = oneshot::channel();
        let job = Job {
            claim,
            has_turn,
            answer,
        };
        let (entry, starts) = {
            let mut state = self.0.state();
            if state.ready >= state.most {
                return Err(Refused::Busy);
            }
            let entry = state.queue.push(job.claim.account(), job);
            let starts = !state.is_checked && !state.queue.is_empty();
            state.is_checked |= starts;
            (entry, starts)
        };
        if starts {
            let shared = self.0.clone();
            tokio::task::spawn_blocking(move || shared.empty());
        }
        match entry {
            Entry::Waits => Ok(answered),
            Entry::Displaces(other) => {
                // Whoever asked may have gone.
                let _ = other.answer.send(Err(Refused::Busy));
                Ok(answered)
            }
            Entry::Full(_) => Err(Refused::Busy),
        }
    }
}

/// Lets another thread start if this one ends before everything is checked: by a bug that panics.
struct Checking<'a> {
    shared: &'a Shared,
    is_done: bool,
}

impl Drop for Checking<'_> {
    fn drop(&mut self) {
        if !self.is_done {
            self.shared.state().is_checked = false;
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Checks until nothing waits.
    fn empty(self: &Arc<Self>) {
        let mut checking = Checking {
            shared: self,
            is_done: false,
        };
        let mut checker = self.checker.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let jobs = {
                let mut state = self.state();
                let jobs = state.queue.take(TOGETHER);
                // In one step with finding nothing: what comes afterwards starts a thread.
                state.is_checked = !jobs.is_empty();
                jobs
            };
            if jobs.is_empty() {
                checking.is_done = true;
                return;
            }
            let (claims, answers): (Vec<Claim>, Vec<(bool, Answer)>) = jobs
                .into_iter()
                .map(|job| (job.claim, (job.has_turn, job.answer)))
                .unzip();
            for (result, (has_turn, answer)) in checker.check_many(claims).into_iter().zip(answers) {
                match result {
                    Ok(verified) if has_turn => self.let_go(Ready { verified, answer }),
                    Ok(verified) => {
                        let _ = answer.send(Ok(self.turn(verified, true)));
                    }
                    Err(rejection) => {
                        let _ = answer.send(Err(Refused::Rejected(rejection)));
                    }
                }
            }
        }
    }

    fn turn(self: &Arc<Self>, verified: Verified, is_over: bool) -> Turn {
        Turn {
            account: verified.input().account(),
            verified: Some(verified),
            is_over,
            shared: self.clone(),
        }
    }

    /// Gives an input its turn, now or after those of its account before it.
    fn let_go(self: &Arc<Self>, ready: Ready) {
        let account = ready.verified.input().account();
        {
            let mut state = self.state();
            if let Some(waiting) = state.turns.get_mut(&account) {
                waiting.push_back(ready);
                state.ready = state.ready.saturating_add(1);
                return;
            }
            state.turns.insert(account, VecDeque::new());
        }
        self.give(account, ready);
    }

    /// Gives the account's turn to an input, or to the first after it whose caller has not gone.
    fn give(self: &Arc<Self>, account: AccountIndex, ready: Ready) {
        let mut next = Some(ready);
        while let Some(Ready { verified, answer }) = next {
            match answer.send(Ok(self.turn(verified, false))) {
                Err(Ok(mut turn)) => turn.is_over = true,
                Ok(()) | Err(Err(_)) => return,
            }
            next = self.next(account);
        }
    }

    /// The turn of an account is over: what comes next.
    fn next(&self, account: AccountIndex) -> Option<Ready> {
        let mut state = self.state();
        let next = state.turns.get_mut(&account).and_then(VecDeque::pop_front);
        match next {
            Some(_) => state.ready = state.ready.saturating_sub(1),
            None => {
                state.turns.remove(&account);
            }
        }
        next
    }
}

#[cfg(test)]
mod tests;
