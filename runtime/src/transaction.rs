//! Signed transactions for native code: the sequencer, the client and tests.

use crate::{
    metadata_hash::CheckMetadataHash, AccountId, AssetId, Balance, BlockNumber, Hash, Nonce, Runtime, RuntimeCall,
    Signature, SignedPayload, TxExtension, UncheckedExtrinsic, VERSION,
};
use codec::Encode;
use polkadot_sdk::*;
use sp_core::{sr25519, Pair};
use sp_runtime::{generic::Era, MultiSignature};

/// What a transaction is bound to besides its call and its signer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Hash of the chain's first block.
    pub genesis: Hash,
    /// Transactions that the signer has sent before this one.
    pub nonce: Nonce,
    /// In which blocks the transaction is good.
    pub era: Era,
    /// Hash of the block in which a mortal era began, of the first block for an immortal one.
    pub birth: Hash,
    /// Paid on top of the fee for an earlier place in the queue, in the smallest unit of the native token.
    pub tip: Balance,
    /// The asset that fee and tip are paid in, at the chain's rate; the native token if there is none (C-FEE).
    pub fee_asset: Option<AssetId>,
}

impl Binding {
    /// Good forever, without a tip; the fee is paid in the native token.
    pub fn immortal(genesis: Hash, nonce: Nonce) -> Self {
        Self {
            genesis,
            nonce,
            era: Era::Immortal,
            birth: genesis,
            tip: 0,
            fee_asset: None,
        }
    }
}

/// A transaction without its signature.
#[derive(Clone, Debug)]
pub struct Unsigned {
    call: RuntimeCall,
    extension: TxExtension,
    message: Vec<u8>,
}

impl Unsigned {
    /// `call` for a chain that runs this version of the runtime.
    pub fn new(call: RuntimeCall, binding: Binding) -> Self {
        Self::signing(call, binding, None)
    }

    /// The same, signed together with the hash of the metadata, as hardware wallets do.
    pub fn with_metadata_hash(call: RuntimeCall, binding: Binding, hash: [u8; 32]) -> Self {
        Self::signing(call, binding, Some(hash))
    }

    fn signing(call: RuntimeCall, binding: Binding, metadata_hash: Option<[u8; 32]>) -> Self {
        let extension: TxExtension = (
            frame_system::AuthorizeCall::<Runtime>::new(),
            frame_system::CheckNonZeroSender::<Runtime>::new(),
            frame_system::CheckSpecVersion::<Runtime>::new(),
            frame_system::CheckTxVersion::<Runtime>::new(),
            frame_system::CheckGenesis::<Runtime>::new(),
            frame_system::CheckMortality::<Runtime>::from(binding.era),
            frame_system::CheckNonce::<Runtime>::from(binding.nonce),
            frame_system::CheckWeight::<Runtime>::new(),
            pallet_asset_tx_payment::ChargeAssetTxPayment::<Runtime>::from(binding.tip, binding.fee_asset),
            CheckMetadataHash::<Runtime>::new(metadata_hash.is_some()),
            pallet_cloister_execution::CheckPlainBatch::<Runtime>::new(),
            frame_system::WeightReclaim::<Runtime>::new(),
        );
        let implicit = (
            (),
            (),
            VERSION.spec_version,
            VERSION.transaction_version,
            binding.genesis,
            binding.birth,
            (),
            (),
            (),
            metadata_hash,
            (),
            (),
        );
        let message = SignedPayload::from_raw(call.clone(), extension.clone(), implicit).encode();
        Self {
            call,
            extension,
            message,
        }
    }

    /// What the signer signs: the payload, or its hash if it is long.
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// The transaction with the signature of `account` over [`Unsigned::message`].
    pub fn signed_by(self, account: AccountId, signature: Signature) -> UncheckedExtrinsic {
        UncheckedExtrinsic::new_signed(self.call, account.into(), signature, self.extension)
    }
}

/// Signs `call` with `pair` for a chain that runs this version of the runtime.
pub fn sign(call: RuntimeCall, pair: &sr25519::Pair, binding: Binding) -> UncheckedExtrinsic {
    let unsigned = Unsigned::new(call, binding);
    let signature = pair.sign(unsigned.message());
    unsigned.signed_by(pair.public().into(), MultiSignature::Sr25519(signature))
}

/// The block that a transaction is bound to: the last final one, which no fork takes back and which the pool knows,
/// even if it has not seen the best one yet. Where finality lags, a later one, so that half of the lifetime is left.
pub fn bound_to(best: BlockNumber, finalized: BlockNumber, lifetime: u64) -> BlockNumber {
    let half = BlockNumber::try_from(lifetime / 2).unwrap_or(BlockNumber::MAX);
    finalized.max(best.saturating_sub(half))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_should_be_bound_to_the_last_final_block_unless_it_is_old() {
        let lifetime = 64;
        assert_eq!(bound_to(0, 0, lifetime), 0);
        assert_eq!(bound_to(12, 10, lifetime), 10);
        assert_eq!(bound_to(42, 10, lifetime), 10);
        assert_eq!(bound_to(43, 10, lifetime), 11);
        // A lifetime counts from the very block that it is bound to.
        for number in [0, 1, 63, 64, 100] {
            assert_eq!(Era::mortal(lifetime, number).birth(number), number);
        }
    }
}
