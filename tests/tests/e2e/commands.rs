//! The program `cloister` beside a running exchange: what it refuses before money moves, what it says, and the codes
//! with which it ends.

use crate::desk;
use cloister_cli::replay::ReplayMarket;
use cloister_client::{
    chain::{Chain, Until},
    trader::{self, owner_of},
};
use cloister_client_core::{amount::show_money, keys::TraderKeys, trader::Trader};
use cloister_runtime::{configs::cloister::OpenFee, constants::money::SETTLEMENT_ASSET, AccountId, RuntimeCall};
use cloister_tests::leaving::Wallet;
use polkadot_sdk::pallet_assets;
use std::time::{Duration, Instant};

const GROUP: u32 = 1;
/// How long the sequencer may take to drop an order that has expired.
const PATIENCE: Duration = Duration::from_secs(30);

/// A wallet whose owner has some money does what people do, and is told what became of it.
pub async fn should_say_what_they_did(wallet: &Wallet, keys: &TraderKeys, market: &ReplayMarket, friend: &Trader) {
    let owner = &owner_of(keys);
    let chain = &market.chain;
    another_group_should_be_refused_before_money_moves(wallet, owner, chain).await;
    prices_should_be_those_of_an_operator(wallet, market).await;

    // All that it has, so that its owner is left with nothing.
    let has = balance(chain, owner).await;
    let fee = u128::from(OpenFee::get() + chain.queue_fee(GROUP, false, None).await.expect("a fee"));
    let deposit = show_money((has - fee) as i128);
    wallet
        .says(0, &["open", "--deposit", &deposit], &["is open and can trade"])
        .await;
    assert_eq!(balance(chain, owner).await, 0);

    orders_should_end_with_what_became_of_them(wallet, market).await;
    let own = trader::find(chain, GROUP, keys).await.expect("its account");
    desk::should_be_told_apart(wallet, market, &own).await;

    let withdraw = ["withdraw", "--amount", "0.005", "--wait"];
    let said = wallet
        .says(10, &withdraw, &["0.005 is held as a claim", "`cloister claim`"])
        .await;
    assert!(!said.contains("is paid\n"), "{said}");
    wallet.says(0, &["account"], &["owner's claim", "0.005"]).await;
    wallet.says(3, &["claim"], &["smallest balance"]).await;
    let gift = pallet_assets::Call::transfer {
        id: SETTLEMENT_ASSET.into(),
        target: owner.clone().into(),
        amount: 1_000_000,
    };
    chain
        .submit(RuntimeCall::Assets(gift), &friend.keys.owner, Until::InBlock)
        .await
        .expect("given");
    wallet.says(0, &["claim"], &["0.005 is paid to the owner"]).await;
    assert_eq!(balance(chain, owner).await, 1_005_000);
    wallet.says(3, &["claim"], &["nothing to claim"]).await;
}

/// Feeds by hand what is fed meanwhile, so that nothing moves.
async fn prices_should_be_those_of_an_operator(wallet: &Wallet, market: &ReplayMarket) {
    let price = market.show(market.instrument.mark());
    let quote = format!("BTC-PERP={price}");
    let feed = |more: &[&str]| {
        let common = ["oracle", "feed", "--rounds", "2", "--every", "1s"];
        common
            .iter()
            .chain(more)
            .map(|part| (*part).to_owned())
            .collect::<Vec<_>>()
    };
    let echo = format!("echo {quote}; sleep 2; echo {price}");
    let both = format!("BTC-PERP/index {price}, BTC-PERP/perpetual {price}");
    for (code, more, parts) in [
        (0, &["--price", &quote][..], &["5FLSigC9", &both][..]),
        (0, &["--command", &echo], &["with what", &both]),
        (0, &["--simulate", &quote, "--rounds", "1"], &["SIMULATED", &both]),
        (
            3,
            &["--price", &quote, "--suri", "//Alice"],
            &["is no operator of the oracle", "5FLSigC9"],
        ),
        (
            3,
            &["--price", "SOL-PERP=5"],
            &["no feed `SOL-PERP`", "ETH-PERP/index (3)"],
        ),
        (3, &["--price", &quote, "--price", "1=5"], &["twice in one round"]),
    ] {
        let mut arguments = feed(more);
        if more.contains(&"--rounds") {
            arguments.drain(2..4);
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        wallet.says(code, &arguments, parts).await;
    }
}

async fn balance(chain: &Chain, owner: &AccountId) -> u128 {
    let asset = SETTLEMENT_ASSET;
    chain.asset_balance(asset, owner, None).await.expect("a balance")
}

async fn another_group_should_be_refused_before_money_moves(wallet: &Wallet, owner: &AccountId, chain: &Chain) {
    wallet.says(0, &["status"], &["serves group 1"]).await;
    let other = ["none for group 2: it serves group 1"];
    wallet.says(0, &["--group", "2", "status"], &other).await;
    let before = balance(chain, owner).await;
    for command in [
        &["open", "--deposit", "10"][..],
        &["deposit", "--amount", "10"],
        &["insure", "--amount", "10"],
        &["account"],
        &["book", "--instrument", "1"],
        &["withdraw", "--amount", "1"],
    ] {
        let refused = ["serves group 1 and not group 2", "nothing was signed or sent"];
        wallet.says(3, &[&["--group", "2"], command].concat(), &refused).await;
    }
    assert_eq!(balance(chain, owner).await, before);
}

async fn orders_should_end_with_what_became_of_them(wallet: &Wallet, market: &ReplayMarket) {
    let instrument = &market.instrument;
    let price = |per_lot: u64| instrument.lot.unit_price(per_lot).to_string();
    let (mark, (_, high)) = (price(instrument.mark()), instrument.band());
    let order = |more: &[&str]| {
        let common = ["order", "buy", "--instrument", "BTC-PERP", "--quantity", "0.001"];
        common
            .iter()
            .chain(more)
            .map(|part| (*part).to_owned())
            .collect::<Vec<_>>()
    };
    let outside = price(high + 1);
    for (code, more, parts) in [
        (
            3,
            &["--price", &outside][..],
            &["of the settlement asset for one BTC", &outside][..],
        ),
        (
            3,
            &["--price", &mark, "--max-fee", "0.000001"],
            &["for one lot of 0.001 BTC is too low"],
        ),
        (6, &["--price", &mark, "--ioc"], &["no order at its price or better"]),
        (7, &["--market"], &["no order inside the price band"]),
        (
            0,
            &["--price", &mark, "--post-only", "--expires-in", "5s"],
            &["0.001 at rest"],
        ),
    ] {
        let arguments = order(more);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        wallet.says(code, &arguments, parts).await;
    }
    // It worked for its five seconds, and not for longer.
    let begin = Instant::now();
    let book = || async { market.sequencer.book(instrument.id.into(), 1).await.expect("a book") };
    assert_eq!(book().await.bids.len(), 1);
    while !book().await.bids.is_empty() {
        assert!(begin.elapsed() < PATIENCE, "the order does not expire");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert!(begin.elapsed() > Duration::from_secs(2), "{:?}", begin.elapsed());
}
