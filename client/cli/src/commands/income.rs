//! `cloister claim-credits`, `claim-share`.

use super::error::CommandError;
use crate::cli::{Global, Share};
use cloister_client::{chain::Until, income, trader::owner_of};
use cloister_client_core::amount::show_money;
use cloister_runtime::AccountId;
use pallet_cloister_execution::Beneficiary;

pub async fn claim_credits(global: &Global, period: u32, payee: Option<AccountId>) -> Result<(), CommandError> {
    let wallet = global.open_wallet()?;
    let chain = global.connect().await?;
    let payee = payee.unwrap_or_else(|| owner_of(wallet.keys()));
    let paid = income::claim_credits(&chain, global.group, period, payee.clone(), wallet.keys(), Until::Final).await?;
    let paid = show_money(i128::try_from(paid).unwrap_or(i128::MAX));
    say!("{paid} is paid to {payee} for proofs of period {period}");
    Ok(())
}

pub async fn claim_share(global: &Global, share: Share) -> Result<(), CommandError> {
    let wallet = global.open_wallet()?;
    let chain = global.connect().await?;
    let beneficiary = match share {
        Share::Sequencer => Beneficiary::Sequencer,
        Share::Insurance => Beneficiary::Insurance,
        Share::Treasury => Beneficiary::Treasury,
    };
    let paid = income::claim_share(&chain, global.group, beneficiary, wallet.keys(), Until::Final).await?;
    let paid = show_money(paid.into());
    match share {
        Share::Insurance => say!("{paid} waits for the next batch, which pays it into the insurance"),
        Share::Sequencer | Share::Treasury => say!("{paid} is paid"),
    }
    Ok(())
}
