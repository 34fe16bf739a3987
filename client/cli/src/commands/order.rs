//! `cloister order`, `cancel`.

use super::{error::CommandError, session::Session};
use crate::cli::{Global, OrderArguments, OrderSide};
use cloister_client::{instrument::find, trader::now};
use cloister_client_core::{
    amount::{money, Decimal},
    trader::OrderTerms,
};
use cloister_ledger::{instruction::flags, Side};
use cloister_types::Lots;

/// How long a cancel is good, in milliseconds.
const CANCEL_LIFE: u64 = 3_600_000;

pub async fn order(global: &Global, order: &OrderArguments) -> Result<(), CommandError> {
    let quantity: Decimal = order.quantity.parse()?;
    let price = order.price.as_deref().map(str::parse::<Decimal>).transpose()?;
    let max_fee = order.max_fee.as_deref().map(money).transpose()?;
    let mut session = Session::begin(global).await?;
    let instrument = find(&session.chain, global.group, &order.instrument).await?;
    let side = match order.side {
        OrderSide::Buy => Side::Buy,
        OrderSide::Sell => Side::Sell,
    };
    let limit = match price {
        Some(price) => instrument.lot.price(&price)?,
        None => instrument.market_limit(side),
    };
    let set = [
        (order.reduce_only, flags::REDUCE_ONLY),
        (order.post_only, flags::POST_ONLY),
        (order.ioc || (order.market && !order.fok), flags::IMMEDIATE_OR_CANCEL),
        (order.fok, flags::FILL_OR_KILL),
    ];
    let terms = OrderTerms {
        instrument_id: instrument.id,
        side,
        limit,
        quantity: instrument.lots(&quantity)?,
        flags: set.iter().filter(|(on, _)| *on).fold(0, |all, (_, flag)| all | flag),
        trigger: None,
        expiry: now().saturating_add(order.expires_in),
        max_fee: max_fee.unwrap_or_else(|| instrument.fee_allowance(limit)),
    };
    // The id is on the disk before anything is signed with it.
    let id = session.wallet.take_id()?;
    let accepted = session.sequencer.submit(&session.trader.order(id, &terms)).await?;
    let quantity = |lots: Lots| instrument.lot.quantity(lots.get());
    say!(
        "order {id}: {} filled, {} at rest",
        quantity(accepted.filled),
        quantity(accepted.resting)
    );
    if let Some(why) = accepted.dropped {
        say!("the rest was dropped: {why}");
    }
    for fill in accepted.fills {
        say!(
            "  {} at {}",
            quantity(fill.quantity),
            instrument.lot.unit_price(fill.price.get())
        );
    }
    Ok(())
}

pub async fn cancel(global: &Global, id: Option<u64>) -> Result<(), CommandError> {
    let mut session = Session::begin(global).await?;
    let expiry = now() + CANCEL_LIFE;
    let signed = match id {
        Some(id) => session.trader.cancel(id, expiry),
        None => {
            let id = session.wallet.take_id()?;
            session.trader.cancel_all(id, expiry)
        }
    };
    session.sequencer.submit(&signed).await?;
    match id {
        Some(id) => say!("order {id} is cancelled"),
        None => say!("every order with an id below {} is cancelled", signed.instruction.id),
    }
    Ok(())
}
