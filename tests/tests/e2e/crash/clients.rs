//! Clients that trade until their node is gone.

use super::shared::Shared;
use cloister_client::{
    chain::Chain,
    sequencer::{SequencerClient, SequencerError},
    trader::now,
};
use cloister_client_core::{
    instrument::TradedInstrument,
    trader::{OrderTerms, Trader},
};
use cloister_ledger::{instruction::flags, InstructionKind, Side, SignedInstruction};
use cloister_ledger_testing::Random;
use cloister_sequencer_rpc::ErrorCode;
use std::time::Duration;

/// An hour in milliseconds.
const HOUR: u64 = 3_600_000;
/// Shortest and longest pause between two instructions of a client, milliseconds.
const PAUSE: (u64, u64) = (150, 450);
/// What prices differ by, 10^-6 of the settlement asset per lot.
const TICK: u64 = 10_000;
/// Withdrawals are whole multiples of this: one of the settlement asset.
const WITHDRAWAL: u64 = 1_000_000;
/// How often an instruction is sent again while the sequencer takes none.
const TRIES: usize = 100;

/// What is traded.
#[derive(Clone, Debug)]
pub struct Market {
    /// The instrument. The mark stays where it is.
    pub instrument: TradedInstrument,
}

/// A client with one account.
#[derive(Debug)]
pub struct Client {
    /// The account.
    pub trader: Trader,
    random: Random,
    next_id: u64,
    /// Ids that may be those of orders at rest.
    orders: Vec<u64>,
    /// What was sent and never answered.
    unanswered: Vec<SignedInstruction>,
}

/// What a refusal may be that has nothing to do with what was taken before.
fn is_for_now(error: &SequencerError) -> bool {
    [
        ErrorCode::Busy,
        ErrorCode::Halted,
        ErrorCode::NotReady,
        ErrorCode::TooManyRequests,
        ErrorCode::UnitBudget,
    ]
    .iter()
    .any(|code| error.is(*code))
}

/// What a refusal may be of an instruction that was never sent before.
fn is_of_the_market(error: &SequencerError) -> bool {
    [
        ErrorCode::AlreadyFilled,
        ErrorCode::AlreadyGone,
        ErrorCode::Fill,
        ErrorCode::InsufficientMargin,
        ErrorCode::NotFilledInFull,
        ErrorCode::SelfTrade,
        ErrorCode::WithdrawalShort,
        ErrorCode::WouldCross,
        ErrorCode::WouldNotReduce,
        ErrorCode::WouldOvertake,
    ]
    .iter()
    .any(|code| error.is(*code))
}

/// What a refusal may be of a cancel, whose order may never have been taken.
fn is_of_a_cancel(error: &SequencerError, signed: &SignedInstruction) -> bool {
    let codes = [ErrorCode::BelowMinId, ErrorCode::Duplicate, ErrorCode::UnknownId];
    signed.instruction.kind == InstructionKind::Cancel && codes.iter().any(|code| error.is(*code))
}

/// What a refusal must be of an instruction that was taken before.
fn is_taken_already(error: &SequencerError) -> bool {
    [
        ErrorCode::AlreadyFilled,
        ErrorCode::AlreadyGone,
        ErrorCode::BelowMinId,
        ErrorCode::BeyondQuantity,
        ErrorCode::Duplicate,
        ErrorCode::SlotConflict,
    ]
    .iter()
    .any(|code| error.is(*code))
}

impl Client {
    /// A client that has sent nothing yet.
    pub fn new(trader: Trader, random: Random) -> Self {
        Self {
            trader,
            random,
            next_id: 1,
            orders: Vec::new(),
            unanswered: Vec::new(),
        }
    }

