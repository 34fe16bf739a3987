//! The running exchange: node, sequencer, prices.

use crate::error::RunError;
use cloister_cli::{progress::Progress, replay::Feeder};
use cloister_client::{
    chain::{Chain, ChainError},
    instrument::{find, FindInstrumentError},
    oracle::feeds_of,
    sequencer::{SequencerClient, SequencerError},
};
use cloister_client_core::{
    amount::{Decimal, MONEY_DECIMALS},
    instrument::TradedInstrument,
    trader::Trader,
};
use cloister_liquidator::Holding;
use cloister_risk::{Positions, RiskTable};
use cloister_sequencer_rpc::types::AccountInfo;
use std::{
    future::Future,
    time::{Duration, Instant},
};

/// The margin group.
pub const GROUP: u32 = 1;
/// The instrument that is traded.
const INSTRUMENT: &str = "BTC-PERP";
/// How long the sequencer may take to be ready: it makes the development parameters on first use.
const READY_PATIENCE: Duration = Duration::from_secs(900);
/// How long the mark may take to follow a price.
const MARK_PATIENCE: Duration = Duration::from_secs(180);
/// Between two looks at something that is waited for.
pub const POLL: Duration = Duration::from_millis(250);

/// The running exchange.
pub struct Exchange {
    /// The chain.
    pub chain: Chain,
    /// Its sequencer.
    pub sequencer: SequencerClient,
    /// What is traded.
    pub instrument: TradedInstrument,
    /// The newest risk table.
    pub table: RiskTable,
    feeder: Feeder,
}

/// Calls `look` until it finds something.
///
/// # Errors
/// [`RunError::Late`]; what `look` fails with.
pub async fn until<T, F: Future<Output = Result<Option<T>, RunError>>>(
    what: &str,
    patience: Duration,
    mut look: impl FnMut() -> F,
) -> Result<T, RunError> {
    let begin = Instant::now();
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if begin.elapsed() > patience {
            return Err(RunError::Late {
                what: what.to_owned(),
                seconds: patience.as_secs(),
            });
        }
        tokio::time::sleep(POLL).await;
    }
}

/// A price in 10^-6 as a decimal.
pub fn decimal(price: u64) -> Decimal {
    Decimal::new(price.into(), MONEY_DECIMALS)
}

impl Exchange {
    /// Feeds the first price, 10^-6, and waits until the sequencer trades at it.
    ///
    /// # Errors
    /// [`RunError`].
    pub async fn start(chain: &Chain, price: u64, progress: &Progress) -> Result<Self, RunError> {
        let feeds = feeds_of(chain, GROUP).await?;
        let feeder = Feeder::start(chain, feeds, decimal(price), progress.clone()).await?;
        let sequencer = SequencerClient::of(chain);
        let asked = &sequencer;
        until("the sequencer did not get ready", READY_PATIENCE, || async move {
            match asked.status().await {
                Ok(status) => Ok(Some(status)),
                Err(error @ SequencerError::Call(_)) => Err(error.into()),
                Err(_) => Ok(None),
            }
        })
        .await?;
        let instrument = until("no risk table came", MARK_PATIENCE, || async move {
            match find(chain, GROUP, INSTRUMENT).await {
                Ok(found) => Ok(Some(found)),
                Err(FindInstrumentError::Chain(ChainError::Absent(_)) | FindInstrumentError::NotInTable(_)) => Ok(None),
                Err(error) => Err(error.into()),
            }
        })
        .await?;
        let table = chain.latest_risk_table(GROUP, None).await?;
        let mut exchange = Self {
            chain: chain.clone(),
            sequencer,
            instrument,
            table,
            feeder,
        };
        exchange.follow(price).await?;
        Ok(exchange)
    }

    /// Feeds a price, 10^-6, and waits until chain and sequencer have it as their mark.
    ///
    /// # Errors
    /// [`RunError`].
    pub async fn move_to(&mut self, price: u64) -> Result<(), RunError> {
        self.feeder.move_to(decimal(price)).await?;
        self.follow(price).await
    }

    /// Waits until chain and sequencer have a price as their mark.
    async fn follow(&mut self, price: u64) -> Result<(), RunError> {
        let wanted = self.instrument.lot.price(&decimal(price))?;
        let (chain, sequencer, id) = (&self.chain, &self.sequencer, self.instrument.id);
        let has_mark = |table: &RiskTable| {
            let row = table.rows.iter().find(|row| row.instrument_id.get() == id);
            row.is_some_and(|row| u64::try_from(row.mark.get()) == Ok(wanted))
        };
        self.table = until("the mark did not follow the price", MARK_PATIENCE, || async move {
            let table = chain.latest_risk_table(GROUP, None).await?;
            if !has_mark(&table) {
                return Ok(None);
            }
            let market = match sequencer.market().await {
                Ok(market) => market,
                Err(SequencerError::Refused { .. }) => return Ok(None),
                Err(error) => return Err(error.into()),
            };
            let mut instruments = market.instruments.iter();
            let own = instruments.find(|instrument| instrument.instrument_id.get() == id);
            Ok(own
                .filter(|own| u64::try_from(own.mark.get()) == Ok(wanted))
                .map(|_| table))
        })
        .await?;
        Ok(self.instrument.refresh(&self.table)?)
    }

    /// An account after every fill; none if the sequencer does not know it yet, or no more.
    ///
    /// # Errors
    /// The sequencer cannot be asked.
    pub async fn account(&self, trader: &Trader) -> Result<Option<AccountInfo>, RunError> {
        match self.sequencer.account(trader).await {
            Ok(info) => Ok(Some(info)),
            Err(SequencerError::Refused { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// What an account holds, by the rows of the newest table.
    pub fn holding(&self, info: &AccountInfo) -> Holding {
        let mut lots = Positions::default();
        for position in &info.positions {
            let row = self.table.row_of(position.instrument_id);
            if let Some(place) = row.and_then(|(row, _)| lots.get_mut(row)) {
                *place = position.quantity;
            }
        }
        Holding {
            cash: info.cash.get(),
            lots,
        }
    }
}
