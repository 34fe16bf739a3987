//! The gate before payouts, over a real node: a sequencer that does not liquidate a broke account lets nobody out who
//! won from it, neither by an order nor by force, until a round is clean. In the end both leave the group alone.

use crate::leaving;
use cloister_cli::{progress::Progress, replay::Feeder};
use cloister_client::{
    audit::AssetHoldings,
    chain::{Chain, ChainError, Included, Until},
    funding::fund,
    instrument::find,
    oracle::{developer, feeds_of},
    seal::SealProver,
    trader::{self, now, owner_of},
};
use cloister_client_core::{
    amount::Decimal,
    instrument::TradedInstrument,
    keys::TraderKeys,
    trader::{OrderTerms, Trader},
};
use cloister_crypto::seal::SealKey;
use cloister_ledger::{Fill, Side};
use cloister_risk::RiskTable;
use cloister_runtime::{
    configs::cloister::{MaxTimeAhead, QueueFee},
    constants::development::SEAL_SEED,
    genesis_presets::{DEVELOPMENT_BATCH_KEY, DEVELOPMENT_HOUSE_KEY, DEVELOPMENT_SOLVENCY_KEY},
    AccountId, Runtime, RuntimeCall, RuntimeEvent,
};
use cloister_tests::{
    node::{beside_another, start},
    sequencer::{submit, submit_rekey, submit_round, TestSequencer, Unit},
};
use cloister_types::{Lots, Total};
use pallet_cloister_execution::{Call, Error, Event, WithheldClaim};
use std::time::{Duration, Instant};

const GROUP: u32 = 1;
/// 50,000 of the settlement asset.
const FUNDS: u64 = 50_000_000_000;
/// 15,000 of the settlement asset.
const DEPOSIT: u64 = 15_000_000_000;
/// 20,000 of the settlement asset: more than the loser owes.
const RESCUE: u64 = 20_000_000_000;
/// 3,000 of the settlement asset.
const WITHDRAWAL: u64 = 3_000_000_000;
/// 2,000 of the settlement asset.
const FORCED: u64 = 2_000_000_000;
/// 60,000 of the settlement asset at the first price.
const LOTS: u64 = 1_000;
/// An hour in milliseconds.
const HOUR: u64 = 3_600_000;
const PATIENCE: Duration = Duration::from_secs(120);

/// Owner of a trader.
fn suri(number: u8) -> String {
    format!("//Gate//{number}")
}

fn keys(number: u8) -> TraderKeys {
    TraderKeys::from_seed(&[number; 32], Some(&suri(number))).expect("the URI is well-formed")
}

fn price(text: &str) -> Decimal {
    text.parse().expect("a price")
}

/// A node, its prices and two traders.
struct Scene {
    chain: Chain,
    feeder: Feeder,
    sequencer: TestSequencer,
    winner: Trader,
    loser: Trader,
}

