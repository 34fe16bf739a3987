//! What people do in a minute: makers quote anew around the mark, and some of the others do what they want.

use crate::{
    error::RunError,
    exchange::{Exchange, GROUP},
    people::Person,
};
use cloister_client::{
    chain::{ChainError, Until},
    sequencer::SequencerError,
    trader::{self, now},
};
use cloister_client_core::{keys::TraderKeys, trader::OrderTerms};
use cloister_ledger::{instruction::flags, Side, SignedInstruction};
use cloister_ledger_testing::Random;
use cloister_liquidator::Holding;
use cloister_sequencer_rpc::{
    types::{AcceptedInfo, AccountInfo, ControlSubmission},
    CloisterRpcClient,
};
use cloister_simulation::{
    makers::{AT_DISCOUNT, AT_MARK},
    prices::DOLLAR,
    traders::Role,
    wish::{aim, speculate, PayOut, Wish},
};
use futures::future::join_all;
use std::collections::BTreeMap;

/// How long what is signed is good, milliseconds.
const LIFE: u64 = 3_600_000;
/// How far behind a maker's first price its second one stands, 10^-6 of the mark.
const SECOND: u64 = 4_000;
/// How far from the mark traders are ready to trade, 10^-6 of it.
const REACH: u64 = 10_000;
/// A whole, in 10^-6.
const WHOLE: u128 = 1_000_000;

/// What came of the wishes of a minute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Orders that the sequencer took.
    pub orders: u64,
    /// Cancels, controls and withdrawals that it took.
    pub others: u64,
    /// Deposits, forced withdrawals and opens that the chain queued.
    pub queued: u64,
    /// What was refused, by the reason.
    pub refused: BTreeMap<String, u64>,
}

impl Done {
    /// Adds what came of another minute.
    pub fn add(&mut self, other: &Self) {
        self.orders += other.orders;
        self.others += other.others;
        self.queued += other.queued;
        for (reason, count) in &other.refused {
            *self.refused.entry(reason.clone()).or_default() += count;
        }
    }

