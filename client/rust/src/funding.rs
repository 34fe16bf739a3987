//! Money for the traders of a development chain, from its endowed developer account.

use crate::{
    chain::{Chain, ChainError, Until},
    oracle::developer,
};
use cloister_runtime::{
    constants::money::{SETTLEMENT_ASSET, UNIT},
    AccountId, Balance, Hash, RuntimeCall,
};
use polkadot_sdk::{pallet_assets, pallet_balances, pallet_utility};

/// Native tokens that each trader gets for fees.
const NATIVE: Balance = 100 * UNIT;

/// Gives each owner native tokens for fees and its amount of the settlement asset, in 10^-6, all in one transaction;
/// returns the block.
///
/// The settlement asset is minted (the developer is its issuer), so that any tape can be covered.
///
/// # Errors
/// [`ChainError::NotDevelopment`] on any other chain; [`ChainError`].
pub async fn fund(chain: &Chain, owners: &[(AccountId, u64)]) -> Result<Hash, ChainError> {
    if !chain.is_development().await? {
        return Err(ChainError::NotDevelopment);
    }
    let calls = owners
        .iter()
        .flat_map(|(owner, amount)| {
            let dest = owner.clone().into();
            let native = pallet_balances::Call::transfer_keep_alive { dest, value: NATIVE };
            let (id, beneficiary) = (SETTLEMENT_ASSET.into(), owner.clone().into());
            let money = pallet_assets::Call::mint {
                id,
                beneficiary,
                amount: (*amount).into(),
            };
            [RuntimeCall::Balances(native), RuntimeCall::Assets(money)]
        })
        .collect();
    let call = RuntimeCall::Utility(pallet_utility::Call::batch_all { calls });
    Ok(chain.submit(call, &developer(), Until::InBlock).await?.block)
}
