//! Makes a trader's keys, signs an order and seals the view key, all without a node.
//!
//! `cargo run --release -p cloister-client-core --example sign_and_seal`

use cloister_client_core::{
    amount::{show_money, Decimal, Lot},
    keys::{entropy, TraderKeys},
    seal::seal,
    trader::{OrderTerms, Trader},
};
use cloister_crypto::{field::to_bytes, seal::SealKey};
use cloister_ledger::{instruction::flags, Side};

/// A thousandth of the underlying.
const LOT: Lot = Lot(1_000_000);
/// Margin group.
const GROUP: u32 = 1;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The chain account `//Alice` pays; trading and view key come from the seed.
    let keys = TraderKeys::from_seed(&entropy()?, Some("//Alice"))?;
    println!("owner       0x{}", hex::encode(keys.owner.public()));
    println!("trading key 0x{}", hex::encode(to_bytes(&keys.trading.public().x())));

    // On a real chain the genesis hash and the index of the account come from the node.
    let genesis = [7; 32];
    let trader = Trader {
        keys,
        genesis,
        group: GROUP,
        index: 0,
    };
    let (quantity, price): (Decimal, Decimal) = ("0.025".parse()?, "61800.30".parse()?);
    let terms = OrderTerms {
        instrument_id: 1,
        side: Side::Buy,
        limit: LOT.price(&price)?,
        quantity: LOT.lots(&quantity)?,
        flags: flags::POST_ONLY,
        trigger: None,
        expiry: 1_700_000_000_000,
        max_fee: 50_000,
    };
    let signed = trader.order(1, &terms);
    let public = trader.keys.trading.public();
    public.verify(signed.instruction.message(&genesis), &signed.signature)?;
    println!(
        "order       {} lots at {} per lot, signed with {}",
        terms.quantity,
        show_money(terms.limit.into()),
        hex::encode(signed.signature.to_bytes())
    );

    // The sequencers publish the public half of this key on the chain.
    let sequencers = SealKey::from_seed(&[42; 32]);
    let (statement, witness) = seal(&trader.keys, genesis, GROUP, &sequencers.public()?, &entropy()?);
    statement.check(&witness)?;
    let opened = sequencers.open(&statement.sealed())?;
    assert_eq!(opened, trader.view_key(), "the sequencers read the account");
    println!("seal        0x{}", hex::encode(statement.sealed().0));
    Ok(())
}
