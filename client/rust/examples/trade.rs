//! Opens an account on a development chain and sends an order.
//!
//! Start a node first, `cloister-node --dev --sequencer`, then
//! `cargo run --release -p cloister-client --example trade`.

use cloister_client::{
    chain::{Chain, Until},
    funding::fund,
    instrument,
    oracle::{self, feeds_of},
    seal::SealProver,
    sequencer::SequencerClient,
    trader::{self, owner_of},
};
use cloister_client_core::{
    amount::{money, Decimal},
    keys::{entropy, TraderKeys},
    trader::OrderTerms,
};
use cloister_ledger::{instruction::flags, Side};
use std::time::Duration;

const GROUP: u32 = 1;
/// How long the sequencer may take to learn of the account.
const PATIENCE: Duration = Duration::from_secs(120);
/// An hour in milliseconds.
const HOUR: u64 = 3_600_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let chain = Chain::connect("ws://127.0.0.1:9944").await?;
    let sequencer = SequencerClient::of(&chain);

    // On a development chain the keys of who feeds the oracle and of who hands out money are public.
    let price: Decimal = "60000".parse()?;
    oracle::feed(&chain, &feeds_of(&chain, GROUP).await?, &price).await?;
    let keys = TraderKeys::from_seed(&entropy()?, None)?;
    fund(&chain, &[(owner_of(&keys), money("10000")?)]).await?;

    let seals = SealProver::of(&chain, None).await?;
    let opened = trader::open(&chain, &seals, GROUP, &keys, money("5000")?, Until::Final).await?;
    sequencer.knows(&opened.trader, PATIENCE).await?;

    // The clock of the sequencer, unless this machine's is far off; then nothing is signed.
    let (_, clock) = sequencer.checked(GROUP).await?;
    let market = sequencer.market().await?;
    let instrument = instrument::find(&chain, GROUP, "BTC-PERP").await?;
    let limit = instrument.mark();
    let terms = OrderTerms {
        instrument_id: instrument.id,
        side: Side::Buy,
        limit,
        quantity: instrument.lots(&"0.010".parse()?)?,
        flags: flags::POST_ONLY,
        trigger: None,
        expiry: clock.now() + market.settlement_slack + HOUR,
        max_fee: instrument.fee_allowance(limit),
    };
    let accepted = sequencer.submit(&opened.trader.order(1, &terms)).await?;
    println!("{} lots rest in the book", accepted.resting);
    Ok(())
}