impl Scene {
    /// The newest table at which all that is queued is ready and the traded row has this mark.
    async fn table(&self, price: Decimal) -> (RiskTable, TradedInstrument) {
        let begin = Instant::now();
        loop {
            assert!(begin.elapsed() < PATIENCE, "no table with the price and the queue");
            let queue = self.chain.queue(GROUP, None).await.expect("the queue");
            let ready_at = queue.iter().map(|(_, item)| item.ready_at).max().unwrap_or(0);
            match self.chain.latest_risk_table(GROUP, None).await {
                Ok(table) if table.header.time >= ready_at => {
                    let mut instrument = find(&self.chain, GROUP, "BTC-PERP").await.expect("it is listed");
                    instrument.refresh(&table).expect("its row");
                    if instrument.trades() && instrument.lot.unit_price(instrument.mark()) == price {
                        return (table, instrument);
                    }
                }
                Ok(_) | Err(ChainError::Absent(_)) => {}
                Err(e) => panic!("{e}"),
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// Proves a batch at a table and settles it.
    async fn settle(&mut self, table: &RiskTable, units: Vec<Unit>) -> Included {
        let ahead = now() + MaxTimeAhead::get() / 2;
        let filler = self.loser.clone();
        let batch = self
            .sequencer
            .batch(DEVELOPMENT_BATCH_KEY, table, ahead, units, &filler);
        submit(&self.chain, GROUP, &batch).await.expect("the batch settles")
    }

    /// Proves a round at a table and submits it; returns what it showed.
    async fn round(&self, table: &RiskTable) -> pallet_cloister_execution::Findings {
        let statement = self.sequencer.round(DEVELOPMENT_SOLVENCY_KEY, table);
        let included = submit_round(&self.chain, GROUP, &statement, &developer())
            .await
            .expect("the round is taken");
        let proven = included.event(|event| match event {
            RuntimeEvent::Execution(Event::SolvencyProven {
                findings, newest: true, ..
            }) => Some(*findings),
            _ => None,
        });
        proven.expect("the round counts")
    }

    fn owner(&self) -> AccountId {
        owner_of(&self.winner.keys)
    }

    async fn balance(&self) -> u128 {
        let asset = self.chain.group_state(GROUP, None).await.expect("the group").asset;
        let owner = self.owner();
        self.chain.asset_balance(asset, &owner, None).await.expect("a balance")
    }

    async fn claim(&self) -> Option<WithheldClaim> {
        let owner = self.owner();
        self.chain.withheld_of(GROUP, &owner, None).await.expect("a claim")
    }

    /// Somebody asks for the winner's claim.
    async fn pay(&self) -> Result<Included, ChainError> {
        let owner = self.owner();
        let call = RuntimeCall::Execution(Call::pay_claim { group: GROUP, owner });
        self.chain.submit(call, &developer(), Until::InBlock).await
    }

    async fn no_round_is_fresh(&self) {
        let error = self.pay().await.expect_err("no round is fresh");
        let found = match &error {
            ChainError::Failed(failure) => failure.execution(),
            _ => None,
        };
        assert_eq!(found, Some(Error::<Runtime>::NoFreshRound), "{error}");
    }
}

/// Feeds prices, queues the opens of two accounts, and gives the house a key.
async fn scene(chain: &Chain) -> Scene {
    let feeds = feeds_of(chain, GROUP).await.expect("the group's feeds");
    let feeder = Feeder::start(chain, feeds, price("60000"), Progress::quiet())
        .await
        .expect("prices");
    let (winner, loser) = (keys(1), keys(2));
    let owners = [&winner, &loser].map(|keys| (owner_of(keys), FUNDS));
    fund(chain, &owners).await.expect("funded");
    let seals = SealProver::of(chain, None).await.expect("the development parameters");
    let open = |keys| trader::open(chain, &seals, GROUP, keys, DEPOSIT, Until::InBlock);
    let winner = open(&winner).await.expect("opened").trader;
    let loser = open(&loser).await.expect("opened").trader;
    let terms = chain.solvency(GROUP, None).await.expect("read").terms;
    assert!(terms.is_some(), "the gate of a development chain is on");
    let mut sequencer = TestSequencer::new(chain, GROUP);
    let sealing_key = SealKey::from_seed(&SEAL_SEED).public().expect("the seed gives a key");
    let rekey = sequencer.rekey(DEVELOPMENT_HOUSE_KEY, &sealing_key);
    submit_rekey(chain, GROUP, &rekey, &developer())
        .await
        .expect("re-keyed");
    Scene {
        chain: chain.clone(),
        feeder,
        sequencer,
        winner,
        loser,
    }
}

/// Both sides of a trade at the mark, without a fee.
fn trade(scene: &Scene, instrument: &TradedInstrument) -> Vec<Unit> {
    let mark = instrument.mark();
    let fill = |side| Fill {
        side,
        row: u8::try_from(instrument.row_index).expect("few rows"),
        quantity: Lots(LOTS),
        cost: Total(u128::from(mark) * u128::from(LOTS)),
        fee: Total(0),
    };
    let terms = |side| OrderTerms {
        instrument_id: instrument.id,
        side,
        limit: mark,
        quantity: LOTS,
        flags: 0,
        trigger: None,
        expiry: now() + HOUR,
        max_fee: 0,
    };
    let unit = |trader: &Trader, side| Unit::instruction(trader, trader.order(1, &terms(side)), fill(side));
    vec![unit(&scene.winner, Side::Buy), unit(&scene.loser, Side::Sell)]
}

/// What a block withheld.
fn withheld(included: &Included) -> Option<u64> {
    included.event(|event| match event {
        RuntimeEvent::Execution(Event::PayoutWithheld { amount, .. }) => Some(*amount),
        _ => None,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_winner_should_wait_while_the_loser_is_spared() {
    let _place = beside_another().await;
    let (node, chain) = start("gate", &[]).await;
    let mut scene = scene(&chain).await;
    let head = chain.finalized().await.expect("a final block");
    let money = AssetHoldings::at(&chain, GROUP, head).await.expect("money");
    let (table, instrument) = scene.table(price("60000")).await;
    let opens = vec![Unit::open(&scene.winner, DEPOSIT), Unit::open(&scene.loser, DEPOSIT)];
    scene.settle(&table, opens).await;
    let both = trade(&scene, &instrument);
    scene.settle(&table, both).await;
    // The price rises by 18,000: the loser owes 3,000 more than it has, and is not liquidated.
    scene.feeder.move_to(price("78000")).await.expect("fed");
    let (table, _) = scene.table(price("78000")).await;
    let before = scene.balance().await;
    let signed = scene.winner.withdrawal(2, WITHDRAWAL, now() + HOUR);
    let leaves = vec![Unit::instruction(&scene.winner, signed, Fill::default())];
    let settled = scene.settle(&table, leaves).await;
    assert_eq!(
        withheld(&settled),
        Some(WITHDRAWAL),
        "the batch settles, and its payout waits"
    );
    // Nor does force help, which costs a fee of the queue.
    let before = before - u128::from(QueueFee::get());
    let keys = scene.winner.keys.clone();
    trader::force_withdrawal(&chain, GROUP, &keys, FORCED, Until::InBlock)
        .await
        .expect("queued");
    let (table, _) = scene.table(price("78000")).await;
    let leaves = vec![Unit::forced(&scene.winner, FORCED)];
    let settled = scene.settle(&table, leaves).await;
    assert_eq!(withheld(&settled), Some(FORCED));
    let gross = u128::from(WITHDRAWAL + FORCED);
    assert_eq!(scene.balance().await, before);
    assert_eq!(scene.claim().await, Some(WithheldClaim { gross, paid: 0 }));
    scene.no_round_is_fresh().await;

    // The truth opens nothing: somebody broke holds lots that live.
    let found = scene.round(&table).await;
    assert_eq!((found.short, found.debt), (1, 3_000_000_000));
    assert_eq!((found.live_debt, found.surplus), (found.debt, -3_000_000_000));
    scene.no_round_is_fresh().await;

    // The loser pays what it owes. A clean round releases the payout, whoever asks for it.
    let keys = scene.loser.keys.clone();
    trader::deposit(&chain, GROUP, &keys, RESCUE, Until::InBlock)
        .await
        .expect("deposited");
    let (table, _) = scene.table(price("78000")).await;
    let rescued = vec![Unit::deposit(&scene.loser, RESCUE)];
    scene.settle(&table, rescued).await;
    scene.no_round_is_fresh().await;
    let (table, _) = scene.table(price("78000")).await;
    let found = scene.round(&table).await;
    assert_eq!((found.short, found.debt, found.surplus), (0, 0, 0));
    scene.pay().await.expect("the claim is paid");
    assert_eq!((scene.balance().await, scene.claim().await), (before + gross, None));
    // While it is fresh payouts are made at once.
    let signed = scene.winner.withdrawal(3, 1_000_000, now() + HOUR);
    let leaves = vec![Unit::instruction(&scene.winner, signed, Fill::default())];
    scene.settle(&table, leaves).await;
    assert_eq!(scene.balance().await, before + gross + 1_000_000);
    let (seed, owner) = (hex::encode([2; 32]), suri(2));
    leaving::all_should_leave_to_the_last_unit(node.url(), &chain, [&scene.winner, &scene.loser], (&seed, &owner))
        .await;
    let head = chain.finalized().await.expect("a final block");
    let after = AssetHoldings::at(&chain, GROUP, head).await.expect("money");
    assert!(after.conserved_since(&money), "{after:?}");
    drop(scene);
    node.stop().await.expect("the node stops");
}
