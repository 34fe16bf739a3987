//! What an order that was taken did, in words, and how its command ends.

use super::outcome::Outcome;
use cloister_client_core::{instrument::TradedInstrument, stop::direction, trader::OrderTerms};
use cloister_sequencer_rpc::types::{AcceptedInfo, BrokenRule, DropReason};
use cloister_types::Lots;

/// An order as its trader knows it.
pub(super) struct Sent<'a> {
    pub(super) id: u64,
    pub(super) terms: &'a OrderTerms,
    pub(super) instrument: &'a TradedInstrument,
    /// Nothing was said of its price.
    pub(super) market: bool,
}

/// Says what an order did, line by line.
pub(super) fn lines(sent: &Sent<'_>, accepted: &AcceptedInfo) -> Vec<String> {
    let (lot, market) = (&sent.instrument.lot, sent.market);
    let quantity = |lots: Lots| lot.quantity(lots.get());
    let mut lines = Vec::new();
    match sent.terms.trigger.filter(|_| accepted.waits) {
        Some(trigger) => lines.push(format!(
            "order {}: {} waits for a mark {} {}",
            sent.id,
            lot.quantity(sent.terms.quantity),
            direction(trigger),
            lot.unit_price(trigger.price().get())
        )),
        None => lines.push(format!(
            "order {}: {} filled, {} at rest",
            sent.id,
            quantity(accepted.filled),
            quantity(accepted.resting)
        )),
    }
    for removed in &accepted.removed {
        lines.push(format!(
            "order {} left the book: {}",
            removed.id,
            reason(removed.reason, market)
        ));
    }
    if let Some(why) = accepted.dropped {
        let rest = if accepted.filled.is_zero() {
            "nothing of it was filled"
        } else {
            "the rest was dropped"
        };
        lines.push(format!("{rest}: {}", reason(why, market)));
    }
    for fill in &accepted.fills {
        let price = lot.unit_price(fill.price.get());
        lines.push(format!("  {} at {price}", quantity(fill.quantity)));
    }
    lines
}

/// Why lots were dropped, in words.
pub(super) fn reason(why: DropReason, market: bool) -> String {
    match why {
        DropReason::Immediate if market => "the book has no order inside the price band to trade with".into(),
        DropReason::Immediate => "the book has no order at its price or better".into(),
        DropReason::SelfTrade => "it would have traded against an order of the same account".into(),
        DropReason::NothingToReduce => "there is no position left that it could reduce".into(),
        DropReason::Rule(BrokenRule::Equity) => "the account owes more than it has".into(),
        DropReason::Rule(rule) => format!("a rule of the exchange stops it: {rule}"),
        DropReason::Cancelled => "it was cancelled".into(),
        DropReason::Expired => "it has expired".into(),
        DropReason::Amended => "another order has taken its place".into(),
        DropReason::NotTrading => "its instrument does not trade any more".into(),
        DropReason::WouldCross => "it fired, and would have traded at once although it is post-only".into(),
        DropReason::NotFilledInFull => "it fired, and could not be filled in full".into(),
        DropReason::InsufficientMargin => "it fired, and the margin did not suffice".into(),
        DropReason::MaxFeeTooLow => "it fired, and its maximum fee is too low".into(),
        DropReason::Protected => "the account's protection has stopped its orders in this instrument".into(),
        DropReason::DeadMan => "the dead man's switch was not renewed in time".into(),
        DropReason::Disconnected => "the connection that it should live as long as is gone".into(),
    }
}

/// How an order that was accepted has ended.
pub(super) fn outcome(accepted: &AcceptedInfo, market: bool) -> Outcome {
    match accepted.dropped {
        None => Outcome::Done,
        Some(_) if !accepted.filled.is_zero() || !accepted.resting.is_zero() => Outcome::Part,
        Some(DropReason::Immediate) if market => Outcome::NobodyInBand,
        Some(DropReason::Immediate) => Outcome::NobodyAtPrice,
        Some(_) => Outcome::Rule,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloister_client_core::amount::Lot;
    use cloister_ledger::{Side, Trigger};
    use cloister_risk::Row;
    use cloister_types::Price;
    use std::process::ExitCode;

    fn accepted(filled: u64, resting: u64, dropped: Option<DropReason>) -> AcceptedInfo {
        AcceptedInfo {
            time: 1,
            filled: Lots(filled),
            resting: Lots(resting),
            waits: false,
            dropped,
            removed: Vec::new(),
            fills: Vec::new(),
            bound: false,
            receipt: None,
        }
    }

    #[test]
    fn orders_that_did_nothing_should_end_apart_from_those_that_did_something_and_from_each_other() {
        let immediate = Some(DropReason::Immediate);
        let rule = Some(DropReason::Rule(BrokenRule::Margin));
        let cases = [
            (accepted(5, 0, None), false, Outcome::Done, 0),
            (accepted(0, 5, None), false, Outcome::Done, 0),
            (accepted(2, 0, immediate), false, Outcome::Part, 5),
            (accepted(2, 0, rule), true, Outcome::Part, 5),
            (accepted(0, 0, immediate), false, Outcome::NobodyAtPrice, 6),
            (accepted(0, 0, immediate), true, Outcome::NobodyInBand, 7),
            (accepted(0, 0, rule), true, Outcome::Rule, 8),
            (accepted(0, 0, Some(DropReason::SelfTrade)), false, Outcome::Rule, 8),
        ];
        for (accepted, market, expected, code) in cases {
            let outcome = outcome(&accepted, market);
            assert_eq!(outcome, expected, "{accepted:?}");
            assert_eq!(ExitCode::from(outcome), ExitCode::from(code));
        }
    }

    #[test]
    fn reasons_should_be_sentences() {
        assert_eq!(
            reason(DropReason::Immediate, true),
            "the book has no order inside the price band to trade with"
        );
        assert_eq!(
            reason(DropReason::Immediate, false),
            "the book has no order at its price or better"
        );
        assert_eq!(
            reason(DropReason::Rule(BrokenRule::Margin), false),
            "a rule of the exchange stops it: the margin would not suffice"
        );
        assert_eq!(
            reason(DropReason::Rule(BrokenRule::Equity), false),
            "the account owes more than it has"
        );
    }

    #[test]
    fn an_order_that_waits_should_say_for_which_mark() {
        let instrument = TradedInstrument {
            group: 1,
            id: 1,
            name: "BTC-PERP".into(),
            lot: Lot(1_000_000),
            row_index: 0,
            row: Row::default(),
            fee_cap: 1_000,
            initial: 333,
        };
        let terms = OrderTerms {
            instrument_id: 1,
            side: Side::Sell,
            limit: 52_000_000,
            quantity: 25,
            flags: 0,
            trigger: Some(Trigger::AtOrBelow(Price(58_000_500))),
            expiry: 1,
            max_fee: 1,
        };
        let sent = Sent {
            id: 21,
            terms: &terms,
            instrument: &instrument,
            market: true,
        };
        let waits = AcceptedInfo {
            waits: true,
            ..accepted(0, 0, None)
        };
        assert_eq!(
            lines(&sent, &waits),
            ["order 21: 0.025 waits for a mark at or below 58000.5"]
        );
        assert_eq!(outcome(&waits, true), Outcome::Done);
        // One whose mark has come meanwhile is an order like any other.
        assert_eq!(
            lines(&sent, &accepted(5, 0, Some(DropReason::Immediate))),
            [
                "order 21: 0.005 filled, 0 at rest",
                "the rest was dropped: the book has no order inside the price band to trade with"
            ]
        );
    }
}
