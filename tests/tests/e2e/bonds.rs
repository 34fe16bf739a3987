//! A sequencer with a bond, over a real node: its journal's series has to begin before it goes on (C-BOND), and a fill
//! after a cancel costs the bond (C-OVERFILL). The program `cloister` finds that, and shows it to the chain.

use cloister_cli::{progress::Progress, replay::ReplayMarket};
use cloister_client::{
    chain::{Chain, Until},
    funding::fund,
    oracle::{self, developer, feeds_of},
    trader::{self, owner_of},
};
use cloister_client_core::{amount::Decimal, keys::TraderKeys, owner::OwnerKey};
use cloister_crypto::constants::FILLED_MAX;
use cloister_receipts::{Outcome, SignedReceipt};
use cloister_runtime::{constants::money::UNIT, genesis_presets::SEQUENCER, AccountId, Balance, Runtime, RuntimeCall};
use cloister_tests::{
    kept::KeptNode,
    leaving::Wallet,
    node::{beside_another, binary},
};
use cloister_types::Lots;
use pallet_cloister_bonds::{BondTerms, Call};
use polkadot_sdk::{
    pallet_sudo,
    sp_core::{crypto::Ss58Codec, Pair},
};
use std::{
    fs,
    time::{Duration, Instant},
};
use tempfile::NamedTempFile;

const GROUP: u32 = 1;
const BOND: Balance = 1_000 * UNIT;
/// 10,000 of the settlement asset.
const FUNDS: u64 = 10_000_000_000;
/// How long something may take that happens within a few blocks.
const PATIENCE: Duration = Duration::from_secs(300);
/// A pause before another look.
const POLL: Duration = Duration::from_millis(200);

async fn set_terms(chain: &Chain) {
    let terms = BondTerms {
        amount: BOND,
        unbonding: 1,
        reporter_share: 2_500,
    };
    let call = RuntimeCall::Bonds(Call::set_terms { group: GROUP, terms });
    let sudo = pallet_sudo::Call::<Runtime>::sudo { call: Box::new(call) };
    chain
        .submit(RuntimeCall::Sudo(sudo), &developer(), Until::Final)
        .await
        .expect("set");
}

async fn held(chain: &Chain, who: &AccountId) -> Option<Balance> {
    let bond = chain.bond(GROUP, who, None).await.expect("read");
    bond.map(|bond| bond.held)
}

/// The id that the newest log tells to name.
async fn named_by(node: &KeptNode) -> [u8; 32] {
    let begin = Instant::now();
    loop {
        if let Some(line) = node.said("bonds.beginSeries") {
            let digits = line.split("the journal 0x").nth(1).and_then(|rest| rest.get(..64));
            let id = hex::decode(digits.expect("an id")).expect("hexadecimal digits");
            return id.try_into().expect("32 bytes");
        }
        assert!(
            begin.elapsed() < PATIENCE,
            "no journal is named in {}",
            node.log().display()
        );
        tokio::time::sleep(POLL).await;
    }
}

/// The number behind `order `.
fn id_in(said: &str) -> String {
    let after = said.split("order ").nth(1).expect("an order");
    after.chars().take_while(char::is_ascii_digit).collect()
}

/// Feeds a price to the group's feeds, and returns it.
async fn feed(chain: &Chain) -> Decimal {
    let price: Decimal = "60000".parse().expect("a price");
    let feeds = feeds_of(chain, GROUP).await.expect("the group's feeds");
    oracle::feed(chain, &feeds, &price).await.expect("fed");
    price
}

