//! Signed transactions for native code: the sequencer, the client and tests.

use crate::{Balance, Hash, Nonce, Runtime, RuntimeCall, SignedPayload, TxExtension, UncheckedExtrinsic, VERSION};
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
}

impl Binding {
    /// Good forever, without a tip.
    pub fn immortal(genesis: Hash, nonce: Nonce) -> Self {
        Self { genesis, nonce, era: Era::Immortal, birth: genesis, tip: 0 }
    }
}

/// Signs `call` with `pair` for a chain that runs this version of the runtime.
pub fn sign(call: RuntimeCall, pair: &sr25519::Pair, binding: Binding) -> UncheckedExtrinsic {
    let extension: TxExtension = (
        frame_system::AuthorizeCall::<Runtime>::new(),
        frame_system::CheckNonZeroSender::<Runtime>::new(),
        frame_system::CheckSpecVersion::<Runtime>::new(),
        frame_system::CheckTxVersion::<Runtime>::new(),
        frame_system::CheckGenesis::<Runtime>::new(),
        frame_system::CheckMortality::<Runtime>::from(binding.era),
        frame_system::CheckNonce::<Runtime>::from(binding.nonce),
        frame_system::CheckWeight::<Runtime>::new(),
        pallet_transaction_payment::ChargeTransactionPayment::<Runtime>::from(binding.tip),
        frame_metadata_hash_extension::CheckMetadataHash::<Runtime>::new(false),
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
        None,
        (),
    );
    let payload = SignedPayload::from_raw(call.clone(), extension.clone(), implicit);
    let signature = payload.using_encoded(|bytes| pair.sign(bytes));
    let account: crate::AccountId = pair.public().into();
    UncheckedExtrinsic::new_signed(call, account.into(), MultiSignature::Sr25519(signature), extension)
}
