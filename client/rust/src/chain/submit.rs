//! Transactions: signing, sending, and what became of them.

use super::{Chain, ChainError, Extrinsic, Failure};
use cloister_client_core::owner::OwnerKey;
use cloister_runtime::{
    constants::money::SETTLEMENT_ASSET,
    transaction::{bound_to, Binding, Unsigned},
    AccountId, AssetId, Balance, Hash, Nonce, RuntimeCall, RuntimeEvent, UncheckedExtrinsic,
};
use codec::Encode;
use jsonrpsee::{
    core::{client::Subscription, ClientError},
    rpc_params,
    types::ErrorObjectOwned,
};
use polkadot_sdk::{
    pallet_transaction_payment::RuntimeDispatchInfo,
    sc_transaction_pool_api::TransactionStatus,
    sp_core::{crypto::Ss58Codec, sr25519::Signature, Bytes},
    sp_runtime::{
        generic::Era,
        traits::{BlakeTwo256, Hash as _, Header as _},
        transaction_validity::InvalidTransaction,
        MultiSignature, Weight,
    },
};
use std::time::Duration;

/// Number of blocks in which a transaction may be included after it was signed; later it is void, so that a lost one
/// cannot come back.
const LIFETIME: u32 = 64;
/// Code by which a node says that a transaction is not valid.
const INVALID: i32 = 1010;
/// Code by which a pool says that it has a transaction of the same signer and nonce already.
const TOO_LOW_PRIORITY: i32 = 1014;
/// Code by which a pool says that it has exactly this transaction already.
const ALREADY_IMPORTED: i32 = 1013;
/// What a transaction is that no block can have any more.
const NOT_VALID: &str = "not valid any more";
/// How often a transaction is signed because another one of its signer took its nonce.
const ATTEMPTS: u32 = 5;
/// Number of blocks that may have a transaction after its pool gave it up: they were being made with what another view
/// of the pool had.
const IN_THE_MAKING: u32 = 2;
/// How often the chain is looked at for a transaction of which the pool says nothing more.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// How long to wait for a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Until it is in a block.
    InBlock,
    /// Until that block is final.
    Final,
}

/// A transaction that is in a block and took effect.
#[derive(Clone, Debug)]
pub struct Included {
    /// The block.
    pub block: Hash,
    /// The transaction with its events.
    pub extrinsic: Extrinsic,
}

impl Included {
    /// The first event that `pick` finds.
    pub fn event<T>(&self, pick: impl Fn(&RuntimeEvent) -> Option<T>) -> Option<T> {
        self.extrinsic.events.iter().find_map(pick)
    }
}

/// What a pool says of a transaction as it goes.
type Statuses = Subscription<TransactionStatus<Hash, Hash>>;

/// What a node answered to a transaction.
enum Answer {
    /// The pool has it; `None` if it says nothing of it.
    Taken(Option<Statuses>),
    /// Its signer cannot pay the fee.
    Unpaid(ChainError),
    /// Another one of its signer came first, and this one has no effect.
    Overtaken,
}

/// A transaction that a pool has.
struct Sent {
    /// The hash that it has, and before it that of the same call with the fee in another asset, if there was one.
    hashes: Vec<Hash>,
    signer: AccountId,
    nonce: Nonce,
    /// Number of the last final block before it was signed; a later one has it, if any.
    after: u32,
    /// Number of the best block when it was signed; its lifetime began no later.
    born: u32,
}

/// What a pool does with a transaction of which it says nothing more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pool {
    /// It has the transaction, and some block may have it.
    HasIt,
    /// It will give the transaction to no more blocks, because it is this.
    GaveItUp(&'static str),
}

impl Chain {
    /// The nonce of the signer's next transaction, counting those in the pool.
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn next_nonce(&self, signer: &OwnerKey) -> Result<Nonce, ChainError> {
        let account = AccountId::new(signer.public());
        self.call("system_accountNextIndex", rpc_params![account.to_ss58check()])
            .await
    }

