//! `cloister clear`, `dead-man`, `protect` (Q-CONTROL).

use super::{desk::side, error::CommandError, kept, names::Names, outcome::Outcome, session::Session, told::reason};
use crate::cli::{ClearArguments, DeadManArguments, Global, OrdersArguments, ProtectArguments};
use cloister_client::{
    chain::Chain,
    instrument::find,
    sequencer::{Clock, SequencerClient, SequencerError},
};
use cloister_client_core::{
    amount::{AmountError, Decimal},
    trader::Trader,
};
use cloister_ledger::{ControlAction, OrdersIn, ProtectionTerms};
use cloister_sequencer_rpc::{types::AcceptedInfo, ErrorCode};
use cloister_types::{InstrumentId, Lots};
use std::{path::PathBuf, time::Duration};
use tokio::signal::unix::{signal, Signal, SignalKind};

/// How long a control is good, in milliseconds: one that is held up on its way is better not obeyed much later.
const CONTROL_LIFE: u64 = 60_000;
/// How often a control is signed anew because another one of the account came first.
const TRIES: u32 = 5;
/// How often a switch is renewed in the time after which it acts.
const RENEWALS: u64 = 3;
/// Pause before a renewal that failed is tried again.
const RETRY: Duration = Duration::from_millis(500);

/// Signs controls of an account. It does not keep the wallet, which other commands need meanwhile.
struct Hand {
    chain: Chain,
    sequencer: SequencerClient,
    trader: Trader,
    clock: Clock,
    group: u32,
    /// The file of the wallet, beside which receipts are kept.
    wallet: PathBuf,
    /// Number of the account's last control, as far as it is known.
    last: u64,
}

impl Hand {
    async fn open(global: &Global) -> Result<Self, CommandError> {
        let (session, clock) = Session::with_sequencer(global).await?;
        let account = session.sequencer.account(&session.trader).await?;
        Ok(Self {
            wallet: session.wallet.path().to_owned(),
            chain: session.chain,
            sequencer: session.sequencer,
            trader: session.trader,
            clock,
            group: global.group,
            last: account.last_control,
        })
    }