    /// True if the sequencer took it; what it refuses is counted.
    fn taken<T>(&mut self, answer: Result<T, SequencerError>) -> Result<bool, RunError> {
        match answer {
            Ok(_) => Ok(true),
            Err(error @ SequencerError::Refused { .. }) => {
                let code = error.code().unwrap_or_default();
                *self.refused.entry(format!("sequencer, code {code}")).or_default() += 1;
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// What is to be asked of the chain.
pub enum Asked {
    /// Pay in, 10^-6.
    Deposit(TraderKeys, u64),
    /// Take out by force, 10^-6.
    Force(TraderKeys, u64),
    /// Close an empty account.
    Close(TraderKeys),
}

/// Asks all of it at once.
///
/// # Errors
/// The node cannot be asked.
pub async fn ask(exchange: &Exchange, asked: Vec<Asked>, done: &mut Done) -> Result<(), RunError> {
    let chain = &exchange.chain;
    let calls = asked.into_iter().map(|asked| async move {
        match asked {
            Asked::Deposit(keys, amount) => trader::deposit(chain, GROUP, &keys, amount, Until::InBlock).await,
            Asked::Force(keys, amount) => trader::force_withdrawal(chain, GROUP, &keys, amount, Until::InBlock).await,
            Asked::Close(keys) => trader::close(chain, GROUP, &keys, Until::InBlock).await,
        }
    });
    for answer in join_all(calls).await {
        match answer {
            Ok(_) => done.queued += 1,
            Err(ChainError::Failed(failure)) => {
                let reason = failure
                    .execution()
                    .map_or_else(|| failure.to_string(), |error| format!("{error:?}"));
                *done.refused.entry(reason).or_default() += 1;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

async fn submit(exchange: &Exchange, signed: &SignedInstruction) -> Result<AcceptedInfo, SequencerError> {
    exchange.sequencer.submit(signed).await
}

/// Takes a maker's quotes away and quotes anew: up to its own money `distance` (10^-6 of the mark) from the mark, and
/// up to two and a half times as much a little further away, for whoever is liquidated.
///
/// # Errors
/// The sequencer cannot be asked.
pub async fn quote(exchange: &Exchange, maker: &mut Person, distance: u64, done: &mut Done) -> Result<(), RunError> {
    let expiry = now().saturating_add(LIFE);
    let Some(control) = maker.clear_quotes(expiry) else {
        return Ok(());
    };
    let rpc = exchange.chain.rpc();
    let cleared = rpc.control(ControlSubmission::encoded(&control)).await;
    done.others += u64::from(done.taken(cleared.map_err(SequencerError::from))?);
    let Some(info) = account_of(exchange, maker).await? else {
        return Ok(());
    };
    let holding = exchange.holding(&info);
    for (side, distance, lots) in quotes(exchange, &holding, distance) {
        let terms = terms(exchange, side, distance, lots, flags::POST_ONLY);
        if let Some(signed) = maker.order(&terms) {
            done.orders += u64::from(done.taken(submit(exchange, &signed).await)?);
        }
    }
    Ok(())
}

/// Sides, distances from the mark and lots of a maker's quotes.
fn quotes(exchange: &Exchange, holding: &Holding, distance: u64) -> Vec<(Side, u64, u64)> {
    let row = exchange.instrument.row_index;
    let mut out = Vec::new();
    for side in [Side::Buy, Side::Sell] {
        let near = holding.capacity(&exchange.table, row, side, AT_MARK);
        let all = holding.capacity(&exchange.table, row, side, AT_DISCOUNT);
        out.push((side, distance, near));
        out.push((side, distance.saturating_add(SECOND), all.saturating_sub(near)));
    }
    out.retain(|(_, _, lots)| *lots > 0);
    out
}

/// An order of a side, as far from the mark as `distance` (10^-6 of it) and the band allow: below it to buy and above
/// it to sell if it is to rest, and the other way round if it is to trade.
fn terms(exchange: &Exchange, side: Side, distance: u64, lots: u64, order_flags: u8) -> OrderTerms {
    let instrument = &exchange.instrument;
    let (mark, (low, high)) = (instrument.mark(), instrument.band());
    let away = u64::try_from(u128::from(mark) * u128::from(distance) / WHOLE).unwrap_or(u64::MAX);
    let rests = order_flags & flags::POST_ONLY != 0;
    let limit = if rests == (side == Side::Buy) {
        mark.saturating_sub(away)
    } else {
        mark.saturating_add(away)
    };
    OrderTerms {
        instrument_id: instrument.id,
        side,
        limit: limit.clamp(low, high),
        quantity: lots,
        flags: order_flags,
        trigger: None,
        expiry: now().saturating_add(LIFE),
        max_fee: instrument.fee_allowance(high),
    }
}

async fn account_of(exchange: &Exchange, person: &Person) -> Result<Option<AccountInfo>, RunError> {
    match &person.account {
        Some(trader) => exchange.account(trader).await,
        None => Ok(None),
    }
}

async fn trade(
    exchange: &Exchange,
    person: &mut Person,
    (side, lots): (Side, u64),
    order_flags: u8,
    done: &mut Done,
) -> Result<(), RunError> {
    let terms = terms(exchange, side, REACH, lots, order_flags | flags::IMMEDIATE_OR_CANCEL);
    if let Some(signed) = person.order(&terms) {
        done.orders += u64::from(done.taken(submit(exchange, &signed).await)?);
    }
    Ok(())
}

/// Has somebody build up the position that it wants, as far as the book goes.
///
/// # Errors
/// The sequencer cannot be asked.
pub async fn build_up(exchange: &Exchange, person: &mut Person, done: &mut Done) -> Result<(), RunError> {
    let Some(info) = account_of(exchange, person).await? else {
        return Ok(());
    };
    let row = exchange.instrument.row_index;
    let lots = aim(&exchange.table, &exchange.holding(&info), row, person.drawn.leverage);
    let side = if person.drawn.role == Role::Short {
        Side::Sell
    } else {
        Side::Buy
    };
    match u64::try_from(lots) {
        Ok(lots) if lots > 0 => trade(exchange, person, (side, lots), 0, done).await,
        _ => Ok(()),
    }
}

/// Has somebody do what it wants now. Returns what is to be asked of the chain for it.
///
/// # Errors
/// The sequencer cannot be asked.
pub async fn act(
    exchange: &Exchange,
    person: &mut Person,
    random: &mut Random,
    done: &mut Done,
) -> Result<Option<Asked>, RunError> {
    let Some(info) = account_of(exchange, person).await? else {
        return Ok(None);
    };
    let holding = exchange.holding(&info);
    let available = u64::try_from(info.available.get()).unwrap_or(u64::MAX);
    let keys = person.keys.clone();
    match speculate(random, &exchange.table, &person.drawn, &holding) {
        Wish::PayIn(amount) => return Ok(Some(Asked::Deposit(keys, amount))),
        Wish::Trade {
            side,
            lots,
            reduce_only,
            ..
        } => {
            let order_flags = if reduce_only { flags::REDUCE_ONLY } else { 0 };
            trade(exchange, person, (side, lots), order_flags, done).await?;
        }
        Wish::PayOut(PayOut::ForcedBeyond) => {
            return Ok(Some(Asked::Force(keys, available.saturating_mul(2).max(DOLLAR))));
        }
        Wish::PayOut(PayOut::Forced) => return Ok(Some(Asked::Force(keys, (available / 5).max(DOLLAR)))),
        Wish::PayOut(PayOut::Signed) => take_out(exchange, person, available / 4, done).await?,
        Wish::Cancel | Wish::CancelAll => cancel_all(exchange, person, done).await?,
        // Clients send no transfers and re-keys would only add proofs of seals.
        Wish::Send | Wish::Rekey | Wish::Wait => (),
    }
    Ok(None)
}

/// Cancels all orders of somebody.
///
/// # Errors
/// The sequencer cannot be asked.
pub async fn cancel_all(exchange: &Exchange, person: &mut Person, done: &mut Done) -> Result<(), RunError> {
    if let Some(signed) = person.cancel_all(now().saturating_add(LIFE)) {
        done.others += u64::from(done.taken(submit(exchange, &signed).await)?);
    }
    Ok(())
}

/// Signs a withdrawal of an amount, 10^-6.
///
/// # Errors
/// The sequencer cannot be asked.
pub async fn take_out(exchange: &Exchange, person: &mut Person, amount: u64, done: &mut Done) -> Result<(), RunError> {
    if amount == 0 {
        return Ok(());
    }
    if let Some(signed) = person.withdrawal(amount, now().saturating_add(LIFE)) {
        done.others += u64::from(done.taken(submit(exchange, &signed).await)?);
    }
    Ok(())
}