    /// Signs a call for this chain; its fee is paid in `fee_asset`, in the native token if that is none (C-FEE).
    ///
    /// # Errors
    /// [`ChainError::Call`].
    pub async fn sign(
        &self,
        call: RuntimeCall,
        signer: &OwnerKey,
        nonce: Nonce,
        fee_asset: Option<AssetId>,
    ) -> Result<UncheckedExtrinsic, ChainError> {
        let finalized = self.header(Some(self.finalized().await?)).await?;
        let best = self.header(None).await?;
        let lifetime = u64::from(LIFETIME);
        let number = u64::from(bound_to(*best.number(), *finalized.number(), lifetime));
        let era = Era::mortal(lifetime, number);
        let born = u32::try_from(era.birth(number)).unwrap_or_default();
        let birth = self.block_hash(born).await?.ok_or(ChainError::NoBlock(born))?;
        let binding = Binding {
            genesis: self.genesis,
            nonce,
            era,
            birth,
            tip: 0,
            fee_asset,
        };
        let unsigned = Unsigned::new(call, binding);
        let signature = Signature::from_raw(signer.sign(unsigned.message()));
        Ok(unsigned.signed_by(AccountId::new(signer.public()), MultiSignature::Sr25519(signature)))
    }

    /// Signs and sends a call, and waits. Whoever has too few native tokens for the fee pays it in the settlement
    /// asset, where the chain has a rate for that. It is signed again with the next nonce where another transaction of
    /// its signer came first: where the pool refuses it for that, and where a final block has the other one.
    ///
    /// # Errors
    /// [`ChainError::Failed`] if it is in a block and failed there; [`ChainError::NotIncluded`] if it never was;
    /// [`ChainError::NotFinal`] if its block is not final after a long time; [`ChainError::Overtaken`],
    /// [`ChainError::FeeUnpaid`] and [`ChainError::NotTaken`] if the node did not take it.
    pub async fn submit(&self, call: RuntimeCall, signer: &OwnerKey, until: Until) -> Result<Included, ChainError> {
        for _ in 0..ATTEMPTS {
            let Some((sent, statuses)) = self.send(&call, signer).await? else {
                continue;
            };
            let found = self.block_with(&sent, statuses, until).await;
            if let Ok(Some(block)) = found {
                return self.included(block, &sent.hashes).await;
            }
            self.nonces.lock().await.forget(&sent.signer);
            found?;
        }
        let account = AccountId::new(signer.public());
        Err(ChainError::Overtaken { account })
    }

    /// Signs a call with the next nonce and sends it; `None` if another transaction came first.
    async fn send(
        &self,
        call: &RuntimeCall,
        signer: &OwnerKey,
    ) -> Result<Option<(Sent, Option<Statuses>)>, ChainError> {
        let account = AccountId::new(signer.public());
        let mut nonces = self.nonces.lock().await;
        let said = self.next_nonce(signer).await?;
        let mut sent = Sent {
            hashes: Vec::new(),
            nonce: nonces.next(&account, said),
            signer: account,
            after: *self.header(Some(self.finalized().await?)).await?.number(),
            born: *self.header(None).await?.number(),
        };
        // The same nonce, so that no more than one of the two takes effect.
        let mut answer = self.offer(call, signer, &mut sent, None).await?;
        if matches!(answer, Answer::Unpaid(_)) {
            answer = self.offer(call, signer, &mut sent, Some(SETTLEMENT_ASSET)).await?;
        }
        match answer {
            Answer::Taken(statuses) => {
                nonces.use_up(&sent.signer, sent.nonce, said);
                Ok(Some((sent, statuses)))
            }
            Answer::Overtaken => {
                nonces.forget(&sent.signer);
                Ok(None)
            }
            Answer::Unpaid(error) => Err(error),
        }
    }

    /// Signs a call, whose fee is paid in `fee_asset`, hands it to the node, and notes its hash.
    async fn offer(
        &self,
        call: &RuntimeCall,
        signer: &OwnerKey,
        sent: &mut Sent,
        fee_asset: Option<AssetId>,
    ) -> Result<Answer, ChainError> {
        let signed = self.sign(call.clone(), signer, sent.nonce, fee_asset).await?;
        let encoded = signed.encode();
        sent.hashes.push(BlakeTwo256::hash(&encoded));
        let answer = self
            .subscribe(
                "author_submitAndWatchExtrinsic",
                rpc_params![Bytes(encoded.clone())],
                "author_unwatchExtrinsic",
            )
            .await;
        match answer {
            Ok(statuses) => Ok(Answer::Taken(Some(statuses))),
            Err(error) if is_taken_already(&error) => Ok(Answer::Taken(None)),
            Err(error) if is_overtaken(&error) => Ok(Answer::Overtaken),
            Err(error) if is_unpaid(&error) => Ok(Answer::Unpaid(self.unpaid(error, &encoded, signer).await)),
            Err(error) => Err(not_taken(error)),
        }
    }

