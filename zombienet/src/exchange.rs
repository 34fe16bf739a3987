//! An exchange on a network: prices, two traders with open accounts, and what the sequencer acknowledged to them.

use cloister_cli::{progress::Progress, replay::Feeder};
use cloister_client::{
    audit::{audit_batches, recover_trader, AssetHoldings},
    chain::{Chain, ChainError, Until},
    funding::fund,
    instrument::{find, FindInstrumentError},
    oracle::feeds_of,
    seal::SealProver,
    sequencer::{Backlog, SequencerClient},
    trader::{self, now, owner_of},
};
use cloister_client_core::{
    amount::Decimal,
    instrument::TradedInstrument,
    keys::TraderKeys,
    trader::{OrderTerms, Trader},
};
use cloister_ledger::{instruction::flags, Side, SignedInstruction};
use cloister_runtime::Hash;
use cloister_sequencer_rpc::types::BatchInfo;
use cloister_tests::leaving::balance;
use cloister_types::{InstrumentId, Lots, Money, Position};
use futures::future::try_join_all;
use std::{
    future::Future,
    time::{Duration, Instant},
};

/// The margin group of all that happens.
pub const GROUP: u32 = 1;
/// Price of the instrument.
pub const PRICE: &str = "60000";
/// 10,000 of the settlement asset.
const FUNDS: u64 = 10_000_000_000;
/// 5,000 of the settlement asset.
const DEPOSIT: u64 = 5_000_000_000;
/// An hour in milliseconds.
const HOUR: u64 = 3_600_000;
/// How long the sequencer may take: it makes the development parameters on first use.
const READY: Duration = Duration::from_secs(900);
/// How long everything else may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// Between two looks at something that is waited for.
const POLL: Duration = Duration::from_millis(300);

/// What the sequencer has acknowledged of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// Cash after every fill.
    pub cash: Money,
    /// Lots of the instrument.
    pub lots: Position,
}

/// Prices, a sequencer and two traders.
pub struct Exchange {
    /// The traders, whose accounts are open.
    pub traders: Vec<Trader>,
    /// The sequencer.
    pub sequencer: SequencerClient,
    /// What has been acknowledged to each trader.
    pub acknowledged: Vec<Acknowledged>,
    instrument: TradedInstrument,
    /// What the owners held when their accounts were open, 10^-6.
    balances: Vec<u128>,
    money: AssetHoldings,
    /// Number of the last order.
    last_order: u64,
    /// Goes on feeding prices, unless others do.
    _feeder: Option<Feeder>,
}

/// Two orders that trade with each other.
#[derive(Clone, Debug)]
pub struct Orders {
    /// Number of a trader, and its order, which comes to rest.
    pub maker: (usize, SignedInstruction),
    /// Number of another trader, and its order, which meets the one at rest.
    pub taker: (usize, SignedInstruction),
    price: u64,
    lots: u64,
}

/// Seed of a trader, in hexadecimal, and its owner, as a wallet takes them.
pub fn wallet_of(number: u8) -> (String, String) {
    (hex::encode([number; 32]), format!("//Zombienet//{number}"))
}

fn keys(number: u8) -> TraderKeys {
    TraderKeys::from_seed(&[number; 32], Some(&wallet_of(number).1)).expect("the URI is well-formed")
}

fn price() -> Decimal {
    PRICE.parse().expect("a price")
}

/// Asks until there is an answer.
///
/// # Panics
/// It takes too long.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, patience: Duration, ask: impl Fn() -> F) -> T {
    let begin = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(begin.elapsed() < patience, "{what}: not within {patience:?}");
        tokio::time::sleep(POLL).await;
    }
}

impl Exchange {
    /// Feeds prices and opens the accounts by one node, while the sequencer gets ready on another. Prices are fed to
    /// the first for as long as this lives.
    ///
    /// # Panics
    /// Something is refused or takes too long.
    pub async fn open(chain: &Chain, sequencer: &Chain) -> Self {
        let feeds = feeds_of(chain, GROUP).await.expect("the group's feeds");
        let feeder = Feeder::start(chain, feeds, price(), Progress::quiet())
            .await
            .expect("fed");
        Self {
            _feeder: Some(feeder),
            ..Self::open_fed(chain, sequencer).await
        }
    }

