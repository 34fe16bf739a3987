//! `cloister amend` (Q-AMEND).

use super::{
    desk::Desk,
    error::CommandError,
    order::{reworded, taken},
    outcome::Outcome,
    told::Sent,
};
use crate::cli::{AmendArguments, Global};
use cloister_client_core::{
    amount::{money, AmountError, Decimal},
    instrument::TradedInstrument,
    trader::OrderTerms,
};
use cloister_ledger::{instruction::flags, Trigger};
use cloister_sequencer_rpc::types::{AccountInfo, OpenOrderInfo, WaitingOrderInfo};
use cloister_types::{InstructionId, Price};

/// What was typed of a change, read before anybody is asked.
pub(super) struct TypedChange {
    price: Option<Decimal>,
    quantity: Option<Decimal>,
    trigger: Option<Decimal>,
    max_fee: Option<u64>,
    expires_in: Option<u64>,
}

impl TypedChange {
    pub(super) fn read(amend: &AmendArguments) -> Result<Self, AmountError> {
        let number = |text: &Option<String>| text.as_deref().map(str::parse::<Decimal>).transpose();
        Ok(Self {
            price: number(&amend.price)?,
            quantity: number(&amend.quantity)?,
            trigger: number(&amend.trigger_at)?,
            max_fee: amend.max_fee.as_deref().map(money).transpose()?,
            expires_in: amend.expires_in,
        })
    }
}

/// A change that is good as far as can be said before it is sent.
pub(super) struct Change {
    pub(super) replaces: u64,
    pub(super) instrument: TradedInstrument,
    pub(super) terms: OrderTerms,
    /// The order stays where it is in the queue of its price.
    pub(super) keeps_place: bool,
}

pub async fn amend(global: &Global, amend: &AmendArguments) -> Result<Outcome, CommandError> {
    let typed = TypedChange::read(amend)?;
    let mut desk = Desk::open(global).await?;
    let change = change(&mut desk, amend.id, &typed).await?;
    // The id is on the disk before anything is signed with it.
    let id = desk.session.wallet.take_id_after(change.replaces)?;
    let signed = desk.session.trader.order(id, &change.terms);
    let sent = Sent {
        id,
        terms: &change.terms,
        instrument: &change.instrument,
        market: false,
    };
    let replaces = InstructionId(change.replaces);
    let accepted = match desk.session.sequencer.amend(replaces, &signed).await {
        Ok(accepted) => accepted,
        Err(error) => return Err(reworded(error, &desk.session, sent.instrument, sent.terms).await),
    };
    say!("{}", replaced(&change, id));
    taken(&desk.session, &sent, &accepted).await
}

/// Says which order has taken the place of which.
pub(super) fn replaced(change: &Change, id: u64) -> String {
    let place = match change.keeps_place {
        true => " and keeps its place in the queue",
        false => "",
    };
    format!("order {} is order {id} now{place}", change.replaces)
}

/// What an order is to become.
pub(super) async fn change(desk: &mut Desk, id: u64, typed: &TypedChange) -> Result<Change, CommandError> {
    let before = alive(&desk.account, id).ok_or(CommandError::NotAlive(id))?;
    let instrument = desk.instrument(&before.instrument_id.to_string()).await?;
    let expiry = typed.expires_in.map(|works_for| desk.expiry(works_for));
    let terms = changed(&before, typed, &instrument, expiry).ok_or(CommandError::NoTrigger(id))??;
    instrument.check(&terms, &desk.bounds(&instrument)?)?;
    Ok(Change {
        replaces: id,
        instrument,
        keeps_place: keeps_place(&before, &terms),
        terms,
    })
}

/// The terms of the account's order of this id, with what is left of it.
fn alive(account: &AccountInfo, id: u64) -> Option<OrderTerms> {
    let id = InstructionId(id);
    let open = account.open_orders.iter().find(|order| order.id == id);
    let waiting = account.waiting_orders.iter().find(|order| order.id == id);
    open.map(resting).or(waiting.map(self::waiting))
}

fn resting(order: &OpenOrderInfo) -> OrderTerms {
    OrderTerms {
        instrument_id: order.instrument_id.get(),
        side: order.side.into(),
        limit: order.limit.get(),
        quantity: order.remaining.get(),
        // One that has fired waits for nothing any more.
        flags: order.flags & !flags::DIRECTIONS,
        trigger: None,
        expiry: order.expiry,
        max_fee: 0,
    }
}

fn waiting(order: &WaitingOrderInfo) -> OrderTerms {
    OrderTerms {
        instrument_id: order.instrument_id.get(),
        side: order.side.into(),
        limit: order.limit.get(),
        quantity: order.quantity.get(),
        flags: order.flags & !flags::DIRECTIONS,
        trigger: Some(order.trigger.into()),
        expiry: order.expiry,
        max_fee: 0,
    }
}

/// Whether an order stays where it is in the queue of its price (Q-AMEND).
fn keeps_place(before: &OrderTerms, after: &OrderTerms) -> bool {
    before.trigger.is_none() && after.limit == before.limit && after.quantity <= before.quantity
}

