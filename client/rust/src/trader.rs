//! What a trader does on the chain: find its account, open one, deposit, set its flags, re-key it, take money out of it
//! by force, take back what nobody takes out of the queue, close it, have claims paid, freeze a group that nobody
//! proves, leave a frozen one.

use crate::{
    chain::{Chain, ChainError, Included, Until},
    seal::{SealError, SealProver},
};
use cloister_client_core::{
    keys::{entropy, EntropyError, TraderKeys},
    seal::{seal, sealing_key, SealingKeyError},
    trader::Trader,
};
use cloister_crypto::field::to_bytes;
use cloister_ledger::Switches;
use cloister_runtime::{AccountId, RuntimeCall, RuntimeEvent};
use cloister_settlement::{batch::PROOF_BYTES, ItemKind, KeyId, OpenKeys, SealProof};
use pallet_cloister_execution::{Call, Event};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Why a trader cannot act.
#[derive(Debug, thiserror::Error)]
pub enum TraderError {
    /// The chain refuses or cannot be asked.
    #[error("{0}")]
    Chain(#[from] ChainError),
    /// What the chain says is the sequencers' sealing key is not one.
    #[error("the chain: {0}")]
    SealingKey(#[from] SealingKeyError),
    /// The view key cannot be sealed.
    #[error("{0}")]
    Entropy(#[from] EntropyError),
    /// The seal of the view key cannot be proven.
    #[error("{0}")]
    Seal(#[from] SealError),
    /// The owner has no account.
    #[error("this owner has no account in group {0}; open one with `cloister open`")]
    NoAccount(u32),
    /// The transaction took effect, but its events do not say so.
    #[error("the transaction is in a block but shows no {0}")]
    NoEvent(&'static str),
}

/// Milliseconds of Unix time.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The chain account of a wallet's owner.
pub fn owner_of(keys: &TraderKeys) -> AccountId {
    keys.owner.public().into()
}

/// An account whose open is queued.
#[derive(Clone, Debug)]
pub struct OpenedAccount {
    /// The trader with its account.
    pub trader: Trader,
    /// How long the proof of the seal took.
    pub sealing: Duration,
}

/// Finds the account of a wallet's owner on the chain.
///
/// # Errors
/// [`TraderError::NoAccount`].
pub async fn find(chain: &Chain, group: u32, keys: &TraderKeys) -> Result<Trader, TraderError> {
    let index = chain
        .index_of(group, &owner_of(keys), None)
        .await?
        .ok_or(TraderError::NoAccount(group))?;
    Ok(Trader {
        keys: keys.clone(),
        genesis: chain.genesis().0,
        group,
        index,
    })
}

/// Keys as the chain takes them: the view key sealed to the sequencers, the seal proven, and how long that took.
async fn sealed_keys(
    chain: &Chain,
    seals: &SealProver,
    group: u32,
    keys: &TraderKeys,
) -> Result<(OpenKeys, Box<SealProof>, Duration), TraderError> {
    let (x, y) = chain.seal_key(group, None).await?;
    let (statement, witness) = seal(keys, chain.genesis().0, group, &sealing_key(&x, &y)?, &entropy()?);
    let (seal_proof, sealing) = seals.prove(statement, witness).await?;
    Ok((OpenKeys::from(&statement), Box::new(seal_proof), sealing))
}

/// Opens an account: seals the view key to the sequencers, proves the seal, pays the deposit and queues the open.
///
/// # Errors
/// [`TraderError`].
pub async fn open(
    chain: &Chain,
    seals: &SealProver,
    group: u32,
    keys: &TraderKeys,
    deposit: u64,
    until: Until,
) -> Result<OpenedAccount, TraderError> {
    let (sealed, seal_proof, sealing) = sealed_keys(chain, seals, group, keys).await?;
    let call = Call::open {
        group,
        keys: sealed,
        seal_proof,
        amount: deposit,
    };
    let included = chain.submit(RuntimeCall::Execution(call), &keys.owner, until).await?;
    let index = included.event(|event| match event {
        RuntimeEvent::Execution(Event::OpenQueued { index, .. }) => Some(*index),
        _ => None,
    });
    let index = index.ok_or(TraderError::NoEvent("queued open"))?;
    let trader = Trader {
        keys: keys.clone(),
        genesis: chain.genesis().0,
        group,
        index,
    };
    Ok(OpenedAccount { trader, sealing })
}

/// Adds to an open account: pays the amount and queues it.
///
/// # Errors
/// [`ChainError`].
pub async fn deposit(
    chain: &Chain,
    group: u32,
    keys: &TraderKeys,
    amount: u64,
    until: Until,
) -> Result<Included, ChainError> {
    chain
        .submit(
            RuntimeCall::Execution(Call::deposit { group, amount }),
            &keys.owner,
            until,
        )
        .await
}

/// Pays into the insurance of a group, for good. The owner needs no account there.
///
/// # Errors
/// [`ChainError`].
pub async fn pay_insurance(
    chain: &Chain,
    group: u32,
    keys: &TraderKeys,
    amount: u64,
    until: Until,
) -> Result<Included, ChainError> {
    let call = RuntimeCall::Execution(Call::pay_insurance { group, amount });
    chain.submit(call, &keys.owner, until).await
}

/// Queues a change of the account's flags, which is asked of the owner and not of the trading key.
///
/// # Errors
/// [`ChainError`].
pub async fn switch(
    chain: &Chain,
    group: u32,
    keys: &TraderKeys,
    switches: Switches,
    until: Until,
) -> Result<Included, ChainError> {
    let call = RuntimeCall::Execution(Call::switch { group, switches });
    chain.submit(call, &keys.owner, until).await
}

/// Queues a forced withdrawal of an amount in 10^-6. A batch pays as much of it as initial margin leaves then.
///
/// # Errors
/// [`ChainError`].
pub async fn force_withdrawal(
    chain: &Chain,
    group: u32,
    keys: &TraderKeys,
    amount: u64,
    until: Until,
) -> Result<Included, ChainError> {
    let call = RuntimeCall::Execution(Call::force_withdrawal { group, amount });
    chain.submit(call, &keys.owner, until).await
}

/// Queues the re-key of the account to these keys: seals their view key to the sequencers and proves the seal. Returns
/// how long the proof took.
///
/// # Errors
/// [`TraderError`].
pub async fn rekey(
    chain: &Chain,
    seals: &SealProver,
    group: u32,
    keys: &TraderKeys,
    until: Until,
) -> Result<Duration, TraderError> {
    let (sealed, seal_proof, sealing) = sealed_keys(chain, seals, group, keys).await?;
    let call = Call::rekey {
        group,
        keys: sealed,
        seal_proof,
    };
    chain.submit(RuntimeCall::Execution(call), &keys.owner, until).await?;
    Ok(sealing)
}

/// Whether a request of the account waits in the queue, whatever it asks for.
///
/// # Errors
/// [`ChainError`].
pub async fn request_waits(chain: &Chain, trader: &Trader) -> Result<bool, ChainError> {
    let items = chain.waiting(trader.group, &[trader.index], None).await?;
    Ok(items.iter().any(|(_, item)| item.kind.request().is_some()))
}

/// Whether a re-key of the account to these keys waits in the queue.
///
/// # Errors
/// [`ChainError`].
pub async fn rekey_waits(chain: &Chain, trader: &Trader) -> Result<bool, ChainError> {
    let items = chain.waiting(trader.group, &[trader.index], None).await?;
    let asked = to_bytes(&trader.keys.trading.public().x());
    let own = |kind: &ItemKind| matches!(kind, ItemKind::Rekey(keys) if keys.pk_x == asked);
    Ok(items.iter().any(|(_, item)| own(&item.kind)))
}

/// Queues the close of the account. It takes effect if the account is empty when a batch takes it.
///
/// # Errors
/// [`ChainError`].
pub async fn close(chain: &Chain, group: u32, keys: &TraderKeys, until: Until) -> Result<Included, ChainError> {
    let call = RuntimeCall::Execution(Call::close { group });
    chain.submit(call, &keys.owner, until).await
}

/// Has what is due of the owner's withheld claim paid (C-CLAIM). Returns what was paid and what is left, 10^-6.
///
/// # Errors
/// [`TraderError::Chain`], [`TraderError::NoEvent`].
pub async fn pay_claim(
    chain: &Chain,
    group: u32,
    keys: &TraderKeys,
    until: Until,
) -> Result<(u128, u128), TraderError> {
    let owner = owner_of(keys);
    let call = RuntimeCall::Execution(Call::pay_claim { group, owner });
    let included = chain.submit(call, &keys.owner, until).await?;
    let paid = included.event(|event| match event {
        RuntimeEvent::Execution(Event::WithheldPaid { amount, left, .. }) => Some((*amount, *left)),
        _ => None,
    });
    paid.ok_or(TraderError::NoEvent("payment of the claim"))
}

/// Has paid to the owner what the settlement asset refused to pay it. Returns the amount, 10^-6.
///
/// # Errors
/// [`TraderError::Chain`], [`TraderError::NoEvent`].
pub async fn claim(chain: &Chain, group: u32, keys: &TraderKeys, until: Until) -> Result<u128, TraderError> {
    let call = RuntimeCall::Execution(Call::claim { group });
    let included = chain.submit(call, &keys.owner, until).await?;
    let paid = included.event(|event| match event {
        RuntimeEvent::Execution(Event::Claimed { amount, .. }) => Some(*amount),
        _ => None,
    });
    paid.ok_or(TraderError::NoEvent("payment of the claim"))
}

/// Freezes a group that nobody has proven solvent for as long as its terms say (C-FREEZE). Anyone may.
///
/// # Errors
/// [`ChainError`].
pub async fn freeze(chain: &Chain, group: u32, keys: &TraderKeys, until: Until) -> Result<Included, ChainError> {
    let call = RuntimeCall::Execution(Call::freeze { group });
    chain.submit(call, &keys.owner, until).await
}

/// Has the final table of a frozen group fixed that had no fresh tables (C-EXIT). Anyone may.
///
/// # Errors
/// [`ChainError`].
pub async fn fix_final_table(
    chain: &Chain,
    group: u32,
    keys: &TraderKeys,
    until: Until,
) -> Result<Included, ChainError> {
    let call = RuntimeCall::Execution(Call::fix_final_table { group });
    chain.submit(call, &keys.owner, until).await
}

/// Leaves a frozen group with a proof of what the account is worth, 10^-6 (C-EXIT).
///
/// # Errors
/// [`ChainError`].
pub async fn exit(
    chain: &Chain,
    group: u32,
    keys: &TraderKeys,
    (key, claim, proof): (KeyId, u128, [u8; PROOF_BYTES]),
    until: Until,
) -> Result<Included, ChainError> {
    let call = RuntimeCall::Execution(Call::exit {
        group,
        key,
        claim,
        proof: Box::new(proof),
    });
    chain.submit(call, &keys.owner, until).await
}

/// Has the ratio of a frozen group's claims fixed, once the first phase of exits is over (C-EXIT). Anyone may.
///
/// # Errors
/// [`ChainError`].
pub async fn settle_exits(chain: &Chain, group: u32, keys: &TraderKeys, until: Until) -> Result<Included, ChainError> {
    let call = RuntimeCall::Execution(Call::settle_exits { group });
    chain.submit(call, &keys.owner, until).await
}

/// Has what is due of an exit paid to its owner (C-EXIT). Anyone may. Returns what was paid, 10^-6.
///
/// # Errors
/// [`TraderError::Chain`], [`TraderError::NoEvent`].
pub async fn pay_exit(
    chain: &Chain,
    group: u32,
    index: u32,
    keys: &TraderKeys,
    until: Until,
) -> Result<u128, TraderError> {
    let call = RuntimeCall::Execution(Call::pay_exit { group, index });
    let included = chain.submit(call, &keys.owner, until).await?;
    let paid = included.event(|event| match event {
        RuntimeEvent::Execution(Event::ExitPaid { amount, .. }) => Some(*amount),
        _ => None,
    });
    paid.ok_or(TraderError::NoEvent("payment of the exit"))
}

/// Gives back what waits in the queue of a frozen group: an item, and with it all that waits for its account (C-EXIT).
/// Anyone may.
///
/// # Errors
/// [`ChainError`].
pub async fn refund_item(
    chain: &Chain,
    group: u32,
    item: u64,
    keys: &TraderKeys,
    until: Until,
) -> Result<Included, ChainError> {
    let call = RuntimeCall::Execution(Call::refund_item { group, item });
    chain.submit(call, &keys.owner, until).await
}

/// Takes back what has waited in the queue for too long (C-TAKE-BACK). Returns the amount and the time from which on no
/// table counts it.
///
/// # Errors
/// [`TraderError`].
pub async fn take_back(chain: &Chain, group: u32, keys: &TraderKeys, until: Until) -> Result<(u64, u64), TraderError> {
    let call = RuntimeCall::Execution(Call::take_back { group });
    let included = chain.submit(call, &keys.owner, until).await?;
    let asked = included.event(|event| match event {
        RuntimeEvent::Execution(Event::TakeBackAsked { amount, until, .. }) => Some((*amount, *until)),
        _ => None,
    });
    asked.ok_or(TraderError::NoEvent("request to take anything back"))
}

/// Has what an account takes back paid to its owner (C-TAKE-BACK). Anyone may.
///
/// # Errors
/// [`TraderError`].
pub async fn pay_back(
    chain: &Chain,
    group: u32,
    index: u32,
    keys: &TraderKeys,
    until: Until,
) -> Result<u64, TraderError> {
    let call = RuntimeCall::Execution(Call::pay_back { group, index });
    let included = chain.submit(call, &keys.owner, until).await?;
    let paid = included.event(|event| match event {
        RuntimeEvent::Execution(Event::TakenBack { amount, .. }) => Some(*amount),
        _ => None,
    });
    paid.ok_or(TraderError::NoEvent("payment of what was taken back"))
}
