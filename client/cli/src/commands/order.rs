//! `cloister order`.

use super::{
    desk::{bounds, listed, Desk, Typed},
    error::CommandError,
    kept,
    outcome::Outcome,
    session::Session,
    told::{lines, outcome, Sent},
};
use crate::cli::{Global, OrderArguments};
use cloister_client::sequencer::SequencerError;
use cloister_client_core::{instrument::TradedInstrument, order::OrderError, stop::direction, trader::OrderTerms};
use cloister_ledger::Side;
use cloister_sequencer_rpc::{types::AcceptedInfo, ErrorCode};

pub async fn order(global: &Global, order: &OrderArguments) -> Result<Outcome, CommandError> {
    let typed = Typed::read(order)?;
    let mut desk = Desk::open(global).await?;
    let instrument = desk.instrument(&order.instrument).await?;
    let terms = desk.terms(order, &typed, &instrument)?;
    // The id is on the disk before anything is signed with it.
    let id = desk.take_id()?;
    let signed = desk.session.trader.order(id, &terms);
    let sent = Sent {
        id,
        terms: &terms,
        instrument: &instrument,
        market: order.market,
    };
    match desk.session.sequencer.submit(&signed).await {
        Ok(accepted) => taken(&desk.session, &sent, &accepted).await,
        Err(error) => Err(reworded(error, &desk.session, &instrument, &terms).await),
    }
}

/// Says what became of an order that was taken, and keeps its receipt.
pub(super) async fn taken(
    session: &Session,
    sent: &Sent<'_>,
    accepted: &AcceptedInfo,
) -> Result<Outcome, CommandError> {
    kept::keep(session.wallet.path(), session.trader.group, accepted);
    for line in lines(sent, accepted) {
        say!("{line}");
    }
    let outcome = outcome(accepted, sent.market);
    let nothing = matches!(outcome, Outcome::NobodyAtPrice | Outcome::NobodyInBand | Outcome::Rule);
    if accepted.filled.is_zero() && nothing {
        if let Some(insolvent) = insolvent(session).await {
            return Err(insolvent);
        }
    }
    Ok(outcome)
}

/// An order of an account that owes money finds nobody or breaks a rule, and neither says why.
async fn insolvent(session: &Session) -> Option<CommandError> {
    let account = session.sequencer.account(&session.trader).await.ok()?;
    let equity = account.equity.get();
    (equity < 0).then_some(CommandError::Insolvent { equity })
}

/// Why margin does not cover an order, in the units in which money is typed.
async fn short(session: &Session) -> Option<CommandError> {
    let account = session.sequencer.account(&session.trader).await.ok()?;
    let (equity, available) = (account.equity.get(), account.available.get());
    Some(match equity < 0 {
        true => CommandError::Insolvent { equity },
        false => CommandError::Margin { available },
    })
}

/// A refusal in the units that were typed. The market may have moved since the order was checked.
pub(super) async fn reworded(
    error: SequencerError,
    session: &Session,
    instrument: &TradedInstrument,
    terms: &OrderTerms,
) -> CommandError {
    let is = |codes: &[ErrorCode]| codes.iter().any(|code| error.is(*code));
    if is(&[ErrorCode::InsufficientMargin]) {
        return short(session).await.unwrap_or_else(|| error.into());
    }
    if is(&[ErrorCode::Fill]) {
        return insolvent(session).await.unwrap_or_else(|| error.into());
    }
    let underlying = instrument.underlying().to_owned();
    if is(&[ErrorCode::Protected]) {
        return CommandError::Protected(instrument.name.clone());
    }
    let market = session.sequencer.market().await;
    let info = market
        .as_ref()
        .ok()
        .and_then(|market| Some((market, listed(market, instrument).ok()?)));
    let Some((market, info)) = info else {
        return error.into();
    };
    let price = instrument.lot.unit_price(terms.limit);
    let best = match terms.side {
        Side::Buy => info.best_ask,
        Side::Sell => info.best_bid,
    };
    let reworded = match (error.code(), best) {
        (Some(code), Some(best)) if code == ErrorCode::WouldCross.code() => Some(OrderError::WouldCross {
            price,
            best: instrument.lot.unit_price(best.get()),
            underlying,
        }),
        (Some(code), _) if code == ErrorCode::NotFilledInFull.code() => Some(OrderError::NotFilledInFull {
            quantity: instrument.lot.quantity(terms.quantity),
            price,
            underlying,
        }),
        (Some(code), _) if code == ErrorCode::PositionLimit.code() => Some(OrderError::PositionLimit {
            limit: instrument.lot.quantity(info.position_limit.get()),
            underlying,
        }),
        (Some(code), _) if code == ErrorCode::BeyondCollar.code() => {
            let from = match terms.trigger {
                None => format!("the mark of {}", instrument.unit_mark(info.mark)),
                Some(trigger) => {
                    let at = instrument.lot.unit_price(trigger.price().get());
                    format!("the trigger {} {at}", direction(trigger))
                }
            };
            Some(OrderError::BeyondCollar {
                price,
                from,
                underlying,
            })
        }
        _ if is(&[ErrorCode::OutsideBand, ErrorCode::MaxFeeTooLow, ErrorCode::FieldRange]) => {
            instrument.check(terms, &bounds(market, info)).err()
        }
        _ => None,
    };
    reworded.map_or_else(|| error.into(), CommandError::from)
}