    /// The block that has a transaction; `None` if a final block has another one of its signer and nonce, so that none
    /// can ever have this one.
    async fn block_with(
        &self,
        sent: &Sent,
        statuses: Option<Statuses>,
        until: Until,
    ) -> Result<Option<Hash>, ChainError> {
        let Some(mut statuses) = statuses else {
            return self.block_in_chain(sent, until, Pool::HasIt).await;
        };
        let pool = loop {
            // A pool that falls silent may have it still.
            let Some(Ok(status)) = statuses.next().await else {
                break Pool::HasIt;
            };
            match status {
                TransactionStatus::InBlock((block, _)) if until == Until::InBlock => return Ok(Some(block)),
                TransactionStatus::Finalized((block, _)) => return Ok(Some(block)),
                // To sign it again might do twice what was replaced deliberately.
                TransactionStatus::Usurped(_) => {
                    return Err(ChainError::NotIncluded("replaced by another of its account"))
                }
                TransactionStatus::FinalityTimeout(block) => return Err(ChainError::NotFinal(block)),
                TransactionStatus::Dropped => break Pool::GaveItUp("dropped, the pool is full"),
                TransactionStatus::Invalid => break Pool::GaveItUp(NOT_VALID),
                _ => {}
            }
        };
        self.block_in_chain(sent, until, pool).await
    }

