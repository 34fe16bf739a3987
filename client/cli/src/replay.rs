//! Brings a tape onto the exchange of a development chain: feeds prices, opens accounts, sends the plan's orders, and
//! compares what trades with the tape.

mod error;
mod feeder;

pub use error::ReplayError;
pub use feeder::Feeder;

use crate::{
    progress::Progress,
    tape::{
        plan::{plan, OrderRole, Plan, PlannedOrder},
        prints, Print, TapeTrade,
    },
};
use cloister_client::{
    chain::{Chain, ChainError, Until},
    funding::fund,
    instrument::{find, FindInstrumentError},
    oracle::feeds_of,
    seal::SealProver,
    sequencer::{SequencerClient, SequencerError},
    trader::{self, now, owner_of},
};
use cloister_client_core::{
    amount::{show_money, Decimal},
    instrument::TradedInstrument,
    keys::{entropy, TraderKeys},
    trader::{OrderTerms, Trader},
};
use cloister_ledger::SignedInstruction;
use cloister_receipts::{instruction_hash, Hash as ReceiptHash};
use cloister_runtime::{
    configs::cloister::{OpenFee, QueueFee},
    Hash,
};
use cloister_sequencer_rpc::{
    types::{AcceptedInfo, FillInfo, SideName},
    ErrorCode,
};
use cloister_types::{InstrumentId, Lots, Price};
use futures::future::try_join_all;
use indicatif::ProgressBar;
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

/// How long the risk table, opens and prices may take to arrive.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks at something that is waited for.
const POLL: Duration = Duration::from_millis(500);
/// What the bar says while orders are sent.
const SENDING: &str = "sending orders";
/// How long the sequencer may hold an order back while it proves.
const BUSY_PATIENCE: Duration = Duration::from_secs(600);
/// Pause after more orders than an account may send.
const PAUSE: Duration = Duration::from_millis(50);
/// How long an order of a replay is good, milliseconds.
const ORDER_LIFE: u64 = 3_600_000;
/// A deposit is this many times the initial margin of the largest exposure, because prices move.
const DEPOSIT_MARGINS: u64 = 2;
/// Number of items of the queue for whose fee an owner is funded: the open, and one that it may ask for later.
const ASKS: u64 = 2;
/// A deposit is a whole multiple of this, and not zero: 1,000 of the settlement asset.
const DEPOSIT_STEP: u64 = 1_000_000_000;

/// What a replay did.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// Accounts that took part.
    pub traders: Vec<Trader>,
    /// How long the proof of each seal took.
    pub sealing: Vec<Duration>,
    /// Block in which their owners were funded by minting; from here on nothing may be made or lost.
    pub funded_at: Hash,
    /// Orders sent.
    pub orders: usize,
    /// Fills made; as many as the tape has trades.
    pub fills: usize,
    /// Lots traded.
    pub volume_lots: u64,
    /// Price times lots over all fills, 10^-6.
    pub notional: u128,
}

/// Accounts that were opened for a plan.
#[derive(Clone, Debug)]
pub struct OpenedAccounts {
    /// The accounts.
    pub traders: Vec<Trader>,
    /// How long the proof of each seal took.
    pub sealing: Vec<Duration>,
    /// Block in which their owners were funded.
    pub funded_at: Hash,
}

/// A market that is ready for a tape.
#[derive(Debug)]
pub struct ReplayMarket {
    /// The chain.
    pub chain: Chain,
    /// The sequencer.
    pub sequencer: SequencerClient,
    /// The instrument.
    pub instrument: TradedInstrument,
    /// Feeds the instrument's price.
    pub feeder: Feeder,
    /// Tells people what happens.
    pub progress: Progress,
    /// Hashes of the instructions that the sequencer took from this market, each of which has a receipt (Q-RECEIPT).
    pub taken: BTreeSet<ReceiptHash>,
}

