//! What orders are made with: the account, the market, and what was typed.

use super::{
    error::CommandError,
    session::{alive, Session},
};
use crate::cli::{Global, OrderArguments, OrderSide, SelfTradeChoice};
use cloister_cli::wallet::WalletError;
use cloister_client::{instrument::find, sequencer::Clock};
use cloister_client_core::{
    amount::{money, AmountError, Decimal},
    instrument::TradedInstrument,
    order::OrderBounds,
    stop::Condition,
    trader::OrderTerms,
};
use cloister_ledger::{instruction::flags, Side};
use cloister_sequencer_rpc::types::{AccountInfo, InstrumentInfo, Market};
use cloister_types::{InstrumentId, Price};
use std::collections::BTreeMap;

/// What was typed of an order, read before anybody is asked.
pub(super) struct Typed {
    quantity: Decimal,
    price: Option<Decimal>,
    trigger: Option<(Condition, Decimal)>,
    max_fee: Option<u64>,
}

impl Typed {
    pub(super) fn read(order: &OrderArguments) -> Result<Self, AmountError> {
        let stop = order.stop_at.as_deref().map(|at| (Condition::Stop, at));
        let profit = order.take_profit_at.as_deref().map(|at| (Condition::TakeProfit, at));
        let trigger = stop
            .or(profit)
            .map(|(condition, at)| Ok::<_, AmountError>((condition, at.parse()?)));
        Ok(Self {
            quantity: order.quantity.parse()?,
            price: order.price.as_deref().map(str::parse::<Decimal>).transpose()?,
            trigger: trigger.transpose()?,
            max_fee: order.max_fee.as_deref().map(money).transpose()?,
        })
    }
}

/// An account with the market that it trades in.
pub(super) struct Desk {
    pub(super) session: Session,
    pub(super) clock: Clock,
    pub(super) market: Market,
    /// As it was when the command began.
    pub(super) account: AccountInfo,
    instruments: BTreeMap<String, TradedInstrument>,
}

impl Desk {
    pub(super) async fn open(global: &Global) -> Result<Self, CommandError> {
        let (session, clock) = Session::with_sequencer(global).await?;
        let market = session.sequencer.market().await?;
        let account = session.sequencer.account(&session.trader).await?;
        Ok(Self {
            session,
            clock,
            market,
            account,
            instruments: BTreeMap::new(),
        })
    }

    /// An instrument by name or number.
    pub(super) async fn instrument(&mut self, wanted: &str) -> Result<TradedInstrument, CommandError> {
        if let Some(found) = self.instruments.get(wanted) {
            return Ok(found.clone());
        }
        let found = find(&self.session.chain, self.session.trader.group, wanted).await?;
        self.instruments.insert(wanted.to_owned(), found.clone());
        Ok(found)
    }

    pub(super) fn bounds(&self, instrument: &TradedInstrument) -> Result<OrderBounds, CommandError> {
        Ok(bounds(&self.market, listed(&self.market, instrument)?))
    }

    /// The terms of an order, which are good as far as can be said before it is sent.
    pub(super) fn terms(
        &self,
        order: &OrderArguments,
        typed: &Typed,
        instrument: &TradedInstrument,
    ) -> Result<OrderTerms, CommandError> {
        let bounds = self.bounds(instrument)?;
        let side = side(order.side);
        let trigger = match &typed.trigger {
            Some((condition, at)) => Some(condition.trigger(side, Price(instrument.lot.price(at)?))),
            None => None,
        };
        let limit = match (&typed.price, trigger, side) {
            (Some(price), _, _) => instrument.lot.price(price)?,
            (None, Some(trigger), _) => instrument.limit_behind(side, trigger),
            (None, None, Side::Buy) => bounds.highest,
            (None, None, Side::Sell) => bounds.lowest,
        };
        let terms = OrderTerms {
            instrument_id: instrument.id,
            side,
            limit,
            quantity: instrument.lots(&typed.quantity)?,
            flags: flags_of(order),
            trigger,
            expiry: self.expiry(order.expires_in),
            max_fee: typed.max_fee.unwrap_or_else(|| instrument.fee_allowance(limit)),
        };
        instrument.check(&terms, &bounds)?;
        Ok(terms)
    }

    /// Until when an order is signed that works for a time from now on.
    pub(super) fn expiry(&self, works_for: u64) -> u64 {
        expiry(self.clock.now(), self.market.settlement_slack, works_for)
    }