/// A chain whose sequencer has a bond, and counts series 1.
async fn begin(sequencer: &OwnerKey) -> (KeptNode, Chain) {
    let logs = binary().with_file_name("e2e-bonds");
    let mut node = KeptNode::new(binary(), logs).expect("a node");
    node.serve(false);
    let chain = node.start().await.expect("it starts");
    set_terms(&chain).await;
    feed(&chain).await;
    let call = RuntimeCall::Bonds(Call::bond {
        group: GROUP,
        amount: BOND,
    });
    chain.submit(call, sequencer, Until::Final).await.expect("bonded");
    node.stop().await.expect("it stops");

    // With a bond, and without a series: it says which journal to name, and ends. A node without it takes the call.
    node.serve(true);
    node.launch().expect("it starts");
    let journal = named_by(&node).await;
    node.ended().await.expect("it ends");
    node.serve(false);
    let chain = node.start().await.expect("it starts");
    let call = RuntimeCall::Bonds(Call::begin_series { group: GROUP, journal });
    chain.submit(call, sequencer, Until::Final).await.expect("begun");
    node.stop().await.expect("it stops");

    node.serve(true);
    let chain = node.start().await.expect("it starts");
    (node, chain)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fill_after_a_cancel_should_cost_the_bond() {
    let _place = beside_another().await;
    let key = SEQUENCER.pair();
    let who = SEQUENCER.to_account_id();
    let owner_key = OwnerKey::from_uri("//One").expect("a URI");
    assert_eq!(AccountId::new(owner_key.public()), who);
    let (mut node, chain) = begin(&owner_key).await;
    let price = feed(&chain).await;
    let sequencer = node.ready(&chain).await.expect("it gets ready");
    assert!(node.said("Receipts are of series 1").is_some());
    let market = ReplayMarket::prepare(&chain, GROUP, "BTC-PERP", price, Progress::quiet())
        .await
        .expect("a market");

    let mut wallets = Vec::new();
    for number in [1, 2] {
        let (seed, suri) = ([number; 32], format!("//Bonds//{number}"));
        let keys = TraderKeys::from_seed(&seed, Some(&suri)).expect("a URI");
        fund(&chain, &[(owner_of(&keys), FUNDS)]).await.expect("funded");
        let wallet = Wallet::import(node.url().expect("it runs"), &hex::encode(seed), &suri).await;
        wallet
            .says(0, &["open", "--deposit", "5000"], &["is open and can trade"])
            .await;
        let opened = trader::find(&chain, GROUP, &keys).await.expect("its account");
        sequencer.knows(&opened, PATIENCE).await.expect("known");
        wallets.push((wallet, keys));
    }
    let [(maker, keys), (taker, _)] = wallets.try_into().unwrap_or_else(|_| panic!("two"));
    let owner = owner_of(&keys);

    // Ten thousandths are for sale, four are sold, and the rest is cancelled.
    let mark = market.show(market.instrument.mark()).to_string();
    let order = |side, quantity, more: &[&'static str]| -> Vec<String> {
        let words = [
            "order",
            side,
            "--instrument",
            "BTC-PERP",
            "--price",
            &mark,
            "--quantity",
            quantity,
        ];
        words.iter().chain(more).map(|word| (*word).to_owned()).collect()
    };
    let run = async |wallet: &Wallet, line: Vec<String>| {
        let words: Vec<&str> = line.iter().map(String::as_str).collect();
        wallet.says(0, &words, &[]).await
    };
    let id = id_in(&run(&maker, order("sell", "0.010", &["--post-only"])).await);
    run(&taker, order("buy", "0.004", &[])).await;
    let said = maker
        .says(0, &["cancel", "--id", &id], &["0.004 of it was filled before"])
        .await;
    assert!(said.contains("is cancelled"), "{said}");
    sequencer.settled(PATIENCE, |_| {}).await.expect("settled");
    maker
        .says(
            0,
            &["receipts", "verify"],
            &["2 are of series 1, which the chain has", "it has bonded 1000 CLO"],
        )
        .await;
    // The sequencer has kept its promise.
    let honest = ["receipts", "report-cancel"];
    maker
        .says(1, &honest, &["no settled batch", "1 receipts of cancels"])
        .await;

    // If it had promised less, the same batch would break the promise.
    let files = maker.files("receipts");
    let text = fs::read_to_string(files.first().expect("the receipts")).expect("read");
    let (receipt, cancel) = text
        .lines()
        .find_map(|line| line.split_once(' '))
        .expect("a receipt with its cancel");
    let lied = |filled| {
        let mut receipt = SignedReceipt::from_hex(receipt).expect("a receipt").receipt;
        receipt.outcome = Outcome::Cancel { filled: Lots(filled) };
        let signature = key.sign(&receipt.message()).0;
        let file = NamedTempFile::new().expect("a file");
        let line = format!("{} {cancel}\n", SignedReceipt { receipt, signature }.to_hex());
        fs::write(file.path(), line).expect("written");
        file
    };
    let filled = match SignedReceipt::from_hex(receipt).expect("a receipt").receipt.outcome {
        Outcome::Cancel { filled } => filled.get(),
        other => panic!("{other:?}"),
    };
    assert!(0 < filled && filled < FILLED_MAX);
    for stated in [filled, filled + 1] {
        let file = lied(stated);
        let path = file.path().to_str().expect("a path in UTF-8");
        maker
            .says(1, &[&honest[..], &[path]].concat(), &["no settled batch"])
            .await;
    }
    let file = lied(filled - 1);
    let path = file.path().to_str().expect("a path in UTF-8");
    let found = format!(
        "fills order {id} to {filled} lots, and the receipt of its cancel states {}",
        filled - 1
    );
    let look = [&honest[..], &[path]].concat();
    maker.says(0, &look, &[&found, "nothing is sent"]).await;
    assert_eq!(held(&chain, &who).await, Some(BOND));
    let before = chain.native_balance(&owner).await.expect("read");
    let said = [&found[..], "loses its bond of 1000 CLO; 250 CLO of it are the wallet's"];
    maker.says(0, &[&look[..], &["--disclose"]].concat(), &said).await;
    assert_eq!(held(&chain, &who).await, None);
    let gained = chain.native_balance(&owner).await.expect("read") - before;
    assert!(249 * UNIT < gained && gained <= 250 * UNIT, "{gained}");

    // Nobody would gain by showing it again, so the view key is sent no more. And there is no other bond, so it submits
    // no batch of the group any more.
    let again = [&look[..], &["--disclose"]].concat();
    maker
        .says(1, &again, &["no settled batch of anybody with a bond"])
        .await;
    let call = RuntimeCall::Bonds(Call::bond {
        group: GROUP,
        amount: BOND,
    });
    let refused = chain
        .submit(call, &owner_key, Until::InBlock)
        .await
        .expect_err("barred");
    assert!(
        refused.to_string().contains("Barred"),
        "{}: {refused}",
        who.to_ss58check()
    );
    node.stop().await.expect("it stops");
}