impl ReplayMarket {
    /// Feeds the instrument's first price and waits until it can trade. Orders go to the node's sequencer.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub async fn prepare(
        chain: &Chain,
        group: u32,
        instrument: &str,
        price: Decimal,
        progress: Progress,
    ) -> Result<Self, ReplayError> {
        Self::prepare_at(chain, SequencerClient::of(chain), group, instrument, price, progress).await
    }

    /// The same, with orders that go to `sequencer`.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub async fn prepare_at(
        chain: &Chain,
        sequencer: SequencerClient,
        group: u32,
        instrument: &str,
        price: Decimal,
        progress: Progress,
    ) -> Result<Self, ReplayError> {
        let feeds = feeds_of(chain, group).await?;
        let feeder = Feeder::start(chain, feeds, price, progress.clone()).await?;
        progress.say(format!("the oracle is fed with {price}"));
        let begin = Instant::now();
        let instrument = loop {
            match find(chain, group, instrument).await {
                Ok(found) => break found,
                Err(FindInstrumentError::Chain(ChainError::Absent(_)) | FindInstrumentError::NotInTable(_))
                    if begin.elapsed() < PATIENCE =>
                {
                    tokio::time::sleep(POLL).await;
                }
                Err(e) => return Err(e.into()),
            }
        };
        let mut market = Self {
            chain: chain.clone(),
            sequencer,
            instrument,
            feeder,
            progress: progress.clone(),
            taken: BTreeSet::new(),
        };
        market.follow(price).await?;
        market.sequencer.checked(group).await?;
        let lot = market.instrument.lot.size();
        progress.say(format!(
            "{} trades in lots of {lot}, mark {}",
            market.instrument.name,
            market.show(market.instrument.mark())
        ));
        Ok(market)
    }

    fn instrument_id(&self) -> InstrumentId {
        self.instrument.id.into()
    }

    /// A price per lot as the price of one unit of the underlying.
    pub fn show(&self, price: u64) -> Decimal {
        self.instrument.lot.unit_price(price)
    }

    /// Feeds another price, and waits until chain and sequencer have it as the mark.
    ///
    /// # Errors
    /// [`ReplayError::Oracle`], [`ReplayError::MarkStuck`].
    pub async fn move_to(&mut self, price: Decimal) -> Result<(), ReplayError> {
        self.feeder.move_to(price).await?;
        self.follow(price).await
    }

    /// Brings the chain's and the sequencer's mark to a price.
    ///
    /// # Errors
    /// [`ReplayError::MarkStuck`].
    async fn follow(&mut self, price: Decimal) -> Result<(), ReplayError> {
        let wanted = self.instrument.lot.price(&price)?;
        let begin = Instant::now();
        loop {
            let table = self.chain.latest_risk_table(self.instrument.group, None).await?;
            self.instrument.refresh(&table)?;
            let market = self.sequencer.market().await;
            let ready = match &market {
                Ok(market) if market.group.get() != self.instrument.group => {
                    return Err(ReplayError::Sequencer(SequencerError::OtherGroup {
                        served: market.group.get(),
                        asked: self.instrument.group,
                    }));
                }
                Ok(market) => market
                    .instruments
                    .iter()
                    .any(|i| i.instrument_id == self.instrument_id() && u64::try_from(i.mark.get()) == Ok(wanted)),
                // It has seen no table yet.
                Err(SequencerError::Refused { .. } | SequencerError::Absent) => false,
                Err(_) => {
                    market?;
                    false
                }
            };
            if ready && self.instrument.mark() == wanted {
                return Ok(());
            }
            if begin.elapsed() > PATIENCE {
                return Err(ReplayError::MarkStuck(price));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Deposits that cover a plan, one for each of its traders.
    pub fn deposits(&self, plan: &Plan) -> Vec<u64> {
        let margin = self.instrument.margin_per_lot();
        let deposit = |exposure: &u64| {
            let needed = exposure.saturating_mul(margin).saturating_mul(DEPOSIT_MARGINS);
            needed.div_ceil(DEPOSIT_STEP).max(1).saturating_mul(DEPOSIT_STEP)
        };
        plan.exposure.iter().map(deposit).collect()
    }

    /// Opens an account for each deposit. Their owners are funded for it; the secret URIs of these begin with `prefix`
    /// and end with a number. [`known`](Self::known) waits for what is opened here.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub async fn open_accounts(&self, prefix: &str, deposits: &[u64]) -> Result<OpenedAccounts, ReplayError> {
        let mut keys = Vec::with_capacity(deposits.len());
        let mut number = 0;
        while keys.len() < deposits.len() {
            let candidate = TraderKeys::from_seed(&entropy()?, Some(&format!("{prefix}{number}")))?;
            number += 1;
            // An earlier replay on this chain has used the first owners.
            if self
                .chain
                .index_of(self.instrument.group, &owner_of(&candidate), None)
                .await?
                .is_none()
            {
                keys.push(candidate);
            }
        }
        // The queue of a development chain is short. What an owner asks for later costs a fee again.
        let fees = OpenFee::get().saturating_add(QueueFee::get().saturating_mul(ASKS));
        let funds = |deposit: &u64| deposit.saturating_add(fees);
        let owners: Vec<_> = keys
            .iter()
            .zip(deposits)
            .map(|(k, d)| (owner_of(k), funds(d)))
            .collect();
        let total: u128 = owners.iter().map(|(_, funds)| u128::from(*funds)).sum();
        let funded_at = fund(&self.chain, &owners).await?;
        self.progress.say(format!(
            "{} owners are funded with {} in all",
            owners.len(),
            show_money(i128::try_from(total).unwrap_or(i128::MAX))
        ));
        let seals = SealProver::of(&self.chain, None).await?;
        let opens = keys.iter().zip(deposits).map(|(keys, deposit)| {
            let group = self.instrument.group;
            trader::open(&self.chain, &seals, group, keys, *deposit, Until::InBlock)
        });
        let opened = try_join_all(opens).await?;
        let sealing = opened.iter().map(|opened| opened.sealing).collect();
        let traders: Vec<Trader> = opened.into_iter().map(|opened| opened.trader).collect();
        self.progress
            .say(format!("{} accounts are queued for opening", traders.len()));
        Ok(OpenedAccounts {
            traders,
            sealing,
            funded_at,
        })
    }

    /// Waits until the sequencer knows these accounts.
    ///
    /// # Errors
    /// [`ReplayError::Sequencer`].
    pub async fn known(&self, traders: &[Trader]) -> Result<(), ReplayError> {
        for trader in traders {
            self.sequencer.knows(trader, PATIENCE).await?;
        }
        Ok(())
    }

    /// Replays a tape with `accounts` traders and checks every fill.
    ///
    /// # Errors
    /// [`ReplayError`]; the first thing that is not as on the tape.
    pub async fn replay(&mut self, tape: &[TapeTrade], accounts: usize) -> Result<Replayed, ReplayError> {
        let wanted = prints(tape, self.instrument.lot)?;
        let plan = plan(&wanted, accounts)?;
        self.progress
            .say(format!("{} trades need {} orders", wanted.len(), plan.orders.len()));
        let book = self.sequencer.book(self.instrument_id(), 1).await?;
        if !book.bids.is_empty() || !book.asks.is_empty() {
            return Err(ReplayError::BookInUse(self.instrument.name.clone()));
        }
        let OpenedAccounts {
            traders,
            sealing,
            funded_at,
        } = self.open_accounts("//Demo//", &self.deposits(&plan)).await?;
        self.known(&traders).await?;
        self.progress.say("the sequencer knows every account");
        let bar = self.progress.count(SENDING, plan.orders.len() as u64);
        let mut ids = vec![0u64; traders.len()];
        let mut stretch = None;
        let mut ours = Vec::new();
        for (number, order) in plan.orders.iter().enumerate() {
            if stretch != Some(order.stretch) {
                stretch = Some(order.stretch);
                self.stay_in_band(tape, &wanted, &plan.orders[number..], order.stretch)
                    .await?;
            }
            let (Some(trader), Some(id)) = (traders.get(order.trader), ids.get_mut(order.trader)) else {
                continue;
            };
            *id += 1;
            // Fills are made when a taker comes, so its answers have them all, in order.
            let fills = self.send(number, order, trader, *id, &bar).await?;
            ours.extend(fills);
            bar.inc(1);
        }
        drop(bar);
        compare(&wanted, &ours)?;
        self.progress
            .say(format!("the trades are the tape, {} of {}", ours.len(), wanted.len()));
        Ok(Replayed {
            traders,
            sealing,
            funded_at,
            orders: plan.orders.len(),
            fills: ours.len(),
            volume_lots: ours.iter().map(|t| t.quantity.get()).sum(),
            notional: ours.iter().map(|t| t.price.times(t.quantity).get()).sum(),
        })
    }

    /// Sends an instruction, again and again while the sequencer waits for its proofs.
    ///
    /// # Errors
    /// [`SequencerError`].
    pub async fn submit(
        &mut self,
        signed: &SignedInstruction,
        bar: &ProgressBar,
    ) -> Result<AcceptedInfo, SequencerError> {
        let begin = Instant::now();
        loop {
            match self.sequencer.submit(signed).await {
                Err(e) if e.is(ErrorCode::Busy) && begin.elapsed() < BUSY_PATIENCE => {
                    bar.set_message("waiting for earlier proofs");
                }
                // Orders of few accounts come faster than an account may send them.
                Err(e) if e.is(ErrorCode::TooManyRequests) && begin.elapsed() < BUSY_PATIENCE => {
                    tokio::time::sleep(PAUSE).await;
                }
                // Or cause more proven units than they have paid for yet.
                Err(e) if e.is(ErrorCode::UnitBudget) && begin.elapsed() < BUSY_PATIENCE => {
                    tokio::time::sleep(POLL).await;
                }
                other => {
                    bar.set_message(SENDING);
                    let accepted = other?;
                    self.taken.insert(instruction_hash(signed));
                    return Ok(accepted);
                }
            }
        }
    }

    /// Moves the mark if prices of the stretch come near the edge of the band.
    async fn stay_in_band(
        &mut self,
        tape: &[TapeTrade],
        wanted: &[Print],
        rest: &[PlannedOrder],
        stretch: usize,
    ) -> Result<(), ReplayError> {
        let orders = rest.iter().take_while(|o| o.stretch == stretch);
        let trades: Vec<usize> = orders.flat_map(|o| o.fills.iter().copied()).collect();
        let price = |i: &usize| wanted.get(*i).map_or(0, |p| p.price);
        let inside = |instrument: &TradedInstrument, tenths: u64| {
            let room = instrument.row.band.get() / 10 * tenths;
            trades.iter().all(|i| price(i).abs_diff(instrument.mark()) <= room)
        };
        if inside(&self.instrument, 8) {
            return Ok(());
        }
        let Some(next) = trades.first().and_then(|i| tape.get(*i)) else {
            return Ok(());
        };
        self.progress
            .say(format!("the mark follows the tape to {}", next.price));
        self.move_to(next.price).await?;
        if inside(&self.instrument, 10) {
            return Ok(());
        }
        let (low, high) = self.instrument.band();
        let outside = trades
            .iter()
            .copied()
            .find(|i| !(low..=high).contains(&price(i)))
            .unwrap_or_default();
        let show = |per_lot: u64| self.show(per_lot).to_string();
        Err(ReplayError::BeyondBand {
            trade: outside + 1,
            price: show(price(&outside)),
            low: show(low),
            high: show(high),
        })
    }

    async fn send(
        &mut self,
        number: usize,
        order: &PlannedOrder,
        trader: &Trader,
        id: u64,
        bar: &ProgressBar,
    ) -> Result<Vec<FillInfo>, ReplayError> {
        let terms = OrderTerms {
            instrument_id: self.instrument.id,
            side: order.side,
            limit: order.limit,
            quantity: order.lots,
            flags: order.role.flags(),
            trigger: None,
            expiry: now() + ORDER_LIFE,
            // A sweep that sells fills above its limit first; the allowance of its best price covers every fill.
            max_fee: self
                .instrument
                .fee_allowance(order.limit.max(self.instrument.mark() + self.instrument.row.band.get())),
        };
        let accepted = self.submit(&trader.order(id, &terms), bar).await?;
        let expected = if order.role == OrderRole::Taker { order.lots } else { 0 };
        let (filled, resting) = (accepted.filled.get(), accepted.resting.get());
        if filled != expected || filled + resting != order.lots {
            return Err(ReplayError::OtherFill {
                number: number + 1,
                filled,
                resting,
                expected,
            });
        }
        Ok(accepted.fills)
    }
}

/// Compares what the takers traded with the tape, one by one.
fn compare(wanted: &[Print], found: &[FillInfo]) -> Result<(), ReplayError> {
    let count = wanted.len().max(found.len());
    for i in 0..count {
        let expected = wanted.get(i).map(|p| (Price(p.price), Lots(p.lots), p.taker.into()));
        let real = found.get(i).map(|fill| (fill.price, fill.quantity, fill.side));
        if expected != real {
            let show = |what: Option<(Price, Lots, SideName)>| match what {
                Some((price, lots, side)) => {
                    format!("{lots} lots at {}, taker {side:?}", show_money(price.get().into()))
                }
                None => "none".into(),
            };
            return Err(ReplayError::OtherTrade {
                trade: i + 1,
                found: show(real),
                expected: show(expected),
            });
        }
    }
    Ok(())
}
