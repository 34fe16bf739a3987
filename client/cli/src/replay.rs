//! Brings a tape onto the exchange of a development chain: feeds prices, opens accounts, sends the plan's orders, and
//! compares the public trades with the tape.

use crate::{
    progress::Progress,
    tape::{
        plan::{plan, OrderRole, Plan, PlanError, PlannedOrder},
        prints, Print, PrintError, TapeTrade,
    },
};
use cloister_client::{
    chain::{Chain, ChainError, Until},
    funding::fund,
    instrument::{find, FindInstrumentError},
    oracle::{self, feeds_of, OracleError},
    seal::{SealError, SealProver},
    sequencer::{SequencerClient, SequencerError},
    trader::{self, now, owner_of, TraderError},
};
use cloister_client_core::{
    amount::{show_money, AmountError, Decimal},
    instrument::{NotInTable, TradedInstrument},
    keys::{entropy, EntropyError, TraderKeys},
    owner::OwnerUriError,
    trader::{OrderTerms, Trader},
};
use cloister_ledger::{instruction::flags, SignedInstruction};
use cloister_runtime::{
    configs::{
        cloister::{OpenFee, QueueFee},
        oracle::FeedId,
    },
    Hash,
};
use cloister_sequencer_rpc::{
    types::{AcceptedInfo, SideName, Trade as PublicTrade},
    ErrorCode,
};
use cloister_types::{InstrumentId, Lots, Price};
use futures::future::try_join_all;
use indicatif::ProgressBar;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How often prices are fed again, so that the chain never calls them stale.
const FEED_EVERY: Duration = Duration::from_secs(20);
/// How long the risk table, opens and prices may take to arrive.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks at something that is waited for.
const POLL: Duration = Duration::from_millis(500);
/// What the bar says while orders are sent.
const SENDING: &str = "sending orders";
/// How long the sequencer may hold an order back while it proves.
const BUSY_PATIENCE: Duration = Duration::from_secs(600);
/// How long an order of a replay is good, milliseconds.
const ORDER_LIFE: u64 = 3_600_000;
/// A deposit is this many times the initial margin of the largest exposure, because prices move.
const DEPOSIT_MARGINS: u64 = 2;
/// A deposit is a whole multiple of this, and not zero: 1,000 of the settlement asset.
const DEPOSIT_STEP: u64 = 1_000_000_000;