    /// Takes an id whose slot no order of the account has, durably.
    pub(super) fn take_id(&mut self) -> Result<u64, WalletError> {
        self.session.wallet.take_id_beside(&alive(&self.account))
    }
}

pub(super) fn side(side: OrderSide) -> Side {
    match side {
        OrderSide::Buy => Side::Buy,
        OrderSide::Sell => Side::Sell,
    }
}

fn flags_of(order: &OrderArguments) -> u8 {
    let set = [
        (order.reduce_only, flags::REDUCE_ONLY),
        (order.post_only, flags::POST_ONLY),
        (order.ioc || (order.market && !order.fok), flags::IMMEDIATE_OR_CANCEL),
        (order.fok, flags::FILL_OR_KILL),
        (order.self_trade == SelfTradeChoice::Oldest, flags::SELF_TRADE_OLDEST),
        (order.self_trade == SelfTradeChoice::Both, flags::SELF_TRADE_BOTH),
    ];
    set.iter().filter(|(on, _)| *on).fold(0, |all, (_, flag)| all | flag)
}

/// Until when an order is signed that works for a time: the exchange takes it out of the book its slack before the
/// expiry.
fn expiry(now: u64, slack: u64, works_for: u64) -> u64 {
    now.saturating_add(slack).saturating_add(works_for)
}

/// What the sequencer says of an instrument.
pub(super) fn listed<'a>(
    market: &'a Market,
    instrument: &TradedInstrument,
) -> Result<&'a InstrumentInfo, CommandError> {
    let own = |info: &&InstrumentInfo| info.instrument_id == InstrumentId(instrument.id);
    let listed = market.instruments.iter().find(own);
    listed.ok_or_else(|| CommandError::NotServed(instrument.name.clone()))
}

pub(super) fn bounds(market: &Market, info: &InstrumentInfo) -> OrderBounds {
    OrderBounds {
        mark: info.mark,
        lowest: info.lowest_price.get(),
        highest: info.highest_price.get(),
        fee_rate: market.maker_fee.max(market.taker_fee).min(market.fee_cap),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Entry, Line};
    use clap::Parser;

    fn typed(line: &str) -> OrderArguments {
        match Line::try_parse_from(line.split_whitespace()).map(|line| line.entry) {
            Ok(Entry::Order(order)) => order,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn an_order_should_work_for_the_time_that_was_typed() {
        // The exchange takes it out of the book a slack of 60 s before it expires.
        let (now, slack) = (1_790_000_000_000, 60_000);
        for works_for in [1_000, 30_000, 65_000, 3_600_000] {
            assert_eq!(expiry(now, slack, works_for) - slack, now + works_for);
        }
    }

    #[test]
    fn options_should_be_the_flags_that_are_signed() {
        let common = "order sell --instrument 1 --quantity 1";
        for (options, expected) in [
            ("--price 1", 0),
            ("--price 1 --self-trade newest", 0),
            ("--price 1 --self-trade oldest", flags::SELF_TRADE_OLDEST),
            (
                "--price 1 --self-trade both --post-only",
                flags::SELF_TRADE_BOTH | flags::POST_ONLY,
            ),
            ("--market", flags::IMMEDIATE_OR_CANCEL),
            ("--market --fok", flags::FILL_OR_KILL),
            (
                "--market --stop-at 5 --reduce-only",
                flags::IMMEDIATE_OR_CANCEL | flags::REDUCE_ONLY,
            ),
        ] {
            assert_eq!(flags_of(&typed(&format!("{common} {options}"))), expected, "{options}");
        }
    }

    #[test]
    fn a_stop_and_a_take_profit_should_be_told_apart() {
        let common = "order sell --instrument 1 --quantity 1 --price 1";
        for (options, expected) in [
            ("", None),
            ("--stop-at 58000.5", Some((Condition::Stop, "58000.5"))),
            ("--take-profit-at 66000", Some((Condition::TakeProfit, "66000"))),
        ] {
            let typed = Typed::read(&typed(&format!("{common} {options}"))).unwrap();
            let expected = expected.map(|(condition, at)| (condition, at.parse().unwrap()));
            assert_eq!(typed.trigger, expected, "{options}");
        }
        let odd = typed(&format!("{common} --stop-at 1e3"));
        assert_eq!(Typed::read(&odd).err(), Some(AmountError::Syntax("1e3".into())));
        for both in ["--stop-at 1 --take-profit-at 2", "--self-trade none"] {
            let line = format!("{common} {both}");
            assert!(Line::try_parse_from(line.split_whitespace()).is_err(), "{both}");
        }
    }
}
