//! The metadata: what clients read, and the hash of it that hardware wallets sign (RFC 78).

use crate::genesis::state;
use cloister_runtime::{
    configs::system::SS58Prefix,
    constants::money::{DECIMALS, SYMBOL},
    metadata_hash::HASH,
    transaction::{Binding, Unsigned},
    Executive, Runtime, RuntimeCall, System, VERSION,
};
use codec::Decode;
use frame_metadata::{RuntimeMetadata, RuntimeMetadataPrefixed};
use merkleized_metadata::{generate_metadata_digest, ExtraInfo};
use polkadot_sdk::*;
use sp_core::Pair;
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_keyring::Sr25519Keyring::Bob;
use sp_runtime::{
    transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidity, TransactionValidityError},
    MultiSignature,
};
use std::{env, fs};

fn metadata(version: u32) -> RuntimeMetadata {
    // Some constants are of the chain.
    let opaque = state(DEV_RUNTIME_PRESET).execute_with(|| Runtime::metadata_at_version(version));
    let opaque = opaque.expect("the version is there");
    let prefixed = RuntimeMetadataPrefixed::decode(&mut &opaque[..]).expect("metadata");
    prefixed.1
}

#[test]
fn the_hash_should_be_that_of_the_metadata() {
    let info = ExtraInfo {
        spec_version: VERSION.spec_version,
        spec_name: VERSION.spec_name.to_string(),
        base58_prefix: SS58Prefix::get(),
        decimals: DECIMALS,
        token_symbol: SYMBOL.into(),
    };
    let digest = generate_metadata_digest(&metadata(15), info).expect("metadata that can be hashed");
    let hash = digest.hash();
    if env::var_os("CLOISTER_REGENERATE").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/metadata-hash");
        fs::write(path, format!("{}\n", hex(&hash))).expect("the file is written");
        return;
    }
    assert_eq!(
        hex(&HASH),
        hex(&hash),
        "calls, types or the version have changed: write `runtime/metadata-hash` anew with CLOISTER_REGENERATE=1"
    );
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the pool says of a remark that Bob has signed together with a hash.
fn validate(hash: [u8; 32]) -> TransactionValidity {
    let remark = RuntimeCall::System(frame_system::Call::remark { remark: vec![7] });
    let binding = Binding::immortal(System::block_hash(0), 0);
    let unsigned = Unsigned::with_metadata_hash(remark, binding, hash);
    let signature = MultiSignature::Sr25519(Bob.pair().sign(unsigned.message()));
    let signed = unsigned.signed_by(Bob.to_account_id(), signature);
    Executive::validate_transaction(TransactionSource::External, signed, System::block_hash(0))
}

#[test]
fn a_transaction_that_is_signed_with_the_hash_should_be_taken() {
    state(DEV_RUNTIME_PRESET).execute_with(|| {
        validate(HASH).expect("it is valid");
        let mut other = HASH;
        other[0] ^= 1;
        let refused = TransactionValidityError::Invalid(InvalidTransaction::BadProof);
        assert_eq!(validate(other), Err(refused));
    });
}

#[test]
fn clients_should_read_metadata_of_versions_14_to_16_with_documentation() {
    let versions = Runtime::metadata_versions();
    for version in [14, 15, 16] {
        assert!(versions.contains(&version), "{versions:?}");
    }
    assert!(matches!(metadata(15), RuntimeMetadata::V15(_)));
    let RuntimeMetadata::V16(all) = metadata(16) else {
        panic!("it is of version 16");
    };
    let own = all
        .pallets
        .iter()
        .filter(|pallet| ["Execution", "Risk"].contains(&&*pallet.name));
    let mut seen = 0;
    for pallet in own {
        let types = [
            pallet.calls.as_ref().map(|calls| calls.ty),
            pallet.event.as_ref().map(|event| event.ty),
            pallet.error.as_ref().map(|error| error.ty),
        ];
        for ty in types.into_iter().flatten() {
            let ty = all.types.resolve(ty.id).expect("it is registered");
            let scale_info::TypeDef::Variant(kinds) = &ty.type_def else {
                panic!("calls, events and errors are variants");
            };
            for kind in &kinds.variants {
                assert!(
                    !kind.docs.is_empty(),
                    "{}: {} has no documentation",
                    pallet.name,
                    kind.name
                );
                seen += 1;
            }
        }
        for item in pallet.storage.iter().flat_map(|storage| &storage.entries) {
            assert!(
                !item.docs.is_empty(),
                "{}: {} has no documentation",
                pallet.name,
                item.name
            );
            seen += 1;
        }
    }
    assert!(seen > 150, "{seen} items of our pallets");
}

/// Names that every object of polkadot.js has. It appends `_` to fields that are called so, except in the arguments of
/// calls.
const RESERVED: [&str; 6] = ["entries", "hash", "keys", "new", "registry", "size"];

#[test]
fn no_field_should_have_a_name_that_clients_change() {
    let RuntimeMetadata::V16(all) = metadata(16) else {
        panic!("it is of version 16");
    };
    let mut seen = 0;
    for ty in &all.types.types {
        let path = &ty.ty.path.segments;
        if !path.first().is_some_and(|part| part.contains("cloister")) || path.last().is_some_and(|part| part == "Call")
        {
            continue;
        }
        let fields: Vec<_> = match &ty.ty.type_def {
            scale_info::TypeDef::Composite(of) => of.fields.iter().collect(),
            scale_info::TypeDef::Variant(of) => of.variants.iter().flat_map(|kind| &kind.fields).collect(),
            _ => continue,
        };
        for name in fields.iter().filter_map(|field| field.name.as_ref()) {
            assert!(!RESERVED.contains(&name.as_str()), "{}: {name}", path.join("::"));
            seen += 1;
        }
    }
    assert!(seen > 200, "{seen} fields of our types");
}