    /// Signs and sends a control, with a higher number if another one of the account came first.
    async fn send(&mut self, action: ControlAction) -> Result<AcceptedInfo, SequencerError> {
        let mut tries = 0;
        loop {
            self.last = self.last.saturating_add(1);
            let expiry = self.clock.now().saturating_add(CONTROL_LIFE);
            let signed = self.trader.control(self.last, action, expiry);
            match self.sequencer.control(&signed).await {
                Err(error) if error.is(ErrorCode::ControlNumber) && tries < TRIES => {
                    tries += 1;
                    self.last = self.sequencer.account(&self.trader).await?.last_control;
                }
                Ok(accepted) => {
                    kept::keep(&self.wallet, self.group, &accepted);
                    return Ok(accepted);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Connects anew, after a connection was lost.
    async fn reconnect(&mut self, global: &Global) -> Result<(), CommandError> {
        self.chain = global.connect().await?;
        self.sequencer = global.sequencer(&self.chain).await?;
        Ok(())
    }

    async fn orders_in(&self, orders: &OrdersArguments) -> Result<OrdersIn, CommandError> {
        let instrument = match &orders.instrument {
            Some(wanted) => Some(InstrumentId(find(&self.chain, self.group, wanted).await?.id)),
            None => None,
        };
        Ok(OrdersIn {
            instrument,
            side: orders.side.map(side),
            waiting: orders.waiting,
        })
    }
}

pub async fn clear(global: &Global, clear: &ClearArguments) -> Result<(), CommandError> {
    let mut hand = Hand::open(global).await?;
    let orders = hand.orders_in(&clear.orders).await?;
    let accepted = hand.send(ControlAction::CancelOrders(orders)).await?;
    say!("orders taken out of the book: {}", accepted.removed.len());
    for removed in &accepted.removed {
        say!("order {} left: {}", removed.id, reason(removed.reason, false));
    }
    Ok(())
}

pub async fn protect(global: &Global, protect: &ProtectArguments) -> Result<(), CommandError> {
    let number = |text: &Option<String>| text.as_deref().map(str::parse::<Decimal>).transpose();
    let (quantity, delta) = (number(&protect.max_quantity)?, number(&protect.max_delta)?);
    let mut hand = Hand::open(global).await?;
    let instrument = find(&hand.chain, hand.group, &protect.instrument).await?;
    let lots = |quantity: Option<Decimal>| -> Result<Lots, AmountError> {
        Ok(Lots(match quantity {
            Some(quantity) => instrument.lots(&quantity)?,
            None => 0,
        }))
    };
    let id = InstrumentId(instrument.id);
    let action = match (protect.reset, protect.off) {
        (true, _) => ControlAction::ResetProtection { instrument: id },
        (_, true) => ControlAction::Protect {
            instrument: id,
            terms: ProtectionTerms::default(),
        },
        _ => ControlAction::Protect {
            instrument: id,
            terms: bounds(lots(quantity)?, lots(delta)?, protect)?,
        },
    };
    let accepted = hand.send(action).await?;
    let name = &instrument.name;
    match (protect.reset, protect.off) {
        (true, _) => say!("the protection in {name} begins anew: orders may rest"),
        (_, true) => say!("orders in {name} are not protected any more"),
        _ => say!("orders at rest in {name} are protected"),
    }
    for removed in &accepted.removed {
        say!("order {} left: {}", removed.id, reason(removed.reason, false));
    }
    Ok(())
}

/// The terms of a protection. 0 would mean none.
fn bounds(max_lots: Lots, max_delta: Lots, protect: &ProtectArguments) -> Result<ProtectionTerms, CommandError> {
    if (max_lots, max_delta) == (Lots::ZERO, Lots::ZERO) {
        return Err(CommandError::NoBound);
    }
    Ok(ProtectionTerms {
        max_lots,
        max_delta,
        window: protect.window.unwrap_or_default(),
        cool_down: protect.pause.unwrap_or_default(),
    })
}

pub async fn dead_man(global: &Global, dead_man: &DeadManArguments) -> Result<Outcome, CommandError> {
    let mut hand = Hand::open(global).await?;
    let Some(after) = dead_man.after else {
        switch_off(&mut hand).await?;
        return Ok(Outcome::Done);
    };
    let orders = hand.orders_in(&dead_man.orders).await?;
    // Heard of before it is set, so that none is missed.
    let mut stop = Stop::listen()?;
    let set_at = hand.clock.now();
    hand.send(ControlAction::DeadMan { after, orders }).await?;
    say!("{}", set(&hand, after, orders, dead_man.once).await?);
    if dead_man.once {
        return Ok(Outcome::Done);
    }
    renew(global, &mut hand, (after, orders), set_at, &mut stop).await?;
    match dead_man.off_at_end {
        true => switch_off(&mut hand).await?,
        false => say!(
            "stopped: the orders leave within {} unless the switch is renewed",
            time(after)
        ),
    }
    Ok(Outcome::Done)
}

/// Sets the switch anew until the command is stopped.
async fn renew(
    global: &Global,
    hand: &mut Hand,
    (after, orders): (u64, OrdersIn),
    mut set_at: u64,
    stop: &mut Stop,
) -> Result<(), CommandError> {
    let mut pause = Duration::from_millis(after / RENEWALS);
    let mut problem = String::new();
    loop {
        tokio::select! {
            () = stop.asked() => return Ok(()),
            () = tokio::time::sleep(pause) => {}
        }
        // It may have acted by now, and would be set again for orders that are gone.
        if has_acted(set_at, after, hand.clock.now()) {
            return Err(CommandError::SwitchActed(problem));
        }
        let sent_at = hand.clock.now();
        match hand.send(ControlAction::DeadMan { after, orders }).await {
            Ok(accepted) if has_acted(set_at, after, accepted.time) => {
                return Err(CommandError::SwitchActed("the renewal came too late".into()));
            }
            Ok(_) => {
                set_at = sent_at;
                pause = Duration::from_millis(after / RENEWALS);
            }
            Err(error) => {
                problem = error.to_string();
                eprintln!("the switch is not renewed, it is tried again: {error}");
                if !error.is_for_now() && error.code().is_some() {
                    return Err(error.into());
                }
                if matches!(error, SequencerError::Call(_)) {
                    // One that is not there yet is tried again.
                    let _ = hand.reconnect(global).await;
                }
                pause = RETRY;
            }
        }
    }
}

/// Whether a switch that was set at a time has acted, by the sequencer's clock.
fn has_acted(set_at: u64, after: u64, now: u64) -> bool {
    now >= set_at.saturating_add(after)
}

async fn switch_off(hand: &mut Hand) -> Result<(), CommandError> {
    let off = ControlAction::DeadMan {
        after: 0,
        orders: OrdersIn::AT_REST,
    };
    hand.send(off).await?;
    say!("the dead man's switch is off");
    Ok(())
}

/// Says what was set.
async fn set(hand: &Hand, after: u64, orders: OrdersIn, once: bool) -> Result<String, CommandError> {
    let names = Names::read(&hand.chain, hand.group).await?;
    let renewed = match once {
        true => String::new(),
        false => format!("; it is renewed every {}", time(after / RENEWALS)),
    };
    Ok(format!(
        "the dead man's switch is set: {} leave after {}{renewed}",
        which(&orders, &names),
        time(after)
    ))
}

/// Which orders are meant, in words.
fn which(orders: &OrdersIn, names: &Names) -> String {
    let side = match orders.side {
        None => "orders",
        Some(cloister_ledger::Side::Buy) => "orders to buy",
        Some(cloister_ledger::Side::Sell) => "orders to sell",
    };
    let of = orders.instrument.map(|id| format!(" of {}", names.name(id)));
    let waiting = if orders.waiting { ", waiting ones too," } else { "" };
    format!("{side}{}{waiting}", of.unwrap_or_default())
}

/// Milliseconds as people read them.
fn time(ms: u64) -> String {
    match ms.is_multiple_of(1_000) {
        true => format!("{} s", ms / 1_000),
        false => format!("{}.{} s", ms / 1_000, (ms % 1_000) / 100),
    }
}

/// Hears of `SIGINT` and `SIGTERM`.
struct Stop {
    interrupted: Signal,
    terminated: Signal,
}

impl Stop {
    fn listen() -> Result<Self, CommandError> {
        Ok(Self {
            interrupted: signal(SignalKind::interrupt()).map_err(CommandError::Signals)?,
            terminated: signal(SignalKind::terminate()).map_err(CommandError::Signals)?,
        })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupted.recv() => {}
            _ = self.terminated.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_should_have_acted_once_its_time_is_over_and_not_before() {
        assert!(!has_acted(1_000, 30_000, 30_999));
        assert!(has_acted(1_000, 30_000, 31_000));
        assert!(!has_acted(u64::MAX, 1, u64::MAX - 1));
    }

    #[test]
    fn times_should_be_shown_in_seconds() {
        assert_eq!(time(30_000), "30 s");
        assert_eq!(time(333), "0.3 s");
        assert_eq!(time(1_666), "1.6 s");
    }

    #[test]
    fn a_protection_without_any_bound_should_not_be_sent() {
        let typed = ProtectArguments {
            instrument: "1".into(),
            max_quantity: Some("0".into()),
            max_delta: None,
            window: Some(1_000),
            pause: None,
            off: false,
            reset: false,
        };
        let refused = bounds(Lots::ZERO, Lots::ZERO, &typed);
        assert!(matches!(refused, Err(CommandError::NoBound)));
        let terms = bounds(Lots(2), Lots::ZERO, &typed).expect("it has one");
        assert_eq!((terms.max_lots, terms.window, terms.cool_down), (Lots(2), 1_000, 0));
    }
}