    /// The same on a chain whose operators feed [`PRICE`].
    ///
    /// # Panics
    /// Something is refused or takes too long.
    pub async fn open_fed(chain: &Chain, sequencer: &Chain) -> Self {
        let price = price();
        let keys = [keys(1), keys(2)];
        let owners: Vec<_> = keys.iter().map(|keys| (owner_of(keys), FUNDS)).collect();
        // Blocks of several validators may be taken back, so what is built upon is final.
        fund(chain, &owners).await.expect("funded");
        let seals = SealProver::of(chain, None).await.expect("the development parameters");
        let opens = keys
            .iter()
            .map(|keys| trader::open(chain, &seals, GROUP, keys, DEPOSIT, Until::Final));
        let opened = try_join_all(opens).await.expect("opened");
        let traders: Vec<Trader> = opened.into_iter().map(|opened| opened.trader).collect();
        let head = chain.finalized().await.expect("a final block");
        let money = AssetHoldings::at(chain, GROUP, head).await.expect("money");
        let sequencer = SequencerClient::of(sequencer);
        until("the sequencer gets ready", READY, || async {
            sequencer.status().await.ok()
        })
        .await;
        let mut acknowledged = Vec::new();
        let mut balances = Vec::new();
        for trader in &traders {
            let account = sequencer.knows(trader, PATIENCE).await.expect("known");
            assert_eq!(account.cash, Money(DEPOSIT.into()));
            acknowledged.push(Acknowledged {
                cash: account.cash,
                lots: Position(0),
            });
            balances.push(balance(chain, trader).await);
        }
        let instrument = until("the instrument trades", PATIENCE, || trading(chain, &sequencer, &price)).await;
        Self {
            traders,
            sequencer,
            acknowledged,
            instrument,
            balances,
            money,
            last_order: 0,
            _feeder: None,
        }
    }

    /// The instrument as it was when the accounts were open.
    pub fn instrument(&self) -> &TradedInstrument {
        &self.instrument
    }

    /// An order of a trader, with the next number.
    pub fn order(&mut self, trader: usize, side: Side, limit: u64, lots: u64, flags: u8) -> SignedInstruction {
        let terms = OrderTerms {
            instrument_id: self.instrument.id,
            side,
            limit,
            quantity: lots,
            flags,
            trigger: None,
            expiry: now() + HOUR,
            max_fee: self.instrument.fee_allowance(limit),
        };
        self.last_order += 1;
        self.traders[trader].order(self.last_order, &terms)
    }

    /// Orders by which the second trader sells lots to the first, above the mark: one gains what the other loses.
    pub fn orders(&mut self, lots: u64) -> Orders {
        let price = self.instrument.mark() + self.instrument.mark() / 100;
        Orders {
            maker: (1, self.order(1, Side::Sell, price, lots, flags::POST_ONLY)),
            taker: (0, self.order(0, Side::Buy, price, lots, flags::IMMEDIATE_OR_CANCEL)),
            price,
            lots,
        }
    }

    /// The first trader sells lots back to the second at the mark: both close a part of what they have.
    ///
    /// # Panics
    /// The sequencer does not acknowledge all of it.
    pub async fn close(&mut self, lots: u64) {
        let mark = self.instrument.mark();
        let sells = flags::IMMEDIATE_OR_CANCEL | flags::REDUCE_ONLY;
        let orders = Orders {
            maker: (
                1,
                self.order(1, Side::Buy, mark, lots, flags::POST_ONLY | flags::REDUCE_ONLY),
            ),
            taker: (0, self.order(0, Side::Sell, mark, lots, sells)),
            price: mark,
            lots,
        };
        self.send(&orders).await;
    }

    /// Trades new orders of so many lots.
    ///
    /// # Panics
    /// The sequencer does not acknowledge all of it.
    pub async fn trade(&mut self, lots: u64) {
        let orders = self.orders(lots);
        self.send(&orders).await;
    }

