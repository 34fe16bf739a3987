//! Sends the orders of a tape, one after the other, at a rate that may change meanwhile.

use super::{error::LoadError, rate::Rate};
use crate::promises::Promises;
use cloister_cli::tape::plan::{Plan, PlannedOrder};
use cloister_client::{
    sequencer::{SequencerClient, SequencerError},
    trader::now,
};
use cloister_client_core::{
    instrument::TradedInstrument,
    trader::{OrderTerms, Trader},
};
use cloister_ledger::SignedInstruction;
use cloister_sequencer_rpc::{types::AcceptedInfo, ErrorCode};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How long an order is good, milliseconds.
const LIFE: u64 = 3_600_000;
/// Pause before an order that was held back is sent again.
const PAUSE: Duration = Duration::from_millis(200);
/// Where sending is so far behind the rate, it does not catch up: what the machine could not take is not sent in a
/// burst.
const BEHIND: Duration = Duration::from_secs(1);
/// The sender looks at the rate again at least this often.
const STEP: Duration = Duration::from_millis(100);

/// What was sent so far.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    /// Everything that was acknowledged.
    pub promises: Promises,
    /// Time from sending to acknowledgement, by the clock of the client, milliseconds; since the last look.
    pub acknowledged_ms: Vec<f64>,
    /// The same, since the beginning.
    pub all_ms: Vec<f64>,
    /// How often an order was held back because the sequencer takes none now, since the last look.
    pub held_back: u64,
    /// Refusals by their codes.
    pub refused: BTreeMap<i32, u64>,
    /// Fills, as the incoming orders' answers told them.
    pub fills: u64,
    /// Place in the tape.
    pub trade: usize,
}

/// Sender, sampler and report share these.
#[derive(Clone, Debug, Default)]
pub struct Shared {
    sent: Arc<Mutex<Sent>>,
    rate: Arc<Mutex<Rate>>,
}

impl Shared {
    /// With a rate to begin with.
    pub fn new(rate: Rate) -> Self {
        Self {
            rate: Arc::new(Mutex::new(rate)),
            ..Self::default()
        }
    }

    /// What was sent.
    pub fn sent(&self) -> MutexGuard<'_, Sent> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rate.
    pub fn rate(&self) -> MutexGuard<'_, Rate> {
        self.rate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends orders.
pub struct Sender {
    /// The sequencer.
    pub sequencer: SequencerClient,
    /// What is traded.
    pub instrument: TradedInstrument,
    /// The accounts of the plan.
    pub traders: Vec<Trader>,
    /// What the others read.
    pub shared: Shared,
}

impl Sender {
    /// Sends the orders of a plan until the time is over.
    ///
    /// # Errors
    /// The sequencer cannot be asked, breaks a promise, or the plan has too few orders.
    pub async fn send_until(&self, plan: &Plan, end: Instant) -> Result<(), LoadError> {
        let mut ids = vec![0u64; self.traders.len()];
        let mut next = Instant::now();
        for order in &plan.orders {
            let (Some(trader), Some(id)) = (self.traders.get(order.trader), ids.get_mut(order.trader)) else {
                continue;
            };
            *id += 1;
            next = self.pause(next, end).await;
            if Instant::now() >= end {
                return Ok(());
            }
            self.send(order, trader, *id, end).await?;
        }
        Err(LoadError::Empty)
    }

    /// Waits for the turn of the next order; returns when that was.
    async fn pause(&self, last: Instant, end: Instant) -> Instant {
        loop {
            let gap = Duration::from_secs_f64(1.0 / self.shared.rate().per_second());
            let turn = last + gap;
            let now = Instant::now();
            if now >= turn || now >= end {
                return if now.duration_since(turn.min(now)) > BEHIND {
                    now
                } else {
                    turn
                };
            }
            tokio::time::sleep((turn - now).min(STEP)).await;
        }
    }

    async fn send(&self, order: &PlannedOrder, trader: &Trader, id: u64, end: Instant) -> Result<(), LoadError> {
        let terms = OrderTerms {
            instrument_id: self.instrument.id,
            side: order.side,
            limit: order.limit,
            quantity: order.lots,
            flags: order.role.flags(),
            trigger: None,
            expiry: now() + LIFE,
            // Twice the price leaves room for a mark that moves.
            max_fee: self.instrument.fee_allowance(order.limit.saturating_mul(2)),
        };
        let signed = trader.order(id, &terms);
        loop {
            let begin = Instant::now();
            let answer = self.sequencer.submit(&signed).await;
            let took = begin.elapsed().as_secs_f64() * 1_000.0;
            if self.heard(order, &signed, answer, took)? {
                return Ok(());
            }
            if Instant::now() >= end {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Takes note of an answer that came after so many milliseconds. False if the same is to be sent again.
    fn heard(
        &self,
        order: &PlannedOrder,
        signed: &SignedInstruction,
        answer: Result<AcceptedInfo, SequencerError>,
        took: f64,
    ) -> Result<bool, LoadError> {
        let mut sent = self.shared.sent();
        match answer {
            Ok(accepted) => {
                sent.acknowledged_ms.push(took);
                sent.all_ms.push(took);
                sent.fills += accepted.fills.len() as u64;
                sent.trade = order.fills.first().copied().unwrap_or(sent.trade);
                sent.promises.note(signed, &accepted)?;
                Ok(true)
            }
            Err(SequencerError::Refused { code, .. }) => {
                *sent.refused.entry(code).or_default() += 1;
                let proofs_are_behind = [ErrorCode::Busy, ErrorCode::Halted];
                let waits = [ErrorCode::TooManyRequests, ErrorCode::UnitBudget];
                let is = |codes: &[ErrorCode]| codes.iter().any(|of| of.code() == code);
                if is(&proofs_are_behind) {
                    sent.held_back += 1;
                    return Ok(false);
                }
                Ok(!is(&waits))
            }
            Err(error) => Err(error.into()),
        }
    }
}