/// Why a tape cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The chain refuses or cannot be asked.
    #[error("{0}")]
    Chain(#[from] ChainError),
    /// The sequencer refuses or cannot be asked.
    #[error("{0}")]
    Sequencer(#[from] SequencerError),
    /// An account cannot be opened.
    #[error("{0}")]
    Trader(#[from] TraderError),
    /// The name of an owner is not understood.
    #[error("{0}")]
    Owner(#[from] OwnerUriError),
    /// Keys cannot be made.
    #[error("{0}")]
    Entropy(#[from] EntropyError),
    /// The oracle takes no prices.
    #[error("the oracle: {0}")]
    Oracle(#[from] OracleError),
    /// Seals cannot be proven.
    #[error("{0}")]
    Seal(#[from] SealError),
    /// The instrument cannot be used.
    #[error("{0}")]
    Instrument(#[from] FindInstrumentError),
    /// The instrument has left the risk table.
    #[error("{0}")]
    NotInTable(#[from] NotInTable),
    /// A price does not fit the instrument.
    #[error("{0}")]
    Amount(#[from] AmountError),
    /// The tape does not fit the instrument's lot.
    #[error("{0}")]
    Print(#[from] PrintError),
    /// The tape cannot be planned.
    #[error("{0}")]
    Plan(#[from] PlanError),
    /// The tape is empty.
    #[error("the tape holds no trades")]
    Empty,
    /// The book holds orders of others, which would trade with the tape.
    #[error("the book of {0} is not empty; a replay needs it alone")]
    BookInUse(String),
    /// The book's prices jump further in one stretch than the band allows.
    #[error(
        "trade {trade} of the tape is at {price}, outside the band {low} to {high} although the mark follows the tape"
    )]
    BeyondBand {
        /// Number of the trade, from 1.
        trade: usize,
        /// Its price per lot, in the settlement asset.
        price: String,
        /// Lowest price per lot.
        low: String,
        /// Highest price per lot.
        high: String,
    },
    /// The chain's mark did not follow.
    #[error("the chain's mark did not come to {0} within two minutes; does another operator feed prices?")]
    MarkStuck(Decimal),
    /// An order did something other than what the plan says.
    #[error("order {number} of the plan filled {filled} lots and left {resting}, the tape says {expected}")]
    OtherFill {
        /// Number of the order, from 1.
        number: usize,
        /// Lots that it filled.
        filled: u64,
        /// Lots that came to rest.
        resting: u64,
        /// Lots that it should have filled.
        expected: u64,
    },
    /// The public trades are not the tape.
    #[error("trade {trade} of the sequencer is {found}, the tape says {expected}")]
    OtherTrade {
        /// Number of the trade, from 1.
        trade: usize,
        /// What the sequencer says.
        found: String,
        /// What the tape says.
        expected: String,
    },
}

/// Feeds the oracle of a development chain for as long as it lives.
#[derive(Debug)]
pub struct Feeder {
    chain: Chain,
    feeds: Vec<FeedId>,
    price: watch::Sender<Decimal>,
    task: tokio::task::JoinHandle<()>,
}

impl Feeder {
    /// Feeds a price now, and again before the chain calls it stale.
    ///
    /// # Errors
    /// The first feeding failed.
    pub async fn start(
        chain: &Chain,
        feeds: Vec<FeedId>,
        price: Decimal,
        progress: Progress,
    ) -> Result<Self, OracleError> {
        oracle::feed(chain, &feeds, &price).await?;
        let (sender, receiver) = watch::channel(price);
        let (again, names) = (chain.clone(), feeds.clone());
        let task = tokio::spawn(async move {
            loop {
                tokio::time::sleep(FEED_EVERY).await;
                let price = *receiver.borrow();
                if let Err(e) = oracle::feed(&again, &names, &price).await {
                    progress.say(format!("feeding the oracle failed and will be tried again: {e}"));
                }
            }
        });
        Ok(Self {
            chain: chain.clone(),
            feeds,
            price: sender,
            task,
        })
    }

    /// Feeds another price from now on.
    ///
    /// # Errors
    /// [`OracleError`].
    pub async fn move_to(&self, price: Decimal) -> Result<(), OracleError> {
        self.price.send_replace(price);
        oracle::feed(&self.chain, &self.feeds, &price).await
    }
}

impl Drop for Feeder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

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
}

impl ReplayMarket {
    /// Feeds the instrument's first price and waits until it can trade.
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
        let sequencer = SequencerClient::of(chain);
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
        };
        market.follow(price).await?;
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

    fn show(&self, price: u64) -> Decimal {
        self.instrument.lot.unit_price(price)
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

    /// Opens accounts with deposits that cover the plan, and waits until the sequencer knows them.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub async fn open_accounts(&self, plan: &Plan) -> Result<OpenedAccounts, ReplayError> {
        let margin = self.instrument.margin_per_lot();
        let deposit = |exposure: &u64| {
            let needed = exposure.saturating_mul(margin).saturating_mul(DEPOSIT_MARGINS);
            needed.div_ceil(DEPOSIT_STEP).max(1).saturating_mul(DEPOSIT_STEP)
        };
        let deposits: Vec<u64> = plan.exposure.iter().map(deposit).collect();
        let mut keys = Vec::with_capacity(deposits.len());
        let mut number = 0;
        while keys.len() < deposits.len() {
            let candidate = TraderKeys::from_seed(&entropy()?, Some(&format!("//Demo//{number}")))?;
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
        // The queue of a development chain is short.
        let fees = OpenFee::get().saturating_add(QueueFee::get());
        let funds = |deposit: &u64| deposit.saturating_add(fees);
        let owners: Vec<_> = keys
            .iter()
            .zip(&deposits)
            .map(|(k, d)| (owner_of(k), funds(d)))
            .collect();
        let total: u128 = owners.iter().map(|(_, funds)| u128::from(*funds)).sum();
        let funded_at = fund(&self.chain, &owners).await?;
        self.progress.say(format!(
            "{} owners are funded with {} in all",
            owners.len(),
            show_money(total as i128)
        ));
        let seals = SealProver::of(&self.chain, None).await?;
        let opens = keys.iter().zip(&deposits).map(|(keys, deposit)| {
            let group = self.instrument.group;
            trader::open(&self.chain, &seals, group, keys, *deposit, Until::InBlock)
        });
        let opened = try_join_all(opens).await?;
        let sealing = opened.iter().map(|opened| opened.sealing).collect();
        let traders: Vec<Trader> = opened.into_iter().map(|opened| opened.trader).collect();
        self.progress
            .say(format!("{} accounts are queued for opening", traders.len()));
        for trader in &traders {
            self.sequencer.knows(trader, PATIENCE).await?;
        }
        self.progress.say("the sequencer knows every account");
        Ok(OpenedAccounts {
            traders,
            sealing,
            funded_at,
        })
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
        let first_trade = self
            .sequencer
            .trades(0)
            .await?
            .last()
            .map_or(0, |last| last.id.saturating_add(1));
        let OpenedAccounts {
            traders,
            sealing,
            funded_at,
        } = self.open_accounts(&plan).await?;
        let bar = self.progress.count(SENDING, plan.orders.len() as u64);
        let mut ids = vec![0u64; traders.len()];
        let mut stretch = None;
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
            self.send(number, order, trader, *id, &bar).await?;
            bar.inc(1);
        }
        drop(bar);
        let trades = self.sequencer.trades(first_trade).await?;
        let ours: Vec<_> = trades
            .iter()
            .filter(|t| t.instrument_id == self.instrument_id())
            .collect();
        compare(&wanted, &ours)?;
        self.progress.say(format!(
            "the public trades are the tape, {} of {}",
            ours.len(),
            wanted.len()
        ));
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
    async fn submit(&self, signed: &SignedInstruction, bar: &ProgressBar) -> Result<AcceptedInfo, SequencerError> {
        let begin = Instant::now();
        loop {
            match self.sequencer.submit(signed).await {
                Err(e) if e.is(ErrorCode::Busy) && begin.elapsed() < BUSY_PATIENCE => {
                    bar.set_message("waiting for earlier proofs");
                }
                other => {
                    bar.set_message(SENDING);
                    return other;
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
        self.feeder.move_to(next.price).await?;
        self.follow(next.price).await?;
        if inside(&self.instrument, 10) {
            return Ok(());
        }
        let (low, high) = self.instrument.band();
        let outside = trades
            .iter()
            .copied()
            .find(|i| !(low..=high).contains(&price(i)))
            .unwrap_or_default();
        let show = |amount: u64| show_money(amount.into());
        Err(ReplayError::BeyondBand {
            trade: outside + 1,
            price: show(price(&outside)),
            low: show(low),
            high: show(high),
        })
    }

    async fn send(
        &self,
        number: usize,
        order: &PlannedOrder,
        trader: &Trader,
        id: u64,
        bar: &ProgressBar,
    ) -> Result<(), ReplayError> {
        let flags = match order.role {
            OrderRole::Maker => flags::POST_ONLY,
            OrderRole::Taker => flags::IMMEDIATE_OR_CANCEL,
        };
        let terms = OrderTerms {
            instrument_id: self.instrument.id,
            side: order.side,
            limit: order.limit,
            quantity: order.lots,
            flags,
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
        Ok(())
    }
}

/// Compares the sequencer's public trades with the tape, one by one.
fn compare(wanted: &[Print], found: &[&PublicTrade]) -> Result<(), ReplayError> {
    let count = wanted.len().max(found.len());
    for i in 0..count {
        let expected = wanted.get(i).map(|p| (Price(p.price), Lots(p.lots), p.taker.into()));
        let real = found.get(i).map(|t| (t.price, t.quantity, t.taker_side));
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
