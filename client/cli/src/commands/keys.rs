//! `cloister keys`.

use super::CommandError;
use crate::cli::{Global, Keys};
use cloister_client::wallet::{parse_seed, Wallet};
use cloister_crypto::field::to_bytes;
use polkadot_sdk::sp_core::{crypto::Ss58Codec, Pair};
use std::io::Read;

pub fn run(global: &Global, command: Keys) -> Result<(), CommandError> {
    match command {
        Keys::New { suri } => {
            let wallet = Wallet::create(&global.directory()?, &global.wallet, None, suri)?;
            show(&wallet, false);
            say!("\nThe secret seed is in that file and nowhere else. Write it down: `cloister keys show --secret`.");
        }
        Keys::Show { secret } => show(&global.open_wallet()?, secret),
        Keys::Import { suri, next_id } => {
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
    say!("wallet        {}", wallet.path().display());
    say!("owner         {}", keys.owner.public().to_ss58check());
    say!("trading key   0x{}", hex::encode(to_bytes(&public.x())));
    say!("              0x{}", hex::encode(to_bytes(&public.y())));
    say!("next id       {}", wallet.next_id());
    if secret {
        say!("secret seed   {}", wallet.seed());
        say!("view key      0x{}", hex::encode(to_bytes(&keys.view)));
    }
}
