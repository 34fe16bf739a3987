//! The signature of a receipt, and its bytes.

use crate::receipt::Receipt;
#[cfg(feature = "native")]
use crate::receipt::Scope;
use alloc::{format, string::String, vec, vec::Vec};
use codec::{Decode, DecodeAll, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
#[cfg(feature = "native")]
use schnorrkel::{PublicKey, Signature};

/// Length of a signature: sr25519, as of the chain's transactions.
pub const SIGNATURE: usize = 64;

/// Format of the bytes.
const VERSION: u8 = 1;

/// The signing context of the chain's keys.
#[cfg(feature = "native")]
const CONTEXT: &[u8] = b"substrate";

/// A receipt with the sequencer's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct SignedReceipt {
    /// What is promised.
    pub receipt: Receipt,
    /// Of [`Receipt::message`], by the key that submits the group's batches.
    pub signature: [u8; SIGNATURE],
}

/// Why a receipt is worth nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// The bytes are no receipt.
    #[error("these are not the bytes of a receipt")]
    Format,
    /// It is of a format that this program does not read.
    #[error("the receipt has format {0}, which this program does not read")]
    Version(u8),
    /// It is of another chain or group.
    #[error("receipt {0} is of another chain or group")]
    Scope(u64),
    /// The bytes that should be a public key are none.
    #[error("the sequencer's key is not a key")]
    Key,
    /// The signature does not match: something was changed, or another key signed it.
    #[error("receipt {0} was not signed like this by this key")]
    Signature(u64),
}

/// Why nothing was signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the receipt cannot be signed: {0}")]
pub struct SignError(pub String);

/// Has the key that submits the group's batches.
pub trait ReceiptSigner: Send + Sync + 'static {
    /// Its public part.
    fn public(&self) -> [u8; 32];

    /// An sr25519 signature of a message, in the chain's signing context.
    ///
    /// # Errors
    /// [`SignError`].
    fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE], SignError>;
}

impl SignedReceipt {
    /// Has a receipt signed.
    ///
    /// # Errors
    /// [`SignError`].
    pub fn sign(receipt: Receipt, signer: &dyn ReceiptSigner) -> Result<Self, SignError> {
        let signature = signer.sign(&receipt.message())?;
        Ok(Self { receipt, signature })
    }

    /// `version ‖ SCALE of the receipt ‖ signature`.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        self.receipt.encode_to(&mut bytes);
        bytes.extend_from_slice(&self.signature);
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote, and nothing else: a receipt has one encoding.
    ///
    /// # Errors
    /// [`ReceiptError::Format`], [`ReceiptError::Version`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ReceiptError> {
        let (version, rest) = bytes.split_first().ok_or(ReceiptError::Format)?;
        if *version != VERSION {
            return Err(ReceiptError::Version(*version));
        }
        let (receipt, signature) = rest.split_last_chunk::<SIGNATURE>().ok_or(ReceiptError::Format)?;
        Ok(Self {
            receipt: Receipt::decode_all(&mut &receipt[..]).map_err(|_| ReceiptError::Format)?,
            signature: *signature,
        })
    }

    /// The bytes in hexadecimal, with `0x`.
    pub fn to_hex(&self) -> String {
        format!("0x{}", hex::encode(self.to_bytes()))
    }

    /// Reads what [`Self::to_hex`] wrote; `0x` may be missing.
    ///
    /// # Errors
    /// [`ReceiptError::Format`], [`ReceiptError::Version`].
    pub fn from_hex(text: &str) -> Result<Self, ReceiptError> {
        let digits = text.trim();
        let digits = digits.strip_prefix("0x").unwrap_or(digits);
        Self::from_bytes(&hex::decode(digits).map_err(|_| ReceiptError::Format)?)
    }

    /// Checks that the holder of a key has signed it for this chain and group.
    ///
    /// # Errors
    /// [`ReceiptError::Scope`], [`ReceiptError::Key`], [`ReceiptError::Signature`].
    #[cfg(feature = "native")]
    pub fn verify(&self, scope: &Scope, key: &[u8; 32]) -> Result<(), ReceiptError> {
        let number = self.receipt.number;
        if self.receipt.scope != *scope {
            return Err(ReceiptError::Scope(number));
        }
        let key = PublicKey::from_bytes(key).map_err(|_| ReceiptError::Key)?;
        let signature = Signature::from_bytes(&self.signature).map_err(|_| ReceiptError::Signature(number))?;
        let message = self.receipt.message();
        let verified = key.verify_simple(CONTEXT, &message, &signature);
        verified.map_err(|_| ReceiptError::Signature(number))
    }
}