    /// Sends orders that trade with each other.
    ///
    /// # Panics
    /// The sequencer does not acknowledge all of it.
    pub async fn send(&mut self, orders: &Orders) {
        let lots = orders.lots;
        let ((maker, rests), (taker, meets)) = (&orders.maker, &orders.taker);
        let accepted = self.sequencer.submit(rests).await.expect("taken");
        assert_eq!(accepted.resting, Lots(lots));
        let accepted = self.sequencer.submit(meets).await.expect("taken");
        assert_eq!((accepted.filled, accepted.fills.len()), (Lots(lots), 1));
        // What the taker pays and what both have is as acknowledged; the maker hears of its fee in its account only.
        let fee = accepted.fills[0].fee.signed().expect("small").get();
        let buys = meets.instruction.side == Side::Buy;
        let sign = |amount: i128| if buys { amount } else { -amount };
        let cost = sign(i128::from(orders.price) * i128::from(lots));
        let lots = sign(i128::from(lots));
        let shown = self.sequencer.account(&self.traders[*maker]).await.expect("shown");
        let before = self.acknowledged[*maker];
        let makers_fee = before.cash.get() + cost - shown.cash.get();
        assert!((0..=fee).contains(&makers_fee), "{makers_fee} of {fee}");
        let held = |before: Position, lots: i128| {
            let held = i128::from(before.get()) + lots;
            Position(i64::try_from(held).expect("few"))
        };
        self.acknowledged[*maker] = Acknowledged {
            cash: shown.cash,
            lots: held(before.lots, -lots),
        };
        let before = self.acknowledged[*taker];
        self.acknowledged[*taker] = Acknowledged {
            cash: Money(before.cash.get() - cost - fee),
            lots: held(before.lots, lots),
        };
    }

    /// What the accounts were opened with, all together, 10^-6.
    pub fn deposited(&self) -> u128 {
        self.traders.iter().map(|_| u128::from(DEPOSIT)).sum()
    }

    /// Waits until something is being settled: proven, or on its way to a final block.
    ///
    /// # Panics
    /// Nothing is, or the sequencer does not answer.
    pub async fn settling(&self) -> Backlog {
        let proving = || async {
            let backlog = self.sequencer.backlog().await.expect("it goes on");
            let now = backlog.status.proving.is_some() || backlog.status.submitting > 0;
            now.then_some(backlog)
        };
        until("a batch is proven", PATIENCE, proving).await
    }

    /// Waits until everything is settled and final for the sequencer's node; returns the last batch.
    ///
    /// # Panics
    /// The sequencer stops making batches, or it takes too long.
    pub async fn settled(&self) -> BatchInfo {
        let status = self.sequencer.settled(PATIENCE, |_| {}).await.expect("settled");
        status.latest.expect("a batch")
    }

    /// Rebuilds everything from a node's chain data up to a block: every proof verifies, both accounts are what the
    /// sequencer acknowledged, their owners hold what they held, and no money was made or lost. Returns the root.
    ///
    /// # Panics
    /// It is not so.
    pub async fn should_be_as_acknowledged(&self, chain: &Chain, head: Hash) -> [u8; 32] {
        let audit = audit_batches(chain, GROUP, head).await.expect("every proof verifies");
        for (number, trader) in self.traders.iter().enumerate() {
            let account = recover_trader(&audit.batches, trader).expect("rebuilt").account;
            let found = Acknowledged {
                cash: account.cash,
                lots: account.positions[self.instrument.row_index],
            };
            assert_eq!(found, self.acknowledged[number], "account {}", trader.index);
            assert_eq!(balance(chain, trader).await, self.balances[number]);
        }
        let money = AssetHoldings::at(chain, GROUP, head).await.expect("money");
        assert!(money.conserved_since(&self.money), "{money:?}");
        audit.root
    }
}

/// The instrument, once chain and sequencer have it at this price.
async fn trading(chain: &Chain, sequencer: &SequencerClient, price: &Decimal) -> Option<TradedInstrument> {
    let instrument = match find(chain, GROUP, "BTC-PERP").await {
        Ok(found) => found,
        Err(FindInstrumentError::Chain(ChainError::Absent(_)) | FindInstrumentError::NotInTable(_)) => return None,
        Err(error) => panic!("{error}"),
    };
    let wanted = instrument.lot.price(price).expect("it fits");
    let known = sequencer.market().await.ok()?.instruments;
    let known = known
        .iter()
        .find(|known| known.instrument_id == InstrumentId(instrument.id))?;
    let same = instrument.mark() == wanted && u64::try_from(known.mark.get()) == Ok(wanted);
    (same && instrument.trades()).then_some(instrument)
}