    /// Trades until the node is gone.
    pub async fn trade(&mut self, chain: &Chain, market: &Market, shared: &Shared) {
        self.send_again_what_got_no_answer(chain, shared).await;
        while !shared.is_stopped() {
            if self.random.once_in(12) {
                self.again(chain, shared).await;
            } else if let Some(signed) = self.next(market) {
                if !self.send(chain, signed, shared).await {
                    return;
                }
            }
            let pause = self.random.between(PAUSE.0, PAUSE.1);
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
    }

    /// One of several different instructions.
    fn next(&mut self, market: &Market) -> Option<SignedInstruction> {
        let id = self.next_id;
        self.next_id += 1;
        let expiry = now() + HOUR;
        let mark = market.instrument.mark();
        let side = if self.random.once_in(2) { Side::Buy } else { Side::Sell };
        let away = TICK * self.random.between(1, 8);
        let (passive, active) = match side {
            Side::Buy => (mark - away, mark + away),
            Side::Sell => (mark + away, mark - away),
        };
        let mut order = |limit: u64, lots: u64, flags: u8| {
            let terms = OrderTerms {
                instrument_id: market.instrument.id,
                side,
                limit,
                quantity: lots,
                flags,
                trigger: None,
                expiry,
                max_fee: market.instrument.fee_allowance(mark + market.instrument.row.band.get()),
            };
            self.orders.push(id);
            Some(self.trader.order(id, &terms))
        };
        let lots = 1 + id % 7;
        match self.random.below(24) {
            0..=9 => order(passive, lots, flags::POST_ONLY),
            10 | 11 => order(passive, lots, 0),
            12 | 13 => order(active, lots, 0),
            14 | 15 => order(active, lots, flags::IMMEDIATE_OR_CANCEL),
            16 => order(active, lots, flags::FILL_OR_KILL),
            17 => order(active, lots, flags::IMMEDIATE_OR_CANCEL | flags::REDUCE_ONLY),
            18..=21 => {
                let which = self.random.below(self.orders.len() as u64) as usize;
                let order = (which < self.orders.len()).then(|| self.orders.swap_remove(which))?;
                Some(self.trader.cancel(order, expiry))
            }
            22 => {
                self.orders.clear();
                Some(self.trader.cancel_all(id, expiry))
            }
            _ => Some(self.trader.withdrawal(id, WITHDRAWAL * lots, expiry)),
        }
    }

    /// Sends something that was taken before, which must be refused.
    async fn again(&mut self, chain: &Chain, shared: &Shared) {
        let acknowledged = {
            let promises = shared.promises();
            let place = self.random.below(promises.len() as u64) as usize;
            promises.nth(place).cloned()
        };
        let Some(signed) = acknowledged.map(|acknowledged| acknowledged.signed) else {
            return;
        };
        match SequencerClient::of(chain).submit(&signed).await {
            Ok(_) => panic!("{signed:?} was taken twice"),
            Err(SequencerError::Call(_)) => {}
            Err(error) => assert!(
                is_for_now(&error) || is_taken_already(&error),
                "{:?} was taken before, and now: {error}",
                signed.instruction
            ),
        }
    }

    /// Sends an instruction. False once the node is gone.
    async fn send(&mut self, chain: &Chain, signed: SignedInstruction, shared: &Shared) -> bool {
        match SequencerClient::of(chain).submit(&signed).await {
            Ok(accepted) => {
                let noted = shared.promises().note(&signed, &accepted);
                noted.unwrap_or_else(|broken| panic!("{broken}"));
                true
            }
            // Whether it was taken shows when it is sent again.
            Err(SequencerError::Call(_)) => {
                self.unanswered.push(signed);
                false
            }
            Err(error) => {
                assert!(
                    is_for_now(&error) || is_of_the_market(&error) || is_of_a_cancel(&error, &signed),
                    "{:?}: {error}",
                    signed.instruction
                );
                true
            }
        }
    }

    /// Sends what was on its way when the node was killed: it is taken now, or it was taken then.
    pub async fn send_again_what_got_no_answer(&mut self, chain: &Chain, shared: &Shared) {
        while let Some(signed) = self.unanswered.pop() {
            match SequencerClient::of(chain).submit(&signed).await {
                Ok(accepted) => {
                    let noted = shared.promises().note(&signed, &accepted);
                    noted.unwrap_or_else(|broken| panic!("{broken}"));
                }
                Err(SequencerError::Call(_)) => {
                    self.unanswered.push(signed);
                    return;
                }
                Err(error) => assert!(
                    is_for_now(&error)
                        || is_of_the_market(&error)
                        || is_of_a_cancel(&error, &signed)
                        || is_taken_already(&error),
                    "{:?}: {error}",
                    signed.instruction
                ),
            }
        }
    }

    /// Sends everything that was acknowledged to this account once more.
    pub async fn nothing_is_taken_twice(&mut self, chain: &Chain, shared: &Shared) {
        let sequencer = SequencerClient::of(chain);
        let mut place = 0;
        loop {
            let acknowledged = shared.promises().nth(place).cloned();
            let Some(acknowledged) = acknowledged else {
                return;
            };
            place += 1;
            let signed = acknowledged.signed;
            // A cancel of an order that was filled or is gone changes nothing, however often it comes.
            if acknowledged.account != self.trader.index || signed.instruction.kind == InstructionKind::Cancel {
                continue;
            }
            for attempt in 1.. {
                match sequencer.submit(&signed).await {
                    Ok(_) => panic!("{:?} was taken twice", signed.instruction),
                    Err(error) if is_for_now(&error) && attempt < TRIES => {
                        tokio::time::sleep(Duration::from_millis(PAUSE.0)).await;
                    }
                    Err(error) => {
                        assert!(is_taken_already(&error), "{:?}: {error}", signed.instruction);
                        break;
                    }
                }
            }
        }
    }
}
