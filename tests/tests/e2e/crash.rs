//! The process of a real node with its sequencer is killed (SIGKILL) while clients trade, at moments of chance and
//! right after chosen events, and started again. Nothing that was acknowledged is lost, nothing is applied twice, and
//! in the end sequencer and chain agree to the last unit (Q-JOURNAL, Q-RECEIPT).

mod clients;
mod points;
mod shared;

use clients::{Client, Market};
use cloister_cli::{progress::Progress, replay::ReplayMarket};
use cloister_client::{
    audit::AssetHoldings,
    chain::{Chain, Until},
    funding::fund,
    oracle::{self, feeds_of},
    seal::SealProver,
    sequencer::SequencerClient,
    trader::{self, owner_of},
};
use cloister_client_core::{amount::Decimal, keys::TraderKeys, trader::Trader};
use cloister_ledger_testing::Random;
use cloister_tests::{
    kept::KeptNode,
    node::{alone, binary},
};
use points::{Bag, Point};
use shared::Shared;
use std::{fs, sync::Arc, time::Duration};
use tokio::task::JoinSet;

const GROUP: u32 = 1;
/// Accounts that trade.
const ACCOUNTS: u8 = 3;
/// 50,000 of the settlement asset.
const FUNDS: u64 = 50_000_000_000;
/// 40,000 of the settlement asset.
const DEPOSIT: u64 = 40_000_000_000;
const PRICE: &str = "60000";
/// How long the opens, and in the end everything, may take to settle on a slow machine.
const PATIENCE: Duration = Duration::from_secs(900);
/// Between two feedings of the price.
const FEED_EVERY: Duration = Duration::from_secs(15);
/// Points of the test that is part of every run, and of the long one.
const POINTS: usize = 20;
const MANY_POINTS: usize = 200;
/// Beginnings of chance; another one gives other points, instructions and pauses.
const SEED: u64 = 1;
const LONG_SEED: u64 = 2;

/// A chain that is traded on, and everybody who trades.
struct Scene {
    node: KeptNode,
    shared: Arc<Shared>,
    clients: Vec<Client>,
    market: Market,
    before: AssetHoldings,
}

/// Starts a chain, opens the accounts, and waits until they are settled.
async fn begin(name: &str, seed: u64) -> (Scene, Chain) {
    let logs = binary().with_file_name(format!("e2e-{name}"));
    let mut node = KeptNode::new(binary(), logs).expect("a node");
    let chain = node.start().await.expect("it starts");
    let price: Decimal = PRICE.parse().expect("a price");
    let feeds = feeds_of(&chain, GROUP).await.expect("the group's feeds");
    oracle::feed(&chain, &feeds, &price).await.expect("fed");
    let sequencer = node.ready(&chain).await.expect("it gets ready");
    let market = ReplayMarket::prepare(&chain, GROUP, "BTC-PERP", price, Progress::quiet())
        .await
        .expect("a market");
    let instrument = market.instrument.clone();
    drop(market);
    let keys: Vec<TraderKeys> = (1..=ACCOUNTS)
        .map(|number| TraderKeys::from_seed(&[number; 32], Some(&format!("//Crash//{number}"))).expect("a URI"))
        .collect();
    let owners: Vec<_> = keys.iter().map(|keys| (owner_of(keys), FUNDS)).collect();
    let funded = fund(&chain, &owners).await.expect("funded");
    let before = AssetHoldings::at(&chain, GROUP, funded).await.expect("money");
    let seals = SealProver::of(&chain, None).await.expect("the development parameters");
    let opens = keys
        .iter()
        .map(|keys| trader::open(&chain, &seals, GROUP, keys, DEPOSIT, Until::InBlock));
    let opened = futures::future::try_join_all(opens).await.expect("opened");
    let shared = Arc::new(Shared::default());
    let mut clients = Vec::new();
    for (number, opened) in (0..).zip(opened) {
        sequencer.knows(&opened.trader, PATIENCE).await.expect("known");
        shared.promises().paid_in(&opened.trader, DEPOSIT);
        clients.push(Client::new(opened.trader, Random::new(seed ^ (number << 32))));
    }
    sequencer.settled(PATIENCE, |_| {}).await.expect("settled");
    let scene = Scene {
        node,
        shared,
        clients,
        market: Market { instrument },
        before,
    };
    (scene, chain)
}

impl Scene {
    fn traders(&self) -> Vec<Trader> {
        self.clients.iter().map(|client| client.trader.clone()).collect()
    }

