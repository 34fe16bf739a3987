//! What sequences have reached, and what there is to reach.

use crate::chain;
use cloister_runtime::Runtime;
use codec::Decode;
use frame_metadata::{RuntimeMetadata, RuntimeMetadataPrefixed};
use polkadot_sdk::*;
use sp_runtime::DispatchError;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

/// Pallets whose calls nobody asks to reach here. Those of a pallet that is not among them must all be reached: ours,
/// and those that feed prices.
const OF_SDK: &[&str] = &[
    "System",
    "Timestamp",
    "Aura",
    "Grandpa",
    "Authorship",
    "Balances",
    "TransactionPayment",
    "Assets",
    "AssetRate",
    "AssetTxPayment",
    "CollatorSelection",
    "Session",
    "Offences",
    "Validators",
    "Utility",
    "Sudo",
    "Preimage",
    "Scheduler",
    "ConvictionVoting",
    "Referenda",
    "Treasury",
    "TxPause",
    "SafeMode",
    "Multisig",
    "Proxy",
];

/// A pallet as the metadata shows it.
pub struct PalletNames {
    /// Its name.
    pub name: String,
    /// Its calls, with their documentation.
    pub calls: BTreeMap<String, String>,
    /// Its errors by number.
    pub errors: BTreeMap<u8, String>,
}

impl PalletNames {
    /// Whether its calls are to be reached.
    pub fn is_ours(&self) -> bool {
        !OF_SDK.contains(&self.name.as_str())
    }

    /// Whether its errors are ours, and so the documentation of its calls.
    pub fn has_own_errors(&self) -> bool {
        self.is_ours() && !self.name.starts_with("Oracle")
    }
}

/// All pallets by index.
pub fn pallets() -> &'static BTreeMap<u8, PalletNames> {
    static PALLETS: OnceLock<BTreeMap<u8, PalletNames>> = OnceLock::new();
    PALLETS.get_or_init(|| chain::on_new(chain::Kind::Development, read))
}

fn read() -> BTreeMap<u8, PalletNames> {
    let opaque = Runtime::metadata_at_version(15).expect("the version is there");
    let prefixed = RuntimeMetadataPrefixed::decode(&mut &opaque[..]).expect("metadata");
    let RuntimeMetadata::V15(metadata) = prefixed.1 else {
        panic!("another version of the metadata");
    };
    let variants = |ty: u32| {
        let found = metadata.types.resolve(ty).expect("the type is there");
        let scale_info::TypeDef::Variant(variants) = &found.type_def else {
            panic!("calls and errors are enums");
        };
        variants.variants.clone()
    };
    let pallets = metadata.pallets.iter().map(|pallet| {
        let calls = pallet
            .calls
            .as_ref()
            .map_or_else(Vec::new, |calls| variants(calls.ty.id));
        let errors = pallet
            .error
            .as_ref()
            .map_or_else(Vec::new, |error| variants(error.ty.id));
        let names = PalletNames {
            name: pallet.name.clone(),
            calls: calls
                .into_iter()
                .map(|call| (call.name, call.docs.join("\n")))
                .collect(),
            errors: errors.into_iter().map(|error| (error.index, error.name)).collect(),
        };
        (pallet.index, names)
    });
    pallets.collect()
}

/// Name of a call: its pallet and itself.
pub type Name = (String, String);

/// The errors that the documentation of a call names, and that of the calls which it refers to.
pub fn documented(pallet: &str, call: &str) -> BTreeSet<String> {
    fn add(pallet: &PalletNames, call: &str, done: &mut BTreeSet<String>, errors: &mut BTreeSet<String>) {
        let Some(docs) = pallet.calls.get(call).filter(|_| done.insert(call.to_string())) else {
            return;
        };
        let ends = |c: char| !c.is_alphanumeric() && c != '_';
        for link in docs.split("::").skip(1) {
            let name = link.split(ends).next().unwrap_or_default();
            errors.insert(name.to_string());
            add(pallet, name, done, errors);
        }
    }
    let (mut done, mut errors) = (BTreeSet::new(), BTreeSet::new());
    if let Some(pallet) = pallets().values().find(|names| names.name == pallet) {
        add(pallet, call, &mut done, &mut errors);
    }
    errors
}

/// Name of why a call was refused: pallet and error, or what the SDK says without a pallet.
pub fn name_of(error: &DispatchError) -> Name {
    let of_sdk = |error: &DispatchError| (String::new(), format!("{error:?}"));
    let DispatchError::Module(module) = error else {
        return of_sdk(error);
    };
    let pallet = pallets().get(&module.index);
    let name = pallet.and_then(|pallet| Some((pallet.name.clone(), pallet.errors.get(&module.error[0])?.clone())));
    name.unwrap_or_else(|| of_sdk(error))
}

/// What sequences have reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Number of calls that were made.
    pub calls: u64,
    /// Number of blocks.
    pub blocks: u64,
    /// Calls that were done, and how often.
    pub done: BTreeMap<Name, u64>,
    /// Why calls were refused, and how often.
    pub refused: BTreeMap<Name, u64>,
    /// Transactions that were not valid, and how often.
    pub invalid: BTreeMap<String, u64>,
    /// Calls that were refused by an error which their documentation does not name.
    pub undocumented: BTreeSet<(Name, String)>,
}

impl Seen {
    /// Adds what another sequence has reached.
    pub fn add(&mut self, other: Self) {
        self.undocumented.extend(other.undocumented);
        self.calls += other.calls;
        self.blocks += other.blocks;
        for (name, times) in other.done {
            *self.done.entry(name).or_default() += times;
        }
        for (name, times) in other.refused {
            *self.refused.entry(name).or_default() += times;
        }
        for (name, times) in other.invalid {
            *self.invalid.entry(name).or_default() += times;
        }
    }

    /// Our calls that were never done.
    pub fn calls_left(&self) -> Vec<Name> {
        let ours = pallets().values().filter(|pallet| pallet.is_ours());
        let calls = ours.flat_map(|pallet| pallet.calls.keys().map(|call| (pallet.name.clone(), call.clone())));
        calls.filter(|name| !self.done.contains_key(name)).collect()
    }

    /// Our errors, and those of them that were never met.
    pub fn errors_left(&self) -> (usize, Vec<Name>) {
        let ours = pallets().values().filter(|pallet| pallet.is_ours());
        let errors = ours.flat_map(|pallet| pallet.errors.values().map(|error| (pallet.name.clone(), error.clone())));
        let errors: Vec<Name> = errors.collect();
        let count = errors.len();
        let left = errors.into_iter().filter(|name| !self.refused.contains_key(name));
        (count, left.collect())
    }
}
