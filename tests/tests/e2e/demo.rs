//! The demonstration, whole: that its scenes happen, and that nobody but the traders is told of their accounts.

use cloister_cli::{
    demo::{self, DemoOptions, Shown},
    progress::Progress,
};
use cloister_client_core::{amount::show_money, trader::Trader};
use cloister_crypto::{field::to_bytes, Fr};
use cloister_engine_testing::quiet::assert_quiet;
use cloister_runtime::constants::development::SEAL_SEED;
use cloister_sequencer::keys::development_seed;
use cloister_sequencer_rpc::types::AccountInfo;
use cloister_tests::node::{beside_another, binary};
use std::fs;

/// Everything but how WebAssembly is compiled, what is cached and how the database is written: they fill megabytes.
const LOG: &str = "debug,wasmtime_internal_cranelift=info,wasmtime=info,trie-cache=info,code-provider=info,\
                   wasm-heap=info,parity-db=info";
/// Trades of the built-in market.
const TRADES: usize = 12;
/// Amounts below 1, and those of whole cents, are numbers that a log may have for other reasons.
const TELLING: u128 = 1_000_000;
/// A hundredth of the settlement asset, 10^-6.
const CENT: u128 = 10_000;

/// An amount of 10^-6 as a log could tell it.
fn written(amount: i128) -> Vec<String> {
    let size = amount.unsigned_abs();
    if size < TELLING || size.is_multiple_of(CENT) {
        return Vec::new();
    }
    vec![size.to_string(), show_money(amount)]
}

/// A secret number in both orders of its bytes.
fn both_ways(secret: Fr) -> [String; 2] {
    let mut bytes = to_bytes(&secret);
    let little = hex::encode(bytes);
    bytes.reverse();
    [little, hex::encode(bytes)]
}

fn secrets_of_account(account: &AccountInfo) -> Vec<String> {
    let available = i128::try_from(account.available.get()).expect("small");
    let money = [
        account.cash,
        account.equity,
        account.initial_margin,
        account.maintenance_margin,
    ];
    let settled = account.settled.iter().map(|settled| settled.cash);
    let values = account.positions.iter().map(|position| position.value);
    let amounts = money.into_iter().chain(settled).chain(values).map(|money| money.get());
    let lots = account
        .positions
        .iter()
        .map(|position| format!("{} lots", position.quantity.size()));
    amounts.chain([available]).flat_map(written).chain(lots).collect()
}

/// What only a trader, and the sequencer, may know.
fn secrets(shown: &Shown) -> Vec<String> {
    let keys = shown.traders.iter().map(Trader::view_key).flat_map(both_ways);
    let seeds = [development_seed(), SEAL_SEED].map(hex::encode);
    let paid = shown.amounts.iter().flat_map(|amount| written((*amount).into()));
    let accounts = shown.accounts.iter().flat_map(secrets_of_account);
    keys.chain(seeds).chain(paid).chain(accounts).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_should_show_its_scenes_and_tell_nobody_what_is_in_the_accounts() {
    let _place = beside_another().await;
    let summary = binary().with_file_name("e2e-demo.json");
    let progress = Progress::keeping();
    let shown = demo::run(
        &DemoOptions {
            trades: None,
            limit: Some(TRADES),
            summary: summary.clone(),
            node_binary: Some(binary()),
            accounts: 8,
            node_arguments: ["--log", LOG].map(str::to_owned).to_vec(),
        },
        &progress,
    )
    .await
    .unwrap_or_else(|error| panic!("{error}\n{}", progress.kept()));
    let found = &shown.summary;
    assert_eq!((found.stops_fired, found.forced_withdrawals), (1, 1), "{found:?}");
    assert!(found.liquidations >= 1 && found.solvency_rounds >= 1, "{found:?}");
    // The bold trader is solvent, and so is everybody else.
    assert_eq!(found.deleveraged, 0, "{found:?}");
    // Each order of the tape, six instructions of the scenes, and a withdrawal of each trader.
    assert_eq!(
        found.receipts_verified,
        found.orders + 6 + found.withdrawals,
        "{found:?}"
    );
    assert_eq!((shown.traders.len(), shown.accounts.len()), (12, 12));

    let secrets = secrets(&shown);
    assert!(secrets.len() > 100, "{}", secrets.len());
    let log = fs::read_to_string(summary.with_extension("node.log")).expect("the node's log");
    assert!(
        log.contains("is proven in") && log.contains("DEBUG"),
        "the log is not the one of a sequencer"
    );
    assert_quiet(&log, &secrets);
    let said = progress.kept() + &found.to_string();
    assert!(said.contains("The careful trader's stop fires"), "{said}");
    assert_quiet(&said, &secrets);
    for told in [&log, &said] {
        assert!(
            !told.contains("//Demo") && !told.contains("//Cast"),
            "the secret of an owner is told"
        );
    }
}