    /// Everything that was acknowledged is there, as it was acknowledged, and nothing is there twice.
    async fn check(&self, chain: &Chain, place: &str) {
        let mut promises = self.shared.promises().clone();
        let kept = promises.check(chain, &self.traders()).await;
        let kept = kept.unwrap_or_else(|broken| panic!("{place}: {broken}; see {}", self.node.log().display()));
        assert!(kept.receipts >= promises.len(), "{place}");
        *self.shared.promises() = promises;
    }

    /// Has everybody trade until the point, then kills the node.
    async fn trade_until(&mut self, chain: &Chain, point: &Point) {
        self.shared.stop(false);
        let mut trading = JoinSet::new();
        for mut client in self.clients.drain(..) {
            let (chain, shared, market) = (chain.clone(), self.shared.clone(), self.market.clone());
            trading.spawn(async move {
                client.trade(&chain, &market, &shared).await;
                client
            });
        }
        let feeding = tokio::spawn(feed(chain.clone()));
        point.reached(&self.node, chain, &self.shared).await;
        self.node.kill().await.expect("killed");
        self.shared.stop(true);
        feeding.abort();
        self.clients = trading.join_all().await;
        self.clients.sort_by_key(|client| client.trader.index);
    }

    /// Starts the node again; at some points it is killed once more before it is ready.
    async fn start_again(&mut self, point: &Point) -> Chain {
        match point {
            Point::Starting(after) => {
                self.node.launch().expect("it starts");
                tokio::time::sleep(*after).await;
                self.node.kill().await.expect("killed");
            }
            // Without it the ledger is rebuilt from the chain alone, and a new one is written at once.
            Point::Checkpoint => {
                // There may be none yet.
                let _ = fs::remove_file(self.node.checkpoint());
            }
            _ => {}
        }
        let (chain, _, took) = self.node.start_ready().await.expect("it starts again");
        eprintln!(
            "  it answers after {:?}, takes orders after {:?}",
            took.answers, took.ready
        );
        chain
    }
}

/// Feeds the price again and again; what fails because the node was killed is of no interest.
async fn feed(chain: Chain) {
    let Ok(feeds) = feeds_of(&chain, GROUP).await else {
        return;
    };
    let price: Decimal = PRICE.parse().expect("a price");
    loop {
        let _ = oracle::feed(&chain, &feeds, &price).await;
        tokio::time::sleep(FEED_EVERY).await;
    }
}

/// Kills a node at so many points.
async fn kill_at(name: &str, points: usize, seed: u64) {
    let _alone = alone().await;
    let (mut scene, mut chain) = begin(name, seed).await;
    let mut bag = Bag::new(Random::new(seed));
    for number in 1..=points {
        let point = bag.draw();
        eprintln!("point {number} of {points}: {point:?}");
        if let Point::Checkpoint = point {
            // The start that writes one comes first.
            scene.node.kill().await.expect("killed");
            chain = scene.start_again(&point).await;
            scene.trade_until(&chain, &point).await;
            chain = scene.start_again(&Point::Moment(Duration::ZERO)).await;
        } else {
            scene.trade_until(&chain, &point).await;
            chain = scene.start_again(&point).await;
        }
        scene
            .check(&chain, &format!("seed {seed}, point {number}, {point:?}"))
            .await;
    }
    for client in &mut scene.clients {
        client.send_again_what_got_no_answer(&chain, &scene.shared).await;
    }
    let feeding = tokio::spawn(feed(chain.clone()));
    let sequencer = SequencerClient::of(&chain);
    sequencer.settled(PATIENCE, |_| {}).await.expect("everything settles");
    scene.check(&chain, "in the end").await;
    for client in &mut scene.clients {
        client.nothing_is_taken_twice(&chain, &scene.shared).await;
    }
    let promises = scene.shared.promises().clone();
    let batches = promises
        .check_settled(&chain, &scene.traders(), &scene.before)
        .await
        .unwrap_or_else(|broken| panic!("in the end: {broken}"));
    feeding.abort();
    eprintln!(
        "{} instructions acknowledged, {batches} batches settled, all kept",
        promises.len()
    );
    assert!(promises.len() > points, "hardly anything was traded");
    scene.node.stop().await.expect("it stops");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_killed_at_20_points_loses_nothing_and_applies_nothing_twice() {
    kill_at("crash", POINTS, SEED).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "twenty minutes; part of `make test-long`"]
async fn a_node_that_is_killed_at_200_points_loses_nothing_and_applies_nothing_twice() {
    kill_at("crash-long", MANY_POINTS, LONG_SEED).await;
}
