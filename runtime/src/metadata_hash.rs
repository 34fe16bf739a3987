//! The hash of the metadata that a transaction may be signed with, so that a hardware wallet, which sees the metadata
//! of what it signs, need not trust who gave it to it (RFC 78 of the Polkadot fellowship).
//!
//! The SDK's extension takes the hash from the environment of the build, where the SDK's builder puts it after it has
//! compiled the runtime a first time and run it. That builds an executor for the build itself. Here the hash is a file
//! that a test compares with the metadata (`runtime/tests/runtime/metadata.rs`), so the runtime is compiled once.

use codec::{Decode, DecodeWithMemTracking, Encode, Error, Input};
use polkadot_sdk::*;
use scale_info::TypeInfo;
use sp_runtime::{
    impl_tx_ext_default, traits::TransactionExtension, transaction_validity::TransactionValidityError, Weight,
};

/// The hash, hexadecimal.
const TEXT: &str = include_str!("../metadata-hash");
/// The hash.
pub const HASH: [u8; 32] = parse(TEXT.as_bytes());

/// Reads 64 hexadecimal digits; the compiler refuses anything else.
const fn parse(text: &[u8]) -> [u8; 32] {
    const fn digit(byte: u8) -> u8 {
        match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => panic!("the hash of the metadata is not hexadecimal"),
        }
    }
    assert!(
        text.len() == 65 && text[64] == b'\n',
        "64 digits and the end of the line"
    );
    let mut hash = [0; 32];
    let mut at = 0;
    while at < hash.len() {
        hash[at] = 16 * digit(text[2 * at]) + digit(text[2 * at + 1]);
        at += 1;
    }
    hash
}

// What a file holds that was never made.
const _: () = assert!(
    HASH[0] | HASH[1] | HASH[2] | HASH[3] != 0,
    "the hash of the metadata is missing"
);

type Checked<T> = frame_metadata_hash_extension::CheckMetadataHash<T>;

/// The SDK's extension with this runtime's hash. On the wire and in what is signed it is the SDK's.
#[derive(Clone, PartialEq, Eq, Encode, DecodeWithMemTracking, TypeInfo)]
#[scale_info(skip_type_params(T))]
pub struct CheckMetadataHash<T>(Checked<T>);

impl<T> CheckMetadataHash<T> {
    /// `enabled`: what is signed holds the hash.
    pub fn new(enabled: bool) -> Self {
        Self(if enabled {
            Checked::new_with_custom_hash(HASH)
        } else {
            Checked::new(false)
        })
    }
}

impl<T> core::fmt::Debug for CheckMetadataHash<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

impl<T> Decode for CheckMetadataHash<T> {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let read = Checked::<T>::decode(input)?;
        Ok(Self::new(read.encode() != Checked::<T>::new(false).encode()))
    }
}

impl<T: frame_system::Config + Send + Sync> TransactionExtension<T::RuntimeCall> for CheckMetadataHash<T> {
    const IDENTIFIER: &'static str = "CheckMetadataHash";
    type Implicit = Option<[u8; 32]>;
    type Val = ();
    type Pre = ();

    fn implicit(&self) -> Result<Self::Implicit, TransactionValidityError> {
        TransactionExtension::<T::RuntimeCall>::implicit(&self.0)
    }

    fn weight(&self, call: &T::RuntimeCall) -> Weight {
        self.0.weight(call)
    }

    impl_tx_ext_default!(T::RuntimeCall; validate prepare);
}
