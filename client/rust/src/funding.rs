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

/// Native tokens each trader gets for fees.
const NATIVE: Balance = 100 * UNIT;

/// Gives native tokens and `amount` of the settlement asset, 10^-6, to each owner in one transaction; returns its block.
///
/// The settlement asset is minted (the developer is its issuer), so that any tape can be covered.
///
/// # Errors
/// [`ChainError`].
pub async fn fund(chain: &Chain, owners: &[(AccountId, u64)]) -> Result<Hash, ChainError> {
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
