//! `cloister keys`.

use super::{error::CommandError, output::print_table};
use crate::cli::{Global, KeysCommand};
use cloister_cli::{table::TextTable, wallet::Wallet};
use cloister_client::trader::owner_of;
use cloister_client_core::keys::parse_seed;
use cloister_crypto::field::to_bytes;
use polkadot_sdk::sp_core::crypto::Ss58Codec;
use std::io::Read;

pub fn run(global: &Global, command: KeysCommand) -> Result<(), CommandError> {
    match command {
        KeysCommand::New { suri } => {
            let wallet = Wallet::create(&global.directory()?, &global.wallet, None, suri)?;
            show(&wallet, false);
            say!("\nThe secret seed is in that file and nowhere else. Write it down: `cloister keys show --secret`.");
        }
        KeysCommand::Show { secret } => show(&global.open_wallet()?, secret),
        KeysCommand::Import { suri, next_id } => {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .map_err(CommandError::Input)?;
            let mut wallet = Wallet::create(&global.directory()?, &global.wallet, Some(parse_seed(&text)?), suri)?;
            wallet.skip_to(next_id)?;
            show(&wallet, false);
        }
    }
    Ok(())
}

fn show(wallet: &Wallet, secret: bool) {
    let keys = wallet.keys();
    let public = keys.trading.public();
    let mut facts = TextTable::facts();
    facts
        .fact("wallet", wallet.path().display())
        .fact("owner", owner_of(keys).to_ss58check())
        .fact("trading key", format!("0x{}", hex::encode(to_bytes(&public.x()))))
        .fact("", format!("0x{}", hex::encode(to_bytes(&public.y()))))
        .fact("next id", wallet.next_id());
    if wallet.owner_is_public() {
        facts.fact(
            "NOTE",
            "everybody can sign for this owner: it is for development chains, whose money is worth nothing",
        );
    }
    if secret {
        facts.fact("secret seed", wallet.seed());
        for seed in wallet.rekey_seeds() {
            facts.fact("seed of a re-key", seed);
        }
    }
    print_table(facts);
}