/// The terms of an order with what was typed in their place; `None` if a mark is named and it waits for none.
fn changed(
    before: &OrderTerms,
    typed: &TypedChange,
    instrument: &TradedInstrument,
    expiry: Option<u64>,
) -> Option<Result<OrderTerms, AmountError>> {
    let trigger = match (&typed.trigger, before.trigger) {
        (None, before) => Ok(before),
        (Some(_), None) => return None,
        (Some(at), Some(before)) => instrument.lot.price(at).map(|at| {
            Some(match before {
                Trigger::AtOrAbove(_) => Trigger::AtOrAbove(Price(at)),
                Trigger::AtOrBelow(_) => Trigger::AtOrBelow(Price(at)),
            })
        }),
    };
    let terms = || -> Result<OrderTerms, AmountError> {
        let limit = match &typed.price {
            Some(price) => instrument.lot.price(price)?,
            None => before.limit,
        };
        Ok(OrderTerms {
            limit,
            quantity: match &typed.quantity {
                Some(quantity) => instrument.lots(quantity)?,
                None => before.quantity,
            },
            trigger: trigger?,
            expiry: expiry.unwrap_or(before.expiry),
            max_fee: typed.max_fee.unwrap_or_else(|| instrument.fee_allowance(limit)),
            ..*before
        })
    };
    Some(terms())
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloister_client_core::amount::Lot;
    use cloister_ledger::Side;
    use cloister_risk::Row;
    use cloister_sequencer_rpc::types::{DirectionName, SideName, TriggerFields};
    use cloister_types::{InstrumentId, Lots};

    fn bitcoin() -> TradedInstrument {
        TradedInstrument {
            group: 1,
            id: 1,
            name: "BTC-PERP".into(),
            lot: Lot(1_000_000),
            row_index: 0,
            row: Row::default(),
            fee_cap: 1_000,
            initial: 333,
        }
    }

    fn typed(price: Option<&str>, quantity: Option<&str>, trigger: Option<&str>) -> TypedChange {
        let number = |text: Option<&str>| text.map(|text| text.parse().unwrap());
        TypedChange {
            price: number(price),
            quantity: number(quantity),
            trigger: number(trigger),
            max_fee: None,
            expires_in: None,
        }
    }

    fn stop() -> OrderTerms {
        waiting(&WaitingOrderInfo {
            id: InstructionId(3),
            instrument_id: InstrumentId(1),
            side: SideName::Sell,
            trigger: TriggerFields {
                mark: Price(58_000_000),
                direction: DirectionName::AtOrBelow,
            },
            limit: Price(55_000_000),
            quantity: Lots(4),
            flags: flags::REDUCE_ONLY,
            expiry: 9,
        })
    }

    fn bid() -> OrderTerms {
        resting(&OpenOrderInfo {
            id: InstructionId(3),
            instrument_id: InstrumentId(1),
            side: SideName::Buy,
            limit: Price(60_000_000),
            quantity: Lots(10),
            remaining: Lots(6),
            flags: flags::POST_ONLY | flags::TRIGGER_ABOVE,
            expiry: 9,
        })
    }

    #[test]
    fn what_is_not_named_should_stay_as_it_was() {
        let instrument = bitcoin();
        let change = |before: &OrderTerms, typed| changed(before, &typed, &instrument, None).unwrap().unwrap();
        let dearer = change(&bid(), typed(Some("60001"), None, None));
        assert_eq!(
            dearer,
            OrderTerms {
                instrument_id: 1,
                side: Side::Buy,
                limit: 60_001_000,
                // What is left of it, not what was signed.
                quantity: 6,
                flags: flags::POST_ONLY,
                trigger: None,
                expiry: 9,
                max_fee: instrument.fee_allowance(60_001_000),
            }
        );
        let moved = change(&stop(), typed(None, None, Some("57000")));
        assert_eq!(moved.trigger, Some(Trigger::AtOrBelow(Price(57_000_000))));
        assert_eq!(
            (moved.limit, moved.quantity, moved.flags),
            (55_000_000, 4, flags::REDUCE_ONLY)
        );
        let later = changed(&stop(), &typed(None, None, None), &instrument, Some(77))
            .unwrap()
            .unwrap();
        assert_eq!((later.expiry, later.trigger), (77, stop().trigger));
        assert!(changed(&bid(), &typed(None, None, Some("57000")), &instrument, None).is_none());
    }

    #[test]
    fn only_an_order_at_rest_that_becomes_no_larger_at_its_price_should_keep_its_place() {
        let instrument = bitcoin();
        let keeps = |before: OrderTerms, price, quantity| {
            let after = changed(&before, &typed(price, quantity, None), &instrument, None);
            keeps_place(&before, &after.unwrap().unwrap())
        };
        assert!(keeps(bid(), None, Some("0.002")));
        assert!(keeps(bid(), None, Some("0.006")));
        assert!(!keeps(bid(), None, Some("0.007")));
        assert!(!keeps(bid(), Some("59999"), None));
        assert!(!keeps(stop(), None, Some("0.002")));
    }
}
