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
use cloister_ledger::{instruction::flags, Side};
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
const PRICE: &str = "60000";
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
    trades: u64,
    /// Goes on feeding prices.
    _feeder: Feeder,
}

/// Seed of a trader, in hexadecimal, and its owner, as a wallet takes them.
pub fn wallet_of(number: u8) -> (String, String) {
    (hex::encode([number; 32]), format!("//Zombienet//{number}"))
}

fn keys(number: u8) -> TraderKeys {
    TraderKeys::from_seed(&[number; 32], Some(&wallet_of(number).1)).expect("the URI is well-formed")
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
        let price: Decimal = PRICE.parse().expect("a price");
        let feeds = feeds_of(chain, GROUP).await.expect("the group's feeds");
        let feeder = Feeder::start(chain, feeds, price, Progress::quiet())
            .await
            .expect("fed");
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
            trades: 0,
            _feeder: feeder,
        }
    }

    /// The second trader sells lots to the first, above the mark: one gains what the other loses.
    ///
    /// # Panics
    /// The sequencer does not acknowledge all of it.
    pub async fn trade(&mut self, lots: u64) {
        let price = self.instrument.mark() + self.instrument.mark() / 100;
        let terms = |side, flags| OrderTerms {
            instrument_id: self.instrument.id,
            side,
            limit: price,
            quantity: lots,
            flags,
            trigger: None,
            expiry: now() + HOUR,
            max_fee: self.instrument.fee_allowance(price),
        };
        self.trades += 1;
        let sell = self.traders[1].order(self.trades, &terms(Side::Sell, flags::POST_ONLY));
        let buy = self.traders[0].order(self.trades, &terms(Side::Buy, flags::IMMEDIATE_OR_CANCEL));
        let accepted = self.sequencer.submit(&sell).await.expect("taken");
        assert_eq!(accepted.resting, Lots(lots));
        let accepted = self.sequencer.submit(&buy).await.expect("taken");
        assert_eq!((accepted.filled, accepted.fills.len()), (Lots(lots), 1));
        // What the buyer pays and what both have is as acknowledged; the seller hears of its fee in its account only.
        let cost = i128::from(price) * i128::from(lots);
        let fee = accepted.fills[0].fee.signed().expect("small").get();
        let buyer = self.acknowledged[0];
        let before = self.acknowledged[1];
        let seller = self.sequencer.account(&self.traders[1]).await.expect("shown");
        let earned = seller.cash.get() - before.cash.get();
        assert!((cost - fee..=cost).contains(&earned), "{earned} for {cost}");
        let lots = i64::try_from(lots).expect("few");
        self.acknowledged = vec![
            Acknowledged {
                cash: Money(buyer.cash.get() - cost - fee),
                lots: Position(buyer.lots.get() + lots),
            },
            Acknowledged {
                cash: seller.cash,
                lots: Position(before.lots.get() - lots),
            },
        ];
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