    /// What [`Chain::block_with`] returns, from the blocks themselves: the pool says nothing more of the transaction.
    async fn block_in_chain(&self, sent: &Sent, until: Until, pool: Pool) -> Result<Option<Hash>, ChainError> {
        let (last_hope, reason) = match pool {
            Pool::HasIt => (sent.born.saturating_add(LIFETIME), NOT_VALID),
            Pool::GaveItUp(reason) => {
                let best = *self.header(None).await?.number();
                (best.saturating_add(IN_THE_MAKING), reason)
            }
        };
        let mut next = sent.after.saturating_add(1);
        loop {
            let finalized = self.finalized().await?;
            let last_final = *self.header(Some(finalized)).await?.number();
            let best = self.header(None).await?;
            let last = match until {
                Until::InBlock => *best.number(),
                Until::Final => last_final,
            };
            for number in next..=last {
                // Another fork may have become the best one, which is shorter.
                let Some(block) = self.block_hash(number).await? else {
                    break;
                };
                if self.has(block, sent).await? {
                    return Ok(Some(block));
                }
            }
            next = next.max(last_final.saturating_add(1));
            if self.nonce_at(&sent.signer, finalized).await? > sent.nonce {
                return Ok(None);
            }
            // Once the nonce is used, finality decides for whom.
            let is_free = self.nonce_at(&sent.signer, best.hash()).await? <= sent.nonce;
            if is_free && *best.number() > last_hope {
                return Err(ChainError::NotIncluded(reason));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Whether a block has a transaction.
    async fn has(&self, block: Hash, sent: &Sent) -> Result<bool, ChainError> {
        let transactions = self.encoded_transactions(block).await?;
        Ok(transactions
            .iter()
            .any(|encoded| sent.hashes.contains(&BlakeTwo256::hash(encoded))))
    }

    /// Number of transactions of an account up to a block, which is the nonce of its next one.
    async fn nonce_at(&self, who: &AccountId, at: Hash) -> Result<Nonce, ChainError> {
        self.api("AccountNonceApi_account_nonce", who.encode(), Some(at)).await
    }

    /// What to tell a signer who cannot pay the fee of a transaction.
    async fn unpaid(&self, error: ChainError, encoded: &[u8], signer: &OwnerKey) -> ChainError {
        let account = AccountId::new(signer.public());
        match (self.native_balance(&account).await, self.fee(encoded).await) {
            (Ok(balance), Ok(fee)) => ChainError::FeeUnpaid { account, balance, fee },
            _ => not_taken(error),
        }
    }

    /// What a signed transaction costs, in the smallest unit of the native token.
    async fn fee(&self, encoded: &[u8]) -> Result<Balance, ChainError> {
        let length = u32::try_from(encoded.len()).unwrap_or(u32::MAX);
        let arguments = [encoded.to_vec(), length.encode()].concat();
        let info: RuntimeDispatchInfo<Balance, Weight> =
            self.api("TransactionPaymentApi_query_info", arguments, None).await?;
        Ok(info.partial_fee)
    }

    /// What a transaction in a block did.
    async fn included(&self, block: Hash, hashes: &[Hash]) -> Result<Included, ChainError> {
        let view = self.block(block).await?;
        let extrinsic = view
            .extrinsics
            .into_iter()
            .find(|extrinsic| hashes.contains(&extrinsic.hash()))
            .ok_or(ChainError::LostTransaction(block))?;
        match extrinsic.failure() {
            Some(error) => Err(ChainError::Failed(Box::new(Failure { error, block }))),
            None => Ok(Included { block, extrinsic }),
        }
    }
}

/// The node's own words, if it answered.
fn refusal_in(error: &ChainError) -> Option<&ErrorObjectOwned> {
    match error {
        ChainError::Call { source, .. } => match &**source {
            ClientError::Call(refusal) => Some(refusal),
            _ => None,
        },
        _ => None,
    }
}

/// Why a node did not take a transaction, in its own words; what it is, if the node did not answer.
fn not_taken(error: ChainError) -> ChainError {
    match refusal_in(&error) {
        Some(refusal) => ChainError::NotTaken(reason_of(refusal)),
        None => error,
    }
}

/// Whether a node did not take a transaction because its signer cannot pay the fee.
fn is_unpaid(error: &ChainError) -> bool {
    let no_fee: &str = InvalidTransaction::Payment.into();
    refusal_in(error).is_some_and(|refusal| refusal.code() == INVALID && reason_of(refusal) == no_fee)
}

/// What a node says of a transaction that it does not take.
fn reason_of(refusal: &ErrorObjectOwned) -> String {
    let reason = refusal
        .data()
        .and_then(|data| serde_json::from_str::<String>(data.get()).ok());
    reason.unwrap_or_else(|| refusal.message().into())
}

/// Whether a pool has exactly this transaction. That is no refusal: a pool that prepares its view of a new block takes
/// transactions over while they are being submitted, and calls those that it took over known.
fn is_taken_already(error: &ChainError) -> bool {
    refusal_in(error).is_some_and(|refusal| refusal.code() == ALREADY_IMPORTED)
}

/// Whether a node did not take a transaction because another one of its signer has its nonce: it waits in the pool, or
/// is in a block already.
fn is_overtaken(error: &ChainError) -> bool {
    let Some(refusal) = refusal_in(error) else {
        return false;
    };
    let stale: &str = InvalidTransaction::Stale.into();
    match refusal.code() {
        TOO_LOW_PRIORITY => true,
        INVALID => reason_of(refusal) == stale,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonrpsee::types::ErrorObject;

    fn refused(code: i32, data: &str) -> ChainError {
        ChainError::Call {
            method: "author_submitAndWatchExtrinsic",
            source: Box::new(ClientError::Call(ErrorObject::owned(code, "no", Some(data)))),
        }
    }

    #[test]
    fn a_transaction_should_be_signed_again_only_if_another_one_took_its_nonce() {
        let stale: &str = InvalidTransaction::Stale.into();
        let no_fee: &str = InvalidTransaction::Payment.into();
        assert!(is_unpaid(&refused(INVALID, no_fee)));
        assert!(!is_unpaid(&refused(INVALID, stale)) && !is_unpaid(&refused(TOO_LOW_PRIORITY, no_fee)));
        assert!(is_overtaken(&refused(TOO_LOW_PRIORITY, "the pool has one already")));
        assert!(is_overtaken(&refused(INVALID, stale)));
        assert!(!is_overtaken(&refused(INVALID, no_fee)));
        assert!(!is_overtaken(&refused(1016, "the pool is full")));
        assert!(!is_overtaken(&refused(ALREADY_IMPORTED, "Any { .. }")));
        assert!(!is_overtaken(&ChainError::NotDevelopment));
    }
}
